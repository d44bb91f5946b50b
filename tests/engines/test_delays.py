"""Runs with few delays: in the usual order first, counterexamples with the fewest delays, all states in the end."""

import attrs
import pytest

from kmodel.engines.clock import Deadline
from kmodel.engines.events import Finished, Found
from kmodel.engines.exhaustive import result_of as exhaustive_result_of
from kmodel.engines.results import Finding, Result, Verdict
from kmodel.engines.runs.delays import DelayBound, Rows, explore, result_of
from kmodel.engines.runs.usual_order import UsualOrder
from kmodel.kernel import (
    FAULT,
    BoundReached,
    Cell,
    Cluster,
    Model,
    Spec,
    eventually,
    follow,
    invariant,
    sometimes,
    step_invariant,
    transition,
)
from kmodel.kernel.step import Step
from kmodel.project import BUILT_IN_FOLDER, Project
from tests.toys import dining_philosophers, pods, two_phase_commit

LEFT: Cell[int] = Cell("left")
RIGHT: Cell[int] = Cell("right")
BROKEN: Cell[bool] = Cell("broken")


def finding_on(spec: Spec, result: Result) -> Finding:
    return next(finding for finding in result.findings if finding.spec is spec)


@transition(actor="left")
def step_left(cluster: Cluster) -> Cluster | None:
    """The left one goes on to three."""
    return cluster.set(LEFT, cluster[LEFT] + 1) if cluster[LEFT] < 3 else None


@transition(actor="right")
def step_right(cluster: Cluster) -> Cluster | None:
    """The right one goes on to three."""
    return cluster.set(RIGHT, cluster[RIGHT] + 1) if cluster[RIGHT] < 3 else None


@transition(actor="right")
def jump_right(cluster: Cluster) -> Cluster | None:
    """The right one goes all the way."""
    return cluster.set(RIGHT, 3) if cluster[RIGHT] == 0 else None


@transition(actor=FAULT, object="left", environment=True)
def break_left(cluster: Cluster) -> Cluster | None:
    """The left one begins again, once."""
    return None if cluster[BROKEN] else cluster.set(BROKEN, True).set(LEFT, 0)


@invariant
def right_waits_for_left(cluster: Cluster) -> bool | str:
    """The right one does not begin before the left one is there."""
    return cluster[RIGHT] == 0 or cluster[LEFT] == 3 or "the right one is early"


@invariant
def nobody_jumps_late(cluster: Cluster) -> bool | str:
    """A left one that broke has not seen the right one arrive."""
    return not (cluster[BROKEN] and cluster[RIGHT] == 3 and cluster[LEFT] == 1) or "it broke late"


@step_invariant
def nobody_jumps(step: Step) -> bool | str:
    """Nobody jumps."""
    return step.action.transition is not jump_right or "a jump"


@sometimes
def both_arrive(cluster: Cluster) -> bool:
    """Both get there."""
    return cluster[LEFT] == cluster[RIGHT] == 3


@eventually
def the_left_one_arrives(cluster: Cluster) -> bool | str:
    """At last the left one is there."""
    return cluster[LEFT] == 3 or "it is not there"


def walkers(*specs: Spec) -> Model:
    start = Cluster.of({LEFT: 0, RIGHT: 0, BROKEN: False})
    actions = (step_left.bind(), step_right.bind(), jump_right.bind(), break_left.bind())
    return Model((start,), actions, specs)


def test_actors_take_turns_and_each_goes_on_until_it_has_nothing_to_do() -> None:
    result = result_of(walkers(both_arrive), DelayBound(0))
    assert (result.states, result.depth, result.finished) == (7, 6, False)
    assert result.stopped == "every run without delays, 7 states"
    trace = finding_on(both_arrive, result).trace
    assert trace is not None
    assert [step.action.actor for step in trace.steps] == ["left"] * 3 + ["right"] * 3


@pytest.mark.parametrize(
    ("spec", "delays", "steps"),
    [(right_waits_for_left, 1, 1), (nobody_jumps, 1, 1), (nobody_jumps_late, 1, 8), (both_arrive, 0, 6)],
)
def test_what_needs_so_many_delays_is_found_with_these_and_not_with_fewer(spec: Spec, delays: int, steps: int) -> None:
    for most in range(4):
        result = result_of(walkers(spec), DelayBound(most))
        finding = finding_on(spec, result)
        assert (finding.trace is not None) is (most >= delays)
        if finding.trace is None:
            assert finding.verdict is Verdict.NO_VIOLATION_FOUND
            assert finding.reason == result.stopped
        else:
            assert len(finding.trace.steps) == steps
            assert follow(walkers(spec), finding.trace.address) == finding.trace


def test_a_fault_is_never_next_and_takes_nobodys_turn() -> None:
    order = UsualOrder(walkers())
    assert (order.actors, order.next([0, 1, 3], 0), order.next([0, 1, 3], 1), order.next([3], 0)) == (2, 0, 1, None)
    assert (order.after(3, 1, [0, 1]), order.after(1, 0, [0, 1]), order.after(1, 0, [0])) == (1, 1, 0)
    assert list(order.instead([0, 1, 2, 3], 1)) == [2, 0]


@pytest.mark.parametrize("model", [two_phase_commit.model(3), pods.model(2, 1), walkers(right_waits_for_left)])
def test_with_delays_enough_all_states_are_seen_and_what_holds_is_said_to_hold(model: Model) -> None:
    model = attrs.evolve(model, specs=tuple(spec for spec in model.specs if not spec.is_temporal))
    result, exact = result_of(model, DelayBound(None)), exhaustive_result_of(model)
    assert result.finished
    assert result.states == exact.states
    assert [each.verdict for each in result.findings] == [each.verdict for each in exact.findings]
    assert {name for name, n in result.fired.items() if n} == {name for name, n in exact.fired.items() if n}


def test_more_delays_see_more() -> None:
    states = [result_of(two_phase_commit.model(3), DelayBound(most)).states for most in range(6)]
    assert states == sorted(set(states))
    assert states[-1] <= exhaustive_result_of(two_phase_commit.model(3)).states == 288


@pytest.mark.parametrize(
    ("name", "spec", "delays", "states"),
    [
        ("scheduler-restart", "no_node_is_overcommitted", 2, 1_498),
        ("controller-restart", "a_replicaset_never_has_too_many_pods", 2, 141),
        ("pod-forced-out", "at_most_one_pod_of_a_name_runs", 1, 68),
    ],
)
def test_what_a_fault_breaks_is_found_with_few_delays(name: str, spec: str, delays: int, states: int) -> None:
    project = Project(BUILT_IN_FOLDER)
    model = project.read([project.scenarios[name]]).model(project.specs)
    safe = attrs.evolve(model, specs=tuple(each for each in model.specs if not each.is_temporal))
    fewer, result = (result_of(safe, DelayBound(most)) for most in (delays - 1, delays))
    assert spec not in {each.spec.name for each in fewer.findings if each.verdict is Verdict.VIOLATED}
    assert spec in {each.spec.name for each in result.findings if each.is_hazard}
    assert result.states == states


@pytest.mark.parametrize(
    ("name", "spec", "states"),
    [
        ("scheduler-restart", "no_node_is_overcommitted", 1_012),
        ("controller-restart", "a_replicaset_never_has_too_many_pods", 135),
    ],
)
def test_a_free_fault_happens_at_any_time_without_a_delay(name: str, spec: str, states: int) -> None:
    project = Project(BUILT_IN_FOLDER)
    model = project.read([project.scenarios[name]]).model(project.specs)
    safe = attrs.evolve(model, specs=tuple(each for each in model.specs if not each.is_temporal))
    fewer, result = (result_of(safe, DelayBound(most, free_faults=True)) for most in (0, 1))
    restarts = [index for index, action in enumerate(safe.actions) if action.is_fault]
    assert all(fewer.fired[str(safe.actions[index])] for index in restarts)
    assert fewer.stopped == f"every run without delays, faults at any time, {fewer.states} states"
    assert spec not in {each.spec.name for each in fewer.findings if each.verdict is Verdict.VIOLATED}
    assert spec in {each.spec.name for each in result.findings if each.is_hazard}
    assert result.states == states


@pytest.mark.parametrize("model", [pods.model(2, 1), walkers(right_waits_for_left)])
def test_with_free_faults_and_delays_enough_all_states_are_seen(model: Model) -> None:
    model = attrs.evolve(model, specs=tuple(spec for spec in model.specs if not spec.is_temporal))
    result, exact = result_of(model, DelayBound(None, free_faults=True)), exhaustive_result_of(model)
    assert result.finished
    assert result.states == exact.states
    assert [each.verdict for each in result.findings] == [each.verdict for each in exact.findings]


@pytest.mark.parametrize("philosophers", [3, 5])
def test_where_the_usual_order_ends_temporal_specs_are_asked(philosophers: int) -> None:
    model = dining_philosophers.model(philosophers, last_is_left_handed=False)
    result = result_of(model, DelayBound(philosophers))
    finding = finding_on(dining_philosophers.nobody_starves, result)
    assert finding.is_failure
    assert finding.trace is not None


@transition(actor="left")
def turn_round(cluster: Cluster) -> Cluster:
    """The left one turns round, for ever."""
    return cluster.set(BROKEN, not cluster[BROKEN])


def test_who_goes_round_for_ever_keeps_nobody_from_a_turn() -> None:
    start = Cluster.of({LEFT: 0, RIGHT: 0, BROKEN: False})
    model = Model((start,), (turn_round.bind(), step_left.bind(), step_right.bind()), (both_arrive,))
    result = result_of(model, DelayBound(0))
    finding = finding_on(both_arrive, result)
    assert finding.verdict is Verdict.HOLDS
    assert result.states == 32


def test_time_that_is_up_is_said_and_what_was_seen_before() -> None:
    deadline = Deadline(60)
    events = []
    for event in explore(two_phase_commit.model(4), DelayBound(None), deadline):
        if isinstance(event, Found):
            deadline.ask()
        events.append(event)
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.interrupted
    assert last.result.stopped is not None
    assert last.result.stopped.startswith("interrupted; ")
    assert not last.result.finished


def test_the_first_violation_is_enough_if_asked() -> None:
    result = result_of(walkers(right_waits_for_left, nobody_jumps_late), DelayBound(3, stop_at_first_violation=True))
    assert finding_on(right_waits_for_left, result).is_failure
    assert not finding_on(nobody_jumps_late, result).is_failure
    assert result.stopped is not None
    assert result.stopped.startswith("stopped at the first violation; ")


def test_a_temporal_spec_is_asked_at_the_ends_only() -> None:
    finding = finding_on(the_left_one_arrives, result_of(walkers(the_left_one_arrives), DelayBound(1)))
    assert finding.verdict is Verdict.NO_VIOLATION_FOUND
    assert finding.reason.startswith("2 runs, one to each end with at most 1 delay; every run with at most 1 delay, ")


@transition(actor="counter")
def count(cluster: Cluster) -> Cluster:
    """The counter goes up by one."""
    if cluster[LEFT] == 5:
        raise BoundReached("the counter has one digit too few")
    return cluster.set(LEFT, cluster[LEFT] + 1)


def test_a_bound_that_was_reached_is_told() -> None:
    result = result_of(Model((Cluster.of({LEFT: 0}),), (count.bind(),)), DelayBound(3))
    assert (result.states, result.finished) == (6, False)
    assert result.stopped is not None
    assert result.stopped.endswith("some runs met a bound: the counter has one digit too few")


def test_rows_are_numbered_exactly() -> None:
    rows = Rows()
    long = tuple(range(100))
    other = (*long[:99], 1)
    assert [rows.number(long), rows.number(other), rows.number(long)] == [0, 1, 0]
    assert (rows.row(0), rows.row(1), len(rows)) == (long, other, 2)
