"""`kmodel check`: explore a scenario, ask every spec, print the verdicts, write the report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from kmodel.cli.compile_note import telling_compiling
from kmodel.cli.engine_options import engine_options
from kmodel.cli.exit_codes import EPILOG, ExitCode, worst
from kmodel.cli.inputs import (
    Duration,
    chosen_specs,
    complete_scenario,
    is_fixed,
    meant,
    nothing,
    project,
    read,
    scenario_options,
    specs_of_incident,
)
from kmodel.cli.one_line import InputProblem, OneLineCommand, one_line
from kmodel.cli.plan_lines import tell_dry
from kmodel.cli.planned import MOST_ACTIONS, SECONDS, PlannedCheck
from kmodel.cli.signals import stopping
from kmodel.cli.user_objects import ObjectsReport, UserObjects
from kmodel.engines.alarm import as_stopped
from kmodel.engines.clock import Deadline
from kmodel.engines.events import Event, Started
from kmodel.engines.registry import ENGINES, choose
from kmodel.printable import json_text, printable

if TYPE_CHECKING:
    from rich.console import Console

    from kmodel.engines.results import Result
    from kmodel.kernel import Model, Spec
    from kmodel.project import Input, ModelFile
    from kmodel.reporting.handler import Driven
    from kmodel.reporting.reports import ReportContext, Written
    from kmodel.reporting.source import Source


@click.command(
    cls=OneLineCommand,
    short_help="Explore a scenario and check every spec.",
    epilog=EPILOG,
)
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...", shell_complete=complete_scenario)
@scenario_options
@engine_options
@click.option(
    "--max-time",
    type=Duration(),
    metavar="TIME",
    help="Stop after this time, such as 60s, 5m or 1h, with what is known by then; 0: no limit.  [default: 60s for "
    "files that no engine is named for, else 0]",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many processes explore files that no engine is named for; the verdicts are the same.  [default: one for "
    "each core]",
)
@click.option("--dry-run", is_flag=True, help="Show what would be explored of files that no engine is named for.")
@click.option(
    "--spec",
    "spec_names",
    multiple=True,
    metavar="NAME",
    help="Check only this spec and its `sometimes`; may be repeated.",
)
@click.option(
    "--reports",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="The folder that gets a report per scenario.",
)
@click.option(
    "-v", "--verbose", is_flag=True, help="List each spec, what is left out and why, and what the exploration took."
)
@click.option("-o", "--output", type=click.Choice(["table", "wide", "json"]), default="table", show_default=True)
@one_line
def check(
    scenarios: tuple[str, ...],
    filenames: tuple[Path, ...],
    nodes: int | None,
    faults: dict[str, int] | None,
    spec_names: tuple[str, ...],
    reports: Path,
    max_time: float | None,
    jobs: int | None,
    dry_run: bool,
    output: str,
    verbose: bool,
    engine: str | None,
    told: dict[str, Any],
) -> None:
    """Explore scenarios, check every spec and write a report of each.

    SCENARIO is the name of a file in specs/scenarios/, a path, or a Python file with a MODEL of your own. All files
    given with -f make one scenario instead.

    \b
    Examples:
      kmodel check pod-creation
      kmodel check -f pod.yaml -f service.yaml --nodes 2
      kmodel check -f manifests/ --faults container-crash=1,kubelet-restart=1
      kmodel check pod-creation --spec no_node_is_overcommitted --first
      kmodel check silent-node --simulate 1000 --steps 300 --seed 7
      kmodel check pod-creation -o json
      kmodel check pod-creation --resume --max-memory 2Gi
      kmodel check --incident K15 --fixed
    """
    inputs = read(scenarios, filenames, nodes, faults)
    if not inputs:
        raise InputProblem(nothing("check"))
    about = specs_of_incident()
    spec_names = spec_names or about
    specs = tuple(attrs.evolve(spec, hazards=()) if about else spec for spec in chosen_specs(spec_names, inputs))
    if about and engine is None and not is_fixed():
        told.setdefault("first", True)  # one story is what is wanted
    models = _models(inputs, specs, spec_names)
    engines = [choose(engine, told, given.engine) for given in inputs]
    _make(reports)
    from kmodel.reporting.folders import report_folders

    folders = report_folders([given.source for given in inputs])
    outcomes: list[_Outcome] = []
    is_planned = engine is None and not told and all(given.is_plain for given in inputs)
    seconds = max_time if max_time is not None else SECONDS if is_planned else 0.0
    deadline = Deadline(seconds or None)
    if not is_planned and (dry_run or jobs is not None):
        flag = "--dry-run" if dry_run else "--jobs"
        raise InputProblem(f"{flag} is for files that no engine is named for; leave it out, or what names one")
    if dry_run:
        _tell_dry(inputs, deadline)
        return
    for given, model, name, folder in zip(inputs, models, engines, folders, strict=True):
        if outcomes and output != "json":
            click.echo()
        exploration = _Exploration(given, model, name, told, reports / folder, specs if is_planned else None, jobs)
        outcomes.append(_check(exploration, deadline, output, verbose))
        if outcomes[-1].is_cut_off:
            break
    if output == "json":
        from kmodel.reporting.json_document import as_list

        items = [outcome.document for outcome in outcomes]
        click.echo(json_text(as_list("Check", items)))
    elif len(inputs) > 1:
        _print_all(inputs, outcomes)
    raise click.exceptions.Exit(worst(outcome.code for outcome in outcomes))


def _models(inputs: list[Input | ModelFile], specs: tuple[Spec, ...], names: tuple[str, ...]) -> list[Model]:
    """Return the models with the specs that apply; InputProblem if one that was named, or each, applies nowhere."""
    from kmodel.kernel import feature_name

    models = [given.model(specs) for given in inputs]
    asked = {spec.origin for model in models for spec in model.specs}
    of = ", ".join(given.source.name for given in inputs)
    for spec in (meant(name, specs) for name in names):
        if spec.origin not in asked:
            needs = ", ".join(map(feature_name, spec.needs))
            raise InputProblem(f"spec {spec.name} says nothing of {of}, which lacks what it needs: {needs}")
    if not asked:
        raise InputProblem(f"no spec says anything of {of}; see kmodel specs -o wide, or write one for it")
    return models


def _make(reports: Path) -> None:
    """Make the folder for the reports before the work, not after it, since it may be impossible."""
    try:
        reports.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputProblem(f"{reports}: cannot be made: {error.strerror}; name another folder with --reports") from None


@attrs.frozen
class _Outcome:
    document: dict[str, Any]
    verdict: str
    code: ExitCode
    is_cut_off: bool


def _print_all(inputs: list[Input | ModelFile], outcomes: list[_Outcome]) -> None:
    """Print a line per scenario; those that an interrupt left out are named, too."""
    from rich.console import Console

    from kmodel.reporting.columns import columns

    verdicts = [outcome.verdict for outcome in outcomes] + ["not checked"] * (len(inputs) - len(outcomes))
    rows = [[given.source.name, verdict] for given, verdict in zip(inputs, verdicts, strict=True)]
    click.echo()
    for lines in columns(["SCENARIO", "OUTCOME"], rows, Console().width):
        click.echo("\n".join(lines))


@attrs.frozen
class _Exploration:
    """One scenario of a run: its model, the engine with what the command line tells it, and the folder for reports."""

    given: Input | ModelFile
    model: Model
    engine: str
    told: dict[str, Any]
    folder: Path
    planned: tuple[Spec, ...] | None = None  # the specs, if it is left to kmodel how to explore
    jobs: int | None = None  # processes for that

    def as_if_nothing_were_missing(self) -> _Exploration:
        """Return what is explored: of a plan for what is large, what pods need is there, since all else waits for it.

        What becomes of the pods without it, the normal run tells.
        """
        if self.planned is None or len(self.model.actions) <= MOST_ACTIONS:
            return self
        given = _with_objects(self.given).with_what_is_missing()
        model = self.model if given == self.given else given.model(self.planned)
        return attrs.evolve(self, given=given, model=model)

    def events(self, deadline: Deadline) -> Iterator[Event]:
        """Yield the events of the exploration."""
        options = ENGINES[self.engine].Options.of({**self.given.told, **self.told}, self.folder)
        return ENGINES[self.engine].explore(self.model, options, deadline)


def _check(exploration: _Exploration, deadline: Deadline, output: str, verbose: bool) -> _Outcome:
    from rich.console import Console

    from kmodel.reporting.handler import drive
    from kmodel.reporting.reports import ReportContext, handlers, of_files, writing
    from kmodel.reporting.wording import overall

    objects_of, exploration = exploration, exploration.as_if_nothing_were_missing()
    given = exploration.given
    console = Console(highlight=False, emoji=False, quiet=output == "json")
    context = ReportContext(
        given.source, exploration.folder, console, wide=output == "wide", verbose=verbose, subject=given
    )
    objects = ObjectsReport(objects_of.given, console, context.wide, deadline, objects_of.model)
    planned = _planned(exploration, context)
    driven = drive(
        as_stopped(exploration.events(deadline) if planned is None else planned.events(deadline), deadline),
        *handlers(["progress"], context),
        _tell_note,
        objects.tell_first,
        lambda event: _hand_on(objects, context),
        *handlers(["summary", *(["cost"] if verbose else [])], context),
        objects.tell_stuck,
        *(() if planned is None else (planned.tell_failures,)),
        # Verdicts and stories come before the files: pictures take a moment, and a disk may be full.
        *handlers(["stories", *of_files(), *(["json"] if output == "json" else [])], context),
        *(() if planned is None else (writing(context, planned.write_replays),)),
        while_exploring=_while_exploring(deadline, context),
    )
    written = _tell_problem(context)
    by_plan = None if planned is None or not planned.is_carried_out else planned
    _print_outcome(console, given, driven.result, context.written, objects.found, by_plan)
    is_finished = driven.result.finished and not driven.is_cut_off
    if context.written and is_finished:
        driven.done()
    else:
        _print_checkpoint(console, driven, is_finished)
    code = _code(driven, exploration.engine, given.source, by_plan)
    return _Outcome(
        context.document | objects.found.document() | (by_plan.document() if by_plan else {}),
        objects.found.in_short + (by_plan.in_short if by_plan else "") + overall(driven.result, given.source),
        worst((code, written, ExitCode.OK if objects.found.are_well else ExitCode.VIOLATED)),
        driven.is_cut_off,
    )


def _hand_on(objects: ObjectsReport, context: ReportContext) -> None:
    """Give the page what the terminal says of the objects; where they all end, it sees by itself."""
    from kmodel.reporting.answer import NORMALLY, ObjectsAnswer

    if objects.found.endings and not any(objects.found.endings.values()):
        context.answer = ObjectsAnswer(objects.found.refused, objects.found.ends(), NORMALLY)


@contextmanager
def _while_exploring(deadline: Deadline, context: ReportContext) -> Iterator[None]:
    """Listen to signals, and for what is compiled, as long as the engine is at work."""
    with context.exploring, stopping(deadline, _tell_stopping), telling_compiling():
        yield


def _tell_stopping() -> None:
    click.echo("stopping after this round; again to stop now", err=True)


def _tell_note(event: Event) -> None:
    if isinstance(event, Started) and event.note:
        click.echo(f"note     {event.note}", err=True)


def _code(driven: Driven, engine: str, source: Source, planned: PlannedCheck | None) -> ExitCode:
    result = driven.result
    if result.failures or (planned is not None and planned.failures):
        return ExitCode.VIOLATED
    is_meant_whole = planned is None and ENGINES[engine].sees_all
    is_cut_off = driven.is_cut_off or (is_meant_whole and not result.finished)
    if planned is not None:
        is_cut_off = is_cut_off or planned.had_no_time or not result.saw_the_least
    not_judged = result.not_judged if planned is None else planned.not_judged(result.not_judged)
    return ExitCode.UNFINISHED if is_cut_off or not_judged or source.not_checked else ExitCode.OK


def _with_objects(given: Input | ModelFile) -> Input:
    from kmodel.project import Input

    assert isinstance(given, Input), "only files with objects are plain"
    return given


def _planned(exploration: _Exploration, context: ReportContext) -> PlannedCheck | None:
    """Return the check by plan; None if it is said how to explore, or by whom."""
    if exploration.planned is None:
        return None
    from kmodel.planning.worker_processes import usual_jobs

    return PlannedCheck(
        _with_objects(exploration.given),
        exploration.model,
        exploration.planned,
        context.terminal,
        context,
        wide=context.wide,
        project=project(),
        jobs=exploration.jobs or usual_jobs(),
    )


def _tell_dry(inputs: list[Input | ModelFile], deadline: Deadline) -> None:
    from rich.console import Console

    from kmodel.planning.check_plan import plan_of

    for given in inputs:
        made = _with_objects(given).with_what_is_missing()
        tell_dry(Console(highlight=False), plan_of(made.scenario), deadline)


def _tell_problem(context: ReportContext) -> ExitCode:
    """Say in one line why the report was not written, if so: the verdicts are known all the same."""
    problem, folder = context.problem, context.folder
    if isinstance(problem, KeyboardInterrupt):
        click.echo(f"interrupted: the report in {folder} is not complete", err=True)
        return ExitCode.UNFINISHED
    if problem is not None:
        why = problem.strerror or str(problem)
        InputProblem(f"{folder}: the report cannot be written: {why}; name another folder with --reports").show()
        return ExitCode.USAGE
    return ExitCode.OK


def _print_checkpoint(console: Console, driven: Driven, is_finished: bool) -> None:
    """Say how to go on with an exploration that was cut off, or whose report could not be written."""
    if driven.checkpoint is not None:
        is_same = driven.is_cut_off or is_finished
        how = "run the same command with --resume" if is_same else "change the bound and add --resume"
        _say(console, f"resume   {how} to go on from {driven.checkpoint}")
    if driven.problem:
        _say(console, f"note     {driven.problem}")


def _print_outcome(
    console: Console,
    given: Input | ModelFile,
    result: Result,
    written: Written | None,
    objects: UserObjects,
    planned: PlannedCheck | None,
) -> None:
    from kmodel.reporting.columns import wrapped
    from kmodel.reporting.failure import replay_command
    from kmodel.reporting.wording import overall

    for finding in result.failures:
        assert finding.trace is not None, "a violation has a trace"
        file = written.traces.get(finding.spec.name) if written else None
        _say(console, f"replay   {replay_command(finding.trace, given.source, file)}")
    if written:
        _say(console, f"report   {written.index}")
    if result.failures:
        console.print()
    for note in written.notes if written else ():
        _say(console, f"note     {note}")
    is_whole = result.finished and not result.not_judged and not given.source.weakened_by
    is_bad = result.failures or not objects.are_well or (planned is not None and planned.failures)
    style = "bold red" if is_bad else "green" if is_whole else "yellow"
    by_plan = planned.in_short if planned else ""
    verdict = wrapped(
        f"{given.source.name}: {objects.in_short}{by_plan}{overall(result, given.source)}", console.width, 0
    )
    console.print("\n".join(verdict), style=style, markup=False, soft_wrap=True)


def _say(console: Console, text: str) -> None:
    """Print a line as it is, for a reader who may copy it: neither wrapped nor taken for markup."""
    console.print(printable(text), markup=False, soft_wrap=True)
