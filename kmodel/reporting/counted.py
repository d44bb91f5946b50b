"""A trace in which versions count up, as in a real cluster: none of its ranks is moved up when others are forgotten.

In a state ranks have the numbers 1, 2, … without gaps, so a resource version seems to go back where an older one is
forgotten. Along one trace it is known which rank became which, so each keeps the number that it had when it was made.
"""

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from kmodel.kernel import Cluster, Rank, Step, Trace
from kmodel.kernel.cluster import BareCluster
from kmodel.kernel.rank import ranks
from kmodel.kernel.values import with_parts

Counts = dict[Rank, Rank]


def counted(trace: Trace) -> Trace:
    """Return the trace with the ranks of each scope numbered in the order in which they were made."""
    counts: Counts = {rank: rank for rank in _mentioned(trace.initial)}
    highest: dict[str, int] = {}
    for rank in counts:
        highest[rank.scope] = max(highest.get(rank.scope, 0), rank.number)
    steps, shown = list[Step](), trace.initial
    for step in trace.steps:
        old, new = step.before.values, step.after.values
        changed = [place for place, value in enumerate(new) if value is not old[place]]
        for rank in sorted({rank for place in changed for rank in ranks(new[place])} - counts.keys()):
            highest[rank.scope] = highest.get(rank.scope, 0) + 1
            counts[rank] = Rank(rank.scope, highest[rank.scope])
        replace = _replacing(counts)
        values = list(shown.values)
        for place in changed:
            values[place] = replace(new[place])
        before, shown = shown, BareCluster(shown.layout, tuple(values))
        steps.append(attrs.evolve(step, before=before, after=shown, next=shown))
        if any(ranks(old[place]) - ranks(new[place]) for place in changed):
            # what is moved up keeps its order, so the ranks of the next state are these, one by one
            moved = zip(sorted(_mentioned(step.after)), sorted(_mentioned(step.next)), strict=True)
            counts = {now: counts[was] for was, now in moved}
    return attrs.evolve(trace, steps=tuple(steps))


def _mentioned(cluster: Cluster) -> frozenset[Rank]:
    return frozenset[Rank]().union(*map(ranks, cluster.values))


def _replacing(counts: Mapping[Rank, Rank]) -> Callable[[Any], Any]:
    def replace(value: Any) -> Any:
        found = ranks(value)
        if all(counts[rank] is rank or counts[rank] == rank for rank in found):
            return value
        return counts[value] if isinstance(value, Rank) else with_parts(value, replace)

    return replace
