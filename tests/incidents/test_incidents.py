"""What public reports tell of Kubernetes, as scenarios: the model does what Kubernetes does, and the specs say so.

Each scenario says where it comes from. All specs are asked; hazards are what Kubernetes itself breaks.
"""

from functools import cache
from pathlib import Path

import pytest

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.verdict import Result, Verdict
from kmodel.kernel import Cluster, Spec, converges
from kmodel.kubernetes.components.etcd import NODES
from kmodel.kubernetes.scenario import load
from kmodel.kubernetes.scenario.building import model
from tests.specs.mutants import SPECS

HERE = Path(__file__).parent
MOST_STATES = 60_000
NAMES = sorted(file.stem for file in HERE.glob("*.yaml"))


@cache
def result(name: str, *more: Spec) -> Result:
    scenario = load([HERE / f"{name}.yaml"])
    found = result_of(model(scenario, (*SPECS, *more)), Bounds(max_states=MOST_STATES))
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


def test_a_pod_that_runs_once_does_not_run_again_after_a_reboot() -> None:
    name = "a-node-reboots-under-a-pod-that-runs-once"
    assert verdict(name, "a_container_runs_again_only_if_its_policy_says_so") is Verdict.HOLDS
    assert verdict(name, "a_container_runs_again") is Verdict.NEVER_HAPPENS
    assert verdict(name, "a_pod_finishes") is Verdict.HOLDS


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("a-node-reboots")])
def test_a_container_that_had_not_started_when_its_node_went_down_never_does(name: str) -> None:
    (finding,) = (each for each in result(name).findings if each.spec.name == "a_bound_pod_runs_or_says_why_not")
    assert finding.is_hazard


@converges
def the_node_is_there_at_last(cluster: Cluster) -> bool:
    """At last the Node is there, and stays."""
    return cluster[NODES["n1"]] is not None


def test_a_kubelet_does_not_register_its_node_a_second_time() -> None:
    found = result("a-node-is-deleted-under-its-kubelet", the_node_is_there_at_last)
    assert [each.spec.name for each in found.failures] == ["the_node_is_there_at_last"]
