"""Control nodes, what befalls them: one goes down with its api-server, its member of etcd and what is elected there.

One that is cut off from the others: control_node_partition.py.

Leaves out: requests of kubectl, and of who polls, that are under way to the api-server that goes down (they go on; the
fault apiserver-crash loses them).
"""

from kmodel.kernel import FAULT, Cluster, transition
from kmodel.kubernetes.components.apiserver.crashes import die
from kmodel.kubernetes.components.apiserver.watch_cache import SERVERS
from kmodel.kubernetes.components.component import NOTHING, Component, Fault, Memory, Steps
from kmodel.kubernetes.components.control_nodes import UP, control_nodes_of, lose_members, number_of, regain_members
from kmodel.kubernetes.components.faults import spend
from kmodel.kubernetes.components.leader_election import CANDIDATES, EVERYBODY
from kmodel.kubernetes.components.processes import restart


@transition(actor=FAULT, object="{control_node}", environment=True)
def crash_control_node(cluster: Cluster, control_node: str) -> Cluster | None:
    """A control node goes down, with the api-server, the member of etcd, the scheduler and the manager on it."""
    if not cluster[UP[control_node]]:
        return None
    spent = spend(cluster, "control-node-crash")
    if spent is None:
        return None
    cluster, number = spent.set(UP[control_node], False), number_of(control_node)
    for _, instance in cluster.layout.keys(CANDIDATES):
        if number_of(instance) == number:
            cluster = restart(cluster, instance)
    for server in cluster[SERVERS]:
        if number_of(server) == number:
            cluster = die(cluster, server)
    return lose_members(cluster, control_node)


@transition(actor=FAULT, object="{control_node}", environment=True)
def return_control_node(cluster: Cluster, control_node: str) -> Cluster | None:
    """A control node that was down comes up again, and all that runs there starts anew."""
    if cluster[UP[control_node]]:
        return None
    spent = spend(cluster, "control-node-return")
    return None if spent is None else regain_members(spent.set(UP[control_node], True), control_node)


COMPONENT = Component(
    "control-nodes",
    memory=(Memory(UP, control_nodes_of, True, mentions=NOTHING, survives=True),),
    needed=lambda plan: None if plan.budget("control-node-crash") else "no control node goes down",
    optional=False,
)
CONTROL_NODE_CRASH = Fault(
    "control-node-crash",
    (Steps((crash_control_node,), control_nodes_of),),
    hits=(COMPONENT.name,),
    kills=EVERYBODY,
    leaves_calls=True,
)
CONTROL_NODE_RETURN = Fault(
    "control-node-return",
    (Steps((return_control_node,), control_nodes_of),),
    hits=(COMPONENT.name,),
    after="control-node-crash",
)
