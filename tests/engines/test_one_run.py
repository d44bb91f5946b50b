"""What one lasso shows of temporal specs, asked of it alone, and as the exhaustive engine says."""

from itertools import pairwise

import attrs
import pytest

from kmodel.engines.exhaustive import result_of
from kmodel.engines.liveness.one_run import comes_back, idle_in, judge_run, unfair_to
from kmodel.engines.results import Verdict
from kmodel.kernel import (
    Cell,
    Cluster,
    Fairness,
    Model,
    Spec,
    Step,
    Trace,
    always_eventually,
    converges,
    eventually,
    finitely_often,
    follow,
    leads_to,
    transition,
)
from kmodel.kernel.spec import Declaration, Function
from tests.toys import dining_philosophers

AT: Cell[str] = Cell("at")


@transition(actor="walker")
def go(cluster: Cluster, where: str) -> Cluster | None:
    """The walker goes where an arrow leads."""
    return cluster.set(AT, where[-1]) if cluster[AT] == where[0] else None


@transition(actor="walker", fairness=Fairness.STRONG)
def insist(cluster: Cluster, where: str) -> Cluster | None:
    """The walker does not go past this arrow for ever."""
    return cluster.set(AT, where[-1]) if cluster[AT] == where[0] else None


@transition(actor="wind", environment=True)
def blow(cluster: Cluster, where: str) -> Cluster | None:
    """The walker may be blown along this arrow."""
    return cluster.set(AT, where[-1]) if cluster[AT] == where[0] else None


def lasso(word: str, *others: str, insisted: tuple[str, ...] = (), blown: tuple[str, ...] = ()) -> tuple[Model, Trace]:
    """Return the walk that a word such as `ab~cd` says (to b, then round c and d), and the model with more arrows."""
    places = word.replace("~", "")
    taken = [a + b for a, b in pairwise(places)]
    cycle = word.index("~")
    if len(places) > cycle:
        taken.append(places[-1] + places[cycle - 1])
    arrows = dict.fromkeys((*taken, *others))
    actions = (
        *(go.bind(where=arrow) for arrow in arrows),
        *(insist.bind(where=arrow) for arrow in insisted),
        *(blow.bind(where=arrow) for arrow in blown),
    )
    model = Model((Cluster.of({AT: places[0]}),), actions)
    here, address = places[0], [0]
    for arrow in taken:
        enabled = [action for action in actions if action.arguments["where"][0] == here]
        address.append([str(action) for action in enabled].index(f'go(where="{arrow}")'))
        here = arrow[-1]
    return model, attrs.evolve(follow(model, tuple(address)), cycle=cycle - 1)


def at(places: str, says: str = "") -> Function:
    def somewhere(cluster: Cluster) -> bool | str:
        return cluster[AT] in places or says or False

    return somewhere


def spec(declare: Declaration, places: str) -> Spec:
    return declare(at(places, f"not at {places}"))


def answers(first: str, then: str) -> Spec:
    @leads_to(at(first), at(then, f"never at {then}"))
    def answered() -> None:
        """Whoever is at the first place comes to the other."""

    return answered


@pytest.mark.parametrize(
    ("word", "spec", "reason"),
    [
        ("ab~cd", spec(converges, "bcd"), None),
        ("ab~cd", spec(converges, "bc"), "not at bc"),
        ("ab~", spec(converges, "b"), None),
        ("ab~", spec(converges, "a"), "not at a"),
        ("ab~cd", spec(eventually, "a"), None),  # on the way is enough
        ("ab~cd", spec(eventually, "d"), None),
        ("ab~cd", spec(eventually, "x"), "not at x"),
        ("ab~cd", spec(always_eventually, "a"), "not at a"),
        ("ab~cd", spec(always_eventually, "d"), None),
        ("ab~cd", answers("a", "d"), None),
        ("ab~cd", answers("b", "b"), None),
        ("ab~cd", answers("b", "a"), "never at a"),
        ("abc~d", answers("a", "b"), None),  # answered before the cycle
        ("abc~d", answers("b", "a"), "never at a"),  # asked before the cycle, after the last answer
        ("ab~", answers("x", "y"), None),  # nobody asked
        ("ab~", answers("b", "c"), "never at c"),
    ],
)
def test_what_a_lasso_shows(word: str, spec: Spec, reason: str | None) -> None:
    _, trace = lasso(word)
    assert judge_run(spec, (), trace) == reason


def test_steps_that_are_taken_again_and_again() -> None:
    @finitely_often
    def few_visits(step: Step) -> bool:
        return step.next[AT] != "d"

    @finitely_often
    def few_departures(step: Step) -> bool:
        return step.before[AT] != "a"

    _, trace = lasso("ab~cd")
    assert judge_run(few_visits, (), trace) == 'go(where="cd") is taken again and again'
    assert judge_run(few_departures, (), trace) is None  # once, on the way


def test_a_lasso_comes_back() -> None:
    _, trace = lasso("ab~cd")
    assert comes_back(trace)
    assert not comes_back(attrs.evolve(trace, steps=trace.steps[:-1]))


def test_whom_a_lasso_is_fair_to() -> None:
    model, trace = lasso("ab~c", "bx", insisted=("by",), blown=("bz", "cz"))
    # bx is again and again not enabled, and the wind is owed nothing; only by is owed what is enabled now and then.
    assert [str(action) for action in unfair_to(model, trace)] == ['insist(where="by")']
    told = {str(idle.action): idle.disabled_after for idle in idle_in(model, trace)}
    assert told == {'go(where="bx")': 2, 'insist(where="by")': 2, 'blow(where="bz")': 2, 'blow(where="cz")': 1}
    model, trace = lasso("ab~", "bx", blown=("bz",))
    assert [str(action) for action in unfair_to(model, trace)] == ['go(where="bx")']
    assert [idle.disabled_after for idle in idle_in(model, trace)] == [None, None]


@eventually
def everybody_leaves(cluster: Cluster) -> bool | str:
    """At last there is no fork."""
    return False


@always_eventually
def p0_eats(cluster: Cluster) -> bool | str:
    """Again and again the first philosopher holds both forks."""
    forks = [cluster[dining_philosophers.HOLDER[name]] for name in ("f0", "f1")]
    return forks == ["p0", "p0"] or f"the forks of p0 are with {forks}"


@finitely_often
def little_is_eaten(step: Step) -> bool:
    """Meals are few."""
    return step.action.transition is not dining_philosophers.eat


@pytest.mark.parametrize("last_is_left_handed", [False, True])
def test_the_exhaustive_engine_agrees(last_is_left_handed: bool) -> None:
    model = dining_philosophers.model(3, last_is_left_handed=last_is_left_handed)
    specs = (everybody_leaves, p0_eats, little_is_eaten)
    result = result_of(attrs.evolve(model, specs=specs))
    for finding in result.findings:
        assert finding.verdict is Verdict.VIOLATED
        assert finding.trace is not None
        assert comes_back(finding.trace)
        assert unfair_to(model, finding.trace) == ()
        assert judge_run(finding.spec, (), finding.trace) == finding.reason
