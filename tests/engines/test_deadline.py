"""Every engine, and every phase of it, ends at its deadline or when it is asked to, and says so."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kmodel.engines import exhaustive
from kmodel.engines.clock import Deadline, TimeIsUp, seconds_in
from kmodel.engines.events import Event, Finished, Found, Progress
from kmodel.engines.results import Verdict
from kmodel.engines.runs import hypothesis, simulation
from kmodel.kernel import Cell, Cluster, Model, eventually, invariant, transition
from kmodel.reporting.handler import drive
from tests.toys import two_phase_commit

X: Cell[int] = Cell("x")
Y: Cell[bool] = Cell("y")


@transition(actor="a")
def count(cluster: Cluster) -> Cluster:
    return cluster.set(X, cluster[X] + 1)


@transition(actor="b")
def turn(cluster: Cluster) -> Cluster:
    return cluster.set(Y, not cluster[Y])


@eventually
def it_ends(cluster: Cluster) -> bool:
    return cluster[X] < 0


@invariant
def it_stays_small(cluster: Cluster) -> bool:
    return cluster[X] < 5


ENDLESS = Model((Cluster.of({X: 0, Y: False}),), (count.bind(), turn.bind()), (it_ends,))
BROKEN = Model((Cluster.of({X: 0, Y: False}),), (count.bind(), turn.bind()), (it_stays_small,))
Explore = Callable[[Model, Deadline], Iterator[Event]]
WAYS: dict[str, Explore] = {
    "exhaustive": lambda model, deadline: exhaustive.explore(model, deadline=deadline),
    "partial order": lambda model, deadline: exhaustive.explore(model, exhaustive.Bounds(partial_order=True), deadline),
    "simulation": lambda model, deadline: simulation.explore(model, simulation.Walks(10**9, 50), deadline),
    "hypothesis": lambda model, deadline: hypothesis.explore(
        model, hypothesis.Samples("nightly", max_examples=10**6), deadline
    ),
}


def last_of(events: Iterator[Event]) -> Finished:
    *_, last = events
    assert isinstance(last, Finished)
    return last


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("model", [ENDLESS, BROKEN])
def test_time_is_up(way: str, model: Model) -> None:
    if way in ("exhaustive", "partial order"):  # compiling, the first time, is not what is to be cut short
        last_of(WAYS[way](two_phase_commit.model(3), Deadline()))
    started = time.monotonic()
    last = last_of(WAYS[way](model, Deadline(1.0)))
    assert time.monotonic() - started < 30  # on a machine with much else to do
    assert last.time_is_up
    assert not last.interrupted
    assert last.result.stopped is not None
    assert last.result.stopped.startswith("time was up (1 s)")
    (finding,) = last.result.findings
    if model is BROKEN:
        assert finding.verdict is Verdict.VIOLATED
        assert finding.trace is not None
    else:
        assert finding.verdict in (Verdict.NO_VIOLATION_FOUND, Verdict.NOT_JUDGED)
        assert "time was up (1 s)" in finding.reason or way == "partial order"  # which judges no runs anyway


@pytest.mark.parametrize("way", WAYS)
def test_whoever_asks_to_stop_is_heard(way: str) -> None:
    deadline = Deadline()
    seen = []
    for event in WAYS[way](BROKEN, deadline):
        seen.append(event)
        if isinstance(event, Found | Progress):
            deadline.ask()
    last = seen[-1]
    assert isinstance(last, Finished)
    assert last.interrupted
    assert last.result.stopped is not None
    assert last.result.stopped.startswith("interrupted")


@pytest.mark.parametrize("way", WAYS)
def test_an_interrupt_of_whoever_handles_an_event_reaches_the_engine(way: str) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, Found | Progress):
            raise KeyboardInterrupt

    driven = drive(WAYS[way](BROKEN, Deadline()), interrupt)
    assert driven.interrupted
    assert driven.result.generated > 0  # which the engine alone knows


def test_runs_of_an_endless_counter_are_as_long_as_asked() -> None:
    result = simulation.result_of(ENDLESS, simulation.Walks(1, 10))
    (finding,) = result.findings
    assert finding.verdict is Verdict.NO_VIOLATION_FOUND
    assert "100 rounds at most, of 100 allowed; in" in finding.reason
    assert result.seconds < 30


def test_what_must_not_be_cut_in_two_is_not() -> None:
    deadline, done = Deadline(0.0), []

    def work() -> None:
        with deadline.whole():
            deadline.stop_now()
            done.append("all of it")

    with pytest.raises(TimeIsUp):
        work()
    assert done == ["all of it"]


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60.0), ("2m", 120.0), ("1h", 3600.0), ("1.5", 1.5), ("0", 0.0)])
def test_times(text: str, seconds: float) -> None:
    assert seconds_in(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "-1s", "1d", "ten", "1 s s"])
def test_no_times(text: Any) -> None:
    with pytest.raises(ValueError, match="is no time; write for example 60s"):
        seconds_in(text)
