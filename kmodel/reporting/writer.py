"""Writing a report: one folder per scenario, with a page, the state graph and a file for each trace."""

import re
from collections.abc import Mapping
from pathlib import Path

import attrs

from kmodel.engines.verdict import Result
from kmodel.reporting import trace_file
from kmodel.reporting.html import page
from kmodel.reporting.pictures import Picture, pictures
from kmodel.reporting.source import Source

OURS = ("index.html", "state-graph.*", "near-*.dot", "near-*.svg", "trace-*.json")


@attrs.frozen
class Written:
    """What was written: the page, the traces by the names of their specs, and notes on the pictures."""

    index: Path
    traces: Mapping[str, Path]
    notes: tuple[str, ...] = ()


def write_report(result: Result, source: Source, reports: Path) -> Written:
    """Write the report of an exploration to the scenario's folder among the reports; OSError if that cannot be done."""
    folder = reports / folder_name(source.name)
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in OURS:  # what an earlier run wrote would be taken for this one's
        for old in folder.glob(pattern):
            old.unlink()
    traces: dict[str, Path] = {}
    for finding in result.findings:
        if finding.trace is not None:
            path = traces[finding.spec.name] = folder / f"trace-{finding.spec.name}.json"
            trace_file.save(path, finding.trace, source, finding.spec.name, finding.reason)
    violated = [finding for finding in result.findings if finding.is_failure or finding.is_hazard]
    drawn = pictures(result.model, violated)
    write_pictures(drawn, folder)
    index = folder / "index.html"
    index.write_text(page(result, source, drawn, traces), encoding="utf-8")
    return Written(index, traces, tuple(dict.fromkeys(x.drawing.note for x in drawn if x.drawing.note)))


def write_pictures(drawn: tuple[Picture, ...], folder: Path) -> list[Path]:
    """Write each picture's DOT and, if it could be drawn, its SVG; return the files."""
    files = []
    for picture in drawn:
        files.append(folder / f"{picture.name}.dot")
        files[-1].write_text(picture.dot, encoding="utf-8")
        if picture.drawing.svg is not None:
            files.append(folder / f"{picture.name}.svg")
            files[-1].write_text(picture.drawing.svg, encoding="utf-8")
    return files


def folder_name(scenario: str) -> str:
    """Return a scenario's name as the name of a folder, whatever is in it."""
    return re.sub(r"[^\w.-]+", "-", scenario).strip(".-") or "scenario"
