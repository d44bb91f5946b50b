"""Compiled: which of a state's steps are enough, as dependence.py explains."""

from typing import Any

import numpy as np

from kmodel.engines.exhaustive.arrays import Arrays
from kmodel.engines.exhaustive.partial_order import WORD_BITS, Relation
from kmodel.engines.exhaustive.store import place_of
from kmodel.engines.tables.jit import UNKNOWN, Ints, compiled, look_up
from kmodel.engines.tables.tries import NOTHING

REST = (1 << (WORD_BITS - 1)) - 1  # what a shift to the right may leave of a word: not its sign


@compiled
def choose(
    t: Arrays,
    relation: Relation,
    actions: int,
    row: Ints,
    taken: Ints,
    keys: Ints,
    fingerprints: Ints,
    count: int,
    chosen: Ints,
) -> bool:
    """Mark, among the `count` actions taken in a state, the fewest that are enough; False if that is all of them.

    `keys` and `fingerprints` are those of the states that the actions lead to.
    """
    if count < 2:
        return False
    words = relation.touched.shape[1]
    width = words * WORD_BITS
    needed, is_known = np.empty((width, words), np.int64), np.zeros(width, np.uint8)
    is_enabled, is_large = np.zeros(width, np.uint8), np.zeros(width, np.uint8)
    for each in range(count):
        is_enabled[taken[each]] = 1
    members, waiting = np.empty(words, np.int64), np.empty(width, np.int64)
    best = count
    for seed in range(count):
        first = taken[seed]
        for word in range(words):
            members[word] = 0
        members[first // WORD_BITS] = np.int64(1) << (first % WORD_BITS)
        waiting[0] = first
        left, size = 1, 0
        while left > 0 and size < best:
            left -= 1
            member = waiting[left]
            size = best if is_large[member] else size + is_enabled[member]
            if not is_known[member]:
                if not look(t, relation, actions, row, member, needed):
                    return False
                is_known[member] = 1
            for word in range(words):
                new: Any = needed[member, word] & ~members[word]
                members[word] |= new
                bit = word * WORD_BITS
                while new != 0:
                    if new & 1:
                        waiting[left] = bit
                        left += 1
                    new = (new >> 1) & REST
                    bit += 1
        if size >= best:
            is_large[first] = 1
        elif _leads_on(relation, taken, keys, fingerprints, count, members):
            best = size
            for each in range(count):
                chosen[each] = _is_in(members, taken[each])
    return best < count


@compiled
def look(t: Arrays, relation: Relation, actions: int, row: Ints, root: int, needed: Ints) -> bool:
    """Note who can change what a trie answers in a state, and whom its step touches; False if that is not known yet."""
    for word in range(needed.shape[1]):
        needed[root, word] = 0
    code = _follow(t, relation, t.roots[root], row, root, needed)
    if code == UNKNOWN:
        return False
    if root >= actions or code == NOTHING:
        return True
    leaf = NOTHING - code
    step_class = t.leaf_class[leaf]
    for place in range(t.class_start[step_class], t.class_start[step_class + 1]):
        asked = t.class_roots[place]
        if not t.done[t.root_spec[asked]] and _follow(t, relation, t.roots[asked], row, root, needed) == UNKNOWN:
            return False
    for place in range(t.leaf_group_start[leaf], t.leaf_group_start[leaf + 1]):
        group = t.leaf_groups[place]
        block = t.group_block[group]
        start = t.row_base[block] + row[block] * t.block_size[block]
        for write in range(t.group_write_start[group], t.group_write_start[group + 1]):
            value = t.block_rows[start + t.group_slot[write]]
            pair = look_up(relation.pair_keys, relation.pair_rows, t.group_update[write], value)
            if pair == UNKNOWN:
                return False
            for word in range(needed.shape[1]):
                needed[root, word] |= relation.touched[pair, word]
    return True


@compiled
def _follow(t: Arrays, relation: Relation, code: int, row: Ints, root: int, needed: Ints) -> int:
    """Follow a trie in a state, noting who can change what it reads; UNKNOWN where that is not known."""
    while code >= 0:
        projection, cell = t.node_projection[code], t.node_position[code]
        if projection >= relation.changers.shape[0]:
            return -1
        for word in range(needed.shape[1]):
            needed[root, word] |= relation.changers[projection, word]
        block = t.cell_block[cell]
        number = t.block_rows[t.row_base[block] + row[block] * t.block_size[block] + t.cell_slot[cell]]
        branch = t.branches[t.projection_base[projection] + number]
        if branch < 0:
            return -1
        code = look_up(t.child_keys, t.child_values, code, branch)
    return code


@compiled
def _is_in(members: Ints, root: int) -> bool:
    return (members[root // WORD_BITS] >> (root % WORD_BITS)) & 1 == 1  # type: ignore[no-any-return]


@compiled
def _leads_on(
    relation: Relation,
    taken: Ints,
    keys: Ints,
    fingerprints: Ints,
    count: int,
    members: Ints,
) -> bool:
    """Tell whether a member leads to a state of the next level."""
    for each in range(count):
        if _is_in(members, taken[each]):
            shard: Any = (fingerprints[each] >> 56) & (len(relation.states) - 1)
            states, table = relation.states[shard], relation.hash_tables[shard]
            place = place_of(keys[each], fingerprints[each], states, table)
            if place == UNKNOWN or place >= relation.ends[shard]:
                return True
    return False
