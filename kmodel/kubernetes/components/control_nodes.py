"""Control nodes: what runs on which of them, whether one is up, and whether it is connected to the others.

The first of several instances runs on the first control node, and so on. What runs in one instance only is taken to run
where no fault of a control node hits it.
"""

from kmodel.kernel import Cell, Cells, Cluster
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.quorum import MEMBERS, crash

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


def lose_members(cluster: Cluster, control_node: str) -> Cluster:
    """Return the cluster after the members of etcd on a control node that were up have no part in it any more."""
    for member in _members_on(cluster, control_node):
        if cluster[MEMBERS[member]].up:
            cluster = crash(cluster, member)
    return cluster


def regain_members(cluster: Cluster, control_node: str) -> Cluster:
    """Return the cluster after the members of etcd on a control node take part again, unless it is down or cut off."""
    if not (is_up(cluster, control_node) and is_connected(cluster, control_node)):
        return cluster
    for member in _members_on(cluster, control_node):
        cluster = cluster.update(MEMBERS[member], up=True)
    return cluster


def _members_on(cluster: Cluster, control_node: str) -> list[str]:
    return [member for member in cluster.names(MEMBERS) if number_of(member) == number_of(control_node)]


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
