"""Calls of the api-server: what is under way between a client and the api-server, and between it and etcd.

Models: a client sends a request; the api-server handles it and hands etcd a transaction; etcd commits and
acknowledges it; the api-server answers; the client receives the answer. Each is a step of its own, and between any
two anyone may act, crash, or lose the message. One cell holds one call from its request to its answer. A request that
takes several transactions is handled anew after each but the last.

Leaves out: connections, retries by client-go below the caller's own, and LIST and WATCH (see informer.py). A client
has one call under way at a time; what a component does in parallel it does as several clients. When a component dies
with a call under way, the call goes on without it, in a slot of its own, and nobody receives the answer.

Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers, kubernetes/kubernetes 1.34.
"""

from collections.abc import Callable
from itertools import count
from typing import TypeVar

import attrs

from kmodel.kernel import Cell, Cells, Cluster, Rank, Step
from kmodel.kubernetes.objects import ApiObject, Binding, Part

TIMEOUT = 0  # the code of an answer that never came: the caller cannot tell a lost request from a lost answer


Body = ApiObject | Part | Binding


@attrs.frozen(cache_hash=True)
class Request:
    """What a client asks: a verb on an object, with its body and preconditions."""

    where = "to the api-server"

    user: str
    verb: str
    resource: str
    key: str
    body: Body | None = None
    subresource: str = ""
    uid: Rank | None = None
    resource_version: Rank | None = None
    grace_seconds: int | None = None
    propagation: str = ""  # of a deletion: Background, Foreground or Orphan
    done: int = 0  # transactions of it that etcd has carried out, if it takes several

    @property
    def target(self) -> str:
        """What the request is about, as in a URL: `pods/nginx/status`."""
        return "/".join(part for part in (self.resource, self.key, self.subresource) if part)

    @property
    def told(self) -> str:
        """What is asked, in a few words."""
        return f"{self.verb} {self.target}"


@attrs.frozen(cache_hash=True)
class Transaction:
    """What the api-server asks etcd: if the key has this version (None: is absent), put the value (None: delete).

    `other` is the resource that is written if it is not the request's own; with `more`, the request goes on afterwards.
    """

    where = "to etcd"

    request: Request
    key: str
    expected: Rank | None
    value: ApiObject | None
    other: str = ""
    more: bool = False

    @property
    def resource(self) -> str:
        """The resource that is written."""
        return self.other or self.request.resource

    @property
    def told(self) -> str:
        """What is asked, in a few words."""
        return self.request.told

    def writes_as(self, call: "Call | None") -> bool:
        """Tell whether a call is a transaction that asks etcd for the same."""
        return isinstance(call, Transaction) and all(
            getattr(self, name) == getattr(call, name) for name in ("key", "expected", "value", "other")
        )


@attrs.frozen(cache_hash=True)
class Acknowledgement:
    """What etcd answers once the write is durable, or that the key has another version."""

    where = "etcd answered"

    request: Request
    key: str
    succeeded: bool
    other: str = ""
    more: bool = False

    @property
    def resource(self) -> str:
        """The resource that was to be written."""
        return self.other or self.request.resource

    @property
    def told(self) -> str:
        """What was asked, and whether it was written."""
        return f"{self.request.told}: {'written' if self.succeeded else 'the key has another version'}"


@attrs.frozen(cache_hash=True)
class Response:
    """What the api-server answers: an HTTP status code and a reason as in metav1.Status, and what it answers to."""

    where = "answer to client"

    code: int
    reason: str
    verb: str
    resource: str
    key: str
    subresource: str = ""

    @property
    def told(self) -> str:
        """What it answers to, and the answer."""
        about = "/".join(part for part in (self.resource, self.key, self.subresource) if part)
        return f"{self.verb} {about}: {self.said}"

    @property
    def ok(self) -> bool:
        """Whether the request was carried out."""
        return 200 <= self.code < 300

    @property
    def said(self) -> str:
        """The code and the reason, or that no answer came."""
        return "no answer" if self.code == TIMEOUT else f"{self.code} {self.reason}"


Call = Request | Transaction | Acknowledgement | Response
C = TypeVar("C", bound=Call)

CALLS: Cells[Call | None] = Cells("calls")
SPLIT: Cell[bool] = Cell("calls are split")  # a constant, there unless a scenario fuses the steps of a call


def respond(request: Request, code: int, reason: str, key: str | None = None) -> Response:
    """Return the answer to a request."""
    return Response(code, reason, request.verb, request.resource, key or request.key, request.subresource)


def clients(form: str) -> Callable[..., str]:
    """Return the function from names to the client of that form, such as `kubelet/{}/{}`."""
    return form.format


def idle(cluster: Cluster, client: str) -> bool:
    """Tell whether the client has no call under way."""
    return cluster[CALLS[client]] is None


def send(cluster: Cluster, client: str, request: Request) -> Cluster:
    """Return the cluster with the request on its way."""
    return cluster.set(CALLS[client], request)


def received(cluster: Cluster, client: str) -> Response | None:
    """Return the answer that waits for the client, if there is one."""
    call = cluster[CALLS[client]]
    return call if isinstance(call, Response) else None


def drop_answer(cluster: Cluster, client: str) -> Cluster | None:
    """Return the cluster after the client read an answer that changes nothing for it; None if there is none."""
    return None if received(cluster, client) is None else cluster.set(CALLS[client], None)


def became(step: Step, kind: type[C]) -> list[tuple[str, C]]:
    """Return the calls that a step made one of this kind, with their clients; one that outlived its client is none.

    For specs: `became(step, Request)` are the requests that were sent (or are tried again by the api-server),
    `became(step, Transaction)` those that etcd was handed, and so on.
    """
    written = step.wrote(CALLS)
    there = [step.before[cell] for cell in written]
    found = [(cell.key[0], step.after[cell], before) for cell, before in zip(written, there, strict=True)]
    return [
        (client, call)
        for client, call, before in found
        if isinstance(call, kind) and not isinstance(before, kind) and not _was_there(call, there)
    ]


def _was_there(call: Call, there: list[Call | None]) -> bool:
    """Tell whether a call stood in another cell before; etcd is asked for the same, whoever waits for it."""
    return call in there or (isinstance(call, Transaction) and any(call.writes_as(other) for other in there))


def slot(client: str, number: int) -> str:
    """Return the place to which a call moves when its client dies: `kube-scheduler/nginx (orphan 1)`."""
    return f"{client} (orphan {number})"


def is_orphan(client: str) -> bool:
    """Tell whether nobody waits for the answer to this client's call."""
    return client.endswith(")")


def deliver(cluster: Cluster, client: str, response: Response) -> Cluster:
    """Return the cluster with the answer on its way to the client, or dropped if the client is gone."""
    return cluster.set(CALLS[client], None if is_orphan(client) else response)


def orphan(cluster: Cluster, client: str) -> Cluster:
    """Return the cluster in which the client's call, if any, goes on without it in the first slot that is free."""
    call = cluster[CALLS[client]]
    if call is None:
        return cluster
    cluster = cluster.set(CALLS[client], None)
    if isinstance(call, Response):
        return cluster
    free = next(name for number in count(1) if idle(cluster, name := slot(client, number)))
    return cluster.set(CALLS[free], call)
