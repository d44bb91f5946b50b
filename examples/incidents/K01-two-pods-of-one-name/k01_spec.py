"""How often a pod that has a name of its own runs."""

from kmodel.kernel import Cluster, invariant, sometimes
from kmodel.kubernetes.components.apiserver.watch_cache import SERVERS
from kmodel.kubernetes.components.etcd import PODS, QUEUES
from kmodel.kubernetes.components.informer import has_caught_up
from kmodel.kubernetes.components.kubelet.state import WORKERS
from kmodel.kubernetes.components.runtime import RUNTIME


def _other(cluster: Cluster, node: str, name: str) -> str | None:
    """Return the node of a pod of this name that was made anew while a node runs the old one; None if there is none."""
    worker, sandbox, pod = cluster[WORKERS[node, name]], cluster[RUNTIME[node, name]], cluster[PODS[name]]
    if worker is None or sandbox is None or pod is None or pod.metadata.uid == worker.uid:
        return None
    return pod.spec.node_name if any(each.state == "running" for each in sandbox.containers) else None


@invariant(needs=RUNTIME)
def a_pod_is_made_anew_only_where_the_old_one_has_ended(cluster: Cluster) -> bool | str:
    """While a pod is there to run, none that had its name before runs anywhere."""
    for node, name in cluster.layout.keys(RUNTIME):
        other = _other(cluster, node, name)
        if other is not None:
            return f"the old pod/{name} runs on {node}, and the new one is to run on {other}"
    return True


@sometimes(needs=RUNTIME, shows=a_pod_is_made_anew_only_where_the_old_one_has_ended)
def a_pod_is_moved_while_a_server_is_behind(cluster: Cluster) -> bool:
    """The pod is made anew on another node, and an api-server has not heard of all that happened to it."""
    moved = any(pod is not None and pod.spec.node_name == "n2" for pod in (cluster[PODS["db-0"]],))
    return moved and not all(cluster.look(QUEUES[server, "pods"], has_caught_up) for server in cluster[SERVERS])
