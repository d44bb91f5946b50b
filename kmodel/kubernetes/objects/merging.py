"""Three-way merges of objects, by which `kubectl apply` leaves alone what its manifest does not name.

Models: a field that the manifest names becomes as it says; one that the manifest applied last named, and this one does
not, goes back to its default; all others stay, whoever set them. Maps are merged by key; lists whole, or by the key of
their items where the API's types say so (`patchStrategy: merge`).

Leaves out: empty lists and empty strings that a manifest names on purpose, which are taken for not named; the order of
merged lists (the stored one is kept, what is new comes last).

Upstream: staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go CreateThreeWayMergePatch, 1.34.
"""

from collections.abc import Callable
from typing import Any

import attrs

STRATEGY = "merge"


@attrs.frozen
class Keyed:
    """The strategy of a tuple that is merged item by item, by what `key` makes of an item; `sort` if it is a map."""

    key: Callable[[Any], Any]
    sort: bool = False


MAP = {STRATEGY: Keyed(lambda pair: pair[0], sort=True)}
SET = {STRATEGY: Keyed(lambda item: item)}
BY_NAME = {STRATEGY: Keyed(lambda item: item.name)}
WHOLE = {STRATEGY: None}  # of a value that is replaced, though it has fields of its own


@attrs.frozen(cache_hash=True)
class Merge:
    """The body of a patch: the manifest, the one applied before, and the object that the patch was computed on.

    What the manifest names and the object had so already is not in the patch.
    """

    wanted: Any
    before: Any
    read: Any

    def onto(self, stored: Any) -> Any:
        """Return the stored object with what is to be changed, and without what is named no more."""
        return _merged(stored, self.wanted, self.before, self.read)


def _merged(live: Any, wanted: Any, before: Any, read: Any) -> Any:
    values = (live, wanted, before, read)
    fields = attrs.fields(live.__class__)
    return attrs.evolve(
        live, **{field.name: _field(field, *(getattr(value, field.name, None) for value in values)) for field in fields}
    )


def _is_named(value: Any) -> bool:
    return value is not None and value not in ((), "")


def _field(field: Any, live: Any, wanted: Any, before: Any, read: Any) -> Any:
    strategy = field.metadata.get(STRATEGY)
    if strategy is not None:
        return _items(strategy, live, wanted, before or (), read or ())
    if STRATEGY not in field.metadata and attrs.has(live.__class__) and live.__class__ is wanted.__class__:
        return _merged(live, wanted, before, read)
    if _is_named(wanted):
        return live if wanted == read else wanted
    return field.default if _is_named(before) and not _is_named(field.default) else live


def _items(strategy: Keyed, *lists: Any) -> Any:
    live, wanted, before, read = ({strategy.key(item): item for item in items} for items in lists)
    result = []
    for key, item in live.items():
        if key not in wanted:
            result += [] if key in before else [item]
        elif attrs.has(item.__class__):
            result.append(_merged(item, wanted[key], before.get(key), read.get(key)))
        else:
            result.append(item if wanted[key] == read.get(key) else wanted[key])
    result += [item for key, item in wanted.items() if key not in live and item != read.get(key)]
    return tuple(sorted(result) if strategy.sort else result)
