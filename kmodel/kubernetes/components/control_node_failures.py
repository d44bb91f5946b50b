"""Control nodes, what befalls them: one goes down with its api-server, its member of etcd and what is elected there.

Leaves out: control nodes that are cut off from each other; slow disks; an api-server that is away while its node is up;
calls that are under way to an api-server that goes down (they go on; the faults lost-answer and late-call lose them).
"""

from kmodel.kernel import FAULT, Cluster, transition
from kmodel.kubernetes.components.apiserver.watch_cache import SERVERS, disconnect
from kmodel.kubernetes.components.component import NOTHING, Component, Fault, Memory, Steps
from kmodel.kubernetes.components.control_nodes import UP, control_nodes_of, number_of
from kmodel.kubernetes.components.etcd import WATCHES, closed
from kmodel.kubernetes.components.faults import spend
from kmodel.kubernetes.components.informer import CONNECTIONS
from kmodel.kubernetes.components.instances import names
from kmodel.kubernetes.components.leader_election import CANDIDATES, ELECTED, MOST
from kmodel.kubernetes.components.processes import restart
from kmodel.kubernetes.components.quorum import MEMBERS, crash


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
            cluster = _without(cluster, server)
    for member in cluster.names(MEMBERS):
        if number_of(member) == number and cluster[MEMBERS[member]].up:
            cluster = crash(cluster, member)
    return cluster


def _without(cluster: Cluster, server: str) -> Cluster:
    """Return the cluster after an api-server went down."""
    for watcher in cluster.names(CONNECTIONS):
        if cluster[CONNECTIONS[watcher]] == server:
            cluster = disconnect(cluster, watcher)
    for watch in cluster[WATCHES]:
        if watch.watcher == server:
            cluster = cluster.modify(watch.queue, closed)
    return cluster


@transition(actor=FAULT, object="{control_node}", environment=True)
def return_control_node(cluster: Cluster, control_node: str) -> Cluster | None:
    """A control node that was down comes up again, and all that runs there starts anew."""
    if cluster[UP[control_node]]:
        return None
    spent = spend(cluster, "control-node-return")
    if spent is None:
        return None
    cluster = spent.set(UP[control_node], True)
    for member in cluster.names(MEMBERS):
        if number_of(member) == number_of(control_node):
            cluster = cluster.update(MEMBERS[member], up=True)
    return cluster


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
    kills=tuple(name for each in ELECTED for name in names(each.process, MOST)),
)
CONTROL_NODE_RETURN = Fault(
    "control-node-return",
    (Steps((return_control_node,), control_nodes_of),),
    hits=(COMPONENT.name,),
    after="control-node-crash",
)
