"""The garbage collector: what becomes of dependents, in the three ways in which their owner can be deleted."""

import attrs
import pytest

from kmodel.kubernetes.components.etcd import PODS, stored
from tests.components.runs import Run
from tests.components.scenes import delete, replicaset, scene

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
