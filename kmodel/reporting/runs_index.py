"""The list of all runs that have a report beside this one's: `reports/index.html`."""

import json
from pathlib import Path

import attrs

from kmodel.engines.events import Finished
from kmodel.reporting.event_lines import FILE
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
    try:
        last = json.loads(file.read_text(encoding="utf-8").splitlines()[-1])
        standings = set(last["verdicts"].values())
        is_open = not last["finished"] or standings & {Standing.OPEN.value, Standing.NOT_JUDGED.value}
        mood = "bad" if Standing.VIOLATED.value in standings else "open" if is_open else "good"
        return ListedRun(file.parent.name, last["scenario"], last["overall"], last["states"], last["seconds"], mood)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
