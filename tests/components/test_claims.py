"""ReplicaSets and the pods that they control: adopted by label, and released by label."""

import attrs

from kmodel.kubernetes.components.etcd import PODS
from tests.components.runs import Run
from tests.components.scenes import apply, create, labelled, pod, replicaset, scene

ACTORS = ("replicaset-controller",)


def owner_of(run: Run, name: str) -> str | None:
    """Return the name of who controls a pod, which must be there."""
    found = run.cluster[PODS[name]]
    assert found is not None
    return None if found.metadata.owner is None else found.metadata.owner.name


def test_a_pod_that_nobody_controls_is_adopted_instead_of_made() -> None:
    run = Run.of(scene(stored=(replicaset(), pod()), actors=ACTORS)).settle()
    assert owner_of(run, "web") == "web"
    assert run.cluster[PODS["web-b"]] is None


def test_of_a_pod_that_another_one_controls_nothing_is_taken() -> None:
    scene_ = scene(create(replicaset("other")), stored=(replicaset(), pod()), names_per_workload=2, actors=ACTORS)
    run = Run.of(scene_).settle().user()
    assert owner_of(run, "web") == "web"
    assert owner_of(run, "other-b") == "other"


def test_a_pod_that_is_not_selected_any_more_is_released_and_replaced() -> None:
    there = pod()
    elsewhere = attrs.evolve(there, metadata=attrs.evolve(there.metadata, labels=(("app", "other"),)))
    run = Run.of(scene(apply(elsewhere), stored=(replicaset(), there), names_per_workload=2, actors=ACTORS)).settle()
    run = run.user()
    assert owner_of(run, "web") is None
    assert owner_of(run, "web-b") == "web"


def test_a_label_more_changes_nothing() -> None:
    run = Run.of(scene(apply(labelled(pod(), "tier", "front")), stored=(replicaset(), pod()), actors=ACTORS)).settle()
    assert owner_of(run.user(), "web") == "web"
