"""The examples of own controllers: what is wrong with each is found, and its corrected form holds, also with faults."""

from pathlib import Path

import pytest

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.project import Project
from tests.controllers.scenes import EXAMPLES, broken

FAULTS = {"cache-operator-restart": 1, "lost-answer": 1}


def violated(file: str, faults: dict[str, int], manifest: str = "cache.yaml") -> tuple[set[str], int]:
    project = Project(None, (Path(EXAMPLES / file),))
    found = project.read([EXAMPLES / manifest], faults=faults)
    result = result_of(found.model(project.specs), Bounds(max_states=30_000))
    return broken(result), result.states if result.finished else 0


@pytest.mark.parametrize(
    ("file", "faults", "expected"),
    [
        pytest.param(
            "generated_names.py",
            {},
            (
                {
                    "a_controller_makes_no_more_than_one_child_per_desired_child",
                    "a_controller_gets_what_it_wants",
                },
                114,
            ),
            id="too many pods",
        ),
        pytest.param("given_names.py", {}, (set(), 225), id="given names"),
        pytest.param("given_names.py", FAULTS, (set(), 13_443), id="given names, with faults"),
    ],
)
def test_pods_of_a_cache(file: str, faults: dict[str, int], expected: tuple[set[str], int]) -> None:
    assert violated(file, faults) == expected
