"""Models, actions and addresses."""

import pytest

from kmodel.kernel import Cell, Cluster, Model, ModelError, enabled, follow
from tests.toys import binary_clock, two_phase_commit

MODEL = two_phase_commit.model(2)


def test_enabled_steps_come_in_the_order_of_the_actions() -> None:
    names = [str(step.action) for step in enabled(MODEL, MODEL.initial[0])]
    assert names == [
        "abort()",
        'prepare(manager="rm0")',
        'choose_to_abort(manager="rm0")',
        'prepare(manager="rm1")',
        'choose_to_abort(manager="rm1")',
    ]


def test_an_address_is_followed_step_by_step() -> None:
    trace = follow(MODEL, (0, 1, 2))
    assert [str(step.action) for step in trace.steps] == ['prepare(manager="rm0")', 'prepare(manager="rm1")']
    assert trace.path == "0/1/2"
    assert trace.steps[0].before == trace.initial == MODEL.initial[0]
    assert trace.steps[0].after == trace.steps[1].before
    assert trace.last == trace.steps[1].after
    assert follow(MODEL, (0,)).last == MODEL.initial[0]


def test_an_address_may_begin_in_any_initial_state() -> None:
    trace = follow(binary_clock.model(), (1, 0))
    assert str(trace.steps[0].action) == "tock()"


@pytest.mark.parametrize(
    ("address", "why"),
    [((1,), "names no initial state"), ((0, 5), "step 1 of the address"), ((0, 1, 99), "step 2 of the address")],
)
def test_an_address_that_leads_nowhere_is_an_error(address: tuple[int, ...], why: str) -> None:
    with pytest.raises(ModelError, match=why):
        follow(MODEL, address)


def test_a_model_needs_an_initial_state_and_one_layout() -> None:
    with pytest.raises(ModelError, match="demo has no initial state"):
        Model((), (), name="demo")
    cell: Cell[int] = Cell("a")
    with pytest.raises(ModelError, match="different layouts"):
        Model((Cluster.of({cell: 0}), Cluster.of({cell: 1})), ())
