"""The fault of both variants: a kubelet restarts once a pod of its node has been made anew elsewhere."""

from kmodel.kernel import FAULT, Cluster, transition
from kmodel.kubernetes.components.component import Fault, Steps, each
from kmodel.kubernetes.components.etcd import PODS
from kmodel.kubernetes.components.faults import spend
from kmodel.kubernetes.components.kubelet.state import PROCESS
from kmodel.kubernetes.components.processes import restart


@transition(actor=FAULT, object="kubelet/{node}", environment=True)
def restart_after_move(cluster: Cluster, node: str) -> Cluster | None:
    """The kubelet of a node restarts, after the pod has been made anew on another one."""
    pod = cluster[PODS["db-0"]]
    if pod is None or pod.spec.node_name == node:
        return None
    spent = spend(cluster, "restart-after-move")
    return None if spent is None else restart(spent, PROCESS.format(node=node))


RESTART_AFTER_MOVE = Fault("restart-after-move", (Steps((restart_after_move,), each("nodes")),), kills=(PROCESS,))
