"""Temporal specs of well-known algorithms, whose verdicts are in the textbooks."""

import attrs
import pytest

from kmodel.engines.exhaustive import result_of
from kmodel.engines.results import Finding, Verdict
from kmodel.kernel import Fairness, Model, ModelError, Spec, fair_among_writers, transition
from tests.engines.liveness import lassos
from tests.toys import alternating_bit, dining_philosophers, mutual_exclusion, optimistic_writers
from tests.toys.dining_philosophers import somebody_eats_again, who_waits_eats

WEAK, STRONG = Fairness.WEAK, Fairness.STRONG


def philosophers(number: int, *, last_is_left_handed: bool, fairness: Fairness = WEAK) -> Model:
    model = dining_philosophers.model(number, last_is_left_handed=last_is_left_handed, fairness=fairness)
    return attrs.evolve(model, specs=(somebody_eats_again, who_waits_eats))


def holds(model: Model, spec: Spec) -> bool:
    """Tell whether a temporal spec holds; that it holds because of something, and that a lasso is one, is checked."""
    finding = finding_on(model, spec)
    if finding.verdict is Verdict.VIOLATED:
        lassos.check(model, finding)
        return False
    assert finding.verdict is Verdict.HOLDS
    assert finding.is_tested
    return True


def finding_on(model: Model, spec: Spec) -> Finding:
    return next(finding for finding in result_of(model).findings if finding.spec is spec)


@pytest.mark.parametrize("number", [2, 3, 4])
def test_philosophers_with_the_same_habits_all_wait(number: int) -> None:
    model = philosophers(number, last_is_left_handed=False)
    finding = finding_on(model, somebody_eats_again)
    lassos.check(model, finding)
    assert finding.trace is not None
    assert [step.action.transition.name for step in finding.trace.steps] == ["take_first"] * number
    assert finding.trace.cycle == number  # and there they stay
    assert not holds(philosophers(number, last_is_left_handed=False, fairness=STRONG), somebody_eats_again)


@pytest.mark.parametrize("number", [2, 3, 4])
def test_a_left_handed_philosopher_saves_them_all(number: int) -> None:
    assert holds(philosophers(number, last_is_left_handed=True), somebody_eats_again)


@pytest.mark.parametrize(("number", "fairness", "expected"), [(2, WEAK, True), (3, WEAK, False), (3, STRONG, True)])
def test_neighbours_starve_a_philosopher_unless_forks_are_taken_strongly_fairly(
    number: int, fairness: Fairness, expected: bool
) -> None:
    assert holds(philosophers(number, last_is_left_handed=True, fairness=fairness), who_waits_eats) is expected


@pytest.mark.parametrize(("fairness", "expected"), [(WEAK, False), (STRONG, True)])
def test_a_semaphore_is_fair_only_if_it_is_taken_strongly_fairly(fairness: Fairness, expected: bool) -> None:
    assert holds(mutual_exclusion.semaphore(fairness), mutual_exclusion.who_waits_enters) is expected


def test_who_loses_every_race_for_a_semaphore_is_told_to_be_idle() -> None:
    finding = finding_on(mutual_exclusion.semaphore(WEAK), mutual_exclusion.who_waits_enters)
    assert finding.trace is not None
    assert finding.trace.cycle is not None
    (loser,) = [each for each in finding.idle if each.action.transition.name == "take_semaphore"]
    winners = {step.action.actor for step in finding.trace.steps[finding.trace.cycle :]}
    assert winners == {mutual_exclusion.other(loser.action.actor)}


def test_the_algorithm_of_peterson_needs_weak_fairness_only() -> None:
    assert holds(mutual_exclusion.peterson(), mutual_exclusion.who_waits_enters)


@pytest.mark.parametrize(
    ("fairness", "losses", "expected"),
    [(WEAK, None, False), (STRONG, None, True), (WEAK, 0, True), (WEAK, 3, True)],
    ids=["any-loss", "any-loss-but-strongly-fair", "no-loss", "at-most-three"],
)
def test_messages_arrive_if_losses_end_or_receiving_is_strongly_fair(
    fairness: Fairness, losses: int | None, expected: bool
) -> None:
    model = alternating_bit.model(fairness, losses)
    assert holds(model, alternating_bit.a_message_is_delivered) is expected
    assert holds(model, alternating_bit.a_next_message_is_sent) is expected


def test_the_message_that_never_arrives_is_lost_again_and_again() -> None:
    finding = finding_on(alternating_bit.model(WEAK, None), alternating_bit.a_message_is_delivered)
    assert finding.trace is not None
    assert [step.action.transition.name for step in finding.trace.steps] == ["send", "lose_frame"]
    assert finding.trace.cycle == 0


@pytest.mark.parametrize(
    "model",
    [
        mutual_exclusion.semaphore(WEAK),
        mutual_exclusion.peterson(),
        alternating_bit.model(WEAK, None),
        alternating_bit.model(STRONG, 3),
    ],
    ids=["semaphore", "peterson", "alternating-bit", "alternating-bit-with-few-losses"],
)
def test_the_algorithms_are_safe(model: Model) -> None:
    assert finding_on(model, model.specs[0]).verdict is Verdict.HOLDS


def test_an_optimistic_writer_may_lose_every_race_unless_writers_are_treated_fairly() -> None:
    weak, fair = (optimistic_writers.model(2, fair=fair) for fair in (False, True))
    assert holds(weak, optimistic_writers.somebody_writes)
    assert not holds(weak, optimistic_writers.each_writer_writes)
    assert holds(fair, optimistic_writers.each_writer_writes)
    assert finding_on(fair, optimistic_writers.each_writer_writes).needs_strong_fairness
    assert not finding_on(fair, optimistic_writers.somebody_writes).needs_strong_fairness
    states = [result_of(model).states for model in (weak, fair)]
    assert states[0] == states[1], "fairness changes what is owed, not what can happen"


def test_the_environment_is_owed_nothing() -> None:
    with pytest.raises(ModelError, match="owes nothing"):
        fair_among_writers(attrs.evolve(optimistic_writers.write, environment=True), optimistic_writers.VERSION)
    with pytest.raises(ModelError, match="owes nothing"):
        transition(actor="fault", environment=True, fairness=Fairness.WEAK)
