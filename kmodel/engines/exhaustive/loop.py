"""The compiled loop: what can be done in each state, by walking tables.

For each value of each block there is a list of what is left to do for the actions and specs that read that block
first: actions that are not enabled there, and specs that have nothing to say, are not in it; an action that reads
and writes only that block is there with its outcome. Lists are made when first needed. What no table knows yet ends
the loop with a status; Python calls the function, extends the tables, and resumes the loop in the same state.
"""

from typing import NamedTuple

import numpy as np

from kmodel.engines.exhaustive.arrays import GROUPS, Arrays
from kmodel.engines.exhaustive.lists import change, fill
from kmodel.engines.exhaustive.partial_order import Relation
from kmodel.engines.exhaustive.stops import (
    ASKED,
    DONE,
    ENTRY,
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
from kmodel.engines.exhaustive.stubborn import choose
from kmodel.engines.tables.jit import UNKNOWN, Ints, compiled, inlined, look_up, store
from kmodel.engines.tables.tries import NOTHING

SHARDS = 16
PROBE = 16  # states looked at for each thing that is not known, to find more
JUMP_LIMIT = 1 << 21  # nodes and values from here on are not remembered in jumps
JUMP_CODE = (1 << 22) - 1
JUMP_KEY = ~JUMP_CODE


@inlined
def walk(t: Arrays, code: int, values: Ints, out: Ints) -> int:
    """Follow a trie from a node to a leaf, for the blocks' values; UNKNOWN where it ends early.

    Where it ends at a value whose branch is not known, out[NODE] and out[VALUE] tell which.

    Reads of one block that follow each other are one jump. Jumps are remembered in a table that forgets what
    is in its way; an entry is one word (node, value, code reached), so that threads may share the table.
    """
    while code >= 0:
        start = code
        cell = t.node_position[code]
        block = t.cell_block[cell]
        value = values[block]
        key = (np.int64(start) << 43) | (np.int64(value) << 22)
        slot = ((key * np.int64(-7046029254386353131)) >> 40) & (t.jumps.size - 1)
        entry = t.jumps[slot]
        if entry & JUMP_KEY == key and start < JUMP_LIMIT and value < JUMP_LIMIT and entry != 0:
            code = (entry & JUMP_CODE) - JUMP_LIMIT
            continue
        row_start = t.row_base[block] + value * t.block_size[block]
        while True:
            number = t.block_rows[row_start + t.cell_slot[cell]]
            branch = t.branches[t.projection_base[t.node_projection[code]] + number]
            if branch < 0:
                out[NODE], out[VALUE] = code, number
                code = -1
                break
            code = look_up(t.child_keys, t.child_values, code, branch)
            if code < 0:
                break
            cell = t.node_position[code]
            if t.cell_block[cell] != block:
                break
        if code != UNKNOWN and start < JUMP_LIMIT and value < JUMP_LIMIT and -JUMP_LIMIT < code < JUMP_LIMIT:
            t.jumps[slot] = key | (code + JUMP_LIMIT)
    return code


@inlined
def note(missing: Ints, misses: int, state: int, out: Ints) -> int:
    """Put what `out` tells of among what is missing, if there is room; return how many there are."""
    if misses < missing.shape[0]:
        missing[misses, STATUS], missing[misses, STATE] = out[STATUS], state
        for field in range(ASKED, VALUE + 1):
            missing[misses, field] = out[field]
        misses += 1
    out[NODE] = UNKNOWN
    return misses


class Outgoing(NamedTuple):
    """The buckets of the shard that is expanded, by the shards that the successors belong to (see buckets.py).

    Keys is (shard, place, word); a source is the state's distance from where the round began.
    """

    keys: Ints
    fingerprints: Ints
    sources: Ints
    taken: Ints
    counts: Ints


class Notes(NamedTuple):
    """What is noted of the shard that is expanded: how often each action fired, and per spec the first state of which
    it says something; what is missing, one row each, and where it stopped (see stops.py)."""

    fired: Ints
    found: Ints
    missing: Ints
    out: Ints


@compiled
def expand(
    t: Arrays,
    relation: Relation | None,
    actions: int,
    rows: Ints,
    low: int,
    high: int,
    origin: int,
    may_fill: bool,
    check_only: bool,
    outgoing: Outgoing,
    notes: Notes,
) -> None:
    """Expand the states low to high of a shard into the buckets of the shards that their successors belong to.

    Why it stopped, and where to resume, is in `out`. From the first state on of which something is not
    known, states are only looked at, to find more that is not known: all that is in the first out[MISSES] rows of
    `missing`. With a relation, of a state's successors only those are added that are enough.

    Of each state in turn: its row and fingerprint; then, block by block, each item of the block's list: its leaf, the
    successor that this makes, and what is asked of that step; then which successors are enough; then these are handed
    out.
    """
    # Arrays are taken out of the tuples once, and what the loops do is written here: within them Numba counts the
    # references to each array that it takes out of a tuple or hands to a function, which was 3 % to 600 % slower.
    fired, found, missing, out = notes.fired, notes.found, notes.missing, notes.out
    keys, fingerprints, sources, taken, counts = outgoing
    list_start, list_length, item_root, item_code = t.list_start, t.list_length, t.item_root, t.item_code
    item_next, item_change = t.item_next, t.item_change
    item_check_start, item_check_length = t.item_check_start, t.item_check_length
    check_root, check_code, roots, root_spec = t.check_root, t.check_code, t.roots, t.root_spec
    leaf_class, class_start, class_roots = t.leaf_class, t.class_start, t.class_roots
    leaf_group_start, leaf_groups, group_block = t.leaf_group_start, t.leaf_groups, t.group_block
    group_keys, group_values, done, word, shift, mask = t.group_keys, t.group_values, t.done, t.word, t.shift, t.mask
    block_base, block_fingerprint = t.block_base, t.block_fingerprint
    blocks, words = word.size, rows.shape[1]
    row = np.empty(blocks, np.int64)
    new_action, new_key = np.empty(actions, np.int64), np.empty((actions, words), np.int64)
    new_fingerprint, order = np.empty(actions, np.int64), np.empty(actions, np.int64)
    is_chosen = np.ones(actions, np.uint8)
    misses, resume = 0, low
    full = False
    for shard in range(counts.size):
        if counts[shard] + actions > keys.shape[1]:
            full = True
    for state in range(low, high):
        if misses > 0 and (misses == missing.shape[0] or state >= resume + PROBE * misses):
            break
        if misses == 0:
            out[STATE] = state
            if full:
                out[STATUS] = FULL
                return
        # its row and fingerprint
        fingerprint = np.int64(0)
        for block in range(blocks):
            value = (rows[state, word[block]] >> shift[block]) & mask[block]
            row[block] = value
            fingerprint += block_fingerprint[block_base[block] + value]
        # each item of each block's list
        new, known_before = 0, misses
        stuck = False  # at what must be provided for before anything else
        out[NODE] = UNKNOWN
        for block in range(blocks):
            entry = block_base[block] + row[block]
            if list_start[entry] < 0:
                if not may_fill:
                    out[STATUS], stuck = NEEDS_FILL, True
                    break
                if not fill(t, actions, block, row[block], out):
                    if out[STATUS] == MISS_UPDATE:
                        misses = note(missing, misses, state, out)
                        continue
                    stuck = True
                    break
            for item in range(list_start[entry], list_start[entry] + list_length[entry]):
                # its leaf
                root, code = item_root[item], item_code[item]
                if code == UNKNOWN:
                    code = roots[root]
                if code > NOTHING:
                    code = walk(t, code, row, out)
                    if code == UNKNOWN:
                        out[STATUS], out[ASKED], out[SUBJECT], out[ENTRY] = MISS, root, 0, entry
                        misses = note(missing, misses, state, out)
                        continue
                    if code == NOTHING:
                        continue
                if root >= actions:
                    spec = root_spec[root]
                    if not done[spec] and found[spec] < 0 and misses == 0:
                        found[spec] = state
                    continue
                if check_only:
                    continue
                # the successor
                leaf = NOTHING - code
                following = item_next[item]
                for each_word in range(words):
                    new_key[new, each_word] = rows[state, each_word]
                if following >= 0:
                    new_fingerprint[new] = fingerprint + item_change[item]
                    new_key[new, word[block]] += (following - row[block]) << shift[block]
                    if following > mask[block]:
                        out[STATUS], stuck = REPACK, True
                        break
                    first_check = item_check_start[item]
                    last_check = first_check + item_check_length[item]
                else:
                    changed = fingerprint
                    for each in range(leaf_group_start[leaf], leaf_group_start[leaf + 1]):
                        group = leaf_groups[each]
                        other = group_block[group]
                        following = look_up(group_keys, group_values, group, row[other])
                        if following == UNKNOWN:
                            if not may_fill or 2 * (t.used[GROUPS] + 1) > group_keys.size:
                                out[STATUS], stuck = GROW if may_fill else NEEDS_FILL, True
                                break
                            following = change(t, group, other, row[other], out)
                            if following == UNKNOWN and out[STATUS] == MISS_UPDATE:
                                misses = note(missing, misses, state, out)
                                continue
                            if following == UNKNOWN:
                                stuck = True
                                break
                            store(group_keys, group_values, group, row[other], following)
                            t.used[GROUPS] += 1
                        if following > mask[other]:
                            out[STATUS], stuck = REPACK, True
                            break
                        base = block_base[other]
                        changed += block_fingerprint[base + following] - block_fingerprint[base + row[other]]
                        new_key[new, word[other]] += (following - row[other]) << shift[other]
                    if stuck:
                        break
                    new_fingerprint[new] = changed
                    step_class = leaf_class[leaf]
                    first_check, last_check = class_start[step_class], class_start[step_class + 1]
                # what is asked of the step
                for check in range(first_check, last_check):
                    if item_next[item] >= 0:
                        root_asked, code = check_root[check], check_code[check]
                    else:
                        root_asked, code = class_roots[check], -1
                    spec = root_spec[root_asked]
                    if done[spec]:
                        continue
                    if code == UNKNOWN:
                        code = roots[root_asked]
                    code = walk(t, code, row, out)
                    if code == UNKNOWN:
                        out[STATUS], out[ASKED], out[SUBJECT], out[ENTRY] = MISS, root_asked, leaf, entry
                        misses = note(missing, misses, state, out)
                        continue
                    if code < NOTHING and found[spec] < 0 and misses == 0:
                        found[spec] = state
                # successors stay in the order of the actions, whatever the blocks are
                new_action[new] = root
                place = new
                while place > 0 and new_action[order[place - 1]] > root:
                    order[place] = order[place - 1]
                    place -= 1
                order[place] = new
                new += 1
            if stuck:
                break
        if misses > 0 and known_before == 0:
            resume = state
        if stuck:
            if misses > 0:
                break
            return
        if misses > 0:
            continue
        # which successors are enough
        if relation is not None:  # or else this is not even compiled
            if choose(t, relation, actions, row, new_action, new_key, new_fingerprint, new, is_chosen):
                relation.in_part[(fingerprint >> 56) & (SHARDS - 1)] += 1
            else:
                is_chosen[:] = 1
        # these are handed out
        for place in range(new):
            each = order[place]
            if not is_chosen[each]:
                continue
            fired[new_action[each]] += 1
            same = new_fingerprint[each] == fingerprint
            if same:
                for each_word in range(words):
                    same = same and new_key[each, each_word] == rows[state, each_word]
                if same:
                    continue
            shard = (new_fingerprint[each] >> 56) & (SHARDS - 1)
            at = counts[shard]
            for each_word in range(words):
                keys[shard, at, each_word] = new_key[each, each_word]
            fingerprints[shard, at] = new_fingerprint[each]
            sources[shard, at] = state - origin
            taken[shard, at] = new_action[each]
            counts[shard] = at + 1
            if at + 1 + actions > keys.shape[1]:
                full = True
    if misses > 0:
        out[STATUS], out[STATE], out[MISSES] = MISSING, resume, misses
    else:
        out[STATUS], out[STATE] = DONE, high
