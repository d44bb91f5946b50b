"""Walks by random priorities: what comes first stays first, and bugs are missed no more often than is said."""

from random import Random

import pytest

from kmodel.engines.runs.priorities import Priorities, missing
from kmodel.engines.runs.simulation import Walks, result_of
from kmodel.kernel import Cell, Cluster, Model, invariant, transition

FAR = 20
LEFT: Cell[int] = Cell("left")
RIGHT: Cell[int] = Cell("right")


@transition(actor="left")
def go_left(cluster: Cluster) -> Cluster | None:
    return cluster.set(LEFT, cluster[LEFT] + 1) if cluster[LEFT] < FAR else None


@transition(actor="right")
def go_right(cluster: Cluster) -> Cluster | None:
    return cluster.set(RIGHT, cluster[RIGHT] + 1) if cluster[RIGHT] < FAR else None


@invariant
def left_never_goes_all_the_way_alone(cluster: Cluster) -> bool:
    """Left is not there before right has begun."""
    return cluster[LEFT] < FAR or cluster[RIGHT] > 0


@invariant
def nobody_waits_in_the_middle(cluster: Cluster) -> bool:
    """Left does not rest at ten steps while right goes all the way."""
    return cluster[LEFT] != FAR // 2 or cluster[RIGHT] < FAR


MODEL = Model.of(
    {LEFT: 0, RIGHT: 0}, (go_left, go_right), (left_never_goes_all_the_way_alone, nobody_waits_in_the_middle)
)


def test_what_comes_first_stays_first_and_is_lowered_at_changes_only() -> None:
    priorities = Priorities(5, 100, 1, Random(0))
    order = [
        priorities.next([each for each in range(5) if each not in gone], step) for step, gone in enumerate([(), ()])
    ]
    assert order[0] == order[1]
    changing = Priorities(2, 1, 2, Random(0))
    taken = [changing.next([0, 1], step) for step in range(3)]
    assert len(set(taken)) == 1  # who was first was lowered at the first step, before it was taken
    assert taken[0] != Priorities(2, 1, 1, Random(0)).next([0, 1], 0)


def violated(seed: int, depth: int) -> set[str]:
    """Return what one walk violates, by the functions of the model alone."""
    walk, cluster, found = Priorities(len(MODEL.actions), 2 * FAR, depth, Random(seed)), MODEL.initial[0], set[str]()
    for step in range(2 * FAR):
        after = [action(cluster) for action in MODEL.actions]
        enabled = [index for index, following in enumerate(after) if following is not None]
        cluster = after[walk.next(enabled, step)] or cluster
        found |= {spec.name for spec in MODEL.specs if spec.function(cluster) is not True}
    return found


@pytest.mark.parametrize(
    ("spec", "depth"), [("left_never_goes_all_the_way_alone", 1), ("nobody_waits_in_the_middle", 2)]
)
def test_a_bug_of_a_depth_is_found_as_often_as_is_said(spec: str, depth: int) -> None:
    walks = 400
    found = sum(spec in violated(seed, depth) for seed in range(walks))
    assert found >= 0.7 * walks * (1 - missing(MODEL, 2 * FAR, depth, 1))
    assert "nobody_waits_in_the_middle" not in violated(0, 1)  # for which the order must change


def test_the_verdict_says_with_what_probability_a_bug_is_missed() -> None:
    assert missing(MODEL, 40, 1, 3) == 0.125
    assert missing(MODEL, 40, 2, 1) == 1 - 1 / 80
    result = result_of(MODEL, Walks(3, steps=40, seed=4, bug_depth=1))
    assert result.stopped == (
        "sampled: 3 walks of up to 40 steps, seed 4, by priorities: "
        "a bug of depth 1 is missed with a probability of at most 0.125"
    )
