"""What an exploration means for the items of its scenario, as plain data that processes can share."""

import json
from collections.abc import Mapping
from typing import Any

import attrs

from kmodel.engines.results import Finding, Result
from kmodel.printable import in_one_line
from kmodel.pytest_plugin.jobs import ScenarioJob
from kmodel.reporting.causes import Causes
from kmodel.reporting.failure import failure_text
from kmodel.reporting.reports import Written
from kmodel.reporting.wording import Standing, all_states, word

# What the summary calls an outcome, in a list of counts: "16 hold, 1 violated". The others go by their verdicts.
LABELS = {Standing.HOLDS: "hold", Standing.VACUOUS: "never happen", Standing.VIOLATED: "violated"}


@attrs.frozen
class Outcome:
    """How one spec stands in one scenario, and what there is to say of it."""

    standing: Standing
    text: str
    label: str
    is_sometimes: bool


@attrs.frozen
class Explored:
    """An exploration: how much of the scenario was seen, the outcome of each spec, or the error that ended it."""

    scenario: str
    scope: str
    outcomes: Mapping[str, Outcome]
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    report: str | None = None
    error: str | None = None

    def to_json(self) -> str:
        """Return the exploration as text."""
        return json.dumps(attrs.asdict(self, value_serializer=lambda _, __, value: _plain(value)))

    @staticmethod
    def from_json(text: str) -> "Explored":
        """Return the exploration that the text is of."""
        told = json.loads(text)
        outcomes = {
            key: Outcome(Standing(outcome["standing"]), outcome["text"], outcome["label"], outcome["is_sometimes"])
            for key, outcome in told["outcomes"].items()
        }
        lists = {name: tuple(told[name]) for name in ("left_out", "notes")}
        return Explored(**{**told, **lists, "outcomes": outcomes})


def explored(job: ScenarioJob, result: Result, report: Written | str, width: int) -> Explored:
    """Return what a result means for the items of a scenario; in place of a report, why there is none."""
    index, traces, notes = (
        (None, {}, (report,)) if isinstance(report, str) else (report.index, report.traces, report.notes)
    )

    causes = Causes()

    def outcome(finding: Finding) -> Outcome:
        wording = word(finding, result)
        is_sometimes = finding.spec.form.wanted
        happens = is_sometimes and wording.standing is Standing.HOLDS
        label = "happen" if happens else LABELS.get(wording.standing, wording.verdict)
        if wording.standing is not Standing.VIOLATED:
            return Outcome(wording.standing, in_one_line(wording.why), label, is_sometimes)
        trace_file = traces.get(finding.spec.name)
        text = failure_text(
            finding,
            job.source,
            trace_file=trace_file,
            index=index,
            width=width,
            found=causes.of(result.model, finding),
            said=causes.sentences(result.model, finding),
        )
        return Outcome(wording.standing, text, label, is_sometimes)

    return Explored(
        job.name,
        scope(result),
        {finding.spec.origin: outcome(finding) for finding in result.findings},
        job.source.left_out,
        notes,
        None if index is None else str(index),
    )


def failed(job: ScenarioJob, error: str) -> Explored:
    """Return what it means for the items of a scenario that its exploration ended in an error."""
    return Explored(job.name, "not explored", {}, job.source.left_out, error=in_one_line(error))


def scope(result: Result) -> str:
    """Return how much of the scenario was seen, and by which means; no two are worded alike."""
    if result.finished:
        return f"exhaustive: {all_states(result)}"
    stopped = result.stopped or ""
    return stopped if stopped.startswith("sampled") else f"not exhaustive: {stopped}"


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Standing) else value
