"""The table of README.md names tests that are there."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TEXT = (HERE / "README.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(\S+\.py)::(\w+)`", TEXT)
IDS = {
    *(f"C{number}" for number in range(1, 21)),
    *[
        "B01",
        "B02",
        "B04",
        "B05",
        "B07",
        "B08",
        "B10",
        "B11",
        "B13",
        "B14",
        "B16",
        "B17",
        "B19",
        "B20",
        "B22",
        "B23",
        "B25",
        "B26",
        "B28",
        "B29",
    ],
    *["W01", "W02", "W04", "W05", "W06"],
}


def test_each_check_and_each_case_has_a_test_or_says_why_not() -> None:
    told = {name for row in re.findall(r"^\| ([BCW\d, ]+) \|", TEXT, re.MULTILINE) for name in row.split(", ")}
    assert told == IDS


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_a_test_of_the_table_is_there(file: str, name: str) -> None:
    assert f"\ndef {name}(" in (HERE / file).read_text(encoding="utf-8")


def test_each_point_of_a_component_names_a_test_or_a_row_that_does() -> None:
    rows = TEXT.partition("## Component by component")[2].partition("## Not yet")[0].splitlines()[7:]
    points = [row.split(" | ")[-1] for row in rows if row.startswith("|")]
    assert len(points) > 30
    for point in points:
        ids = re.findall(r"\b[BCW]\d\d?\b", point)
        assert ids or "::" in point, point
        assert set(ids) <= IDS, point
