"""Bugs of the api-server and of etcd, as functions that make a broken transition of the faithful one.

Most hide something from the faithful function for the time of the call, and put it back afterwards: the user of a
request, a precondition, a taint. What is hidden is what the bug does not look at.
"""

from collections.abc import Callable
from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster
from kmodel.kubernetes.components.apiserver.admission import admit
from kmodel.kubernetes.components.apiserver.verbs import create
from kmodel.kubernetes.components.calls import CALLS, Acknowledgement, Request, Response, Transaction, respond
from kmodel.kubernetes.components.etcd import stored, version
from tests.specs.mutants import Breaking, Function


def hiding(hide: Callable[[Cluster, dict[str, str]], dict[Cell[Any], Any]]) -> Breaking:
    """Return the breaking by which a transition takes some cells for something else; it leaves them as they are."""

    def breaking(function: Function) -> Function:
        def broken(cluster: Cluster, **binding: str) -> Cluster | None:
            hidden = hide(cluster, binding)
            seen = cluster
            for cell, value in hidden.items():
                seen = seen.set(cell, value)
            after = function(seen, **binding)
            for cell, value in hidden.items():
                if after is not None and after[cell] == value:
                    after = after.set(cell, cluster[cell])
            return after

        return broken

    return breaking


def taking_requests_for(change: Callable[[Cluster, Request], Request]) -> Breaking:
    """Return the breaking of `handle` that takes a request for another one, and carries it out as that."""

    def breaking(handle: Function) -> Function:
        def broken(cluster: Cluster, client: str) -> Cluster | None:
            request = cluster[CALLS[client]]
            if not isinstance(request, Request):
                return None
            after = handle(cluster.set(CALLS[client], change(cluster, request)), client=client)
            assert after is not None
            call = after[CALLS[client]]
            if isinstance(call, Transaction):
                return after.set(CALLS[client], attrs.evolve(call, request=request))
            return after

        return broken

    return breaking


def any_user_is_the_admin(cluster: Cluster, request: Request) -> Request:
    """The api-server asks neither who somebody is nor what they may do."""
    return attrs.evolve(request, user="admin")


def any_kubelet_is_the_right_one(cluster: Cluster, request: Request) -> Request:
    """The api-server does not restrict a kubelet to its own node and its pods."""
    if not request.user.startswith("system:node:"):
        return request
    value = cluster[stored(request.resource)[request.key]]
    node = value.spec.node_name if request.resource == "pods" and value is not None else request.key
    return attrs.evolve(request, user=f"system:node:{node}")


def uids_do_not_matter(cluster: Cluster, request: Request) -> Request:
    """The api-server ignores the UID precondition."""
    return attrs.evolve(request, uid=None)


def versions_do_not_matter(cluster: Cluster, request: Request) -> Request:
    """The api-server ignores the resourceVersion of a PUT."""
    return attrs.evolve(request, resource_version=None)


def skips_validation(handle: Function) -> Function:
    """The api-server stores what it is asked to create, valid or not."""

    def broken(cluster: Cluster, client: str) -> Cluster | None:
        request = cluster[CALLS[client]]
        if not isinstance(request, Request) or request.verb != "create" or request.subresource or not request.key:
            return handle(cluster, client=client)
        outcome: Any = create(cluster, request.resource, request.key, admit(request, request.body, None))
        return cluster.set(CALLS[client], Transaction(request, request.key, None, outcome))

    return broken


def answers_before_etcd(handle: Function) -> Function:
    """The api-server answers "created" without waiting for etcd; the write never gets there."""

    def broken(cluster: Cluster, client: str) -> Cluster | None:
        after = handle(cluster, client=client)
        call = None if after is None else after[CALLS[client]]
        if after is None or not isinstance(call, Transaction):
            return after
        return after.set(CALLS[client], respond(call.request, 201, "Created", call.key))

    return broken


def takes_failure_for_success(answer: Function) -> Function:
    """The api-server answers OK although etcd refused the transaction."""

    def broken(cluster: Cluster, client: str) -> Cluster | None:
        call = cluster[CALLS[client]]
        if isinstance(call, Acknowledgement) and not call.succeeded:
            return cluster.set(CALLS[client], Response(200, "OK", call.request.verb, call.request.resource, call.key))
        return answer(cluster, client=client)

    return broken


def binds_again(handle: Function) -> Function:
    """The api-server binds a pod that is bound already to the node that it is asked for now."""

    def broken(cluster: Cluster, client: str) -> Cluster | None:
        request = cluster[CALLS[client]]
        if not isinstance(request, Request) or request.subresource != "binding":
            return handle(cluster, client=client)
        cell = stored("pods")[request.key]
        pod = cluster[cell]
        if pod is None or pod.spec.node_name is None:
            return handle(cluster, client=client)
        unbound = attrs.evolve(pod, spec=attrs.evolve(pod.spec, node_name=None))
        after = handle(cluster.set(cell, unbound), client=client)
        return None if after is None else after.set(cell, pod)

    return broken


def writes_the_phase_when_binding(handle: Function) -> Function:
    """The api-server takes a pod for Running as soon as it is bound."""

    def broken(cluster: Cluster, client: str) -> Cluster | None:
        after = handle(cluster, client=client)
        call = None if after is None else after[CALLS[client]]
        if after is None or not isinstance(call, Transaction) or call.request.subresource != "binding":
            return after
        value: Any = call.value
        value = attrs.evolve(value, status=attrs.evolve(value.status, phase="Running"))
        return after.set(CALLS[client], attrs.evolve(call, value=value))

    return broken


def compares_no_version(commit: Function) -> Function:
    """etcd writes without comparing the version of the key."""

    def broken(cluster: Cluster, client: str) -> Cluster | None:
        call = cluster[CALLS[client]]
        if not isinstance(call, Transaction):
            return None
        held = version(cluster[stored(call.request.resource)[call.key]])
        return commit(cluster.set(CALLS[client], attrs.evolve(call, expected=held)), client=client)

    return broken


def acknowledges_without_writing(commit: Function) -> Function:
    """etcd acknowledges what it has not written: a crash would lose it."""

    def broken(cluster: Cluster, client: str) -> Cluster | None:
        call = cluster[CALLS[client]]
        if not isinstance(call, Transaction):
            return None
        return cluster.set(CALLS[client], Acknowledgement(call.request, call.key, succeeded=True))

    return broken
