"""Writing a report: one folder per scenario, with a page, the state graph and a file for each trace."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from kmodel.engines.results import Result
from kmodel.reporting import trace_file
from kmodel.reporting.files import write
from kmodel.reporting.html import page
from kmodel.reporting.pictures import Picture, pictures
from kmodel.reporting.source import Source

NOT_DRAWN = "the time was up, so there is no picture; see kmodel graph"
OURS = ("index.html", "state-graph.*", "near-*.dot", "near-*.svg", "trace-*.json")


@attrs.frozen
class Written:
    """What was written: the page, the traces by the names of their specs, and notes on the pictures."""

    index: Path
    traces: Mapping[str, Path]
    notes: tuple[str, ...] = ()


def write_report(result: Result, source: Source, folder: Path, *, is_drawn: bool = True) -> Written:
    """Write the report of an exploration to a folder of its own; OSError if that cannot be done.

    Pictures take most of the time; where none is left, there are none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in OURS:  # what an earlier run wrote would be taken for this one's
        for old in folder.glob(pattern):
            old.unlink(missing_ok=True)  # another process may do the same
    traces: dict[str, Path] = {}
    for finding in result.findings:
        if finding.trace is not None:
            path = traces[finding.spec.name] = folder / f"trace-{finding.spec.name}.json"
            trace_file.save(path, finding.trace, source, finding.spec, finding.reason)
    violated = [finding for finding in result.findings if finding.is_failure or finding.is_hazard]
    drawn = pictures(result.model, violated) if is_drawn else ()
    write_pictures(drawn, folder)
    index = folder / "index.html"
    write(index, page(result, source, drawn, traces))
    notes = [each.drawing.note for each in drawn if each.drawing.note] if is_drawn else [NOT_DRAWN]
    return Written(index, traces, tuple(dict.fromkeys(notes)))


def write_pictures(drawn: tuple[Picture, ...], folder: Path) -> list[Path]:
    """Write each picture's DOT and, if it could be drawn, its SVG; return the files."""
    files = []
    for picture in drawn:
        files.append(folder / f"{picture.name}.dot")
        write(files[-1], picture.dot)
        if picture.drawing.svg is not None:
            files.append(folder / f"{picture.name}.svg")
            write(files[-1], picture.drawing.svg)
    return files


def report_folders(sources: Sequence[Source]) -> tuple[str, ...]:
    """Return the name of the folder for each report; of scenarios with one name, with that of the file."""
    names = [folder_name(source.name) for source in sources]
    taken = Counter(name.lower() for name in names)  # on some disks Web and web are one
    folders: list[str] = []
    for name, source in zip(names, sources, strict=True):
        if taken[name.lower()] > 1 and source.files:
            name = folder_name(f"{name}-{source.files[0].stem}")
        number, folder = 1, name
        while folder.lower() in (other.lower() for other in folders):
            number += 1
            folder = f"{name}-{number}"
        folders.append(folder)
    return tuple(folders)


def folder_name(scenario: str) -> str:
    """Return a scenario's name as the name of a folder, whatever is in it."""
    return re.sub(r"[^\w.-]+", "-", scenario).strip(".-") or "scenario"
