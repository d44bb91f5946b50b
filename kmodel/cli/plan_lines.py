"""What `kmodel check` prints of a plan: what is going to be explored, and a line for what comes of each exploration."""

from __future__ import annotations

from pathlib import Path
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
    """Prints what comes of explorations as it comes, those with as many faults under one label.

    Of those with faults, of which there are many, one has its line where a slice violates a spec for the first time, or
    nothing came of it; or each, if `verbose`. At the end of a stage a line for each slice counts them.
    """

    console: Console
    plan: CheckPlan
    verbose: bool = False
    label: str = ""
    stage: list[TaskOutcome] = attrs.field(factory=list)  # what came so far of the stage
    violated: set[tuple[str, str]] = attrs.field(factory=set)  # the slices and specs that were told

    def tell_known(self, number: int) -> None:
        """Print how many are known already."""
        if number:
            said = "1 exploration is" if number == 1 else f"{number:,} explorations are"
            _print(self.console, "KNOWN", f"{said} of earlier runs: the files, the specs and kmodel are the same")

    def tell_not_kept(self, path: Path, problem: OSError) -> None:
        """Print why nothing of this run is kept for another."""
        why = problem.strerror or str(problem)
        _print(
            self.console, "NOT KEPT", f"{path} cannot be written ({why}), so that another run explores all of it anew"
        )

    def tell(self, each: TaskOutcome) -> None:
        """Print what came of one, if it has a line."""
        if self.stage and len(self.stage[0].task.faults) != len(each.task.faults):
            self._tell_slices()
        self.stage.append(each)
        violated = {(each.task.slice.name, finding.spec.name) for finding in each.failures}
        if self.verbose or not each.task.faults or violated - self.violated or each.lost:
            self._tell(each.in_words, str(each.task), is_bad=bool(violated))
        self.violated |= violated

    def tell_end(self, left_out: int) -> None:
        """Print what is left to say of the last stage, and for how many there was no time."""
        if self.stage:
            self._tell_slices()
        if left_out:
            text = f"for {left_out:,} more of these; more of --max-time looks at them"
            _print(self.console, "NO TIME", text)
        self.console.print()

    def _tell_slices(self) -> None:
        """Print a line for each slice of a stage with faults."""
        faults = len(self.stage[0].task.faults)
        of_stage = [task for stage in self.plan.stages for task in stage.tasks if len(task.faults) == faults]
        for part in self.plan.slices if faults else ():
            found = [each for each in self.stage if each.task.slice.name == part.name]
            planned = sum(task.slice.name == part.name for task in of_stage)
            if found:
                self._tell(_with_faults(found, planned, "faults" if faults == 1 else "pairs of faults"), part.name)
        self.stage.clear()

    def _tell(self, text: str, name: str, *, is_bad: bool = False) -> None:
        here = LABELS[len(self.stage[0].task.faults)]
        style = "bold red" if is_bad else ""
        _print(self.console, "" if here == self.label else here, text, name=name, style=style)
        self.label = here


def _with_faults(found: list[TaskOutcome], planned: int, what: str) -> str:
    """Return what came of the explorations of a slice with faults, in numbers."""
    bad = sum(bool(each.failures) for each in found)
    well = [each for each in found if each.result.saw_the_least and not each.failures]
    hazardous = sum(any(finding.is_hazard for finding in each.result.findings) for each in well)
    hardly = sum(not (each.result.saw_the_least or each.lost or each.failures) for each in found)
    numbers = (("VIOLATED", bad), ("no violation found", len(well)), ("hardly explored", hardly))
    first, *others = [(said, number) for said, number in numbers if number] or [("not explored", len(found))]
    text = f"{first[0]} with {first[1]} of {planned} {what}"
    text += "".join(f", {said} with {number}" for said, number in others)
    return text + (f"; documented hazards with {hazardous}" if hazardous else "")


def tell_hazards(console: Console, explored: list[TaskOutcome]) -> None:
    """Print which documented hazards slices meet, each with where it is met first."""
    where: dict[str, list[str]] = {}
    for each in explored:
        for finding in each.result.findings:
            if finding.is_hazard:
                where.setdefault(finding.spec.name, []).append(str(each.task))
    for place, (spec, tasks) in enumerate(where.items()):
        more = f" and {len(tasks) - 1} more" if len(tasks) > 1 else ""
        _print(console, "" if place else "HAZARDS", f"{spec} in {tasks[0]}{more}")
    if where:
        console.print()


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
