"""A projection or an update that fails for some values is an answer to whoever catches it, and an error with a name
to whoever does not."""

from typing import Any

import pytest

from kmodel.engines.exhaustive import result_of
from kmodel.engines.runs.simulation import Walks
from kmodel.engines.runs.simulation import result_of as walks_of
from kmodel.kernel import Cell, Cluster, Model, ModelError, invariant, transition
from tests.engines.reference import search

QUEUE: Cell[tuple[int, ...]] = Cell("queue")
SEEN: Cell[int] = Cell("seen")
START = Cluster.of({QUEUE: (1, 2, 3), SEEN: 0})


def head(queue: tuple[int, ...]) -> int:
    return queue[0]


def rest(queue: tuple[int, ...]) -> tuple[int, ...]:
    return (*queue[1:], queue[0] - 1) if queue[0] else queue[1:]


@transition(actor="consumer")
def take_one(cluster: Cluster) -> Cluster | None:
    try:
        return cluster.set(SEEN, cluster.look(QUEUE, head)).modify(QUEUE, rest)
    except IndexError:
        return cluster.set(SEEN, -1) if cluster[SEEN] != -1 else None


@transition(actor="consumer")
def take_blindly(cluster: Cluster) -> Cluster | None:
    return cluster.set(SEEN, cluster.look(QUEUE, head)).modify(QUEUE, rest)


@transition(actor="consumer")
def drop_blindly(cluster: Cluster) -> Cluster | None:
    return cluster.modify(QUEUE, drop_head)


def drop_head(queue: tuple[int, ...]) -> tuple[int, ...]:
    return (queue[0] - 1, *queue[1:]) if queue[0] else (queue[1], *queue[2:])


def test_who_catches_it_goes_on() -> None:
    model = Model((START,), (take_one.bind(),))
    assert result_of(model).states == search(model).states


def test_who_does_not_is_named_with_the_line() -> None:
    model = Model((START,), (take_blindly.bind(),))
    named = r"transition take_blindly\(\): .*test_projections_that_fail.py:\d+, in head: IndexError"
    with pytest.raises(ModelError, match=named):
        result_of(model)
    with pytest.raises(ModelError, match=named):
        walks_of(model, Walks(1))


def test_an_update_that_fails_later_is_named_with_the_line() -> None:
    model = Model((START,), (drop_blindly.bind(),))
    with pytest.raises(ModelError, match="in drop_head: IndexError"):
        result_of(model)


def test_a_projection_that_shows_no_value_is_refused() -> None:
    @invariant
    def s(cluster: Cluster) -> bool:
        return not cluster.look(QUEUE, as_list)

    with pytest.raises(ModelError, match=r"spec s: what as_list shows of .* holds a list"):
        result_of(Model((START,), (), (s,)))


def as_list(queue: tuple[int, ...]) -> Any:
    return list(queue)
