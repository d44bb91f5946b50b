"""Control nodes: what runs on which of them, whether one is up, and whether it is connected to the others.

The first of several instances runs on the first control node, and so on. What runs in one instance only is taken to run
where no fault of a control node hits it.
"""

from kmodel.kernel import Cell, Cells, Cluster
from kmodel.kubernetes.components.plan import Plan

CONNECTED: Cells[bool] = Cells("control-nodes/connected")  # there only if one may be cut off from the others
ON_CONTROL_NODES: Cell[tuple[str, ...]] = Cell("what runs on control nodes")  # beside api-servers and members of etcd
UP: Cells[bool] = Cells("control-nodes/up")  # False: the node is down, with all on it; there only if it may be


def control_nodes_of(plan: Plan) -> tuple[tuple[str, ...], ...]:
    """Return the bindings of the control nodes: none if there is only one."""
    count = plan.settings.control_nodes
    return tuple((f"control-{number}",) for number in range(1, count + 1)) if count > 1 else ()


def number_of(instance: str) -> str:
    """Return the number of an instance: that after its last dash, or 1 for the first."""
    number = instance.rpartition("-")[2]
    return number if number.isdigit() else "1"


def is_up(cluster: Cluster, instance: str) -> bool:
    """Tell whether the control node of an instance is up; without crashes of control nodes it always is."""
    node = UP[f"control-{number_of(instance)}"]
    return not cluster.has(node) or cluster[node]


def is_connected(cluster: Cluster, instance: str) -> bool:
    """Tell whether the control node of an instance is connected to the other ones."""
    node = CONNECTED[f"control-{number_of(instance)}"]
    return not cluster.has(node) or cluster[node]


def can_reach(cluster: Cluster, client: str, server: str) -> bool:
    """Tell whether a client can talk to an api-server: between control nodes only if neither of them is cut off."""
    if not cluster.has(ON_CONTROL_NODES) or client not in cluster[ON_CONTROL_NODES]:
        return True
    same = number_of(client) == number_of(server)
    return same or (is_connected(cluster, client) and is_connected(cluster, server))
