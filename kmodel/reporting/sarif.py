"""What is wrong as SARIF 2.1.0, which code hosts show beside the line of a manifest.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kmodel.engines.events import Finished
from kmodel.engines.results import Finding
from kmodel.printable import printable
from kmodel.reporting.answer import answer
from kmodel.reporting.files import write
from kmodel.reporting.handler import Handler
from kmodel.reporting.reports import ReportContext, writing
from kmodel.reporting.wording import where

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ENDS, REFUSED = "object-ends-where-it-should-not", "request-is-refused"

Places = Mapping[str, tuple[Path, int]]


def handler(context: ReportContext) -> Handler:
    """Return the handler that writes the file."""

    def write_file(event: Finished) -> None:
        write(context.file("results.sarif"), json.dumps(sarif(event, context), indent=1) + "\n")

    return writing(context, write_file)


def sarif(event: Finished, context: ReportContext) -> dict[str, Any]:
    """Return the document: a rule per spec that is violated or a hazard, a result for each thing that is wrong."""
    result, places = event.result, context.subject.places()
    told = context.answer or answer(None if result.ends is None else result.ends.traces, context.subject)
    wrong = [finding for finding in result.findings if finding.is_failure or finding.is_hazard]
    rules = [_rule(finding.spec.name, finding.spec.sentence) for finding in wrong]
    results = [
        _result(
            finding.spec.name,
            "error" if finding.is_failure else "note",
            f"{where(finding)}: {finding.reason}. {finding.spec.sentence}",
            _objects(finding),
            context,
            places,
        )
        for finding in wrong
    ]
    ends = [_result(ENDS, "error", str(end), [end.reference], context, places) for end in told.wrong]
    refused = [_result(REFUSED, "error", text, [text.partition(":")[0]], context, places) for text in told.refused]
    rules += [_rule(ENDS, "Every object ends where it should.")] if ends else []
    rules += [_rule(REFUSED, "The api-server accepts every request.")] if refused else []
    driver = {"name": "kmodel", "version": version("kmodel"), "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": [*refused, *ends, *results]}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(name: str, sentence: str) -> dict[str, Any]:
    return {"id": name, "shortDescription": {"text": printable(sentence)}}


def _result(
    rule: str, level: str, text: str, objects: list[str], context: ReportContext, places: Places
) -> dict[str, Any]:
    place = next(_places(objects, places), None) or next(((file, 1) for file in context.source.files), None)
    made: dict[str, Any] = {"ruleId": rule, "level": level, "message": {"text": printable(text)}}
    if place is not None:
        location = {"artifactLocation": {"uri": place[0].as_posix()}, "region": {"startLine": place[1]}}
        made["locations"] = [{"physicalLocation": location}]
    return made


def _places(objects: list[str], places: Places) -> Iterator[tuple[Path, int]]:
    """Yield where the objects are written, or those that they were made from, whose names theirs begin with."""
    for reference in objects:
        if reference in places:
            yield places[reference]
    for reference in objects:
        name = reference.partition("/")[2]
        near = [other for other in places if name.startswith(f"{other.partition('/')[2]}-")]
        if near:
            yield places[max(near, key=len)]


def _objects(finding: Finding) -> list[str]:
    """Return what a story is about, the last first."""
    steps = () if finding.trace is None else finding.trace.steps
    return list(dict.fromkeys(step.event.object for step in reversed(steps)))
