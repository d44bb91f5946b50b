"""`kmodel replay`: take the steps of a trace again, and see what each of them changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from kmodel.cli.exit_codes import EPILOG, ExitCode, worst
from kmodel.cli.inputs import add_to_project, all_specs, assume, detail, do, read_files, scenario_options
from kmodel.cli.one_line import InputProblem, OneLineCommand, one_line
from kmodel.printable import in_one_line, json_text, printable

if TYPE_CHECKING:
    from kmodel.engines.results import Finding
    from kmodel.kernel import Model, Spec, Trace
    from kmodel.project import Input, ModelFile
    from kmodel.reporting.trace_file import Saved


@click.command(
    cls=OneLineCommand,
    short_help="Take the steps of a trace again.",
    epilog=EPILOG,
)
@click.argument("trace", required=False, type=click.Path(path_type=Path, dir_okay=False), metavar="[TRACE.json]")
@click.option("--path", metavar="0/3/1", help="The address of a trace, instead of a file; say with -f of what.")
@scenario_options
@click.option("--diff/--no-diff", default=True, show_default=True, help="Show what each step changed.")
@click.option(
    "--at",
    type=click.IntRange(min=0),
    metavar="STEP",
    help="Show the state after this step (0: before the first) instead of the steps.",
)
@click.option(
    "-o", "--output", type=click.Choice(["table", "wide", "json", "yaml"]), default="table", show_default=True
)
@one_line
def replay(
    trace: Path | None,
    path: str | None,
    filenames: tuple[Path, ...],
    nodes: int | None,
    faults: dict[str, int] | None,
    diff: bool,
    at: int | None,
    output: str,
) -> None:
    """Take the steps of a trace again, one by one, and show what each of them changes.

    With --at, show the state after one of them: the objects as `kubectl get -o wide` prints them, where a cache is not
    as etcd is, and the requests and events that are under way. A star marks what this step changed.

    A trace file knows the manifests that it was made of; with -f it is replayed on others. What a run does for ever
    stands behind ~ in an address; it is done once, to see that it comes back to where it began and is fair.

    \b
    Examples:
      kmodel replay reports/pod-creation/trace-a_pod_runs.json
      kmodel replay reports/pod-creation/trace-a_pod_runs.json -o wide
      kmodel replay reports/pod-creation/trace-a_pod_runs.json --at 12
      kmodel replay reports/pod-creation/trace-a_pod_runs.json --at 12 -o yaml
      kmodel replay --path 0/3/1 -f pod.yaml --nodes 2
      kmodel replay --path 0/3~1/2 -f pod.yaml
    """
    if (trace is None) == (path is None):
        raise InputProblem("nothing to replay: name a trace-*.json file, or give --path 0/3/1 with -f FILE (not both)")
    if trace is not None:
        replayed = _from_file(trace, filenames, nodes, faults)
    else:
        assert path is not None, "one of both is there"
        replayed = _from_path(path, filenames, nodes, faults)
    if at is not None:
        _print_state(replayed, at, output)
        return
    if output == "yaml":
        raise InputProblem("-o yaml shows one state; add --at STEP")
    if output == "json":
        click.echo(json_text(_document(replayed)))
    else:
        _print(replayed, wide=output == "wide", diff=diff)
    raise click.exceptions.Exit(worst(map(_code, replayed.findings)))


def _code(finding: Finding) -> ExitCode:
    from kmodel.engines.results import Verdict

    if finding.is_failure:
        return ExitCode.VIOLATED
    return ExitCode.UNFINISHED if finding.verdict is Verdict.NOT_JUDGED else ExitCode.OK


@attrs.frozen
class _Replayed:
    """A trace taken again, what it shows of specs, and why it shows nothing of temporal ones (None: it does)."""

    given: Input | ModelFile
    model: Model
    trace: Trace
    findings: tuple[Finding, ...]
    objection: str | None


def made_of(
    file: Path, filenames: tuple[Path, ...], nodes: int | None, faults: dict[str, int] | None
) -> tuple[Saved, Input | ModelFile]:
    """Return what a trace file holds, and what it was made of, or what is given instead."""
    from kmodel.reporting import trace_file

    saved = trace_file.load(file)
    if not (filenames or saved.source.files):
        raise InputProblem(f"{file}: does not say what it was made of; add -f FILE")
    for source in () if filenames else (*saved.source.files, *saved.source.more, *saved.source.hooks):
        if not source.exists() and str(source) != "-":
            raise InputProblem(f"{file}: {source}, which it was made of, is not there; pass it with -f")
    add_to_project(saved.source.more, saved.source.hooks)
    assume(saved.source.assumed)
    do(saved.source.lines)
    detail(dict(saved.source.detail))
    given = read_files(
        filenames or saved.source.files,
        saved.source.nodes if nodes is None else nodes,
        (dict(saved.source.faults) or None) if faults is None else faults,
    )
    return saved, given


def _from_file(file: Path, filenames: tuple[Path, ...], nodes: int | None, faults: dict[str, int] | None) -> _Replayed:
    from kmodel.engines.retracing import follow_actions

    saved, given = made_of(file, filenames, nodes, faults)
    specs = _shown(saved, _specs(given))
    if saved.spec is not None and not specs:
        raise InputProblem(f"{file}: there is no spec {saved.spec} any more; see kmodel specs")
    model = given.model(specs)
    trace = follow_actions(model, saved.initial, saved.choices, saved.cycle)
    return _rechecked(given, model, trace)


def _specs(given: Input | ModelFile) -> tuple[Spec, ...]:
    return all_specs() if given.own_specs is None else given.own_specs


def _shown(saved: Saved, specs: Sequence[Spec]) -> tuple[Spec, ...]:
    """Return the spec that a trace shows something of, by its name: by its module only where several have the name."""
    name = (saved.spec or "").rpartition(".")[2]
    named = [spec for spec in specs if spec.function.__name__ == name]
    return tuple(spec for spec in named if len(named) == 1 or spec.module == saved.module)


def _from_path(path: str, filenames: tuple[Path, ...], nodes: int | None, faults: dict[str, int] | None) -> _Replayed:
    from kmodel.engines.retracing import follow_path

    if not filenames:
        raise InputProblem("--path is an address within a scenario; say which with -f FILE")
    given = read_files(filenames, nodes, faults)
    model = given.model(_specs(given))
    trace = follow_path(model, path)
    replayed = _rechecked(given, model, trace)
    return attrs.evolve(replayed, findings=tuple(each for each in replayed.findings if each.trace is not None))


def _rechecked(given: Input | ModelFile, model: Model, trace: Trace) -> _Replayed:
    from kmodel.engines.retracing import objection, recheck_all

    return _Replayed(given, model, trace, recheck_all(model, trace), objection(model, trace))


def _print_state(replayed: _Replayed, at: int, output: str) -> None:
    """Print the state after a step, and what that step was."""
    from rich.console import Console

    from kmodel.reporting.counted import counted
    from kmodel.reporting.state_shown import marked, state_text
    from kmodel.reporting.story import line

    given, states = replayed.given, counted(replayed.trace).states
    if at >= len(states):
        raise InputProblem(f"there is no step {at}: the trace has {len(states) - 1}; --at 0 is the state before them")
    if output in ("yaml", "json"):
        click.echo(_objects_text(given.manifests(states[at]), output))
        return
    width = None if output == "wide" else Console().width
    if at:
        told = line(at, replayed.trace.steps[at - 1])
        click.echo(
            in_one_line(
                f"After step {at} of {len(states) - 1}: {told.actor}, {told.reason} {told.object}: {told.message}"
            )
        )
    else:
        click.echo(f"Before the first of {len(states) - 1} steps")
    click.echo()
    click.echo(
        printable(state_text(marked(given.state(states[at]), given.state(states[max(0, at - 1)])), width), keep="\n")
    )


def _objects_text(objects: list[dict[str, Any]], output: str) -> str:
    if output == "json":
        return json_text({"apiVersion": "v1", "kind": "List", "items": objects})
    import yaml

    return printable(yaml.safe_dump_all(objects, sort_keys=False, allow_unicode=True), keep="\n").rstrip("\n")


def _document(replayed: _Replayed) -> dict[str, object]:
    from kmodel.reporting.json_document import API_VERSION, steps

    given, trace, findings = replayed.given, replayed.trace, replayed.findings
    return {
        "apiVersion": API_VERSION,
        "kind": "Replay",
        "scenario": given.source.name,
        "address": trace.path,
        "cycle": trace.cycle,
        "goesOnForEver": trace.cycle is not None and replayed.objection is None,
        "specs": [
            {
                "name": finding.spec.name,
                "verdict": finding.verdict.value,
                "reason": finding.reason,
                "hazard": finding.spec.hazard,
                "steps": None if finding.trace is None else len(finding.trace.steps),
            }
            for finding in findings
        ],
        "steps": steps(trace),
    }


def _print(replayed: _Replayed, wide: bool, diff: bool) -> None:
    from rich.console import Console

    from kmodel.reporting.causes import Causes, marks, why
    from kmodel.reporting.lasso import idle_table
    from kmodel.reporting.story import event_table
    from kmodel.reporting.wording import word_on_trace

    console = Console(highlight=False)
    given, trace, findings = replayed.given, replayed.trace, replayed.findings
    idle = next((finding.idle for finding in findings if finding.idle), ())

    def say(text: str = "") -> None:
        console.print(printable(text, keep="\n"), markup=False, soft_wrap=True)

    violated = [finding for finding in findings if finding.is_failure or finding.is_hazard]
    found = Causes().of(replayed.model, violated[0]) if len(violated) == 1 else None
    is_whole = found is not None and found.steps == len(trace.steps)
    say(event_table(trace, width=console.width, wide=wide, diffs=diff, marks=marks(found) if is_whole else {}))
    say()
    if idle:
        say("\n".join([*idle_table(idle, None if wide else console.width), ""]))
    say(f"{given.source.name}, address {trace.path}")
    if trace.cycle is not None:
        ends = "a fair run may stay there: nothing that is owed is enabled"
        goes_on = "the cycle comes back to the state that it begins in, and is fair to every action"
        say(replayed.objection or (ends if trace.cycle == len(trace.steps) else goes_on))
    for sentence in why(found, trace) if found is not None and is_whole else ():
        say(sentence)
    for finding in findings:
        say(f"{finding.spec.name}: {word_on_trace(finding)}")
