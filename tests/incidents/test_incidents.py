"""What public reports tell of Kubernetes, as scenarios: the model does what Kubernetes does, and the specs say so.

Each scenario says where it comes from. All specs are asked; hazards are what Kubernetes itself breaks.
"""

from functools import cache
from pathlib import Path

import pytest

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.verdict import Result, Verdict
from kmodel.kubernetes.scenario import load
from kmodel.kubernetes.scenario.building import model
from tests.specs.mutants import SPECS

HERE = Path(__file__).parent
MOST_STATES = 60_000
NAMES = sorted(file.stem for file in HERE.glob("*.yaml"))


@cache
def result(name: str) -> Result:
    found = result_of(model(load([HERE / f"{name}.yaml"]), SPECS), Bounds(max_states=MOST_STATES))
    assert found.finished, found.stopped
    return found


def verdict(name: str, spec: str) -> Verdict:
    (finding,) = (finding for finding in result(name).findings if finding.spec.name == spec)
    return finding.verdict


@pytest.mark.parametrize("name", NAMES)
def test_kubernetes_as_it_is_violates_nothing_but_hazards(name: str) -> None:
    assert not [f"{finding.spec.name}: {finding.reason}" for finding in result(name).failures]


@pytest.mark.parametrize("name", ["a-pod-deleted-while-it-is-bound", "a-binding-that-is-lost"])
def test_a_binding_that_fails_wakes_the_pods_that_its_room_was_taken_from(name: str) -> None:
    assert verdict(name, "a_feasible_pod_is_bound") is Verdict.HOLDS
