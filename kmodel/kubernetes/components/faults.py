"""Faults: what may go wrong, each kind as often as the scenario's budget says (zero unless it says).

A fault stands beside whom it hits; here is what all have in common, and what hits everybody who calls: a request or an
answer that is lost. Who calls hears nothing then and gives up after its timeout; it cannot tell which of the two was
lost.

Leaves out: partitions among the components of the control plane (they are many lost messages), an api-server or etcd
that is down (nothing is written then).
"""

from collections.abc import Iterator

from kmodel.kernel import Cells, Cluster, transition
from kmodel.kubernetes.components.calls import CALLS, TIMEOUT, Request, Response, respond
from kmodel.kubernetes.components.component import Fault, Steps
from kmodel.kubernetes.components.plan import Plan

FAULT = "fault"  # the actor of what nobody does on purpose
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


def _clients(plan: Plan) -> Iterator[tuple[str]]:
    return ((client,) for client in plan.clients)


LOST_REQUEST = Fault("lost-request", (Steps((lose_request,), _clients),), only_split=True)
LOST_ANSWER = Fault("lost-answer", (Steps((lose_answer,), _clients),), only_split=True)
