"""How a pod comes to run, in both tellings: the eight points in order, each with its actor."""

from pathlib import Path
from typing import Any

import pytest

from kmodel.kernel import Step
from kmodel.kubernetes.components.calls import CALLS, Request, Response
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.components.kubectl import KUBECTL
from kmodel.kubernetes.components.proxy import RULES
from kmodel.kubernetes.components.runtime import RUNTIME
from kmodel.kubernetes.scenario import load
from tests.components.runs import Run
from tests.components.scenes import ADMIN, create, delete, pod, replicaset, scene, service

SCENARIOS = Path(__file__).parents[2] / "specs/scenarios"
PODS = stored("pods")


def told(scenario: str) -> Run:
    """Return the run of a bundled scenario in which the user gives the command and all else takes its course."""
    return Run.of(load([SCENARIOS / f"{scenario}.yaml"]).settings).user()


def in_order(run: Run, *points: tuple[str, str]) -> list[Step]:
    """Return the steps of these actors and transitions, each after the one before; fail if one is missing."""
    found: list[Step] = []
    rest = iter(run.steps)
    for point in points:
        step = next((step for step in rest if (step.action.actor, step.action.transition.name) == point), None)
        assert step is not None, f"{point} does not come after {len(found)} points of {run.told}"
        found.append(step)
    return found


def runs_anywhere(step: Step) -> bool:
    keys = step.after.layout.keys(RUNTIME)
    return any((sandbox := step.after[RUNTIME[key]]) is not None and sandbox.any_in("running") for key in keys)


@pytest.mark.parametrize(
    ("scenario", "learns"), [("pod-creation", "receive_event"), ("pod-creation-poll", "poll")], ids=["watch", "poll"]
)
def test_points_one_to_five_come_in_order(scenario: str, learns: str) -> None:
    sends, handles, commits, answers, reads, hears, chooses, _, binds, told_of, *works, reports, _, stores = in_order(
        told(scenario),
        (f"kubectl/{ADMIN}", "run_command"),
        ("kube-apiserver", "handle"),
        ("etcd", "commit"),
        ("kube-apiserver", "answer"),
        (f"kubectl/{ADMIN}", "read_answer"),
        ("kube-scheduler", learns),
        ("kube-scheduler", "schedule"),
        ("kube-apiserver", "handle"),
        ("etcd", "commit"),
        ("kubelet/n1", learns),
        ("kubelet/n1", "admit_pod"),
        ("kubelet/n1", "create_containers"),
        ("container-runtime/n1", "start_container"),
        ("kubelet/n1", "report_status"),
        ("kube-apiserver", "handle"),
        ("etcd", "commit"),
    )
    client = CALLS[f"kubectl/{ADMIN}"]
    assert isinstance(sends.after[client], Request)
    # The api-server has admitted and validated, yet written nothing; etcd stores the pod, which is on no node.
    assert [cell.family for cell in handles.writes] == ["calls"]
    assert commits.before[PODS["nginx"]] is None
    assert commits.after[PODS["nginx"]].spec.node_name is None
    answer = answers.after[client]
    assert isinstance(answer, Response)
    assert (answer.code, answer.reason) == (201, "Created")
    assert not runs_anywhere(reads)
    # The scheduler learns of the pod, and only says where it should go.
    assert hears.reads
    assert {cell.family for cell in chooses.writes} == {"kube-scheduler/queue", "kube-scheduler/assumed", "calls"}
    assert binds.after[PODS["nginx"]].spec.node_name == "n1"
    assert not runs_anywhere(told_of)
    # The kubelet of that node, and no other, has the container runtime start the containers, and reports it.
    assert [runs_anywhere(step) for step in works] == [False, False, True]
    assert [cell.family for cell in reports.wrote(CALLS)] == ["calls"]
    assert stores.after[PODS["nginx"]].status.phase == "Running"
    assert stores.after[RUNTIME["n2", "nginx"]] is None


def test_point_six_the_user_who_waits_sees_running() -> None:
    run = told("pod-creation")
    *_, stores, sees = in_order(run, ("kubelet/n1", "report_status"), ("etcd", "commit"), (f"kubectl/{ADMIN}", "wait"))
    assert stores.after[PODS["nginx"]].status.phase == "Running"
    assert sees.after[KUBECTL[ADMIN]].command == 1
    assert run.cluster[PODS["nginx"]].status.ready


def test_a_user_who_does_not_wait_is_done_before_anything_is_scheduled() -> None:
    reads, schedules = in_order(
        told("pod-creation-poll"), (f"kubectl/{ADMIN}", "read_answer"), ("kube-scheduler", "schedule")
    )
    assert reads.after[KUBECTL[ADMIN]].command == 1
    assert schedules.before[PODS["nginx"]].spec.node_name is None


def test_point_seven_a_container_that_crashes_is_restarted_on_its_node() -> None:
    run = Run.of(scene(create(pod()), nodes=2, faults={"container-crash": 1})).user()
    before, earlier = run.cluster[PODS["web"]], run
    run = run.take("crash_container", node="n1", pod="web", container="main").settle()
    in_order(
        run.since(earlier),
        ("fault", "crash_container"),
        ("kubelet/n1", "restart_container"),
        ("container-runtime/n1", "start_container"),
    )
    after = run.cluster[PODS["web"]]
    assert (after.metadata.uid, after.spec.node_name) == (before.metadata.uid, before.spec.node_name)
    assert (after.status.phase, after.status.ready, after.status.restarts) == ("Running", True, 1)
    assert run.cluster[RUNTIME["n2", "web"]] is None


def test_point_seven_a_pod_that_is_gone_is_replaced_by_another_one() -> None:
    settings = scene(delete("pods/web-b"), stored=(replicaset(),), names_per_workload=2)
    run = Run.of(settings).settle()
    old, earlier = run.cluster[PODS["web-b"]], run
    assert old.status.phase == "Running"
    run = run.user()
    controller = "kube-controller-manager/replicaset"
    *_, asks, creates = in_order(
        run.since(earlier),
        (f"kubectl/{ADMIN}", "run_command"),
        (controller, "reconcile"),
        (controller, "create_pod"),
        ("etcd", "commit"),
    )
    assert asks.before[PODS["web-b"]].metadata.deleting  # it is replaced before it is gone
    assert creates.after[PODS["web-c"]].metadata.owner == old.metadata.owner
    assert run.cluster[PODS["web-b"]] is None
    assert run.cluster[PODS["web-c"]].status.phase == "Running"


def test_a_bare_pod_that_is_gone_is_not_replaced() -> None:
    run = Run.of(scene(create(pod()), delete("pods/web"))).user().user()
    assert run.cluster[PODS["web"]] is None


def test_point_eight_kube_proxy_routes_to_ready_pods_only() -> None:
    run = Run.of(scene(create(pod()), stored=(service(),), faults={"container-crash": 1}))
    run = run.take("run_command", user=ADMIN).settle(without=("container-runtime",))
    assert run.cluster[PODS["web"]].spec.node_name == "n1"
    assert run.cluster[RULES["n1", "web"]] == ()
    run = run.settle()
    routed = run.cluster[RULES["n1", "web"]]
    assert [endpoint.pod for endpoint in routed] == ["web"]
    run = run.take("crash_container", node="n1", pod="web", container="main")
    run = run.settle(without=("restart_container",))
    assert not run.cluster[PODS["web"]].status.ready
    assert run.cluster[RULES["n1", "web"]] == ()
    assert run.settle().cluster[RULES["n1", "web"]] == routed


def test_each_step_of_the_story_is_told_with_its_object() -> None:
    events: list[Any] = [step.event for step in told("pod-creation").steps]
    assert all(event.message and event.reason and event.type in ("Normal", "Warning") for event in events)
    reasons = [event.reason for event in events]
    assert [reason for reason in reasons if reason in ("Create", "Committed", "Scheduled", "Reports")][:3] == [
        "Create",
        "Committed",
        "Committed",
    ]
    assert "Scheduled" in reasons
    assert "Reports" in reasons
