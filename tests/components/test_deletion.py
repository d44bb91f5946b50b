"""The deletion protocol: marked, given time, finished by the kubelet, removed; by UID, and by finalizers delayed."""

from typing import Any

import attrs
import pytest

from kmodel.kubernetes.components.calls import CALLS, Request
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.components.runtime import RUNTIME
from kmodel.kubernetes.objects import ObjectMeta, Pod, PodStatus
from tests.components.runs import Run
from tests.components.scenes import ADMIN, create, delete, pod, replicaset, scene

PODS = stored("pods")


def start(there: Pod) -> Run:
    return Run.of(scene(create(pod()), stored=(there,), actors=()))


def ask(run: Run, **more: Any) -> tuple[Run, Pod | None]:
    response, run = run.ask(Request(ADMIN, "delete", "pods", "web", **more))
    assert response.ok
    return run, run.cluster[PODS["web"]]


@pytest.mark.parametrize(
    "there",
    [pod(), pod(node="n1", status=PodStatus("Succeeded")), pod(node="n1", status=PodStatus("Failed"))],
    ids=["not bound", "succeeded", "failed"],
)
def test_what_does_not_run_goes_at_once(there: Pod) -> None:
    assert ask(start(there))[1] is None


def test_a_bound_pod_gets_its_grace_period() -> None:
    _, left = ask(start(pod(node="n1", termination_grace_seconds=20)))
    assert left is not None
    assert (left.metadata.deleting, left.metadata.deletion_grace_seconds) == (True, 20)


def test_repeated_deletions_only_shorten_the_grace_period() -> None:
    run = start(pod(node="n1"))
    graces = []
    for seconds in (20, 25, 5, None):
        run, left = ask(run, grace_seconds=seconds)
        assert left is not None
        graces.append(left.metadata.deletion_grace_seconds)
    assert graces == [20, 20, 5, 5]


@pytest.mark.parametrize("seconds", [None, 30])
def test_a_deletion_that_is_pending_is_left_to_the_kubelet_though_the_pod_has_finished(seconds: int | None) -> None:
    marked = ObjectMeta("web", deleting=True, deletion_grace_seconds=30)
    run = start(attrs.evolve(pod(node="n1", status=PodStatus("Failed")), metadata=marked))
    before = run.cluster[PODS["web"]]
    run, left = ask(run, grace_seconds=seconds)
    assert left == before
    assert ask(run, grace_seconds=0)[1] is None


def test_grace_zero_removes_the_object_at_once() -> None:
    run = start(pod(node="n1"))
    assert ask(run, grace_seconds=0)[1] is None
    run, _ = ask(run)
    assert ask(run, grace_seconds=0)[1] is None


@pytest.mark.parametrize("node", [None, "n1"])
def test_a_finalizer_keeps_the_object(node: str | None) -> None:
    kept = attrs.evolve(pod(node=node), metadata=ObjectMeta("web", finalizers=("example.com/wait",)))
    _, left = ask(start(kept), grace_seconds=0)
    assert left is not None
    assert left.metadata.deleting
    assert left.metadata.finalizers == ("example.com/wait",)


def test_the_removal_of_the_last_finalizer_removes_the_object() -> None:
    kept = attrs.evolve(pod(), metadata=ObjectMeta("web", finalizers=("example.com/wait",)))
    run, left = ask(start(kept))
    assert left is not None
    freed = attrs.evolve(left, metadata=attrs.evolve(left.metadata, finalizers=()))
    run = run.ask(Request(ADMIN, "update", "pods", "web", freed))[1]
    assert run.cluster[PODS["web"]] is None


def test_no_finalizer_is_added_once_an_object_is_being_deleted() -> None:
    kept = attrs.evolve(pod(), metadata=ObjectMeta("web", finalizers=("example.com/wait",)))
    run, left = ask(start(kept))
    assert left is not None
    more = attrs.evolve(left, metadata=attrs.evolve(left.metadata, finalizers=("example.com/wait", "example.com/new")))
    response, _ = run.ask(Request(ADMIN, "update", "pods", "web", more))
    assert response.code == 422


def test_an_object_that_is_no_pod_goes_at_once() -> None:
    run = Run.of(scene(delete("replicasets/web"), stored=(replicaset(),), actors=())).user()
    assert run.cluster[stored("replicasets")["web"]] is None


def test_the_kubelet_stops_reports_and_finishes_in_this_order() -> None:
    run = Run.of(scene(create(pod(), wait="Running"), delete("pods/web", wait="Deleted"))).user()
    known = len(run.steps)
    run = run.user()
    names = [step.action.transition.name for step in run.steps[known:]]
    order = ("run_command", "stop_containers", "stop_container", "remove_containers", "finish_deletion", "wait")
    assert sorted(order, key=names.index) == list(order)
    assert "report_status" in names[names.index("stop_container") : names.index("remove_containers")]
    assert names.index("finish_deletion") < names.index("forget_pod")
    assert run.cluster[PODS["web"]] is None
    assert run.cluster[RUNTIME["n1", "web"]] is None


def test_a_terminal_phase_is_reported_before_the_object_goes() -> None:
    run = Run.of(scene(create(pod()), delete("pods/web"))).user()
    phases = []
    for step in run.user().steps[len(run.steps) :]:
        if step.action.transition.name == "commit":
            left = step.after[PODS["web"]]
            phases.append(None if left is None else (left.status.phase, left.metadata.deleting))
    assert phases[0] == ("Running", True)
    assert phases[-2:] == [("Failed", True), None]


def test_a_forced_deletion_does_not_wait_for_the_containers() -> None:
    run = Run.of(scene(create(pod()), delete("pods/web", grace_seconds=0))).user()
    run = run.take("run_command", user=ADMIN).settle(without=("kubelet/n1", "container-runtime"))
    assert run.cluster[PODS["web"]] is None
    sandbox = run.cluster[RUNTIME["n1", "web"]]
    assert sandbox is not None
    assert sandbox.any_in("running")
    assert run.settle().cluster[RUNTIME["n1", "web"]] is None


def split(there: Pod) -> Run:
    return Run.of(scene(create(pod()), stored=(there,), actors=(), deletions="split"))


def test_where_deletions_are_split_a_pod_is_marked_before_it_is_removed() -> None:
    run, left = ask(split(pod(node="n1")), grace_seconds=0)
    found = [step.after[PODS["web"]] for step in run.steps if step.wrote(PODS)]
    marks = [each and (each.metadata.deleting, each.metadata.deletion_grace_seconds) for each in found]
    assert marks == [(True, 0), None]
    assert left is None


def test_of_two_who_remove_a_pod_at_once_both_are_told_that_it_is_done() -> None:
    force = (delete("pods/web", grace_seconds=0),)
    settings = scene(stored=(pod(node="n1"),), others={"ann": force, "bob": force}, actors=(), deletions="split")
    run = Run.of(settings).take("run_command", user="ann").take("run_command", user="bob")
    for user in ("ann", "bob"):  # the one marks it, the other finds it marked, and removes it
        for step in ("handle", "commit", "answer"):
            run = run.take(step, client=f"kubectl/{user}")
    run = run.take("handle", client="kubectl/ann")
    assert [run.cluster[CALLS[f"kubectl/{user}"]].code for user in ("ann", "bob")] == [200, 200]  # type: ignore[union-attr]
    assert run.cluster[PODS["web"]] is None
