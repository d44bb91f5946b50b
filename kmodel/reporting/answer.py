"""The answer that comes first: where the user's objects end, and the story of how all gets where it should."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import attrs

from kmodel.kernel import Action, Cluster, Model, Trace
from kmodel.kernel.model import take
from kmodel.reporting.state_shown import StateTable, all_cells

IN_THE_END = "In the end"
NORMALLY = "Normally"  # if all actors take turns and nothing fails


@attrs.frozen
class ObjectEnd:
    """Where an object is in the end, why, and a run to there; `is_wrong` if it should not be, and nobody expects it.

    One that `is_going` is being deleted: another may have taken its place.
    """

    reference: str
    status: str
    message: str = ""
    is_well: bool = True
    is_wrong: bool = False
    is_going: bool = False
    trace: Trace | None = None

    def __str__(self) -> str:
        return f"{self.reference} {self.status} {self.message}".rstrip()


@attrs.frozen
class ObjectsAnswer:
    """The requests that are refused, and where each object is in the end, or normally, as the label says."""

    refused: tuple[str, ...] = ()
    ends: tuple[ObjectEnd, ...] = ()
    label: str = IN_THE_END

    @property
    def wrong(self) -> tuple[ObjectEnd, ...]:
        """The objects that end where they should not."""
        return tuple(end for end in self.ends if end.is_wrong)


class Subject(Protocol):
    """What a model is about, for who reports on it."""

    @property
    def refused(self) -> tuple[str, ...]:
        """The requests that are refused, though nobody expects it."""

    def objects_end(self, runs: Sequence[Trace]) -> tuple[ObjectEnd, ...]:
        """Return where each object may be in the end, each with the first of the runs that leads there."""

    def is_normal(self, action: Action) -> bool:
        """Tell whether an action is no fault."""

    def state(self, cluster: Cluster) -> Sequence[StateTable]:
        """Return a state as tables."""

    def title_of(self, family: str) -> str:
        """Return what a family of cells shows of the life of objects; nothing if it is part of how they are run."""

    def places(self) -> Mapping[str, tuple[Path, int]]:
        """Return the file and the line where each object is written, as far as anybody knows."""


@attrs.frozen
class CellsAlone:
    """The subject of a model of whose cells nobody knows what they mean."""

    @property
    def refused(self) -> tuple[str, ...]:
        """Nothing."""
        return ()

    def objects_end(self, runs: Sequence[Trace]) -> tuple[ObjectEnd, ...]:
        """Return nothing."""
        return ()

    def is_normal(self, action: Action) -> bool:
        """Tell that nothing is known to be a fault."""
        return True

    def state(self, cluster: Cluster) -> Sequence[StateTable]:
        """Return the cells."""
        return all_cells(cluster)

    def title_of(self, family: str) -> str:
        """Return its name."""
        return family

    def places(self) -> Mapping[str, tuple[Path, int]]:
        """Return nothing."""
        return {}


CELLS_ALONE: Subject = CellsAlone()


MOST_GOALS = 4


@attrs.frozen
class Goal:
    """A shortest way to where all is as desired; `faults` are what happened meanwhile, in a word each.

    `going` are the objects that are left over from before a fault, and that others took the place of.
    """

    trace: Trace
    faults: tuple[str, ...] = ()
    going: tuple[ObjectEnd, ...] = ()

    @property
    def title(self) -> str:
        """What it is a story of."""
        after = f" after {', '.join(self.faults)}" if self.faults else ""
        but = f", and {', '.join(map(str, self.going))}" if self.going else ""
        return f"All is as desired{after}{but}"


def goals(model: Model, rests: Sequence[Trace], subject: Subject) -> tuple[Goal, ...]:
    """Return the shortest ways to rest with all requests made and all objects well: without faults, and with each one.

    `rests` are shortest runs to where the system comes to rest, the nearest first.
    """
    found: dict[tuple[tuple[str, ...], int], Goal] = {}
    for trace in rests:
        faults = tuple(dict.fromkeys(step.event.reason for step in trace.steps if not subject.is_normal(step.action)))
        ends = subject.objects_end([trace])
        going = tuple(end for end in ends if end.is_going and not end.is_well)
        is_left_over = bool(faults) and len(going) < max(1, len(ends))
        is_well = all(end.is_well or end.is_going for end in ends) and (not going or is_left_over)
        is_new = trace.steps and len(faults) <= 1 and (faults, len(going)) not in found
        if is_well and is_new and not _is_asked_for_more(model, trace.last, subject):
            found[faults, len(going)] = Goal(trace, faults, going)
    ordered = sorted(found.values(), key=lambda goal: (len(goal.faults), len(goal.going)))
    return tuple(ordered[:MOST_GOALS])


def _is_asked_for_more(model: Model, cluster: Cluster, subject: Subject) -> bool:
    """Tell whether a user may still do something there: a rest before any request is not what they want."""
    return any(
        action.transition.environment and subject.is_normal(action) and take(action, cluster) is not None
        for action in model.actions
    )


def answer(rests: Sequence[Trace] | None, subject: Subject) -> ObjectsAnswer:
    """Return the answer of a search that saw all states in which the system comes to rest; None: it did not."""
    return ObjectsAnswer(subject.refused, () if rests is None else subject.objects_end(rests))


def by_reference(ends: Sequence[ObjectEnd]) -> Mapping[str, tuple[ObjectEnd, ...]]:
    """Return the ends by their objects, those that are wrong first."""
    found: dict[str, tuple[ObjectEnd, ...]] = {}
    for end in sorted(ends, key=lambda end: not end.is_wrong):
        found[end.reference] = (*found.get(end.reference, ()), end)
    return found
