"""The reports by name: what may become of an exploration, each a handler of its events."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from kmodel.engines.events import Event, Finished
from kmodel.reporting.answer import CELLS_ALONE, ObjectsAnswer, Subject
from kmodel.reporting.causes import Causes
from kmodel.reporting.handler import Handler
from kmodel.reporting.source import Source

if TYPE_CHECKING:
    from rich.console import Console

    from kmodel.reporting.pictures import Picture


@attrs.frozen
class Written:
    """What was written: the page, the traces by the names of their specs, and notes on the pictures."""

    index: Path
    traces: Mapping[str, Path]
    notes: tuple[str, ...] = ()


@attrs.define(eq=False)
class ReportContext:
    """What the reports of one exploration have in common: what it is of, where they go, and what they made so far.

    A report may name the files of those before it. The `subject` tells what states mean, `causes` why stories end so;
    `answer` is what is known of the user's objects if not all states are in which they may end. `problem` is what kept
    the files from being written, after which no other is. `exploring` is left as soon as the exploration is over,
    however it ends.
    """

    source: Source
    folder: Path | None = None
    console: "Console | None" = None
    wide: bool = False
    verbose: bool = False
    subject: Subject = CELLS_ALONE
    answer: ObjectsAnswer | None = None
    index: Path | None = None
    traces: dict[str, Path] = attrs.field(factory=dict)
    pictures: "tuple[Picture, ...]" = ()
    notes: tuple[str, ...] = ()
    document: dict[str, Any] = attrs.field(factory=dict)
    causes: Causes = attrs.field(factory=Causes)
    problem: OSError | KeyboardInterrupt | None = None
    exploring: ExitStack = attrs.field(factory=ExitStack)
    _is_clear: bool = False

    @property
    def written(self) -> Written | None:
        """What was written; None if not all of it was."""
        if self.index is None or self.problem is not None:
            return None
        return Written(self.index, self.traces, self.notes)

    @property
    def terminal(self) -> "Console":
        """The terminal, for reports that are printed."""
        assert self.console is not None, "who asks for a report that is printed says where"
        return self.console

    def file(self, name: str) -> Path:
        """Return the path of a file in the folder, which is there then, without what an earlier run wrote."""
        assert self.folder is not None, "who asks for a report that is written says where"
        if not self._is_clear:  # what an earlier run wrote would be taken for this one's
            self.folder.mkdir(parents=True, exist_ok=True)
            for pattern in (pattern for report in REPORTS.values() for pattern in report.files):
                for old in self.folder.glob(pattern):
                    old.unlink(missing_ok=True)  # another process may do the same
            self._is_clear = True
        return self.folder / name


@attrs.frozen
class Report:
    """What may become of an exploration.

    `module` has its `handler`, made of the context, and is loaded when that is asked for: what one report needs is not
    loaded for another. `files` are the patterns of the files that it writes, if it writes any; one that writes `beside`
    the scenario's folder is written with them.
    """

    module: str
    files: tuple[str, ...] = ()
    beside: bool = False

    def handler(self, context: ReportContext) -> Handler:
        """Return the handler of the events of one exploration."""
        made: Handler = import_module(self.module).handler(context)
        return made


REPORTS = {  # one that names the files of another comes after it
    "progress": Report("kmodel.reporting.progress"),
    "summary": Report("kmodel.reporting.summary"),
    "cost": Report("kmodel.reporting.cost"),
    "stories": Report("kmodel.reporting.stories"),
    "traces": Report("kmodel.reporting.trace_file", ("trace-*.json",)),
    "pictures": Report(
        "kmodel.reporting.pictures", ("state-graph*.dot", "state-graph*.svg", "near-*.dot", "near-*.svg")
    ),
    "page": Report("kmodel.reporting.html", ("index.html",)),
    "junit": Report("kmodel.reporting.junit", ("junit.xml",)),
    "sarif": Report("kmodel.reporting.sarif", ("results.sarif",)),
    "markdown": Report("kmodel.reporting.markdown", ("summary.md",)),
    "itf": Report("kmodel.reporting.itf", ("*.itf.json",)),
    "events": Report("kmodel.reporting.event_lines", ("events.jsonl",)),
    "runs": Report("kmodel.reporting.runs_index", (), beside=True),
    "json": Report("kmodel.reporting.json_document"),
}


def of_files() -> tuple[str, ...]:
    """Return the names of the reports that are written into the scenario's folder."""
    return tuple(name for name, report in REPORTS.items() if report.files or report.beside)


def handlers(names: Iterable[str], context: ReportContext) -> tuple[Handler, ...]:
    """Return the handlers of the reports that are named, which hand on in the context what they made."""
    return tuple(REPORTS[name].handler(context) for name in names)


def at_the_end(tell: Callable[[Finished], None]) -> Handler:
    """Return the handler that waits for the result."""

    def handle(event: Event) -> None:
        if isinstance(event, Finished):
            tell(event)

    return handle


def writing(context: ReportContext, write: Callable[[Finished], None]) -> Handler:
    """Return the handler that writes files once the result is there.

    What stops it is noted in the context and not raised: the verdicts are known all the same.
    """

    def tell(event: Finished) -> None:
        if context.problem is None:
            try:
                write(event)
            except (OSError, KeyboardInterrupt) as problem:
                context.problem = problem

    return at_the_end(tell)
