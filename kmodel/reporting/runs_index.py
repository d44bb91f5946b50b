"""The list of all runs that have a report beside this one's: `reports/index.html`."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

from kmodel.engines.events import Finished
from kmodel.reporting.event_lines import FILE, last_line
from kmodel.reporting.files import write
from kmodel.reporting.handler import Handler
from kmodel.reporting.reports import ReportContext, writing
from kmodel.reporting.templating import environment
from kmodel.reporting.wording import Standing


@attrs.frozen
class ListedRun:
    """A run that is listed: the folder of its report, and how it ended."""

    folder: str
    scenario: str
    overall: str
    states: int
    seconds: float
    mood: str
    since: tuple[tuple[str, tuple[str, ...]], ...]  # the last run: what of it is new and so on, and which specs


def handler(context: ReportContext) -> Handler:
    """Return the handler that writes the list anew, with this run in it."""

    def write_list(event: Finished) -> None:
        assert context.folder is not None, "who asks for a report that is written says where"
        write(context.folder.parent / "index.html", runs_page(context.folder.parent))

    return writing(context, write_list)


def runs_page(reports: Path) -> str:
    """Return the page of the runs whose reports are in a folder."""
    found = [run for file in sorted(reports.glob(f"*/{FILE}")) if (run := _run(file)) is not None]
    order = ("bad", "open", "good")
    runs = sorted(found, key=lambda run: (order.index(run.mood), run.scenario))
    return environment("page.js").get_template("runs.html").render(runs=runs)


def _run(file: Path) -> ListedRun | None:
    """Return the run that a file of events ends; None if another program is at it, or it is none of this version."""
    last = last_line(file)
    if last is None:
        return None
    try:
        standings = set(last["verdicts"].values())
        is_open = not last["finished"] or standings & {Standing.OPEN.value, Standing.NOT_JUDGED.value}
        mood = "bad" if Standing.VIOLATED.value in standings else "open" if is_open else "good"
        since = () if last.get("before") is None else tuple(compared(last["before"], last["verdicts"]))
        scenario, seconds = last["scenario"], last["seconds"]
        return ListedRun(file.parent.name, scenario, last["overall"], last["states"], seconds, mood, since)
    except (LookupError, TypeError, AttributeError):
        return None


WRONG = (Standing.VIOLATED.value, Standing.HAZARD.value)
KNOWN = (*WRONG, Standing.HOLDS.value, Standing.VACUOUS.value)


def compared(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what became of violations since the last run, with the specs: new, still there, resolved, not judged.

    A documented hazard is told as one: a run in which there are others holds all the same.
    """
    was = {name for name, standing in before.items() if standing in WRONG}
    wrong = {name for name, standing in now.items() if standing in WRONG}
    judged = {name for name, standing in now.items() if standing in KNOWN}
    for word, names in (
        ("new", wrong - was),
        ("still there", wrong & was),
        ("resolved", (was & judged) - wrong),
        ("not judged any more", was - judged),
    ):
        if names:
            yield word, tuple(_told(name, now.get(name, before.get(name))) for name in sorted(names))


def _told(name: str, standing: str | None) -> str:
    return f"{name} (hazard)" if standing == Standing.HAZARD.value else name
