"""Status of ReplicaSets: how many active pods there are, and how many of them are ready and available.

Models: the second half of a ReplicaSet's reconcile, by the same worker: what the cache shows is counted, and written by
a PUT of the status with the version in the cache, together with the generation that the worker acted on. Which pods are
available: see availability.py.

Leaves out: the second try on a conflict, after a GET (here the cache is waited for); the condition ReplicaFailure. It
takes part where a Deployment reads the status: nobody else who is modelled does.

Upstream: pkg/controller/replicaset/replica_set_utils.go updateReplicaSetStatus, calculateStatus, read in
1.33 or before (a fork at 515d3c95); 1.34.4 by the recordings replicaset and deployment.
"""

import attrs

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components.calls import Request, drop_answer, send
from kmodel.kubernetes.components.component import Caller, Component
from kmodel.kubernetes.components.controllers.availability import is_available
from kmodel.kubernetes.components.controllers.replicaset_controller import (
    ACTOR,
    RESOURCES,
    ROUND,
    USERS,
    Round,
    is_free,
    is_lost_to,
    owned,
    status_client_of,
    workloads,
)
from kmodel.kubernetes.components.etcd import version
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, in_cache, synced
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.objects import ReplicaSet, ReplicaSetStatus


def observed(cluster: Cluster, workload: ReplicaSet) -> ReplicaSetStatus:
    """Return the status of a ReplicaSet by what the cache shows of its pods."""
    active = [pod for pod in owned(cluster, workload) if pod.active and not is_lost_to(pod, workload)]
    ready = [pod for pod in active if pod.status.ready]
    available = [pod for pod in ready if is_available(cluster, pod, workload.min_ready_seconds)]
    return ReplicaSetStatus(len(active), len(ready), len(available), workload.metadata.generation)


@transition(actor=ACTOR, object="{kind}/{name}")
def update_replica_set_status(cluster: Cluster, kind: str, name: str) -> Cluster | None:
    """Write the status of a ReplicaSet, if the cache shows other pods than it says, or another generation."""
    if cluster[ROUND[kind, name]] != Round() or not is_free(cluster, kind, name):
        return None
    if not synced(cluster, CONTROLLER_MANAGER, "pods", RESOURCES[kind]):
        return None
    known = in_cache(cluster, CONTROLLER_MANAGER, RESOURCES[kind], name)
    status = None if known is None else observed(cluster, known)
    if known is None or status == known.status:
        return None
    body = attrs.evolve(known, status=status)
    request = Request(USERS[kind], "update", RESOURCES[kind], name, body, "status", resource_version=version(known))
    return send(cluster, status_client_of(kind, name), request)


@transition(actor=ACTOR, object="{kind}/{name}")
def read_replica_set_status_answer(cluster: Cluster, kind: str, name: str) -> Cluster | None:
    """Learn how the write of the status went; the pods in the cache are counted again in any case."""
    return drop_answer(cluster, status_client_of(kind, name))


def _needed(plan: Plan) -> str | None:
    return None if plan.objects("deployments") else "no Deployment reads the status of a ReplicaSet"


COMPONENT = Component(
    "replicaset-status",
    process=CONTROLLER_MANAGER,
    users=dict.fromkeys(USERS.values(), frozenset(("update", f"{resource}/status") for resource in RESOURCES.values())),
    watches=("pods", *RESOURCES.values()),
    callers=(
        Caller((update_replica_set_status,), read_replica_set_status_answer, status_client_of, workloads, turn=3),
    ),
    needed=_needed,
    works_with=("replicaset-controller",),
)
