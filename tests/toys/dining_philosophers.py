"""The example, with the actions of one philosopher after those of another, and more ways to be fair to them."""

import attrs

from examples.dining_philosophers import (
    FIRST,
    HOLDER,
    MEALS,
    SECOND,
    cells,
    eat,
    holds_both_forks,
    holds_first_fork,
    nobody_starves,
    somebody_eats,
    somebody_eats_again,
    take_first,
    take_second,
    who_waits_eats,
)
from kmodel.kernel import Cluster, Fairness, Model

__all__ = [
    "FIRST",
    "HOLDER",
    "MEALS",
    "SECOND",
    "eat",
    "holds_both_forks",
    "holds_first_fork",
    "model",
    "nobody_starves",
    "somebody_eats",
    "somebody_eats_again",
    "take_first",
    "take_second",
    "who_waits_eats",
]


def model(philosophers: int, *, last_is_left_handed: bool, fairness: Fairness = Fairness.WEAK) -> Model:
    """Return the model; that one of them takes the forks in another order is what breaks the symmetry.

    `fairness` is what each of them is owed who wants to take a fork.
    """
    names = [f"p{number}" for number in range(philosophers)]
    initial = Cluster.of(cells(philosophers, last_is_left_handed=last_is_left_handed))
    takes = (take_first, take_second)
    if fairness is not Fairness.WEAK:  # transitions are told apart by identity
        takes = (attrs.evolve(take_first, fairness=fairness), attrs.evolve(take_second, fairness=fairness))
    actions = [action.bind(philosopher=name) for name in names for action in (*takes, eat)]
    return Model((initial,), tuple(actions), (nobody_starves, somebody_eats), name=f"dining-{philosophers}")
