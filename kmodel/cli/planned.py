"""What `kmodel check -f FOLDER` does unless it is told how: the plan, a line for each exploration, and the whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from kmodel.cli.plan_lines import OutcomeRows, tell_hazards, tell_plan
from kmodel.engines.clock import STOPPED, Deadline
from kmodel.engines.events import Event, Finished, Started
from kmodel.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

    from kmodel.engines.results import Finding
    from kmodel.kernel import Model, Spec, Trace
    from kmodel.planning.check_plan import CheckPlan
    from kmodel.planning.earlier_runs import EarlierRuns
    from kmodel.planning.task_outcome import TaskOutcome
    from kmodel.planning.worker_processes import WorkerProcesses
    from kmodel.project import Input, Project
    from kmodel.reporting.reports import ReportContext

MOST_ACTIONS = 400  # of a model that is first tried as a whole
SECONDS = 60.0  # unless another time is named
TRIED = 0.5  # the share of the time for that
REPLAY_SECONDS = 5.0  # for taking the steps of slices in the whole, after the time is up


@attrs.define(eq=False, slots=False)
class PlannedCheck:
    """A check by plan: its events are those of the exploration of the whole, before which it carries out the plan.

    Where the exhaustive search of the whole ends within its time, there is no plan: `explored` is empty.
    """

    given: Input
    model: Model
    specs: tuple[Spec, ...]
    console: Console
    context: ReportContext
    wide: bool = False
    project: Project | None = None  # of which other processes explore parts, if there are to be several
    jobs: int = 1
    explored: list[TaskOutcome] = attrs.field(factory=list)
    left_out: int = 0  # explorations for which there was no time
    needed: int = 0  # explorations with at most one fault

    @property
    def is_carried_out(self) -> bool:
        """Whether the plan was needed."""
        return bool(self.explored)

    def events(self, deadline: Deadline) -> Iterator[Event]:
        """Yield the events of the exploration of the whole."""
        from kmodel.engines.registry import ENGINES
        from kmodel.engines.runs.amounts import DelayBound
        from kmodel.planning.carrying_out import Share
        from kmodel.planning.check_plan import AFTERWARDS, DELAYS, plan_of

        is_small = len(self.model.actions) <= MOST_ACTIONS
        if is_small:
            last = yield from self._as_a_whole(Share(deadline, deadline.left * TRIED))
            if last.result.finished or deadline.is_over or deadline.seconds is None:
                yield last
                return
        with self._processes() as processes:  # they load what they need while the normal run is taken
            plan = plan_of(self.parts.scenario)
            tell_plan(self.console, plan, deadline)
            if not is_small:
                yield Started(self.model, "delays")
            self._carry_out(plan, Share(deadline, deadline.left - AFTERWARDS), processes)
        most = DELAYS if deadline.seconds is None else None
        share = Share.of_all_but(AFTERWARDS, deadline)
        for event in ENGINES["delays"].explore(self.model, DelayBound(most), share):
            if isinstance(event, Finished):
                # That its share is over is as it is meant.
                event = attrs.evolve(event, time_is_up=event.time_is_up and deadline.is_over)
            if not isinstance(event, Started):
                yield event

    def _as_a_whole(self, deadline: Deadline) -> Any:
        """Yield the events of an exhaustive search but the last one, and return that."""
        from kmodel.engines.bounds import Bounds
        from kmodel.engines.registry import ENGINES

        options = Bounds.of({**self.given.told}, self.context.folder)
        for event in ENGINES["exhaustive"].explore(self.model, options, deadline):
            if isinstance(event, Finished):
                return event
            yield event
        raise AssertionError("an engine ends with Finished")

    def _processes(self) -> AbstractContextManager[WorkerProcesses | None]:
        """Return the processes that carry out the plan; None for this one alone."""
        if self.jobs == 1 or self.project is None:
            return nullcontext()
        from kmodel.planning.worker_processes import Work, WorkerProcesses

        work = Work.of(self.project, self.given.source.files, self.specs)
        return WorkerProcesses(work, self.given.scenario.catalog, self.specs, self.jobs)

    def _carry_out(self, plan: CheckPlan, deadline: Deadline, processes: WorkerProcesses | None) -> None:
        from kmodel.planning.carrying_out import carry_out
        from kmodel.planning.earlier_runs import together, without

        self.needed = sum(len(task.faults) <= 1 for stage in plan.stages for task in stage.tasks)
        rows = OutcomeRows(self.console, plan, self.context.verbose)
        earlier = None
        try:
            deadline.check()
            earlier = self._earlier()
            known = () if earlier is None else earlier.known(plan)
            rows.tell_known(len(known))
            left = without(plan, known)
            new = processes.carry_out(left, deadline) if processes else carry_out(left, self.specs, deadline)
            for each in together(known, new):
                self.explored.append(each)
                rows.tell(each)
                if earlier is not None and not each.is_earlier:
                    earlier.add(each)
        except STOPPED:
            pass  # the exploration of the whole hears of it, too
        self.left_out = sum(len(stage.tasks) for stage in plan.stages) - len(self.explored)
        rows.tell_end(self.left_out)
        if earlier is not None and earlier.problem is not None:
            rows.tell_not_kept(earlier.path, earlier.problem)
        tell_hazards(self.console, self.explored)

    def _earlier(self) -> EarlierRuns | None:
        """Return what earlier runs found by the same plan; None where nothing is kept."""
        from kmodel.planning.earlier_runs import FILE, EarlierRuns, key_of
        from kmodel.planning.messages import Common

        folder, project = self.context.folder, self.project
        if folder is None or project is None:
            return None
        whole = self.parts.model(self.specs) if self.parts != self.given else self.model
        key = key_of(whole, (file for _, file in project.files()))
        return EarlierRuns(folder / FILE, key, Common(self.parts.scenario.catalog), self.specs)

    @cached_property
    def parts(self) -> Input:
        """What slices are made of: what pods need is there, as else they would only show that it is not."""
        return self.given.with_what_is_missing()

    @property
    def had_no_time(self) -> bool:
        """Whether there was no time for an exploration with at most one fault, or not even for the least of one.

        Or whether nothing came of one although there was time.
        """
        if any(each.lost for each in self.explored):
            return True
        needed = [each.result.saw_the_least for each in self.explored if len(each.task.faults) <= 1]
        return len(needed) < self.needed or not all(needed)

    @property
    def failures(self) -> tuple[tuple[TaskOutcome, Finding], ...]:
        """What is violated in slices, each spec once."""
        found: dict[str, tuple[TaskOutcome, Finding]] = {}
        for each in self.explored:
            for finding in each.failures:
                found.setdefault(finding.spec.name, (each, finding))
        return tuple(found.values())

    def _told_here(self, event: Finished) -> Iterator[tuple[TaskOutcome, Finding]]:
        """Yield what is violated in slices, and is not told of the whole."""
        told = {finding.spec.name for finding in event.result.failures}
        yield from ((each, finding) for each, finding in self.failures if finding.spec.name not in told)

    def tell_failures(self, event: Event) -> None:
        """Print how slices come to what is violated in them."""
        if not isinstance(event, Finished):
            return
        from kmodel.reporting.causes import Causes
        from kmodel.reporting.failure import story_of

        causes = Causes()  # each spec is told once here
        for each, finding in self._told_here(event):
            self.console.print()
            text = story_of(
                finding,
                heading=f"VIOLATED in {each.task}:",
                width=self.console.width,
                wide=self.wide,
                found=causes.of(each.result.model, finding),
                said=causes.sentences(each.result.model, finding),
            )
            self.console.print(printable(text, keep="\n"), markup=False, soft_wrap=True)

    def write_replays(self, event: Finished) -> None:
        """Write traces that take these steps in the whole, and print how to; OSError if that cannot be done."""
        deadline = Deadline(REPLAY_SECONDS)
        for each, finding in self._told_here(event):
            self.console.print()
            for line in self._replay(each, finding, deadline):
                self.console.print(printable(line), markup=False, soft_wrap=True)

    def _replay(self, each: TaskOutcome, finding: Finding, deadline: Deadline) -> Iterator[str]:
        """Yield how to take the steps of a slice in the whole, if they can be taken there."""
        from kmodel.reporting import trace_file
        from kmodel.reporting.failure import replay_command
        from kmodel.reporting.folders import folder_name

        trace = None if deadline.is_over else self.in_the_whole(each, finding, deadline)
        if trace is None and deadline.is_over:
            yield f"note     the steps to {finding.spec.name} are those of this slice; there was no time for all files"
            return
        if trace is None:
            yield f"note     the steps to {finding.spec.name} were found in this slice only, not in all files"
            return
        source = attrs.evolve(self.parts.source, faults=tuple((fault, 1) for fault in each.task.faults))
        path = self.context.file(f"trace-{finding.spec.name}-{folder_name(str(each.task))}.json")
        trace_file.save(path, trace, source, finding.spec, finding.reason)
        yield f"replay   {replay_command(trace, source, path)}"

    def in_the_whole(self, each: TaskOutcome, finding: Finding, deadline: Deadline) -> Trace | None:
        """Return a run of all that the files have that violates what a slice does; None if none is found."""
        from kmodel.engines.results import Verdict
        from kmodel.engines.retracing import recheck_all
        from kmodel.engines.runs.in_the_whole import in_the_whole
        from kmodel.kubernetes import scenario
        from kmodel.kubernetes.scenario.slices import with_faults

        assert finding.trace is not None, "a violation has a trace"
        if finding.trace.cycle is not None:
            return None
        whole = scenario.model(with_faults(self.parts.scenario, each.task.faults), self.specs)
        trace = in_the_whole(whole, finding.trace, deadline)
        if trace is None:
            return None
        again = {one.spec.name: one for one in recheck_all(whole, trace)}
        found = again.get(finding.spec.name)
        return trace if found is not None and found.verdict is Verdict.VIOLATED else None

    def not_judged(self, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Return those of the findings that no slice judges either."""
        from kmodel.engines.results import Verdict

        judged = {
            finding.spec.name
            for each in self.explored
            for finding in each.result.findings
            if finding.verdict is not Verdict.NOT_JUDGED
        }
        return tuple(finding for finding in findings if finding.spec.name not in judged)

    @property
    def in_short(self) -> str:
        """What came of the slices, as the beginning of the last line."""
        if not self.explored:
            return ""
        bad = len(self.failures)
        slices = len({each.task.slice.name for each in self.explored})
        said = f"{bad} spec{'' if bad == 1 else 's'} violated" if bad else "no violation found"
        explorations = len(self.explored)
        return f"{said} in {slices} slice{'' if slices == 1 else 's'} ({explorations} explorations); of the whole: "

    def document(self) -> dict[str, Any]:
        """Return the part of the JSON document."""
        if not self.explored:
            return {}
        return {"plan": {"explorations": [each.document() for each in self.explored], "leftOut": self.left_out}}
