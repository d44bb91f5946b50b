"""kubelet, what befalls it and its node: restarts, crashes, and being cut off from the api-server.

Leaves out: clocks. What was on its way when a node is cut off still arrives.
"""

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components.component import Fault, Steps, each
from kmodel.kubernetes.components.etcd import PODS
from kmodel.kubernetes.components.faults import FAULT, spend
from kmodel.kubernetes.components.kubelet.state import ALLOCATED, CONNECTED, PROCESS, UP, is_up, watcher_of
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.processes import restart, restart_all_on
from kmodel.kubernetes.components.runtime import RUNTIME


@transition(actor=FAULT, object="node/{node}", environment=True)
def restart_kubelet(cluster: Cluster, node: str) -> Cluster | None:
    """The kubelet restarts: it forgets all, while the containers run on."""
    if not is_up(cluster, node):
        return None
    spent = spend(cluster, "kubelet-restart")
    return None if spent is None else restart(spent, watcher_of(node))


@transition(actor=FAULT, object="node/{node}", environment=True)
def crash_node(cluster: Cluster, node: str) -> Cluster | None:
    """A node goes down with its kubelet and all containers; their records stay on its disk."""
    if not cluster[UP[node]]:
        return None
    spent = spend(cluster, "node-crash")
    if spent is None:
        return None
    cluster = restart_all_on(spent, node).set(UP[node], False)
    for pod in cluster.names(PODS):
        sandbox = cluster[RUNTIME[node, pod]]
        if sandbox is not None:
            cluster = cluster.set(RUNTIME[node, pod], sandbox.lost())
    return cluster


@transition(actor=FAULT, object="node/{node}", environment=True)
def restart_node(cluster: Cluster, node: str) -> Cluster | None:
    """A node that was down comes up again; nothing runs there."""
    if cluster[UP[node]]:
        return None
    spent = spend(cluster, "node-restart")
    return None if spent is None else spent.set(UP[node], True)


@transition(actor=FAULT, object="node/{node}", environment=True)
def replace_node(cluster: Cluster, node: str) -> Cluster | None:
    """A node that was down comes up again with an empty disk: no record is left of what ran there."""
    if cluster[UP[node]]:
        return None
    spent = spend(cluster, "node-replacement")
    if spent is None:
        return None
    for pod in cluster.names(PODS):
        spent = spent.set(RUNTIME[node, pod], None)
        if spent.has(ALLOCATED[node, pod]):
            spent = spent.set(ALLOCATED[node, pod], None)
    return spent.set(UP[node], True)


@transition(actor=FAULT, object="node/{node}", environment=True)
def cut_off_node(cluster: Cluster, node: str) -> Cluster | None:
    """A node is cut off from the api-server: its pods run on, but nothing is heard of it, and it hears nothing."""
    if not cluster[CONNECTED[node]]:
        return None
    spent = spend(cluster, "network-partition")
    return None if spent is None else spent.set(CONNECTED[node], False)


@transition(actor=FAULT, object="node/{node}", environment=True)
def reconnect_node(cluster: Cluster, node: str) -> Cluster | None:
    """A node that was cut off is connected again."""
    return None if cluster[CONNECTED[node]] else cluster.set(CONNECTED[node], True)


KUBELET_RESTART = Fault("kubelet-restart", (Steps((restart_kubelet,), each("nodes")),), kills=(PROCESS,))
NODE_CRASH = Fault("node-crash", (Steps((crash_node,), each("nodes")),), hits=("kubelet",), kills=("{node}",))
NODE_RESTART = Fault("node-restart", (Steps((restart_node,), each("nodes")),), hits=("kubelet",), after="node-crash")
NODE_REPLACEMENT = Fault(
    "node-replacement", (Steps((replace_node,), each("nodes")),), hits=("kubelet",), after="node-crash"
)
NETWORK_PARTITION = Fault(
    "network-partition",
    (Steps((cut_off_node,), each("nodes")), Steps((reconnect_node,), each("nodes"))),
    hits=("kubelet",),
)
SILENCING = ("node-crash", "node-restart", "node-replacement", "network-partition", "late-heartbeat")


def may_be_silent(plan: Plan) -> bool:
    """Tell whether a node may not be heard of, or the scenario asks for heartbeats all the same."""
    return plan.heartbeats or any(plan.budget(fault) for fault in SILENCING)
