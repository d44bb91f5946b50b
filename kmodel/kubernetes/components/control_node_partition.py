"""Control nodes, one cut off from the others: its member of etcd, its api-server and what is elected there are alone.

Models: a control node that no other one hears of, while other machines still reach it. Its member of etcd is in a
minority: it leads no more, has no part in what is written, and catches up when it is back. Its api-server talks to that
member, as kubeadm sets it up: what was under way there is not answered, it carries out no further request, and hears of
no change. But it answers from its watch cache, and its clients' connections live on, until it fails its liveness probe
and is restarted (/livez asks etcd); then it is not ready. The scheduler and the controller manager there reach no other
api-server, and those elsewhere not this one. A leader that is cut off cannot renew its lease, and stops before another
may take it.

Where watch caches are prompt, the api-server fails its probe at once: there is no cache of its own that could be old.

Leaves out: requests that are answered with an error while the api-server waits for etcd (they wait, too, until it is
restarted); a majority that is split.

Upstream: staging/src/k8s.io/apiserver/pkg/server/options/etcd.go (health checks of etcd), 1.34;
cmd/kubeadm/app/phases/{controlplane/manifests.go,etcd/local.go}, not read in a release that could be dated; etcd.io
docs op-guide/failures (v3.6).
"""

from collections.abc import Iterator

from kmodel.kernel import FAULT, Cluster, transition
from kmodel.kubernetes.components.apiserver.crashes import die, lose_calls
from kmodel.kubernetes.components.apiserver.watch_cache import SERVERS, connection_of, disconnect, is_filled
from kmodel.kubernetes.components.component import NOTHING, Binding, Component, Fault, Memory, Steps
from kmodel.kubernetes.components.control_nodes import (
    CONNECTED,
    ON_CONTROL_NODES,
    can_reach,
    control_nodes_of,
    is_connected,
    is_up,
    lose_members,
    number_of,
    regain_members,
)
from kmodel.kubernetes.components.faults import spend
from kmodel.kubernetes.components.informer import CONNECTIONS
from kmodel.kubernetes.components.leader_election import instances_of
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.processes import PROCESSES


@transition(actor=FAULT, object="{control_node}", environment=True)
def cut_off_control_node(cluster: Cluster, control_node: str) -> Cluster | None:
    """A control node is cut off from the other ones, with its api-server and its member of etcd."""
    if not cluster[CONNECTED[control_node]] or not is_up(cluster, control_node):
        return None
    spent = spend(cluster, "control-node-partition")
    if spent is None:
        return None
    cluster = lose_members(spent.set(CONNECTED[control_node], False), control_node)
    for process in cluster[PROCESSES]:
        server = connection_of(cluster, process.name)
        reaches = server is None or can_reach(cluster, process.name, server)
        if not reaches or (server is not None and number_of(server) == number_of(control_node)):
            cluster = lose_calls(cluster, process.clients)
        if not reaches:
            cluster = disconnect(cluster, process.name)
    for server in cluster[SERVERS]:
        if number_of(server) == number_of(control_node) and not is_filled(cluster, server):
            cluster = die(cluster, server)
    return cluster


@transition(actor=FAULT, object="{control_node}", environment=True)
def reconnect_control_node(cluster: Cluster, control_node: str) -> Cluster | None:
    """A control node that was cut off is connected again."""
    if cluster[CONNECTED[control_node]]:
        return None
    return regain_members(cluster.set(CONNECTED[control_node], True), control_node)


@transition(actor="{server}", object="{server}")
def fail_liveness_probe(cluster: Cluster, server: str) -> Cluster | None:
    """Cannot reach etcd, so that the kubelet restarts it: its clients connect elsewhere."""
    has_clients = any(cluster[CONNECTIONS[watcher]] == server for watcher in cluster.names(CONNECTIONS))
    if is_connected(cluster, server) or not (has_clients or is_filled(cluster, server)):
        return None
    return die(cluster, server)


def _servers(plan: Plan) -> Iterator[Binding]:
    return ((f"kube-apiserver-{number_of(name)}",) for (name,) in control_nodes_of(plan)[: plan.settings.api_servers])


COMPONENT = Component(
    "control-network",
    memory=(Memory(CONNECTED, control_nodes_of, True, mentions=NOTHING, survives=True),),
    steps=(Steps((fail_liveness_probe,), _servers, when=lambda plan: plan.settings.api_servers > 1),),
    needed=lambda plan: None if plan.budget("control-node-partition") else "no control node is cut off",
    constants=lambda plan: {ON_CONTROL_NODES: tuple(name for (name,) in instances_of(plan))},
    optional=False,
)
CONTROL_NODE_PARTITION = Fault(
    "control-node-partition",
    (Steps((cut_off_control_node,), control_nodes_of), Steps((reconnect_control_node,), control_nodes_of)),
    hits=(COMPONENT.name,),
    leaves_calls=True,
)
