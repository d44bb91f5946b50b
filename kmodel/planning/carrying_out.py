"""Carrying out a plan: each exploration within its share of the time, by few delays and, where it is small, whole."""

from collections.abc import Iterator
from math import inf
from typing import Any

import attrs

from kmodel.engines.bounds import Bounds
from kmodel.engines.clock import Clock, Deadline
from kmodel.engines.events import Finished
from kmodel.engines.registry import ENGINES
from kmodel.engines.results import Finding, Result, Verdict
from kmodel.engines.runs.amounts import DelayBound
from kmodel.kernel import Model, Spec
from kmodel.kubernetes import scenario
from kmodel.planning.check_plan import DELAYS, FEW_STATES, LEAST_SECONDS, CheckPlan, PlanStage, Task

WHOLE = 0.15  # of the time, for the whole


class Share(Deadline):
    """A part of the time of another deadline, which ends this one, too."""

    def __init__(self, whole: Deadline, seconds: float) -> None:
        self.whole_time = whole
        left = min(seconds, whole.left)
        super().__init__(round(max(0.0, left), 1) if left < inf else None)

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
class TaskOutcome:
    """What came of a task; None if there was no time for it."""

    task: Task
    model: Model
    result: Result
    seconds: float

    @property
    def failures(self) -> tuple[Finding, ...]:
        """What should stop a release."""
        return self.result.failures

    @property
    def in_words(self) -> str:
        """The outcome in one line."""
        hazards = sum(finding.is_hazard for finding in self.result.findings)
        violated = ", ".join(finding.spec.name for finding in self.failures)
        so_far = "no violation found" if self.result.saw_the_least else "hardly explored"
        said = f"VIOLATED: {violated}" if violated else so_far
        if self.result.finished and not violated:
            said = "no spec violated"
        if hazards:
            said += f", {hazards} documented hazard{'' if hazards == 1 else 's'}"
        seen = self.result.stopped or f"all {self.result.states:,} states"
        return f"{said} ({seen.rpartition('; ')[2]})"

    def document(self) -> dict[str, Any]:
        """Return the part of the JSON document."""
        findings = self.result.findings
        return {
            "slice": self.task.slice.name,
            "objects": list(self.task.slice.objects),
            "like": list(self.task.slice.like),
            "cuts": list(self.task.slice.cuts),
            "faults": list(self.task.faults),
            "engine": self.result.engine,
            "finished": self.result.finished,
            "stopped": self.result.stopped,
            "states": self.result.states,
            "seconds": round(self.seconds, 3),
            "verdicts": {each.value: sum(one.verdict is each for one in findings) for each in Verdict},
            "violated": [
                {
                    "spec": finding.spec.name,
                    "reason": finding.reason,
                    "hazard": finding.spec.hazard,
                    "address": finding.trace and finding.trace.path,
                    "steps": finding.trace and len(finding.trace.steps),
                }
                for finding in findings
                if finding.verdict is Verdict.VIOLATED
            ],
        }


def carry_out(plan: CheckPlan, specs: tuple[Spec, ...], deadline: Deadline) -> Iterator[TaskOutcome]:
    """Yield what comes of each task, one after another, as far as there is time.

    KeyboardInterrupt if it is asked to stop; what the time is up for is left out.
    """
    for number, stage in enumerate(plan.stages):
        rest = sum(each.share for each in plan.stages[number:]) + WHOLE
        yield from _stage(stage, specs, Share(deadline, deadline.left * stage.share / rest))


def _stage(stage: PlanStage, specs: tuple[Spec, ...], deadline: Deadline) -> Iterator[TaskOutcome]:
    for number, task in enumerate(stage.tasks):
        if deadline.left < stage.least / 2:
            return
        share = max(stage.least, deadline.left / (len(stage.tasks) - number))
        yield _explored(task, specs, Share(deadline, share))


def _explored(task: Task, specs: tuple[Spec, ...], deadline: Deadline) -> TaskOutcome:
    clock = Clock()
    model = scenario.model(task.scenario, specs)
    result = _result(model, "delays", DelayBound(DELAYS), deadline)
    if not result.finished and result.states <= FEW_STATES and deadline.left > LEAST_SECONDS:
        whole = _result(model, "exhaustive", Bounds(), deadline)
        if whole.finished:
            result = whole
    return TaskOutcome(task, model, result, clock.seconds)


def _result(model: Model, engine: str, options: Any, deadline: Deadline) -> Result:
    *_, last = ENGINES[engine].explore(model, options, deadline)
    assert isinstance(last, Finished)
    if last.interrupted:
        raise KeyboardInterrupt
    return last.result
