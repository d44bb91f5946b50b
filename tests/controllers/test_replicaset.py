"""The ReplicaSet controller as a straight line, side by side with kmodel's own: what both keep, and how many states.

The straight line has fewer where several pods are made: it counts and asks for the first in one step, and has no number
of pods that it expects in its state. It has more after a restart, for what it was told is part of the state.
"""

from functools import cache
from typing import Any

import attrs
import pytest

from kmodel.controllers import Controller
from kmodel.controllers.promises import PROMISES
from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.results import Result
from kmodel.kubernetes.catalog import BUILT_IN, Catalog
from kmodel.kubernetes.components.settings import Settings
from kmodel.kubernetes.scenario.building import model
from kmodel.kubernetes.scenario.completing import complete
from kmodel.kubernetes.scenario.scenario import Scenario
from kmodel.project.python_files import module_of
from tests.components.scenes import replicaset
from tests.controllers.scenes import EXAMPLES, broken
from tests.specs.mutants import SPECS

TOO_MANY = "a_controller_makes_no_more_than_one_child_per_desired_child"


@cache
def straight_line() -> Controller:
    found: Any = module_of(EXAMPLES, EXAMPLES / "replicaset.py")
    return found.straight_line  # type: ignore[no-any-return]


def explored(catalog: Catalog, actor: str, replicas: int, faults: dict[str, int]) -> Result:
    settings = Settings(
        objects=(replicaset(replicas=replicas),), faults=tuple(faults.items()), names_per_workload=replicas + 2
    )
    made = complete(Scenario("replicaset", settings, catalog=catalog), actors=(actor,))
    return result_of(model(made, (*SPECS, *PROMISES)), Bounds(max_states=10_000))


def of_function(function: Controller, replicas: int, faults: dict[str, int]) -> Result:
    return explored(BUILT_IN.with_more([function.component], [], function.faults), function.name, replicas, faults)


@pytest.mark.parametrize(
    ("replicas", "faults", "own", "function"),
    [
        pytest.param(1, {}, 10, 10, id="one pod"),
        pytest.param(2, {}, 23, 21, id="two pods"),
        pytest.param(3, {}, 206, 36, id="three pods"),  # of which the built-in one creates the last two at once
        pytest.param(2, {"restart": 1}, 509, 560, id="a restart"),
        pytest.param(2, {"lost-request": 1}, 51, 55, id="a lost request"),
    ],
)
def test_it_keeps_the_same_in_about_as_many_states(
    replicas: int, faults: dict[str, int], own: int, function: int
) -> None:
    named = {"controller-restart" if name == "restart" else name: count for name, count in faults.items()}
    mine = {"straight-line-restart" if name == "restart" else name: count for name, count in faults.items()}
    built_in = explored(BUILT_IN, "replicaset-controller", replicas, named)
    straight = of_function(straight_line(), replicas, mine)
    assert (built_in.states, straight.states) == (own, function)
    assert broken(built_in) == set()
    assert broken(straight) == (set() if "restart" not in faults else {TOO_MANY})


def test_without_waiting_for_its_own_writes_it_makes_too_many() -> None:
    assert TOO_MANY in broken(of_function(attrs.evolve(straight_line(), reads_own_writes=False), 2, {}))
