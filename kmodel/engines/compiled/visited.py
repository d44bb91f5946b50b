"""The states seen so far: stored exactly, packed, in the order in which they were found.

States belong to one of 16 partitions by their fingerprints. A partition has an array of packed states, for each of
them the distance of its parent from the start of a run of parents, and a hash table of 32-bit entries: a tag of six
bits, and the state's place in the array. Threads work on different partitions, so nothing is locked.
"""

import mmap
from array import array
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

import numpy as np

from kmodel.engines.compiled.arrays import Arrays
from kmodel.engines.compiled.blocks import Packing
from kmodel.engines.compiled.filling import number_row
from kmodel.engines.compiled.jit import Ints, compiled, prefetch
from kmodel.engines.compiled.spill import KINDS, Memory, SpillFile

PLACE_BITS = 26
PLACE_MASK = (1 << PLACE_BITS) - 1
AHEAD = 16  # how many states ahead memory is asked for, so that cache misses overlap
MAX_LOAD = 0.8
RUNS = ("run_start", "run_partition", "run_origin")
INITIAL = -1  # the partition of the "parents" of initial states


@compiled
def insert(
    keys: Ints,
    fingerprints: Ints,
    sources: Ints,
    length: int,
    states: Ints,
    parents: Ints,
    table: Ints,
    count: int,
    limit: int,
) -> int:
    """Add those of a bucket's states that are new, at most up to a count of `limit`; return the new count, negative if
    there are more."""
    words = keys.shape[1]
    mask = table.size - 1
    flat = states.reshape(states.size)
    for each in range(length):
        if each + 2 * AHEAD < length:
            prefetch(table, fingerprints[each + 2 * AHEAD] & mask)
        if each + AHEAD < length:
            likely = np.int64(table[fingerprints[each + AHEAD] & mask])
            prefetch(flat, max(0, (likely & PLACE_MASK) - 1) * words)
        fingerprint = fingerprints[each]
        tag = (fingerprint >> 50) & 63
        slot = fingerprint & mask
        known = False
        entry = np.int64(table[slot])
        while entry != 0:
            if entry >> PLACE_BITS == tag:
                place = (entry & PLACE_MASK) - 1
                known = True
                for word in range(words):
                    if states[place, word] != keys[each, word]:
                        known = False
                        break
                if known:
                    break
            slot = (slot + 1) & mask
            entry = np.int64(table[slot])
        if known:
            continue
        if count >= limit:
            return -1
        for word in range(words):
            states[count, word] = keys[each, word]
        parents[count] = sources[each]
        count += 1
        table[slot] = (tag << PLACE_BITS) | count
    return count


@compiled
def rehash(t: Arrays, states: Ints, count: int, table: Ints) -> None:
    """Enter all states into an empty table."""
    mask = table.size - 1
    for state in range(count):
        fingerprint = np.int64(0)
        for block in range(t.word.size):
            value = (states[state, t.word[block]] >> t.shift[block]) & t.mask[block]
            fingerprint += t.block_fingerprint[t.block_base[block] + value]
        slot = fingerprint & mask
        while table[slot] != 0:
            slot = (slot + 1) & mask
        table[slot] = (((fingerprint >> 50) & 63) << PLACE_BITS) | (state + 1)


def _small_pages(size: int) -> Ints:
    """Return an array for parents: written in order and hardly read, it takes no memory before it is written."""
    return np.frombuffer(mmap.mmap(-1, 2 * size), np.uint16)


class Partition:
    """The states of one partition, and which states of which partitions they were found from."""

    states: Ints
    parents: Ints
    table: Ints

    def __init__(self, words: int, memory: Memory) -> None:
        self.count = 0
        self._memory = memory
        self._files: dict[str, SpillFile] = {}
        self.states = self._array("states", (256, words), np.uint32)
        self.parents = self._array("parents", (256,), np.uint16)
        self.table = self._array("table", (512,), np.uint32)
        self.table.fill(0)
        # runs of states found from one run of parents: the first state, and the partition and place of the first parent
        self.run_start, self.run_partition, self.run_origin = array("q"), array("q"), array("q")

    @property
    def bytes_in_memory(self) -> int:
        """How large the arrays are that are not in files."""
        return sum(getattr(self, kind).nbytes for kind in KINDS if kind not in self._files)

    @property
    def bytes_on_disk(self) -> int:
        """How large the arrays are that are in files."""
        return sum(getattr(self, kind).nbytes for kind in self._files)

    def growth(self, spare: int) -> int:
        """Return how many bytes of memory it takes to make room for that many more states."""
        rows, slots = self._sizes(spare)
        bytes_after = {"parents": 2 * rows, "states": 4 * rows * self.states.shape[1], "table": 4 * slots}
        return sum(bytes_after[kind] - getattr(self, kind).nbytes for kind in KINDS if kind not in self._files)

    def reserve(self, spare: int, arrays: Arrays) -> None:
        """Make room for that many more states."""
        rows, slots = self._sizes(spare)
        if rows != self.states.shape[0]:
            self.states = self._grown("states", (rows, self.states.shape[1]))
            self.parents = self._grown("parents", (rows,))
        if slots != self.table.size:
            self.make_table(arrays, slots)

    def make_table(self, arrays: Arrays, slots: int | None = None) -> None:
        """Enter all states into a new hash table, of a size that fits if none is given."""
        slots = slots or self._sizes(0)[1]
        self.table = np.zeros(0, np.uint32)
        table = self._array("table", (slots,), np.uint32)
        if "table" not in self._files:
            table.fill(0)  # not zeros: memory got by that is not in huge pages
        rehash(arrays, self.states, self.count, table)
        self.table = table

    def replace_states(self, words: int, pack: Callable[[Ints], None]) -> None:
        """Have all states written anew, in so many words each, into an array of the same number of rows."""
        former, states = self._files.pop("states", None), self._array("states", (self.states.shape[0], words))
        pack(states)
        self.states = states
        if former is not None:
            former.close()

    def restore(self, words: int, count: int, runs: int, read: Callable[[Ints], None]) -> None:
        """Take all but the hash table from a reader that fills the arrays one after another."""
        self.count = count
        rows = max(256, count)
        self.states = self._array("states", (rows, words), np.uint32)
        self.parents = self._array("parents", (rows,), np.uint16)
        read(self.states[:count])
        read(self.parents[:count])
        for name in RUNS:
            items = np.empty(runs, np.int64)
            read(items)
            setattr(self, name, array("q", items.tobytes()))

    def contents(self) -> list[Ints]:
        """Return the arrays that restore() reads, in order."""
        runs = [np.array(getattr(self, name), np.int64) for name in RUNS]
        return [self.states[: self.count], self.parents[: self.count], *runs]

    def move_to_disk(self, kind: str) -> None:
        """Move one of the arrays to a file."""
        old = getattr(self, kind)
        length = old.size if kind == "table" else self.count
        new = self._array(kind, old.shape, old.dtype)
        new[:length] = old[:length]
        setattr(self, kind, new)

    def close(self) -> None:
        """Let the files go."""
        for file in self._files.values():
            file.close()

    def _sizes(self, spare: int) -> tuple[int, int]:
        """Return how many states, and slots of the table, there must be room for."""
        wanted = self.count + spare
        rows, slots = self.states.shape[0], self.table.size
        if wanted > rows:
            rows = max(wanted, rows + rows // 8)
        while wanted > MAX_LOAD * slots:
            slots *= 2
        return rows, slots

    def _array(self, kind: str, shape: tuple[int, ...], dtype: Any = np.uint32) -> Ints:
        """Return a new array, in memory or in a file of its own."""
        if kind in self._files:
            self._files.pop(kind).close()
        if kind in self._memory.on_disk:
            file = self._files[kind] = SpillFile(self._memory.folder)
            return file.array(shape, dtype)
        return _small_pages(shape[0]) if kind == "parents" else np.empty(shape, dtype)

    def _grown(self, kind: str, shape: tuple[int, ...]) -> Ints:
        old: Ints = getattr(self, kind)
        if kind in self._files:
            return self._files[kind].array(shape, old.dtype)
        new = self._array(kind, shape, old.dtype)
        new[: self.count] = old[: self.count]
        return new

    def add(
        self, origin: tuple[int, int], keys: Ints, fingerprints: Ints, sources: Ints, length: int, limit: int
    ) -> bool:
        """Add those of a bucket's states that are new, up to a count; False if there are more.

        The origin is the partition and the place that the sources of the states, their parents, are counted from.
        """
        before = self.count
        count = int(
            insert(keys, fingerprints, sources, length, self.states, self.parents, self.table, self.count, limit)
        )
        self.count = limit if count < 0 else count
        if self.count > before:
            self.run_start.append(before)
            self.run_partition.append(origin[0])
            self.run_origin.append(origin[1])
        return count >= 0

    def parent(self, place: int) -> tuple[int, int]:
        """Return the partition and place of a state's parent; partition INITIAL and an index for an initial state."""
        run = bisect_right(self.run_start, place) - 1
        return self.run_partition[run], self.run_origin[run] + int(self.parents[place])


@compiled
def rewiden(states: Ints, count: int, word: Ints, shift: Ints, mask: Ints, t: Arrays, out: Ints) -> None:
    """Pack states anew, into wider places for the same block values."""
    for state in range(count):
        for each in range(out.shape[1]):
            out[state, each] = 0
        for block in range(word.size):
            value = (states[state, word[block]] >> shift[block]) & mask[block]
            out[state, t.word[block]] |= value << t.shift[block]


def repacked(states: Ints, count: int, size: int, old: Packing, arrays: Arrays, words: int) -> Ints:
    """Return an array of that size with the states packed as the arrays say, not as they were before."""
    out = np.empty((size, words), np.uint32)
    rewiden(states, count, old.word, old.shift, old.mask, arrays, out)
    return out


@compiled
def unpack(t: Arrays, states: Ints, state: int, row: Ints) -> None:
    """Write the numbers of a state's values, one per cell, into a row."""
    for block in range(t.word.size):
        value = (states[state, t.word[block]] >> t.shift[block]) & t.mask[block]
        first = t.block_cell_start[block]
        size = t.block_cell_start[block + 1] - first
        start = t.row_base[block] + value * size
        for slot in range(size):
            row[t.block_cells[first + slot]] = t.block_rows[start + slot]


@compiled
def sampled(t: Arrays, states: Ints, count: int, step: int) -> Ints:
    """Return every so many-th state as a row of the numbers of its cells' values."""
    rows = np.empty(((count + step - 1) // step, t.cell_block.size), np.int64)
    for each in range(rows.shape[0]):
        unpack(t, states, each * step, rows[each])
    return rows


@compiled
def number_rows(old: Arrays, new: Arrays, states: Ints, start: int, count: int) -> int:
    """Number the values that states have in new blocks; return the state at which room ran out, or the count."""
    row = np.empty(old.cell_block.size, np.int64)
    part = np.empty(old.cell_block.size, np.int64)
    for state in range(start, count):
        unpack(old, states, state, row)
        for block in range(new.block_base.size):
            first, last = new.block_cell_start[block], new.block_cell_start[block + 1]
            for slot in range(last - first):
                part[slot] = row[new.block_cells[first + slot]]
            if number_row(new, block, part) < 0:
                return state
    return count


@compiled
def number_values(t: Arrays, block: int, rows: Ints, start: int) -> int:
    """Number a block's joint values in order, one per row; return the row at which room ran out, or how many."""
    for each in range(start, rows.shape[0]):
        if number_row(t, block, rows[each]) < 0:
            return each
    return rows.shape[0]  # type: ignore[no-any-return]


@compiled
def pack_rows(old: Arrays, new: Arrays, states: Ints, count: int, out: Ints) -> None:
    """Pack states in new blocks, all of whose values are numbered."""
    row = np.empty(old.cell_block.size, np.int64)
    part = np.empty(old.cell_block.size, np.int64)
    for state in range(count):
        unpack(old, states, state, row)
        for word in range(out.shape[1]):
            out[state, word] = 0
        for block in range(new.block_base.size):
            first, last = new.block_cell_start[block], new.block_cell_start[block + 1]
            for slot in range(last - first):
                part[slot] = row[new.block_cells[first + slot]]
            out[state, new.word[block]] |= np.int64(number_row(new, block, part)) << new.shift[block]
