"""Probes: what runs is ready when its probes say so, and what hangs is started again."""

import pytest

from kmodel.kubernetes.components.etcd import PODS, stored
from kmodel.kubernetes.components.kubelet.state import WORKERS
from kmodel.kubernetes.components.runtime import RUNTIME
from tests.components.runs import Run
from tests.components.scenes import containers, pod, probed_containers, scene
from tests.kubernetes import clusters

SLICES = stored("endpointslices")
CASE = "a-kubelet-restarts-under-an-endpoint"


@pytest.mark.long
def test_a_service_loses_a_ready_pod_when_its_kubelet_restarts_and_gets_it_back() -> None:
    lost = [
        state
        for state in clusters.states(CASE)
        if (worker := state[WORKERS["n1", "web"]]) is not None
        and not worker.ready
        and (sandbox := state[RUNTIME["n1", "web"]]) is not None
        and sandbox.all_in("running")
        and (listed := state[SLICES["web"]]) is not None
        and any(not endpoint.serving for endpoint in listed.endpoints)
        and (value := state[PODS["web"]]) is not None
        and not value.status.ready
    ]
    assert lost
    assert not clusters.violated(CASE)


def probed(**faults: int) -> Run:
    """Return the run in which a pod that is probed in all ways has become ready."""
    budgets = {name.replace("_", "-"): budget for name, budget in faults.items()}
    return Run.of(scene(stored=(pod(node="n1", containers=probed_containers()),), faults=budgets)).settle()


def said(run: Run) -> list[tuple[str, bool, int]]:
    """Return phase, readiness and restarts of the pod as the api-server had them on the way, each once in a row."""
    found: list[tuple[str, bool, int]] = []
    for step in run.steps:
        value = step.after[PODS["web"]]
        assert value is not None
        now = (value.status.phase, value.status.ready, value.status.restarts)
        if not found or found[-1] != now:
            found.append(now)
    return found


def test_a_pod_runs_before_it_is_ready() -> None:
    start = Run.of(scene(stored=(pod(node="n1", containers=probed_containers()),)))
    run = start.settle(without=("probe_startup", "probe_readiness"))
    assert said(run)[-1] == ("Running", False, 0)
    assert said(run.settle(without=("probe_readiness",)))[-1] == ("Running", False, 0)
    assert said(run.settle())[-1] == ("Running", True, 0)


def test_a_pod_is_not_ready_after_a_probe_that_failed_and_ready_again_after_the_next() -> None:
    start = probed(failed_readiness=1)
    run = start.take("fail_readiness", node="n1", pod="web", container="main")
    run = run.settle(without=("probe_readiness",)).settle()
    assert said(run.since(start)) == [("Running", True, 0), ("Running", False, 0), ("Running", True, 0)]


def test_a_container_that_hangs_is_started_again_and_is_ready_again() -> None:
    start = probed(container_hang=1)
    run = start.take("hang_container", node="n1", pod="web", container="main").settle()
    assert said(run)[-1] == ("Running", True, 1)


def test_a_container_that_hangs_while_it_starts_is_started_again() -> None:
    start = Run.of(scene(stored=(pod(node="n1", containers=probed_containers()),), faults={"container-hang": 1}))
    start = start.settle(without=("probe_startup",))
    run = start.take("hang_container", node="n1", pod="web", container="main").settle()
    assert said(run)[-1] == ("Running", True, 1)
    assert not any(ready for _, ready, restarts in said(run) if not restarts)


def test_under_never_a_container_that_hangs_is_stopped_and_the_pod_has_failed() -> None:
    value = pod(node="n1", containers=probed_containers(), restart_policy="Never")
    start = Run.of(scene(stored=(value,), faults={"container-hang": 1})).settle()
    run = start.take("hang_container", node="n1", pod="web", container="main").settle()
    assert said(run)[-1] == ("Failed", False, 0)


@pytest.mark.parametrize("name", ["probe_startup", "probe_readiness", "probe_liveness", "hang_container"])
def test_of_a_pod_without_probes_nothing_is_asked(name: str) -> None:
    run = Run.of(scene(stored=(pod(node="n1", containers=containers()),), faults={"container-hang": 1}))
    assert not any(action.transition.name == name for action in run.actions)
