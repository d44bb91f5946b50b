"""Traces as JSON files: what `kmodel replay` needs to take the same steps again, and what a person wants to read."""

import json
import os
from pathlib import Path
from typing import Any

import attrs

from kmodel.engines.events import Finished
from kmodel.engines.retracing import NamedAction
from kmodel.kernel import Spec, Trace
from kmodel.printable import json_text
from kmodel.reporting.files import write
from kmodel.reporting.handler import Handler
from kmodel.reporting.reports import ReportContext, writing
from kmodel.reporting.source import Source
from kmodel.reporting.story import story

FORMAT = "kmodel.dev/trace/v1"
STANDARD_INPUT = Path("-")


class TraceFileError(Exception):
    """A file is no trace that kmodel wrote: one line that names the file, the cause and the fix."""


@attrs.frozen
class Saved:
    """A trace as it is kept in a file: where its model comes from, the actions, and what it shows."""

    source: Source
    initial: int
    choices: tuple[NamedAction, ...]
    address: str
    spec: str | None = None
    module: str | None = None  # that the spec is written in
    reason: str = ""
    cycle: int | None = None  # from how many steps on they are taken for ever; of a trace that ends: none


def handler(context: ReportContext) -> Handler:
    """Return the handler that writes a file for each trace."""

    def write_all(event: Finished) -> None:
        for finding in event.result.findings:
            if finding.trace is not None:
                path = context.traces[finding.spec.name] = context.file(f"trace-{finding.spec.name}.json")
                save(path, finding.trace, context.source, finding.spec, finding.reason)

    return writing(context, write_all)


def save(path: Path, trace: Trace, source: Source, spec: Spec | None = None, reason: str = "") -> None:
    """Write a trace to a file; the scenario's files are named as seen from the folder of that file."""
    folder = path.parent.resolve()
    document = {
        "format": FORMAT,
        "scenario": {
            "name": source.name,
            "files": [_as_seen_from(folder, file) for file in source.files],
            "nodes": source.nodes,
            "faults": dict(source.faults),
            "assume": list(source.assumed),
            "do": list(source.lines),
            "detail": dict(source.detail),
            "with": [_as_seen_from(folder, file) for file in source.more],
            "hooks": [_as_seen_from(folder, file) for file in source.hooks],
        },
        "spec": None if spec is None else spec.name,
        "module": None if spec is None else spec.module,
        "reason": reason,
        "address": trace.path,
        "initial": trace.address[0],
        "cycle": trace.cycle,
        "steps": [
            {
                "step": told.number,
                "actor": told.actor,
                "transition": step.action.transition.name,
                "binding": step.action.arguments,
                "event": {
                    "type": told.type,
                    "reason": told.reason,
                    "object": told.object,
                    "message": told.message,
                },
                "changes": [str(change) for change in told.changes],
            }
            for told, step in zip(story(trace), trace.steps, strict=True)
        ],
    }
    write(path, json_text(document) + "\n")


def _as_seen_from(folder: Path, file: Path) -> str:
    if file == STANDARD_INPUT:
        return str(file)
    return Path(os.path.relpath(file.resolve(), folder)).as_posix()


def load(path: Path) -> Saved:
    """Read a trace file; the scenario's files are found relative to it. TraceFileError if it is no trace file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TraceFileError(f"{path}: cannot be read: {error.strerror or error}; name a trace-*.json file") from None
    except ValueError as error:  # also text that is not UTF-8
        raise TraceFileError(f"{path}: is no JSON ({error}); name a trace-*.json file of a report") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise TraceFileError(f"{path}: is no trace of kmodel (format {FORMAT}); name a trace-*.json file of a report")
    try:
        return _saved(document, path.parent)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        why = f"{type(error).__name__}: {error}"
        raise TraceFileError(f"{path}: is damaged ({why}); run kmodel check again to write it anew") from None


def _saved(document: dict[str, Any], folder: Path) -> Saved:
    scenario = document["scenario"]
    source = Source(
        name=str(scenario["name"]),
        files=tuple(_near(folder / file) for file in scenario["files"]),
        nodes=None if scenario["nodes"] is None else int(scenario["nodes"]),
        faults=tuple((str(kind), int(budget)) for kind, budget in scenario["faults"].items()),
        more=tuple(_near(folder / file) for file in scenario.get("with", ())),
        assumed=tuple(str(name) for name in scenario.get("assume", ())),
        hooks=tuple(_near(folder / file) for file in scenario.get("hooks", ())),
        lines=tuple(str(line) for line in scenario.get("do", ())),
        detail=tuple((str(part), str(how)) for part, how in scenario.get("detail", {}).items()),
    )
    choices = tuple(
        NamedAction(str(step["transition"]), tuple((str(name), str(value)) for name, value in step["binding"].items()))
        for step in document["steps"]
    )
    spec, module, cycle = document.get("spec"), document.get("module"), document.get("cycle")
    if cycle is not None and not 0 <= int(cycle) <= len(choices):
        raise ValueError(f"the cycle begins after {cycle} steps, of {len(choices)}")
    return Saved(
        source,
        int(document["initial"]),
        choices,
        str(document["address"]),
        None if spec is None else str(spec),
        None if module is None else str(module),
        str(document.get("reason", "")),
        None if cycle is None else int(cycle),
    )


def _near(path: Path) -> Path:
    """Return the path as seen from the working directory, which is how the user would write it."""
    if path.name == STANDARD_INPUT.name:
        return STANDARD_INPUT
    relative = Path(os.path.relpath(path))
    return path.resolve() if relative.parts[:3] == ("..", "..", "..") else relative
