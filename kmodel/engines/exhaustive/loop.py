"""The compiled loop: what can be done in each state, by walking tables.

For each value of each block there is a list of what is left to do for the actions and specs that read that block
first: actions that are not enabled there, and specs that have nothing to say, are not in it; an action that reads
and writes only that block is there with its outcome. Lists are made when first needed. What no table knows yet ends
the loop with a status; Python calls the function, extends the tables, and resumes the loop in the same state.
"""

from typing import Any, NamedTuple

import numpy as np

from kmodel.engines.exhaustive.arrays import GROUPS, WINDOW, Arrays
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
from kmodel.engines.tables.jit import UNKNOWN, Ints, compiled_to_borrow, inlined, look_up, prefetch, store
from kmodel.engines.tables.tries import NOTHING

SHARDS = 16
PROBE = 16  # states looked at for each thing that is not known, to find more
JUMP_LIMIT = 1 << 21  # nodes and values from here on are not remembered in jumps
CACHE_LINE = 8  # jumps
JUMP_CODE = (1 << 22) - 1
JUMP_KEY = ~JUMP_CODE
GOES_ON, MISSED, STUCK = range(3)  # what came of one thing: it is done, something is not known, or no room is left


@inlined
def walk(t: Arrays, code: int, values: Ints, out: Ints) -> int:
    """Follow a trie from a node to a leaf, for the blocks' values; UNKNOWN where it ends early.

    Where it ends at a value whose branch is not known, out[NODE] and out[VALUE] tell which.

    Reads of one block that follow each other are one jump. Jumps are remembered in a table that forgets what
    is in its way; an entry is one word (node, value, code reached), so that threads may share the table. Those for one
    value of a block are near each other, since waiting for them is what takes longest.
    """
    while code >= 0:
        start = code
        cell = t.node_position[code]
        block = t.cell_block[cell]
        value = values[block]
        key = (np.int64(start) << 43) | (np.int64(value) << 22)
        window = (t.block_base[block] + value) & (t.jumps.shape[0] - 1)
        slot = ((start * np.int64(-7046029254386353131)) >> 40) & (t.jumps.shape[1] - 1)
        entry = t.jumps[window, slot]
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
            t.jumps[window, slot] = key | (code + JUMP_LIMIT)
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


class Successors(NamedTuple):
    """One state's row of block values and its successors: each one's action, words, fingerprint, whether it is enough,
    and in which order they come."""

    row: Ints
    actions: Ints
    keys: Ints
    fingerprints: Ints
    is_chosen: Ints
    order: Ints


def room_for_successors(blocks: int, actions: int, words: int) -> Successors:
    """Return room for one state."""
    row, (each, fingerprints, order) = np.empty(blocks, np.int64), np.empty((3, actions), np.int64)
    return Successors(row, each, np.empty((actions, words), np.int64), fingerprints, np.ones(actions, np.uint8), order)


@inlined
def unpack(t: Arrays, rows: Ints, state: int, row: Ints) -> Any:
    """Take a state's words apart into the values of its blocks; return its fingerprint."""
    fingerprint = np.int64(0)
    for block in range(t.word.size):
        value = (rows[state, t.word[block]] >> t.shift[block]) & t.mask[block]
        row[block] = value
        fingerprint += t.block_fingerprint[t.block_base[block] + value]
    return fingerprint


@inlined
def look_ahead(t: Arrays, rows: Ints, state: int) -> None:
    """Ask for the jumps of a state's block values, which are at hand when its turn comes; if they are too many for a
    cache to hold, which their windows tell."""
    if t.jumps.shape[1] != WINDOW:
        return
    for block in range(t.word.size):
        value = (rows[state, t.word[block]] >> t.shift[block]) & t.mask[block]
        window = (t.block_base[block] + value) & (t.jumps.shape[0] - 1)
        for place in range(0, WINDOW, CACHE_LINE):
            prefetch(t.jumps, window * WINDOW + place)


@inlined
def ask(t: Arrays, root: int, code: int, subject: int, entry: int, row: Ints, out: Ints) -> int:
    """Return what a trie answers from a place in it on; UNKNOWN, with what is missing in `out`."""
    if code == UNKNOWN:
        code = t.roots[root]
    if code > NOTHING:
        code = walk(t, code, row, out)
        if code == UNKNOWN:
            out[STATUS], out[ASKED], out[SUBJECT], out[ENTRY] = MISS, root, subject, entry
    return code


@inlined
def write_within(t: Arrays, item: int, block: int, made: Successors, new: int, fingerprint: Any, out: Ints) -> int:
    """Make the successor of an item that changes no other block than its own."""
    following = t.item_next[item]
    made.fingerprints[new] = fingerprint + t.item_change[item]
    made.keys[new, t.word[block]] += (following - made.row[block]) << t.shift[block]
    if following > t.mask[block]:
        out[STATUS] = REPACK
        return STUCK
    return GOES_ON


@inlined
def write(t: Arrays, leaf: int, may_fill: bool, made: Successors, new: int, fingerprint: Any, out: Ints) -> int:
    """Make the successor that an outcome leads to, block by block."""
    changed = fingerprint
    for each in range(t.leaf_group_start[leaf], t.leaf_group_start[leaf + 1]):
        group = t.leaf_groups[each]
        block = t.group_block[group]
        old = made.row[block]
        following = look_up(t.group_keys, t.group_values, group, old)
        if following == UNKNOWN:
            if not may_fill or 2 * (t.used[GROUPS] + 1) > t.group_keys.size:
                out[STATUS] = GROW if may_fill else NEEDS_FILL
                return STUCK
            following = change(t, group, block, old, out)
            if following == UNKNOWN:
                return MISSED if out[STATUS] == MISS_UPDATE else STUCK
            store(t.group_keys, t.group_values, group, old, following)
            t.used[GROUPS] += 1
        if following > t.mask[block]:
            out[STATUS] = REPACK
            return STUCK
        base = t.block_base[block]
        changed += t.block_fingerprint[base + following] - t.block_fingerprint[base + old]
        made.keys[new, t.word[block]] += (following - old) << t.shift[block]
    made.fingerprints[new] = changed
    return GOES_ON


@inlined
def judge(t: Arrays, item: int, leaf: int, entry: int, state: int, row: Ints, misses: int, notes: Notes) -> int:
    """Ask the specs of steps about the step to a successor; return how many things are missing by then."""
    is_within = t.item_next[item] >= 0
    if is_within:
        first = t.item_check_start[item]
        last = first + t.item_check_length[item]
    else:
        step_class = t.leaf_class[leaf]
        first, last = t.class_start[step_class], t.class_start[step_class + 1]
    for check in range(first, last):
        root, code = (t.check_root[check], t.check_code[check]) if is_within else (t.class_roots[check], UNKNOWN)
        spec = t.root_spec[root]
        if t.done[spec]:
            continue
        code = ask(t, root, code, leaf, entry, row, notes.out)
        if code == UNKNOWN:
            misses = note(notes.missing, misses, state, notes.out)
        elif code < NOTHING and notes.found[spec] < 0 and misses == 0:
            notes.found[spec] = state
    return misses


@inlined
def provide_list(t: Arrays, actions: int, block: int, may_fill: bool, row: Ints, out: Ints) -> int:
    """See that there is the list of a block's value."""
    if t.list_start[t.block_base[block] + row[block]] >= 0:
        return GOES_ON
    if not may_fill:
        out[STATUS] = NEEDS_FILL
        return STUCK
    if fill(t, actions, block, row[block], out):
        return GOES_ON
    return MISSED if out[STATUS] == MISS_UPDATE else STUCK


@inlined
def put_in_order(made: Successors, new: int, action: int) -> None:
    """Keep the successors in the order of the actions, whatever the blocks are."""
    made.actions[new] = action
    place = new
    while place > 0 and made.actions[made.order[place - 1]] > action:
        made.order[place] = made.order[place - 1]
        place -= 1
    made.order[place] = new


@inlined
def successors(
    t: Arrays,
    actions: int,
    rows: Ints,
    state: int,
    may_fill: bool,
    check_only: bool,
    fingerprint: Any,
    made: Successors,
    misses: int,
    notes: Notes,
) -> tuple[int, int]:
    """Go through the lists of a state's block values; return how many successors it has, and how many misses there are.

    UNKNOWN successors: it is stuck at what must be provided for before anything else.
    """
    new = 0
    notes.out[NODE] = UNKNOWN
    for block in range(t.word.size):
        went = provide_list(t, actions, block, may_fill, made.row, notes.out)
        if went == STUCK:
            return UNKNOWN, misses
        if went == MISSED:
            misses = note(notes.missing, misses, state, notes.out)
            continue
        entry = t.block_base[block] + made.row[block]
        for item in range(t.list_start[entry], t.list_start[entry] + t.list_length[entry]):
            root = t.item_root[item]
            code = ask(t, root, t.item_code[item], 0, entry, made.row, notes.out)
            if code == NOTHING:
                continue
            if code == UNKNOWN:
                misses = note(notes.missing, misses, state, notes.out)
                continue
            if root >= actions:
                spec = t.root_spec[root]
                if not t.done[spec] and notes.found[spec] < 0 and misses == 0:
                    notes.found[spec] = state
                continue
            if check_only:
                continue
            for word in range(rows.shape[1]):
                made.keys[new, word] = rows[state, word]
            leaf = NOTHING - code
            if t.item_next[item] >= 0:
                went = write_within(t, item, block, made, new, fingerprint, notes.out)
            else:
                went = write(t, leaf, may_fill, made, new, fingerprint, notes.out)
            if went == STUCK:
                return UNKNOWN, misses
            if went == MISSED:
                misses = note(notes.missing, misses, state, notes.out)
                continue
            misses = judge(t, item, leaf, entry, state, made.row, misses, notes)
            put_in_order(made, new, root)
            new += 1
    return new, misses


@inlined
def hand_out(
    rows: Ints, state: int, origin: int, fingerprint: Any, made: Successors, new: int, outgoing: Outgoing, notes: Notes
) -> bool:
    """Put the successors that are enough into their buckets; True if those of another state may find no room."""
    full = False
    for place in range(new):
        each = made.order[place]
        if not made.is_chosen[each]:
            continue
        notes.fired[made.actions[each]] += 1
        same = made.fingerprints[each] == fingerprint
        if same:
            for word in range(rows.shape[1]):
                same = same and made.keys[each, word] == rows[state, word]
            if same:
                continue
        shard = (made.fingerprints[each] >> 56) & (SHARDS - 1)
        at = outgoing.counts[shard]
        for word in range(rows.shape[1]):
            outgoing.keys[shard, at, word] = made.keys[each, word]
        outgoing.fingerprints[shard, at] = made.fingerprints[each]
        outgoing.sources[shard, at] = state - origin
        outgoing.taken[shard, at] = made.actions[each]
        outgoing.counts[shard] = at + 1
        if at + 1 + made.actions.size > outgoing.keys.shape[1]:
            full = True
    return full


@inlined
def is_full(outgoing: Outgoing, actions: int) -> bool:
    """Tell whether a bucket may have no room for the successors of another state."""
    full = False
    for shard in range(outgoing.counts.size):
        full = full or outgoing.counts[shard] + actions > outgoing.keys.shape[1]
    return full


@compiled_to_borrow
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
    made: Successors,
    outgoing: Outgoing,
    notes: Notes,
) -> None:
    """Expand the states low to high of a shard into the buckets of the shards that their successors belong to.

    Why it stopped, and where to resume, is in `out`. From the first state on of which something is not
    known, states are only looked at, to find more that is not known: all that is in the first out[MISSES] rows of
    `missing`. With a relation, of a state's successors only those are added that are enough.
    """
    out = notes.out
    misses, resume = 0, low
    full = is_full(outgoing, actions)
    for state in range(low, high):
        if misses > 0 and (misses == notes.missing.shape[0] or state >= resume + PROBE * misses):
            break
        if misses == 0:
            out[STATE] = state
            if full:
                out[STATUS] = FULL
                return
        fingerprint = unpack(t, rows, state, made.row)
        if state + 1 < high:
            look_ahead(t, rows, state + 1)
        known_before = misses
        new, misses = successors(t, actions, rows, state, may_fill, check_only, fingerprint, made, misses, notes)
        if misses > 0 and known_before == 0:
            resume = state
        if new == UNKNOWN and misses > 0:
            break
        if new == UNKNOWN:
            return
        if misses > 0:
            continue
        if relation is not None:  # or else this is not even compiled
            if choose(t, relation, actions, made.row, made.actions, made.keys, made.fingerprints, new, made.is_chosen):
                relation.in_part[(fingerprint >> 56) & (SHARDS - 1)] += 1
            else:
                for each in range(actions):
                    made.is_chosen[each] = 1
        full = hand_out(rows, state, origin, fingerprint, made, new, outgoing, notes) or full
    if misses > 0:
        out[STATUS], out[STATE], out[MISSES] = MISSING, resume, misses
    else:
        out[STATUS], out[STATE] = DONE, high
