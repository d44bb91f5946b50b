"""`kmodel replay`: take the steps of a trace again, and see what each of them changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kmodel.cli.errors import Command, InputProblem, one_line
from kmodel.cli.inputs import Input, all_specs, read_files, scenario_options

if TYPE_CHECKING:
    from kmodel.engines.verdict import Finding
    from kmodel.kernel import Model, Trace

VIOLATED = 1


@click.command(
    cls=Command,
    short_help="Take the steps of a trace again.",
    epilog="Exit codes: 0 nothing is violated on the trace, 1 the spec is violated (again), 2 bad input or usage, "
    "or the trace does not apply any more.",
)
@click.argument("trace", required=False, type=click.Path(path_type=Path, dir_okay=False), metavar="[TRACE.json]")
@click.option("--path", metavar="0/3/1", help="The address of a trace, instead of a file; say with -f of what.")
@scenario_options
@click.option("--diff/--no-diff", default=True, show_default=True, help="Show what each step changed.")
@click.option("-o", "--output", type=click.Choice(["table", "wide", "json"]), default="table", show_default=True)
@one_line
def replay(
    trace: Path | None,
    path: str | None,
    filenames: tuple[Path, ...],
    nodes: int | None,
    faults: dict[str, int] | None,
    diff: bool,
    output: str,
) -> None:
    """Take the steps of a trace again, one by one, and show what each of them changes.

    A trace file knows the manifests that it was made of; with -f it is replayed on others.

    \b
    Examples:
      kmodel replay reports/pod-creation/trace-a_pod_runs.json
      kmodel replay reports/pod-creation/trace-a_pod_runs.json -o wide
      kmodel replay --path 0/3/1 -f pod.yaml --nodes 2
    """
    if (trace is None) == (path is None):
        raise InputProblem("nothing to replay: name a trace-*.json file, or give --path 0/3/1 with -f FILE (not both)")
    if trace is not None:
        given, replayed, findings = _from_file(trace, filenames, nodes, faults)
    else:
        assert path is not None, "one of both is there"
        given, replayed, findings = _from_path(path, filenames, nodes, faults)
    if output == "json":
        click.echo(json.dumps(_document(given, replayed, findings), indent=2, ensure_ascii=False))
    else:
        _print(given, replayed, findings, wide=output == "wide", diff=diff)
    raise click.exceptions.Exit(VIOLATED if any(finding.is_failure for finding in findings) else 0)


Replayed = tuple[Input, "Trace", "list[Finding]"]


def _from_file(file: Path, filenames: tuple[Path, ...], nodes: int | None, faults: dict[str, int] | None) -> Replayed:
    from kmodel.engines.replay import follow_actions
    from kmodel.reporting import trace_file

    saved = trace_file.load(file)
    if not (filenames or saved.source.files):
        raise InputProblem(f"{file}: does not say what it was made of; add -f FILE")
    for source in () if filenames else saved.source.files:
        if not source.exists():
            raise InputProblem(f"{file}: {source}, which it was made of, is not there; pass it with -f")
    given = read_files(
        filenames or saved.source.files,
        saved.source.nodes if nodes is None else nodes,
        (dict(saved.source.faults) or None) if faults is None else faults,
    )
    specs = tuple(spec for spec in all_specs() if spec.name == saved.spec)
    if saved.spec is not None and not specs:
        raise InputProblem(f"{file}: there is no spec {saved.spec} any more; see kmodel specs")
    model = given.model(specs)
    trace = follow_actions(model, saved.initial, saved.choices)
    return given, trace, _recheck(model, trace)


def _from_path(path: str, filenames: tuple[Path, ...], nodes: int | None, faults: dict[str, int] | None) -> Replayed:
    from kmodel.engines.replay import follow_path

    if not filenames:
        raise InputProblem("--path is an address within a scenario; say which with -f FILE")
    given = read_files(filenames, nodes, faults)
    model = given.model(all_specs())
    trace = follow_path(model, path)
    return given, trace, [finding for finding in _recheck(model, trace) if finding.trace is not None]


def _recheck(model: Model, trace: Trace) -> list[Finding]:
    from kmodel.engines.replay import recheck

    return [recheck(spec, trace) for spec in model.specs]


def _document(given: Input, trace: Trace, findings: list[Finding]) -> dict[str, object]:
    from kmodel.reporting.document import API_VERSION, steps

    return {
        "apiVersion": API_VERSION,
        "kind": "Replay",
        "scenario": given.source.name,
        "address": trace.path,
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


def _print(given: Input, trace: Trace, findings: list[Finding], wide: bool, diff: bool) -> None:
    from rich.console import Console

    from kmodel.reporting.story import event_table
    from kmodel.reporting.wording import word_on_trace

    console = Console(highlight=False)

    def say(text: str = "") -> None:
        console.print(text, markup=False, soft_wrap=True)

    say(event_table(trace, width=console.width, wide=wide, diffs=diff))
    say()
    say(f"{given.source.name}, address {trace.path}")
    for finding in findings:
        say(f"{finding.spec.name}: {word_on_trace(finding)}")
