"""The members of etcd: counted independently, also by TLC; each guarantee of Raft is missed where it is broken."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from examples import etcd_members
from examples.etcd_members import COMMITTED, LEADS, LOG, SEEN, STATE
from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.results import Verdict
from kmodel.kernel import Action, Cluster, Model
from tests.benchmarks.checkers import tlc

MODULE = Path(__file__).parent / "EtcdMembers.tla"
BOUNDS = {"writes": 1, "elections": 2, "crashes": 1, "cuts": 1}
# Of the plain explorer a member is (state, term, leads, log, committed); a state is (members, writes, seen, budgets).
NEW, ASKED, DONE = 0, 1, 2


def after_all(members: tuple, writes: tuple, seen: frozenset, left: tuple) -> Iterator[tuple]:  # type: ignore[type-arg]
    """Yield the successors of a state, written apart from the model."""
    elections, crashes, cuts = left
    everyone, half = range(len(members)), len(members) / 2
    reachable = [i for i in everyone if members[i][0] == "up"]

    def last(i: int) -> tuple[int, int]:
        return (members[i][3][-1][0], len(members[i][3])) if members[i][3] else (0, 0)

    def having(**changed: Any) -> tuple:  # type: ignore[type-arg]
        return tuple(changed.get(f"m{i}", members[i]) for i in everyone)

    for i in everyone:
        state, term, leads, log, known = members[i]
        if state == "up" and not leads and elections and sum(last(j) <= last(i) for j in reachable) > half:
            new = max(members[j][1] for j in reachable) + 1
            changed = {f"m{j}": (members[j][0], new, False, *members[j][3:]) for j in reachable}
            changed[f"m{i}"] = (state, new, True, (*log, (new, None)), known)
            yield having(**changed), writes, seen, (elections - 1, crashes, cuts)
        if leads and state != "down":
            for w, how in enumerate(writes):
                if how == NEW:
                    one = (state, term, leads, (*log, (term, w)), known)
                    yield having(**{f"m{i}": one}), (*writes[:w], ASKED, *writes[w + 1 :]), seen, left
            if known < len(log) and sum(other[3] == log for other in members) > half:
                done = tuple(DONE if any(w == v for _, v in log) else how for w, how in enumerate(writes))
                yield having(**{f"m{i}": (state, term, leads, log, len(log))}), done, seen, left
        if leads and state == "up":
            for j in reachable:
                if j != i and members[j][1] <= term:
                    yield having(**{f"m{j}": ("up", term, False, log, known)}), writes, seen, left
            confirmed = sum(members[j][1] <= term for j in reachable) > half
            if confirmed and known and log[known - 1][0] == term:
                yield members, writes, frozenset(v for _, v in log[:known] if v is not None), left
        if state == "up" and crashes:
            yield having(**{f"m{i}": ("down", term, False, log, 0)}), writes, seen, (elections, crashes - 1, cuts)
        if state == "up" and cuts:
            yield having(**{f"m{i}": ("cut", *members[i][1:])}), writes, seen, (elections, crashes, cuts - 1)
        if state != "up":
            yield having(**{f"m{i}": ("up", *members[i][1:])}), writes, seen, left


def counted(members: int, writes: int, elections: int, crashes: int, cuts: int) -> int:
    """Return how many states the plain explorer finds."""
    start: Any = (("up", 0, False, (), 0),) * members, (NEW,) * writes, frozenset(), (elections, crashes, cuts)
    found, queue = {start}, [start]
    while queue:
        for state in after_all(*queue.pop()):
            if state not in found:
                found.add(state)
                queue.append(state)
    return len(found)


@pytest.mark.parametrize(
    ("members", "changes", "states"),
    [
        (2, {}, 2_202),
        (2, {"writes": 2}, 14_690),
        (3, {"cuts": 0}, 14_977),
        pytest.param(3, {}, 88_046, marks=pytest.mark.long),
    ],
)
def test_an_independent_explorer_finds_as_many_states(members: int, changes: dict[str, int], states: int) -> None:
    bounds = BOUNDS | changes
    result = result_of(etcd_members.model(members, **bounds))
    assert result.finished
    assert result.states == counted(members, **bounds) == states
    assert {finding.verdict for finding in result.findings} <= {Verdict.HOLDS, Verdict.NEVER_HAPPENS}


def of_tlc(folder: Path, text: str, members: int, writes: int, elections: int, crashes: int, cuts: int) -> int:
    """Return how many states TLC finds of the module, which violate none of its invariants; SystemExit if one does."""
    (folder / MODULE.name).write_text(text)
    constants = {"M": members, "W": writes, "MaxElections": elections, "MaxCrashes": crashes, "MaxCuts": cuts}
    invariants = "AcknowledgedWritesSurvive CommittedLogsAgree ReadsNeverGoBack"
    run = tlc(folder / "tlc", folder / MODULE.name, constants, invariants)
    if run is None:
        pytest.skip("TLC or Java is not installed; `make bench` installs TLC")
    return run().count


@pytest.mark.long
@pytest.mark.parametrize(("members", "changes", "states"), [(2, {}, 2_202), (3, {"cuts": 0}, 14_977)])
def test_tlc_finds_as_many_states(members: int, changes: dict[str, int], states: int, tmp_path: Path) -> None:
    assert of_tlc(tmp_path, MODULE.read_text(), members, **BOUNDS | changes) == states


@pytest.mark.long
def test_tlc_misses_a_guarantee_that_is_broken(tmp_path: Path) -> None:
    whole, guarantee = MODULE.read_text(), r"Majority({v \in Members : log[v] = log[m]})"
    assert whole.count(guarantee) == 1
    with pytest.raises(SystemExit, match="states left on queue"):  # it stops at a violation, before it has seen all
        of_tlc(tmp_path, whole.replace(guarantee, "TRUE"), 3, **BOUNDS)


def commits_alone(cluster: Cluster, member: str) -> Cluster | None:
    """A leader commits what it alone has."""
    log = cluster[LOG[member]]
    if cluster[STATE[member]] == "down" or not cluster[LEADS[member]] or cluster[COMMITTED[member]] == len(log):
        return None
    for _, write in log:
        cluster = cluster.set(etcd_members.WRITE[write], "acknowledged") if write else cluster
    return cluster.set(COMMITTED[member], len(log))


def answers_unconfirmed(cluster: Cluster, member: str) -> Cluster | None:
    """Who takes itself for the leader answers a read, and asks nobody."""
    if cluster[STATE[member]] == "down" or not cluster[LEADS[member]]:
        return None
    return cluster.set(SEEN, frozenset(what for _, what in cluster[LOG[member]][: cluster[COMMITTED[member]]] if what))


def answers_by_itself(cluster: Cluster, member: str) -> Cluster | None:
    """Any member answers a read by what it knows, as if it were a serializable one."""
    if cluster[STATE[member]] == "down":
        return None
    return cluster.set(SEEN, frozenset(what for _, what in cluster[LOG[member]][: cluster[COMMITTED[member]]] if what))


def loses_its_log(cluster: Cluster, member: str) -> Cluster | None:
    """A member that crashes has not written its log to the disk."""
    after = etcd_members.crash.function(cluster, member=member)
    return None if after is None else after.set(LOG[member], ())


def is_elected_by_anyone(cluster: Cluster, member: str) -> Cluster | None:
    """A majority votes for a member that lacks what they have."""
    own = cluster[LOG[member]]
    longest = max((cluster[LOG[name]] for name in etcd_members.up(cluster)), key=lambda log: (log[-1:], len(log)))
    elected = etcd_members.elect.function(cluster.set(LOG[member], longest), member=member)
    return None if elected is None else elected.set(LOG[member], (*own, elected[LOG[member]][-1]))


@pytest.mark.parametrize(
    ("name", "function", "broken"),
    [
        ("commit", commits_alone, "an_acknowledged_write_survives_the_loss_of_any_minority"),
        ("crash", loses_its_log, "an_acknowledged_write_survives_the_loss_of_any_minority"),
        ("read", answers_unconfirmed, "a_linearizable_read_never_goes_back"),
        ("read", answers_by_itself, "a_linearizable_read_never_goes_back"),
        ("elect", is_elected_by_anyone, "committed_logs_agree"),
    ],
)
def test_a_guarantee_that_is_broken_is_missed(name: str, function: Callable[..., Any], broken: str) -> None:
    model = etcd_members.model(3)
    kept = tuple(spec for spec in model.specs if spec.name == broken)
    faithful: Model = attrs.evolve(model, specs=kept)
    actions = tuple(_breaking(action, name, function) for action in faithful.actions)
    result = result_of(attrs.evolve(faithful, actions=actions), Bounds(stop_at_first_violation=True))
    assert [finding.verdict for finding in result.findings] == [Verdict.VIOLATED]


def _breaking(action: Action, name: str, function: Callable[..., Any]) -> Action:
    if action.transition.name != name:
        return action
    return attrs.evolve(action, transition=attrs.evolve(action.transition, function=function))
