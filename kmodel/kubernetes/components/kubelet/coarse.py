"""A coarse kubelet: what it and the container runtime do for a pod, until a report is due, is one step.

Each such step is several of the fine kubelet's, one after another; so what happens with the coarse one may happen with
the fine one, but not the other way round: nothing comes in between, no container fails to start, and no kubelet
restarts, dies or hears of something while a pod is taken on, or its containers are stopped.
"""

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components import runtime
from kmodel.kubernetes.components.kubelet import pods

FINE = (  # the runtime's among the kubelet's own: it is an actor of each node, and takes part where a kubelet does
    pods.admit_pod,
    pods.create_containers,
    runtime.start_container,
    pods.restart_container,
    pods.stop_containers,
    runtime.stop_container,
    pods.remove_containers,
    pods.forget_pod,
)


@transition(actor="kubelet/{node}", object="pod/{pod}")
def work_on_pod(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """Do all that is to be done for a pod now: take it on, and create, start, stop or remove its containers."""
    after = cluster
    while (following := _step(after, node, pod)) is not None:
        after = following
    return None if after is cluster else after


def _step(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """Return the cluster after the first of the fine steps that is enabled; None if none is."""
    steps = (step.function(cluster, node=node, pod=pod) for step in FINE)
    return next((after for after in steps if after is not None), None)
