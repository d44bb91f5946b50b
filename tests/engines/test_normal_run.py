"""The normal run, on small models whose ends are known from all their states."""

import pytest
from hypothesis import HealthCheck, assume, given, settings

from kmodel.engines.clock import Deadline
from kmodel.engines.runs.normal_run import normal_run
from kmodel.kernel import Action, Model, enabled
from tests.engines.random_models import models
from tests.toys import binary_clock, pods, two_phase_commit


def everything(action: Action) -> bool:
    return True


def test_it_ends_where_the_system_comes_to_rest() -> None:
    model = pods.model(2, 2)
    run = normal_run(model, everything, Deadline())
    assert run is not None
    assert run.steps > 0
    assert not [step for step in enabled(model, run.last) if step.next != run.last]


@given(models())
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.long
def test_it_ends_in_one_of_the_ends_of_a_random_model(model: Model) -> None:
    run = normal_run(model, everything, Deadline())
    assert run is not None
    assume(run.rests)
    assert not [step for step in enabled(model, run.last) if step.next != run.last]


def test_what_is_not_taken_does_not_happen() -> None:
    model = two_phase_commit.model(2)
    without = normal_run(model, lambda action: "abort" not in str(action), Deadline())
    assert without is not None
    assert all(without.last[two_phase_commit.MANAGER[name]] == "committed" for name in ("rm0", "rm1"))


def test_what_goes_round_for_ever_does_not_rest() -> None:
    run = normal_run(binary_clock.model(), everything, Deadline())
    assert run is not None
    assert not run.rests


def test_beyond_the_deadline_nothing_is_known() -> None:
    assert normal_run(pods.model(2, 2), everything, Deadline(0.0)) is None
