"""Faults: what may go wrong, each kind as often as the scenario's budget says (zero unless it says).

A fault stands beside whom it hits; here is what all have in common, and what hits everybody who calls or watches: a
request or an answer that is lost, or a call that comes so late that the caller has given up on it. Who calls hears
nothing then, and cannot tell which it was. An event of a watch that never arrives: the watch promises all of them, in
order, and yet there were informers that missed one [kubernetes/kubernetes#123072, #76624]. And an api-server that
restarts: it finishes what is under way, and closes the watches
[staging/src/k8s.io/apiserver/pkg/server/genericapiserver.go, 1.34].

An api-server that dies at once: apiserver/crashes.py.

Leaves out: partitions among the components of the control plane (they are many lost messages).
"""

from collections.abc import Iterator

from kmodel.kernel import FAULT as FAULT
from kmodel.kernel import Cells, Cluster, Event, Step, transition
from kmodel.kubernetes.components.calls import CALLS, TIMEOUT, Request, Response, orphan, respond
from kmodel.kubernetes.components.component import Fault, Steps
from kmodel.kubernetes.components.etcd import QUEUES, close_watches
from kmodel.kubernetes.components.informer import next_event, without_first
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.settings import reference

BUDGET: Cells[int] = Cells("budget")


def spend(cluster: Cluster, fault: str) -> Cluster | None:
    """Return the cluster with one less of this fault to come; None if there are none left."""
    left = cluster[BUDGET[fault]]
    return cluster.set(BUDGET[fault], left - 1) if left else None


@transition(actor=FAULT, object="{client}", environment=True)
def lose_request(cluster: Cluster, client: str) -> Cluster | None:
    """A request is lost on its way: the client gives up after its timeout."""
    call = cluster[CALLS[client]]
    if not isinstance(call, Request) or call.done:
        return None  # what is carried out in part has arrived
    spent = spend(cluster, "lost-request")
    if spent is None:
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


@transition(actor=FAULT, object="{client}", environment=True)
def give_up_call(cluster: Cluster, client: str) -> Cluster | None:
    """A client gives up on a call that is under way: it goes on, and may be carried out after the next attempt."""
    call = cluster[CALLS[client]]
    if call is None or isinstance(call, Response):
        return None
    spent = spend(cluster, "late-call")
    if spent is None:
        return None
    request = call if isinstance(call, Request) else call.request
    return orphan(spent, client).set(CALLS[client], respond(request, TIMEOUT, "Timeout"))


@transition(actor=FAULT, object="kube-apiserver", environment=True)
def restart_apiserver(cluster: Cluster) -> Cluster | None:
    """The api-server restarts: it finishes what is under way and closes all watches; who watched lists again."""
    spent = spend(cluster, "apiserver-restart")
    return None if spent is None else close_watches(spent)


def _lost(step: Step) -> Event:
    watcher, resource = (step.action.arguments[name] for name in ("watcher", "resource"))
    event = step.before.look(QUEUES[watcher, resource], next_event)
    assert event is not None
    about = reference(step.before, resource, event.key)
    known = "" if event.object is None else f" ({event.object.summary()})"
    said = f"the event {event.type.upper()} of {about}{known} is lost: it hears of what comes after, never of this"
    return Event("Warning", "LoseEvent", watcher, said)


@transition(actor=FAULT, object="{watcher}", environment=True, describe=_lost)
def lose_event(cluster: Cluster, watcher: str, resource: str) -> Cluster | None:
    """An event of a watch is lost: the watcher hears of what comes after it, and never of this."""
    if cluster.look(QUEUES[watcher, resource], next_event) is None:
        return None
    spent = spend(cluster, "lost-event")
    return None if spent is None else spent.modify(QUEUES[watcher, resource], without_first)


def _watched(plan: Plan) -> Iterator[tuple[str, str]]:
    return iter(plan.watched)


def _clients(plan: Plan) -> Iterator[tuple[str]]:
    return ((client,) for client in plan.clients)


FUSED = ("calls", "fused")
LOST_REQUEST = Fault("lost-request", (Steps((lose_request,), _clients),), hidden_by=FUSED)
LATE_CALL = Fault("late-call", (Steps((give_up_call,), _clients),), leaves_calls=True, hidden_by=FUSED)
LOST_EVENT = Fault("lost-event", (Steps((lose_event,), _watched),), hidden_by=("clientCaches", "prompt"))
LOST_ANSWER = Fault("lost-answer", (Steps((lose_answer,), _clients),), hidden_by=FUSED)
