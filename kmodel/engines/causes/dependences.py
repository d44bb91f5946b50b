"""The dependence graph of a trace, from the footprints of its steps: who wrote last what a step read.

Source: program slicing on dynamic dependences [Agrawal, Horgan, PLDI 1990].
"""

from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster, Predicate, Put, Spec, Step, Trace, ask, keys_of
from kmodel.kernel.footprint import record
from kmodel.kernel.rank import is_renumbering

NOBODY: frozenset[int] = frozenset()


@attrs.frozen
class Dependences:
    """Of each step, by its place, those that wrote what it read; and those that wrote what the spec read at the end."""

    needs: tuple[frozenset[int], ...]
    direct: frozenset[int]

    @staticmethod
    def of(spec: Spec, trace: Trace) -> "Dependences":
        """Return the dependences of a trace that violates a spec in its last state, by its last step, or for ever."""
        writers: dict[int, frozenset[int]] = {}  # of each cell, by its position: who made what is in it
        needs: list[frozenset[int]] = []
        before_last = writers
        for place, step in enumerate(trace.steps):
            before_last = dict(writers)
            needs.append(_written(_positions(step), writers))
            for write in step.effect.writes:
                kept = NOBODY if isinstance(write.update, Put) else writers.get(write.position, NOBODY)
                writers[write.position] = kept | {place}
        last = frozenset({len(trace.steps) - 1})
        if spec.is_temporal:
            forever = frozenset(range(trace.cycle or 0, len(trace.steps)))
            return Dependences(tuple(needs), forever | _written(_positions_at_rest(spec, trace.last), writers))
        if spec.of_steps:
            return Dependences(tuple(needs), last | _written(_asked(spec, trace.steps[-1]), before_last))
        return Dependences(tuple(needs), _written(_asked(spec, trace.last), writers))

    def slice(self) -> list[int]:
        """Return all that the end rests on, in order."""
        found, todo = set[int](), list(self.direct)
        while todo:
            place = todo.pop()
            if place not in found:
                found.add(place)
                todo += self.needs[place]
        return sorted(found)


def _written(positions: Iterable[int], writers: dict[int, frozenset[int]]) -> frozenset[int]:
    return NOBODY.union(*(writers.get(position, NOBODY) for position in positions))


def _positions(step: Step) -> Iterator[int]:
    """Yield the cells that a step read, but for the kernel's own looks at which numbers are still mentioned."""
    _, reads = record(step.action, step.before, f"transition {step.action}")
    return (read.position for read in reads if not is_renumbering(read.projection.function))


def cells_of(spec: Spec, trace: Trace) -> tuple[Cell[Any], ...]:
    """Return the cells that a spec looks at where the trace that violates it ends."""
    if spec.is_temporal:
        positions = _positions_at_rest(spec, trace.last)
    else:
        positions = _asked(spec, trace.steps[-1] if spec.of_steps else trace.last)
    cells = trace.initial.layout.cells
    return tuple(cells[position] for position in sorted(set(positions)))


def _asked(spec: Spec | Predicate, subject: Cluster | Step) -> Iterator[int]:
    return (read.position for read in ask(spec, subject)[1])


def _positions_at_rest(spec: Spec, cluster: Cluster) -> Iterator[int]:
    if not spec.of_steps:
        for key in keys_of(spec, cluster.layout):
            yield from _asked(Predicate(spec, spec.judged, key), cluster)
