"""The view is sealed: whatever a function can learn of a cluster or a step is recorded, or refused in a sentence."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from kmodel.engines.exhaustive import result_of
from kmodel.engines.results import Verdict
from kmodel.kernel import (
    BareCluster,
    Cell,
    Cells,
    Cluster,
    Model,
    ModelError,
    Spec,
    Step,
    ask,
    enabled,
    invariant,
    step_invariant,
    take,
    transition,
)
from kmodel.kernel.footprint import Log, View

X: Cell[int] = Cell("x")
Y: Cell[int] = Cell("y")
LIMIT: Cell[int] = Cell("limit")
PAIR: Cells[int] = Cells("pair")


@transition(actor="a")
def up(cluster: Cluster) -> Cluster | None:
    return cluster.set(Y, cluster[Y] + 1) if cluster[Y] < 3 else None


@transition(actor="b")
def other(cluster: Cluster) -> Cluster | None:
    return cluster.set(X, 1) if cluster[X] == 0 else None


START = Cluster.of({X: 0, Y: 0}, {LIMIT: 3})
ANOTHER = Cluster.of({X: 0, Y: 0})
ACTIONS = (other.bind(), up.bind())


def verdict(*specs: Spec, actions: Any = ACTIONS) -> list[Verdict]:
    return [finding.verdict for finding in result_of(Model((START,), actions, specs)).findings]


def test_a_spec_reads_the_cluster_that_the_search_goes_on_from() -> None:
    @step_invariant
    def next_is_not_the_last(step: Step) -> bool:
        return not (step.next[X] == 1 and step.next[Y] == 3)

    assert verdict(next_is_not_the_last) == [Verdict.VIOLATED]


def test_a_spec_compares_the_clusters_of_a_step() -> None:
    @step_invariant
    def nothing_changes(step: Step) -> bool:
        return step.before == step.after

    @step_invariant
    def something_changes(step: Step) -> bool:
        return step.before != step.next

    assert verdict(nothing_changes, something_changes) == [Verdict.VIOLATED, Verdict.HOLDS]


def test_a_spec_reads_all_values_at_once() -> None:
    @invariant
    def never_both(cluster: Cluster) -> bool:
        return cluster.values != (1, 3)

    @invariant
    def never_leaves_the_start(cluster: Cluster) -> bool:
        return cluster == START

    @invariant
    def hash_is_that_of_the_start(cluster: Cluster) -> bool:
        return cluster in {START}

    @invariant
    def says_nothing_of_three(cluster: Cluster) -> bool:
        return "=3" not in repr(cluster)

    found = verdict(never_both, never_leaves_the_start, hash_is_that_of_the_start, says_nothing_of_three)
    assert found == [Verdict.VIOLATED] * 4


def test_a_spec_asks_what_is_enabled() -> None:
    bare = Model((START,), ACTIONS)

    @invariant
    def no_deadlock(cluster: Cluster) -> bool:
        return any(True for _ in enabled(bare, cluster))

    @invariant
    def x_can_be_written(cluster: Cluster) -> bool:
        return take(other.bind(), cluster) is not None

    @invariant
    def y_stays_small(cluster: Cluster) -> bool:
        step = take(up.bind(), cluster)
        return step is None or step.next[Y] < 3

    @step_invariant
    def no_deadlock_follows(step: Step) -> bool:
        return any(True for _ in enabled(bare, step.next))

    specs = (no_deadlock, x_can_be_written, y_stays_small, no_deadlock_follows)
    assert verdict(*specs) == [Verdict.VIOLATED] * 4


def test_a_transition_compares_what_it_made_with_what_it_was_given() -> None:
    @transition(actor="a")
    def step_if_new(cluster: Cluster) -> Cluster | None:
        after = cluster.set(Y, min(3, cluster[Y] + 1))
        return None if after == cluster else after

    assert result_of(Model((START,), (step_if_new.bind(),))).states == 4


@attrs.frozen
class Ping:
    number: int


@attrs.frozen
class Pong:
    number: int


def test_who_dispatches_by_type_is_told_to_ask_by_isinstance() -> None:
    message: Cell[Ping | Pong] = Cell("message")

    @transition(actor="a")
    def by_type(cluster: Cluster) -> Cluster | None:
        return cluster.set(message, Pong(1)) if type(cluster[message]) is Ping else None

    @transition(actor="a")
    def by_table(cluster: Cluster) -> Cluster | None:
        table: dict[Any, Ping | Pong] = {Ping: Pong(1), Pong: Ping(1)}
        return cluster.set(message, table[type(cluster[message])])

    @invariant
    def is_ping(cluster: Cluster) -> bool:
        return type(cluster[message]) is Ping

    start = Cluster.of({message: Ping(1)})
    for action in (by_type.bind(), by_table.bind()):
        with pytest.raises(ModelError, match="isinstance or match, not by type"):
            take(action, start)
        with pytest.raises(ModelError, match="isinstance or match, not by type"):
            result_of(Model((start,), (action,)))
    with pytest.raises(ModelError, match="isinstance or match, not by type"):
        ask(is_ping, start)


def test_constants_are_read_in_each_way_and_cannot_change() -> None:
    assert START.look(LIMIT, lambda limit: limit + 1) == 4
    assert View(START, Log()).look(LIMIT, lambda limit: limit + 1) == 4
    assert START.has(LIMIT)
    with pytest.raises(ModelError, match="constant limit holds a list, which can change"):
        Cluster.of({X: 0}, {LIMIT: [3]})
    with pytest.raises(ModelError, match="limit is a cell and a constant"):
        Cluster.of({LIMIT: 0}, {LIMIT: 3})
    with pytest.raises(TypeError):
        START.layout.constants[LIMIT] = 4  # type: ignore[index]


def test_names_of_a_family_with_longer_keys_are_refused() -> None:
    with pytest.raises(ModelError, match="no single name"):
        Cluster.of({PAIR["a", "b"]: 0}).names(PAIR)


# What each public name of a cluster shows, and which cells that reads; None: it shows what is fixed.
SURFACE: dict[str, tuple[Callable[[Cluster], object], tuple[int, ...]]] = {
    "__getitem__": (lambda cluster: cluster[Y], (1,)),
    "look": (lambda cluster: cluster.look(Y, abs), (1,)),
    "values": (lambda cluster: cluster.values, (0, 1)),
    "__eq__": (lambda cluster: cluster == ANOTHER, (0, 1)),
    "__ne__": (lambda cluster: cluster != ANOTHER, (0, 1)),
    "__hash__": (hash, (0, 1)),
    "__repr__": (repr, (0, 1)),
    "layout": (lambda cluster: cluster.layout, ()),
    "names": (lambda cluster: cluster.names(PAIR), ()),
    "has": (lambda cluster: cluster.has(X), ()),
    "set": (lambda cluster: cluster.set(Y, 1), ()),
    "update": (lambda cluster: cluster.update(Y, number=1), ()),
    "modify": (lambda cluster: cluster.modify(Y, abs), ()),
    "of": (lambda cluster: cluster.of({X: 0}), ()),
}
REFUSED = ("__iter__", "__contains__")
ORDINARY = set(dir(object)) - {"__eq__", "__ne__", "__hash__", "__repr__"}
PYTHONS = {
    "__module__",
    "__slots__",
    "__weakref__",
    "__abstractmethods__",
    "__annotations__",
    "__dict__",
    "__match_args__",
}
ATTRS = {"__attrs_attrs__", "__attrs_own_setattr__", "__attrs_props__", "__getstate__", "__setstate__"}


def public(cls: type) -> set[str]:
    names = {name for name in dir(cls) if not name.startswith("_") or name.startswith("__")}
    return names - ORDINARY - PYTHONS - ATTRS


def test_a_bare_cluster_and_a_view_have_the_same_surface() -> None:
    assert public(View) == public(BareCluster) == {*SURFACE, *REFUSED}


@pytest.mark.parametrize("name", SURFACE)
def test_what_a_name_shows_is_recorded(name: str) -> None:
    shows, cells = SURFACE[name]
    log = Log()
    if name != "update":  # which needs an object in the cell
        shown = shows(View(START, log))
        if not isinstance(shown, View):
            assert shown == shows(START)
    assert tuple(sorted({read.position for read in log.footprint()})) == cells


@pytest.mark.parametrize("cluster", [START, View(START, Log())])
def test_a_cluster_is_no_sequence(cluster: Cluster) -> None:
    with pytest.raises(TypeError, match="not iterable"):
        iter(cluster)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="not a container"):
        X in cluster  # type: ignore[misc]  # noqa: B015


def test_what_a_step_shows_is_recorded() -> None:
    fields = {field.name for field in attrs.fields(Step)}
    fixed = {"action", "reads", "effect"}  # what a class of steps has in common; specs are asked once for each
    step = take(up.bind(), START)
    assert step is not None
    for name in fields - fixed:

        @step_invariant
        def reads_it(step: Step, name: str = name) -> bool:
            return bool(getattr(step, name)[X] == 0)

        _, reads = ask(reads_it, step)
        assert [read.position for read in reads] == [0], name
