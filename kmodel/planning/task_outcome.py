"""What comes of an exploration of a plan: its verdicts, in one line and as JSON."""

from typing import Any

import attrs

from kmodel.engines.results import Finding, Result, Verdict
from kmodel.kernel import Model
from kmodel.planning.check_plan import Task


@attrs.frozen
class TaskOutcome:
    """What came of a task, with the traces to what is violated.

    It `is_done` if the plan asks for no more, `lost` if nothing came of it, and `is_earlier` if it is of another run.
    """

    task: Task
    result: Result
    seconds: float
    is_done: bool = False
    lost: bool = False
    is_earlier: bool = False

    @staticmethod
    def of(task: Task, result: Result, seconds: float, *, is_done: bool) -> "TaskOutcome":
        """Return the outcome of a task without what nobody asks of it, and without the traces to what is well."""
        findings = tuple(
            each if each.verdict is Verdict.VIOLATED else attrs.evolve(each, trace=None) for each in result.findings
        )
        return TaskOutcome(task, attrs.evolve(result, findings=findings, ends=None, statistics=None), seconds, is_done)

    @staticmethod
    def of_nothing(task: Task, model: Model, engine: str, why: str, seconds: float) -> "TaskOutcome":
        """Return the outcome of a task that nothing is known of, and why."""
        findings = tuple(
            Finding(spec, Verdict.NOT_JUDGED if spec.is_temporal else Verdict.NO_VIOLATION_FOUND, why)
            for spec in model.specs
        )
        result = Result(model, engine, findings, 0, 0, 0, seconds, stopped=why, saw_the_least=False)
        return TaskOutcome(task, result, seconds, lost=True)

    @property
    def failures(self) -> tuple[Finding, ...]:
        """What should stop a release."""
        return self.result.failures

    @property
    def in_words(self) -> str:
        """The outcome in one line."""
        if self.lost:
            return f"not explored: {self.result.stopped}"
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
            "earlier": self.is_earlier,
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
