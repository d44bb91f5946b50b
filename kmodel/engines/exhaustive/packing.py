"""A state's blocks packed into words: where each has its place, and from rows of cells' values to words and back."""

from collections.abc import Sequence

import numpy as np

from kmodel.engines.exhaustive.arrays import Arrays
from kmodel.engines.exhaustive.lists import number_row
from kmodel.engines.tables.jit import Ints, compiled, tables_are_full

WORD_BITS = 32
MOST_BITS = 31  # of a block's value, which 32 bits with a sign hold elsewhere


class Packing:
    """Where each block's value is in the words of a state, with room for the values still to come."""

    def __init__(self, counts: Sequence[int]) -> None:
        """Lay out the words; BoundReached if a block has more values than a word has room for."""
        if max(counts) >= 1 << MOST_BITS:
            raise tables_are_full()
        # a spare bit for each block that still grows, unless that takes another word
        tight = [max(1, int(count).bit_length()) for count in counts]
        loose = [bits + (bits > 2) for bits in tight]
        need = loose if len(_bins(loose)) == len(_bins(tight)) else tight
        bins = _bins(need)
        self.words = len(bins)
        self.word, self.shift, self.width = (np.zeros(len(need), np.int64) for _ in range(3))
        for word, blocks in enumerate(bins):
            spare = WORD_BITS - sum(need[block] for block in blocks)
            shift = 0
            for place, block in enumerate(blocks):
                extra = min(spare // (len(blocks) - place), MOST_BITS - need[block])
                spare -= extra
                self.word[block], self.shift[block], self.width[block] = word, shift, need[block] + extra
                shift += int(self.width[block])
        self.mask = (np.int64(1) << self.width) - 1


def _bins(need: list[int]) -> list[list[int]]:
    """Return the blocks in each word: those that need most bits first, each in the first word that has room."""
    bins: list[list[int]] = []
    room: list[int] = []
    for block in sorted(range(len(need)), key=lambda block: -need[block]):
        word = next((word for word, bits in enumerate(room) if bits >= need[block]), len(bins))
        if word == len(bins):
            bins.append([])
            room.append(WORD_BITS)
        bins[word].append(block)
        room[word] -= need[block]
    return bins


@compiled
def rewiden(states: Ints, count: int, word: Ints, shift: Ints, mask: Ints, t: Arrays, out: Ints) -> None:
    """Pack states anew, into wider places for the same block values."""
    for state in range(count):
        for each in range(out.shape[1]):
            out[state, each] = 0
        for block in range(word.size):
            value = (states[state, word[block]] >> shift[block]) & mask[block]
            out[state, t.word[block]] |= value << t.shift[block]


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
