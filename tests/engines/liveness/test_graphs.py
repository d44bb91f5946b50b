"""Small graphs whose verdicts are known, among them those that naive checkers get wrong."""

import attrs
import pytest

from kmodel.engines.exhaustive import result_of
from kmodel.engines.results import Verdict
from kmodel.kernel import Spec, SpecKind
from tests.engines.liveness import lassos
from tests.engines.liveness.graphs import (
    GOAL,
    Edges,
    always_eventually,
    answers,
    at_the_goal,
    converges,
    eventually,
    finitely_often,
    word,
)

HOLDS = None


@attrs.frozen
class Case:
    """A graph, a spec, and the lasso that violates it, `stem~cycle` in words of actions; None if it holds."""

    about: str
    graph: Edges
    spec: Spec
    lasso: str | None
    is_tested: bool = True


CASES = [
    Case("a run that ends stays where it is", Edges("0a1"), eventually(2), "a~"),
    Case("a run that ends has converged there", Edges("0a1"), converges(1), HOLDS),
    Case("a run may not stop where something is owed", Edges("0a1 1b2"), eventually(2), HOLDS),
    Case("two ways to one state are no cycle", Edges("0a1 0b2 1c3 2d3"), eventually(3), HOLDS),
    Case("a cycle reached by two ways, one past the goal", Edges("0a1 0b2 1c3 2d3 3e4 4f3"), eventually(1), "bd~ef"),
    Case("an end reached by two ways, one past the goal", Edges("0a1 0b2 1c3 2d3"), eventually(1), "bd~"),
    Case("a cycle with a weakly fair exit in each state", Edges("0a1 1b0 0x2 1x2"), eventually(2), HOLDS),
    Case("a cycle with a weakly fair exit in one state", Edges("0a1 1b0 1x2"), eventually(2), "~ab"),
    Case("a cycle with a strongly fair exit in one state", Edges("0a1 1b0 1x2", strong="x"), eventually(2), HOLDS),
    Case("a cycle left only by the environment", Edges("0a1 1b0 0x2 1x2", environment="x"), eventually(2), "~ab"),
    Case("a state left only by the environment", Edges("0x1", environment="x"), eventually(1), "~"),
    Case("the environment may stop where the system is done", Edges("0x1 1x0", environment="x"), converges(1), "~"),
    Case("an exit in each state, but by different actions", Edges("0a1 1b0 0x2 1y2"), eventually(2), "~ab"),
    Case(
        "a weak exit is taken where the environment goes round", Edges("0e1 1e0 0x2 1x2", "", "e"), eventually(2), None
    ),
    Case("a self-loop does not keep a run in a state", Edges("0x0 0a1"), eventually(1), HOLDS),
    Case("an action whose steps change nothing is not owed", Edges("0a1 1x1"), eventually(2), "a~"),
    Case("a self-loop is no step of a weakly fair action", Edges("0a1 1b0 0x0 1x2"), eventually(2), "~ab"),
    Case(
        "a self-loop is no step of a strongly fair action", Edges("0a1 1b0 0x0 1x2", strong="x"), eventually(2), HOLDS
    ),
    Case("two cycles that are fair only together", Edges("0a1 1b0 0c2 2d0", strong="ac"), eventually(3), "~abcd"),
    Case("two cycles, neither fair, nor both together", Edges("0a1 1b0 0c2 2d0 0x3 1x3 2x3"), eventually(3), HOLDS),
    Case(
        "an action taken in one part of a component only is owed in the other",
        Edges("0a1 1b0 1c2 2d1 0x2 1x2"),
        always_eventually(2),
        HOLDS,
    ),
    Case("a fair cycle in an unfair component", Edges("0a1 1b0 1c2 2d1 2x3", strong="x"), eventually(3), "~ab"),
    Case(
        "an unfair part of an unfair component, refined twice",
        Edges("0a1 1b0 1c2 2d0 2y3 3f0 3x4", strong="xy"),
        eventually(4),
        "~ab",
    ),
    Case(
        "nothing is left of a component, refined three times",
        Edges("0a1 1b0 1c2 2d0 2y3 3f0 3x4", strong="cxy"),
        eventually(4),
        HOLDS,
    ),
    Case("the cycle comes to the state that is wanted", Edges("0a1 1b0 1c2 2d1"), converges(0, 1), "~acdb"),
    Case("a bad state on the stem only", Edges("0a1 1b2 2c1"), converges(1, 2), HOLDS),
    Case("a bad state in an unfair cycle only", Edges("0a1 1b0 0x2 1x2"), converges(0, 2), HOLDS),
    Case("what is true initially was true at some point", Edges("0a1"), eventually(0), HOLDS, is_tested=False),
    Case("what is true initially need not be true again", Edges("0a1"), always_eventually(0), "a~"),
    Case("what is true in one state of a cycle is true again", Edges("0a1 1b2 2c1"), always_eventually(2), HOLDS),
    Case("premise and conclusion at once", Edges("0a1 1b2"), answers(1, 1), HOLDS, is_tested=False),
    Case("a premise that never happens", Edges("0a1"), answers(2, 1), HOLDS, is_tested=False),
    Case("a conclusion seen before the premise, not after", Edges("0a1 1b2 2c3"), answers(2, 1), "abc~"),
    Case("a premise that comes again after the conclusion", Edges("0a1 1b2 2c0 0d3"), answers(0, 1), "d~"),
    Case("a premise where the run ends", Edges("0a1 1b2"), answers(2, 1), "ab~"),
    Case("a stem that goes past the conclusion to the premise", Edges("0a1 1b2 2c3 3d2"), answers(3, 1), "abc~dc"),
    Case("a bad step in an unfair cycle only", Edges("0a1 1b0 0x2 1x2"), finitely_often("a"), HOLDS),
    Case("a bad step in a fair cycle", Edges("0a1 1b0 0x2"), finitely_often("b"), "~ab"),
    Case("a bad step on the stem only", Edges("0a1 1b2 2c1"), finitely_often("a"), HOLDS),
    Case("a bad step between two components", Edges("0a1 1b0 0x2 2c3 3d2"), finitely_often("x"), HOLDS),
    Case(
        "each key of several",
        Edges("0a1 1b2", goals="12"),
        Spec(at_the_goal, SpecKind.EVENTUALLY, each=GOAL),
        HOLDS,
    ),
    Case(
        "one key of several fails",
        Edges("0a1 1b2", goals="0123"),
        Spec(at_the_goal, SpecKind.EVENTUALLY, each=GOAL),
        "ab~",
    ),
    Case("two initial states", Edges("0a1 2b3 3c2", starts=(0, 2)), eventually(1), "~bc"),
]


@pytest.mark.parametrize("case", CASES, ids=[case.about for case in CASES])
def test_the_verdict_on_a_small_graph_is_as_known(case: Case) -> None:
    model = case.graph.model(case.spec)
    finding = result_of(model).findings[0]
    stem = lassos.shortest_stem(lassos.Reachable.of(model), case.spec)
    if case.lasso is None:
        assert finding.verdict is Verdict.HOLDS
        assert stem is None
        assert finding.is_tested == case.is_tested
        return
    lassos.check(model, finding)
    assert finding.trace is not None
    steps, cycle = finding.trace.steps, finding.trace.cycle
    assert f"{word(steps[:cycle])}~{word(steps[cycle:])}" == case.lasso
    assert stem == cycle


@pytest.mark.parametrize(
    "spec",
    [eventually(2), always_eventually(2), converges(2), answers(0, 2), finitely_often("a"), finitely_often("b")],
    ids=lambda spec: spec.kind.word,
)
def test_what_holds_only_by_strong_fairness_says_so(spec: Spec) -> None:
    by_strong, by_weak = Edges("0a1 1b0 1x2", strong="x"), Edges("0a1 1b0 0x2 1x2", strong="x")
    for graph, needs in ((by_strong, True), (by_weak, False)):
        (finding,) = result_of(graph.model(spec)).findings
        assert finding.verdict is Verdict.HOLDS
        assert finding.needs_strong_fairness is needs
