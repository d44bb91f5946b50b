"""How far an exploration is: a line on a terminal that is kept up to date, or a line now and then where none is."""

import sys
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn

from kmodel.engines import events
from kmodel.printable import in_one_line
from kmodel.reporting.handler import Handler
from kmodel.reporting.reports import ReportContext
from kmodel.reporting.wording import count

SECONDS_BETWEEN = 30.0  # so that whoever reads a log, or a CI that waits for output, knows that something is done


class ProgressLine:
    """The handler that shows how far an exploration is; on a terminal only, and it leaves nothing there once closed."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=16),
            TextColumn("{task.fields[counts]}"),
            console=console,
            transient=True,
            disable=console.quiet or not console.is_terminal,
        )
        self._task: TaskID | None = None

    def __call__(self, event: events.Event) -> None:
        """Show the event."""
        if isinstance(event, events.Started):
            self._task = self._bar.add_task(in_one_line(event.model.name), counts="", total=None)
            self._bar.start()
        elif isinstance(event, events.Progress) and self._task is not None:
            # How many states there are is not known before the end: the bar shows how many of those found are expanded.
            self._bar.update(
                self._task, completed=event.states - event.waiting, total=event.states, counts=counts(event)
            )
        elif isinstance(event, events.Finished):
            self.close()

    def close(self) -> None:
        """Take the line off the terminal and show the cursor again, however the exploration ended."""
        self._bar.stop()


class ProgressNotes:
    """The handler that tells how far an exploration is, every so many seconds; the first time after as many."""

    def __init__(self, tell: Callable[[str], None], seconds_between: float = SECONDS_BETWEEN) -> None:
        self._tell = tell
        self._between = self._next = seconds_between

    def __call__(self, event: events.Event) -> None:
        """Tell of the event if it is time to."""
        if isinstance(event, events.Progress) and event.seconds >= self._next:
            self._next = event.seconds + self._between
            self._tell(f"{counts(event)}, after {event.seconds:,.0f} s")


def handler(context: ReportContext) -> Handler:
    """Return the handler that shows how far an exploration is, as long as it goes on."""
    if not context.terminal.is_terminal:
        return ProgressNotes(lambda so_far: print(f"so far   {so_far}", file=sys.stderr, flush=True))
    line = ProgressLine(context.terminal)
    context.exploring.callback(line.close)
    return line


def counts(event: events.Progress) -> str:
    """Return how far an exploration is, in words that fit beside a bar."""
    speed = f", {event.states / event.seconds:,.0f} states/s" if event.seconds > 0 else ""
    disk = f", {_size(event.bytes_on_disk)} on disk" if event.bytes_on_disk else ""
    problem = f"; {event.problem}" if event.problem else ""
    return f"{count(event.states, 'state')}, depth {event.depth}{speed}{disk}{problem}"


def _size(number_of_bytes: int) -> str:
    """Return a number of bytes as a quantity of memory."""
    if number_of_bytes < 1 << 30:
        return f"{max(1, number_of_bytes >> 20):,} Mi"
    return f"{number_of_bytes / (1 << 30):,.1f} Gi"
