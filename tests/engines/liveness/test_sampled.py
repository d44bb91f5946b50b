"""Temporal specs in sampled runs: the lassos are true, the rounds fair, and no more is claimed than was seen."""

import re
from collections.abc import Callable, Iterator
from random import Random

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmodel.engines.events import Finished
from kmodel.engines.exhaustive import result_of as exhaustive_result_of
from kmodel.engines.results import Finding, Result, Verdict
from kmodel.engines.runs.fair_rounds import FairRounds
from kmodel.engines.runs.hypothesis import Samples
from kmodel.engines.runs.hypothesis import explore as explore_by_hypothesis
from kmodel.engines.runs.run_space import RunSpace
from kmodel.engines.runs.simulation import Walks
from kmodel.engines.runs.simulation import result_of as simulated
from kmodel.kernel import (
    BoundReached,
    Cell,
    Cluster,
    Fairness,
    Model,
    ModelError,
    Spec,
    confluent,
    converges,
    follow,
    sometimes,
    transition,
)
from tests.engines.liveness import lassos
from tests.engines.liveness.graphs import (
    AT,
    Edges,
    always_eventually,
    answers,
    each_goal_leads_to,
    eventually,
    finitely_often,
    word,
)
from tests.engines.liveness.graphs import converges as converges_to
from tests.engines.liveness.test_random import models
from tests.toys import dining_philosophers

Sample = Callable[[Model], Result]


def simulate(model: Model) -> Result:
    return simulated(model, Walks(30, steps=12))


@pytest.fixture
def _no_database() -> Iterator[None]:
    before = settings.get_current_profile_name()
    settings.register_profile("test", settings.get_profile("dev"), database=None)
    settings.load_profile("test")
    yield
    settings.load_profile(before)


def by_hypothesis(model: Model) -> Result:
    *_, last = explore_by_hypothesis(model, Samples("ci", max_examples=60, steps=12))
    assert isinstance(last, Finished)
    return last.result


both = pytest.mark.parametrize("sample", [simulate, by_hypothesis])


def finding_on(spec: Spec, result: Result) -> Finding:
    return next(finding for finding in result.findings if finding.spec is spec)


def shape(model: Model, result: Result, spec: Spec) -> str:
    """Return a lasso as words of actions, once it is known to be a true one: `ab~c`."""
    finding = finding_on(spec, result)
    lassos.check(model, finding)
    assert finding.trace is not None
    assert follow(model, finding.trace.address).steps == finding.trace.steps
    cycle = finding.trace.cycle
    return f"{word(finding.trace.steps[:cycle])}~{word(finding.trace.steps[cycle:])}"


@converges
def everybody_has_eaten(cluster: Cluster) -> bool | str:
    """At last there was a meal."""
    return cluster[dining_philosophers.MEALS] == 1 or "nobody has eaten"


def dining(*, last_is_left_handed: bool) -> Model:
    model = dining_philosophers.model(3, last_is_left_handed=last_is_left_handed)
    return attrs.evolve(model, specs=(everybody_has_eaten,))


@both
def test_philosophers_who_wait_for_each_other_wait_for_ever(sample: Sample) -> None:
    model = dining(last_is_left_handed=False)
    result = sample(model)
    assert shape(model, result, everybody_has_eaten) == "take_firsttake_firsttake_first~"
    assert finding_on(everybody_has_eaten, result).reason == "nobody has eaten"


@both
def test_philosophers_of_whom_one_is_left_handed_eat(sample: Sample) -> None:
    finding = finding_on(everybody_has_eaten, sample(dining(last_is_left_handed=True)))
    assert finding.verdict is Verdict.NO_VIOLATION_FOUND


@pytest.mark.parametrize(
    ("graph", "spec", "lasso"),
    [
        (Edges("0a1 1b0"), converges_to(1), "~ab"),
        (Edges("0a1 1b0"), always_eventually(1), None),
        (Edges("0a1 1b2 2c1"), always_eventually(0), "a~bc"),
        (Edges("0a1 1b0"), eventually(2), "~ab"),
        (Edges("0a1 1b0"), eventually(0), None),
        (Edges("0a1 1b2"), eventually(1), None),  # on the way is enough
        (Edges("0e1 1e2", environment="e"), answers(1, 2), "e~"),  # nobody need make the last step
        (Edges("0a1 1b2 2c1"), answers(0, 2), None),
        (Edges("0a1 1b2 2c1"), answers(1, 0), "a~bc"),
        (Edges("0a1 1b2 2c1"), finitely_often("a"), None),
        (Edges("0a1 1b2 2c1"), finitely_often("c"), "a~bc"),
        (Edges("0a1 1b0", goals="12"), each_goal_leads_to(0), None),
        (Edges("0a1 1b2", goals="12"), each_goal_leads_to(0), "ab~"),
        (Edges("0a1 0b2 1c0"), converges_to(2), "~ac"),  # b is again and again not enabled
        (Edges("0a1 0b2 1c0", strong="b"), converges_to(2), None),
        (Edges("0a1 1b0 0e2", environment="e"), eventually(2), "~ab"),
    ],
)
@pytest.mark.parametrize("sample", [simulate, pytest.param(by_hypothesis, marks=pytest.mark.long)])
def test_what_is_found_on_small_graphs(sample: Sample, graph: Edges, spec: Spec, lasso: str | None) -> None:
    model = graph.model(spec)
    result = sample(model)
    if lasso is None:
        assert finding_on(spec, result).verdict is Verdict.NO_VIOLATION_FOUND
        assert finding_on(spec, exhaustive_result_of(model)).verdict is Verdict.HOLDS
    else:
        assert shape(model, result, spec) == lasso
        assert finding_on(spec, result).reason == finding_on(spec, exhaustive_result_of(model)).reason
        assert finding_on(spec, result).idle == finding_on(spec, exhaustive_result_of(model)).idle


@given(models())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.long
def test_every_lasso_of_a_simulation_is_a_true_one(model: Model) -> None:
    for finding in simulated(model, Walks(3, steps=8)).findings:
        if finding.verdict is Verdict.VIOLATED:
            lassos.check(model, finding)


@given(models(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.long
def test_rounds_come_back_and_are_fair(model: Model, random: Random) -> None:
    rounds, space = FairRounds(space := RunSpace(model)), space
    state = space.initial(random.randrange(len(model.initial)))
    runs = list(rounds.after((state,), ()))
    assert len(runs) == len(rounds.orders)
    for run in runs:
        trace = [space.walker.numbering.cluster(each.row) for each in run.states]
        steps = [
            next(step for step in lassos.changing(model, cluster) if step.action == model.actions[index])
            for cluster, index in zip(trace, run.choices, strict=False)
        ]
        assert [step.next for step in steps] == trace[1:]
        assert trace[run.cycle] == trace[-1]
        assert not any(step.action.transition.environment for step in steps)
        offers = [lassos.actions_of(lassos.changing(model, cluster)) for cluster in trace[run.cycle :]]
        assert lassos.is_fair(model, offers, lassos.actions_of(steps[run.cycle :]))


HUNGRY: Cell[bool] = Cell("hungry")


@transition(actor="guest", fairness=Fairness.NONE)
def order(cluster: Cluster) -> Cluster | None:
    """A hungry guest may order."""
    return cluster.set(HUNGRY, False) if cluster[HUNGRY] else None


@both
def test_what_the_system_owes_nobody_may_never_happen(sample: Sample) -> None:
    @converges
    def is_fed(cluster: Cluster) -> bool:
        return not cluster[HUNGRY]

    model = Model((Cluster.of({HUNGRY: True}),), (order.bind(),), (is_fed,))
    assert shape(model, sample(model), is_fed) == "~"


@both
def test_what_was_not_violated_is_never_said_to_hold(sample: Sample) -> None:
    @confluent
    def ends(cluster: Cluster) -> int:
        return cluster[AT]

    @sometimes
    def is_at_two(cluster: Cluster) -> bool:
        return cluster[AT] == 2

    lively = converges_to(2)
    result = sample(Edges("0a1 1b2").model(lively, ends, is_at_two))
    assert finding_on(is_at_two, result).verdict is Verdict.HOLDS
    for spec, why in (
        (lively, r", then in fair rounds until a state came back: [34] rounds at most, of 100 allowed"),
        (ends, r"; ends of runs are compared only once all states are known"),
    ):
        finding = finding_on(spec, result)
        assert finding.verdict is Verdict.NO_VIOLATION_FOUND
        assert result.stopped is not None
        assert re.fullmatch(re.escape(result.stopped) + why, finding.reason)


def test_what_happens_in_fair_rounds_only_counts_for_other_specs() -> None:
    @sometimes
    def is_at_the_end(cluster: Cluster) -> bool:
        return cluster[AT] == 5

    chain = Edges("0a1 1b2 2c3 3d4 4e5")
    assert finding_on(is_at_the_end, simulated(chain.model(is_at_the_end), Walks(9, steps=2))).trace is None
    finding = finding_on(is_at_the_end, simulated(chain.model(is_at_the_end, eventually(5)), Walks(9, steps=2)))
    assert finding.trace is not None
    assert word(finding.trace.steps) == "abcde"


COUNTER: Cell[int] = Cell("counter")


@transition(actor="counter")
def count(cluster: Cluster) -> Cluster:
    """The counter goes up by one."""
    if cluster[COUNTER] == 5:
        raise BoundReached("the counter has one digit too few")
    return cluster.set(COUNTER, cluster[COUNTER] + 1)


@converges
def is_large(cluster: Cluster) -> bool:
    """At last the counter is large."""
    return cluster[COUNTER] > 1_000


@both
def test_nothing_is_claimed_of_a_run_that_meets_a_bound(sample: Sample) -> None:
    model = Model((Cluster.of({COUNTER: 0}),), (count.bind(),), (is_large,))
    finding = finding_on(is_large, sample(model))
    assert finding.verdict is Verdict.NO_VIOLATION_FOUND
    assert "met a bound: the counter has one digit too few" in finding.reason


def test_nothing_is_claimed_of_a_run_that_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kmodel.engines.runs.run_space.STATES_KEPT", 10)
    lively = converges_to(0)
    model = Edges("0a1 1b2 2a3 3b4 4a5 5b6").model(lively)
    assert finding_on(lively, simulated(model, Walks(1, steps=1))).verdict is Verdict.VIOLATED
    monkeypatch.setattr("kmodel.engines.runs.run_space.STATES_KEPT", 4)
    finding = finding_on(lively, simulated(model, Walks(1, steps=1)))
    assert finding.verdict is Verdict.NO_VIOLATION_FOUND
    assert re.search(r"2 rounds at most, of 2 allowed; in [34] cases none came back$", finding.reason)


def test_an_impure_predicate_is_an_error_not_a_violation() -> None:
    answers = iter(range(10**9))

    @converges
    def is_odd(cluster: Cluster) -> bool:
        return cluster[AT] >= 0 and next(answers) % 2 == 1

    for sample in (simulate, by_hypothesis):
        with pytest.raises(ModelError, match="is_odd is not deterministic"):
            sample(Edges("0a1").model(is_odd))


def test_the_runs_of_a_model_without_temporal_specs_end_where_they_did() -> None:
    graph = Edges("0a1 1b0")
    assert simulated(graph.model(), Walks(4, steps=10)).generated == 41
    assert simulated(graph.model(converges_to(0, 1)), Walks(4, steps=10)).generated > 41


def test_lassos_are_the_same_each_time() -> None:
    model = Edges("0a1 1b2 2c1 1d0 2e3 3a0", strong="e").model(converges_to(0), always_eventually(2))
    first = simulate(model)
    assert simulate(model).findings == first.findings
    assert any(finding.trace is not None for finding in first.findings)
