"""kubelet: what it admits, when it restarts a container, what it reports, and what it does after a restart."""

from typing import Any

import attrs
import pytest

from kmodel.kubernetes.components.calls import CALLS, Request
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.components.kubelet.pods import restarts
from kmodel.kubernetes.components.kubelet.state import REGISTERED, WORKERS
from kmodel.kubernetes.components.runtime import RUNTIME, RunningContainer
from kmodel.kubernetes.objects import Container, PodStatus
from tests.components.runs import Run
from tests.components.scenes import create, delete, node, pod, scene

PODS = stored("pods")
BOUND = pod(node="n1")


@pytest.mark.parametrize(
    ("policy", "exit_code", "again"),
    [
        ("Always", 0, True),
        ("Always", 1, True),
        ("OnFailure", 0, False),
        ("OnFailure", 1, True),
        ("Never", 0, False),
        ("Never", 1, False),
    ],
)
def test_the_restart_policy_decides(policy: str, exit_code: int, again: bool) -> None:
    assert restarts(policy, RunningContainer("main", "exited", exit_code)) is again


@pytest.mark.parametrize(
    ("policy", "fault", "phase", "restarted"),
    [
        ("Always", "exit_container", "Running", 1),
        ("Always", "crash_container", "Running", 1),
        ("OnFailure", "exit_container", "Succeeded", 0),
        ("OnFailure", "crash_container", "Running", 1),
        ("Never", "exit_container", "Succeeded", 0),
        ("Never", "crash_container", "Failed", 0),
    ],
)
def test_the_phase_after_a_container_has_ended(policy: str, fault: str, phase: str, restarted: int) -> None:
    faults = {"container-crash": 1, "container-exit": 1}
    run = Run.of(scene(stored=(pod(node="n1", restart_policy=policy),), faults=faults)).settle()
    run = run.take(fault, node="n1", pod="web", container="main").settle()
    status = run.cluster[PODS["web"]].status
    assert (status.phase, status.restarts, status.ready) == (phase, restarted, phase == "Running")


def test_a_pod_of_two_containers_is_ready_when_both_run() -> None:
    two = (Container("a", "nginx"), Container("b", "nginx"))
    run = Run.of(scene(stored=(pod(node="n1", containers=two),)))
    run = run.take("admit_pod", node="n1", pod="web").take("create_containers", node="n1", pod="web")
    run = run.take("start_container", node="n1", pod="web").settle(without=("container-runtime",))
    assert not run.cluster[PODS["web"]].status.ready
    assert run.settle().cluster[PODS["web"]].status == PodStatus("Running", ready=True, scheduled=True)


def test_a_pod_that_is_deleted_is_ready_until_its_containers_end() -> None:
    run = Run.of(scene(delete("pods/web"), stored=(BOUND,))).settle(without=("run_command",))
    run = run.take("run_command", user="admin").settle(without=("stop_container",))
    stopping = run.cluster[RUNTIME["n1", "web"]]
    assert stopping is not None
    assert stopping.all_in("stopping")
    assert run.cluster[PODS["web"]].status.ready
    run = run.take("stop_container", node="n1", pod="web").settle(without=("remove_containers",))
    assert not run.cluster[PODS["web"]].status.ready


def test_a_pod_that_no_scheduler_bound_is_said_to_be_scheduled_by_its_kubelet() -> None:
    unsaid = pod(node="n1", status=PodStatus())
    run = Run.of(scene(stored=(unsaid,))).settle(without=("start_container",))
    assert run.cluster[PODS["web"]].status == PodStatus("Pending", scheduled=True)


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        (node(memory_mib=1024), "OutOfmemory"),
        (attrs.evolve(node(), status=attrs.evolve(node().status, pods=1)), "OutOfpods"),
    ],
)
def test_a_pod_that_the_node_cannot_hold_is_rejected(there: Any, reason: str) -> None:
    two = (pod("left", node="n1", memory_mib=600), pod("right", node="n1", memory_mib=600))
    run = Run.of(scene(stored=two, nodes=(there,)))
    run = run.take("admit_pod", node="n1", pod="left").take("admit_pod", node="n1", pod="right").settle()
    left, right = (run.cluster[PODS[name]].status for name in ("left", "right"))
    assert (left.phase, right.phase, right.reason) == ("Running", "Failed", reason)
    assert run.cluster[RUNTIME["n1", "right"]] is None


def test_a_kubelet_that_restarts_finds_its_containers_again() -> None:
    run = Run.of(scene(stored=(BOUND,), faults={"kubelet-restart": 1})).settle()
    containers, status = run.cluster[RUNTIME["n1", "web"]], run.cluster[PODS["web"]].status
    run = run.take("restart_kubelet", node="n1")
    assert run.cluster[WORKERS["n1", "web"]] is None
    assert run.cluster[RUNTIME["n1", "web"]] == containers
    run = run.settle()
    assert run.cluster[RUNTIME["n1", "web"]] == containers
    assert run.cluster[PODS["web"]].status == status
    assert run.cluster[WORKERS["n1", "web"]] is not None


def test_a_report_changes_only_what_differs_from_what_the_kubelet_read() -> None:
    run = Run.of(scene(stored=(BOUND,), actors=("kubelet",), faults={"container-crash": 1})).settle()
    run = run.take("crash_container", node="n1", pod="web", container="main").take(
        "report_status", node="n1", pod="web"
    )
    there = run.cluster[PODS["web"]]
    marked = attrs.evolve(there, status=attrs.evolve(there.status, reason="Marked"))  # meanwhile, by somebody else
    run = attrs.evolve(run, cluster=run.cluster.set(PODS["web"], marked))
    for name in ("handle", "commit"):
        run = run.take(name, client="kubelet/n1/web")
    after = run.cluster[PODS["web"]].status
    assert (after.ready, after.reason) == (False, "Marked")


def test_a_status_that_something_else_has_overwritten_is_reported_again() -> None:
    run = Run.of(scene(stored=(BOUND,), actors=("kubelet",))).settle()
    reported = run.cluster[PODS["web"]].status
    assert reported.ready
    late = Request("system:node:n1", "patch", "pods", "web", PodStatus().report(reported), subresource="status")
    _, run = run.ask(late, client="kubelet/n1/web")  # sent by the kubelet before it last restarted
    run = attrs.evolve(run, cluster=run.cluster.set(CALLS["kubelet/n1/web"], None))
    assert not run.can("report_status", node="n1", pod="web"), "it has not seen that yet"
    run = run.take("receive_event", watcher="kubelet/n1", resource="pods")
    assert run.can("report_status", node="n1", pod="web")
    run = run.settle()
    assert run.cluster[PODS["web"]].status == reported


def test_a_kubelet_does_not_look_at_the_pods_of_another_node() -> None:
    run = Run.of(scene(stored=(BOUND,), nodes=2))
    assert run.can("admit_pod", node="n1", pod="web")
    assert not run.can("admit_pod", node="n2", pod="web")


def test_a_pod_of_the_same_name_waits_until_the_elder_is_cleaned_up() -> None:
    run = Run.of(scene(create(BOUND), stored=(BOUND,))).settle()
    elder = run.cluster[RUNTIME["n1", "web"]]
    assert elder is not None
    response, run = run.ask(Request("admin", "delete", "pods", "web", grace_seconds=0))
    assert response.code == 200
    run = run.take("run_command", user="admin")
    for name in ("handle", "commit", "answer"):
        run = run.take(name, client="kubectl/admin")
    while run.can("receive_event", watcher="kubelet/n1", resource="pods"):
        run = run.take("receive_event", watcher="kubelet/n1", resource="pods")
    assert not run.can("admit_pod", node="n1", pod="web")
    assert not run.can("create_containers", node="n1", pod="web")
    run = run.settle()
    younger = run.cluster[RUNTIME["n1", "web"]]
    assert younger is not None
    assert run.cluster[PODS["web"]].metadata.uid == younger.uid
    assert run.cluster[PODS["web"]].status.phase == "Running"


def test_a_kubelet_registers_its_node_once() -> None:
    run = Run.of(scene(nodes=2, register_nodes=True, actors=("kubelet",)))
    assert run.cluster[stored("nodes")["n1"]] is None
    run = run.settle()
    assert [run.cluster[stored("nodes")[name]].metadata.name for name in ("n1", "n2")] == ["n1", "n2"]
    assert not run.can("register_node", node="n1")


def test_a_node_that_is_deleted_is_registered_again_only_when_its_kubelet_restarts() -> None:
    settings = scene(delete("nodes/n1"), register_nodes=True, actors=("kubelet",), faults={"kubelet-restart": 1})
    run = Run.of(settings).settle().user()
    assert run.cluster[stored("nodes")["n1"]] is None
    assert not run.can("register_node", node="n1")
    run = run.take("restart_kubelet", node="n1").settle()
    assert run.cluster[stored("nodes")["n1"]] is not None


def test_a_kubelet_that_restarts_is_told_that_its_node_is_there() -> None:
    run = Run.of(scene(register_nodes=True, actors=("kubelet",), faults={"kubelet-restart": 1})).settle()
    before = run.cluster[stored("nodes")["n1"]]
    run = run.take("restart_kubelet", node="n1")
    assert run.can("register_node", node="n1")
    run = run.settle()
    assert run.cluster[stored("nodes")["n1"]] == before
    assert run.cluster[REGISTERED["n1"]]


def rebooted(policy: str, until: str = "") -> Run:
    """Return the run in which the node of a pod crashed (at the end, or after a transition) and came up again."""
    faults = {"node-crash": 1, "node-restart": 1, "container-exit": 1}
    run = Run.of(scene(stored=(pod(node="n1", restart_policy=policy),), actors=("kubelet",), faults=faults))
    run = run.take("admit_pod", node="n1", pod="web").take(until, node="n1", pod="web") if until else run.settle()
    run = run.take("crash_node", node="n1").settle()
    sandbox = run.cluster[RUNTIME["n1", "web"]]
    assert sandbox is not None
    assert not sandbox.ready
    assert not sandbox.any_in("running", "stopping")
    assert run.cluster[PODS["web"]].status.ready is not bool(until)  # nobody has told the api-server
    return run.take("restart_node", node="n1").settle()


@pytest.mark.parametrize(
    ("policy", "phase", "restarts"), [("Always", "Running", 1), ("OnFailure", "Running", 1), ("Never", "Failed", 0)]
)
def test_what_ran_when_its_node_went_down_runs_again_as_its_policy_says(policy: str, phase: str, restarts: int) -> None:
    run = rebooted(policy)
    sandbox = run.cluster[RUNTIME["n1", "web"]]
    assert sandbox is not None
    assert sandbox.all_in("running" if phase == "Running" else "exited")
    status = run.cluster[PODS["web"]].status
    assert (status.phase, status.ready, status.restarts) == (phase, phase == "Running", restarts)


@pytest.mark.parametrize(("policy", "phase"), [("Always", "Running"), ("Never", "Pending")])
def test_what_had_not_started_when_its_node_went_down_never_starts_under_never(policy: str, phase: str) -> None:
    assert rebooted(policy, until="create_containers").cluster[PODS["web"]].status.phase == phase


@pytest.mark.parametrize(("policy", "phase"), [("Always", "Running"), ("OnFailure", "Running"), ("Never", "Failed")])
def test_on_a_node_that_lost_its_disk_a_kubelet_goes_by_what_it_had_reported(policy: str, phase: str) -> None:
    faults = {"node-crash": 1, "node-replacement": 1}
    run = Run.of(scene(stored=(pod(node="n1", restart_policy=policy),), actors=("kubelet",), faults=faults)).settle()
    run = run.take("crash_node", node="n1").take("replace_node", node="n1")
    assert run.cluster[RUNTIME["n1", "web"]] is None
    lost = run.settle(without=("create_containers",)).cluster[PODS["web"]].status
    assert lost == PodStatus(phase, ready=False, restarts=1, scheduled=True, lost=True)
    status = run.settle().cluster[PODS["web"]].status
    assert (status.phase, status.ready, status.restarts) == (phase, phase == "Running", int(phase == "Failed"))


def test_what_has_succeeded_does_not_run_again_after_a_reboot() -> None:
    faults = {"node-crash": 1, "node-restart": 1, "container-exit": 1}
    run = Run.of(scene(stored=(pod(node="n1", restart_policy="OnFailure"),), actors=("kubelet",), faults=faults))
    run = run.settle().take("exit_container", node="n1", pod="web", container="main")
    run = run.take("crash_node", node="n1").take("restart_node", node="n1").settle()
    assert run.cluster[PODS["web"]].status.phase == "Succeeded"
