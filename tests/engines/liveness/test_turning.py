"""The point of no return, on maps whose roads are known by heart, and against a search that is as plain as can be."""

from collections.abc import Mapping

import pytest

from kmodel.engines.clock import TimeIsUp
from kmodel.engines.events import Finished
from kmodel.engines.exhaustive import Bounds, explore, result_of
from kmodel.engines.liveness.judging import Liveness
from kmodel.engines.results import Finding, Turn, Verdict
from kmodel.engines.retracing import recheck
from kmodel.engines.small_graph import extract
from kmodel.kernel import (
    Cell,
    Cluster,
    Model,
    Spec,
    Step,
    always_eventually,
    ask,
    converges,
    eventually,
    finitely_often,
    invariant,
    leads_to,
    step_invariant,
    transition,
)
from tests.reporting.examples import broken_model

PLACE = Cell[str]("place")
# From the fork one comes home or into the woods; from the woods over the bridge home, or into the swamp for ever.
ROADS = {"fork": "home woods", "woods": "bridge swamp", "bridge": "home", "swamp": "", "home": ""}


@transition(actor="walker")
def walk(cluster: Cluster, start: str, end: str) -> Cluster | None:
    """Walk along a road."""
    return cluster.set(PLACE, end) if cluster[PLACE] == start else None


@invariant
def never_in_the_swamp(cluster: Cluster) -> bool:
    """Nobody is in the swamp."""
    return cluster[PLACE] != "swamp"


@invariant
def never_far(cluster: Cluster) -> bool:
    """Nobody is in the woods."""
    return cluster[PLACE] not in ("woods", "home")


@step_invariant
def nobody_enters_the_swamp(step: Step) -> bool:
    """No step ends in the swamp."""
    return step.after[PLACE] != "swamp"


@eventually
def home_at_last(cluster: Cluster) -> bool:
    """Everybody comes home."""
    return cluster[PLACE] == "home"


@always_eventually
def home_again(cluster: Cluster) -> bool:
    """Everybody is home again and again."""
    return cluster[PLACE] == "home"


@converges
def home_for_good(cluster: Cluster) -> bool:
    """Everybody is home in the end."""
    return cluster[PLACE] == "home"


def in_the_woods(cluster: Cluster) -> bool:
    """Somebody is in the woods."""
    return cluster[PLACE] == "woods"


def at_home(cluster: Cluster) -> bool:
    """Somebody is at home."""
    return cluster[PLACE] == "home"


@leads_to(in_the_woods, at_home)
def out_of_the_woods() -> None:
    """Who is in the woods comes home."""


def roads(spec: Spec, map_: Mapping[str, str] = ROADS) -> Model:
    actions = tuple(walk.bind(start=start, end=end) for start, ends in map_.items() for end in ends.split())
    return Model((Cluster.of({PLACE: "fork"}),), actions, (spec,), name="roads")


def turn(model: Model, bounds: Bounds | None = None) -> Turn:
    (finding,) = result_of(model, bounds or Bounds()).findings
    assert finding.verdict is Verdict.VIOLATED
    assert finding.turn is not None
    return finding.turn


def goes_by(found: Turn) -> list[str]:
    assert found.way is not None
    return [state[PLACE] for state in found.way.states]


@pytest.mark.parametrize(
    "spec",
    [never_in_the_swamp, nobody_enters_the_swamp, home_at_last, home_again, home_for_good, out_of_the_woods],
    ids=lambda spec: spec.name,
)
def test_the_last_way_out_is_before_the_swamp(spec: Spec) -> None:
    found = turn(roads(spec))
    assert (found.last, goes_by(found)) == (1, ["fork", "woods", "bridge", "home"])


def test_without_the_bridge_the_last_way_out_is_at_the_fork() -> None:
    for spec in (home_at_last, home_for_good, out_of_the_woods):
        found = turn(roads(spec, ROADS | {"woods": "swamp"}))
        assert (found.last, goes_by(found)) == (0, ["fork", "home"])


def test_where_no_way_is_good_that_is_said() -> None:
    assert turn(roads(never_far)) == Turn()
    assert turn(roads(home_at_last, {"fork": "swamp"})) == Turn()


def test_a_debt_that_is_paid_is_none() -> None:
    """Who crosses the bridge and goes round owes nothing in the end, though no run stays at home."""
    found = turn(roads(out_of_the_woods, {"fork": "woods", "woods": "home swamp", "home": "fork inn"}))
    assert (found.last, goes_by(found), found.rests) == (1, ["fork", "woods"], False)


@finitely_often
def swims_no_more(step: Step) -> bool:
    """No step starts in the lake."""
    return step.before[PLACE] != "lake"


def test_a_livelock_can_be_left_to_the_end() -> None:
    found = turn(roads(swims_no_more, {"fork": "lake home", "lake": "shore", "shore": "lake"}))
    assert (found.last, goes_by(found)) == (0, ["fork", "home"])


def test_it_is_not_known_before_all_states_are() -> None:
    assert turn(roads(never_in_the_swamp), Bounds(stop_at_first_violation=True)).unknown == "not all states were seen"
    assert turn(roads(never_in_the_swamp), Bounds(fingerprints=True)).unknown == "it was not looked for"


@pytest.mark.parametrize("managers", [2, 3])
def test_it_is_what_a_plain_search_finds(managers: int) -> None:
    """Two-phase commit always comes to rest, so a good run is one to where nothing is enabled, past no bad state."""
    model = broken_model(managers)
    graph = extract(model, 10_000)
    ahead: dict[int, set[int]] = {}
    for edge in graph.edges:
        if edge.source != edge.target:
            ahead.setdefault(edge.source, set()).add(edge.target)
    looked_at = [finding for finding in result_of(model).findings if finding.verdict is Verdict.VIOLATED]
    assert len(looked_at) == 2
    for finding in looked_at:
        bad = {number for number, state in enumerate(graph.states) if ask(finding.spec, state)[0] is not True}
        good = {number for number in range(len(graph.states)) if number not in ahead} - bad
        while more := {n for n, ends in ahead.items() if n not in bad | good and ends & good}:
            good |= more
        assert finding.trace is not None
        along = [graph.number(state) in good for state in finding.trace.states]
        assert finding.turn is not None
        assert finding.turn.last == max(place for place, is_good in enumerate(along) if is_good)
        assert_goes_well(finding, finding.turn)


def assert_goes_well(finding: Finding, found: Turn) -> None:
    assert finding.trace is not None
    assert found.way is not None
    assert found.last is not None
    assert recheck(finding.spec, found.way).verdict is Verdict.NO_VIOLATION_FOUND
    assert found.way.steps[: found.last] == finding.trace.steps[: found.last]
    assert found.way.steps[found.last :][:1] != finding.trace.steps[found.last :][:1]


def test_where_the_time_is_up_meanwhile_all_is_judged_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_late(liveness: Liveness, findings: Mapping[int, Finding]) -> dict[int, Finding]:
        raise TimeIsUp

    monkeypatch.setattr("kmodel.engines.liveness.turning.with_turns", too_late)
    *_, last = explore(roads(home_at_last), Bounds())
    assert isinstance(last, Finished)
    assert (last.time_is_up, last.result.finished) == (False, True)
    (finding,) = last.result.findings
    assert finding.verdict is Verdict.VIOLATED
    assert finding.turn == Turn(unknown="it was not looked for")
