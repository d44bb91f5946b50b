"""`kmodel graph`: draw the states of a scenario."""

from __future__ import annotations

from pathlib import Path

import click

from kmodel.cli.compile_note import telling_compiling
from kmodel.cli.inputs import complete_scenario, read_one, scenario_options
from kmodel.cli.one_line import InputProblem, OneLineCommand, one_line
from kmodel.printable import in_one_line

MOST_DRAWN = 250  # states, as in kmodel.reporting.pictures, which is not loaded for a help text


@click.command(cls=OneLineCommand, short_help="Draw the states of a scenario.")
@click.argument("scenario", required=False, shell_complete=complete_scenario)
@scenario_options
@click.option(
    "--max-states",
    type=click.IntRange(min=1),
    default=MOST_DRAWN,
    show_default=True,
    help="Draw each state if there are at most this many, and groups of them otherwise.",
)
@click.option(
    "--group-by",
    multiple=True,
    metavar="FIELD",
    help="Draw states as one that agree in this field, for example etcd/pods.spec.node_name; may be repeated.",
)
@click.option(
    "--reports",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="The folder in which the scenario has one for its files.",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["files", "dot", "svg", "graphml"]),
    default="files",
    show_default=True,
    help="Write both files, or print one of them.",
)
@one_line
def graph(
    scenario: str | None,
    filenames: tuple[Path, ...],
    nodes: int | None,
    faults: dict[str, int] | None,
    max_states: int,
    group_by: tuple[str, ...],
    reports: Path,
    output: str,
) -> None:
    """Draw the states of a scenario, and which action leads from one to another.

    \b
    Examples:
      kmodel graph pod-creation
      kmodel graph -f pod.yaml --nodes 1 --max-states 100
      kmodel graph pod-creation --group-by etcd/pods.status.phase -o dot
    """
    from kmodel.reporting.folders import folder_name
    from kmodel.reporting.pictures import pictures, write_pictures

    given = read_one(scenario, filenames, nodes, faults)
    if output == "graphml":
        from kmodel.engines.small_graph import extract
        from kmodel.reporting.graphml import graphml

        with telling_compiling():
            found = extract(given.model(()), max_states)
        if not found.complete:
            click.echo(f"note: the first {max_states} states, not all there are; see --max-states", err=True)
        click.echo(graphml(found, given.source.name))
        return
    with telling_compiling():
        drawn = pictures(given.model(()), max_states=max_states, group_by=group_by, svg=output != "dot")
    picture = drawn[0]
    if output == "dot":
        click.echo(picture.dot)
    elif output == "svg":
        if picture.drawing.svg is None:
            raise InputProblem(picture.drawing.note)
        click.echo(picture.drawing.svg)
    else:
        folder = reports / folder_name(given.source.name)
        folder.mkdir(parents=True, exist_ok=True)
        click.echo(in_one_line(f"{picture.title}: {picture.caption}"))
        for file in write_pictures(drawn, folder.joinpath):
            click.echo(in_one_line(str(file)))
        if picture.drawing.note:
            click.echo(f"note: {picture.drawing.note}", err=True)
