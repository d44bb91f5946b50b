"""At a limit of the engine a search ends with a bound or an error in one line, never with other states or counts."""

import errno
import mmap
import time
from typing import Any

import attrs
import numpy as np
import pytest

from kmodel.engines.exhaustive import Bounds, result_of, rounds, store
from kmodel.engines.exhaustive import blocks as block_tables
from kmodel.engines.exhaustive.buckets import Buckets
from kmodel.engines.exhaustive.loop import SHARDS
from kmodel.engines.exhaustive.memory import MemoryBudget
from kmodel.engines.exhaustive.packing import Packing
from kmodel.engines.exhaustive.store import PLACE_MASK, Shard, place_of
from kmodel.engines.liveness import fair_cycles
from kmodel.engines.liveness.edges import find, steps_of
from kmodel.engines.liveness.fair_cycles import fair_components
from kmodel.engines.liveness.state_graph import StateGraph
from kmodel.engines.results import Result, Verdict
from kmodel.engines.tables import interning, jit
from kmodel.engines.tables.jit import UNKNOWN, Memo, Vector
from kmodel.kernel import (
    Action,
    BoundReached,
    Cell,
    Cells,
    Cluster,
    Fairness,
    Model,
    Step,
    eventually,
    invariant,
    sometimes,
    step_invariant,
    transition,
)
from tests.engines import scaled_down
from tests.toys import pods

COUNTER: Cells[int] = Cells("counter")
NAMES = "abcd"
COUNT_TO = 9
UNBOUNDED = Bounds()
LITTLE, ENOUGH_FOR_BUCKETS = 1 << 12, 1 << 20  # bytes: an array of states or a hash table is in between
FINGERPRINT = 0x0123_4567_89AB_CDEF


@transition(actor="counter")
def count(cluster: Cluster, name: str) -> Cluster | None:
    value = cluster[COUNTER[name]]
    return cluster.set(COUNTER[name], value + 1) if value < COUNT_TO else None


@invariant
def counts_far(cluster: Cluster) -> bool:
    """Holds, but that is known of a finished search only."""
    return max(cluster[COUNTER[name]] for name in NAMES) <= COUNT_TO


@invariant
def counts_nothing(cluster: Cluster) -> bool:
    """Is violated after one step."""
    return max(cluster[COUNTER[name]] for name in NAMES) == 0


@eventually
def is_at_the_end(cluster: Cluster) -> bool:
    """Holds of all fair runs."""
    return all(cluster[COUNTER[name]] == COUNT_TO for name in NAMES)


def counters(*starts: int) -> Model:
    """Return a model of 10,000 states, 715 up to renaming."""
    first = Cluster.of({COUNTER[name]: 0 for name in NAMES})
    return Model(
        tuple(first.set(COUNTER["a"], start) for start in starts or (0,)),
        tuple(count.bind(name=name) for name in NAMES),
        (counts_far, counts_nothing, is_at_the_end),
        symmetry=(tuple(NAMES),),
    )


def verdicts(result: Result) -> list[Verdict]:
    return [finding.verdict for finding in result.findings]


def test_a_part_of_the_states_that_is_full_ends_the_search() -> None:
    whole = (scaled_down.COUNT_TO + 1) ** len(scaled_down.COUNTERS)
    enough, too_few = scaled_down.printed(7, 4), scaled_down.printed(5, 4)
    assert [each["states"] for each in enough] == [whole] * 3 + [result_of(pods.model(1, 1)).states]
    assert [each["stopped"] for each in enough] == [None] * 4
    states = too_few[0]["states"]
    assert 31 <= states <= 16 * 31 < whole
    for each in too_few[:3]:
        assert each["states"] == states
        assert each["stopped"].startswith(f"stopped after {states:,} states: one of the parts that states are stored ")
        assert "is full, with 31 of them; explore fewer by symmetry or partial-order reduction" in each["stopped"]


@pytest.mark.parametrize(
    "bounds",
    [
        UNBOUNDED,
        Bounds(threads=2),
        Bounds(max_memory_bytes=1),
        Bounds(fingerprints=True),
        Bounds(symmetry=True),
        Bounds(max_states=9_999),
    ],
    ids=["one thread", "two threads", "on disk", "fingerprints", "symmetry", "more states asked for"],
)
def test_a_search_that_is_full_says_of_no_spec_that_it_holds(bounds: Bounds, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 20 if bounds.symmetry else 100
    monkeypatch.setattr(store, "MOST_STATES", most)
    result = result_of(counters(), bounds)
    unit = "orbits" if bounds.symmetry else "states"
    assert result.stopped is not None
    assert result.stopped.startswith(f"stopped after {result.states:,} {unit}: one of the parts that states are stored")
    assert most <= result.states <= 16 * most
    assert verdicts(result) == [Verdict.NO_VIOLATION_FOUND, Verdict.VIOLATED, Verdict.NOT_JUDGED]
    if not bounds.symmetry:
        assert result.states == result_of(counters()).states


def test_a_search_whose_initial_states_are_too_many_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_STATES", 0)
    result = result_of(counters(1, 2, 3))
    assert (result.states, set(verdicts(result))) == (0, {Verdict.NO_VIOLATION_FOUND, Verdict.NOT_JUDGED})
    assert "is full" in (result.stopped or "")


def test_the_last_place_of_a_part_is_found_again_and_there_is_none_behind() -> None:
    partition, buckets = Shard(1, MemoryBudget()), Buckets(1, 1, 4)
    partition.count = PLACE_MASK - 1
    rows = PLACE_MASK + 4  # which take no memory until they are written
    partition.states, partition.parents = np.zeros((rows, 1), np.uint32), np.zeros(rows, np.uint16)

    def add(state: int) -> bool:
        buckets.put_initial(0, 0, np.array([state], np.uint32), FINGERPRINT)
        return partition.add(buckets, 0)

    def place(state: int) -> int:
        return int(place_of(np.array([state], np.uint32), FINGERPRINT, partition.states, partition.table))

    assert add(7)
    assert (partition.count, place(7), place(8)) == (PLACE_MASK, PLACE_MASK - 1, UNKNOWN)
    assert add(7)
    assert not add(8)
    assert (partition.count, place(7), place(8)) == (PLACE_MASK, PLACE_MASK - 1, UNKNOWN)
    assert not partition.has_room(1)


def test_widths_of_numbers_fit_each_other() -> None:
    buckets = Buckets(1, 1, 1)
    assert np.iinfo(np.uint32).max >= SHARDS * store.MOST_STATES  # edges number all states by 32 bits
    assert np.iinfo(buckets.parents.dtype).max >= rounds.CHUNK - 1  # a parent's distance from the round's first state
    assert buckets.parents.dtype == Shard(1, MemoryBudget()).parents.dtype


@pytest.mark.long
def test_more_actions_than_16_bits_tell_are_told_apart() -> None:
    actions = (1 << 16) + 10
    last, at, off = str(actions - 1), Cell[str]("at"), Cell[bool]("off")

    @transition(actor="walker")
    def go(cluster: Cluster, to: str) -> Cluster | None:
        if to == last:
            return cluster.set(at, to) if cluster[at] == "home" else None
        return None if cluster[off] else cluster.set(at, to)

    go_to = tuple(Action(go, (("to", str(number)),)) for number in range(actions))
    space = rounds.Frontier(Model((Cluster.of({at: "home", off: True}),), go_to))
    space.expand_round([partition.count for partition in space.shards])
    space.add_round()
    _, target, action = steps_of(space)
    assert (space.states, target.size, action.tolist()) == (2, 1, [actions - 1])
    space.close()


@transition(actor="anyone")
def idle(cluster: Cluster) -> Cluster | None:
    return cluster


@transition(actor="anyone")
def never(cluster: Cluster) -> Cluster | None:
    return None


@invariant
def right(cluster: Cluster) -> bool:
    """Says nothing."""
    return True


@invariant
def wrong(cluster: Cluster) -> bool:
    """Always tells."""
    return False


@step_invariant
def no_step(step: Step) -> bool:
    """Tells of each step."""
    return False


@sometimes
def happens(cluster: Cluster) -> bool:
    """Happens at once."""
    return True


@eventually
def comes(cluster: Cluster) -> bool:
    """Never does."""
    return False


@pytest.mark.parametrize("cells", [{}, {Cell("x"): 0}], ids=["no cell", "one cell"])
@pytest.mark.parametrize("actions", [(), (idle,), (never,), (idle, never)], ids=["none", "idle", "never", "both"])
@pytest.mark.parametrize(
    "bounds",
    [
        UNBOUNDED,
        Bounds(threads=2),
        Bounds(partial_order=True),
        Bounds(fingerprints=True),
        Bounds(symmetry=True),
        Bounds(max_memory_bytes=1),
    ],
    ids=["plain", "threads", "partial order", "fingerprints", "symmetry", "on disk"],
)
def test_models_with_hardly_anything(cells: dict[Any, int], actions: tuple[Any, ...], bounds: Bounds) -> None:
    model = Model((Cluster.of(cells),), tuple(each.bind() for each in actions), symmetry=(("p", "q"),))
    is_idle = idle in actions
    assert (result_of(model, bounds).states, result_of(model, bounds).generated) == (1, 1 + is_idle)
    result = result_of(attrs.evolve(model, specs=(right, wrong, no_step, happens, comes)), bounds)
    assert (result.states, result.generated, result.stopped) == (1, 1 + is_idle, None)
    is_judged = bounds.runs_not_judged is None or (bounds.symmetry and not cells)  # there is nothing to rename
    of_runs = Verdict.VIOLATED if is_judged else Verdict.NOT_JUDGED
    of_steps = Verdict.VIOLATED if is_idle else Verdict.HOLDS
    assert verdicts(result) == [Verdict.HOLDS, Verdict.VIOLATED, of_steps, Verdict.HOLDS, of_runs]


@pytest.mark.parametrize("entry", [(1 << 31, 0, 0), (0, 1 << 32, 0), (0, 0, 1 << 31), (-1, 0, 0)])
def test_a_memo_refuses_what_would_become_another_entry(entry: tuple[int, int, int]) -> None:
    with pytest.raises(BoundReached, match=r"hold at most 2,147,483,647 entries each; explore a smaller model$"):
        Memo().put(*entry)


def test_a_vector_refuses_what_it_cannot_hold() -> None:
    with pytest.raises(BoundReached, match=r"hold at most 2,147,483,647 entries each"):
        Vector().append(1 << 31)


def test_a_block_with_more_values_than_a_word_can_tell_is_refused() -> None:
    assert Packing([(1 << 31) - 1]).mask.tolist() == [(1 << 31) - 1]
    with pytest.raises(BoundReached, match=r"hold at most 2,147,483,647 entries each"):
        Packing([1 << 31])


@pytest.mark.parametrize("most", [150, 300])
def test_tables_that_are_full_end_the_search(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_tables, "MOST", most)
    result = result_of(attrs.evolve(pods.model(2, 1), specs=(right, wrong)))
    assert result.stopped == str(jit.tables_are_full())
    assert Verdict.HOLDS not in verdicts(result)


@pytest.mark.parametrize("most", [1, 3])
def test_a_cell_with_more_values_than_there_are_numbers_ends_the_search(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interning, "MOST", most)
    result = result_of(counters())
    assert result.stopped == str(jit.tables_are_full())
    assert 0 < result.states <= most ** len(NAMES)
    assert Verdict.HOLDS not in verdicts(result)


def test_a_state_that_the_search_did_not_find_is_told() -> None:
    partition, buckets, targets = Shard(1, MemoryBudget()), Buckets(1, 1, 4), np.zeros(1, np.uint32)

    def is_found(state: int) -> bool:
        keys, fingerprints = np.array([[state]], np.uint32), np.array([FINGERPRINT])
        return bool(find(keys, fingerprints, 1, partition.states, partition.table, 10, targets))

    buckets.put_initial(0, 0, np.array([7], np.uint32), FINGERPRINT)
    partition.add(buckets, 0)
    assert is_found(7)
    assert targets.tolist() == [10]
    assert not is_found(8)


@pytest.mark.parametrize("bounds", [UNBOUNDED, Bounds(threads=2)])
def test_memory_that_is_used_up_ends_the_search(bounds: Bounds, monkeypatch: pytest.MonkeyPatch) -> None:
    states, take = result_of(counters()).states, mmap.mmap

    def take_little(handle: int, size: int, **flags: int) -> mmap.mmap:
        if LITTLE < size < ENOUGH_FOR_BUCKETS:
            raise OSError(errno.ENOMEM, "Cannot allocate memory")
        return take(handle, size, **flags)

    monkeypatch.setattr(mmap, "mmap", take_little)
    result = result_of(counters(), bounds)
    assert 0 < result.states < states
    assert (result.stopped or "").startswith(f"stopped after {result.states:,} states: memory is used up (Cannot alloc")
    assert verdicts(result) == [Verdict.NO_VIOLATION_FOUND, Verdict.VIOLATED, Verdict.NOT_JUDGED]


def test_runs_that_cannot_be_judged_take_nothing_from_other_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    at: Cell[int] = Cell("at")

    @transition(actor="walker")
    def go_round(cluster: Cluster) -> Cluster | None:
        return cluster.set(at, (cluster[at] + 1) % 9)

    @eventually
    def is_beyond(cluster: Cluster) -> bool:
        return cluster[at] > 8

    model = Model((Cluster.of({at: 0}),), (go_round.bind(),), (right, is_beyond))
    assert verdicts(result_of(model)) == [Verdict.HOLDS, Verdict.VIOLATED]
    monkeypatch.setattr(fair_cycles, "MOST_STEPS", 8)
    result = result_of(model)
    assert verdicts(result) == [Verdict.HOLDS, Verdict.NOT_JUDGED]
    assert result.findings[1].reason == (
        "runs were not judged: 9 steps may be on cycles, and components are found among 8 at most; judge temporal "
        "specs on a smaller model"
    )


def test_many_steps_between_two_states_are_a_cycle() -> None:
    steps = 1 << 8  # as many as eight bits count as none
    graph = StateGraph(
        np.array([0, steps, 2 * steps]),
        np.repeat(np.array([1, 0], np.uint32), steps),
        np.arange(2 * steps, dtype=np.uint32),
        (0,),
        (Fairness.NONE,) * (2 * steps),
    )
    assert fair_components(graph, np.ones(2, np.bool_)).component.tolist() == [0, 0]


def test_threads_that_have_nothing_to_do_are_not_started() -> None:
    space = rounds.Frontier(counters(), threads=1_000)
    assert space.threads == SHARDS
    space.close()


def test_hundreds_of_cells_that_one_action_reads_are_grouped_in_seconds() -> None:
    cells = [COUNTER[f"c{number}"] for number in range(300)]

    @transition(actor="reader")
    def read_all(cluster: Cluster) -> Cluster | None:
        return None if all(cluster[cell] == 0 for cell in cells) else cluster

    space = rounds.Frontier(Model((Cluster.of(dict.fromkeys(cells, 0)),), (read_all.bind(),)))
    sample = np.random.default_rng(1).integers(0, 4, (1 << 13, len(cells)))
    started = time.process_time()
    partition = block_tables.choose_partition(space.tables, sample, 1 << 18)
    assert time.process_time() - started < 8  # it took more than a minute where each refusal looked at all pairs again
    assert sorted(cell for group in partition for cell in group) == list(range(len(cells)))
    assert 1 < len(partition) < len(cells)
    space.close()
