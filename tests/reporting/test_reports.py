"""Reports are values in one registry: a new one is written by every door, and hears every event."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from kmodel.cli import main
from kmodel.engines.events import Event, Finished, Progress, Started
from kmodel.engines.exhaustive import explore
from kmodel.reporting.handler import Handler, drive
from kmodel.reporting.reports import REPORTS, Report, ReportContext, handlers, of_files
from kmodel.reporting.source import Source
from tests.toys import two_phase_commit

EXAMPLE = Path(__file__).parents[2] / "examples/two_phase_commit.py"


def handler(context: ReportContext) -> Handler:
    """Return a report of one line: the kinds of events, and which traces were written before it."""
    heard: dict[str, None] = {}

    def handle(event: Event) -> None:
        if not isinstance(event, Progress):  # which depends on the time
            heard[type(event).__name__] = None
        if isinstance(event, Finished):
            context.file("heard.txt").write_text(f"{' '.join(heard)}: {' '.join(context.traces)}")

    return handle


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REPORTS, "heard", Report(__name__, ("heard.*",)))


@pytest.mark.usefixtures("toy")
def test_a_report_of_one_s_own_is_one_value(tmp_path: Path) -> None:
    old = tmp_path / "two-phase-commit-3/heard.old"
    old.parent.mkdir()
    old.touch()
    outcome = CliRunner().invoke(main, ["check", str(EXAMPLE), "--reports", str(tmp_path)])
    assert outcome.exit_code == 0, outcome.output
    assert not old.exists()
    assert (old.parent / "heard.txt").read_text() == "Started Found Finished: all_commit"


def test_every_report_makes_a_handler(tmp_path: Path) -> None:
    assert set(of_files()) < set(REPORTS)
    context = ReportContext(Source("toy"), tmp_path, Console(quiet=True))
    drive(explore(two_phase_commit.model(1)), *handlers(REPORTS, context), while_exploring=context.exploring)
    assert context.written is not None
    assert context.document["report"] == str(context.written.index)
    assert {file.suffix for file in tmp_path.iterdir()} >= {".html", ".json", ".dot"}


def test_what_stops_one_report_is_noted_and_no_other_is_written(tmp_path: Path) -> None:
    (tmp_path / "toy").write_text("no folder")
    context = ReportContext(Source("toy"), tmp_path / "toy")
    drive(explore(two_phase_commit.model(1)), *handlers(of_files(), context))
    assert isinstance(context.problem, FileExistsError)
    assert context.written is None


def test_the_result_comes_when_nothing_of_the_exploration_is_in_force_any_more() -> None:
    context = ReportContext(Source("toy"))
    heard: list[object] = []
    context.exploring.callback(lambda: heard.append("left"))
    drive(
        explore(two_phase_commit.model(1)), lambda event: heard.append(type(event)), while_exploring=context.exploring
    )
    assert (heard[0], heard[-2:]) == (Started, ["left", Finished])
