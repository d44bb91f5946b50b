"""Ranks: numbers that are only ever compared, kept finite by renumbering them in order as soon as one is forgotten.

Resource versions, UIDs and renewals of a lease grow for ever, yet nobody looks at more than their order. A rank
belongs to a scope. A new one comes after all that some cell mentions; when a step leaves a number that no cell
mentions any more, the later ones of that scope move up. So the numbers of a scope are 1, 2, … without gaps in every
cluster, and clusters that would differ only in absolute numbers are one.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs

from kmodel.kernel.cell import Cell
from kmodel.kernel.cluster import Cluster, Then
from kmodel.kernel.values import ATOMS, fields, parts, remembered, with_parts


@attrs.frozen(order=True, cache_hash=True)
class Rank:
    """The number-th of the things of a scope that are still mentioned."""

    scope: str
    number: int


@attrs.frozen(cache_hash=True)
class Mentions:
    """The projection of a value on whether it mentions a number of a scope above a given one (0: any at all)."""

    scope: str
    above: int = 0

    def __call__(self, value: Any) -> bool:
        """Tell whether it does."""
        return any(rank.scope == self.scope and rank.number > self.above for rank in ranks(value))


@attrs.frozen(cache_hash=True)
class MentionsRank:
    """The projection of a value on whether it mentions this very rank."""

    rank: Rank

    def __call__(self, value: Any) -> bool:
        """Tell whether it does."""
        return self.rank in ranks(value)


@attrs.frozen(cache_hash=True)
class Highest:
    """The projection of a value on the highest number of a scope that it mentions, 0 if none."""

    scope: str

    def __call__(self, value: Any) -> int:
        """Return the number."""
        return max((rank.number for rank in ranks(value) if rank.scope == self.scope), default=0)


@attrs.frozen(cache_hash=True)
class Forgets:
    """The projection of a value on the ranks that it mentions and no longer mentions after an update of it."""

    update: Callable[[Any], Any]

    def __call__(self, value: Any) -> frozenset[Rank]:
        """Return the ranks."""
        return ranks(value) - ranks(self.update(value))


@attrs.frozen(cache_hash=True)
class MoveUp:
    """The update that gives each rank of a scope behind a forgotten one the number before its own."""

    forgotten: Rank

    def __call__(self, old: Any) -> Any:
        """Return the value with its ranks moved up."""
        if not any(self._is_behind(rank) for rank in ranks(old)):
            return old
        return _moved_up(self, old)

    def _is_behind(self, rank: Rank) -> bool:
        return rank.scope == self.forgotten.scope and rank.number > self.forgotten.number

    def moved(self, value: Any) -> Any:
        """Return a value that mentions a rank behind the forgotten one, with its parts moved up."""
        return Rank(value.scope, value.number - 1) if isinstance(value, Rank) else with_parts(value, self)


@remembered
def _moved_up(update: MoveUp, value: Any) -> Any:
    return update.moved(value)


def ranks(value: Any) -> frozenset[Rank]:
    """Return all ranks that a value, or an update, mentions."""
    if isinstance(value, ATOMS):
        return NO_RANKS
    return _ranks(value)


NO_RANKS: frozenset[Rank] = frozenset()


@remembered
def _ranks(value: Any) -> frozenset[Rank]:
    if isinstance(value, Rank):
        return frozenset((value,))
    if not isinstance(value, tuple | frozenset) and not attrs.has(type(value)):
        return NO_RANKS  # a function in an update
    return NO_RANKS.union(*(ranks(part) for part in parts(value)))


def is_renumbering(projection: Callable[[Any], Any] | None) -> bool:
    """Tell whether one looks through the projection only in order to close gaps."""
    while isinstance(projection, Then):
        projection = projection.later
    return isinstance(projection, Forgets | MentionsRank) or (isinstance(projection, Mentions) and projection.above > 0)


def mentions_rank(value: Any) -> bool:
    """Tell whether a value, a projection or an update mentions a rank."""
    if isinstance(value, tuple | frozenset):
        return any(mentions_rank(item) for item in value)
    if attrs.has(type(value)):
        return isinstance(value, Rank) or any(mentions_rank(getattr(value, name)) for name in fields(type(value)))
    return False


def is_mentioned(cluster: Cluster, scope: str) -> bool:
    """Tell whether any cell mentions a rank of the scope."""
    return any(cluster.look(cell, Mentions(scope)) for cell in cluster.layout.cells_of(scope))


def fresh(cluster: Cluster, scope: str, *, after: Rank | None = None) -> Rank:
    """Return a new rank of the scope, later than all that are mentioned; `after` is the latest of them, if known."""
    if after is not None:
        latest = after.number
    else:
        highest = Highest(scope)
        latest = max((cluster.look(cell, highest) for cell in cluster.layout.cells_of(scope)), default=0)
    made = Rank(scope, latest + 1)
    cluster._made(made)
    return made


Updates = Sequence[tuple[Cell[Any], Callable[[Any], Any]]]


def without_unused(after: Cluster, updates: Updates, made: Iterable[Rank]) -> Cluster:
    """Return the cluster after some updates with the ranks moved up behind each that was made and not kept.

    It may have been overwritten at once; only what was written mentions the others that were made.
    """
    kept = NO_RANKS.union(*(ranks(update) for _, update in updates))
    for rank in sorted(set(made) - kept, reverse=True):
        for cell, _ in updates:
            if after.look(cell, Mentions(rank.scope, rank.number)):
                after = after.modify(cell, MoveUp(rank))
    return after


def close_gaps(before: Cluster, after: Cluster, updates: Updates) -> Cluster:
    """Return the cluster after some updates with the ranks moved up behind each whose last mention they took away."""
    candidates: set[Rank] = set()
    for cell, update in updates:
        candidates |= before.look(cell, Forgets(update))
    for rank in sorted(candidates, reverse=True):  # from the last, so that the numbers of the others stay
        cells = after.layout.cells_of(rank.scope)
        if any(after.look(cell, MentionsRank(rank)) for cell in cells):
            continue
        for cell in cells:
            if after.look(cell, Mentions(rank.scope, rank.number)):
                after = after.modify(cell, MoveUp(rank))
    return after
