"""ResourceQuota controller: count anew what a quota is charged with.

Models: by its caches, how much the pods of the namespace take of what the quota limits, and the quota's status, which
is written on the condition of the version that the cache has; also that a new or changed limit counts once this
controller has copied it to the status. What it counts may be older than the quota: a create that has been charged and
is not written yet, or not seen, is left out, so that more pods may be created than the quota lets be there
[kubernetes/kubernetes#123434].

Leaves out: when it counts: upstream after deletions, when pods finish, after changes of the quota, and every five
minutes; here at any time at which another number would come of it.

Upstream: pkg/controller/resourcequota/{resource_quota_controller.go syncResourceQuota,resource_quota_monitor.go}, read
in 1.33 in the making (a fork at 0b0abd6c); 1.34.4 by the recording quota.
"""

import attrs

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components.apiserver.access import CONTROLLER_USER
from kmodel.kubernetes.components.calls import Request, clients, drop_answer, idle, send
from kmodel.kubernetes.components.component import Caller, Component, each
from kmodel.kubernetes.components.etcd import version
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, all_in_cache, in_cache, synced
from kmodel.kubernetes.objects import POD, RESOURCE_QUOTA, Pod, QuotaStatus, ResourceQuota

ACTOR = CONTROLLER_MANAGER + "/resourcequota-controller"
USER = CONTROLLER_USER + "resourcequota-controller"

client_of = clients(f"{ACTOR}/{{}}")  # by which the controller writes the status of a quota


def counted(quota: ResourceQuota, pods: list[Pod]) -> QuotaStatus:
    """Return the status of a quota that these pods are charged to, as far as they are in its namespace."""
    there = [pod for pod in pods if pod.metadata.namespace == quota.metadata.namespace]
    used = tuple((name, sum(pod.takes(name) or 0 for pod in there)) for name, _ in quota.hard)
    return QuotaStatus(quota.hard, used)


@transition(actor=ACTOR, object="resourcequota/{resourcequota}")
def count_quota(cluster: Cluster, resourcequota: str) -> Cluster | None:
    """Write what the caches show to be charged to a quota, if its status says otherwise."""
    client = client_of(resourcequota)
    if not idle(cluster, client) or not synced(cluster, CONTROLLER_MANAGER, "pods", "resourcequotas"):
        return None
    known = in_cache(cluster, CONTROLLER_MANAGER, RESOURCE_QUOTA, resourcequota)
    if known is None:
        return None
    status = counted(known, all_in_cache(cluster, CONTROLLER_MANAGER, POD))
    if status == known.status:
        return None
    request = Request(USER, "update", "resourcequotas", resourcequota, attrs.evolve(known, status=status), "status")
    return send(cluster, client, attrs.evolve(request, resource_version=version(known)))


@transition(actor=ACTOR, object="resourcequota/{resourcequota}")
def read_count_answer(cluster: Cluster, resourcequota: str) -> Cluster | None:
    """Learn how it went; after a conflict it is counted again."""
    return drop_answer(cluster, client_of(resourcequota))


COMPONENT = Component(
    "resourcequota-controller",
    process=CONTROLLER_MANAGER,
    users={USER: frozenset({("update", "resourcequotas/status")})},
    watches=("pods", "resourcequotas"),
    brings=("pods",),
    callers=(Caller((count_quota,), read_count_answer, client_of, each("resourcequotas"), turn=6),),
    needed=lambda plan: None if plan.objects("resourcequotas") else "there is no ResourceQuota",
)
