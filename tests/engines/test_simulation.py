"""Random walks: what they show is shrunk and replays, they are the same for a seed, and claim no more than they saw."""

import json
from random import Random

import attrs
import pytest
from hypothesis import strategies as st

from kmodel.engines.clock import Deadline
from kmodel.engines.events import Finished, Found, Progress, Started
from kmodel.engines.exhaustive import result_of as exhaustive_result_of
from kmodel.engines.results import Finding, Result, Verdict
from kmodel.engines.runs.run_space import RunSpace
from kmodel.engines.runs.shrinking import Shrinker
from kmodel.engines.runs.simulation import Walks, explore, result_of
from kmodel.kernel import (
    BoundReached,
    Cell,
    Cluster,
    Model,
    ModelError,
    Spec,
    SpecKind,
    Step,
    failure,
    follow,
    step_invariant,
    take,
    transition,
)
from tests.engines.hash_seeds import printed
from tests.engines.random_models import models
from tests.shares import on_random
from tests.toys import binary_clock, dining_philosophers, pods, two_phase_commit
from tests.toys.mutants import two_phase_commit_that_disagrees

COUNTER: Cell[int] = Cell("counter")


def finding_on(spec: Spec, result: Result) -> Finding:
    return next(finding for finding in result.findings if finding.spec is spec)


@pytest.mark.parametrize("managers", [2, 3, 5])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_violation_is_found_shrunk_and_replays(managers: int, seed: int) -> None:
    model = two_phase_commit_that_disagrees(managers)
    finding = finding_on(two_phase_commit.managers_agree, result_of(model, Walks(1_000, seed=seed)))
    assert finding.verdict is Verdict.VIOLATED
    assert finding.reason == "one manager committed, another aborted"
    assert finding.trace is not None
    assert len(finding.trace.steps) == 2 * managers + 3  # as short as by breadth-first search
    assert follow(model, finding.trace.address) == finding.trace


def test_what_was_not_violated_is_never_said_to_hold() -> None:
    result = result_of(two_phase_commit.model(2), Walks(500, steps=50, seed=9))
    assert result.states == 56  # all there are, but nobody knows that
    assert (result.engine, result.finished) == ("simulation", False)
    finding = finding_on(two_phase_commit.managers_agree, result)
    assert finding.verdict is Verdict.NO_VIOLATION_FOUND
    assert finding.reason == result.stopped == "sampled: 500 walks of up to 50 steps, seed 9"


def test_a_sometimes_holds_if_it_was_reached_and_is_open_if_not() -> None:
    finding = finding_on(two_phase_commit.all_commit, result_of(two_phase_commit.model(2), Walks(100)))
    assert finding.verdict is Verdict.HOLDS
    assert finding.trace is not None
    assert len(finding.trace.steps) == 7
    finding = finding_on(two_phase_commit.all_commit, result_of(two_phase_commit.model(2), Walks(1, steps=3)))
    assert finding.verdict is Verdict.NO_VIOLATION_FOUND
    assert finding.reason == "not seen to happen; sampled: 1 walk of up to 3 steps, seed 0"


@step_invariant
def only_the_first_reaches_out_twice(step: Step) -> bool | str:
    """Only the first philosopher takes a second fork."""
    return step.action.transition is not dining_philosophers.take_second or step.action.actor == "p0" or "another did"


def test_several_violations_are_found_in_one_run_each_by_the_shortest_trace() -> None:
    model = dining_philosophers.model(3, last_is_left_handed=False)
    model = attrs.evolve(model, specs=(dining_philosophers.nobody_starves, only_the_first_reaches_out_twice))
    result, exact = result_of(model, Walks(50)), exhaustive_result_of(model)
    for spec in (dining_philosophers.nobody_starves, only_the_first_reaches_out_twice):
        finding, shortest = finding_on(spec, result), finding_on(spec, exact)
        assert finding.is_failure
        assert finding.trace is not None
        assert shortest.trace is not None
        assert len(finding.trace.steps) == len(shortest.trace.steps)


def test_the_first_violation_is_enough_if_asked() -> None:
    model = dining_philosophers.model(3, last_is_left_handed=False)
    result = result_of(model, Walks(1_000, stop_at_first_violation=True))
    assert result.stopped is not None
    assert result.stopped.startswith("stopped at the first violation; sampled: ")
    assert result.generated < 1_000


def test_events_come_in_order() -> None:
    events = list(explore(dining_philosophers.model(3, last_is_left_handed=False), Walks(2_000)))
    assert isinstance(events[0], Started)
    assert events[0].engine == "simulation"
    assert isinstance(events[-1], Finished)
    assert all(isinstance(event, Progress | Found) for event in events[1:-1])
    found = [event.finding for event in events if isinstance(event, Found)]
    assert found
    assert set(found) <= set(events[-1].result.findings)


def test_coverage_counts_the_steps_taken() -> None:
    model = two_phase_commit_that_disagrees(3)
    result = result_of(model, Walks(300))
    assert list(result.fired) == [str(action) for action in model.actions]
    assert not result.never_fired
    assert result.depth == max(result.depth, 9)
    short = result_of(model, Walks(1, steps=1))
    assert short.depth == 1
    assert "receive_commit" in short.never_fired


def test_all_states_of_a_walk_are_reachable_and_its_answers_those_of_the_other_engine() -> None:
    for model in (binary_clock.model(), pods.model(2, 1), dining_philosophers.model(3, last_is_left_handed=True)):
        result, exact = result_of(model, Walks(3_000, steps=60)), exhaustive_result_of(model)
        assert result.states <= exact.states
        assert {name for name, count in result.fired.items() if count} <= {
            n for n, count in exact.fired.items() if count
        }
        assert not result.failures
        for finding in result.findings:
            if finding.spec.kind is SpecKind.SOMETIMES and finding.trace is not None:
                assert finding_on(finding.spec, exact).verdict is Verdict.HOLDS


@on_random(models(), st.randoms(use_true_random=False), share=40, whole=150)
def test_what_is_known_of_a_state_is_what_python_says_of_it(model: Model, random: Random) -> None:
    space = RunSpace(model)
    state, cluster = space.initial(0), model.initial[0]
    for _ in range(30):
        assert space.walker.numbering.cluster(state.row).values == cluster.values
        steps = {index: step for index, action in enumerate(model.actions) if (step := take(action, cluster))}
        assert list(state.enabled) == [
            index for index, step in steps.items() if step.next.values != cluster.values or told(model, step)
        ]
        assert dict(state.answers) == told(model, cluster)
        if not state.enabled:
            break
        index = random.choice(state.enabled)
        state, answers = space.follow(state, index)
        cluster = steps[index].next
        assert dict(answers) == {**told(model, steps[index]), **told(model, cluster)}


def told(model: Model, subject: Cluster | Step) -> dict[Spec, str]:
    answers: dict[Spec, str] = {}
    for spec in model.specs:
        if spec.of_steps == isinstance(subject, Step):
            answer = spec(subject)
            reason = (
                failure(answer) if spec.kind is not SpecKind.SOMETIMES else "it happens" if answer is True else None
            )
            if reason is not None:
                answers[spec] = reason
    return answers


COUNT = """
import json
from kmodel.engines.runs.simulation import Walks, result_of
from tests.toys.mutants import two_phase_commit_that_disagrees
result = result_of(two_phase_commit_that_disagrees(4), Walks(300, steps=40, seed=5))
traces = [finding.trace.path for finding in result.findings if finding.trace]
print(json.dumps([result.states, result.generated, result.depth, dict(result.fired), traces]))
"""


@pytest.mark.long
def test_walks_with_a_seed_are_the_same_in_every_process_and_under_every_hash_seed() -> None:
    seen = printed(COUNT)
    assert seen[0] == seen[1]
    assert len(json.loads(seen[0])[4]) == 2
    one, other = (result_of(two_phase_commit.model(4), Walks(50, seed=seed)) for seed in (1, 2))
    assert one.fired != other.fired


def test_a_detour_is_cut_out_of_a_run() -> None:
    model = two_phase_commit_that_disagrees(2)
    result = result_of(model, Walks(300))
    trace = finding_on(two_phase_commit.managers_agree, result).trace
    assert trace is not None
    choices = [model.actions.index(step.action) for step in trace.steps]
    shown = Shrinker(model, Deadline()).shrink(two_phase_commit.managers_agree, 0, [choices[0], *choices, *choices])
    assert len(shown.choices) == len(choices)


@transition(actor="counter")
def count(cluster: Cluster) -> Cluster:
    """The counter goes up by one."""
    if cluster[COUNTER] == 5:
        raise BoundReached("the counter has one digit too few")
    return cluster.set(COUNTER, cluster[COUNTER] + 1)


def test_a_bound_that_was_reached_is_told() -> None:
    result = result_of(Model((Cluster.of({COUNTER: 0}),), (count.bind(),)), Walks(5))
    assert (result.states, result.depth) == (6, 5)
    assert result.stopped is not None
    assert result.stopped.endswith("seed 0; some walks met a bound: the counter has one digit too few")


def test_an_impure_transition_is_an_error_not_a_violation() -> None:
    calls = iter(range(10**9))

    @transition(actor="counter")
    def guess(cluster: Cluster) -> Cluster:
        return cluster.set(COUNTER, next(calls))

    with pytest.raises(ModelError, match=r"transition guess\(\) is not deterministic.*counter"):
        result_of(Model((Cluster.of({COUNTER: 0}),), (guess.bind(),)), Walks(5))
