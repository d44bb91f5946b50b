"""Compiled: numbering the joint values of blocks, and making the list of what is left to do for one of them."""

from typing import Any

import numpy as np

from kmodel.engines.exhaustive.arrays import CHECKS, ITEMS, ROWS, Arrays
from kmodel.engines.exhaustive.stops import ASKED, GROW, MISS_UPDATE, STATUS, SUBJECT
from kmodel.engines.tables.jit import UNKNOWN, Ints, compiled, look_up
from kmodel.engines.tables.tries import NOTHING


@compiled
def index_rows(base: Ints, count: Ints, fingerprint: Ints, row_index: Ints) -> None:
    """Enter all block values into an empty index."""
    mask = row_index.size - 1
    for block in range(base.size):
        for value in range(base[block], base[block] + count[block]):
            slot = fingerprint[value] & mask
            while row_index[slot] != 0:
                slot = (slot + 1) & mask
            row_index[slot] = value + 1


@compiled
def number_row(t: Arrays, block: int, row: Ints) -> int:
    """Return the number of a block's joint value, a new one if it was never seen; UNKNOWN if there is no room."""
    first = t.block_cell_start[block]
    size = t.block_cell_start[block + 1] - first
    fingerprint: Any = np.int64(0)
    for slot in range(size):
        fingerprint += t.fingerprints[t.fingerprint_base[t.block_cells[first + slot]] + row[slot]]
    mask = t.row_index.size - 1
    slot = fingerprint & mask
    base, count = t.block_base[block], t.block_count[block]
    while t.row_index[slot] != 0:
        value = t.row_index[slot] - 1 - base
        if 0 <= value < count and t.block_fingerprint[base + value] == fingerprint:
            start = t.row_base[block] + value * size
            same = True
            for cell in range(size):
                if t.block_rows[start + cell] != row[cell]:
                    same = False
                    break
            if same:
                return value  # type: ignore[no-any-return]
        slot = (slot + 1) & mask
    if count >= t.block_capacity[block] or 2 * (t.used[ROWS] + 1) > t.row_index.size:
        return -1
    t.row_index[slot] = base + count + 1
    t.block_fingerprint[base + count] = fingerprint
    start = t.row_base[block] + count * size
    second: Any = np.int64(0)
    for cell in range(size):
        t.block_rows[start + cell] = row[cell]
        second += t.second_fingerprints[t.fingerprint_base[t.block_cells[first + cell]] + row[cell]]
    t.block_second[base + count] = second
    t.block_count[block] = count + 1
    t.used[ROWS] += 1
    return count  # type: ignore[no-any-return]


@compiled
def change(t: Arrays, group: int, block: int, value: int, out: Ints) -> int:
    """Return the block's value after a group of writes; UNKNOWN with the status in `out` if it cannot be told yet."""
    first = t.block_cell_start[block]
    size = t.block_cell_start[block + 1] - first
    row = np.empty(size, np.int64)
    start = t.row_base[block] + value * size
    for slot in range(size):
        row[slot] = t.block_rows[start + slot]
    for write in range(t.group_write_start[group], t.group_write_start[group + 1]):
        slot, update = t.group_slot[write], t.group_update[write]
        new = look_up(t.updated_keys, t.updated_values, update, row[slot])
        if new == UNKNOWN:
            out[STATUS], out[ASKED], out[SUBJECT] = MISS_UPDATE, update, row[slot]
            return -1
        row[slot] = new
    number = number_row(t, block, row)
    if number == UNKNOWN:
        out[STATUS] = GROW
    return number


@compiled
def walk_within(t: Arrays, code: int, block: int, value: int) -> int:
    """Follow a trie as far as it reads one block and is known; return the place reached."""
    while code >= 0:
        cell = t.node_position[code]
        if t.cell_block[cell] != block:
            return code
        size = t.block_cell_start[block + 1] - t.block_cell_start[block]
        number = t.block_rows[t.row_base[block] + value * size + t.cell_slot[cell]]
        branch = t.branches[t.projection_base[t.node_projection[code]] + number]
        if branch < 0:
            return code
        following = look_up(t.child_keys, t.child_values, code, branch)
        if following == UNKNOWN:
            return code
        code = following
    return code


@compiled
def fill(t: Arrays, actions: int, block: int, value: int, out: Ints) -> bool:
    """Make the list of a block's value; False with the status in `out` if that needs Python."""
    first, last = t.block_root_start[block], t.block_root_start[block + 1]
    item, check = t.used[ITEMS], t.used[CHECKS]
    if item + last - first > t.item_root.size:
        out[STATUS] = GROW
        return False
    begin = item
    for place in range(first, last):
        root = t.block_roots[place]
        code = walk_within(t, t.roots[root], block, value)
        if code == NOTHING or (root >= actions and t.done[t.root_spec[root]]):
            continue
        t.item_root[item], t.item_code[item] = root, code
        t.item_next[item], t.item_change[item] = -1, 0
        t.item_check_start[item], t.item_check_length[item] = check, 0
        if root < actions and code <= NOTHING:
            leaf = NOTHING - code
            group, groups = t.leaf_group_start[leaf], t.leaf_group_start[leaf + 1]
            local = groups == group or (groups == group + 1 and t.group_block[t.leaf_groups[group]] == block)
            if local:
                following = value
                if groups > group:
                    following = change(t, t.leaf_groups[group], block, value, out)
                    if following == UNKNOWN:
                        return False
                t.item_next[item] = following
                base = t.block_base[block]
                t.item_change[item] = t.block_fingerprint[base + following] - t.block_fingerprint[base + value]
                step_class = t.leaf_class[leaf]
                for each in range(t.class_start[step_class], t.class_start[step_class + 1]):
                    spec_root = t.class_roots[each]
                    if t.done[t.root_spec[spec_root]]:
                        continue
                    place_reached = walk_within(t, t.roots[spec_root], block, value)
                    if place_reached == NOTHING:
                        continue
                    if check >= t.check_root.size:
                        out[STATUS] = GROW
                        return False
                    t.check_root[check], t.check_code[check] = spec_root, place_reached
                    check += 1
                t.item_check_length[item] = check - t.item_check_start[item]
        item += 1
    t.list_start[t.block_base[block] + value] = begin
    t.list_length[t.block_base[block] + value] = item - begin
    t.used[ITEMS], t.used[CHECKS] = item, check
    return True
