"""Compiled: following tries from a node to a leaf, with what was found on the way remembered in jumps."""

from typing import Any

import numpy as np

from kmodel.engines.compiled.arrays import Arrays
from kmodel.engines.compiled.jit import UNKNOWN, Ints, compiled, inlined, look_up

JUMP_LIMIT = 1 << 21  # nodes and values from here on are not remembered in jumps
JUMP_CODE = (1 << 22) - 1
JUMP_KEY = ~JUMP_CODE


@inlined
def _slot_of(key: Any, jumps: Ints) -> Any:
    return ((key * np.int64(-7046029254386353131)) >> 40) & (jumps.size - 1)


@inlined
def walk(
    code: int,
    values: Ints,
    out: Ints,
    jumps: Ints,
    node_position: Ints,
    node_projection: Ints,
    cell_block: Ints,
    cell_slot: Ints,
    block_size: Ints,
    row_base: Ints,
    block_rows: Ints,
    projection_base: Ints,
    branches: Ints,
    child_keys: Ints,
    child_values: Ints,
) -> int:
    """Follow a trie from a node to a leaf, for the blocks' values; UNKNOWN where it ends early.

    Where it ends at a value whose branch is not known, the node is in out[5] and the value in out[6].

    Reads of one block that follow each other are one jump. Jumps are remembered in a table that forgets what
    is in its way; an entry is one word (node, value, place reached), so that threads may share the table.
    """
    while code >= 0:
        start = code
        cell = node_position[code]
        block = cell_block[cell]
        value = values[block]
        key = (np.int64(start) << 43) | (np.int64(value) << 22)
        slot = _slot_of(key, jumps)
        entry = jumps[slot]
        if entry & JUMP_KEY == key and start < JUMP_LIMIT and value < JUMP_LIMIT and entry != 0:
            code = (entry & JUMP_CODE) - JUMP_LIMIT
            continue
        row_start = row_base[block] + value * block_size[block]
        while True:
            number = block_rows[row_start + cell_slot[cell]]
            branch = branches[projection_base[node_projection[code]] + number]
            if branch < 0:
                out[5], out[6] = code, number
                code = -1
                break
            code = look_up(child_keys, child_values, code, branch)
            if code < 0:
                break
            cell = node_position[code]
            if cell_block[cell] != block:
                break
        if code != UNKNOWN and start < JUMP_LIMIT and value < JUMP_LIMIT and -JUMP_LIMIT < code < JUMP_LIMIT:
            jumps[slot] = key | (code + JUMP_LIMIT)
    return code


@compiled
def walk_anew(t: Arrays, root: int, restricted: int, row: Ints, out: Ints) -> int:
    """Follow a whole trie without jumps, after what was left of it for a block's value ended early.

    If it goes further now, the jumps that led there are forgotten.
    """
    out[5] = UNKNOWN
    code = root
    while code >= 0:
        cell = t.node_position[code]
        block = t.cell_block[cell]
        number = t.block_rows[t.row_base[block] + row[block] * t.block_size[block] + t.cell_slot[cell]]
        branch = t.branches[t.projection_base[t.node_projection[code]] + number]
        if branch < 0:
            out[5], out[6] = code, number
            return -1
        code = look_up(t.child_keys, t.child_values, code, branch)
    place = restricted
    while code != UNKNOWN and 0 <= place < JUMP_LIMIT:
        value = row[t.cell_block[t.node_position[place]]]
        key = (np.int64(place) << 43) | (np.int64(value) << 22)
        slot = _slot_of(key, t.jumps)
        entry = t.jumps[slot]
        if entry & JUMP_KEY != key or entry == 0:
            break
        t.jumps[slot] = 0
        place = (entry & JUMP_CODE) - JUMP_LIMIT
    return code
