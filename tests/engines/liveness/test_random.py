"""The engine compared with a brute-force search for lassos, on random graphs with random fairness."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.verdict import Verdict
from kmodel.kernel import Kind, Model, Spec
from tests.engines.liveness import lassos
from tests.engines.liveness.graphs import (
    GOAL,
    Edges,
    always_eventually,
    answers,
    at_the_goal,
    converges,
    each_goal_leads_to,
    eventually,
    finitely_often,
)

ACTIONS = "abcd"


@st.composite
def graphs(draw: st.DrawFn) -> Edges:
    """Draw graphs of up to seven states and four actions, some of which are enabled in most states."""
    states = range(draw(st.integers(3, 7)))
    targets = st.sampled_from(states)
    chosen = draw(st.lists(st.sampled_from(ACTIONS), min_size=2, max_size=4, unique=True))
    edges = {name: draw(st.dictionaries(targets, targets, min_size=1, max_size=len(states))) for name in chosen}
    owed = {name: draw(st.sampled_from(["none", "weak", "strong"])) for name in chosen}
    return Edges(
        " ".join(f"{source}{name}{target}" for name, steps in edges.items() for source, target in steps.items()),
        strong="".join(name for name in chosen if owed[name] == "strong"),
        environment="".join(name for name in chosen if owed[name] == "none"),
        starts=tuple(draw(st.sets(targets, min_size=1, max_size=2))),
        goals="".join(map(str, states)),
    )


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Draw a graph, and a spec of each kind on it."""
    graph = draw(graphs())
    place, places = st.integers(0, 6), st.sets(st.integers(0, 6), min_size=1, max_size=5)
    wrong = draw(st.sets(st.sampled_from(ACTIONS), min_size=1, max_size=2))
    return graph.model(
        eventually(*draw(places)),
        always_eventually(*draw(places)),
        converges(*draw(places)),
        answers(draw(place), *draw(places)),
        finitely_often(*sorted(wrong)),
        each_goal_leads_to(*draw(places)),
        Spec(at_the_goal, Kind.ALWAYS_EVENTUALLY, each=GOAL),
    )


@given(models())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_verdicts_and_stems_are_those_of_brute_force(model: Model) -> None:
    graph = lassos.Reachable.of(model)
    for finding in result_of(model).findings:
        stem = lassos.shortest_stem(graph, finding.spec)
        assert finding.verdict is (Verdict.HOLDS if stem is None else Verdict.VIOLATED)
        if stem is not None:
            lassos.check(model, finding)
            assert finding.trace is not None
            assert finding.trace.cycle == stem


@given(models())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_two_threads_find_the_same_lassos(model: Model) -> None:
    one, two = result_of(model), result_of(model, Bounds(threads=2))
    assert one.findings == two.findings
    assert one.ends == two.ends
