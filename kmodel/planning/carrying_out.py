"""Carrying out a plan: each exploration within its share of the time, by few delays and, where it is small, whole."""

from collections.abc import Iterator
from math import inf
from typing import Any

import attrs

from kmodel.engines.bounds import Bounds
from kmodel.engines.clock import Clock, Deadline
from kmodel.engines.events import Finished
from kmodel.engines.registry import ENGINES
from kmodel.engines.runs.amounts import DelayBound
from kmodel.kernel import Model, Spec
from kmodel.kubernetes import scenario
from kmodel.planning.check_plan import DELAYS, FEW_STATES, LEAST_SECONDS, PATIENCE, CheckPlan, PlanStage, Task
from kmodel.planning.task_outcome import TaskOutcome

WHOLE = 0.15  # of the time, for the whole


class Share(Deadline):
    """A part of the time of another deadline, which ends this one, too."""

    def __init__(self, whole: Deadline, seconds: float) -> None:
        self.whole_time = whole
        left = min(seconds, whole.left)
        super().__init__(round(max(0.0, left), 1) if left < inf else None)

    @staticmethod
    def of_all_but(seconds: float, whole: Deadline) -> "Share":
        """Return all that is left of the time but for so many seconds, at which it says that the whole is up."""
        share = Share(whole, whole.left - seconds)
        share.seconds = whole.seconds
        return share

    @property
    def left(self) -> float:
        """Seconds until it is time to stop; infinite if there is no limit."""
        return min(super().left, self.whole_time.left)

    def check(self) -> None:
        """Raise KeyboardInterrupt if it was asked to stop, and TimeIsUp if the time is over."""
        self.whole_time.check()
        super().check()

    def why(self, stop: BaseException) -> str:
        """Return what stopped an exploration, in words; where that is the other deadline, what that says."""
        return self.whole_time.why(stop) if self.whole_time.is_over else super().why(stop)


@attrs.frozen
class Assignment:
    """A task whose turn it is, its place in the plan, its share of the time, and the deadline of seeing the least."""

    number: int
    task: Task
    seconds: float
    deadline: Deadline


def assignments(plan: CheckPlan, deadline: Deadline, at_once: int = 1) -> Iterator[Assignment]:
    """Yield each task with its share of the time that is left when it is asked for, as far as there is time.

    So many are explored at once.
    """
    number = 0
    for place, stage in enumerate(plan.stages):
        rest = sum(each.share for each in plan.stages[place:]) + WHOLE
        for task, seconds in _shares(stage, Share(deadline, deadline.left * stage.share / rest), at_once):
            yield Assignment(number, task, seconds, Share(deadline, seconds + PATIENCE))
            number += 1


def _shares(stage: PlanStage, deadline: Deadline, at_once: int) -> Iterator[tuple[Task, float]]:
    for number, task in enumerate(stage.tasks):
        if deadline.left < stage.least / 2:
            return
        yield task, min(deadline.left, max(stage.least, at_once * deadline.left / (len(stage.tasks) - number)))


def carry_out(plan: CheckPlan, specs: tuple[Spec, ...], deadline: Deadline) -> Iterator[TaskOutcome]:
    """Yield what comes of each task, one after another, as far as there is time.

    KeyboardInterrupt if it is asked to stop; what the time is up for is left out.
    """
    for each in assignments(plan, deadline):
        yield explored(each.task, specs, each.seconds, each.deadline)


def explored(task: Task, specs: tuple[Spec, ...], seconds: float, deadline: Deadline) -> TaskOutcome:
    """Explore a task in its share of the time, or, if it takes longer to see the least, until the deadline.

    KeyboardInterrupt if it is asked to stop.
    """
    clock = Clock()
    model = scenario.model(task.scenario, specs)
    share = Share(deadline, seconds)
    first = _by_delays(model, DELAYS if seconds == inf else 0, deadline)
    result, is_done = first.result, not first.time_is_up and seconds == inf
    if result.saw_the_least and not (result.finished or is_done or share.is_over):
        more = _by_delays(model, DELAYS, share)
        result = more.result if more.result.saw_the_least else result
        is_done = not more.time_is_up
    is_likely = not result.finished and result.states <= FEW_STATES and share.left > LEAST_SECONDS
    if is_likely and (seconds == inf or _is_compiled()):
        whole = _last(model, "exhaustive", Bounds(), share).result
        result = whole if whole.finished else result
    return TaskOutcome.of(task, result, clock.seconds, is_done=is_done or result.finished)


def _by_delays(model: Model, most: int, deadline: Deadline) -> Finished:
    return _last(model, "delays", DelayBound(most, free_faults=True), deadline)


def _is_compiled() -> bool:
    """Tell whether the exhaustive search need not be compiled first, which takes longer than any task has."""
    from kmodel.engines.exhaustive import search  # noqa: F401  # it has the functions
    from kmodel.engines.tables import compiling

    return compiling.is_done()


def _last(model: Model, engine: str, options: Any, deadline: Deadline) -> Finished:
    """Return the last event of an exploration; KeyboardInterrupt if it is asked to stop."""
    *_, last = ENGINES[engine].explore(model, options, deadline)
    assert isinstance(last, Finished)
    if last.interrupted:
        raise KeyboardInterrupt
    return last
