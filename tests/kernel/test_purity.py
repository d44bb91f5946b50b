"""An impure transition is an error that names the transition and the cell; so is a value that could change."""

import itertools
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from kmodel.kernel import Action, BoundReached, Cell, Cluster, ModelError, ask, invariant, take, transition


@attrs.frozen
class Pod:
    phase: str
    labels: tuple[str, ...] = ()


@attrs.define
class Draft:
    phase: str


POD: Cell[Any] = Cell("etcd/pods", ("web-0",))
NODE: Cell[Any] = Cell("etcd/nodes", ("n1",))
CLUSTER = Cluster.of({POD: Pod("Pending"), NODE: 0}, {Cell("limit"): 3})


def action(function: Callable[[Cluster], Any]) -> Action:
    return transition(actor="test")(function).bind()


def error_of(function: Callable[[Cluster], Any]) -> str:
    with pytest.raises(ModelError) as caught:
        take(action(function), CLUSTER)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_another_answer_at_the_second_call() -> None:
    counter = itertools.count()

    def count(cluster: Cluster) -> Cluster:
        return cluster.set(NODE, next(counter))

    message = error_of(count)
    assert message.startswith("transition count() is not deterministic")
    assert "etcd/nodes[n1]" in message


def test_another_cell_read_at_the_second_call() -> None:
    cells = itertools.cycle([POD, NODE])

    def wander(cluster: Cluster) -> None:
        cluster[next(cells)]

    message = error_of(wander)
    assert message.startswith("transition wander() is not deterministic")
    assert "etcd/pods[web-0]" in message
    assert "etcd/nodes[n1]" in message


def test_one_more_cell_read_at_the_second_call() -> None:
    counter = itertools.count()

    def look_again(cluster: Cluster) -> None:
        assert cluster[POD]
        if next(counter) % 2:
            assert cluster[NODE] == 0

    message = error_of(look_again)
    assert message.startswith("transition look_again() is not deterministic")
    assert "etcd/nodes[n1]" in message


def test_enabled_at_the_first_call_only() -> None:
    counter = itertools.count()

    def hesitate(cluster: Cluster) -> Cluster | None:
        return cluster.set(POD, None) if next(counter) % 2 == 0 else None

    message = error_of(hesitate)
    assert message.startswith("transition hesitate() is not deterministic")
    assert "etcd/pods[web-0]" in message


def test_assigning_to_an_attribute_of_a_value() -> None:
    def mutate(cluster: Cluster) -> Cluster:
        cluster[POD].phase = "Running"
        return cluster

    message = error_of(mutate)
    assert message.startswith("transition mutate(): ")
    assert "etcd/pods[web-0]" in message
    assert "phase" in message


def test_deleting_an_attribute_of_a_value() -> None:
    def mutate(cluster: Cluster) -> Cluster:
        del cluster[POD].phase
        return cluster

    message = error_of(mutate)
    assert message.startswith("transition mutate(): ")
    assert "etcd/pods[web-0]" in message


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ([1, 2], "list"),
        ({"app": "web"}, "dict"),
        ({1}, "set"),
        (Draft("Pending"), "Draft"),
        (("web", ["app"]), "list"),
        (Pod("Pending", ["app"]), "list"),  # type: ignore[arg-type]
        (1.5, "float"),
    ],
)
def test_a_value_that_can_change(value: Any, name: str) -> None:
    def store(cluster: Cluster) -> Cluster:
        return cluster.set(POD, value)

    message = error_of(store)
    assert message.startswith("transition store(): ")
    assert "etcd/pods[web-0]" in message
    assert f"holds a {name}" in message
    with pytest.raises(ModelError, match=r"cell etcd/pods\[web-0\] holds a"):
        Cluster.of({POD: value})


def test_an_attribute_that_can_change() -> None:
    def label(cluster: Cluster) -> Cluster:
        return cluster.update(POD, labels=["app"])

    message = error_of(label)
    assert message.startswith("transition label(): ")
    assert "etcd/pods[web-0]" in message


def grow(old: int) -> list[int]:
    return [old]


def test_an_update_that_leaves_a_value_that_can_change() -> None:
    def store(cluster: Cluster) -> Cluster:
        return cluster.modify(NODE, grow)

    message = error_of(store)
    assert "store" in message
    assert "etcd/nodes[n1]" in message


def test_a_nameless_update_cannot_be_compared() -> None:
    def store(cluster: Cluster) -> Cluster:
        return cluster.modify(NODE, lambda old: old + 1)

    message = error_of(store)
    assert message.startswith("transition store(): ")
    assert "etcd/nodes[n1]" in message
    assert "module" in message


def test_a_nameless_projection_cannot_be_compared() -> None:
    def look(cluster: Cluster) -> None:
        cluster.look(NODE, lambda value: value > 1)

    message = error_of(look)
    assert message.startswith("transition look(): ")
    assert "etcd/nodes[n1]" in message


def test_a_write_outside_the_state() -> None:
    def store(cluster: Cluster) -> Cluster:
        return cluster.set(Cell("etcd/pods", ("web-1",)), None)

    assert error_of(store).startswith("transition store(): there is no cell etcd/pods[web-1] in this cluster")


def test_a_read_outside_the_state() -> None:
    def read(cluster: Cluster) -> Cluster | None:
        return cluster if cluster[Cell("etcd/services")] else None

    assert error_of(read).startswith("transition read(): there is no cell etcd/services in this cluster")


def test_a_write_to_a_constant() -> None:
    def store(cluster: Cluster) -> Cluster:
        return cluster.set(Cell("limit"), 4)

    assert error_of(store).startswith("transition store(): limit is a constant")


@pytest.mark.parametrize("returned", [CLUSTER, 3, True, "done"])
def test_something_else_than_a_cluster_made_from_the_one_given(returned: Any) -> None:
    def leave(cluster: Cluster) -> Any:
        return returned

    message = error_of(leave)
    assert message.startswith("transition leave() returned")
    assert "return cluster.set(...) or None" in message


def test_binding_other_arguments() -> None:
    @transition(actor="test")
    def schedule(cluster: Cluster, pod: str) -> None:
        return None

    with pytest.raises(ModelError, match="transition schedule takes pod, but was bound to node"):
        schedule.bind(node="n1")


def test_a_mistake_in_a_function_is_named_with_its_line() -> None:
    @transition(actor="x")
    def looks_for_nothing(cluster: Cluster) -> Cluster | None:
        raise KeyError("nothing")

    @invariant
    def divides_by_zero(cluster: Cluster) -> bool:
        return 1 // 0 == 1

    cluster = Cluster.of({Cell("a"): 0})
    with pytest.raises(
        ModelError, match=r"^transition looks_for_nothing\(\): .*test_purity\.py:\d+, in looks_for_nothing"
    ):
        take(looks_for_nothing.bind(), cluster)
    with pytest.raises(ModelError, match=r"^spec divides_by_zero: .*, in divides_by_zero: ZeroDivisionError: "):
        ask(divides_by_zero, cluster)


def test_a_bound_is_no_mistake() -> None:
    @transition(actor="x")
    def runs_out_of_names(cluster: Cluster) -> Cluster | None:
        raise BoundReached("no name is left")

    with pytest.raises(BoundReached):
        take(runs_out_of_names.bind(), Cluster.of({Cell("a"): 0}))
