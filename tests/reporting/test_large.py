"""A report does not grow with the number of states: what it shows of them is bounded, and each bound is held to."""

from pathlib import Path

import pytest

from kmodel.engines.exhaustive import Bounds
from kmodel.reporting.pictures import MOST_GROUPED, MOST_NEAR, MOST_VIEWS
from tests.reporting.examples import SOURCE, broken_model, result, write_report

MOST_BYTES = 1_000_000  # of a page that may have three times as many, for what has stories of fifty steps


def page_size(states: int, folder: Path) -> int:
    outcome = result(broken_model(7), Bounds(max_states=states))
    assert outcome.states == states
    written = write_report(outcome, SOURCE, folder)
    assert len(list(folder.glob("*.dot"))) <= 1 + MOST_VIEWS + 2 * MOST_NEAR
    return written.index.stat().st_size


@pytest.mark.parametrize(
    ("fewer", "states"), [(2 * MOST_GROUPED, 20_000), pytest.param(200_000, 800_000, marks=pytest.mark.long)]
)
def test_a_page_does_not_grow_with_the_states(fewer: int, states: int, tmp_path: Path) -> None:
    few, many = page_size(fewer, tmp_path / "few"), page_size(states, tmp_path / "many")
    assert many < MOST_BYTES
    assert abs(many - few) < few / 50  # the numbers have more digits
