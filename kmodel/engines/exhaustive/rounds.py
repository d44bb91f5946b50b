"""Breadth-first search in rounds: expand part of a level, then add what was found.

In a round each shard expands some of its states into buckets, one per shard that a successor may belong to;
then each shard adds the states of the buckets meant for it. The order in which states are found depends on
their fingerprints alone, so counts, depths and traces are the same for any number of threads.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial

import numpy as np

from kmodel.engines.clock import Deadline
from kmodel.engines.exhaustive.blocks import Blocks, choose_partition, most_values
from kmodel.engines.exhaustive.buckets import Buckets, apart
from kmodel.engines.exhaustive.lists import number_row
from kmodel.engines.exhaustive.loop import SHARDS, Notes, Outgoing, expand, room_for_successors
from kmodel.engines.exhaustive.memory import MemoryBudget
from kmodel.engines.exhaustive.packing import number_rows, pack_rows, rewiden, sampled
from kmodel.engines.exhaustive.partial_order import Dependence
from kmodel.engines.exhaustive.paths import Place
from kmodel.engines.exhaustive.stops import (
    ASKED,
    DONE,
    FIELDS,
    FULL,
    GROW,
    MISS,
    MISS_UPDATE,
    MISSES,
    MISSING,
    NEEDS_FILL,
    NODE,
    REPACK,
    STATE,
    STATUS,
    SUBJECT,
    VALUE,
)
from kmodel.engines.exhaustive.store import NO_LIMIT, Shard
from kmodel.engines.results import Symmetry
from kmodel.engines.tables.jit import UNKNOWN, Ints
from kmodel.engines.tables.tries import Leaf, Tables
from kmodel.kernel import BoundReached, Model, ModelError, Step, Trace
from kmodel.kernel.model import trace_along

CHUNK = 12288  # states of a shard expanded in one round; at most 65,536, since parents are told by 16 bits
BUCKET = 6144  # states in a bucket, at least; one has room for the successors of several, whatever they are
MOST_MISSING = 256  # things not known that are gathered before Python is asked
ALONE = 512  # states expanded without other threads after a table was found to be incomplete
REGROUP_AT_STATES = (1 << 12, 1 << 15, 1 << 18, 1 << 21, 1 << 24)


class Overflow(Exception):  # noqa: N818 - it ends the search, it is no mistake
    """There are more states than were asked for, or than there is room for: then str says so."""


class Frontier:
    """The tables, blocks and shards of a search, and the compiled rounds on them."""

    unit = "states"  # what the shards hold
    where_told = "in the state where it did; it is not pure"
    no_way = "no action leads from a state to the next on its path; a transition is not deterministic"

    def __init__(
        self, model: Model, threads: int = 1, memory: MemoryBudget | None = None, store: type[Shard] = Shard
    ) -> None:
        self.model = model
        self.threads = min(threads, SHARDS)  # more would have nothing to do
        self.memory = memory or MemoryBudget()
        self.tables = Tables(model)
        self.actions = len(model.actions)
        self.dependence: Dependence | None = None  # given one, a state is expanded by those actions that are enough
        self.seed(self.tables.row(model.initial[0]))
        self.done = np.zeros(max(1, len(model.specs)), np.uint8)
        self.blocks = Blocks(self.tables, [(cell,) for cell in range(self.tables.cells)])
        self._store = store
        self._make_shards()
        self._make_buckets()
        self.fired = apart((SHARDS, max(1, self.actions)))
        self.found = apart((SHARDS, max(1, len(model.specs))))  # the first state where a spec tells; -1: none
        self.found[:] = -1
        self.out = apart((SHARDS, FIELDS))
        self.missing = np.zeros((SHARDS, MOST_MISSING, FIELDS), np.int64)
        self.cursor = [0] * SHARDS
        self.deadline = Deadline()
        self._before_round: tuple[list[int], Ints] | None = None
        self._steps: dict[tuple[int, ...], Step] = {}  # of the traces so far, by address
        self.regroup_at = list(REGROUP_AT_STATES)
        self._pool = ThreadPoolExecutor(self.threads - 1) if self.threads > 1 else None
        self.refresh()
        self._add_initial()

    def trace(self, initial: int, taken: Iterable[tuple[int, int]]) -> Trace:
        """Return the trace that takes these actions from an initial state, each with its index among those enabled."""
        return trace_along(self.model, initial, taken, self._steps)

    @property
    def states(self) -> int:
        """How many distinct states there are so far."""
        return sum(shard.count for shard in self.shards)

    @property
    def represented(self) -> int:
        """How many states of the model that stands for."""
        return self.states

    @property
    def symmetry(self) -> Symmetry | None:
        """What renaming spared, if it was used."""
        return None

    @property
    def bytes_on_disk(self) -> int:
        """How large the arrays are that did not fit into the memory budget."""
        return sum(shard.bytes_on_disk for shard in self.shards)

    @property
    def generated(self) -> int:
        """How many states were generated: the initial ones, and one per step taken."""
        return len(self.model.initial) + int(self.fired.sum())

    def seed(self, row: list[int]) -> None:
        """Ask all actions and specs of states once, so that each trie has a root."""
        for root in range(self.actions + len(self.tables.state_specs)):
            self.tables.resolve(root, row)

    def close(self) -> None:
        """Let the threads and the files go; what was found can still be read."""
        if self._pool is not None:
            self._pool.shutdown()
        for shard in self.shards:
            shard.close()

    def conclude(self) -> None:
        """Show what it rests on that these are all states: nothing but the search itself."""

    def restart(self) -> None:
        """Begin again with the initial states only, knowing what the tables know."""
        for shard in self.shards:
            shard.close()
        self._make_shards()
        self.fired[:] = 0
        self.cursor = [0] * SHARDS
        self._add_initial()

    def row(self, place: Place) -> list[int]:
        """Return the numbers of a state's values, one per cell."""
        shard, state = place
        blocks, packing = self.blocks, self.blocks.packing
        words = self.shards[shard].states[state].astype(np.int64)
        values = (words[packing.word] >> packing.shift) & packing.mask
        starts = blocks.row_base + values * blocks.sizes
        row: list[int] = blocks.rows[starts[blocks.cell_block] + blocks.cell_slot].tolist()
        return row

    def place(self, state: int) -> Place:
        """Return the place of a state that is numbered through all shards."""
        for number, shard in enumerate(self.shards):
            if state < shard.count:
                return number, state
            state -= shard.count
        raise IndexError("there are fewer states")

    @contextmanager
    def looking_back(self) -> Iterator[None]:
        """Have the states that are known expanded once more from the first on, without counting or checking anew."""
        cursor, fired, done = self.cursor, self.fired, self.done
        self.cursor, self.fired, self.done = [0] * SHARDS, self.fired.copy(), np.ones_like(self.done)
        self.refresh()
        try:
            yield
        finally:
            self.cursor, self.fired, self.done = cursor, fired, done
            self.refresh()

    def outcome(self, action: int, row: list[int]) -> Leaf | None:
        """Return what an action does in a state; None if it is not enabled."""
        code = self.tables.resolve(action, row)
        outcome = self.tables.outcome(code)
        assert outcome is None or isinstance(outcome, Leaf)
        return outcome

    def enabled(self, row: list[int]) -> Iterator[tuple[int, int, Leaf]]:
        """Yield each action that is enabled in a state, its index among these, and its outcome."""
        index = 0
        for action in range(self.actions):
            leaf = self.outcome(action, row)
            if leaf is not None:
                yield action, index, leaf
                index += 1

    def roll_back(self) -> None:
        """Have the states of a round that was cut short waiting again; what was found in them stays found."""
        if self._before_round is not None:
            self.cursor, self.fired[:] = self._before_round
            self._before_round = None

    def expand_round(self, ends: list[int], check_only: bool = False) -> None:
        """Expand up to a chunk of states of each shard, the states before its end."""
        buckets, origins = self.buckets, list(self.cursor)
        self._before_round = list(self.cursor), self.fired.copy()
        buckets.clear(origins)
        self.found[:] = -1
        stops = [min(end, cursor + CHUNK) for end, cursor in zip(ends, self.cursor, strict=True)]
        pending = [each for each in range(SHARDS) if self.cursor[each] < stops[each]]

        def run(each: int, may_fill: bool, stop: int) -> None:
            expand(
                self.arrays,
                None if self.dependence is None else self.dependence.relation(self.shards),
                self.actions,
                self.shards[each].states,
                self.cursor[each],
                stop,
                origins[each],
                may_fill,
                check_only,
                room_for_successors(len(self.blocks.partition), self.actions, self.blocks.packing.words),
                Outgoing(*buckets.of(each)),
                Notes(self.fired[each], self.found[each], self.missing[each], self.out[each]),
            )
            self.cursor[each] = int(self.out[each, STATE])

        while pending:
            if self._pool is not None:
                self._share_out(lambda each: run(each, False, stops[each]), pending)
            stuck = []
            for each in pending:
                if self._pool is None:
                    self.out[each, STATUS] = NEEDS_FILL
                if self.out[each, STATUS] in (DONE, FULL):
                    continue
                stop = stops[each] if self._pool is None else min(stops[each], self.cursor[each] + ALONE)
                while self.out[each, STATUS] not in (DONE, FULL):
                    self.deadline.check()
                    self._provide(each, self.out[each].tolist())
                    run(each, True, stop)
                if self.out[each, STATUS] == DONE and self.cursor[each] < stops[each]:
                    stuck.append(each)
            pending = stuck

    def add_round(self, limit: int | None = None) -> None:
        """Add the states in the buckets; Overflow, with exactly `limit` states there, or a shard full, if there are
        more."""
        incoming = self.buckets.incoming()
        self.make_room(incoming)
        is_bounded = limit is not None and self.states + sum(incoming) > limit
        is_bounded |= not all(each.has_room(count) for each, count in zip(self.shards, incoming, strict=True))

        def run(each: int) -> None:
            shard = self.shards[each]
            shard.forget(self.cursor[each])
            shard.reserve(incoming[each], self.arrays)
            most = NO_LIMIT if limit is None or not is_bounded else shard.count + limit - self.states
            if not shard.add(self.buckets, each, most):
                raise Overflow(shard.full)

        targets = [each for each, count in enumerate(incoming) if count]
        if is_bounded:  # one after another, so that the states up to the limit are always the same
            for each in targets:
                run(each)
        else:
            self._share_out(run, targets)
        self._before_round = None
        if self.regroup_at and self.states >= self.regroup_at[0]:
            self.regroup()

    def make_room(self, incoming: list[int]) -> None:
        """Move arrays to disk if, with so many more states in each shard, memory would exceed its budget."""
        while self.memory.budget is not None and (kind := self.memory.next_kind) is not None:
            counted = sum(shard.bytes_in_memory for shard in self.shards)
            needed = sum(each.growth(count) for each, count in zip(self.shards, incoming, strict=True))
            if self.memory.has_room(counted, needed):
                break
            self.memory.on_disk += (kind,)
            for shard in self.shards:
                shard.move_to_disk(kind)

    def regroup(self) -> None:
        """Choose blocks anew for the states found so far, and pack all states accordingly."""
        while self.regroup_at and self.states >= self.regroup_at[0]:
            self.regroup_at.pop(0)
        partition = choose_partition(self.tables, self._sample(), self.states)
        blocks = self.blocks
        is_better = len(partition) < len(blocks.partition) or blocks.count.max() > most_values(self.states)
        if partition == blocks.partition or not is_better:  # to pack all states anew takes long
            return
        old_arrays = self.arrays
        self.blocks = Blocks(self.tables, partition)
        self.blocks.grow()
        self.refresh()
        for each in self.shards:
            start, packed = 0, each.packed
            while (start := int(number_rows(old_arrays, self.arrays, packed, start, len(packed)))) < len(packed):
                self.blocks.grow()
                self.refresh()
        self.blocks.repack()
        self.refresh()
        for each in self.shards:
            pack = partial(pack_rows, old_arrays, self.arrays, each.packed, len(each.packed))
            each.replace_states(self.blocks.packing.words, pack)
        self._make_buckets()

    def _sample(self, most: int = 1 << 13) -> Ints:
        step = max(1, sum(len(each.packed) for each in self.shards) // most)
        rows = [sampled(self.arrays, each.packed, len(each.packed), step) for each in self.shards]
        return np.concatenate(rows)

    def is_at(self, place: Place, row: list[int]) -> bool:
        """Tell whether a state, given as the numbers of its cells' values, is the one at a place."""
        shard, state = place
        return self.shards[shard].is_at(state, *self.packed(row))

    def _initial_rows(self) -> list[list[int]]:
        return [self.tables.row(cluster) for cluster in self.model.initial]

    def _add_initial(self) -> None:
        for index, row in enumerate(self._initial_rows()):
            state, (fingerprint, _) = self.packed(row)
            target = (int(fingerprint) >> 56) & (SHARDS - 1)
            self.buckets.put_initial(index, target, state, fingerprint)
            self.shards[target].reserve(1, self.arrays)
            if not self.shards[target].add(self.buckets, target):
                raise BoundReached(self.shards[target].full)

    def packed(self, row: list[int]) -> tuple[Ints, Ints]:
        """Return a state, given as the numbers of its cells' values, packed, and its two fingerprints."""
        values = np.array(
            [
                self._number(block, tuple(row[cell] for cell in cells))
                for block, cells in enumerate(self.blocks.partition)
            ]
        )
        if (values > self.blocks.packing.mask).any():
            self.repack()
        packing, state = self.blocks.packing, np.zeros(self.blocks.packing.words, np.uint32)
        np.bitwise_or.at(state, packing.word, (values << packing.shift).astype(np.uint32))
        entries = self.blocks.base + values
        return state, np.array([self.blocks.fingerprint[entries].sum(), self.blocks.second[entries].sum()])

    def _number(self, block: int, part: tuple[int, ...]) -> int:
        """Return the number of a block's value, given as the numbers of its cells' values."""
        numbers = self.blocks.numbers[block]
        if part not in numbers:
            while (value := int(number_row(self.arrays, block, np.array(part, np.int64)))) < 0:
                self.blocks.grow()
                self.refresh()
            numbers[part] = value
        return numbers[part]

    def repack(self) -> None:
        """Make room for more values of the blocks in the words of the states."""
        old = self.blocks.repack()
        self.refresh()
        words = self.blocks.packing.words
        for each in self.shards:
            pack = partial(rewiden, each.packed, len(each.packed), old.word, old.shift, old.mask, self.arrays)
            each.replace_states(words, pack)
        self.buckets.rewiden(old, self.arrays, words)

    def _make_shards(self) -> None:
        self.shards = [self._store(self.blocks.packing.words, self.memory) for _ in range(SHARDS)]

    def _make_buckets(self) -> None:
        self.buckets = Buckets(SHARDS, self.blocks.packing.words, max(BUCKET, BUCKET // 2 + self.actions))

    def _provide(self, each: int, out: list[int]) -> None:
        """Find out what the compiled loop did not know when it stopped in a state."""
        status = out[STATUS]
        if status == MISSING:
            known = set()
            for miss in self.missing[each, : out[MISSES]].tolist():
                of_branch = miss[STATUS] == MISS and miss[NODE] != UNKNOWN
                of_update = miss[STATUS] == MISS_UPDATE
                what = tuple(miss[NODE : VALUE + 1] if of_branch else miss[ASKED : SUBJECT + 1] if of_update else miss)
                if what not in known:
                    known.add(what)
                    self._learn(each, miss)
        elif status == GROW:
            self.blocks.grow()
        elif status == REPACK:
            self.repack()
        elif status == NEEDS_FILL:
            return
        else:
            raise ModelError(f"the compiled loop stopped with status {status}; this is a mistake in kmodel")
        self.refresh()

    def _learn(self, each: int, miss: list[int]) -> None:
        status, state, asked, subject, entry, node, value = miss[:MISSES]
        if status == MISS_UPDATE:
            self.tables.interner.apply(asked, subject)
        elif node != UNKNOWN:
            self.tables.look(node, value)
        else:
            outcome = self.tables.outcomes[subject]
            assert outcome is None or isinstance(outcome, Leaf)
            self.tables.resolve(asked, self.row((each, state)), outcome)
            self.blocks.forget(entry)

    def adopt(self, blocks: Blocks) -> None:
        """Take other blocks, or those at hand after they have changed; the states are to be packed accordingly."""
        self.blocks = blocks
        self.refresh()
        self._make_buckets()

    def refresh(self) -> None:
        """Take the arrays of the tables and blocks as they are now, after one of them has grown."""
        self.arrays = self.blocks.arrays(self.done)

    def _share_out(self, work: Callable[[int], None], items: list[int]) -> None:
        """Do the work on all items, each of them in whichever thread is free."""
        waiting = iter(items)  # that all threads take from

        def take() -> None:
            for item in waiting:
                work(item)

        helpers = [] if self._pool is None else [self._pool.submit(take) for _ in range(self.threads - 1)]
        try:
            take()
        finally:
            wait(helpers)
        for helper in helpers:
            helper.result()
