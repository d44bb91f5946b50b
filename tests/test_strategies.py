"""The public strategies: what they draw is valid, small and simple; wrong arguments are refused at once."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis.errors import InvalidArgument

from kmodel.kernel import enabled
from kmodel.kubernetes import strategies
from kmodel.kubernetes.catalog import BUILT_IN
from kmodel.kubernetes.catalog import FAULT_NAMES as FAULTS
from kmodel.kubernetes.components.apiserver.validation import errors
from kmodel.kubernetes.components.component import Fault
from kmodel.kubernetes.objects import Node, Pod
from kmodel.kubernetes.scenario import Scenario, model


@given(strategies.pods())
def test_pods_are_valid(pod: Pod) -> None:
    assert errors(pod) == ()


@given(strategies.nodes(names=["big"]))
def test_nodes_are_valid_and_named_as_asked(node: Node) -> None:
    assert errors(node) == ()
    assert node.metadata.key == "big"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(strategies.scenarios(max_faults=2))
def test_scenarios_build_models_in_which_something_can_happen(scenario: Scenario) -> None:
    assert 1 <= len(scenario.settings.nodes) <= 2
    assert sum(budget for _, budget in scenario.settings.faults) <= 2
    drawn = model(scenario, ())
    cluster = drawn.initial[0]
    for _ in range(8):
        step = next(enabled(drawn, cluster), None)
        if step is None:
            break
        cluster = step.next
    assert cluster is not drawn.initial[0]


def test_scenarios_shrink_to_one_pod_on_one_node() -> None:
    simplest = find(strategies.scenarios(), lambda scenario: True).settings
    assert [node.metadata.name for node in simplest.nodes] == ["n1"]
    assert simplest.pod_names == ("web",)
    assert simplest.faults == ()
    assert simplest.calls == "fused"


def test_scenarios_are_drawn_of_a_catalog() -> None:
    meteor = Fault("meteor", (), hits=())
    drawn = strategies.scenarios(faults=["meteor"], catalog=BUILT_IN.with_more(faults=[meteor]))
    found = find(drawn, lambda scenario: scenario.settings.budget("meteor") == 1)
    assert found.catalog.faults[-1] is meteor
    with pytest.raises(InvalidArgument, match="no fault"):
        strategies.scenarios(faults=["meteor"])


@pytest.mark.long
def test_each_fault_can_be_drawn() -> None:
    unshrunk = settings(max_examples=2_000, phases=[Phase.generate])
    for fault in FAULTS:
        found = find(
            strategies.scenarios(),
            lambda scenario, fault=fault: scenario.settings.budget(fault) == 1,  # type: ignore[misc]
            settings=unshrunk,
        )
        assert (fault, 1) in found.settings.faults


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: strategies.pods(names=[]), "pods(names=[])"),
        (lambda: strategies.pods(names="web"), "pods(names='web')"),
        (lambda: strategies.nodes(names=[""]), "nodes(names=[''])"),
        (lambda: strategies.scenarios(max_nodes=0), "scenarios(max_nodes=0) must be a whole number from 1 to 2"),
        (lambda: strategies.scenarios(max_pods=3), "scenarios(max_pods=3)"),
        (lambda: strategies.scenarios(faults=["fire"]), "names 'fire', no fault; use some of container-crash"),
        (lambda: strategies.scenarios(calls=["both"]), "names 'both'"),
        (lambda: strategies.scenarios(max_faults=-1), "scenarios(max_faults=-1)"),
    ],
)
def test_wrong_arguments_are_refused_when_the_strategy_is_made(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        call()
    assert message in str(caught.value)
