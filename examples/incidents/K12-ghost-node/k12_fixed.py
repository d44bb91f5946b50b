"""A scheduler that looks whether a node is there before it binds a pod to it, and forgets the node if it is not.

A proposal of kubernetes/kubernetes#56261 and #94437: no release does so when the event is lost. The scheduler drops
a node of which it is *told* that it is not found (pkg/scheduler/schedule_one.go handleSchedulingFailure, 1.34); but
binding a pod to a node that is not there succeeds, so nobody tells it.
"""

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components import scheduler
from kmodel.kubernetes.components.apiserver import read
from kmodel.kubernetes.components.informer import cached
from kmodel.kubernetes.components.scheduler import SCHEDULER
from kmodel.kubernetes.components.variant import variant
from kmodel.kubernetes.objects import NODE


@transition(actor=SCHEDULER, object="pod/{pod}", describe=scheduler.schedule.describe)
def schedule(cluster: Cluster, pod: str, node: str) -> Cluster | None:
    """Filter and score the nodes; if the best one is there, ask to bind the pod to it, and forget it if it is not."""
    after = scheduler.schedule.function(cluster, pod, node)
    if after is not None and read(cluster, NODE, node) is None:
        return cluster.set(cached(NODE)[SCHEDULER, node], None)
    return after


LOOKING_SCHEDULER = variant(scheduler.COMPONENT, {scheduler.schedule: schedule})
