"""The states seen so far: stored exactly, packed, in the order in which they were found.

States belong to one of 16 partitions by their fingerprints. A partition has an array of packed states, for each of
them the distance of its parent from the start of a run of parents, and a hash table of 32-bit entries: a tag of six
bits, and the state's place in the array. Threads work on different partitions, so nothing is locked.
"""

import mmap
from array import array
from bisect import bisect_right

import numpy as np

from kmodel.engines.compiled.arrays import Arrays
from kmodel.engines.compiled.blocks import Packing
from kmodel.engines.compiled.filling import number_row
from kmodel.engines.compiled.jit import Ints, compiled, prefetch

PLACE_BITS = 26
PLACE_MASK = (1 << PLACE_BITS) - 1
AHEAD = 16  # how many states ahead memory is asked for, so that cache misses overlap
MAX_LOAD = 0.8
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

    def __init__(self, words: int) -> None:
        self.count = 0
        self.states = np.empty((256, words), np.uint32)
        self.parents = _small_pages(256)
        self.table = np.zeros(512, np.uint32)
        # runs of states found from one run of parents: the first state, and the partition and place of the first parent
        self.run_start, self.run_partition, self.run_origin = array("q"), array("q"), array("q")

    def reserve(self, spare: int, arrays: Arrays) -> None:
        """Make room for that many more states."""
        wanted = self.count + spare
        if wanted > self.states.shape[0]:
            size = max(wanted, self.states.shape[0] + self.states.shape[0] // 8)
            states = np.empty((size, self.states.shape[1]), np.uint32)
            states[: self.count] = self.states[: self.count]
            parents = _small_pages(size)
            parents[: self.count] = self.parents[: self.count]
            self.states, self.parents = states, parents
        slots = self.table.size
        while wanted > MAX_LOAD * slots:
            slots *= 2
        if slots != self.table.size:
            self.table = np.zeros(0, np.uint32)
            table = np.empty(slots, np.uint32)  # not zeros: memory got by that is not in huge pages
            table.fill(0)
            rehash(arrays, self.states, self.count, table)
            self.table = table

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
