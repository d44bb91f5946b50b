"""Availability of pods: one is available once it has been ready for minReadySeconds.

Models: a pod becomes available at any time after it became ready, since there are no clocks, and waits anew when it is
not ready any more. What says so is in the pod's status, and so survives a restart of the controllers that read it.

Upstream: pkg/api/v1/pod/util.go IsPodAvailable, read in a fork that could not be dated (5329d99e).
"""

from collections.abc import Callable
from typing import Any

from kmodel.kernel import Cells, Cluster, Rank, transition
from kmodel.kubernetes.components.component import Component, Memory, Steps, each
from kmodel.kubernetes.components.etcd import Watch
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, in_cache
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.objects import POD, Pod

RIPE: Cells[Rank | None] = Cells("pods/ripe")  # the UID of a pod that has been ready for long enough
READERS = {  # who asks for how long pods have been ready, and objects of which resources say how long that has to be
    "replicaset-status": ("deployments", "replicasets"),
    "statefulset-controller": ("statefulsets",),
    "daemonset-controller": ("daemonsets",),
}


def is_available(cluster: Cluster, pod: Pod, min_ready_seconds: int) -> bool:
    """Tell whether a pod is ready, and has been for as long as its workload asks, if somebody counts that."""
    if not min_ready_seconds or not pod.status.ready or not cluster.has(RIPE[pod.metadata.key]):
        return pod.status.ready
    return cluster[RIPE[pod.metadata.key]] == pod.metadata.uid


def ripe(cluster: Cluster, workload: Any) -> Callable[[Pod], bool]:
    """Return the function that tells whether a pod of a workload is available."""
    return lambda pod: is_available(cluster, pod, workload.min_ready_seconds)


@transition(actor=f"{CONTROLLER_MANAGER}/availability", object="pod/{pod}")
def wait_until_available(cluster: Cluster, pod: str) -> Cluster | None:
    """A pod has been ready for as long as its workload asks."""
    known = in_cache(cluster, CONTROLLER_MANAGER, POD, pod)
    if known is None or not known.status.ready or cluster[RIPE[pod]] == known.metadata.uid:
        return None
    return cluster.set(RIPE[pod], known.metadata.uid)


def on_change(cluster: Cluster, watch: Watch, key: str, old: Any, new: Any) -> Cluster:
    """Begin to wait anew for a pod that is not ready any more."""
    if watch.resource != "pods" or cluster[RIPE[key]] is None:
        return cluster
    is_same = new is not None and new.metadata.uid == cluster[RIPE[key]] and new.status.ready
    return cluster if is_same else cluster.set(RIPE[key], None)


def _needed(plan: Plan) -> str | None:
    asked = (plan.objects(*resources) for component, resources in READERS.items() if plan.takes_part(component))
    asks = any(getattr(value, "min_ready_seconds", 0) for values in asked for value in values)
    return None if asks else "no workload has minReadySeconds"


COMPONENT = Component(
    "availability",
    process=CONTROLLER_MANAGER,
    watches=("pods",),
    on_change=on_change,
    memory=(Memory(RIPE, each("pods"), None, mentions="pods", survives=True),),
    steps=(Steps((wait_until_available,), each("pods")),),
    needed=_needed,
    optional=False,
)
