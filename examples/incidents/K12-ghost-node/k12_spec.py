"""Where pods end."""

from kmodel.kernel import Cluster, converges, sometimes
from kmodel.kubernetes.components.etcd import NODES, PODS
from kmodel.kubernetes.components.scheduler import QUEUE


@converges(needs=QUEUE)
def pods_end_on_nodes_that_are_there(cluster: Cluster) -> bool | str:
    """At last each pod is bound to a node that is there."""
    there = {name for name in cluster.names(NODES) if cluster[NODES[name]] is not None}
    for name in cluster.names(PODS):
        pod = cluster[PODS[name]]
        if pod is not None and pod.spec.node_name not in there:
            return f"pod/{name} is bound to {pod.spec.node_name or 'no node'}"
    return any(cluster[PODS[name]] is not None for name in cluster.names(PODS)) or "there is no pod"


@sometimes(needs=QUEUE, shows=pods_end_on_nodes_that_are_there)
def a_pod_is_bound_to_a_node_that_is_gone(cluster: Cluster) -> bool:
    """A pod is bound to a node that is not there."""
    gone = {name for name in cluster.names(NODES) if cluster[NODES[name]] is None}
    pods = (cluster[PODS[name]] for name in cluster.names(PODS))
    return any(pod is not None and pod.spec.node_name in gone for pod in pods)
