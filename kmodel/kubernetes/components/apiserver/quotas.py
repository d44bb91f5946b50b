"""Quotas: what a create of a pod is charged with before it is written.

Models: each ResourceQuota of the namespace whose status its controller has filled in is charged by a compare-and-swap
on its status, one after the other, each a transaction of its own; when all are charged, the pod is written. What fails
then stays charged, until the controller counts anew. A pod that does not say how much it takes of what is limited is
refused. And the scenario's `podQuota`, which has no status: a create counts the pods that are stored, and those that
were admitted and are on their way to etcd; a place is given back at once.

Leaves out: that the api-server checks several requests at once, and gives up when the third try after the first meets a
conflict, too (here it goes on); updates (of which only a resize changes an amount); the quotas' own cache, which only
makes more conflicts.

Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/{controller.go checkQuotas,CheckRequest,
resource_access.go}, 1.34.
"""

from typing import Any

from kmodel.kernel import Cluster
from kmodel.kubernetes.components.apiserver.verbs import First, Outcome, Refusal
from kmodel.kubernetes.components.calls import CALLS, Call, Request, Transaction
from kmodel.kubernetes.components.etcd import PODS, stored
from kmodel.kubernetes.components.settings import SETTINGS
from kmodel.kubernetes.objects import RESOURCE_QUOTA, ResourceQuota

QUOTAS = stored(RESOURCE_QUOTA)


def quotas_of(cluster: Cluster, namespace: str) -> list[ResourceQuota]:
    """Return the quotas of a namespace, in the order in which they are charged."""
    if not cluster.layout.keys(QUOTAS):
        return []
    found = (cluster[QUOTAS[name]] for name in cluster.names(QUOTAS))
    return [quota for quota in found if quota is not None and quota.metadata.namespace == namespace]


def charge(cluster: Cluster, request: Request, value: Any) -> Outcome | None:
    """Return what becomes of a create by the quotas: a charge that comes first, or a refusal; None if nothing."""
    if (request.verb, request.subresource) != ("create", "") or request.resource != "pods":
        return None
    left = quotas_of(cluster, value.metadata.namespace)[request.done :]
    charged = [quota.charged(value) for quota in left]
    if None in charged:
        return Refusal(403, "Forbidden")
    return First(RESOURCE_QUOTA.resource, left[0].metadata.key, charged[0]) if left else None


def exceeds_quota(cluster: Cluster, request: Request) -> bool:
    """Tell whether a create would store more pods than the scenario's quota lets be there at once."""
    quota = cluster[SETTINGS].pod_quota
    if quota is None or (request.verb, request.resource, request.subresource) != ("create", "pods", ""):
        return False
    charged = sum(cluster.look(CALLS[client], is_charged) for (client,) in cluster.layout.keys(CALLS))
    return sum(cluster[PODS[key]] is not None for key in cluster.names(PODS)) + charged >= quota


def is_charged(call: Call | None) -> bool:
    """The projection of a call on whether it is the creation of a pod that was admitted and is not yet stored."""
    return isinstance(call, Transaction) and call.resource == "pods" and call.expected is None
