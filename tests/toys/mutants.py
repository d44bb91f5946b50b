"""Broken variants of the toys: each violates a spec, so that the spec is known to be able to fail."""

import attrs

from kmodel.kernel import Cluster, Model, transition
from tests.toys import two_phase_commit
from tests.toys.two_phase_commit import MANAGER


@transition(actor="{manager}")
def change_mind(cluster: Cluster, manager: str) -> Cluster | None:
    """A prepared manager aborts on its own."""
    return cluster.set(MANAGER[manager], "aborted") if cluster[MANAGER[manager]] == "prepared" else None


def two_phase_commit_that_disagrees(managers: int) -> Model:
    model = two_phase_commit.model(managers)
    names = model.initial[0].names(MANAGER)
    return attrs.evolve(model, actions=(*model.actions, *(change_mind.bind(manager=name) for name in names)))
