"""etcd: keys with versions, compare-and-swap transactions, watch events in order, acknowledged once they are durable.

Models: one strictly serializable store. A transaction compares the key's version and writes only if it is the
expected one; the write, its events on every open watch and the acknowledgement become visible at one point in time.

Several members, elections and loss of the quorum: see quorum.py and etcd_members.py.

Leaves out: compaction as such (a watch that falls behind is closed, and the watcher lists again, with the same effect).
The watch cache of a single api-server is one with the store: to the events of a watch it only adds delay, which the
watch's own queue has already. Several api-servers have one each: apiserver/watch_cache.py.

Upstream: etcd.io docs learning/api_guarantees (v3.6); staging/src/k8s.io/apiserver/pkg/storage/etcd3/store.go, 1.34.
"""

from enum import Enum
from typing import Any, TypeVar, overload

import attrs

from kmodel.kernel import Cell, Cells, Cluster, Event, Rank, Step, fresh, transition
from kmodel.kubernetes.components.calls import CALLS, Acknowledgement, Transaction
from kmodel.kubernetes.components.quorum import replicate, serves
from kmodel.kubernetes.components.settings import SETTINGS, reference, singular
from kmodel.kubernetes.objects import NAMESPACE, NODE, POD, ApiObject, Kind
from kmodel.kubernetes.objects.kind import ObjectT, resource_name, scope

V = TypeVar("V", bound=ApiObject)


STORED = "etcd/"  # what the families of stored objects begin with


@overload
def stored(of: Kind[ObjectT]) -> Cells[ObjectT | None]: ...


@overload
def stored(of: str) -> Cells[Any]: ...


def stored(of: Kind[Any] | str) -> Cells[Any]:
    """Return the family of the keys of a kind, or of a resource; a cell holds the object, or None."""
    return Cells(f"{STORED}{resource_name(of)}")


PODS = stored(POD)
NODES = stored(NODE)
NAMESPACES = stored(NAMESPACE)


@attrs.frozen(cache_hash=True)
class Watch:
    """Who watches what: a component, a resource, for a kubelet the node whose pods it wants, or who polls instead."""

    watcher: str
    resource: str
    node: str | None = None
    polls: bool = False

    @property
    def queue(self) -> "Cell[Queue]":
        """The cell of the events that are under way to the watcher."""
        return QUEUES[self.watcher, self.resource]

    def selects(self, value: ApiObject | None) -> bool:
        """Tell whether the watcher gets to see the object."""
        if value is None:
            return False
        return self.node is None or value.node == self.node


@attrs.frozen(cache_hash=True)
class WatchEvent:
    """One event of a watch: ADDED, MODIFIED or DELETED, the key, and the object (None when deleted)."""

    type: str
    key: str
    object: ApiObject | None


class Closed(Enum):
    """What stands in the place of a queue after the api-server closed a watch; the watcher keeps what it knows."""

    WATCH = "closed"


Queue = tuple[WatchEvent, ...] | Closed | None  # None: the watcher has not listed since it started
QUEUES: Cells[Queue] = Cells("watches")
WATCHES: Cell[tuple[Watch, ...]] = Cell("watches of the control plane")
TOLD: Cell[tuple[Watch, ...]] = Cell("watches of etcd")  # all of these, or those of several api-servers


def closed(queue: Queue) -> Queue:
    """The update of a watch's queue by which the api-server closes the watch: what was under way never arrives."""
    return Closed.WATCH if isinstance(queue, tuple) else queue


def close_watches(cluster: Cluster) -> Cluster:
    """Return the cluster after the api-server closed all watches: who watched lists again."""
    for watch in cluster[WATCHES]:
        cluster = cluster.modify(watch.queue, closed)
    return cluster


@attrs.frozen(cache_hash=True)
class Publish:
    """The update of a watch's queue: append the event; if the watcher is too far behind, close the watch instead."""

    event: WatchEvent
    buffer: int

    def __call__(self, old: Queue) -> Queue:
        """Return the longer queue, or that the watch is closed."""
        if not isinstance(old, tuple):
            return old
        return (*old, self.event) if len(old) < self.buffer else Closed.WATCH


def uids(cluster: Cluster, resource: str, key: str) -> str:
    """Return the scope of the UIDs of all objects that ever have this name."""
    return scope("uid", singular(cluster, resource), key)


def versions(cluster: Cluster, resource: str, key: str) -> str:
    """Return the scope of the resource versions of this key."""
    return scope("version", singular(cluster, resource), key)


def version(value: ApiObject | None) -> Rank | None:
    """Return an object's resource version; None for a key that is absent."""
    return None if value is None else value.metadata.resource_version


def with_metadata(value: V, **changes: Any) -> V:
    """Return the object with some of its metadata replaced."""
    return attrs.evolve(value, metadata=attrs.evolve(value.metadata, **changes))  # type: ignore[misc]


def _told(step: Step) -> Event:
    client = step.action.arguments["client"]
    call = step.after[CALLS[client]]
    assert isinstance(call, Acknowledgement)
    about = reference(step.before, call.resource, call.key)
    if not call.succeeded:
        return Event("Warning", "CompareFailed", about, f"the key has another version; nothing written for {client}")
    transaction = step.before[CALLS[client]]
    assert isinstance(transaction, Transaction)
    what = "deleted" if transaction.value is None else "stored"
    return Event("Normal", "Committed", about, f"{what}, durable, acknowledged to the api-server")


@transition(actor="etcd", object="{client}", describe=_told)
def commit(cluster: Cluster, client: str) -> Cluster | None:
    """Carry out a transaction if the key has the expected version, tell the watchers, and acknowledge."""
    call = cluster[CALLS[client]]
    if not isinstance(call, Transaction) or not serves(cluster):
        return None
    resource, key = call.resource, call.key
    cell = stored(resource)[key]
    old = cluster[cell]
    if version(old) != call.expected:
        return cluster.set(CALLS[client], Acknowledgement(call.request, key, False, call.other, call.more))
    # Of a request that is carried out only what its answer says is kept.
    rest = call.request if call.more else attrs.evolve(call.request, body=None, uid=None, resource_version=None, done=0)
    cluster = cluster.set(CALLS[client], Acknowledgement(rest, key, True, call.other, call.more))
    return write(replicate(cluster), resource, key, call.value)


def write(cluster: Cluster, resource: str, key: str, value: ApiObject | None) -> Cluster:
    """Return the cluster with the key written, or deleted, and the event on each open watch whose selector meets it."""
    cell = stored(resource)[key]
    watches = [watch for watch in cluster[TOLD] if watch.resource == resource and not watch.polls]
    before = {watch: watch.selects(cluster[cell]) for watch in watches}
    if value is not None:
        # The latest version of a key that is there is its own, and no other is mentioned after it.
        next_version = fresh(cluster, versions(cluster, resource, key), after=version(cluster[cell]))
        value = with_metadata(value, resource_version=next_version)
    cluster = cluster.set(cell, value)
    for watch in watches:
        cluster = publish(cluster, watch, key, before[watch], value)
    return cluster


def publish(cluster: Cluster, watch: Watch, key: str, was_seen: bool, value: ApiObject | None) -> Cluster:
    """Return the cluster with the event of a change on its way to a watcher, if that gets to see it."""
    if watch.selects(value):
        event = WatchEvent("MODIFIED" if was_seen else "ADDED", key, value)
    elif was_seen:
        event = WatchEvent("DELETED", key, None)
    else:
        return cluster
    return cluster.modify(watch.queue, Publish(event, cluster[SETTINGS].watch_buffer))
