"""Ranks: numbers that are only ever compared, kept finite by renumbering them in order as soon as one is forgotten.

Resource versions, UIDs and renewals of a lease grow for ever, yet nobody looks at more than their order. A rank
belongs to a scope. A new one comes after all that some cell mentions; when a step leaves a number that no cell
mentions any more, the later ones of that scope move up. So the numbers of a scope are 1, 2, … without gaps in every
cluster, and clusters that would differ only in absolute numbers are one.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

import attrs

from kmodel.kernel.cell import Cell
from kmodel.kernel.cluster import Cluster, Put, drop_first
from kmodel.kernel.values import fields


@attrs.frozen(order=True)
class Rank:
    """The number-th of the things of a scope that are still mentioned."""

    scope: str
    number: int


@attrs.frozen(cache_hash=True)
class Mentions:
    """The projection of a value on the numbers of a scope that it mentions, in ascending order."""

    scope: str

    def __call__(self, value: Any) -> tuple[int, ...]:
        """Return the numbers."""
        return tuple(sorted(rank.number for rank in ranks(value) if rank.scope == self.scope))


@attrs.frozen(cache_hash=True)
class Mentioning:
    """The projection of a value on whether it mentions a rank."""

    rank: Rank

    def __call__(self, value: Any) -> bool:
        """Tell whether it does."""
        return self.rank in ranks(value)


@attrs.frozen(cache_hash=True)
class Beyond:
    """The projection of a value on whether it mentions a later rank of the same scope."""

    rank: Rank

    def __call__(self, value: Any) -> bool:
        """Tell whether it does."""
        return any(other.scope == self.rank.scope and other.number > self.rank.number for other in ranks(value))


@attrs.frozen(cache_hash=True)
class MoveUp:
    """The update that moves the later ranks of a scope up by one, since nobody mentions this one any more."""

    forgotten: Rank

    def __call__(self, old: Any) -> Any:
        """Return the value with the later ranks moved up."""
        return _moved_up(self.forgotten, old) if Beyond(self.forgotten)(old) else old


def _moved_up(forgotten: Rank, value: Any) -> Any:
    if isinstance(value, Rank):
        later = value.scope == forgotten.scope and value.number > forgotten.number
        return Rank(value.scope, value.number - 1) if later else value
    if isinstance(value, tuple):
        return tuple(_moved_up(forgotten, item) for item in value)
    if isinstance(value, frozenset):
        return frozenset(_moved_up(forgotten, item) for item in value)
    return _object_moved_up(forgotten, value) if attrs.has(type(value)) else value


@lru_cache(maxsize=1 << 16)
def _object_moved_up(forgotten: Rank, value: Any) -> Any:
    moved = {name: _moved_up(forgotten, getattr(value, name)) for name in fields(type(value))}
    return attrs.evolve(value, **moved)


@lru_cache(maxsize=1 << 16)
def ranks(value: Any) -> frozenset[Rank]:
    """Return all ranks that a value mentions."""
    return frozenset(_walk(value))


def _walk(value: Any) -> Iterator[Rank]:
    if isinstance(value, Rank):
        yield value
    elif isinstance(value, tuple | frozenset):
        for item in value:
            yield from ranks(item)  # items of a queue are met again and again
    elif attrs.has(type(value)):
        for name in fields(type(value)):
            yield from _walk(getattr(value, name))


def mentioned(cluster: Cluster, scope: str) -> tuple[int, ...]:
    """Return the numbers of the scope that any cell of the cluster mentions, in ascending order."""
    mentions = Mentions(scope)
    numbers: set[int] = set()
    for cell in cluster.layout.cells_of(scope):
        numbers.update(cluster.look(cell, mentions))
    return tuple(sorted(numbers))


def is_mentioned(cluster: Cluster, scope: str) -> bool:
    """Tell whether any cell of the cluster mentions a rank of the scope."""
    return any(cluster.look(cell, Beyond(Rank(scope, 0))) for cell in cluster.layout.cells_of(scope))


def fresh(cluster: Cluster, scope: str) -> Rank:
    """Return a new rank of the scope, later than all that are mentioned."""
    last = 0
    for cell in cluster.layout.cells_of(scope):
        # most cells mention nothing later than those before them: that is all that is read of them
        if cluster.look(cell, Beyond(Rank(scope, last))):
            last = cluster.look(cell, Mentions(scope))[-1]
    return Rank(scope, last + 1)


def close_gaps(before: Cluster, after: Cluster, written: Iterable[tuple[Cell[Any], Callable[[Any], Any]]]) -> Cluster:
    """Return the cluster after a step with the ranks moved up where the written cells forgot the last mention of one.

    It looks at no more than it must, since what it looks at is part of the footprint of every transition.
    """
    places: dict[Rank, Cell[Any]] = {}
    for cell, update in written:
        for rank in _may_forget(before, cell, update):
            places.setdefault(rank, cell)
    for rank in sorted(places, reverse=True):
        cells = after.layout.cells_of(rank.scope)
        if any(after.look(cell, Mentioning(rank)) for cell in (places[rank], *cells)):
            continue
        for cell in cells:
            if after.look(cell, Beyond(rank)):
                after = after.modify(cell, MoveUp(rank))
    return after


def _may_forget(before: Cluster, cell: Cell[Any], update: Callable[[Any], Any]) -> frozenset[Rank]:
    """Return ranks among which are all that an update makes a cell forget.

    An update may have a method `dropped`, which returns the part of the old value that is gone; else all of it may be.
    """
    if update is drop_first:
        return before.look(cell, _ranks_of_first)
    if hasattr(update, "dropped"):
        return before.look(cell, _RanksDropped(update))
    old = before.look(cell, ranks)
    return old - ranks(update.value) if isinstance(update, Put) else old


@attrs.frozen(cache_hash=True)
class _RanksDropped:
    update: Any

    def __call__(self, value: Any) -> frozenset[Rank]:
        return ranks(self.update.dropped(value))


def _ranks_of_first(items: tuple[Any, ...]) -> frozenset[Rank]:
    return ranks(items[0]) if items else frozenset()
