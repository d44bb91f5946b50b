"""Rollouts: bounds rounded as Kubernetes rounds them, sizes of ReplicaSets, conditions, revisions."""

import attrs
import pytest

from kmodel.kubernetes.components.controllers import rollouts
from kmodel.kubernetes.components.controllers.rollouts import Rollout
from kmodel.kubernetes.components.etcd import PODS, stored, with_metadata
from kmodel.kubernetes.objects import Deployment, ReplicaSet, ReplicaSetStatus, RolloutStrategy
from kmodel.kubernetes.objects.deployment import (
    AVAILABLE,
    CREATED,
    DESIRED,
    HISTORY,
    MOST,
    PAUSED,
    REVISION,
    TIMED_OUT,
    UPDATED,
)
from tests.components.runs import Run
from tests.components.scenes import ADMIN, apply, create, deployment, scene
from tests.specs.mutants import TEMPORAL

CONTROLLERS = ("deployment-controller", "replicaset-controller", "replicaset-status")
WITH_NODES = (*CONTROLLERS, "kubelet")
WEB = stored("deployments")["web"]
SETS = stored("replicasets")


def strategy(surge: int | str, unavailable: int | str) -> RolloutStrategy:
    return RolloutStrategy("RollingUpdate", surge, unavailable)


def sized(suffix: str, replicas: int, available: int, of: Deployment, *, scaled_at: int | None = None) -> ReplicaSet:
    """Return a ReplicaSet of a size, with pods that are available, and the number at which it was last scaled."""
    made = attrs.evolve(
        of.replica_set(suffix), replicas=replicas, status=ReplicaSetStatus(replicas, available, available)
    )
    wanted = of.replicas if scaled_at is None else scaled_at
    annotations = ((DESIRED, str(wanted)), (MOST, str((wanted or 0) + of.surge)), (REVISION, str("bc".index(suffix))))
    return with_metadata(made, annotations=annotations)


def between(of: Deployment, old: tuple[int, int], new: tuple[int, int], *, scaled_at: int | None = None) -> Rollout:
    """Return the rollout from an old ReplicaSet to a new one, each with its size and its available pods."""
    before = attrs.evolve(of, template=attrs.evolve(of.template, labels=(("app", "web"), ("old", "yes"))))
    there = (sized("b", *old, before, scaled_at=scaled_at), sized("c", *new, of, scaled_at=scaled_at))
    return rollouts.rollout(of, there)


# [util/deployment_util_test.go TestResolveFenceposts, TestMaxUnavailable]
@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "bounds"),
    [
        (1, "25%", "25%", (1, 0)),
        (2, "25%", "25%", (1, 0)),
        (4, "25%", "25%", (1, 1)),
        (5, "25%", "25%", (2, 1)),
        (10, "10%", "20%", (1, 2)),
        (10, 0, 0, (0, 1)),  # no api-server takes both zero, but both may be rounded to it
        (3, "0%", "10%", (0, 1)),
        (2, 0, 5, (0, 2)),
        (0, "25%", "25%", (0, 0)),
    ],
)
def test_surge_is_rounded_up_and_unavailable_down(
    replicas: int, surge: int | str, unavailable: int | str, bounds: tuple[int, int]
) -> None:
    found = deployment(replicas=replicas, strategy=strategy(surge, unavailable))
    assert (found.surge, found.unavailable) == bounds


# [rolling_test.go TestDeploymentController_reconcileNewReplicaSet, _reconcileOldReplicaSets, _cleanupUnhealthyReplicas]
@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "old", "new", "wanted"),
    [
        (10, 2, 2, (10, 10), (0, 0), {"web-c": 2}),
        (10, 0, 2, (10, 10), (0, 0), {"web-b": 8}),
        (10, 2, 2, (8, 8), (4, 2), {"web-b": 6}),
        (10, 3, 2, (8, 8), (5, 0), {}),
        (10, 0, 2, (10, 8), (0, 0), {"web-b": 8}),
        (10, 2, 2, (0, 0), (10, 10), {}),
        (10, 2, 2, (2, 2), (12, 12), {"web-c": 10}),
    ],
)
def test_a_rolling_update_moves_pods_within_its_bounds(
    replicas: int, surge: int, unavailable: int, old: tuple[int, int], new: tuple[int, int], wanted: dict[str, int]
) -> None:
    of = deployment(replicas=replicas, strategy=strategy(surge, unavailable))
    assert rollouts.sizes(between(of, old, new)) == wanted


# [sync_test.go TestScale, and the recording of a Deployment of 3 that is scaled to 5 while it is stuck]
@pytest.mark.parametrize(
    ("replicas", "surge", "scaled_at", "old", "new", "wanted"),
    [
        (5, 1, 3, (2, 2), (2, 0), {"web-b": 3, "web-c": 3}),
        (12, 0, 10, (5, 5), (5, 5), {"web-b": 6, "web-c": 6}),
        (6, 0, 10, (7, 7), (3, 3), {"web-b": 4, "web-c": 2}),
        (0, 0, 10, (5, 5), (5, 5), {"web-b": 0, "web-c": 0}),
        (8, 1, 10, (0, 0), (10, 10), {"web-c": 8}),
    ],
)
def test_scaling_is_shared_out_in_proportion(
    replicas: int, surge: int, scaled_at: int, old: tuple[int, int], new: tuple[int, int], wanted: dict[str, int]
) -> None:
    of = deployment(replicas=replicas, strategy=strategy(surge, 1))
    assert rollouts.sizes(between(of, old, new, scaled_at=scaled_at)) == wanted


def rolled(**spec: object) -> Run:
    """Return the run in which a Deployment becomes available, then another template, and then its first one again."""
    first, second = deployment(node="n1", **spec), deployment(node="n1", image="nginx:1.27", **spec)  # type: ignore[arg-type]
    commands = (create(first), apply(second), apply(first))
    return Run.of(scene(*commands, names_per_workload=3, calls="fused", actors=WITH_NODES))


def test_a_rollout_replaces_the_pod_and_says_so() -> None:
    run = rolled().user().user()
    known = run.cluster[WEB]
    assert known is not None
    assert (known.status.updated, known.status.available, known.status.progressing) == (1, 1, "NewReplicaSetAvailable")
    assert known.status.observed_generation == known.metadata.generation
    assert {name: run.cluster[SETS[name]].replicas for name in ("web-b", "web-c")} == {"web-b": 0, "web-c": 1}
    assert [name for name in run.cluster.names(PODS) if run.cluster[PODS[name]]] == ["web-c-b"]


@pytest.mark.long
def test_a_return_to_the_first_template_uses_its_replica_set_again() -> None:
    run = rolled().user().user().user()
    there = dict(run.cluster[SETS["web-b"]].metadata.annotations)
    assert (there[REVISION], there[HISTORY]) == ("3", "1")
    assert {name: run.cluster[SETS[name]].replicas for name in ("web-b", "web-c")} == {"web-b": 1, "web-c": 0}
    assert dict(run.cluster[WEB].metadata.annotations)[REVISION] == "3"


@pytest.mark.long
def test_the_condition_progressing_says_how_a_rollout_began_and_goes_on() -> None:
    run = rolled().user().user().user()
    said = [step.after[WEB].status.progressing for step in run.steps if WEB in step.wrote(stored("deployments"))]
    changes = [reason for reason, before in zip(said, [None, *said], strict=False) if reason != before]
    begun, undone = [CREATED, UPDATED, AVAILABLE], [UPDATED, AVAILABLE]
    assert changes == [*begun, *begun, *undone]


@pytest.mark.long
def test_recreate_waits_until_no_old_pod_runs() -> None:
    run = rolled(strategy=RolloutStrategy("Recreate")).user().user()
    pods = [[name for name in step.after.names(PODS) if step.after[PODS[name]] is not None] for step in run.steps]
    assert ["web-c-b"] in pods
    assert not any(len(names) > 1 for names in pods)


@pytest.mark.long
def test_old_replica_sets_beyond_the_limit_are_deleted() -> None:
    run = rolled(revision_history_limit=0).user().user()
    assert run.cluster[SETS["web-b"]] is None


def test_a_paused_deployment_does_not_roll() -> None:
    first, second = deployment(node="n1"), deployment(node="n1", image="nginx:1.27", paused=True)
    scene_ = scene(create(first), apply(second), names_per_workload=3, calls="fused", actors=WITH_NODES)
    run = Run.of(scene_).user().user()
    assert run.cluster[SETS["web-c"]] is None
    assert run.cluster[WEB].status.progressing == PAUSED


def test_a_pod_is_available_some_time_after_it_is_ready() -> None:
    first = deployment(node="n1", min_ready_seconds=5)
    run = Run.of(scene(create(first), names_per_workload=2, calls="fused", actors=WITH_NODES))
    run = run.take("run_command", user=ADMIN).settle(without=("wait_until_available",))
    assert run.cluster[SETS["web-b"]].status.ready == 1
    assert run.cluster[WEB].status.available == 0
    assert run.settle().cluster[WEB].status.available == 1


def test_a_rollout_whose_pod_fits_nowhere_exceeds_its_deadline() -> None:
    first = deployment(memory_mib=1 << 20)
    actors = (*WITH_NODES, "kube-scheduler")
    run = Run.of(scene(create(first), names_per_workload=2, calls="fused", actors=actors)).user()
    assert run.cluster[WEB].status.progressing == TIMED_OUT


def test_a_rollout_whose_image_cannot_be_pulled_exceeds_its_deadline() -> None:
    first = deployment(node="n1")
    faults = {"failed-image-pull": 1}
    run = Run.of(scene(create(first), names_per_workload=2, calls="fused", actors=WITH_NODES, faults=faults))
    run = run.take("run_command", user=ADMIN).settle(without=("start_container",))
    run = run.take(
        "fail_to_pull_image", node="n1", pod="web-b-b", container=first.template.spec.containers[0].name
    ).settle()
    assert run.cluster[WEB].status.progressing == TIMED_OUT


def test_a_rollout_whose_pods_are_refused_exceeds_its_deadline() -> None:
    made = deployment()
    spec = attrs.evolve(made.template.spec, service_account="nobody")
    made = attrs.evolve(made, template=attrs.evolve(made.template, spec=spec))
    run = Run.of(scene(stored=(made,), names_per_workload=1, calls="fused", actors=WITH_NODES))
    run = run.settle(until=lambda cluster: cluster[WEB].status.progressing == TIMED_OUT)
    assert all(run.cluster[PODS[name]] is None for name in run.cluster.names(PODS))
    assert TEMPORAL["replicasets_get_their_pods"].function(run.cluster) is True


def test_a_rollout_of_more_pods_than_a_quota_allows_exceeds_its_deadline() -> None:
    made = deployment(replicas=2, node="n1")
    run = Run.of(scene(stored=(made,), names_per_workload=2, pod_quota=1, calls="fused", actors=WITH_NODES))
    run = run.settle(until=lambda cluster: cluster[WEB].status.progressing == TIMED_OUT)
    assert run.cluster[WEB].status.available == 1
    said = str(TEMPORAL["replicasets_get_their_pods"].function(run.cluster))
    assert said.endswith("has 1 active pods, 2 are wanted: exceeded quota: pods=1")
