"""The compiled loop: what can be done in each state, by walking tables.

For each value of each block there is a list of what is left to do for the actions and specs that read that block first: actions
that are not enabled there, and specs that have nothing to say, are not in it; an action that reads and writes only that
block is there with its outcome. Lists are made when first needed. What no table knows yet ends the loop with a status; Python
calls the function, extends the tables, and resumes the loop in the same state.
"""

import numpy as np

from kmodel.engines.arrays import CHECKS, GROUPS, ITEMS, ROWS, Arrays
from kmodel.engines.compiled import UNKNOWN, Ints, compiled, look_up, store

DONE, FULL, NEEDS_FILL, MISS, MISS_UPDATE, GROW, REPACK = range(7)
PARTITIONS = 16
NOTHING = -2


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
    """Return the number of a block's joint value, a new one if it was never seen; UNKNOWN if there is no room for it."""
    first = t.block_cell_start[block]
    size = t.block_cell_start[block + 1] - first
    fingerprint = np.int64(0)
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
    for cell in range(size):
        t.block_rows[start + cell] = row[cell]
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
            out[0], out[2], out[3] = MISS_UPDATE, update, row[slot]
            return -1
        row[slot] = new
    number = number_row(t, block, row)
    if number == UNKNOWN:
        out[0] = GROW
    return number


@compiled
def walk(t: Arrays, code: int, before: Ints, after: Ints) -> int:
    """Follow a trie from a node to a leaf, for the block values before and after a step; UNKNOWN where it ends early."""
    cells = t.cell_block.size
    while code >= 0:
        cell = t.node_position[code]
        values = before
        if cell >= cells:
            cell -= cells
            values = after
        block = t.cell_block[cell]
        size = t.block_cell_start[block + 1] - t.block_cell_start[block]
        number = t.block_rows[t.row_base[block] + values[block] * size + t.cell_slot[cell]]
        branch = t.branches[t.projection_base[t.node_projection[code]] + number]
        if branch < 0:
            return -1
        code = look_up(t.child_keys, t.child_values, code, branch)
    return code


@compiled
def walk_within(t: Arrays, code: int, block: int, before: int, after: int) -> int:
    """Follow a trie as far as it reads one block and is known; return the place reached."""
    cells = t.cell_block.size
    while code >= 0:
        cell = t.node_position[code]
        value = before
        if cell >= cells:
            cell -= cells
            value = after
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
        out[0] = GROW
        return False
    begin = item
    for place in range(first, last):
        root = t.block_roots[place]
        code = walk_within(t, t.roots[root], block, value, value)
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
                    place_reached = walk_within(t, t.roots[spec_root], block, value, following)
                    if place_reached == NOTHING:
                        continue
                    if check >= t.check_root.size:
                        out[0] = GROW
                        return False
                    t.check_root[check], t.check_code[check] = spec_root, place_reached
                    check += 1
                t.item_check_length[item] = check - t.item_check_start[item]
        item += 1
    t.list_start[t.block_base[block] + value] = begin
    t.list_length[t.block_base[block] + value] = item - begin
    t.used[ITEMS], t.used[CHECKS] = item, check
    return True


@compiled
def check_steps(
    t: Arrays, roots: Ints, codes: Ints, first: int, last: int, before: Ints, after: Ints, found: Ints, leaf: int, state: int, out: Ints
) -> bool:
    """Ask specs of steps about one step, and note what must be told in `found`; False if one needs Python."""
    for each in range(first, last):
        root = roots[each]
        spec = t.root_spec[root]
        if t.done[spec]:
            continue
        code = codes[each] if codes.size else t.roots[root]
        if code == UNKNOWN:
            code = t.roots[root]
        code = walk(t, code, before, after)
        if code == UNKNOWN:
            out[0], out[2], out[3] = MISS, root, leaf
            return False
        if code < NOTHING and found[spec, 0] < 0:
            found[spec, 0], found[spec, 1], found[spec, 2] = state, code, leaf
    return True


@compiled
def expand(
    t: Arrays,
    actions: int,
    rows: Ints,
    low: int,
    high: int,
    origin: int,
    may_fill: bool,
    check_only: bool,
    keys: Ints,
    fingerprints: Ints,
    sources: Ints,
    counts: Ints,
    fired: Ints,
    found: Ints,
    out: Ints,
) -> None:
    """Expand the states low to high of a partition into the buckets of the partitions that their successors belong to.

    Keys is (partition, place, word); a source is the state's distance from the origin. The status is in out[0], the state
    at which to resume in out[1], and what is missing in out[2:].
    """
    blocks, words = t.word.size, rows.shape[1]
    row, after = np.empty(blocks, np.int64), np.empty(blocks, np.int64)
    new_action, new_key = np.empty(actions, np.int64), np.empty((actions, words), np.int64)
    new_fingerprint, order = np.empty(actions, np.int64), np.empty(actions, np.int64)
    no_codes = np.empty(0, np.int32)
    full = False
    for partition in range(counts.size):
        if counts[partition] + actions > keys.shape[1]:
            full = True
    for state in range(low, high):
        out[1] = state
        if full:
            out[0] = FULL
            return
        fingerprint = np.int64(0)
        for block in range(blocks):
            value = (rows[state, t.word[block]] >> t.shift[block]) & t.mask[block]
            row[block] = value
            after[block] = value
            fingerprint += t.block_fingerprint[t.block_base[block] + value]
        new = 0
        for block in range(blocks):
            entry = t.block_base[block] + row[block]
            if t.list_start[entry] < 0:
                if not may_fill:
                    out[0] = NEEDS_FILL
                    return
                if not fill(t, actions, block, row[block], out):
                    return
            for item in range(t.list_start[entry], t.list_start[entry] + t.list_length[entry]):
                root, code = t.item_root[item], t.item_code[item]
                if code == UNKNOWN:
                    code = t.roots[root]
                if code > NOTHING:
                    code = walk(t, code, row, row)
                    if code == UNKNOWN:
                        out[0], out[2], out[3], out[4] = MISS, root, 0, entry
                        return
                    if code == NOTHING:
                        continue
                if root >= actions:
                    spec = t.root_spec[root]
                    if not t.done[spec] and found[spec, 0] < 0:
                        found[spec, 0], found[spec, 1], found[spec, 2] = state, code, -1
                    continue
                if check_only:
                    continue
                leaf = NOTHING - code
                following = t.item_next[item]
                for word in range(words):
                    new_key[new, word] = rows[state, word]
                if following >= 0:
                    new_fingerprint[new] = fingerprint + t.item_change[item]
                    new_key[new, t.word[block]] += (following - row[block]) << t.shift[block]
                    if following > t.mask[block]:
                        out[0] = REPACK
                        return
                    if t.item_check_length[item] > 0:
                        after[block] = following
                        start = t.item_check_start[item]
                        length = t.item_check_length[item]
                        if not check_steps(
                            t, t.check_root, t.check_code, start, start + length, row, after, found, leaf, state, out
                        ):
                            out[4] = entry
                            return
                        after[block] = row[block]
                else:
                    changed = fingerprint
                    for each in range(t.leaf_group_start[leaf], t.leaf_group_start[leaf + 1]):
                        group = t.leaf_groups[each]
                        other = t.group_block[group]
                        following = look_up(t.group_keys, t.group_values, group, row[other])
                        if following == UNKNOWN:
                            if not may_fill:
                                out[0] = NEEDS_FILL
                                return
                            if 2 * (t.used[GROUPS] + 1) > t.group_keys.size:
                                out[0] = GROW
                                return
                            following = change(t, group, other, row[other], out)
                            if following == UNKNOWN:
                                return
                            store(t.group_keys, t.group_values, group, row[other], following)
                            t.used[GROUPS] += 1
                        if following > t.mask[other]:
                            out[0] = REPACK
                            return
                        after[other] = following
                        base = t.block_base[other]
                        changed += t.block_fingerprint[base + following] - t.block_fingerprint[base + row[other]]
                        new_key[new, t.word[other]] += (following - row[other]) << t.shift[other]
                    new_fingerprint[new] = changed
                    step_class = t.leaf_class[leaf]
                    start, stop = t.class_start[step_class], t.class_start[step_class + 1]
                    if stop > start and not check_steps(
                        t, t.class_roots, no_codes, start, stop, row, after, found, leaf, state, out
                    ):
                        out[4] = entry
                        return
                    for each in range(t.leaf_group_start[leaf], t.leaf_group_start[leaf + 1]):
                        other = t.group_block[t.leaf_groups[each]]
                        after[other] = row[other]
                # successors stay in the order of the actions, whatever the blocks are
                new_action[new] = root
                place = new
                while place > 0 and new_action[order[place - 1]] > root:
                    order[place] = order[place - 1]
                    place -= 1
                order[place] = new
                new += 1
        for place in range(new):
            each = order[place]
            fired[new_action[each]] += 1
            same = new_fingerprint[each] == fingerprint
            if same:
                for word in range(words):
                    same = same and new_key[each, word] == rows[state, word]
                if same:
                    continue
            partition = (new_fingerprint[each] >> 56) & (PARTITIONS - 1)
            at = counts[partition]
            for word in range(words):
                keys[partition, at, word] = new_key[each, word]
            fingerprints[partition, at] = new_fingerprint[each]
            sources[partition, at] = state - origin
            counts[partition] = at + 1
            if at + 1 + actions > keys.shape[1]:
                full = True
    out[0], out[1] = DONE, high
