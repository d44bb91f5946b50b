"""Stepping through a model by hand: the addresses are those of the kernel, and what is shown is so."""

import pytest

from kmodel.engines.retracing import follow_path
from kmodel.explorer.nearest import nearest
from kmodel.explorer.walk import NowhereError, Walk, read_address
from kmodel.kernel.model import enabled
from kmodel.reporting.answer import CELLS_ALONE
from tests.reporting.examples import broken_model, result
from tests.toys import two_phase_commit


def walk() -> Walk:
    return Walk(broken_model(), CELLS_ALONE)


def test_the_steps_ahead_are_those_that_are_enabled_under_the_kernel_s_addresses() -> None:
    there = walk()
    address: tuple[int, ...] = (0,)
    for _ in range(4):
        cluster = there.trace(address).last
        assert [ahead.step.next for ahead in there.ahead(address)] == [
            step.next for step in enabled(there.model, cluster)
        ]
        address = there.ahead(address)[-1].address
        assert there.trace(address).last == follow_path(there.model, "/".join(map(str, address))).last


def test_the_specs_are_live() -> None:
    there = walk()
    at_first = there.live((0,))
    assert (at_first.wrong, at_first.holds) == ((), 2)
    wrong = there.live((0, 0, 1, 3))
    assert [(spec.name, why) for spec, why in wrong.wrong] == [
        ("managers_agree", "one manager committed, another aborted"),
        ("all_managers_commit", "the spec returned False"),
    ]
    assert wrong.holds == 0


def test_random_steps_can_be_repeated_and_end_where_nothing_can_happen() -> None:
    there = Walk(two_phase_commit.model(2), CELLS_ALONE)
    assert there.at_random((0,), 5, seed=3) == there.at_random((0,), 5, seed=3)
    last = there.at_random((0,), 500, seed=1)
    assert all(ahead.is_idle for ahead in there.ahead(last))


def test_the_usual_course_ends_at_rest() -> None:
    there = Walk(two_phase_commit.model(2), CELLS_ALONE)
    last = there.onwards((0,))
    assert len(last) > 1
    assert all(ahead.is_idle or ahead.step.action.transition.environment for ahead in there.ahead(last))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0/99", "step 1 of the address takes choice 99, but there are "),
        ("7", "an address begins with an initial state, 0 to 0"),
        ("0/x", "'0/x' is no address; write one number per choice, such as 0/3/1"),
        ("", "'' is no address"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(text: str, why: str) -> None:
    with pytest.raises(NowhereError, match=why):
        walk().trace(read_address(text))


def test_what_cannot_happen_says_what_decided_it() -> None:
    there = walk()
    told = {str(each.action): (each.cell, each.saw) for each in there.disabled((0,))}
    assert told["commit()"] == ("prepared[rm0]", "False")
    assert told['receive_abort(manager="rm1")'] == ("sent[Abort]", "False")
    ahead = {str(each.step.action) for each in there.ahead((0,))}
    assert ahead.isdisjoint(told)
    assert len(ahead) + len(told) == len(there.model.actions)


def test_the_shortest_way_to_a_violation_is_that_of_the_engine() -> None:
    there = walk()
    for finding in result(there.model).failures:
        address = there.nearest((0,), finding.spec.name)
        assert finding.trace is not None
        assert len(address) == len(finding.trace.address)
        assert there.live(address).wrong[0][0] == finding.spec


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a_manager_crashes", "a_manager_crashes does not happen in all"),
        ("nothing", "there is no spec of states or steps that is called 'nothing'"),
    ],
)
def test_where_no_way_is_found_that_is_said(name: str, said: str) -> None:
    with pytest.raises(NowhereError, match=said):
        walk().nearest((0,), name)


def test_a_search_that_is_cut_off_is_not_complete() -> None:
    model = broken_model()
    never = next(spec for spec in model.specs if spec.name == "a_manager_crashes")
    assert not nearest(model, model.initial[0], never, max_states=5).is_complete
    assert nearest(model, model.initial[0], never).is_complete
