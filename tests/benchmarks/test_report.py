"""The report says what was not measured and why a figure is not reached, and there is none where counts differ."""

from pathlib import Path

import pytest

from tests.benchmarks import ways as module
from tests.benchmarks.figures import figures
from tests.benchmarks.report import check_counts, notes, report
from tests.benchmarks.run import Run
from tests.benchmarks.ways import QUICK, Way, ways

COMPLETE = Run(seconds=1.0, count=1_000_000, complete=True, peak_bytes=20e6, calls=10)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[list[Way], dict[str, list[Run]]]:
    """All ways, of which none was run but each is said to have been, with the same figures."""
    for builder in ("spin", "tlc"):
        monkeypatch.setattr(module, builder, lambda *_: lambda: COMPLETE)
    monkeypatch.setattr(module, "_first_machine", lambda *_: lambda: COMPLETE)
    each = ways(QUICK, tmp_path)
    return each, {way.name: [COMPLETE] for way in each}


def test_a_figure_is_explained_only_where_it_is_not_reached(
    measured: tuple[list[Way], dict[str, list[Run]]],
) -> None:
    each, runs = measured
    runs["pods(3,1): kmodel, 2 threads"] = [Run(seconds=0.5, count=1_000_000)]
    reached = report(each, runs, QUICK, 1, 0.0, {})
    assert "| pods(3,1): two threads over one | 2.00 | at least 1.7 | yes |" in reached
    assert notes()["two threads over one"] not in reached
    runs["pods(3,1): kmodel, 2 threads"] = [Run(seconds=1.25, count=1_000_000)]
    missed = report(each, runs, QUICK, 1, 0.0, {})
    assert "| pods(3,1): two threads over one | 0.80 | at least 1.7 | no |" in missed
    assert notes()["two threads over one"] in missed


def test_a_way_that_cannot_run_is_named_with_the_reason(measured: tuple[list[Way], dict[str, list[Run]]]) -> None:
    each, runs = measured
    runs["pods(3,1): Spin"] = []
    written = report(each, runs, QUICK, 1, 0.0, {})
    assert "| pods(3,1): Spin | not measured: spin or gcc is not installed |" in written
    assert "one thread over Spin" not in written


def test_every_note_is_of_a_figure(measured: tuple[list[Way], dict[str, list[Run]]]) -> None:
    names = {figure.name for figure in figures(measured[1], QUICK)}
    assert set(notes()) - names == {"What is measured"}


def test_medians_are_of_all_rounds(measured: tuple[list[Way], dict[str, list[Run]]]) -> None:
    each, runs = measured
    runs["pods(3,1): kmodel, 1 thread"] = [Run(seconds, 1_000_000) for seconds in (1.0, 9.0, 2.0)]
    assert "| pods(3,1): kmodel, 1 thread | 1,000,000 states | 2.00 | 500,000 |" in report(
        each, runs, QUICK, 3, 0.0, {}
    )


def test_ways_that_see_all_states_must_agree_on_their_number() -> None:
    one, other, partial = (Way("toy", how, None) for how in ("kmodel", "TLC", "a loop"))
    runs = {one.name: [Run(1, 10, complete=True)], other.name: [Run(1, 10, complete=True)], partial.name: [Run(1, 4)]}
    check_counts([one, other, partial], runs)
    runs[other.name] = [Run(1, 11, complete=True)]
    with pytest.raises(SystemExit, match="toy: TLC finds 11 states, but kmodel 10"):
        check_counts([one, other, partial], runs)


def test_each_hazard_has_the_seconds_of_each_engine(measured: tuple[list[Way], dict[str, list[Run]]]) -> None:
    hazards = {"event-lost": {"exhaustive": 1.234, "delays": None}}
    written = report(*measured, QUICK, 1, 0.0, hazards)
    assert "| seconds to the first documented hazard | exhaustive | delays |" in written
    assert "| event-lost | 1.23 | - |" in written
