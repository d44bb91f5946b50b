"""Ranks: numbers that are only compared stay finite, and clusters that differ only in absolute numbers are one."""

from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from kmodel.engines.exhaustive import result_of
from kmodel.kernel import Cell, Cluster, Model, Rank, fresh, is_mentioned, take, transition
from kmodel.kernel.rank import ranks

VERSION, OTHER = "resourceVersion", "uid"
STORED: Cell[Any] = Cell("stored")
SEEN: Cell[Any] = Cell("seen")
SENT: Cell[Any] = Cell("sent")


@attrs.frozen
class Object:
    version: Rank
    uid: Rank | None = None


def version(number: int) -> Rank:
    return Rank(VERSION, number)


def cluster(stored: Any = None, seen: Any = None, sent: Any = ()) -> Cluster:
    return Cluster.of({STORED: stored, SEEN: seen, SENT: sent})


@transition(actor="api-server")
def write(cluster: Cluster) -> Cluster:
    """Store the object with a new version, later than any that is mentioned."""
    return cluster.set(STORED, Object(fresh(cluster, VERSION)))


@transition(actor="informer")
def watch(cluster: Cluster) -> Cluster | None:
    """See what is stored."""
    return cluster.set(SEEN, cluster[STORED]) if cluster[SEEN] != cluster[STORED] else None


def test_mentions_are_found_at_any_depth() -> None:
    value = (Object(version(3), Rank(OTHER, 7)), frozenset({version(1)}), "web", None)
    assert ranks(value) == {version(3), Rank(OTHER, 7), version(1)}
    assert is_mentioned(cluster(sent=(value,)), OTHER)
    assert not is_mentioned(cluster(sent=(value,)), "generation")


def test_a_fresh_rank_comes_after_all_that_are_mentioned() -> None:
    assert fresh(cluster(), VERSION) == version(1)
    assert fresh(cluster(stored=Object(version(1)), seen=Object(version(2))), VERSION) == version(3)
    assert fresh(cluster(stored=Object(version(1), Rank(OTHER, 5))), VERSION) == version(2)


def test_ranks_move_up_when_one_is_forgotten() -> None:
    before = cluster(stored=Object(version(3)), seen=Object(version(1)), sent=(version(2), Rank(OTHER, 4)))
    step = take(watch.bind(), before)
    assert step is not None
    assert step.after.values == (Object(version(3)), Object(version(3)), (version(2), Rank(OTHER, 4)))
    assert step.writes == (SEEN,)
    assert step.next.values == (Object(version(2)), Object(version(2)), (version(1), Rank(OTHER, 4)))


def test_ranks_that_are_all_still_mentioned_keep_their_numbers() -> None:
    before = cluster(stored=Object(version(2)), seen=Object(version(1)), sent=(version(1),))
    step = take(watch.bind(), before)
    assert step is not None
    assert step.next.values == (Object(version(2)), Object(version(2)), (version(1),))


def test_endless_writes_make_finitely_many_states() -> None:
    result = result_of(Model((cluster(),), (write.bind(), watch.bind())))
    assert result.finished
    # Nothing stored; stored, not seen; seen; seen but out of date.
    assert result.states == 4


@given(st.lists(st.sampled_from(["write", "watch", "send", "receive"]), max_size=30))
def test_numbers_are_without_gaps_and_order_is_kept(story: list[str]) -> None:
    @transition(actor="informer")
    def send(cluster: Cluster) -> Cluster | None:
        stored = cluster[STORED]
        return (
            None if stored is None or len(cluster[SENT]) == 3 else cluster.set(SENT, (*cluster[SENT], stored.version))
        )

    @transition(actor="informer")
    def receive(cluster: Cluster) -> Cluster | None:
        return cluster.set(SENT, cluster[SENT][1:]) if cluster[SENT] else None

    moves = {action.name: action.bind() for action in (write, watch, send, receive)}
    now = cluster()
    absolute: dict[str, Any] = {"stored": 0, "seen": 0, "sent": []}  # the same story told with numbers that only grow
    for name in story:
        step = take(moves[name], now)
        if step is None:
            continue
        now = step.next
        if name == "write":
            absolute["stored"] = max(absolute["stored"], absolute["seen"], *absolute["sent"], 0) + 1
        elif name == "watch":
            absolute["seen"] = absolute["stored"]
        elif name == "send":
            absolute["sent"] = [*absolute["sent"], absolute["stored"]]
        else:
            absolute["sent"] = absolute["sent"][1:]
        numbers = sorted({absolute["stored"], absolute["seen"], *absolute["sent"]} - {0})
        assert sorted(rank.number for rank in ranks(now.values) if rank.scope == VERSION) == list(
            range(1, len(numbers) + 1)
        )

        def canonical(number: int, numbers: list[int] = numbers) -> Object | None:
            return Object(version(numbers.index(number) + 1)) if number else None

        assert now[STORED] == canonical(absolute["stored"])
        assert now[SEEN] == canonical(absolute["seen"])
        assert [Object(rank) for rank in now[SENT]] == [canonical(number) for number in absolute["sent"]]


@transition(actor="api-server")
def write_twice(cluster: Cluster) -> Cluster:
    """Store the object with a new version, and at once with another."""
    once = cluster.set(STORED, Object(fresh(cluster, VERSION)))
    return once.set(STORED, Object(fresh(once, VERSION)))


def test_a_rank_that_is_overwritten_by_the_step_that_made_it_leaves_no_gap() -> None:
    step = take(write_twice.bind(), cluster(stored=Object(version(1)), seen=Object(version(1))))
    assert step is not None
    assert step.after[STORED] == Object(version(3))
    assert step.next[STORED] == Object(version(2))
    assert result_of(Model((cluster(),), (write_twice.bind(), watch.bind()))).states == 4
