"""The events of an exploration as JSON Lines: what other programs follow, and what lists of runs are made of."""

import json
from collections.abc import Callable
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

    def write_lines(event: Finished) -> None:
        made = [*lines, _finished(event, context)]
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


def _finished(event: Finished, context: ReportContext) -> dict[str, Any]:
    result = event.result
    return {
        "event": "Finished",
        "scenario": context.source.name,
        "overall": overall(result, context.source.weakened_by),
        "states": result.states,
        "depth": result.depth,
        "seconds": round(result.seconds, 3),
        "finished": result.finished,
        "verdicts": {finding.spec.name: word(finding, result).standing.value for finding, _ in ordered(result)},
    }
