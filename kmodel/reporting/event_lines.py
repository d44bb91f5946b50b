"""The events of an exploration as JSON Lines: what other programs follow, and what lists of runs are made of."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kmodel.engines.events import Event, Finished, Found, Progress, Sampled, Started
from kmodel.reporting.files import write
from kmodel.reporting.handler import Handler
from kmodel.reporting.reports import ReportContext, writing
from kmodel.reporting.wording import ordered, overall, word

FILE = "events.jsonl"


def handler(context: ReportContext) -> Handler:
    """Return the handler that writes all events once the last one is there."""
    lines: list[dict[str, Any]] = []
    before = None if context.folder is None else verdicts_of(context.folder / FILE)

    def write_lines(event: Finished) -> None:
        made = [*lines, _finished(event, context, before)]
        write(context.file(FILE), "".join(f"{json.dumps(each, ensure_ascii=True)}\n" for each in made))

    finish = writing(context, write_lines)

    def handle(event: Event) -> None:
        tell = _TOLD.get(type(event))
        if tell is not None:
            lines.append(tell(event))
        finish(event)

    return handle


def _started(event: Started) -> dict[str, Any]:
    return {"event": "Started", "model": event.model.name, "engine": event.engine, "note": event.note}


def _progress(event: Progress) -> dict[str, Any]:
    return {"event": "Progress", "states": event.states, "depth": event.depth, "seconds": round(event.seconds, 3)}


def _found(event: Found) -> dict[str, Any]:
    finding = event.finding
    path = None if finding.trace is None else finding.trace.path
    return {"event": "Found", "spec": finding.spec.name, "verdict": finding.verdict.value, "address": path}


def _sampled(event: Sampled) -> dict[str, Any]:
    return {"event": "Sampled", "text": event.text}


_TOLD: dict[type, Callable[[Any], dict[str, Any]]] = {
    Started: _started,
    Progress: _progress,
    Found: _found,
    Sampled: _sampled,
}


def last_line(file: Path) -> dict[str, Any] | None:
    """Return what a file of events ends with; None if another program is at it, or it is none of this version."""
    try:
        last = json.loads(file.read_text(encoding="utf-8").splitlines()[-1])
    except (OSError, ValueError, LookupError):
        return None
    return last if isinstance(last, dict) and isinstance(last.get("verdicts"), dict) else None


def verdicts_of(file: Path) -> dict[str, str] | None:
    """Return the verdicts on the specs that a file of events ends with, if it does."""
    last = last_line(file)
    return None if last is None else last["verdicts"]


def _finished(event: Finished, context: ReportContext, before: dict[str, str] | None) -> dict[str, Any]:
    result = event.result
    return {
        "event": "Finished",
        "scenario": context.source.name,
        "overall": overall(result, context.source),
        "states": result.states,
        "depth": result.depth,
        "seconds": round(result.seconds, 3),
        "finished": result.finished,
        "verdicts": {finding.spec.name: word(finding, result).standing.value for finding, _ in ordered(result)},
        "before": before,  # the verdicts of the run that was here before
    }
