"""Garbage collector: delete what all its owners have left, and see to it that an owner goes in the way it was asked to.

Models: background, foreground and orphan. What the caches show decides what is looked at; what is done is decided on
live reads of the object and of its owners, on the condition of what was read: a deletion, of UID and version; a patch
of owners, of the UID; one of finalizers, of the version. A dependent all of whose owners are gone is deleted, in the
background, or as its own finalizers say; one that an owner waits for, and that has dependents itself, in the
foreground; of one that has another owner the references to the lost ones are taken away. An owner that is deleted in
the foreground has its dependents deleted first, and loses its finalizer when the cache shows none that blocks it; one
that orphans has its UID taken out of them first.

Leaves out: the cache of owners known to be absent; the virtual nodes of owners that the collector never saw, which here
are looked up as any other; cycles of blocking dependents; a version as the condition is dropped when the owners are the
same (here the collector tries again); that what is being deleted is deleted once more, since the collector's graph may
be later than the caches. Which dependents there are is what the cache shows, as upstream: one that is created meanwhile
is collected afterwards.

Upstream: pkg/controller/garbagecollector/{garbagecollector.go attemptToDeleteItem processDeletingDependentsItem
attemptToOrphanWorker,graph.go blockingDependents,graph_builder.go}, read in 1.33 in the making (a fork at 0b0abd6c),
where a deletion is on the condition of the UID only; operations.go deleteObject, removeFinalizer, read in 1.34 or later
(a fork at 5d54a3b7), where it is on that of the version, too [kubernetes/kubernetes#132632]; patch.go, read in the same
fork (735d93ac). 1.34.4 by the recording garbage.
"""

from collections.abc import Iterator
from typing import Any

from kmodel.kernel import Cell, Cluster, Rank, transition
from kmodel.kubernetes.components.apiserver import answers_reads, read
from kmodel.kubernetes.components.apiserver.access import CONTROLLER_USER
from kmodel.kubernetes.components.calls import Request, clients, drop_answer, idle, send
from kmodel.kubernetes.components.component import Caller, Component
from kmodel.kubernetes.components.etcd import QUEUES, stored, version
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, all_in_cache, in_cache, synced
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.settings import SINGULARS
from kmodel.kubernetes.objects import KINDS, OwnerReference
from kmodel.kubernetes.objects.ownership import (
    FOREGROUND,
    ORPHAN,
    WithoutFinalizer,
    WithoutOwners,
    is_deleting_dependents,
    is_orphaning,
)

ACTOR = CONTROLLER_MANAGER + "/garbage-collector"
USER = CONTROLLER_USER + "generic-garbage-collector"
MADE: Cell[tuple[str, ...]] = Cell("resources that have owners")  # constants
OWNING: Cell[tuple[str, ...]] = Cell("resources of owners")
COLLECTED: Cell[tuple[str, ...]] = Cell("resources of owners and dependents")


client_of = clients(f"{ACTOR}/{{}}/{{}}")  # by which the collector writes one object


def owner_of(cluster: Cluster, owner: OwnerReference, *, live: bool) -> Any:
    """Return an owner as it is stored, or as the cache has it; None if there is no object of that UID."""
    resource = next((resource for resource, singular in cluster[SINGULARS] if singular == owner.kind.lower()), "")
    if not cluster.has(stored(resource)[owner.name]):
        return None
    found = read(cluster, resource, owner.name) if live else in_cache(cluster, CONTROLLER_MANAGER, resource, owner.name)
    return found if found is not None and found.metadata.uid == owner.uid else None


def dependents(cluster: Cluster, owner: Any) -> Iterator[tuple[Any, OwnerReference]]:
    """Yield the objects in the cache that have this owner, each with its reference."""
    for resource in cluster[MADE]:
        for value in all_in_cache(cluster, CONTROLLER_MANAGER, resource):
            for reference in value.metadata.owners:
                if reference.uid == owner.metadata.uid:
                    yield value, reference


def _known(cluster: Cluster, kind: str, name: str) -> Any:
    """Return the object in the cache, if it may be written now."""
    if not synced(cluster, CONTROLLER_MANAGER, *_watched(cluster)) or not idle(cluster, client_of(kind, name)):
        return None
    return in_cache(cluster, CONTROLLER_MANAGER, _resource(cluster, kind), name)


def _resource(cluster: Cluster, kind: str) -> str:
    return next(resource for resource, singular in cluster[SINGULARS] if singular == kind)


def _watched(cluster: Cluster) -> tuple[str, ...]:
    return tuple(resource for resource in cluster[COLLECTED] if cluster.has(QUEUES[CONTROLLER_MANAGER, resource]))


def _forget(cluster: Cluster, kind: str, known: Any, uids: tuple[Rank, ...]) -> Cluster:
    """Return the cluster with the patch on its way that takes owners out of an object of this UID."""
    resource, key, body = _resource(cluster, kind), known.metadata.key, WithoutOwners(uids)
    return send(cluster, client_of(kind, key), Request(USER, "patch", resource, key, body, uid=known.metadata.uid))


def _latest(cluster: Cluster, kind: str, known: Any) -> Any:
    if not answers_reads(cluster, client_of(kind, known.metadata.key)):
        return None
    found = read(cluster, _resource(cluster, kind), known.metadata.key)
    return found if found is not None and found.metadata.uid == known.metadata.uid else None


@transition(actor=ACTOR, object="{kind}/{name}")
def collect(cluster: Cluster, kind: str, name: str) -> Cluster | None:
    """Delete what has lost all its owners, or whose owner goes after it; of what has others, forget those it lost."""
    known = _known(cluster, kind, name)
    if known is None or known.metadata.deleting:
        return None
    in_doubt = [owner_of(cluster, owner, live=False) for owner in known.metadata.owners]
    if not any(owner is None or is_deleting_dependents(owner) for owner in in_doubt):
        return None
    latest = _latest(cluster, kind, known)
    owners = [] if latest is None else [(each, owner_of(cluster, each, live=True)) for each in latest.metadata.owners]
    lost = tuple(each.uid for each, owner in owners if owner is None)
    waiting = tuple(each.uid for each, owner in owners if owner is not None and is_deleting_dependents(owner))
    if not lost and not waiting:
        return None
    if len(lost) + len(waiting) < len(owners):
        return _forget(cluster, kind, latest, (*lost, *waiting))
    request = Request(
        *(USER, "delete", _resource(cluster, kind), latest.metadata.key),
        uid=latest.metadata.uid,
        resource_version=version(latest),
        propagation=_propagation(latest, first=bool(waiting) and any(dependents(cluster, latest))),
    )
    return send(cluster, client_of(kind, name), request)


def _propagation(latest: Any, *, first: bool) -> str:
    """Return how an object is deleted: with its own dependents `first`, or as its finalizers say."""
    if first:
        return "Foreground"
    finalizers = latest.metadata.finalizers
    return "Orphan" if ORPHAN in finalizers else "Foreground" if FOREGROUND in finalizers else "Background"


@transition(actor=ACTOR, object="{kind}/{name}")
def forget_owner(cluster: Cluster, kind: str, name: str) -> Cluster | None:
    """Take an owner that orphans its dependents out of one of them."""
    known = _known(cluster, kind, name)
    if known is None:
        return None
    owners = [(each, owner_of(cluster, each, live=False)) for each in known.metadata.owners]
    leaving = tuple(each.uid for each, owner in owners if owner is not None and is_orphaning(owner))
    if not leaving:
        return None
    return _forget(cluster, kind, known, leaving)


@transition(actor=ACTOR, object="{kind}/{name}")
def release_owner(cluster: Cluster, kind: str, name: str) -> Cluster | None:
    """Let an owner go that waits for its dependents to be deleted, or to forget it, once the cache shows none left."""
    known = _known(cluster, kind, name)
    if known is None or not (is_deleting_dependents(known) or is_orphaning(known)):
        return None
    finalizer = ORPHAN if is_orphaning(known) else FOREGROUND
    if any(reference.blocks or finalizer == ORPHAN for _, reference in dependents(cluster, known)):
        return None
    latest = _latest(cluster, kind, known)
    if latest is None or finalizer not in latest.metadata.finalizers:
        return None
    resource, key, body = _resource(cluster, kind), latest.metadata.key, WithoutFinalizer(finalizer)
    request = Request(USER, "patch", resource, key, body, resource_version=version(latest))
    return send(cluster, client_of(kind, name), request)


@transition(actor=ACTOR, object="{kind}/{name}")
def read_collector_answer(cluster: Cluster, kind: str, name: str) -> Cluster | None:
    """Learn how a write went; while the cache shows cause, it is tried again."""
    return drop_answer(cluster, client_of(kind, name))


def _items(plan: Plan) -> list[tuple[str, str]]:
    there = [each for each in _constants(plan)[COLLECTED] if each in plan.resources]
    return [(plan.kind(each).singular, key) for each in there for key in plan.keys(each)]


def _constants(plan: Plan) -> dict[Cell[Any], tuple[str, ...]]:
    made = tuple(dict.fromkeys(resource for owned in plan.owning.values() for resource in owned))
    both = tuple(kind.resource for kind in plan.kinds if kind.resource in (*made, *plan.owning))
    return {MADE: made, OWNING: tuple(plan.owning), COLLECTED: both}


def rights(*resources: str) -> frozenset[tuple[str, str]]:
    """Return what the collector must be allowed to do to objects of these resources."""
    return frozenset((verb, resource) for verb in ("patch", "delete") for resource in resources)


def _needed(plan: Plan) -> str | None:
    deletes = any(plan.requests("delete", resource) for resource in plan.owning)
    deletes = deletes or any(value.deletes_owners for value in plan.population.all)
    return None if deletes else "nobody deletes what owns other objects"


COMPONENT = Component(
    "garbage-collector",
    process=CONTROLLER_MANAGER,
    users={USER: rights(*(resource for kind in KINDS if kind.makes for resource in (kind.resource, *kind.makes)))},
    watches=lambda plan: _constants(plan)[COLLECTED],
    constants=_constants,
    callers=(Caller((collect, forget_owner, release_owner), read_collector_answer, client_of, _items, turn=4),),
    needed=_needed,
)
