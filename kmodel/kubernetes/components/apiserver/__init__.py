"""kube-apiserver: the only one who writes to etcd; all others ask it.

Models: handling a request (authenticate, authorize, admit, validate, and hand etcd a transaction, in this order) and
answering it when etcd has acknowledged. A transaction that finds another version than the api-server read is tried
again, unless the client made the version a condition (409 Conflict) or the name is taken (409 AlreadyExists). A request
may take several transactions, one after the other, each on what is there by then.

Several api-servers have a watch cache each: see watch_cache.py.

A GET of one object is of what is stored, which a quorum of etcd confirms; without one it times out (answers_reads).

Leaves out: priority and fairness; reads as calls (a GET is one step of the reader, see kubectl.py and informer.py).

Upstream: staging/src/k8s.io/apiserver/pkg/{endpoints/handlers,registry/generic/registry/store.go}, 1.34.
"""

from typing import Any, overload

import attrs

from kmodel.kernel import Cluster, Event, Step, transition
from kmodel.kubernetes.components.apiserver import verbs
from kmodel.kubernetes.components.apiserver.access import authenticated, authorized
from kmodel.kubernetes.components.apiserver.admission import (
    admit,
    is_in_what_goes,
    lacks_its_namespace,
    lacks_what_it_names,
    with_taint,
    within_limits,
)
from kmodel.kubernetes.components.apiserver.quotas import charge, exceeds_quota
from kmodel.kubernetes.components.apiserver.reach import comes_through
from kmodel.kubernetes.components.apiserver.validation import errors
from kmodel.kubernetes.components.apiserver.verbs import SUBRESOURCES, First, Refusal, Removal
from kmodel.kubernetes.components.calls import (
    CALLS,
    TIMEOUT,
    Acknowledgement,
    Request,
    Response,
    Transaction,
    deliver,
    respond,
)
from kmodel.kubernetes.components.component import NOTHING, Component, Memory
from kmodel.kubernetes.components.etcd import stored, version
from kmodel.kubernetes.components.quorum import serves
from kmodel.kubernetes.components.serving import AWAY, SERVER, is_away
from kmodel.kubernetes.components.settings import reference
from kmodel.kubernetes.objects import ApiObject, Kind
from kmodel.kubernetes.objects.kind import ObjectT

APISERVER = "kube-apiserver"
PHRASES = {
    200: "OK",
    201: "Created",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    422: "Invalid",
}


def _handled(step: Step) -> Event:
    client = step.action.arguments["client"]
    request, call = step.before[CALLS[client]], step.after[CALLS[client]]
    assert isinstance(request, Request)
    about = reference(step.before, request.resource, request.key)
    what = f"{request.verb} {request.target} for {client}"
    if isinstance(call, Transaction):
        about = reference(step.before, request.resource, call.key)
        return Event(
            "Normal", "Admitted", about, f"{what}: authenticated, authorized, admitted, valid; asks etcd to write"
        )
    if not isinstance(call, Response):
        return Event("Warning", "Answered", about, f"{what}: nobody is there to receive the answer")
    return Event("Normal" if call.ok else "Warning", "Answered", about, f"{what}: {call.said}")


@transition(actor=APISERVER, object="{client}", describe=_handled)
def handle(cluster: Cluster, client: str) -> Cluster | None:
    """Authenticate, authorize, admit and validate a request, then ask etcd to write."""
    request = cluster[CALLS[client]]
    if not isinstance(request, Request) or not comes_through(cluster, client):
        return None
    if is_away(cluster) and not request.done:
        return deliver(cluster, client, respond(request, TIMEOUT, "Timeout"))
    if not authenticated(cluster, request.user):
        return deliver(cluster, client, respond(request, 401, "Unauthorized"))
    if not authorized(cluster, request):
        return deliver(cluster, client, respond(request, 403, "Forbidden"))
    if lacks_its_namespace(cluster, request) and not request.done:
        return deliver(cluster, client, respond(request, 404, "NotFound"))
    if (is_in_what_goes(cluster, request) and not request.done) or exceeds_quota(cluster, request):
        return deliver(cluster, client, respond(request, 403, "Forbidden"))
    key, value = request.key, request.body
    if request.verb == "create" and not key:
        key = verbs.generated_key(cluster, request)
        value = verbs.named(value, key)
    current = cluster[stored(request.resource)[key]]
    if current is None and (request.verb != "create" or request.subresource):
        if request.verb == "delete" and request.done:  # somebody else has removed what this one had marked
            return deliver(cluster, client, respond(request, 200, "OK"))
        return deliver(cluster, client, respond(request, 404, "NotFound"))
    conflict = None if current is None else verbs.conflict(current, request)
    if conflict is not None:
        return deliver(cluster, client, respond(request, conflict.code, conflict.reason, key))
    value = value if current is None else verbs.asked_for(current, request)
    if value is None and request.verb == "patch":
        return deliver(cluster, client, respond(request, 422, "Invalid", key))
    admitted = within_limits(cluster, request, with_taint(cluster, request, admit(request, value, current)))
    if isinstance(admitted, str) or lacks_what_it_names(cluster, request, admitted):
        return deliver(cluster, client, respond(request, 403, "Forbidden"))
    outcome = _carry_out(cluster, request, key, admitted, current)
    if not isinstance(outcome, ApiObject) or not errors(outcome):
        outcome = charge(cluster, request, admitted) or outcome  # also if the name is taken, which only etcd tells
    if isinstance(outcome, First):
        return _ask_first(cluster, client, request, outcome)
    if isinstance(outcome, Refusal):
        return deliver(cluster, client, respond(request, outcome.code, outcome.reason, key))
    if isinstance(outcome, Removal):
        return cluster.set(CALLS[client], Transaction(request, key, version(current), None))
    if errors(outcome):
        return deliver(cluster, client, respond(request, 422, "Invalid", key))
    if outcome == current:  # a write that changes nothing is answered without one
        return deliver(cluster, client, respond(request, 200, "OK", key))
    return cluster.set(CALLS[client], Transaction(request, key, version(current), outcome))


def _ask_first(cluster: Cluster, client: str, request: Request, first: First) -> Cluster:
    """Return the cluster in which etcd is asked for a transaction that is not the last of its request."""
    current = cluster[stored(first.resource)[first.key]]
    if first.value == current:
        return cluster.set(CALLS[client], attrs.evolve(request, done=request.done + 1))
    other = "" if first.resource == request.resource else first.resource
    return cluster.set(
        CALLS[client], Transaction(request, first.key, version(current), first.value, other=other, more=True)
    )


def _carry_out(cluster: Cluster, request: Request, key: str, value: Any, current: Any) -> verbs.Outcome:
    if request.subresource in SUBRESOURCES:
        return SUBRESOURCES[request.subresource](cluster, request, current)
    match request.verb:
        case "create":
            return verbs.create(cluster, request.resource, key, value)
        case "update" | "patch":
            return verbs.update(cluster, current, request, value)
        case _:
            return verbs.delete(cluster, current, request)


def _answered(step: Step) -> Event:
    client = step.action.arguments["client"]
    call, acknowledged = step.after[CALLS[client]], step.before[CALLS[client]]
    assert isinstance(acknowledged, Acknowledgement)
    about = reference(step.before, acknowledged.resource, acknowledged.key)
    if isinstance(call, Response):
        return Event(
            "Normal" if call.ok else "Warning",
            "Answered",
            about,
            f"{call.verb}: {call.said}, to {client}",
        )
    if call is None:
        return Event(
            "Warning", "Answered", about, f"{acknowledged.request.verb}: nobody is there to receive the answer"
        )
    if acknowledged.more and acknowledged.succeeded:
        return Event("Normal", "Continued", about, f"goes on with {acknowledged.request.verb} for {client}")
    return Event("Normal", "Retried", about, f"the object changed meanwhile; tries {acknowledged.request.verb} again")


@transition(actor=APISERVER, object="{client}", describe=_answered)
def answer(cluster: Cluster, client: str) -> Cluster | None:
    """Answer the client once etcd has acknowledged, or try again on the version that is there now."""
    call = cluster[CALLS[client]]
    if not isinstance(call, Acknowledgement):
        return None
    request = call.request
    if call.more:  # on to the next transaction, or the same one on the version that is there now
        return cluster.set(CALLS[client], attrs.evolve(request, done=request.done + call.succeeded))
    if call.succeeded:
        code = 201 if request.verb == "create" else 200
        return deliver(cluster, client, respond(request, code, PHRASES[code], call.key))
    if request.verb == "create" and request.key and not request.subresource:
        return deliver(cluster, client, respond(request, 409, "AlreadyExists", call.key))
    if request.resource_version is not None:
        return deliver(cluster, client, respond(request, 409, "Conflict", call.key))
    return cluster.set(CALLS[client], request)


@overload
def read(cluster: Cluster, of: Kind[ObjectT], key: str) -> ObjectT | None: ...


@overload
def read(cluster: Cluster, of: str, key: str) -> Any: ...


def read(cluster: Cluster, of: Kind[Any] | str, key: str) -> Any:
    """Return what a GET of one object answers now."""
    return cluster[stored(of)[key]]


def answers_reads(cluster: Cluster, client: str) -> bool:
    """Tell whether a GET is answered: it names no resourceVersion, so that a quorum of etcd has to confirm the answer.

    Otherwise it times out: who tries again until it is answered, waits, as nothing that it knows has changed.
    """
    return serves(cluster) and comes_through(cluster, client)


COMPONENT = Component(
    APISERVER,
    memory=(
        Memory(
            AWAY,
            lambda plan: ((SERVER,),),
            False,
            mentions=NOTHING,
            survives=True,
            when=lambda plan: plan.budget("apiserver-outage") > 0,
        ),
    ),
    needed=lambda plan: None,
    optional=False,
)
