"""Footprints: what was read of a cell, attribute by attribute, and what was written."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from kmodel.kernel import Append, Cell, Cluster, drop_first, first
from kmodel.kernel.footprint import Check, Read, apply, record


@attrs.frozen
class Meta:
    name: str
    version: int = 1


@attrs.frozen
class Pod:
    meta: Meta
    phase: str = "Pending"
    node: str | None = None


POD: Cell[Any] = Cell("pod")
OTHER: Cell[Any] = Cell("other")
QUEUE: Cell[Any] = Cell("queue")
CELLS = {POD: Pod(Meta("web")), OTHER: Pod(Meta("web")), QUEUE: (1, 2)}
CLUSTER = Cluster.of(CELLS, {Cell("limit"): 3})


def recorded(function: Callable[[Cluster], Any]) -> tuple[Any, tuple[Read, ...]]:
    return record(function, CLUSTER, "test")


def reads(function: Callable[[Cluster], Any]) -> list[tuple[str, str]]:
    """Return what the function read: the cell, and the path in it or the projection's name."""

    def run(cluster: Cluster) -> None:
        function(cluster)

    _, footprint = recorded(run)
    names = [str(cell) for cell in CELLS]
    return [
        (
            names[read.position],
            getattr(read.projection.function, "__name__", None) or ".".join(read.projection.path),
        )
        for read in footprint
    ]


def test_a_cell_that_is_not_touched_is_not_read() -> None:
    assert reads(lambda cluster: None) == []
    assert reads(lambda cluster: cluster[Cell("limit")]) == []
    assert reads(lambda cluster: cluster.has(POD)) == []


def test_reading_an_object_shows_its_class_only() -> None:
    _, (read,) = recorded(lambda cluster: cluster[POD] and None)
    assert read.found is Pod


def test_reading_an_attribute_reads_only_that() -> None:
    assert reads(lambda cluster: cluster[POD].phase) == [("pod", ""), ("pod", "phase")]


def test_reading_a_nested_attribute_reads_the_path_to_it() -> None:
    assert reads(lambda cluster: cluster[POD].meta.version) == [("pod", ""), ("pod", "meta"), ("pod", "meta.version")]


def test_reads_are_kept_in_order_and_once() -> None:
    def look_around(cluster: Cluster) -> None:
        assert cluster[OTHER].phase == cluster[POD].phase == cluster[OTHER].phase

    assert reads(look_around) == [("other", ""), ("other", "phase"), ("pod", ""), ("pod", "phase")]


def test_the_class_is_seen_without_reading_more() -> None:
    assert reads(lambda cluster: isinstance(cluster[POD], Pod)) == [("pod", "")]
    assert reads(lambda cluster: cluster[POD] is None) == [("pod", "")]


def test_comparing_objects_reads_as_far_as_they_are_equal() -> None:
    assert ("pod", "node") in reads(lambda cluster: cluster[POD] == cluster[OTHER])
    assert ("pod", "phase") not in reads(lambda cluster: cluster[POD] == Pod(Meta("db")))
    assert reads(lambda cluster: cluster[POD] == 3) == [("pod", "")]


def test_a_stand_in_equals_what_it_stands_for() -> None:
    def compare(cluster: Cluster) -> None:
        stand_in = cluster[POD]
        assert stand_in == Pod(Meta("web"))
        assert Pod(Meta("web")) == stand_in
        assert stand_in == cluster[OTHER]
        assert stand_in != Pod(Meta("db"))
        assert hash(stand_in) == hash(cluster[OTHER])
        assert stand_in in {cluster[OTHER]}
        assert type(stand_in).__mro__[1] is Pod
        assert attrs.evolve(stand_in, phase="Running") == Pod(Meta("web"), "Running")

    recorded(compare)


def test_hashing_an_object_reads_all_of_it() -> None:
    assert reads(lambda cluster: hash(cluster[POD])) == [("pod", ""), ("pod", "*")]


def test_a_stand_in_hashes_like_what_it_stands_for() -> None:
    def look_up(cluster: Cluster) -> None:
        assert cluster[POD] in {Pod(Meta("web")): 1}

    recorded(look_up)


def test_moving_an_object_to_another_cell_reads_it_whole_and_stores_no_stand_in() -> None:
    def copy(cluster: Cluster) -> Cluster:
        return cluster.set(OTHER, attrs.evolve(cluster[POD], phase="Running"))

    effect, _ = recorded(copy)
    assert effect is not None
    after = apply(CLUSTER, effect.total)
    assert after[OTHER] == Pod(Meta("web"), "Running")
    assert type(after[OTHER]) is Pod
    assert type(after[OTHER].meta) is Meta
    assert ("pod", "*") in reads(lambda cluster: cluster.set(OTHER, cluster[POD]))
    assert ("pod", "meta.*") in reads(lambda cluster: cluster.set(OTHER, Pod(cluster[POD].meta)))


def test_writing_does_not_read() -> None:
    assert reads(lambda cluster: cluster.set(POD, None)) == []
    assert reads(lambda cluster: cluster.update(POD, phase="Running")) == []
    assert reads(lambda cluster: cluster.modify(QUEUE, Append(3))) == []
    assert reads(lambda cluster: cluster.modify(QUEUE, drop_first)) == []


def test_looking_reads_only_what_the_projection_shows() -> None:
    assert reads(lambda cluster: cluster.look(QUEUE, first)) == [("queue", "first")]
    _, (read,) = recorded(lambda cluster: cluster.look(QUEUE, first) and None)
    assert read.found == 1


@attrs.frozen(cache_hash=True)
class SameMeta:
    """A projection that holds an object: whether it is the pod's own."""

    meta: Meta

    def __call__(self, pod: Pod) -> bool:
        return pod.meta == self.meta


def test_a_projection_may_hold_what_was_read_and_that_counts_as_read_whole() -> None:
    def compare(cluster: Cluster) -> Cluster | None:
        same = cluster.look(OTHER, SameMeta(cluster[POD].meta))
        return cluster.update(POD, phase="Same") if same else None

    effect, footprint = record(compare, CLUSTER, "test", Check.BOTH)
    assert effect is not None
    assert [(read.position, read.projection.path) for read in footprint[:3]] == [
        (0, ()),
        (0, ("meta",)),
        (0, ("meta", "*")),
    ]
    assert footprint[3].projection.function == SameMeta(Meta("web"))


def test_what_was_just_written_is_not_read_from_the_cluster() -> None:
    def write_and_read(cluster: Cluster) -> None:
        assert cluster.set(POD, Pod(Meta("db")))[POD].meta.name == "db"

    assert reads(write_and_read) == []


def test_reading_after_an_update_reads_what_was_there_before() -> None:
    def update_and_read(cluster: Cluster) -> None:
        after = cluster.update(POD, phase="Running")
        assert after[POD].phase == "Running"
        assert after[POD].meta.name == "web"
        assert cluster[POD].phase == "Pending"

    assert ("pod", "*") in reads(update_and_read)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda cluster: cluster.modify(QUEUE, Append(3)).modify(QUEUE, drop_first), (2, 3)),
        (lambda cluster: cluster.set(QUEUE, ()).modify(QUEUE, Append(3)), (3,)),
        (lambda cluster: cluster.modify(QUEUE, Append(3)).set(QUEUE, ()), ()),
        (lambda cluster: cluster.modify(QUEUE, drop_first).modify(QUEUE, drop_first), ()),
    ],
)
def test_writes_to_one_cell_add_up(change: Callable[[Cluster], Cluster], expected: tuple[int, ...]) -> None:
    effect, _ = recorded(change)
    assert effect is not None
    assert [write.position for write in effect.writes] == [2]
    assert apply(CLUSTER, effect.total)[QUEUE] == expected == change(CLUSTER)[QUEUE]


def test_updates_of_an_object_add_up() -> None:
    effect, _ = recorded(lambda cluster: cluster.update(POD, phase="Running").update(POD, node="n1"))
    assert effect is not None
    assert apply(CLUSTER, effect.total)[POD] == Pod(Meta("web"), "Running", "n1")


def test_writes_do_not_touch_the_cluster_they_were_made_on() -> None:
    recorded(lambda cluster: cluster.set(POD, None))
    assert CLUSTER[POD] == Pod(Meta("web"))
