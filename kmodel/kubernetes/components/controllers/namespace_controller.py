"""Namespace controller: empty a namespace that is being deleted, and then let it go.

Models: a live look at the Namespace; the deletion of all that is in it, in the background, pods first: other objects
only when no pod is left [OrderedNamespaceDeletion, locked on in 1.34]; and when nothing is left, by live lists, the
finalizer `kubernetes` is taken off on the condition of the version that was read. An object that has a finalizer of its
own keeps its namespace. Upstream deletes a collection by one request, which the api-server carries out object by
object, without conditions: here each object is deleted by a request of its own, in any order.

Leaves out: the five seconds that upstream waits after the deletion (there are no clocks: what was admitted before may
be written at any later time, which upstream bets takes less), the estimates by which it comes back, conditions of the
status, objects of kinds that are not modelled; that upstream goes on to the other objects although pods may be left,
when the deletion of the pods, or the list of those that are left, fails [deleteAllContent].

Upstream: pkg/controller/namespace/namespace_controller.go, read in 1.33 in the making (a fork at 0b0abd6c);
deletion/namespaced_resources_deleter.go Delete, deleteAllContent, finalizeNamespace, read with the gate
OrderedNamespaceDeletion in it, which is on from 1.33 (forks at 039831bd and ad774f98). 1.34.4 by the recording
namespace-deletion.
"""

from collections.abc import Iterator
from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster, transition
from kmodel.kubernetes.components.apiserver import answers_reads, read
from kmodel.kubernetes.components.apiserver.access import CONTROLLER_USER
from kmodel.kubernetes.components.calls import Request, clients, drop_answer, idle, send
from kmodel.kubernetes.components.component import Caller, Component, each
from kmodel.kubernetes.components.etcd import stored, version
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, in_cache, synced
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.settings import SINGULARS
from kmodel.kubernetes.objects import DEFAULT_NAMESPACE, KINDS, NAMESPACE, Namespace

ACTOR = CONTROLLER_MANAGER + "/namespace-controller"
USER = CONTROLLER_USER + "namespace-controller"
# A constant: of each namespace the resources and keys of all that may ever be in it.
CONTENT: Cell[Any] = Cell("content of namespaces")

client_of = clients(f"{ACTOR}/{{}}/{{}}")  # by which the controller deletes one object
finalizer_of = clients(f"{ACTOR}/{{}}")  # by which it lets a namespace go


def content(cluster: Cluster, namespace: str) -> Iterator[tuple[str, str]]:
    """Yield the resources and keys of all that is in a namespace."""
    for resource, key in dict(cluster[CONTENT]).get(namespace, ()):
        if cluster[stored(resource)[key]] is not None:
            yield resource, key


def namespace_of(key: str) -> str:
    """Return the namespace that is in the key of an object."""
    return key.rpartition("/")[0] or DEFAULT_NAMESPACE


def _terminating(cluster: Cluster, namespace: str, client: str) -> Namespace | None:
    """Return a namespace that is being deleted as it is stored, if the cache knows it to be."""
    if not synced(cluster, CONTROLLER_MANAGER, "namespaces"):
        return None
    known = in_cache(cluster, CONTROLLER_MANAGER, NAMESPACE, namespace)
    if known is None or not known.metadata.deleting or not answers_reads(cluster, client):
        return None
    found = read(cluster, NAMESPACE, namespace)
    return found if found is not None and found.metadata.deleting and found.is_held else None


@transition(actor=ACTOR, object="{kind}/{name}")
def delete_content(cluster: Cluster, kind: str, name: str) -> Cluster | None:
    """Delete what is in a namespace that is being deleted, pods before all else."""
    client, namespace = client_of(kind, name), namespace_of(name)
    if not idle(cluster, client) or _terminating(cluster, namespace, client) is None:
        return None
    resource = next(resource for resource, singular in cluster[SINGULARS] if singular == kind)
    value = cluster[stored(resource)[name]]
    if value is None or value.metadata.deleting:
        return None
    if resource != "pods" and any(other == "pods" for other, _ in content(cluster, namespace)):
        return None
    return send(cluster, client, Request(USER, "delete", resource, name, propagation="Background"))


@transition(actor=ACTOR, object="{kind}/{name}")
def read_content_answer(cluster: Cluster, kind: str, name: str) -> Cluster | None:
    """Learn how a deletion went; while the object is there and not marked, it is tried again."""
    return drop_answer(cluster, client_of(kind, name))


@transition(actor=ACTOR, object="namespace/{namespace}")
def finalize(cluster: Cluster, namespace: str) -> Cluster | None:
    """Take the finalizer off a namespace in which nothing is left."""
    client = finalizer_of(namespace)
    found = _terminating(cluster, namespace, client) if idle(cluster, client) else None
    if found is None or any(content(cluster, namespace)):
        return None
    request = Request(USER, "update", "namespaces", namespace, subresource="finalize", uid=found.metadata.uid)
    return send(cluster, client, attrs.evolve(request, resource_version=version(found)))


@transition(actor=ACTOR, object="namespace/{namespace}")
def read_finalize_answer(cluster: Cluster, namespace: str) -> Cluster | None:
    """Learn how it went; after a conflict it is tried again."""
    return drop_answer(cluster, finalizer_of(namespace))


def _content(plan: Plan) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in plan.keys("namespaces")}
    for kind in plan.kinds:
        for key in plan.keys(kind.resource) if kind.namespaced and kind.resource in plan.resources else ():
            if namespace_of(key) in found:
                found[namespace_of(key)].append((kind.resource, key))
    return found


def _items(plan: Plan) -> list[tuple[str, str]]:
    return [(plan.kind(resource).singular, key) for there in _content(plan).values() for resource, key in there]


def _constants(plan: Plan) -> dict[Cell[Any], Any]:
    return {CONTENT: tuple((name, tuple(there)) for name, there in _content(plan).items())}


def _needed(plan: Plan) -> str | None:
    going = any(value.metadata.deleting for value in plan.settings.objects if value.kind == NAMESPACE.kind)
    return None if going or plan.requests("delete", "namespaces") else "no Namespace is deleted"


COMPONENT = Component(
    "namespace-controller",
    process=CONTROLLER_MANAGER,
    users={USER: frozenset({("update", "namespaces/finalize"), *(("delete", kind.resource) for kind in KINDS)})},
    watches=("namespaces",),
    constants=_constants,
    callers=(
        Caller((delete_content,), read_content_answer, client_of, _items, turn=5),
        Caller((finalize,), read_finalize_answer, finalizer_of, each("namespaces"), turn=5),
    ),
    needed=_needed,
)
