"""The table of README.md names tests that are there."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NAMED = re.findall(r"`(\S+\.py)::(\w+)`", (HERE / "README.md").read_text(encoding="utf-8"))


def test_the_table_names_tests() -> None:
    assert len(NAMED) > 20


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_a_test_of_the_table_is_there(file: str, name: str) -> None:
    assert f"\ndef {name}(" in (HERE / file).read_text(encoding="utf-8")
