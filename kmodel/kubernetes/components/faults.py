"""Faults: what may go wrong, each kind as often as the scenario's budget says (zero unless it says).

Models: a container that crashes or ends, a kubelet, scheduler or controller manager that restarts and loses its
memory, a node that goes down with all that runs on it and may come back, a node that is cut off from the api-server
while its pods run on, and may be connected again, a heartbeat that comes too late, a request or an answer that is lost.
Who calls hears nothing then and gives up after its timeout; it cannot tell which of the two was lost.

Leaves out: partitions among the components of the control plane (they are many lost messages), disks, clocks, an
api-server or etcd that is down (nothing is written then). What was on its way when a node is cut off still arrives.
"""

from kmodel.kernel import Cells, Cluster, transition
from kmodel.kubernetes.components import controllers, scheduler
from kmodel.kubernetes.components.calls import CALLS, TIMEOUT, Request, Response, is_orphan, orphan, respond
from kmodel.kubernetes.components.controllers import node_lifecycle
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, forget_all
from kmodel.kubernetes.components.kubelet.state import CONNECTED, UP, WORKERS, is_connected, is_up, watcher_of
from kmodel.kubernetes.components.proxy import RULES
from kmodel.kubernetes.components.proxy import watcher_of as proxy_watcher_of
from kmodel.kubernetes.components.runtime import CRASHED, RUNTIME
from kmodel.kubernetes.components.settings import SETTINGS

FAULT = "fault"
BUDGET: Cells[int] = Cells("budget")


def spend(cluster: Cluster, fault: str) -> Cluster | None:
    """Return the cluster with one less of this fault to come; None if there are none left."""
    left = cluster[BUDGET[fault]]
    return cluster.set(BUDGET[fault], left - 1) if left else None


def _end_container(cluster: Cluster, fault: str, node: str, pod: str, container: str, exit_code: int) -> Cluster | None:
    spent = spend(cluster, fault)
    sandbox = cluster[RUNTIME[node, pod]] if spent is not None else None
    ended = sandbox.end(container, exit_code) if sandbox is not None else None
    return spent.set(RUNTIME[node, pod], ended) if spent is not None and ended is not None else None


@transition(actor=FAULT, object="pod/{pod}", environment=True)
def crash_container(cluster: Cluster, node: str, pod: str, container: str) -> Cluster | None:
    """A container crashes: it exits with code 1."""
    return _end_container(cluster, "container-crash", node, pod, container, CRASHED)


@transition(actor=FAULT, object="pod/{pod}", environment=True)
def exit_container(cluster: Cluster, node: str, pod: str, container: str) -> Cluster | None:
    """A container ends by itself: it exits with code 0."""
    return _end_container(cluster, "container-exit", node, pod, container, 0)


@transition(actor=FAULT, object="node/{node}", environment=True)
def restart_kubelet(cluster: Cluster, node: str) -> Cluster | None:
    """The kubelet restarts: it forgets all, while the containers run on."""
    if not is_up(cluster, node):
        return None
    spent = spend(cluster, "kubelet-restart")
    return None if spent is None else _kubelet_dies(spent, node)


@transition(actor=FAULT, object="node/{node}", environment=True)
def crash_node(cluster: Cluster, node: str) -> Cluster | None:
    """A node goes down with its kubelet and all containers."""
    if not cluster[UP[node]]:
        return None
    spent = spend(cluster, "node-crash")
    if spent is None:
        return None
    cluster = _kubelet_dies(spent, node).set(UP[node], False)
    for key in cluster.layout.keys(RUNTIME):
        if key[0] == node:
            cluster = cluster.set(RUNTIME[key], None)
    for key in cluster.layout.keys(RULES):
        if key[0] == node:
            cluster = cluster.set(RULES[key], ())
    return forget_all(cluster, proxy_watcher_of(node))


@transition(actor=FAULT, object="node/{node}", environment=True)
def restart_node(cluster: Cluster, node: str) -> Cluster | None:
    """A node that was down comes up again, empty."""
    if cluster[UP[node]]:
        return None
    spent = spend(cluster, "node-restart")
    return None if spent is None else spent.set(UP[node], True)


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


@transition(actor=FAULT, object="node/{node}", environment=True)
def delay_heartbeat(cluster: Cluster, node: str) -> Cluster | None:
    """A heartbeat of a node that is up comes too late: the check before it finds no renewal."""
    if not is_connected(cluster, node):
        return None
    spent = spend(cluster, "late-heartbeat")
    return None if spent is None else node_lifecycle.miss(spent, node)


def _kubelet_dies(cluster: Cluster, node: str) -> Cluster:
    for key in cluster.layout.keys(WORKERS):
        if key[0] == node:
            cluster = cluster.set(WORKERS[key], None)
    cluster = forget_all(cluster, watcher_of(node))
    settings = cluster[SETTINGS]
    slots = settings.budget("kubelet-restart") + settings.budget("node-crash")
    prefixes = (f"{watcher_of(node)}/", f"{watcher_of(node)} ")
    return _orphan_all(cluster, prefixes, slots)


@transition(actor=FAULT, object="kube-scheduler", environment=True)
def restart_scheduler(cluster: Cluster) -> Cluster | None:
    """The scheduler restarts: cache, queue and assumptions are gone; its bindings that are under way go on."""
    spent = spend(cluster, "scheduler-restart")
    if spent is None:
        return None
    cluster = scheduler.lose_memory(spent)
    return _orphan_all(cluster, (f"{scheduler.SCHEDULER}/",), cluster[SETTINGS].budget("scheduler-restart"))


@transition(actor=FAULT, object="kube-controller-manager", environment=True)
def restart_controller_manager(cluster: Cluster) -> Cluster | None:
    """The controller manager restarts: caches and expectations are gone; its writes that are under way go on."""
    spent = spend(cluster, "controller-restart")
    if spent is None:
        return None
    cluster = controllers.lose_memory(spent)
    return _orphan_all(cluster, (f"{CONTROLLER_MANAGER}/",), cluster[SETTINGS].budget("controller-restart"))


def _orphan_all(cluster: Cluster, prefixes: tuple[str, ...], slots: int) -> Cluster:
    for client in cluster.names(CALLS):
        if client.startswith(prefixes) and not is_orphan(client):
            cluster = orphan(cluster, client, slots)
    return cluster


@transition(actor=FAULT, object="{client}", environment=True)
def lose_request(cluster: Cluster, client: str) -> Cluster | None:
    """A request is lost on its way: the client gives up after its timeout."""
    call = cluster[CALLS[client]]
    spent = spend(cluster, "lost-request") if isinstance(call, Request) else None
    if spent is None or not isinstance(call, Request):
        return None
    return spent.set(CALLS[client], respond(call, TIMEOUT, "Timeout"))


@transition(actor=FAULT, object="{client}", environment=True)
def lose_answer(cluster: Cluster, client: str) -> Cluster | None:
    """An answer is lost on its way: the client gives up after its timeout, though the request was carried out."""
    call = cluster[CALLS[client]]
    if not isinstance(call, Response) or call.code == TIMEOUT:
        return None
    spent = spend(cluster, "lost-answer")
    if spent is None:
        return None
    # A create with a generated name does not tell the name to a client that hears no answer.
    key = "" if call.verb == "create" else call.key
    return spent.set(CALLS[client], Response(TIMEOUT, "Timeout", call.verb, call.resource, key, call.subresource))
