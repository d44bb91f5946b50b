"""Kubelets follow what the api-server says of a pod's end, whoever wrote it."""

from kmodel.engines.results import Verdict
from kmodel.kubernetes.components.calls import Request
from kmodel.kubernetes.components.controllers.pod_gc import USER as COLLECTOR
from kmodel.kubernetes.components.etcd import PODS
from kmodel.kubernetes.components.runtime import RUNTIME
from kmodel.kubernetes.objects import Phase
from tests.components.runs import Run
from tests.components.scenes import pod, scene
from tests.kubernetes import clusters

CLIENT = "kubelet/n1/web"  # any will do
MARK = Request(COLLECTOR, "patch", "pods", "web", Phase("Failed"), subresource="status")


def marked() -> Run:
    """Return the run in which a pod that runs has just been marked as Failed."""
    run = Run.of(scene(stored=(pod(node="n1"),), actors=("kubelet",), faults={"kubelet-restart": 1})).settle()
    answer, run = run.ask(MARK, client=CLIENT)
    assert answer.ok
    return run


def phases(run: Run) -> list[str]:
    """Return the phases that the pod had on the way, each once."""
    seen = [step.after[PODS["web"]] for step in run.steps]
    return list(dict.fromkeys(value.status.phase for value in seen if value is not None))


def test_a_kubelet_ends_the_containers_of_a_pod_that_somebody_else_marked_as_failed() -> None:
    start = marked()
    run = start.settle()
    sandbox, value = run.cluster[RUNTIME["n1", "web"]], run.cluster[PODS["web"]]
    assert sandbox is not None
    assert value is not None
    assert sandbox.all_in("exited")
    assert (value.status.phase, value.status.ready, value.status.scheduled) == ("Failed", False, True)
    assert phases(run.since(start)) == ["Failed"]


def test_so_does_one_that_has_restarted_meanwhile() -> None:
    start = marked()
    run = start.take("restart_kubelet", node="n1").settle()
    sandbox = run.cluster[RUNTIME["n1", "web"]]
    assert sandbox is not None
    assert sandbox.all_in("exited")
    assert phases(run.since(start)) == ["Failed"]


def test_a_pod_that_was_once_seen_to_have_failed_goes_even_if_an_old_report_overwrites_that() -> None:
    run = marked().take("receive_event", watcher="kubelet/n1", resource="pods")
    _, run = run.ask(
        Request("system:node:n1", "patch", "pods", "web", Phase("Running"), subresource="status"), client=CLIENT
    )
    value = run.settle().cluster[PODS["web"]]
    sandbox = run.settle().cluster[RUNTIME["n1", "web"]]
    assert value is not None
    assert sandbox is not None
    assert (value.status.phase, sandbox.all_in("exited")) == ("Failed", True)


def test_a_kubelet_does_not_lose_sight_of_a_pod_that_is_forced_out_while_it_terminates() -> None:
    case = "forced-out-while-terminating"
    assert not clusters.violated(case)
    assert clusters.verdict(case, "a_deleted_pod_disappears") is Verdict.HOLDS
    ends = [state for state in clusters.states(case) if state[RUNTIME["n1", "web"]] is None]
    assert any(state[PODS["web"]] is None for state in ends)
