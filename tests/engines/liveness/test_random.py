"""The engine compared with a brute-force search for lassos, on random graphs with random fairness."""

from hypothesis import strategies as st

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.results import Verdict
from kmodel.kernel import Model, Spec, SpecKind
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
from tests.shares import on_random

ACTIONS = "abcd"


@st.composite
def graphs(draw: st.DrawFn) -> Edges:
    """Draw graphs of three to seven states and two to four actions; most states can be reached, most can be left."""
    states = range(draw(st.integers(3, 7)))
    actions = st.sampled_from(ACTIONS[: draw(st.integers(2, 4))])
    edges: dict[tuple[int, str], int] = {}
    for state in states[1:]:
        edges[draw(st.sampled_from(states[:state])), draw(actions)] = state
    more = draw(
        st.dictionaries(st.tuples(st.sampled_from(states), actions), st.sampled_from(states), min_size=6, max_size=14)
    )
    owed = {name: draw(st.sampled_from(["strong", "weak", "weak", "none"])) for name in ACTIONS}
    return Edges(
        " ".join(f"{source}{name}{target}" for (source, name), target in {**more, **edges}.items()),
        strong="".join(name for name in ACTIONS if owed[name] == "strong"),
        environment="".join(name for name in ACTIONS if owed[name] == "none"),
        starts=(0, *draw(st.sets(st.sampled_from(states[1:]), max_size=1))),
        goals="".join(map(str, draw(st.sets(st.sampled_from(states), min_size=1, max_size=2)))),
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
        Spec(at_the_goal, SpecKind.ALWAYS_EVENTUALLY, each=GOAL),
    )


@on_random(models(), share=40, whole=300)
def test_verdicts_and_stems_are_those_of_brute_force(model: Model) -> None:
    graph = lassos.Reachable.of(model)
    for finding in result_of(model).findings:
        stem = lassos.shortest_stem(graph, finding.spec)
        assert finding.verdict is (Verdict.HOLDS if stem is None else Verdict.VIOLATED)
        if stem is not None:
            lassos.check(model, finding)
            assert finding.trace is not None
            assert finding.trace.cycle == stem


@on_random(models(), share=10, whole=30)
def test_two_threads_find_the_same_lassos(model: Model) -> None:
    one, two = result_of(model), result_of(model, Bounds(threads=2))
    assert one.findings == two.findings
    assert one.ends == two.ends
