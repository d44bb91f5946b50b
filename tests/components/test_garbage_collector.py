"""The garbage collector: what becomes of dependents, in the three ways in which their owner can be deleted."""

import attrs
import pytest

from kmodel.kubernetes.components.etcd import PODS, stored, with_metadata
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, cached
from kmodel.kubernetes.objects.ownership import ORPHAN
from tests.components.runs import Run
from tests.components.scenes import delete, deployment, replicaset, scene

WEB = stored("replicasets")["web"]


def deleted(propagation: str) -> Run:
    """Return the run in which a ReplicaSet with a pod is deleted, and all has come to rest."""
    command = attrs.evolve(delete("replicasets/web"), propagation=propagation)
    actors = ("replicaset-controller", "garbage-collector")
    return Run.of(scene(command, stored=(replicaset(),), names_per_workload=2, actors=actors)).settle().user()


@pytest.mark.parametrize("propagation", ["", "Background", "Foreground"])
def test_dependents_go_with_their_owner(propagation: str) -> None:
    run = deleted(propagation)
    assert run.cluster[WEB] is None
    assert run.cluster[PODS["web-b"]] is None
    gone = [
        cell.key[0] for step in run.steps for cell in (WEB, PODS["web-b"]) if step.before[cell] and not step.after[cell]
    ]
    assert gone == (["web-b", "web"] if propagation == "Foreground" else ["web", "web-b"])


def test_orphans_outlive_their_owner() -> None:
    run = deleted("Orphan")
    assert run.cluster[WEB] is None
    left = run.cluster[PODS["web-b"]]
    assert left is not None
    assert left.metadata.owners == ()
    assert not left.metadata.deleting


def test_a_deletion_and_each_change_of_the_spec_make_a_new_generation() -> None:
    command = attrs.evolve(delete("replicasets/web"), propagation="Foreground")
    run = Run.of(scene(command, stored=(replicaset(),), actors=()))
    before = run.cluster[WEB]
    commit = next(step for step in run.user().steps if step.action.transition.name == "commit")
    after = commit.after[WEB]
    assert before is not None
    assert after is not None
    assert before.metadata.generation is not None
    assert after.metadata.generation is not None
    assert before.metadata.generation < after.metadata.generation


@pytest.mark.parametrize(("propagation", "stays"), [("Foreground", False), ("Background", True)])
def test_dependents_of_what_would_orphan_them_go_only_before_an_owner_that_waits(propagation: str, stays: bool) -> None:
    command = attrs.evolve(delete("deployments/web"), propagation=propagation)
    actors = ("deployment-controller", "replicaset-controller", "garbage-collector")
    run = Run.of(scene(command, stored=(deployment(),), names_per_workload=1, calls="fused", actors=actors)).settle()
    cluster = run.cluster
    for cell in (stored("replicasets")["web-b"], cached("replicasets")[CONTROLLER_MANAGER, "web-b"]):
        cluster = cluster.set(cell, with_metadata(cluster[cell], finalizers=(ORPHAN,)))
    run = attrs.evolve(run, cluster=cluster).user()
    assert run.cluster[stored("deployments")["web"]] is None
    assert (run.cluster[PODS["web-b-b"]] is not None) is stays
