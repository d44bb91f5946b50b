"""Values have one identity: what Python takes for equal although it differs is two values to a model."""

from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from typing import Any, NamedTuple

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.tables.spelling import fingerprints, spell
from kmodel.kernel import Append, Cell, Cluster, ModelError, Put, sometimes, transition
from kmodel.kernel import Model as KernelModel
from kmodel.kernel.rank import MoveUp, Rank
from kmodel.kernel.renaming import Renaming
from kmodel.kernel.values import identity, same

X: Cell[Any] = Cell("x")


class Level(IntEnum):
    LOW = 0
    HIGH = 1


class Colour(StrEnum):
    RED = "red"


class Plain(Enum):
    ONE = 1


@attrs.frozen
class Ballot:
    number: Any


def local_class() -> Any:
    @attrs.frozen
    class Vote:
        number: int

    return Vote


ONE, TWO = local_class(), local_class()
DIFFERENT = [
    (False, 0),
    (True, 1),
    (Level.HIGH, 1),
    (Level.LOW, False),
    (Colour.RED, "red"),
    (Plain.ONE, 1),
    ((True,), (1,)),
    (frozenset({True}), frozenset({1})),
    (Ballot(True), Ballot(1)),
    (Ballot((0,)), Ballot((False,))),
    (ONE(1), TWO(1)),
    ("1", 1),
    (b"a", "a"),
    ((), frozenset()),
    (None, False),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_differs_has_another_identity(one: Any, other: Any) -> None:
    assert identity(one) != identity(other)
    assert spell(one) != spell(other)
    assert fingerprints(X, one) != fingerprints(X, other)
    assert Cluster.of({X: one}) != Cluster.of({X: other})
    assert Put(one) != Put(other)
    assert Append(one) != Append(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
@pytest.mark.parametrize("bounds", [Bounds(), Bounds(fingerprints=True), Bounds(partial_order=True)])
def test_a_search_finds_both(one: Any, other: Any, bounds: Bounds) -> None:
    @transition(actor="a")
    def change(cluster: Cluster) -> Cluster | None:
        return cluster.set(X, other) if cluster.look(X, is_first) else None

    def is_first(value: Any) -> bool:
        return identity(value) == identity(one)

    @sometimes
    def changed(cluster: Cluster) -> bool:
        return not cluster.look(X, is_first)

    result = result_of(KernelModel((Cluster.of({X: one}),), (change.bind(),), (changed,)), bounds)
    assert result.states == 2
    assert result.findings[0].trace is not None


ATOMS_ALIKE = st.sampled_from([None, False, True, 0, 1, "", "1", b"1", Level.LOW, Level.HIGH, Colour.RED, Plain.ONE])
VALUES = st.recursive(
    ATOMS_ALIKE,
    lambda parts: (
        st.lists(parts, max_size=2).map(tuple)
        | st.frozensets(parts, max_size=2)
        | parts.map(Ballot)
        | ATOMS_ALIKE.map(ONE)
        | ATOMS_ALIKE.map(TWO)
    ),
    max_leaves=4,
)


@given(VALUES, VALUES)
def test_values_are_the_same_if_their_identities_are_equal(one: Any, other: Any) -> None:
    assert same(one, other) == (identity(one) == identity(other))
    assert same(Put(one), Put(other)) == (identity(Put(one)) == identity(Put(other)))
    assert hash(Put(one)) == hash(Put(other)) or not same(one, other)


def test_equal_sets_are_one_whatever_their_order() -> None:
    one, other = frozenset(["a", "b", "c"]), frozenset(["c", "b", "a"])
    assert identity(one) == identity(other)
    assert spell(one) == spell(other)


def test_cells_whose_names_look_alike_have_other_fingerprints() -> None:
    assert fingerprints(Cell("x", ("a, b",)), 0) != fingerprints(Cell("x", ("a", "b")), 0)


def test_what_is_remembered_of_a_value_is_not_told_of_an_equal_one() -> None:
    swap = Renaming.swap("n1", "n2")
    assert [type(item) for item in swap.value(("n1", 1))] == [str, int]
    assert [type(item) for item in swap.value(("n1", True))] == [str, bool]
    move = MoveUp(Rank("v", 1))
    assert move((Rank("v", 2), 1))[1] == 1
    assert move((Rank("v", 2), True))[1] is True


class Text(str):
    __slots__ = ()


class Pair(NamedTuple):
    one: int


@attrs.frozen
class HalfCompared:
    name: str
    note: str = attrs.field(eq=False, default="")


@attrs.frozen
class ComparedByKey:
    name: str = attrs.field(eq=str.lower)


@attrs.frozen
class ComparedByHand:
    name: str

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


@attrs.frozen(eq=False)
class NotCompared:
    name: str


@attrs.frozen
class NotGiven:
    name: str = attrs.field(init=False, default="")


class Undeclared(Ballot):
    pass


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (1.0, "holds a float, which may differ from itself"),
        (float("nan"), "holds a float, which may differ from itself"),
        (Fraction(1), "holds a Fraction, which can change"),
        (Text("a"), "holds a Text, a subclass of str, equal to what it is not; use str"),
        (Pair(1), "holds a Pair, a subclass of tuple, equal to what it is not"),
        ([1], "holds a list, which can change"),
        (HalfCompared("a"), "whose field note does not count"),
        (ComparedByKey("a"), "whose field name does not count"),
        (ComparedByHand("a"), "which defines __eq__ itself"),
        (NotCompared("a"), "which defines __eq__ itself"),
        (NotGiven(), r"whose field name no caller can set \(init=False\)"),
        (Undeclared(1), "holds a Undeclared, which can change"),
    ],
)
def test_what_has_no_identity_is_refused_where_it_is_written(value: Any, why: str) -> None:
    @transition(actor="a")
    def write(cluster: Cluster) -> Cluster:
        return cluster.set(X, (value,))

    with pytest.raises(ModelError, match=why):
        Cluster.of({X: value})
    with pytest.raises(ModelError, match=f"transition write.*cell x .*{why}"):
        result_of(KernelModel((Cluster.of({X: 0}),), (write.bind(),)))


@attrs.frozen
class Private:
    _version: Rank
    number: int = 0


def test_private_fields_are_renumbered_and_renamed() -> None:
    assert MoveUp(Rank("v", 1))(Private(Rank("v", 2))) == Private(Rank("v", 1))
    assert Renaming.swap("a", "b").value((Private(Rank("a", 1)),)) == (Private(Rank("b", 1)),)
