"""`kmodel incidents`: list the incidents that come with kmodel."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from kmodel.cli.inputs import complete_incident
from kmodel.cli.one_line import OneLineCommand, one_line
from kmodel.printable import json_text

if TYPE_CHECKING:
    from kmodel.project.incidents import Incident


@click.command(cls=OneLineCommand, short_help="List incidents that happened, to be checked.")
@click.argument("name", required=False, metavar="[ID]", shell_complete=complete_incident)
@click.option("-o", "--output", type=click.Choice(["table", "wide", "json"]), default="table", show_default=True)
@one_line
def incidents(name: str | None, output: str) -> None:
    """List incidents that happened to control planes: what went wrong, and what of the model each needs.

    With ID, print the page of that incident. The buggy variant violates a spec, and the fixed one keeps it.

    \b
    Examples:
      kmodel incidents
      kmodel incidents K15
      kmodel check --incident K15
      kmodel check --incident K15 --fixed
    """
    from rich.console import Console

    from kmodel.project.incidents import incident
    from kmodel.project.incidents import incidents as known

    if name is not None:
        found = incident(name)
        page = (found.folder / "README.md").read_text(encoding="utf-8")
        click.echo(_filled(page, Console().width))
        command = f"kmodel check --incident {found.id}"
        click.echo(f"\nHow it comes about:  {command}\nWith the correction: {command} --fixed")
        return
    listed = known()
    if output == "json":
        from kmodel.reporting.json_document import as_list

        click.echo(json_text(as_list("Incident", [_document(each) for each in listed])))
        return
    from kmodel.reporting.columns import columns

    headings = ["ID", "STORY", "WHAT WENT WRONG"]
    rows = [[each.id, f"{each.expected['buggy']['steps']} steps", each.title] for each in listed]
    width: int | None = Console().width
    if output == "wide":
        headings, width = [*headings, "SPEC", "FIXED", "NEEDS", "SOURCE"], None
        rows = [
            [*row, each.spec, f"holds, {each.expected['fixed']['states']} states", each.needs, each.source]
            for row, each in zip(rows, listed, strict=True)
        ]
    for lines in columns(headings, rows, width):
        click.echo("\n".join(lines))
    if output == "table":
        first = listed[0].id
        click.echo(f"\nTell one:            kmodel incidents {first}")
        click.echo(f"See how it happened: kmodel check --incident {first}")


def _filled(page: str, width: int) -> str:
    """Return the paragraphs of a page as wide as the terminal; where it comes from begins a line of its own."""
    paragraphs = page.strip().replace("\nSource: ", "\n\nSource: ").split("\n\n")
    filled = (textwrap.fill(each, width, break_long_words=False, break_on_hyphens=False) for each in paragraphs)
    return "\n\n".join(filled)


def _document(each: Incident) -> dict[str, object]:
    return {
        "name": each.id,
        "title": each.title,
        "source": each.source,
        "spec": each.spec,
        "needs": each.needs,
        "buggy": dict(each.expected["buggy"]),
        "fixed": dict(each.expected["fixed"]),
        "folder": str(each.folder),
    }
