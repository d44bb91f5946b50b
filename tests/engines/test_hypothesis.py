"""The Hypothesis engine: finds and shrinks violations, and never claims more than it saw."""

import unittest
from collections.abc import Iterator

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from kmodel.engines.events import Finished, Found, Progress, Sampled, Started
from kmodel.engines.results import Finding, Result, Verdict
from kmodel.engines.runs.hypothesis import PROFILES, Samples, explore, settings_of, state_machine
from kmodel.kernel import (
    BoundReached,
    Cell,
    Cluster,
    Model,
    ModelError,
    Spec,
    Step,
    follow,
    invariant,
    step_invariant,
    transition,
)
from tests.toys import binary_clock, dining_philosophers, two_phase_commit
from tests.toys.mutants import two_phase_commit_that_disagrees


@pytest.fixture(autouse=True)
def _no_database() -> Iterator[None]:
    """Each test starts from nothing: what an earlier one found would make it pass or fail."""
    before = settings.get_current_profile_name()
    settings.register_profile("test", settings.get_profile("dev"), database=None)
    settings.load_profile("test")
    yield
    settings.load_profile(before)


def sampled(model: Model, max_examples: int | None = None) -> Result:
    *_, last = explore(model, Samples("ci", max_examples=max_examples))
    assert isinstance(last, Finished)
    return last.result


def finding_on(spec: Spec, result: Result) -> Finding:
    return next(finding for finding in result.findings if finding.spec is spec)


def test_a_violation_is_found_shrunk_and_replays() -> None:
    model = two_phase_commit_that_disagrees(2)
    finding = finding_on(two_phase_commit.managers_agree, sampled(model, max_examples=300))
    assert finding.verdict is Verdict.VIOLATED
    assert finding.reason == "one manager committed, another aborted"
    assert finding.trace is not None
    assert len(finding.trace.steps) == 7  # as short as by breadth-first search
    assert follow(model, finding.trace.address) == finding.trace


@pytest.mark.long
def test_what_was_not_violated_is_never_said_to_hold() -> None:
    result = sampled(two_phase_commit.model(2))
    assert not result.finished
    finding = finding_on(two_phase_commit.managers_agree, result)
    assert finding.verdict is Verdict.NO_VIOLATION_FOUND
    assert finding.reason == result.stopped
    assert "sampled: " in finding.reason
    assert "runs of up to 100 steps by Hypothesis" in finding.reason
    assert f"{result.states:,} distinct states seen" in finding.reason


@pytest.mark.long
def test_a_sometimes_that_was_reached_holds_and_shows_how() -> None:
    finding = finding_on(two_phase_commit.all_commit, sampled(two_phase_commit.model(2)))
    assert finding.verdict is Verdict.HOLDS
    assert finding.trace is not None
    assert finding.trace.steps[-1].action.transition is two_phase_commit.receive_commit


def test_a_small_state_space_is_seen_whole() -> None:
    assert sampled(dining_philosophers.model(2, last_is_left_handed=True), max_examples=40).states == 10


@invariant(hazard="philosophers get hungry")
def nobody_eats(cluster: Cluster) -> bool:
    """Nobody eats."""
    return cluster[dining_philosophers.MEALS] == 0


@step_invariant
def only_the_first_reaches_out_twice(step: Step) -> bool | str:
    """Only the first philosopher takes a second fork."""
    return step.action.transition is not dining_philosophers.take_second or step.action.actor == "p0" or "another did"


@pytest.mark.long
def test_hypothesis_s_own_choice_of_rules_does_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kmodel.engines.runs.hypothesis.machine.choose_fast", lambda machine: None)
    result = sampled(dining_philosophers.model(3, last_is_left_handed=False), max_examples=50)
    assert finding_on(dining_philosophers.nobody_starves, result).is_failure


@pytest.mark.long
def test_several_violations_are_found_each_by_itself() -> None:
    model = dining_philosophers.model(3, last_is_left_handed=False)
    model = attrs.evolve(
        model, specs=(dining_philosophers.nobody_starves, nobody_eats, only_the_first_reaches_out_twice)
    )
    result = sampled(model)
    assert finding_on(nobody_eats, result).is_hazard
    assert finding_on(dining_philosophers.nobody_starves, result).is_failure
    finding = finding_on(only_the_first_reaches_out_twice, result)
    assert finding.is_failure
    assert finding.reason == "another did"
    assert finding.trace is not None
    assert len(finding.trace.steps) == 2


@pytest.mark.long
def test_events_come_in_order() -> None:
    events = list(explore(dining_philosophers.model(3, last_is_left_handed=False), Samples("ci")))
    assert isinstance(events[0], Started)
    assert events[0].engine == "hypothesis"
    assert isinstance(events[-1], Finished)
    assert all(isinstance(event, Progress | Found | Sampled) for event in events[1:-1])
    found = [event.finding for event in events if isinstance(event, Found)]
    assert {finding.spec for finding in found} == {
        finding.spec for finding in events[-1].result.findings if finding.trace is not None
    }


@pytest.mark.long
def test_runs_under_the_profile_ci_are_the_same_each_time() -> None:
    first, second = (sampled(two_phase_commit.model(3), max_examples=30) for _ in range(2))
    assert (first.states, first.generated, first.fired) == (second.states, second.generated, second.fired)


@pytest.mark.long
def test_a_seed_makes_runs_the_same() -> None:
    def run(seed: int) -> int:
        *_, last = explore(two_phase_commit.model(3), Samples("test", seed, 30))
        assert isinstance(last, Finished)
        return last.result.generated

    assert run(1) == run(1)


def test_an_abandoned_exploration_ends_its_runs() -> None:
    events = explore(two_phase_commit.model(5), Samples("nightly"))
    while not isinstance(next(events), Progress):
        pass
    events.close()  # type: ignore[attr-defined]


def test_statistics_are_told() -> None:
    events = explore(binary_clock.model(), Samples("ci", max_examples=10))
    told = [event.text for event in events if isinstance(event, Sampled)]
    assert "binary-clock" in told[0]
    assert "Stopped because settings.max_examples=10" in told[0]
    assert max(map(len, told[0].splitlines())) < 200


def test_profiles_are_registered_with_hypothesis() -> None:
    assert all(settings.get_profile(profile).stateful_step_count >= 100 for profile in PROFILES)
    assert settings.get_profile("ci").derandomize
    assert settings.get_profile("nightly").max_examples > settings.get_profile("dev").max_examples


def test_an_unknown_profile_is_an_error_in_one_line() -> None:
    with pytest.raises(ModelError, match="no Hypothesis profile 'weekly'; use dev, ci, nightly"):
        settings_of("weekly")


COUNTER: Cell[int] = Cell("counter")


@transition(actor="counter")
def count(cluster: Cluster) -> Cluster:
    """The counter goes up by one."""
    if cluster[COUNTER] == 5:
        raise BoundReached("the counter has one digit too few")
    return cluster.set(COUNTER, cluster[COUNTER] + 1)


def test_a_bound_that_was_reached_is_told() -> None:
    result = sampled(Model((Cluster.of({COUNTER: 0}),), (count.bind(),)), max_examples=5)
    assert result.states == 6
    assert result.stopped is not None
    assert result.stopped.endswith("some runs met a bound: the counter has one digit too few")


def test_an_impure_transition_is_an_error_not_a_violation() -> None:
    calls = iter(range(10**9))

    @transition(actor="counter")
    def guess(cluster: Cluster) -> Cluster:
        return cluster.set(COUNTER, next(calls))

    with pytest.raises(ModelError, match=r"transition guess\(\) is not deterministic.*counter"):
        sampled(Model((Cluster.of({COUNTER: 0}),), (guess.bind(),)))


def failing_story(machine: type[RuleBasedStateMachine]) -> str:
    machine.TestCase.settings = settings_of("ci")
    outcome = unittest.TestResult()
    machine.TestCase("runTest").run(outcome)
    ((_, story),) = outcome.failures
    return story


def test_a_state_machine_is_an_ordinary_test_that_tells_a_story() -> None:
    machine = state_machine(dining_philosophers.model(3, last_is_left_handed=False))
    assert machine.__name__ == "Dining3"
    story = failing_story(machine)
    assert "nobody_starves: all wait" in story
    assert "state = Dining3()\nstate.begin(beginning='dining-3')\n" in story
    for name in ("p0", "p1", "p2"):
        assert f"state.take_first(philosopher='{name}')" in story
    assert story.count("state.") == 1 + 3 + 1  # begin, the steps, teardown


def test_a_state_machine_draws_its_models() -> None:
    def dining(philosophers: int) -> Model:
        model = dining_philosophers.model(philosophers, last_is_left_handed=False)
        return attrs.evolve(model, specs=(dining_philosophers.nobody_starves,))

    models = st.integers(2, 4).map(dining)
    story = failing_story(state_machine(models, (dining_philosophers.take_first, dining_philosophers.eat)))
    assert "nobody_starves: all wait" in story
    assert "state.begin(beginning='dining-2')" in story
    assert story.count("state.take_first(") == 2


def test_a_strategy_of_models_needs_their_transitions() -> None:
    with pytest.raises(ModelError, match="transitions"):
        state_machine(st.just(two_phase_commit.model(1)))
