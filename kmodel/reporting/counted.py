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
    steps, before = list[Step](), trace.initial
    for step in trace.steps:
        mentioned = _mentioned(step.after)
        for rank in sorted(mentioned - counts.keys()):
            highest[rank.scope] = highest.get(rank.scope, 0) + 1
            counts[rank] = Rank(rank.scope, highest[rank.scope])
        after = _with(counts, step.after)
        steps.append(attrs.evolve(step, before=before, after=after, next=after))
        # what is moved up keeps its order, so the ranks of the next state are these, one by one
        counts = {now: counts[was] for was, now in zip(sorted(mentioned), sorted(_mentioned(step.next)), strict=True)}
        before = after
    return attrs.evolve(trace, steps=tuple(steps))


def _mentioned(cluster: Cluster) -> frozenset[Rank]:
    return frozenset[Rank]().union(*map(ranks, cluster.values))


def _with(counts: Mapping[Rank, Rank], cluster: Cluster) -> Cluster:
    replace = _replacing(counts)
    return BareCluster(cluster.layout, tuple(map(replace, cluster.values)))


def _replacing(counts: Mapping[Rank, Rank]) -> Callable[[Any], Any]:
    def replace(value: Any) -> Any:
        found = ranks(value)
        if all(counts[rank] is rank or counts[rank] == rank for rank in found):
            return value
        return counts[value] if isinstance(value, Rank) else with_parts(value, replace)

    return replace
