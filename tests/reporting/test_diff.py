from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster, Rank
from kmodel.reporting.diff import changes
from kmodel.reporting.value_text import brief, show


@attrs.frozen
class Spec:
    node_name: str | None = None
    labels: frozenset[str] = frozenset()


@attrs.frozen
class Pod:
    spec: Spec = attrs.field(factory=Spec)
    phase: str = "Pending"
    version: Rank | None = None


POD: Cell[Pod | None] = Cell("etcd/pods", ("nginx",))
QUEUE: Cell[tuple[str, ...]] = Cell("queue")


def told(before: object, after: object, cell: Cell[Any] = POD) -> list[str]:
    cluster = Cluster.of({cell: before})
    return [str(change) for change in changes(cluster, cluster.set(cell, after))]


def test_an_attribute_of_an_attribute() -> None:
    assert told(Pod(), Pod(Spec("n1"))) == ["etcd/pods[nginx]: spec.node_name None -> n1"]


def test_each_attribute_that_differs_is_a_line() -> None:
    after = Pod(phase="Running", version=Rank("version of nginx", 2))
    assert told(Pod(), after) == ["etcd/pods[nginx]: phase Pending -> Running", "etcd/pods[nginx]: version None -> #2"]


def test_an_object_that_appears_is_shown_without_its_defaults() -> None:
    assert told(None, Pod(Spec("n1"))) == ["etcd/pods[nginx]: None -> Pod(spec=Spec(node_name=n1))"]


def test_a_version_that_changes_is_one_line() -> None:
    before, after = Pod(version=Rank("version of nginx", 1)), Pod(version=Rank("version of nginx", 2))
    assert told(before, after) == ["etcd/pods[nginx]: version #1 -> #2"]


def test_objects_in_a_row_are_compared_one_by_one() -> None:
    pods: Cell[tuple[Pod, ...]] = Cell("pods")
    assert told((Pod(), Pod()), (Pod(), Pod(phase="Running")), pods) == ["pods: [1].phase Pending -> Running"]


def test_an_object_that_is_too_long_is_abbreviated_from_the_inside() -> None:
    pod = Pod(Spec(labels=frozenset({"a" * 60, "b" * 60})))
    assert told(None, pod) == ["etcd/pods[nginx]: None -> Pod(spec=Spec(…))"]
    assert brief(pod, 300) == show(pod)


def test_a_queue_shows_what_came_and_went() -> None:
    assert told(("a",), ("a", "b", "c"), QUEUE) == ["queue: + b + c"]
    assert told(("a", "b"), ("b",), QUEUE) == ["queue: - a"]
    assert told(("a", "b"), ("b", "c"), QUEUE) == ["queue: [a, b] -> [b, c]"]


def test_a_set_shows_what_came_and_went_in_order() -> None:
    before, after = Pod(Spec(labels=frozenset({"x", "y"}))), Pod(Spec(labels=frozenset({"y", "b", "a"})))
    assert told(before, after) == ["etcd/pods[nginx]: spec.labels + a + b - x"]


def test_nothing_changed() -> None:
    assert told(Pod(), Pod()) == []


def test_an_empty_text_can_be_seen() -> None:
    assert show(("", "a")) == '["", a]'
