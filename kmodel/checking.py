"""`kmodel.check`: explore a model from Python, a notebook or a test, and see what becomes of its specs."""

import io
import shutil
import sys
from typing import TYPE_CHECKING

import attrs

from kmodel.engines.events import Finished
from kmodel.engines.exhaustive import Bounds, explore
from kmodel.engines.results import Finding, Result
from kmodel.engines.tables import compiling
from kmodel.kernel import Model
from kmodel.reporting.handler import drive
from kmodel.reporting.reports import ReportContext, handlers
from kmodel.reporting.source import Source
from kmodel.reporting.wording import overall

if TYPE_CHECKING:
    from rich.console import Console
    from rich.terminal_theme import TerminalTheme

# Lines are as wide as their tables: where the page is not, they are scrolled, and no column is broken.
PAGE = '<pre style="white-space: pre; overflow-x: auto; line-height: normal; font-family: monospace">{code}</pre>'
RED, GREEN, YELLOW = (208, 49, 45), (46, 139, 87), (166, 124, 0)  # to be read on white and on black


@attrs.frozen
class Checked:
    """The result of a check; str tells the verdicts and the story of each violation, and so does a notebook."""

    result: Result

    @property
    def holds(self) -> bool:
        """Whether every spec was judged, in all states, and none is violated."""
        return self.result.finished and not self.result.failures and not self.result.not_judged

    @property
    def states(self) -> int:
        """The number of distinct states that were seen."""
        return self.result.states

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The specs that are violated, each with its trace."""
        return tuple(self.result.failures)

    def __str__(self) -> str:
        text = io.StringIO()
        self._print(_console(text, shutil.get_terminal_size().columns))
        return text.getvalue().rstrip("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        console = _console(io.StringIO(), 120)
        self._print(console)
        return console.export_html(theme=_theme(), inline_styles=True, code_format=PAGE)

    def _print(self, console: "Console") -> None:
        name = self.result.model.name
        for tell in handlers(["summary", "stories"], ReportContext(Source(name), console=console)):
            tell(Finished(self.result))
        console.print(f"{name}: {overall(self.result)}", markup=False)


def check(model: Model, *, max_states: int | None = None, max_depth: int | None = None, first: bool = False) -> Checked:
    """Explore a model exhaustively and judge its specs.

    At most `max_states` states are seen, `max_depth` steps from the initial one; with `first`, none after a violation.
    ModelError if a transition or a spec is not pure, or raises.
    """
    with compiling.telling(tell_compiling):
        return Checked(drive(explore(model, Bounds(max_states, max_depth, first))).result)


def tell_compiling(note: str) -> None:
    """Say that something is compiled, which is why nothing else happens meanwhile."""
    print(f"kmodel: {note}", file=sys.stderr)


def _console(file: io.StringIO, width: int) -> "Console":
    from rich.console import Console

    return Console(file=file, width=width, highlight=False, record=True)


def _theme() -> "TerminalTheme":
    from rich.terminal_theme import TerminalTheme

    grey = (128, 128, 128)  # what a summary does not use
    return TerminalTheme((255, 255, 255), (0, 0, 0), [grey, RED, GREEN, YELLOW, grey, grey, grey, grey])
