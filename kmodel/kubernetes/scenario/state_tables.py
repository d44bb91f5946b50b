"""A state of the control plane as kubectl would print it, and what no kubectl shows: beliefs, and what is under way.

Tables are plain: a title, headings, rows of text. An object of any kind says its own columns.
"""

from collections.abc import Iterator
from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster, Rank
from kmodel.kernel.values import fields, identity
from kmodel.kubernetes.components.calls import CALLS
from kmodel.kubernetes.components.etcd import QUEUES, WATCHES, Closed, Watch, stored
from kmodel.kubernetes.components.informer import cached
from kmodel.kubernetes.objects import ApiObject, Kinds

Table = tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...]]

BELIEFS = "Caches that differ from etcd"
REQUESTS = "Requests under way"
EVENTS = "Watches"
ABSENT = "not there"


def state_tables(cluster: Cluster, kinds: Kinds) -> Iterator[Table]:
    """Yield the tables of a state: objects by kind, caches that differ from etcd, requests and events under way."""
    for kind in kinds:
        found = _stored(cluster, kind.resource)
        if found:
            yield _objects(kind.resource, found)
    for title, headings, rows in (
        (BELIEFS, ("WHO", "OBJECT", "BELIEVES", "IN ETCD"), tuple(_beliefs(cluster))),
        (REQUESTS, ("CLIENT", "REQUEST", "WHERE"), tuple(_requests(cluster))),
        (EVENTS, ("WHO", "RESOURCE", "EVENTS ON THEIR WAY, THE NEXT FIRST"), tuple(_events(cluster))),
    ):
        if rows:
            yield title, headings, rows


def told_elsewhere(cell: Cell[Any]) -> bool:
    """Tell whether those tables show what is in a cell."""
    return cell.family.startswith(("etcd/", "caches/")) or cell.family in (CALLS.family, QUEUES.family)


def manifests(cluster: Cluster, kinds: Kinds) -> Iterator[dict[str, Any]]:
    """Yield the objects in etcd as `kubectl get -o yaml` would print them, with the fields that the model has."""
    for kind in kinds:
        for value in _stored(cluster, kind.resource):
            yield {"apiVersion": kind.api_version, "kind": kind.kind, **_manifest(value)}


def _stored(cluster: Cluster, resource: str) -> list[ApiObject]:
    family = stored(resource)
    values = (cluster[family[key]] for key in cluster.names(family))
    return [value for value in values if value is not None]


def _objects(resource: str, found: list[ApiObject]) -> Table:
    headings = tuple(dict.fromkeys(heading for value in found for heading, _ in value.columns()))
    rows = ((value.metadata.key, *(dict(value.columns()).get(heading, "") for heading in headings)) for value in found)
    return resource, ("NAME", *headings), tuple(rows)


def _watches(cluster: Cluster) -> tuple[Watch, ...]:
    return cluster[WATCHES] if cluster.has(WATCHES) else ()


def _beliefs(cluster: Cluster) -> Iterator[tuple[str, ...]]:
    for watch in _watches(cluster):
        for key in cluster.names(stored(watch.resource)):
            cell = cached(watch.resource)[watch.watcher, key]
            if not cluster.has(cell):
                continue
            there, known = cluster[stored(watch.resource)[key]], cluster[cell]
            expected = there if watch.selects(there) else None
            if identity(known) != identity(expected):
                yield watch.watcher, f"{watch.resource}/{key}", *_told_apart(known, expected)


def _told_apart(known: ApiObject | None, there: ApiObject | None) -> tuple[str, str]:
    """Return two objects in as few words as tell them apart."""
    one, other = (ABSENT if value is None else _in_words(value) for value in (known, there))
    if one != other or known is None or there is None:
        return one, other
    return f"{one} (an older version)", other


def _in_words(value: ApiObject) -> str:
    being_deleted = ", being deleted" if value.metadata.deleting and "deleted" not in value.summary() else ""
    return value.summary() + being_deleted


def _requests(cluster: Cluster) -> Iterator[tuple[str, ...]]:
    for client in cluster.names(CALLS):
        call = cluster[CALLS[client]]
        if call is not None:
            yield client, call.told, call.where


def _events(cluster: Cluster) -> Iterator[tuple[str, ...]]:
    for watch in _watches(cluster):
        queue = None if watch.polls else cluster[watch.queue]
        if isinstance(queue, Closed):
            yield watch.watcher, watch.resource, "the watch is closed; it will list again"
        elif queue:
            yield watch.watcher, watch.resource, ", ".join(f"{event.type} {event.key}" for event in queue)
        elif queue is None and not watch.polls:
            yield watch.watcher, watch.resource, "has not listed since it started"


SECTIONS = ("metadata", "spec", "status")


def _manifest(value: ApiObject) -> dict[str, Any]:
    """Return the parts of an object; what its class has beside them is of its spec."""
    made = _mapping(value)
    rest = {name: held for name, held in made.items() if name not in (*SECTIONS, "kind")}
    spec = {**made.get("spec", {}), **rest}
    sections = {"metadata": made.get("metadata"), "spec": spec, "status": made.get("status")}
    return {name: held for name, held in sections.items() if held}


def _mapping(value: Any) -> dict[str, Any]:
    names = attrs.fields_dict(value.__class__)
    held = {name: getattr(value, name) for name in fields(value.__class__)}
    return {
        _camel(name): _plain(each)
        for name, each in held.items()
        if each is not None and each != () and each != "" and (name not in names or each != names[name].default)
    }


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _plain(value: Any) -> Any:
    if isinstance(value, Rank):
        return value.number
    if isinstance(value, tuple) and value and all(isinstance(item, tuple) and len(item) == 2 for item in value):
        return {str(name): _plain(each) for name, each in value}
    if isinstance(value, tuple | frozenset):
        return [_plain(item) for item in (value if isinstance(value, tuple) else sorted(value, key=str))]
    if attrs.has(value.__class__):
        return _mapping(value)
    return value if isinstance(value, bool | int | str | float) else str(value)
