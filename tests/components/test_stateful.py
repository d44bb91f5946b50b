"""StatefulSets: the order in which pods come, go and change, and that at most one of a name runs, unless forced."""

from typing import Any

import pytest

from kmodel.kernel import Cluster
from kmodel.kubernetes.components.etcd import PODS, stored
from kmodel.kubernetes.components.runtime import RUNTIME
from kmodel.kubernetes.components.scheduler import QUEUE
from kmodel.kubernetes.components.settings import Command
from kmodel.kubernetes.objects import Pod, StatefulSet, StatefulSetStatus
from kmodel.kubernetes.objects.patches import Scaled
from tests.components.runs import Run
from tests.components.scenes import ADMIN, apply, delete, pod, scene, statefulset

ACTORS = ("statefulset-controller", "kubelet")
SETS = stored("statefulsets")
SECOND = "nginx:1.27"


def started(*commands: Command, of: StatefulSet, **more: Any) -> Run:
    return Run.of(scene(*commands, stored=(of,), calls="fused", actors=more.pop("actors", ACTORS), **more)).settle()


def scale(replicas: int) -> Command:
    return Command("scale", "statefulsets", "web", patch=Scaled(replicas), subresource="scale")


def changes(run: Run) -> list[str]:
    """Return the pods that come and go in a run, in order, with a sign."""
    found = []
    for step in run.steps:
        for cell in step.wrote(PODS):
            before, after = step.before[cell], step.after[cell]
            if before is None:
                found.append(f"+{cell.key[0]}")
            elif after is None:
                found.append(f"-{cell.key[0]}")
    return found


def images(run: Run) -> list[str]:
    pods = (run.cluster[PODS[name]] for name in sorted(run.cluster.names(PODS)))
    return [each.spec.containers[0].image.rpartition(":")[2] for each in pods if each is not None]


def status(run: Run) -> StatefulSetStatus:
    found: StatefulSet | None = run.cluster[SETS["web"]]
    assert found is not None
    return found.status


def of(**spec: Any) -> StatefulSet:
    return statefulset(node="n1", **spec)


def test_pods_come_in_order_each_when_the_one_before_has_been_ready_for_some_time() -> None:
    set_ = of(replicas=2, min_ready_seconds=5)
    run = Run.of(scene(stored=(set_,), calls="fused", actors=ACTORS)).settle(without=("wait_until_available",))
    assert changes(run) == ["+web-0"]
    assert (status(run).ready, status(run).available) == (1, 0)
    run = run.settle()
    assert changes(run) == ["+web-0", "+web-1"]
    assert (status(run).ready, status(run).available) == (2, 2)


def test_pods_come_in_order_each_when_the_one_before_is_ready() -> None:
    run = started(of=of(replicas=3))
    assert changes(run) == ["+web-0", "+web-1", "+web-2"]
    for step in run.steps:
        for cell in step.wrote(PODS):
            if step.before[cell] is None and cell.key[0] != "web-0":
                before: Pod | None = step.before[PODS[f"web-{int(cell.key[0][-1]) - 1}"]]
                assert before is not None
                assert before.status.ready
    assert (status(run).ready, status(run).current_revision, status(run).update_revision) == (3, "web-b", "web-b")


def test_parallel_pods_wait_for_no_other() -> None:
    run = started(of=of(replicas=2, policy="Parallel"))
    first = Run.of(scene(stored=(of(replicas=2, policy="Parallel"),), calls="fused", actors=ACTORS[:1])).settle()
    assert (changes(first), len(changes(run))) == (["+web-0", "+web-1"], 2)


@pytest.mark.long
def test_the_last_pod_goes_first() -> None:
    run = started(scale(1), of=of(replicas=3))
    assert changes(run.user().since(run)) == ["-web-2", "-web-1"]


def test_a_pod_that_is_deleted_comes_back_under_its_name_and_the_others_wait_for_it() -> None:
    run = started(delete("pods/web-0"), of=of(replicas=2))
    assert changes(run.user().since(run)) == ["-web-0", "+web-0"]


@pytest.mark.long
def test_an_update_goes_from_the_last_pod_to_the_first() -> None:
    run = started(apply(of(replicas=2, image=SECOND)), of=of(replicas=2))
    after = run.user()
    assert changes(after.since(run)) == ["-web-1", "+web-1", "-web-0", "+web-0"]
    assert (images(after), status(after).updated) == (["1.27", "1.27"], 2)
    assert status(after).current_revision == status(after).update_revision


def test_an_update_stops_at_the_partition_and_a_pod_below_it_comes_back_as_it_was() -> None:
    first, second = of(replicas=2, partition=1), of(replicas=2, partition=1, image=SECOND)
    run = started(apply(second), delete("pods/web-0"), of=first).user()
    assert images(run) == ["1.14.2", "1.27"]
    assert status(run).current_revision != status(run).update_revision
    assert (status(run).current, status(run).updated) == (1, 1)
    assert images(run.user()) == ["1.14.2", "1.27"]


def test_under_on_delete_only_a_user_replaces_a_pod() -> None:
    first, second = of(update="OnDelete"), of(update="OnDelete", image=SECOND)
    run = started(apply(second), delete("pods/web-0"), of=first).user()
    assert images(run) == ["1.14.2"]
    assert images(run.user()) == ["1.27"]


def test_ordinals_begin_where_the_manifest_says() -> None:
    assert changes(started(of=of(replicas=2, start=3))) == ["+web-3", "+web-4"]


def test_a_pod_of_its_name_and_labels_is_adopted() -> None:
    settings = scene(stored=(of(), pod("web-0", node="n1")), calls="fused", actors=ACTORS)
    run = Run.of(settings).settle()
    assert "claim_stateful_pod" in {step.action.transition.name for step in run.steps}


def test_pods_go_with_their_statefulset() -> None:
    run = started(delete("statefulsets/web"), of=of(replicas=2), actors=(*ACTORS, "garbage-collector")).user()
    assert images(run) == []


def running(run: Run, name: str) -> list[str]:
    """Return the nodes on which a pod of a name runs."""
    there = ((place, run.cluster[RUNTIME[place, name]]) for place in ("n1", "n2"))
    return [place for place, sandbox in there if sandbox is not None and sandbox.any_in("running")]


@pytest.mark.parametrize(("grace", "number"), [(0, 2), (None, 1)])
def test_only_a_pod_that_is_forced_out_of_a_node_that_is_cut_off_runs_twice(grace: int | None, number: int) -> None:
    settings = scene(
        delete("pods/web-0", grace_seconds=grace),
        stored=(statefulset(),),
        nodes=2,
        calls="fused",
        scoring="any",
        actors=(*ACTORS, "kube-scheduler"),
        faults={"network-partition": 1},
    )
    run = Run.of(settings).settle()
    (place,) = running(run, "web-0")
    cut_off = run.take("cut_off_node", node=place).take("run_command", user=ADMIN)
    after = cut_off.settle(without=(f"kubelet/{place}",), until=lambda cluster: not grace and _is_free(cluster))
    if after.can("schedule", pod="web-0", node=_other(place)):
        after = after.take("schedule", pod="web-0", node=_other(place)).settle()
    assert len(running(after, "web-0")) == number


def _other(place: str) -> str:
    return "n2" if place == "n1" else "n1"


def _is_free(cluster: Cluster) -> bool:
    """Tell whether the pod is to be scheduled, or is only being deleted."""
    found = cluster[PODS["web-0"]]
    is_new = found is not None and found.spec.node_name is None and cluster[QUEUE["web-0"]] == "active"
    return is_new or (found is not None and found.metadata.deleting)


@pytest.mark.parametrize(
    ("spec", "wrong"),
    [
        ({}, ""),
        ({"partition": -1}, "partition: Invalid value"),
        ({"update": "OnDelete", "partition": 1}, "only allowed for updateStrategy"),
        ({"replicas": -1}, "spec.replicas"),
        ({"start": -1}, "spec.ordinals.start"),
    ],
)
def test_which_stateful_sets_are_invalid(spec: dict[str, Any], wrong: str) -> None:
    found = list(of(**spec).errors())
    assert (not found) if not wrong else (wrong in found[0])


def test_the_order_of_pods_is_never_changed() -> None:
    assert list(of(policy="Parallel").update_errors(of()))
    assert not list(of(replicas=2, image=SECOND).update_errors(of()))
