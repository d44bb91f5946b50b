"""ReplicaSets that are scaled: what a round of creations may overshoot, and which pods go."""

from typing import Any

import attrs
import pytest

from kmodel.kernel import Cluster, Step, converges, step_invariant
from kmodel.kubernetes.components.calls import CALLS, TIMEOUT, respond
from kmodel.kubernetes.components.controllers.replicaset_controller import EXPECTATIONS, ROUND, Round
from kmodel.kubernetes.components.etcd import NODES, PODS, stored
from kmodel.kubernetes.components.informer import cached
from kmodel.kubernetes.objects import PodStatus
from tests.components.runs import Run
from tests.components.scenes import replicaset, scene
from tests.kubernetes import clusters

WEB = {"kind": "replicaset", "name": "web"}
MANAGER = "kube-controller-manager"


def there(*pods: tuple[str | None, PodStatus], wanted: int) -> Run:
    """Return the run in which the controller knows pods on these nodes, with this status, and wants so many."""
    controlled = scene(
        stored=(replicaset(replicas=len(pods)),), names_per_workload=5, actors=("replicaset-controller",)
    )
    run = Run.of(controlled).settle()
    cluster = run.cluster
    for name, (node, status) in zip("bcdf", pods, strict=False):
        pod: Any = cluster[PODS[f"web-{name}"]]
        pod = attrs.evolve(pod, spec=attrs.evolve(pod.spec, node_name=node), status=status)
        cluster = cluster.set(PODS[f"web-{name}"], pod).set(cached("pods")[MANAGER, f"web-{name}"], pod)
    known = cached("replicasets")[MANAGER, "web"]
    return attrs.evolve(run, cluster=cluster.set(known, attrs.evolve(cluster[known], replicas=wanted)))


def choices(run: Run) -> set[frozenset[str]]:
    """Return which sets of pods the controller may give up now."""
    found = set()
    for name in run.cluster.names(PODS):
        step = run.step("scale_down", **WEB, pod=name)
        if step is not None:
            found.add(frozenset(step.after[ROUND["replicaset", "web"]].deletions))
    return found


READY, STARTING = PodStatus("Running", ready=True), PodStatus()
CRASHED = PodStatus("Running", restarts=2)


@pytest.mark.parametrize(
    ("pods", "wanted", "expected"),
    [
        ([(None, STARTING), ("n1", STARTING)], 1, ["b"]),
        ([("n1", READY), ("n1", STARTING)], 1, ["c"]),
        ([("n1", PodStatus("Running")), ("n1", CRASHED)], 1, ["c"]),
        ([("n1", READY), ("n1", READY)], 1, ["b", "c"]),
        ([("n1", attrs.evolve(READY, restarts=3)), ("n1", READY)], 1, ["b", "c"]),
        ([("n1", READY), ("n1", READY), (None, STARTING)], 1, ["bd", "cd"]),
        ([("n1", READY), ("n1", READY), ("n1", READY)], 1, ["bc", "bd", "cd"]),
        ([("n1", READY), ("n1", READY)], 0, ["bc"]),
    ],
    ids=["not bound", "not ready", "restarts", "equal", "restarts of ready ones", "one of two", "two of three", "all"],
)
def test_pods_that_rank_alike_may_all_be_the_ones_that_go(
    pods: list[tuple[str | None, PodStatus]], wanted: int, expected: list[str]
) -> None:
    run = there(*pods, wanted=wanted)
    assert choices(run) == {frozenset(f"web-{letter}" for letter in letters) for letters in expected}
    assert not run.can("reconcile", **WEB)


def test_a_round_that_is_under_way_goes_on_when_the_replicaset_is_scaled_down() -> None:
    result = clusters.result("scale-down-while-creating")
    assert not result.failures
    seen = [
        sum(state[PODS[name]] is not None for name in state.names(PODS))
        for state in clusters.states("scale-down-while-creating")
    ]
    assert max(seen) == 2


def under_way(run: Run) -> int:
    """Return how many calls the controller waits for."""
    clients = ("", *(f"/{number}" for number in range(2, 9)))
    calls = [CALLS[f"{MANAGER}/replicaset/web{client}"] for client in clients]
    return sum(run.cluster.has(cell) and run.cluster[cell] is not None for cell in calls)


def sent(run: Run) -> Run:
    """Return the run after the controller has sent all that it sends without an answer."""
    run = run.take("create_pod", **WEB)
    for number in map(str, range(2, 9)):
        if any(action.arguments == {**WEB, "number": number} for action in run.actions) and run.can(
            "create_another_pod", **WEB, number=number
        ):
            run = run.take("create_another_pod", **WEB, number=number)
    return run


def answered(run: Run, client: str = "") -> Run:
    """Return the run after a call of the controller was carried out, and its answer was read."""
    for name in ("handle", "commit", "answer"):
        run = run.take(name, client=f"{MANAGER}/replicaset/web{client}")
    return run.take("read_another_answer", **WEB, number=client[1:]) if client else run.take("read_pod_answer", **WEB)


@pytest.mark.parametrize(
    ("replicas", "batches"),
    [(1, [1]), (2, [1, 1]), (3, [1, 2]), (4, [1, 2, 1]), (7, [1, 2, 4]), (9, [1, 2, 4, 2])],
)
def test_pods_are_created_in_batches_that_double(replicas: int, batches: list[int]) -> None:
    settings = scene(
        stored=(replicaset(replicas=replicas),), names_per_workload=replicas, actors=("replicaset-controller",)
    )
    run, seen = Run.of(settings).take("reconcile", **WEB), []
    while run.cluster[ROUND["replicaset", "web"]] != Round():
        run = sent(run)
        seen.append(under_way(run))
        run = answered(run)
        for number in range(2, seen[-1] + 1):
            assert not run.can("create_pod", **WEB)  # before the whole batch has succeeded
            run = answered(run, f"/{number}")
    assert seen == batches
    assert max(seen) == 1 + len([each for each in run.actions if each.transition.name == "create_another_pod"])


def test_what_fails_in_a_batch_ends_the_round_after_the_batch() -> None:
    settings = scene(
        stored=(replicaset(replicas=5),),
        names_per_workload=5,
        actors=("replicaset-controller",),
        faults={"lost-request": 1},
    )
    run = sent(answered(Run.of(settings).take("reconcile", **WEB).take("create_pod", **WEB)))
    assert under_way(run) == 2
    run = run.take("lose_request", client=f"{MANAGER}/replicaset/web").take("read_pod_answer", **WEB)
    assert run.cluster[ROUND["replicaset", "web"]] == Round()  # the two of the next batch are not tried
    assert run.cluster[EXPECTATIONS["replicaset", "web"]].creations == 2  # the one that is there, and the one under way
    assert not run.can("reconcile", **WEB)
    assert under_way(answered(run, "/2")) == 0


def test_a_controller_that_restarts_leaves_a_whole_batch_behind() -> None:
    settings = scene(
        stored=(replicaset(replicas=3),),
        names_per_workload=3,
        actors=("replicaset-controller",),
        faults={"controller-restart": 1},
    )
    run = sent(answered(Run.of(settings).take("reconcile", **WEB).take("create_pod", **WEB)))
    run = run.take("restart_controller_manager")
    left = [cell for (client,) in run.cluster.layout.keys(CALLS) if run.cluster[cell := CALLS[client]] is not None]
    assert len(left) == 2


def test_a_deletion_that_fails_is_not_expected_and_the_others_go_on() -> None:
    run = there(("n1", READY), ("n1", READY), wanted=0)
    run = run.take("scale_down", **WEB, pod="web-b").take("delete_pod", **WEB, pod="web-b")
    call = CALLS[f"{MANAGER}/replicaset/web"]
    request: Any = run.cluster[call]
    run = attrs.evolve(run, cluster=run.cluster.set(call, respond(request, TIMEOUT, "Timeout")))
    run = run.take("read_pod_answer", **WEB)
    assert run.cluster[EXPECTATIONS["replicaset", "web"]].deletions == ("web-c",)
    assert run.can("delete_pod", **WEB, pod="web-c")


def test_either_of_two_equal_pods_may_be_the_one_that_goes() -> None:
    gone = {
        victim
        for state in clusters.states("scale-down-while-creating")
        for victim in state[ROUND["replicaset", "web"]].deletions
    }
    assert gone == {"web-b", "web-c"}


@step_invariant
def the_pod_of_a_cordoned_node_goes_first(step: Step) -> bool:
    """While a pod runs on a node that is cordoned, no other is given up."""
    for cell in step.wrote(ROUND):
        for name in set(step.after[cell].deletions) - set(step.before[cell].deletions):
            pod, cordoned = step.before[PODS[name]], step.before[NODES["n1"]]
            if cordoned is not None and cordoned.spec.unschedulable and pod is not None and pod.spec.node_name == "n2":
                return False
    return True


@pytest.mark.long
def test_a_scale_down_does_not_look_at_which_nodes_are_cordoned() -> None:
    case = "a-scale-down-beside-a-cordoned-node"
    assert not clusters.violated(case)
    assert clusters.failures(case, the_pod_of_a_cordoned_node_goes_first)


@converges
def no_pod_is_left(cluster: Cluster) -> bool:
    """Once the ReplicationController is deleted, there is at last no pod, and none comes."""
    deleted = cluster[stored("replicationcontrollers")["web"]] is None
    return not deleted or all(cluster[PODS[name]] is None for name in cluster.names(PODS))


def test_the_pods_of_what_is_scaled_to_zero_and_deleted_at_once_go_with_it() -> None:
    case = "scaled-to-zero-and-deleted"
    assert not clusters.violated(case)
    assert not clusters.failures(case, no_pod_is_left)
