"""The steps between the states of a finished search, as arrays: each state is expanded once more, and nothing added."""

import numpy as np

from kmodel.engines.exhaustive.rounds import Frontier
from kmodel.engines.exhaustive.store import PLACE_BITS, PLACE_MASK
from kmodel.engines.tables.jit import Ints, compiled
from kmodel.kernel import ModelError


@compiled
def find(keys: Ints, fingerprints: Ints, length: int, states: Ints, table: Ints, first: int, targets: Ints) -> bool:
    """Write the numbers of a bucket's states, counted from the shard's first; False if one of them is not known."""
    words, mask = keys.shape[1], table.size - 1
    for each in range(length):
        slot = fingerprints[each] & mask
        tag = (fingerprints[each] >> 50) & 63
        while True:
            entry = np.int64(table[slot])
            if entry == 0:
                return False
            same = entry >> PLACE_BITS == tag
            if same:
                for word in range(words):
                    same = same and states[(entry & PLACE_MASK) - 1, word] == keys[each, word]
            if same:
                targets[each] = first + (entry & PLACE_MASK) - 1
                break
            slot = (slot + 1) & mask
    return True


@compiled
def by_source(sources: Ints, states: int, start: Ints, order: Ints) -> None:
    """Write where the steps from each state start, and the places of the steps, sorted by their first states."""
    for each in range(sources.size):
        start[sources[each] + 1] += 1
    for state in range(states):
        start[state + 1] += start[state]
    at = start[:states].copy()
    for each in range(sources.size):
        order[at[sources[each]]] = each
        at[sources[each]] += 1


def steps_of(space: Frontier) -> tuple[Ints, Ints, Ints]:
    """Return where the steps from each state start, where they lead, and the actions that take them.

    States are numbered shard by shard. Steps that change nothing are left out. ModelError if a step leads to a
    state that the search did not find.
    """
    firsts = np.concatenate(([0], np.cumsum([shard.count for shard in space.shards])))
    ends = [shard.count for shard in space.shards]
    sources, targets, actions = [], [], []
    with space.looking_back():
        while space.cursor != ends:
            space.expand_round(ends)
            buckets = space.buckets
            for source, target in zip(*buckets.counts.nonzero(), strict=True):
                length = int(buckets.counts[source, target])
                shard, found = space.shards[target], np.empty(length, np.uint32)
                states, fingerprints = buckets.states[source, target], buckets.fingerprints[source, target]
                if not find(states, fingerprints, length, shard.states, shard.table, int(firsts[target]), found):
                    raise ModelError("a step leads elsewhere than in the search; a transition is not deterministic")
                targets.append(found)
                origin = np.uint32(firsts[source] + buckets.origins[source, 1])
                sources.append(buckets.parents[source, target, :length].astype(np.uint32) + origin)
                actions.append(buckets.actions[source, target, :length].copy())
    if not targets:
        return np.zeros(space.states + 1, np.int64), np.empty(0, np.uint32), np.empty(0, np.uint32)
    every_source = np.concatenate(sources)
    start, order = np.zeros(space.states + 1, np.int64), np.empty(every_source.size, np.int64)
    by_source(every_source, space.states, start, order)
    return start, np.concatenate(targets)[order], np.concatenate(actions)[order]
