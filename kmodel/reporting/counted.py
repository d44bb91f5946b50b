"""A trace in which versions count up, as in a real cluster: none of its ranks is moved up when others are forgotten.

In a state ranks have the numbers 1, 2, … without gaps, so a resource version seems to go back where an older one is
forgotten. Along one trace it is known which rank became which, so each keeps the number that it had when it was made.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import attrs

from kmodel.kernel import Cluster, Rank, Step, Trace
from kmodel.kernel.cluster import BareCluster
from kmodel.kernel.rank import ranks
from kmodel.kernel.values import with_parts

Counts = dict[Rank, Rank]


def counted(trace: Trace) -> Trace:
    """Return the trace with the ranks of each scope numbered in the order in which they were made."""
    mentioned = _Mentioned()
    counts: Counts = {rank: rank for rank in mentioned.anywhere(trace.initial)}
    highest: dict[str, int] = {}
    for rank in counts:
        highest[rank.scope] = max(highest.get(rank.scope, 0), rank.number)
    steps, shown = list[Step](), trace.initial
    for step in trace.steps:
        old, new = step.before.values, step.after.values
        changed = [place for place, value in enumerate(new) if value is not old[place]]
        for rank in _in_order({rank for place in changed for rank in mentioned.by(new[place])} - counts.keys()):
            highest[rank.scope] = highest.get(rank.scope, 0) + 1
            counts[rank] = Rank(rank.scope, highest[rank.scope])
        replace = _replacing(counts)
        values = list(shown.values)
        for place in changed:
            values[place] = replace(new[place])
        before, shown = shown, BareCluster(shown.layout, tuple(values))
        steps.append(attrs.evolve(step, before=before, after=shown, next=shown))
        if any(mentioned.by(old[place]) - mentioned.by(new[place]) for place in changed):
            # what is moved up keeps its order, so the ranks of the next state are these, one by one
            was, now = (_in_order(mentioned.anywhere(state)) for state in (step.after, step.next))
            counts = dict(zip(now, map(counts.__getitem__, was), strict=True))
    return attrs.evolve(trace, steps=tuple(steps))


class _Mentioned:
    """The ranks that the values of a trace mention; most states have most values from the one before."""

    def __init__(self) -> None:
        self._known: dict[int, frozenset[Rank]] = {}  # by id: the trace keeps its values

    def by(self, value: Any) -> frozenset[Rank]:
        found = self._known.get(id(value))
        if found is None:
            found = self._known[id(value)] = ranks(value)
        return found

    def anywhere(self, cluster: Cluster) -> frozenset[Rank]:
        return frozenset[Rank]().union(*map(self.by, cluster.values))


def _in_order(found: AbstractSet[Rank]) -> list[Rank]:
    return sorted(found, key=lambda rank: (rank.scope, rank.number))


def _replacing(counts: Mapping[Rank, Rank]) -> Callable[[Any], Any]:
    def replace(value: Any) -> Any:
        if all(counts[rank] is rank or counts[rank] == rank for rank in ranks(value)):
            return value
        return counts[value] if isinstance(value, Rank) else with_parts(value, replace)

    return replace
