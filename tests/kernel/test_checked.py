"""A model is checked when it is made, and the message names the user's file and line."""

from typing import Any

import pytest

from kmodel.kernel import (
    Cell,
    Cells,
    Cluster,
    Model,
    ModelError,
    ask,
    eventually,
    fair_among_writers,
    finitely_often,
    follow,
    invariant,
    leads_to,
    sometimes,
    step_invariant,
    take,
    transition,
)

X: Cell[int] = Cell("x")
START = Cluster.of({X: 0})
HERE = r"tests/kernel/test_checked.py:\d+"


def transitions(name: str = "go") -> Any:
    def go(cluster: Cluster) -> Cluster | None:
        return None

    go.__name__ = name
    return transition(actor="a")(go)


def test_two_transitions_of_one_name_are_refused() -> None:
    @transition(actor="b")
    def go(cluster: Cluster) -> Cluster | None:
        return None

    with pytest.raises(ModelError, match=f"two transitions have the name go, at {HERE} and {HERE}; rename one"):
        Model((START,), (transitions().bind(), go.bind()))


def test_an_action_that_is_listed_twice_is_refused() -> None:
    action = transitions().bind()
    with pytest.raises(ModelError, match=r"has two actions go\(\)"):
        Model((START,), (action, action))
    with pytest.raises(ModelError, match=r"has two actions go\(\)"):
        Model((START,), (action, transitions().bind()))


def test_two_specs_of_one_name_are_refused() -> None:
    def make() -> Any:
        @invariant
        def s(cluster: Cluster) -> bool:
            return True

        return s

    with pytest.raises(ModelError, match=f"two specs have the name s, at {HERE} and {HERE}; rename one"):
        Model((START,), (), (make(), make()))
    spec = make()
    with pytest.raises(ModelError, match="lists a spec twice"):
        Model((START,), (), (spec, spec))


@pytest.mark.parametrize(
    ("actor", "thing", "why"),
    [
        ("a/{nod}", "", r"actor='a/\{nod\}' speaks of \{nod\}, which is no argument of it; it has node"),
        ("a", "pod/{pod}", r"object='pod/\{pod\}' speaks of \{pod\}"),
        ("a/{node", "", "is no format"),
        ("a/{}", "", "speaks of {}"),
    ],
)
def test_who_takes_a_step_is_spelt_with_its_arguments(actor: str, thing: str, why: str) -> None:
    with pytest.raises(ModelError, match=f"{HERE}: transition go: .*{why}"):

        @transition(actor=actor, object=thing)
        def go(cluster: Cluster, node: str) -> Cluster | None:
            return None


def test_a_transition_takes_a_cluster() -> None:
    with pytest.raises(ModelError, match=f"{HERE}: transition go takes a cluster and then"):

        @transition(actor="a")
        def go() -> Cluster | None:
            return None


def no_argument() -> bool:
    return True


def two_arguments(cluster: Cluster, other: int) -> bool:
    return True


def of_s(s: Any) -> bool:
    return True


def of_a_step(step: Any) -> bool:
    return True


@pytest.mark.parametrize(
    ("declare", "function", "why"),
    [
        (invariant, no_argument, r"takes 0 arguments, but is called with one; write def no_argument\(cluster\)"),
        (invariant, two_arguments, "takes 2 arguments, but is called with one"),
        (step_invariant, of_s, "is about steps; call its parameter `step`"),
        (finitely_often, of_s, "is about steps; call its parameter `step`"),
        (invariant, of_a_step, "is about clusters; call its parameter `cluster`, or declare it as a @step_invariant"),
        (eventually, of_a_step, "is about clusters"),
        (eventually(each=Cells("pods")), of_s, "is called with a cluster and a key of each=pods; take both"),
        (leads_to(of_s, two_arguments), of_s, "asks two_arguments, which takes 2 arguments"),
        (sometimes(shows="x"), of_s, "shows 'x', which is no spec"),  # type: ignore[call-overload]
        (invariant(needs="pods"), of_s, "needs 'pods', which is no feature"),  # type: ignore[call-overload]
        (invariant(hazard=True), of_s, "has hazard=True; write a sentence"),  # type: ignore[call-overload]
        (eventually(each="pods"), two_arguments, "has each='pods', which is no family of cells"),  # type: ignore[call-overload]
        (invariant, "text", "is no function; write it with `def`"),
    ],
)
def test_a_spec_is_checked_where_it_is_written(declare: Any, function: Any, why: str) -> None:
    with pytest.raises(ModelError, match=f"spec .*{why}") as error:
        declare(function)
    if callable(function):
        assert "test_checked.py:" in str(error.value)


def test_a_spec_may_have_arguments_with_defaults() -> None:
    @invariant
    def s(cluster: Cluster, limit: int = 1) -> bool:
        return cluster[X] < limit

    assert ask(s, START)[0] is True


def test_what_a_spec_must_not_return_is_named_in_full() -> None:
    import numpy as np

    @invariant
    def s(cluster: Cluster) -> bool:
        return np.bool_(cluster[X] == 0)  # type: ignore[return-value]

    with pytest.raises(ModelError, match=r"spec s returned numpy.bool_?, which is no answer"):
        ask(s, START)


@pytest.mark.parametrize("address", [(), (-1,), (1,), (0, 0)])
def test_an_address_that_leads_nowhere_is_refused(address: tuple[int, ...]) -> None:
    with pytest.raises(ModelError):
        follow(Model((START,), ()), address)


def test_writers_can_be_asked_without_an_engine() -> None:
    family: Cells[int] = Cells("x")

    @transition(actor="a")
    def write(cluster: Cluster) -> Cluster | None:
        return cluster.set(X, 1) if cluster[X] == 0 else cluster

    wins, loses = fair_among_writers(write, family)
    assert wins.bind()(START) == START.set(X, 1)
    assert loses.bind()(START) is None
    assert take(loses.bind(), START.set(X, 1)) is not None


def test_a_model_error_is_told_where_the_function_is() -> None:
    @transition(actor="a")
    def write(cluster: Cluster) -> Cluster | None:
        return cluster.set(X, cluster[X] // 0)

    with pytest.raises(ModelError, match=r"transition write\(\): .*test_checked.py:\d+, in write: ZeroDivisionError"):
        take(write.bind(), START)


def test_exit_in_a_function_is_an_error_of_it() -> None:
    @transition(actor="a")
    def leave(cluster: Cluster) -> Cluster | None:
        raise SystemExit(0)

    @invariant
    def s(cluster: Cluster) -> bool:
        raise SystemExit(3)

    for call in (lambda: take(leave.bind(), START), lambda: ask(s, START)):
        with pytest.raises(ModelError, match="SystemExit"):
            call()
