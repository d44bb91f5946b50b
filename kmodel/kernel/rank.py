"""Ranks: numbers that are only ever compared, kept finite by renumbering them in order whenever a new one is made.

Resource versions, UIDs and renewals of a lease grow for ever, yet nobody looks at more than their order. A rank belongs to a scope;
when a new one is made, those of its scope that some cell still mentions are renumbered 1, 2, … in order, and the new one comes
last. Clusters that differ only in absolute numbers are then one.
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
        return tuple(sorted({rank.number for rank in ranks(value) if rank.scope == self.scope}))


@attrs.frozen(cache_hash=True)
class Renumber:
    """The update that gives each rank of a scope in a value its new number."""

    scope: str
    numbers: tuple[tuple[int, int], ...]

    def __call__(self, old: Any) -> Any:
        new = dict(self.numbers)

        def renumbered(value: Any) -> Any:
            if isinstance(value, Rank):
                return Rank(self.scope, new[value.number]) if value.scope == self.scope else value
            if isinstance(value, tuple):
                return tuple(renumbered(item) for item in value)
            if attrs.has(type(value)):
                return attrs.evolve(value, **{name: renumbered(getattr(value, name)) for name in fields(type(value))})
            return value

        return renumbered(old) if any(rank.scope == self.scope for rank in ranks(old)) else old


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
    return tuple(sorted({number for cell in cluster.layout.cells for number in cluster.look(cell, mentions)}))


def fresh(cluster: Cluster, scope: str) -> tuple[Cluster, Rank]:
    """Return a new rank of the scope, later than all that are mentioned, and the cluster with those renumbered 1, 2, …"""
    numbers = mentioned(cluster, scope)
    renumber = Renumber(scope, tuple((old, new) for new, old in enumerate(numbers, start=1)))
    if any(old != new for old, new in renumber.numbers):
        moved = {old for old, new in renumber.numbers if old != new}
        for cell in cluster.layout.cells:
            if moved.intersection(cluster.look(cell, Mentions(scope))):
                cluster = cluster.modify(cell, renumber)
    return cluster, Rank(scope, len(numbers) + 1)
