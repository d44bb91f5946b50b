"""Stepping through a model by hand: the addresses are those of the kernel, and what is shown is so."""

import pytest

from kmodel.engines.retracing import follow_path
from kmodel.explorer.walk import NowhereError, Walk, read_address
from kmodel.kernel.model import enabled
from kmodel.reporting.answer import CELLS_ALONE
from tests.reporting.examples import broken_model
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
