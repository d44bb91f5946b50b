"""What the end of a trace rests on: on shortest counterexamples, on long ones, and on runs that go on for ever."""

from kmodel.engines.causes.because import Because, because
from kmodel.engines.clock import Deadline
from kmodel.engines.exhaustive import result_of
from kmodel.engines.results import Finding, Verdict
from kmodel.engines.retracing import NamedAction, follow_actions
from kmodel.kernel import Cell, Cluster, Model, Spec, Step, ask, invariant, step_invariant, transition
from tests.reporting import lassos
from tests.reporting.examples import broken_model

TRUTH, LAGGING, ACTED, ASIDE = Cell[int]("truth"), Cell[int]("lagging"), Cell[int]("acted"), Cell[int]("aside")
FIRST = Cluster.of({TRUTH: 0, LAGGING: 0, ACTED: 0, ASIDE: 0})


@transition(actor="user", environment=True)
def change(cluster: Cluster) -> Cluster | None:
    """Change the truth."""
    return cluster.set(TRUTH, 1) if cluster[TRUTH] == 0 else None


@transition(actor="informer")
def deliver(cluster: Cluster) -> Cluster | None:
    """Bring the truth into the cache."""
    truth = cluster[TRUTH]
    return cluster.set(LAGGING, truth) if cluster[LAGGING] != truth else None


@transition(actor="controller")
def act(cluster: Cluster) -> Cluster | None:
    """Act on what the cache says."""
    return cluster.set(ACTED, 1) if cluster[LAGGING] == 0 and cluster[ACTED] == 0 else None


@transition(actor="other")
def idle(cluster: Cluster) -> Cluster | None:
    """Do something that has nothing to do with it."""
    return cluster.set(ASIDE, cluster[ASIDE] + 1) if cluster[ASIDE] < 3 else None


@step_invariant
def acts_on_the_truth(step: Step) -> bool | str:
    """Nobody acts on what is not so any more."""
    acts = step.after[ACTED] > step.before[ACTED]
    return not (acts and step.before[TRUTH] == 1) or "acted on an old truth"


@invariant
def never_acts_late(cluster: Cluster) -> bool:
    """Nobody has acted while the truth is another."""
    return not (cluster[ACTED] and cluster[TRUTH])


def model(spec: Spec) -> Model:
    return Model.of(FIRST, (change, deliver, act, idle), (spec,), name="lag")


def told(of: Model, *actions: str) -> Finding:
    """Return the violation that a run ends in."""
    trace = follow_actions(of, 0, [NamedAction(name) for name in actions])
    return Finding(of.specs[0], Verdict.VIOLATED, "as it is", trace)


def found(of: Model, finding: Finding) -> Because:
    rests_on = because(of, finding)
    assert rests_on is not None
    return rests_on


def test_a_delay_decides_and_what_was_late_is_named() -> None:
    lag = model(acts_on_the_truth)
    rests_on = found(lag, told(lag, "change", "act"))
    assert (rests_on.deciding, rests_on.needed, rests_on.outside) == ((1, 2), (1, 2), ())
    assert rests_on.late is not None
    assert [(str(late.action), late.since, late.overtaken) for late in rests_on.late] == [
        ("act()", 0, 1),
        ("deliver()", 1, 2),
    ]


def test_steps_that_nothing_rests_on_are_outside() -> None:
    lag = model(acts_on_the_truth)
    rests_on = found(lag, told(lag, "idle", "change", "idle", "act"))
    assert (rests_on.outside, rests_on.accidents, rests_on.needed) == ((1, 3), (), (2, 4))


def test_a_step_in_the_slice_that_need_not_have_been_is_an_accident() -> None:
    @transition(actor="controller")
    def act_anyway(cluster: Cluster) -> Cluster | None:
        """Act, and look at what does not matter."""
        return cluster.set(ACTED, 1 + cluster[ASIDE] * 0) if cluster[ACTED] == 0 else None

    lag = Model.of(FIRST, (change, act_anyway, idle), (never_acts_late,))
    rests_on = found(lag, told(lag, "idle", "change", "act_anyway"))
    assert (rests_on.accidents, rests_on.needed, rests_on.outside) == ((1,), (2, 3), ())


def test_the_steps_that_are_needed_violate_the_spec_alone() -> None:
    lag = model(never_acts_late)
    rests_on = found(lag, told(lag, "idle", "act", "idle", "idle", "change"))
    assert [step.action.transition.name for step in rests_on.alone.steps] == ["act", "change"]
    assert ask(never_acts_late, rests_on.alone.last)[0] is False


def test_what_is_left_may_violate_the_spec_earlier_and_ends_there() -> None:
    @transition(actor="user")
    def shield(cluster: Cluster) -> Cluster | None:
        """Keep off the first strike."""
        return cluster.set(ASIDE, 1) if cluster[ASIDE] == 0 and cluster[ACTED] == 0 else None

    @transition(actor="other")
    def strike(cluster: Cluster) -> Cluster | None:
        """Strike, once and again."""
        struck = cluster.set(ACTED, cluster[ACTED] + 1)
        return struck.set(ASIDE, 0) if cluster[ASIDE] else struck.set(TRUTH, 1)

    @invariant
    def is_unhurt(cluster: Cluster) -> bool:
        """Nobody is hurt."""
        return cluster[TRUTH] == 0

    hurt = Model.of(FIRST, (shield, strike), (is_unhurt,))
    rests_on = found(hurt, told(hurt, "shield", "strike", "strike"))
    assert (rests_on.needed, rests_on.accidents) == ((2,), (1, 3))
    assert ask(is_unhurt, rests_on.alone.last)[0] is False


def test_of_a_shortest_counterexample_nothing_can_be_left_out() -> None:
    for broken in (broken_model(), model(acts_on_the_truth), model(never_acts_late)):
        for finding in result_of(broken).failures:
            rests_on = found(broken, finding)
            assert len(rests_on.needed) == rests_on.steps
            assert rests_on.direct


def test_what_comes_by_itself_needs_no_decision() -> None:
    @invariant
    def nothing_is_done(cluster: Cluster) -> bool:
        """Nothing is ever done."""
        return cluster[ASIDE] < 3

    alone = Model.of(FIRST, (idle,), (nothing_is_done,))
    (finding,) = result_of(alone).failures
    assert (found(alone, finding).deciding, found(alone, finding).late) == ((), ())


def test_of_a_run_that_goes_on_for_ever_the_order_is_not_tried() -> None:
    starving = lassos.starving()
    (finding,) = [each for each in starving.failures if each.spec.name == "p0_eats_again"]
    rests_on = found(starving.model, finding)
    assert rests_on.late is None
    assert rests_on.alone.cycle == len(rests_on.needed) - 6


def test_there_is_nothing_to_say_of_the_initial_state_and_when_the_time_is_up() -> None:
    @invariant
    def something_was_done(cluster: Cluster) -> bool:
        """Something was done from the start."""
        return bool(cluster[ACTED])

    (finding,) = (each for each in result_of(model(something_was_done)).failures)
    assert because(model(something_was_done), finding) is None
    lag = model(acts_on_the_truth)
    assert because(lag, told(lag, "change", "act"), Deadline(0)) is None
