"""Node lifecycle controller: a node that is not heard of is not Ready.

Models: checks that compare the lease's renewal with the one last seen, by the controller's own observation; after as
many checks without news as the scenario says (the node-monitor-grace-period), Ready becomes Unknown, by a PUT with
the version in the cache; the unreachable taints follow Ready, and go when the kubelet reports Ready again.

Leaves out: clocks (a check may come at any time, so that a slow heartbeat is taken for a missed one, as happens);
rate limits and zones; eviction of the pods by their tolerations (a later controller); Ready=False, which only a
kubelet that is up reports.

Upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go, 1.34.
"""

import attrs

from kmodel.components.apiserver.access import CONTROLLER_USER
from kmodel.components.apiserver.admission import UNREACHABLE
from kmodel.components.calls import CALLS, Request, Taints, idle, received, send
from kmodel.components.etcd import version
from kmodel.components.informer import CONTROLLER_MANAGER, in_cache, synced
from kmodel.components.settings import SETTINGS
from kmodel.kernel import Cells, Cluster, Rank, transition
from kmodel.objects import Node, Taint

ACTOR = CONTROLLER_MANAGER + "/node-lifecycle"
USER = CONTROLLER_USER + "node-controller"
TAINTS = (Taint(UNREACHABLE, effect="NoSchedule"), Taint(UNREACHABLE, effect="NoExecute"))


@attrs.frozen(cache_hash=True)
class Health:
    """What the controller observed of a node: the last renewal, and how many checks went by without another."""

    renewed: Rank | None = None
    missed: int = 0


HEALTH: Cells[Health] = Cells("node-lifecycle/health")


def client_of(node: str) -> str:
    """Return the client by which the controller writes a node."""
    return f"{ACTOR}/{node}"


@transition(actor=ACTOR, object="node/{node}")
def check_heartbeat(cluster: Cluster, node: str) -> Cluster | None:
    """Look whether the node's lease was renewed since the last check."""
    if not synced(cluster, CONTROLLER_MANAGER, "nodes", "leases"):
        return None
    lease = in_cache(cluster, CONTROLLER_MANAGER, "leases", node)
    health = cluster[HEALTH[node]]
    renewed = None if lease is None else lease.renewed
    if renewed != health.renewed:
        return cluster.set(HEALTH[node], Health(renewed))
    if health.missed >= cluster[SETTINGS].missed_heartbeats:
        return None
    return cluster.set(HEALTH[node], attrs.evolve(health, missed=health.missed + 1))


def _doubted(cluster: Cluster, node: str) -> tuple[Node | None, bool]:
    """Return the node in the cache, if it may be written now, and whether it was silent for too long."""
    if not synced(cluster, CONTROLLER_MANAGER, "nodes", "leases") or not idle(cluster, client_of(node)):
        return None, False
    known = in_cache(cluster, CONTROLLER_MANAGER, "nodes", node)
    return known, cluster[HEALTH[node]].missed >= cluster[SETTINGS].missed_heartbeats


@transition(actor=ACTOR, object="node/{node}")
def mark_unknown(cluster: Cluster, node: str) -> Cluster | None:
    """Set Ready to Unknown on a node that was not heard of for too long."""
    known, silent = _doubted(cluster, node)
    if known is None or not silent or known.status.ready != "True":
        return None
    body = attrs.evolve(known.status, ready="Unknown")
    request = Request(
        USER, "update", "nodes", node, attrs.evolve(known, status=body), "status", resource_version=version(known)
    )
    return send(cluster, client_of(node), request)


@transition(actor=ACTOR, object="node/{node}")
def taint_node(cluster: Cluster, node: str) -> Cluster | None:
    """Taint a node whose Ready is Unknown, so that nothing new goes there."""
    known, _ = _doubted(cluster, node)
    if known is None or known.status.ready != "Unknown" or set(TAINTS) <= set(known.spec.taints):
        return None
    taints = (*(taint for taint in known.spec.taints if taint not in TAINTS), *TAINTS)
    return send(cluster, client_of(node), Request(USER, "patch", "nodes", node, Taints(taints)))


@transition(actor=ACTOR, object="node/{node}")
def untaint_node(cluster: Cluster, node: str) -> Cluster | None:
    """Take the taints off a node that is Ready again."""
    known, _ = _doubted(cluster, node)
    if known is None or known.status.ready != "True" or not set(TAINTS) & set(known.spec.taints):
        return None
    taints = tuple(taint for taint in known.spec.taints if taint not in TAINTS)
    return send(cluster, client_of(node), Request(USER, "patch", "nodes", node, Taints(taints)))


@transition(actor=ACTOR, object="node/{node}")
def read_node_answer(cluster: Cluster, node: str) -> Cluster | None:
    """Learn how the write to the node went; the node in the cache is looked at again in any case."""
    if received(cluster, client_of(node)) is None:
        return None
    return cluster.set(CALLS[client_of(node)], None)


def lose_memory(cluster: Cluster) -> Cluster:
    """Return the cluster after the controller manager was restarted: no node was heard of yet."""
    for node in cluster.names(HEALTH):
        cluster = cluster.set(HEALTH[node], Health())
    return cluster
