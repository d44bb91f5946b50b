"""What a result says of temporal specs: the same each time, nothing of an unfinished search, and how runs end."""

import attrs
import pytest

from kmodel.engines.bounds import RUNS_NOT_JUDGED
from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.results import Result, Verdict
from kmodel.kernel import (
    Cell,
    Cells,
    Cluster,
    Fairness,
    Model,
    confluent,
    transition,
)
from tests.engines.hash_seeds import printed
from tests.engines.liveness.test_toys import philosophers
from tests.toys import alternating_bit, mutual_exclusion
from tests.toys.mutual_exclusion import TURN

WORKER: Cells[str] = Cells("worker")  # away or at work
LEADER: Cell[str | None] = Cell("leader")


@transition(actor="{name}")
def lead(cluster: Cluster, name: str) -> Cluster | None:
    """A worker becomes the leader if there is none."""
    return cluster.set(LEADER, name) if cluster[LEADER] is None else None


@transition(actor="{name}", environment=True)
def come(cluster: Cluster, name: str) -> Cluster | None:
    """A worker comes to work if there is a leader."""
    return cluster.set(WORKER[name], "at work") if cluster[LEADER] is not None else None


@confluent
def the_same_leads(cluster: Cluster) -> str | None:
    """However it goes, the same worker leads."""
    return cluster[LEADER]


@confluent
def somebody_leads(cluster: Cluster) -> bool:
    """However it goes, somebody leads."""
    return cluster[LEADER] is not None


def election(*names: str) -> Model:
    """Return the model in which one of them leads, and each may come to work."""
    initial = Cluster.of({LEADER: None, **{WORKER[name]: "away" for name in names}})
    actions = tuple(action.bind(name=name) for name in names for action in (lead, come))
    return Model((initial,), actions, (the_same_leads, somebody_leads), "election", (names,))


def test_ends_are_counted_up_to_names_each_with_the_shortest_trace() -> None:
    ends = result_of(election("a", "b", "c")).ends
    assert ends is not None
    # One of three leads; each may be at work or not. Up to names: the leader is or is not, and none to two others.
    assert (ends.states, ends.up_to_names) == (3 * 2**3, 2 * 3)
    assert [len(trace.steps) for trace in ends.traces] == [1, 2, 2, 3, 3, 4]
    for trace in ends.traces:
        assert trace.cycle is None
        assert trace.last[LEADER] is not None
    shapes = {
        (trace.last[WORKER[str(trace.last[LEADER])]], sum(trace.last[WORKER[name]] == "at work" for name in "abc"))
        for trace in ends.traces
    }
    assert len(shapes) == 6


def test_names_that_are_not_interchangeable_are_told_apart() -> None:
    ends = result_of(attrs.evolve(election("a", "b", "c"), symmetry=())).ends
    assert ends is not None
    assert (ends.states, ends.up_to_names) == (24, 24)


def test_a_confluent_spec_fails_where_two_ends_differ() -> None:
    by_name, by_kind = result_of(election("a", "b")).findings
    assert by_name.verdict is Verdict.VIOLATED
    assert all(name in by_name.reason for name in ("'a'", "'b'"))
    assert by_name.trace is not None
    assert [step.action.transition for step in by_name.trace.steps] == [lead]
    assert (by_kind.verdict, by_kind.is_tested) == (Verdict.HOLDS, True)


def test_one_end_does_not_put_confluence_to_the_test() -> None:
    model = election("a")
    findings = result_of(attrs.evolve(model, actions=model.actions[:1])).findings
    assert {(finding.verdict, finding.is_tested) for finding in findings} == {(Verdict.HOLDS, False)}


def test_a_system_that_never_rests_has_no_ends() -> None:
    ends = result_of(philosophers(3, last_is_left_handed=True)).ends
    assert ends is not None
    assert (ends.states, ends.up_to_names, ends.traces) == (0, 0, ())


def test_the_system_rests_where_only_the_environment_can_act() -> None:
    ends = result_of(mutual_exclusion.peterson()).ends
    assert ends is not None
    # Both are away; whose turn it is tells who asked last.
    assert [trace.last[TURN] for trace in ends.traces] == ["p", "q"]
    assert [len(trace.steps) for trace in ends.traces] == [0, 4]


@pytest.mark.parametrize("bounds", [Bounds(max_states=20), Bounds(max_depth=2)], ids=["states", "depth"])
def test_nothing_is_claimed_of_runs_before_all_states_are_known(bounds: Bounds) -> None:
    result = result_of(philosophers(3, last_is_left_handed=True), bounds)
    assert result.stopped is not None
    assert result.ends is None
    for finding in result.findings:
        assert finding.verdict is Verdict.NOT_JUDGED
        assert finding.reason == f"{result.stopped}; {RUNS_NOT_JUDGED}"
        assert finding.trace is None


def test_nothing_is_claimed_of_runs_up_to_renaming() -> None:
    model = mutual_exclusion.semaphore(Fairness.WEAK)
    assert result_of(model, Bounds(symmetry=True)).findings == result_of(model).findings  # there is nothing to rename
    model = election("a", "b")
    assert {finding.verdict for finding in result_of(model, Bounds(symmetry=True)).findings} == {Verdict.NOT_JUDGED}


def test_the_first_violation_of_a_temporal_spec_is_enough_if_asked() -> None:
    model = alternating_bit.model(Fairness.WEAK, None)
    result = result_of(model, Bounds(stop_at_first_violation=True))
    assert [finding.verdict for finding in result.findings] == [
        Verdict.NO_VIOLATION_FOUND,
        Verdict.VIOLATED,
        Verdict.NOT_JUDGED,
    ]


def lassos_of_toys(threads: int) -> list[str]:
    """Return what is found of some toys: verdicts, reasons, lassos, idle actions, and ends."""
    toys = [
        philosophers(4, last_is_left_handed=False),
        philosophers(4, last_is_left_handed=True),
        mutual_exclusion.semaphore(Fairness.WEAK),
        alternating_bit.model(Fairness.WEAK, None),
        alternating_bit.model(Fairness.WEAK, 2),
        election("a", "b", "c"),
    ]
    return [line for model in toys for line in _told(result_of(model, Bounds(threads=threads)))]


def _told(result: Result) -> list[str]:
    assert result.ends is not None
    lines = [
        f"{finding.spec.name} {finding.verdict} {finding.reason} {finding.trace and finding.trace.path} "
        f"{[(str(each.action), each.disabled_after) for each in finding.idle]}"
        for finding in result.findings
    ]
    return [*lines, " ".join(trace.path for trace in result.ends.traces)]


def test_two_threads_find_the_same_lassos_of_toys() -> None:
    assert lassos_of_toys(1) == lassos_of_toys(2)


@pytest.mark.long
def test_lassos_do_not_depend_on_the_hash_seed() -> None:
    code = "from tests.engines.liveness.test_results import lassos_of_toys; print(lassos_of_toys(1))"
    told = printed(code, ("1", "2"))
    assert told[0] == told[1]
    assert "~" in told[0]
