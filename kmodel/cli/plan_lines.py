"""What `kmodel check` prints of a plan: what is going to be explored, and a line for what comes of each exploration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from kmodel.engines.clock import Deadline
from kmodel.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

    from kmodel.planning.check_plan import CheckPlan
    from kmodel.planning.task_outcome import TaskOutcome

LABELS = ("NO FAULT", "ONE FAULT", "TWO FAULTS")  # by the number of faults
NAME = 30  # columns for the name of what is explored; behind a longer one a line begins
HANGING = 2  # columns by which a second line is indented


def tell_plan(console: Console, plan: CheckPlan, deadline: Deadline) -> None:
    """Print what is going to be explored."""
    time = "" if deadline.seconds is None else f"{deadline.seconds:.0f} s for "
    slices = len(plan.slices)
    text = f"{time}{slices} slice{'' if slices == 1 else 's'} without faults, with one, with two; and the whole"
    _print(console, "PLAN", text)
    for part in plan.slices:
        if part.like:
            _print(console, "", f"{part.name} stands for {', '.join(part.like)}, the same but for names")
        if part.cuts:
            _print(console, "", f"{part.name}: {', '.join(part.cuts)}")
    for note in plan.notes:
        _print(console, "", note)
    console.print()


def tell_dry(console: Console, plan: CheckPlan, deadline: Deadline) -> None:
    """Print what would be explored, and in how much of the time."""
    tell_plan(console, plan, deadline)
    for part in plan.slices:
        _print(console, "SLICE", f"{part.name}: {', '.join(part.objects)}")
    for stage in plan.stages:
        seconds = "" if deadline.seconds is None else f", {deadline.seconds * stage.share:.0f} s"
        text = f"{len(stage.tasks):,} explorations{seconds}, by delays; what is small, whole"
        _print(console, stage.name.upper(), text)


@attrs.define(eq=False)
class OutcomeRows:
    """Prints what comes of explorations; those with as many faults stand under one label."""

    console: Console
    label: str = ""

    def tell(self, each: TaskOutcome) -> None:
        """Print what came of one."""
        here = LABELS[len(each.task.faults)]
        style = "bold red" if each.failures else ""
        _print(self.console, "" if here == self.label else here, each.in_words, name=str(each.task), style=style)
        self.label = here

    def tell_left_out(self, number: int) -> None:
        """Print for how many there was no time."""
        if number:
            text = f"for {number:,} more of these; more of --max-time looks at them"
            _print(self.console, "NO TIME", text)
        self.console.print()


def _print(console: Console, label: str, text: str, *, name: str = "", style: str = "") -> None:
    """Print a text, behind a name if there is one, wrapped under itself."""
    from kmodel.reporting.columns import wrapped
    from kmodel.reporting.summary import LABEL

    if len(name) > NAME:
        lines = [name, *wrapped(text, console.width - LABEL, HANGING)]
    else:
        start = f"{name.ljust(NAME)}  " if name else ""
        first, *more = wrapped(text, console.width - LABEL - len(start), 0)
        lines = [start + first, *(" " * len(start) + line for line in more)]
    for line in lines:
        console.print(printable(f"{label.ljust(LABEL)}{line}"), style=style, markup=False, soft_wrap=True)
        label = ""
