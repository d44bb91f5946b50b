"""The example, with the actions of one manager after those of another: golden files and addresses rest on the order."""

import attrs

from examples import two_phase_commit as example
from examples.two_phase_commit import (
    COORDINATOR,
    MANAGER,
    PREPARED,
    SENT,
    abort,
    all_commit,
    choose_to_abort,
    commit,
    managers_agree,
    prepare,
    receive_abort,
    receive_commit,
    receive_prepared,
)
from kmodel.kernel import Model

__all__ = [
    "COORDINATOR",
    "MANAGER",
    "PREPARED",
    "SENT",
    "abort",
    "all_commit",
    "choose_to_abort",
    "commit",
    "managers_agree",
    "model",
    "prepare",
    "receive_abort",
    "receive_commit",
    "receive_prepared",
]


def model(managers: int) -> Model:
    each = (receive_prepared, prepare, choose_to_abort, receive_commit, receive_abort)
    names = [f"rm{number}" for number in range(managers)]
    actions = [commit.bind(), abort.bind(), *(action.bind(manager=name) for name in names for action in each)]
    return attrs.evolve(example.model(managers), actions=tuple(actions))
