"""`kmodel survey`: which of many files load, what of them is modelled, and what weakens or is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from kmodel.cli.inputs import project, project_options
from kmodel.cli.one_line import InputProblem, OneLineCommand, one_line
from kmodel.printable import in_one_line

if TYPE_CHECKING:
    from kmodel.project import Project

HEADINGS = ("FILE", "LOADS", "WORKLOADS", "MODELLED", "WEAKENED BY", "REFUSED, OR WHY IT DOES NOT LOAD")
REPORT = "survey.md"


@attrs.frozen
class SurveyedFile:
    """A file: whether it loads (None: it is no manifest), how many workloads it has and how many are modelled."""

    file: str
    loads: bool | None
    workloads: int = 0
    modelled: int = 0
    weakened_by: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def row(self) -> tuple[str, ...]:
        """The line of the table."""
        loads = "no manifest" if self.loads is None else "yes" if self.loads else "no"
        counts = (str(self.workloads), str(self.modelled)) if self.loads else ("-", "-")
        return (self.file, loads, *counts, ", ".join(self.weakened_by) or "-", "; ".join(self.refused) or "-")


@click.command(cls=OneLineCommand, short_help="List which of many manifests load, and what of them is modelled.")
@click.argument("paths", nargs=-1, metavar="FILE_OR_DIR...", type=click.Path(path_type=Path, exists=True))
@project_options
@click.option(
    "--reports",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help=f"The folder that gets {REPORT}.",
)
@one_line
def survey(paths: tuple[Path, ...], reports: Path) -> None:
    """Read each file by itself, also those in folders below, and say what of it kmodel would check.

    \b
    Examples:
      kmodel survey manifests/
      kmodel survey deploy/ charts/rendered.yaml --reports out
    """
    if not paths:
        raise InputProblem("nothing to survey: name files or folders")
    from rich.console import Console

    from kmodel.kubernetes.scenario.manifest_files import manifests_in, with_folders_below
    from kmodel.reporting.columns import columns

    files: dict[Path, None] = {}
    for path in paths:
        folders = with_folders_below(path) if path.is_dir() else ()
        files |= dict.fromkeys((file for folder in folders for file in manifests_in(folder)) if folders else (path,))
    surveyed = [_surveyed(file, project()) for file in files]
    reports.mkdir(parents=True, exist_ok=True)
    (reports / REPORT).write_text(markdown(surveyed), encoding="utf-8")
    for lines in columns(HEADINGS, [each.row for each in surveyed], Console().width):
        click.echo("\n".join(lines))
    click.echo(f"\n{totals(surveyed)}\nreport   {reports / REPORT}")


def _surveyed(file: Path, known: Project) -> SurveyedFile:
    from kmodel.kubernetes.manifests import InputError, NoManifestError
    from kmodel.kubernetes.scenario import load

    name = in_one_line(str(file))
    try:
        scenario = load([file], catalog=known.catalog)
    except NoManifestError as error:
        return SurveyedFile(name, None, refused=(f"{error.problem}; {error.fix}",))
    except InputError as error:
        several = getattr(error, "errors", (error,))
        return SurveyedFile(name, False, refused=tuple(f"{each.path} {each.problem}".strip() for each in several))
    modelled = len(scenario.settings.pod_names) + len(scenario.settings.workloads)
    return SurveyedFile(
        name,
        True,
        modelled + len(scenario.caveats.workloads),
        modelled,
        scenario.caveats.weakened_by,
        tuple(map(str, scenario.refused)),
    )


def totals(surveyed: Sequence[SurveyedFile]) -> str:
    """Return how many files load, and of how many with workloads all are modelled, weakened or refused."""
    manifests = [each for each in surveyed if each.loads is not None]
    loading = [each for each in manifests if each.loads]
    working = [each for each in loading if each.workloads]
    whole = sum(each.workloads == each.modelled for each in working)
    weakened = sum(bool(each.weakened_by) for each in loading)
    refused = sum(bool(each.refused) for each in loading)
    others = len(surveyed) - len(manifests)
    return (
        f"{len(loading)} of {len(manifests)} manifests load ({others} more {'is' if others == 1 else 'are'} none); of "
        f"{len(working)} with workloads {whole} have all of them modelled; {weakened} are weakened, {refused} have "
        "something that is refused"
    )


def markdown(surveyed: Sequence[SurveyedFile]) -> str:
    """Return the table as Markdown."""
    rows = [[cell.replace("|", "\\|") for cell in row] for row in (HEADINGS, *(each.row for each in surveyed))]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([totals(surveyed), "", lines[0], f"| {' | '.join(['---'] * len(HEADINGS))} |", *lines[1:], ""])
