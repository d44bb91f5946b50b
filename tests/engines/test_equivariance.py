"""That names are treated alike is shown: who prefers one is found, and where it is open, the verdict says so."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from hypothesis import assume
from hypothesis import strategies as st

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.exhaustive.orbits import equivariance
from kmodel.engines.results import Result, Verdict
from kmodel.kernel import Cluster, Model, ModelError, Transition, invariant, transition
from kmodel.reporting.summary import under_symmetry
from kmodel.reporting.wording import all_states, overall, scope
from tests.engines.preferring_models import FRIEND, LEVEL, PREFERRING, TOP, climb, made, preferring_at
from tests.engines.symmetric_models import symmetric_models
from tests.shares import on_random
from tests.toys import pods, two_phase_commit

UP_TO_RENAMING = Bounds(symmetry=True)


@pytest.mark.parametrize("make", PREFERRING.values(), ids=PREFERRING)
def test_a_preference_for_a_name_in_one_rare_state_is_found(make: Callable[[], Model]) -> None:
    with pytest.raises(ModelError, match=r"(transition|spec) .* does not treat . and . alike"):
        result_of(make(), UP_TO_RENAMING)


@transition(actor="{name}")
def climb_a_little(cluster: Cluster, name: str) -> Cluster | None:
    """Anyone climbs three steps."""
    return cluster.set(LEVEL[name], cluster[LEVEL[name]] + 1) if cluster[LEVEL[name]] < 3 else None


@pytest.mark.parametrize("levels", list(permutations(range(4))))
def test_a_preference_for_one_arrangement_is_found_however_far_from_its_representative(levels: tuple[int, ...]) -> None:
    def is_as_told(cluster: Cluster) -> bool:
        return tuple(cluster[LEVEL[name]] for name in cluster.names(LEVEL)) != levels

    with pytest.raises(ModelError, match="spec is_as_told does not treat"):
        result_of(made(specs=(invariant(is_as_told),), names=tuple("abcd"), climb=climb_a_little), UP_TO_RENAMING)


def test_the_error_names_the_transition_the_names_and_the_cell() -> None:
    with pytest.raises(ModelError) as raised:
        result_of(PREFERRING["an effect"](), UP_TO_RENAMING)
    assert str(raised.value) == (
        'transition fall(name="a") does not treat a and b alike: cell level[b] becomes another value when they change '
        "places; preferring declares them interchangeable, so take them out of its symmetry"
    )


def told(result: Result) -> dict[str, Verdict]:
    return {finding.spec.name: finding.verdict for finding in result.findings}


@on_random(symmetric_models(), st.data(), share=20, whole=150)
def test_what_is_shown_of_a_random_model_that_may_prefer_a_name_is_so(model: Model, data: st.DataObject) -> None:
    values = st.sampled_from([0, 1])
    friends = st.sampled_from([None, *model.symmetry[0]])
    count = len(model.symmetry[0])
    levels = data.draw(st.tuples(*[values] * count, *[friends] * count))
    action = data.draw(st.integers(0, len(model.actions) - 1))
    model = preferring_at(model, action, levels[: data.draw(st.integers(1, 2 * count))])
    full = result_of(model, Bounds(max_states=3_000))
    assume(full.finished)
    try:
        result = result_of(model, UP_TO_RENAMING)
    except ModelError as error:
        assert "alike" in str(error)  # noqa: PT017 - or there is no error
        return
    assert result.symmetry is not None
    assert result.symmetry.is_shown
    assert (result.represented, result.depth, told(result)) == (full.states, full.depth, told(full))


@pytest.mark.parametrize("model", [pods.model(2, 1), pods.model(2, 2), two_phase_commit.model(6)])
def test_of_a_model_that_treats_all_alike_it_is_shown(model: Model) -> None:
    result = result_of(model, UP_TO_RENAMING)
    assert result.symmetry is not None
    assert result.symmetry.is_shown
    assert result.symmetry.rules == result.symmetry.shown > len(model.actions)
    assert all_states(result) == f"all {result.represented:,} states"


@on_random(symmetric_models(), share=10, whole=60)
def test_of_random_symmetric_models_it_is_shown(model: Model) -> None:
    result = result_of(model, Bounds(symmetry=True, max_states=3_000))
    assume(result.finished)
    assert result.symmetry is not None
    assert result.symmetry.is_shown


@transition(actor="{name}")
def look_around(cluster: Cluster, name: str) -> Cluster | None:
    """Go home unless a name at the top is met first: the loop ends early, at another name for another order."""
    alone = not any(cluster[LEVEL[each]] == TOP for each in cluster.names(LEVEL) if each != name)
    return cluster.set(LEVEL[name], 0) if alone and cluster[LEVEL[name]] == 3 else None


@pytest.mark.long
def test_a_loop_over_names_that_ends_early_treats_them_alike() -> None:
    result = result_of(made(look_around), UP_TO_RENAMING)
    assert result.symmetry is not None
    assert result.symmetry.is_shown
    assert result.represented == result_of(made(look_around)).states


@invariant
def levels_are_few(cluster: Cluster) -> bool:
    """No level is above the top; it reads all names, so it has a rule per arrangement."""
    return max(cluster[LEVEL[name]] for name in cluster.names(LEVEL)) <= TOP


def test_where_it_is_not_shown_no_verdict_says_all_states(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equivariance, "LEAST_COMPARED", 1)
    result = result_of(made(specs=(levels_are_few,)), UP_TO_RENAMING)
    assert result.symmetry is not None
    assert not result.symmetry.is_shown
    assert 0 < result.symmetry.shown < result.symmetry.rules
    assert all_states(result) == "all 2,197 states, if the names are treated alike"
    assert result.findings[0].reason == "in all 2,197 reachable states, if the names are treated alike"
    assert "if the names are treated alike" in scope(result)
    assert "if the names are treated alike" in overall(result)
    rules, shown = result.symmetry.rules, result.symmetry.shown
    said = f"of {rules:,} rules met, {shown:,} are shown to treat the names alike"
    assert said in under_symmetry(result.symmetry, result.states)


def test_a_search_that_was_stopped_has_shown_nothing() -> None:
    result = result_of(made(), Bounds(symmetry=True, max_depth=3))
    assert result.symmetry is not None
    assert not result.symmetry.is_shown
    assert climb.name not in result.never_fired


@transition(actor="{name}")
def climb_together(cluster: Cluster, name: str) -> Cluster | None:
    """Anyone climbs who is not above another."""
    here = cluster[LEVEL[name]]
    if here == TOP or any(cluster[LEVEL[each]] < here for each in cluster.names(LEVEL)):
        return None
    return cluster.set(LEVEL[name], here + 1)


def _look_down(cluster: Cluster, at_a_top: Any) -> Cluster | None:
    """Look for the first who is at the bottom; do what is asked who meets somebody at the top before, and c below."""
    met: set[int] = set()
    for each in cluster.names(LEVEL):
        met.add(cluster[LEVEL[each]])
        if met == {TOP, 0}:
            return at_a_top()  # type: ignore[no-any-return]
        if 0 in met:
            return None
    return None


@transition(actor="{name}")
def fail_where_nobody_comes(cluster: Cluster, name: str) -> Cluster | None:
    """Fail where one is at the top and another at the bottom."""

    def fail() -> Cluster | None:
        raise AssertionError("one is at the top and another at the bottom")

    return _look_down(cluster, fail)


@transition(actor="{name}")
def differ_where_nobody_comes(cluster: Cluster, name: str) -> Cluster | None:
    """Have a friend where one is at the top and another at the bottom."""
    return _look_down(cluster, lambda: cluster.set(FRIEND[name], "a"))


@pytest.mark.parametrize("odd", [fail_where_nobody_comes, differ_where_nobody_comes])
def test_what_differs_in_states_that_are_not_reached_does_not_count(odd: Transition) -> None:
    result = result_of(made(odd, climb=climb_together), UP_TO_RENAMING)
    assert result.symmetry is not None
    assert result.symmetry.is_shown
    assert result.represented == result_of(made(odd, climb=climb_together)).states


@pytest.mark.parametrize("odd", [fail_where_nobody_comes, differ_where_nobody_comes])
def test_what_differs_in_states_that_are_not_looked_for_is_left_open(
    odd: Transition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(equivariance, "MOST_LOOKED_AT", 0)
    result = result_of(made(odd, climb=climb_together), UP_TO_RENAMING)
    assert result.symmetry is not None
    assert not result.symmetry.is_shown


def test_what_fails_for_one_order_of_the_names_only_is_no_result() -> None:
    with pytest.raises(ModelError):
        result_of(made(fail_where_nobody_comes), UP_TO_RENAMING)
