"""What comes first: where objects end, and the shortest way to where all is as desired."""

from collections.abc import Sequence
from functools import cache

import attrs

from kmodel.engines.exhaustive import result_of
from kmodel.engines.results import Result
from kmodel.kernel import Action, Cell, Cluster, Event, Model, Step, Trace, always_eventually, transition
from kmodel.reporting.answer import CELLS_ALONE, NORMALLY, CellsAlone, ObjectEnd, ObjectsAnswer, goals
from kmodel.reporting.html import page
from kmodel.reporting.source import Source

POD = Cell[str]("pod")
BUDGET = Cell[int]("budget")


@transition(actor="kubectl", environment=True)
def create(cluster: Cluster) -> Cluster | None:
    """Create the pod."""
    return cluster.set(POD, "Pending") if cluster[POD] == "" else None


@transition(actor="kubelet")
def run(cluster: Cluster) -> Cluster | None:
    """Run the pod."""
    return cluster.set(POD, "Running") if cluster[POD] == "Pending" else None


def _crashed(step: Step) -> Event:
    return Event("Warning", "Crash", "pod/web", "its container ends")


@transition(actor="fault", environment=True, describe=_crashed)
def crash(cluster: Cluster) -> Cluster | None:
    """End the container."""
    if cluster[POD] != "Running" or not cluster[BUDGET]:
        return None
    return cluster.set(POD, "Failed").set(BUDGET, 0)


@transition(actor="controller")
def replace(cluster: Cluster) -> Cluster | None:
    """Make the pod anew."""
    return cluster.set(POD, "Pending") if cluster[POD] == "Failed" else None


@always_eventually
def it_runs(cluster: Cluster) -> bool:
    """The pod runs again and again."""
    return cluster[POD] in ("", "Running")


@attrs.frozen
class OnePod(CellsAlone):
    expected: str = "Running"

    def objects_end(self, runs: Sequence[Trace]) -> tuple[ObjectEnd, ...]:
        ends = {run.last[POD]: run for run in runs if run.last[POD]}
        return tuple(
            ObjectEnd(
                "pod/web", status, "no room" if status == "Pending" else "", *_judged(status, self.expected), trace=run
            )
            for status, run in ends.items()
        )

    def is_normal(self, action: Action) -> bool:
        return action.actor != "fault"


def _judged(status: str, expected: str) -> tuple[bool, bool]:
    return status == expected, status != expected


@cache
def outcome(budget: int = 1) -> Result:
    first = Cluster.of({POD: "", BUDGET: budget})
    return result_of(Model.of(first, (create, run, crash, replace), (it_runs,), name="one-pod"))


def rests(result: Result) -> tuple[Trace, ...]:
    assert result.ends is not None
    return result.ends.traces


def test_the_goal_is_reached_on_the_shortest_way_without_faults_and_with_each() -> None:
    found = goals(outcome().model, rests(outcome()), OnePod())
    assert [(goal.title, len(goal.trace.steps)) for goal in found] == [
        ("All is as desired", 2),
        ("All is as desired after Crash", 5),
    ]


def test_a_rest_before_the_requests_is_no_goal() -> None:
    assert any(not trace.steps for trace in rests(outcome())), "nobody need create the pod"
    assert all(goal.trace.steps for goal in goals(outcome().model, rests(outcome()), OnePod()))


def test_what_ends_where_it_should_not_is_no_goal() -> None:
    assert goals(outcome().model, rests(outcome()), OnePod(expected="Gone")) == ()


def test_the_page_says_the_answer_and_then_the_story_of_the_goal() -> None:
    shown = page(outcome(), Source("one-pod"), subject=OnePod())
    order = (
        "no spec violated",
        "What becomes of your objects",
        "✓ Running",
        "How all gets where it should",
        "Verdicts",
    )
    places = [shown.index(part) for part in order]
    assert places == sorted(places)
    assert shown.count('id="goal-') == 2
    assert "The state after step 2" in shown


def test_an_object_that_ends_where_it_should_not_makes_the_page_bad_and_has_its_story() -> None:
    shown = page(outcome(), Source("one-pod"), subject=OnePod(expected="Gone"))
    assert '<header class="bad">' in shown
    assert "✗ Running" in shown
    assert 'id="stuck-1" open' in shown
    assert "and then nothing, for ever" in shown
    assert "How all gets" not in shown


def test_what_is_known_from_the_normal_run_is_labelled_so() -> None:
    found = ObjectsAnswer(
        ("pod/b: 403 Forbidden",), (ObjectEnd("pod/web", "Pending", "no room", False, True),), NORMALLY
    )
    shown = page(outcome(), Source("one-pod"), found=found)
    assert "<th>Normally</th>" in shown
    assert "REFUSED" in shown
    assert "stuck-" not in shown, "it has too many steps to be read"


def test_nobody_knows_what_the_cells_of_a_model_mean() -> None:
    assert CELLS_ALONE.objects_end(rests(outcome())) == ()
    assert "What becomes of your objects" not in page(outcome(), Source("one-pod"))
