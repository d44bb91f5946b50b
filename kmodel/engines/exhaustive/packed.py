"""Compiled: states as rows of cell values, and packed into words by their blocks, from one to the other."""

import numpy as np

from kmodel.engines.exhaustive.arrays import Arrays
from kmodel.engines.exhaustive.lists import number_row
from kmodel.engines.tables.jit import Ints, compiled


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
