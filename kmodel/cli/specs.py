"""`kmodel specs`: list what is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kmodel.cli.inputs import named, project_options, read_files, some_specs
from kmodel.cli.one_line import OneLineCommand, one_line
from kmodel.printable import json_text

if TYPE_CHECKING:
    from kmodel.kernel import Spec


@click.command(cls=OneLineCommand, short_help="List what is checked.")
@project_options
@click.option("--scenario", metavar="NAME", help="Only the specs that apply to this scenario.")
@click.option("-o", "--output", type=click.Choice(["table", "wide", "json"]), default="table", show_default=True)
@one_line
def specs(scenario: str | None, output: str) -> None:
    """List the specs: their names, kinds, and what they say.

    A spec that Kubernetes truly breaks is a documented hazard: a violation of it is shown, but does not fail a check.

    \b
    Examples:
      kmodel specs
      kmodel specs --scenario pod-creation
      kmodel specs -o json
    """
    listed = some_specs()
    if scenario is not None:
        listed = read_files([named(scenario)], None, None).model(listed).specs
    if output == "json":
        from kmodel.reporting.json_document import as_list

        click.echo(json_text(as_list("Spec", [_document(spec) for spec in listed])))
        return
    from rich.console import Console

    from kmodel.reporting.columns import columns

    if output == "wide":
        headings = ["NAME", "KIND", "MODULE", "SHOWS", "SENTENCE", "HAZARD"]
        rows = [
            [*_row(spec), spec.module, spec.shows.name if spec.shows else "-", spec.sentence, spec.hazard or "-"]
            for spec in listed
        ]
        width = None
    else:
        headings = ["NAME", "KIND", "HAZARD", "SENTENCE"]
        rows = [[*_row(spec), "yes" if spec.hazard else "-", spec.sentence] for spec in listed]
        width = Console().width
    for lines in columns(headings, rows, width):
        click.echo("\n".join(lines))


def _row(spec: Spec) -> list[str]:
    from kmodel.reporting.wording import kind_in_words

    return [spec.name, kind_in_words(spec.kind)]


def _document(spec: Spec) -> dict[str, object]:
    return {
        "name": spec.name,
        "kind": spec.kind.word,
        "sentence": spec.sentence,
        "hazard": spec.hazard,
        "each": None if spec.each is None else spec.each.family,
        "shows": None if spec.shows is None else spec.shows.name,
        "module": spec.module,
    }
