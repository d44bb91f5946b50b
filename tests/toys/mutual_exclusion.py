"""Mutual exclusion of two processes: by a semaphore (Dijkstra), and as Peterson does it, in examples/."""

import attrs

from examples.peterson import (
    MODEL,
    PLACE,
    PROCESSES,
    TURN,
    enter,
    give_way,
    lower_flag,
    only_one_is_critical,
    other,
    raise_flag,
    who_waits_enters,
)
from kmodel.kernel import Cell, Cluster, Fairness, Model, transition

__all__ = ["PLACE", "TURN", "other", "peterson", "semaphore", "who_waits_enters"]

SEMAPHORE: Cell[bool] = Cell("semaphore")  # whether it is taken


@transition(actor="{process}", environment=True)
def ask_to_enter(cluster: Cluster, process: str) -> Cluster | None:
    """A process that was away wants to enter; it need not."""
    return cluster.set(PLACE[process], "waiting") if cluster[PLACE[process]] == "away" else None


@transition(actor="{process}")
def take_semaphore(cluster: Cluster, process: str) -> Cluster | None:
    """A process that waits takes the semaphore, and enters."""
    if cluster[PLACE[process]] != "waiting" or cluster[SEMAPHORE]:
        return None
    return cluster.set(PLACE[process], "critical").set(SEMAPHORE, True)


@transition(actor="{process}")
def give_semaphore(cluster: Cluster, process: str) -> Cluster | None:
    """A process leaves, and gives the semaphore back."""
    if cluster[PLACE[process]] != "critical":
        return None
    return cluster.set(PLACE[process], "away").set(SEMAPHORE, False)


SPECS = (only_one_is_critical, who_waits_enters)
AWAY = {PLACE[process]: "away" for process in PROCESSES}


def semaphore(fairness: Fairness) -> Model:
    """Return the model in which the semaphore is given to whoever comes first, with the fairness of taking it."""
    each = (ask_to_enter, attrs.evolve(take_semaphore, fairness=fairness), give_semaphore)
    actions = tuple(action.bind(process=process) for process in PROCESSES for action in each)
    return Model((Cluster.of({**AWAY, SEMAPHORE: False}),), actions, SPECS, "semaphore")


def peterson() -> Model:
    """Return the model of Peterson's algorithm, which needs no more than weak fairness."""
    each = (raise_flag, give_way, enter, lower_flag)
    actions = tuple(action.bind(process=process) for process in PROCESSES for action in each)
    return attrs.evolve(MODEL, actions=actions)
