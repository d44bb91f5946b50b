"""Ranks: numbers that are only ever compared, kept finite by renumbering them in order as soon as one is forgotten.

Resource versions, UIDs and renewals of a lease grow for ever, yet nobody looks at more than their order. A rank belongs to a scope.
A new one comes after all that some cell mentions; when a step leaves a number that no cell mentions any more, the later ones of that scope
move up. So the numbers of a scope are 1, 2, … without gaps in every cluster, and clusters that would differ only in absolute
numbers are one.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import attrs

from kmodel.kernel.cluster import Cluster
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
        return tuple(sorted(rank.number for rank in ranks(value) if rank.scope == self.scope))


@attrs.frozen(cache_hash=True)
class Renumber:
    """The update that moves up the ranks of a scope in a value: each of them to its place among `numbers`."""

    scope: str
    numbers: tuple[int, ...]

    def __call__(self, old: Any) -> Any:
        return self._renumbered(old) if any(rank.scope == self.scope for rank in ranks(old)) else old

    def _renumbered(self, value: Any) -> Any:
        if isinstance(value, Rank):
            return Rank(self.scope, self.numbers.index(value.number) + 1) if value.scope == self.scope else value
        if isinstance(value, tuple):
            return tuple(self._renumbered(item) for item in value)
        if attrs.has(type(value)):
            return attrs.evolve(value, **{name: self._renumbered(getattr(value, name)) for name in fields(type(value))})
        return value


@lru_cache(maxsize=1 << 16)
def ranks(value: Any) -> frozenset[Rank]:
    """Return all ranks that a value mentions."""
    return frozenset(_walk(value))


def _walk(value: Any) -> Iterator[Rank]:
    if isinstance(value, Rank):
        yield value
    elif isinstance(value, tuple | frozenset):
        for item in value:
            yield from _walk(item)
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


def fresh(cluster: Cluster, scope: str) -> Rank:
    """Return a new rank of the scope, later than all that are mentioned."""
    return Rank(scope, max(mentioned(cluster, scope), default=0) + 1)


def close_gaps(before: Cluster, after: Cluster, changed: tuple[Any, ...]) -> Cluster:
    """Return the cluster after a step with the ranks moved up where the changed cells forgot the last mention of one."""
    lost: set[str] = set()
    for cell in changed:
        old = before.look(cell, ranks)
        if old:
            lost.update(rank.scope for rank in old - after.look(cell, ranks))
    for scope in sorted(lost):
        numbers = mentioned(after, scope)
        if numbers == tuple(range(1, len(numbers) + 1)):
            continue
        renumber = Renumber(scope, numbers)
        for cell in after.layout.cells_of(scope):
            if any(numbers.index(number) + 1 != number for number in after.look(cell, Mentions(scope))):
                after = after.modify(cell, renumber)
    return after
