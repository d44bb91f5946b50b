"""The states seen so far, known by their 128-bit fingerprints once they are expanded.

A state is there packed until it has been expanded; what stays of it are its two fingerprints, its parent, and its entry
in the hash table. Two states with the same 128 bits would be taken for one, and what only the second leads to would not
be seen: what such a search says of a spec is said with the probability of that. Per state it is 16 bytes whatever the
model, so it is of use only where a packed state takes more.
"""

from typing import Any

import numpy as np

from kmodel.engines.exhaustive.arrays import Arrays
from kmodel.engines.exhaustive.buckets import Buckets
from kmodel.engines.exhaustive.memory import MemoryBudget, Pages
from kmodel.engines.exhaustive.store import PLACE_BITS, PLACE_MASK, Shard, fetch_ahead
from kmodel.engines.tables.jit import Ints, compiled


@compiled
def insert(
    t: Arrays,
    found: Ints,
    fingerprints: Ints,
    sources: Ints,
    lengths: Ints,
    target: int,
    states: Ints,
    parents: Ints,
    known: Ints,
    table: Ints,
    count: int,
    limit: int,
    firsts: Ints,
) -> int:
    """Do as store.insert does, for states that are new by both their fingerprints."""
    mask = table.size - 1
    flat = known.reshape(known.size)
    for source in range(lengths.shape[0]):
        firsts[source] = count
        length, bucket = lengths[source, target], fingerprints[source, target]
        for each in range(length):
            fetch_ahead(bucket, each, length, table, flat, 2)
            fingerprint, second = fingerprints[source, target, each], np.int64(0)
            for block in range(t.word.size):
                value = (found[source, target, each, t.word[block]] >> t.shift[block]) & t.mask[block]
                second += t.block_second[t.block_base[block] + value]
            tag = (fingerprint >> 50) & 63
            slot = fingerprint & mask
            entry = np.int64(table[slot])
            while entry != 0:
                place = (entry & PLACE_MASK) - 1
                if entry >> PLACE_BITS == tag and known[place, 0] == fingerprint and known[place, 1] == second:
                    break
                slot = (slot + 1) & mask
                entry = np.int64(table[slot])
            if entry != 0:
                continue
            if count >= limit:
                firsts[source + 1 :] = count
                return -1
            for word in range(found.shape[3]):
                states[count, word] = found[source, target, each, word]
            known[count, 0], known[count, 1] = fingerprint, second
            parents[count] = sources[source, target, each]
            count += 1
            table[slot] = (tag << PLACE_BITS) | count
    return count


@compiled
def enter_all(known: Ints, count: int, table: Ints) -> None:
    """Enter all fingerprints into an empty table."""
    mask = table.size - 1
    for state in range(count):
        fingerprint: Any = known[state, 0]
        slot = fingerprint & mask
        while table[slot] != 0:
            slot = (slot + 1) & mask
        table[slot] = (((fingerprint >> 50) & 63) << PLACE_BITS) | (state + 1)


class FingerprintShard(Shard):
    """The states of one shard: packed from `first` on, and the fingerprints of all."""

    _arrays: Arrays  # as they were when room was last made

    def __init__(self, words: int, memory: MemoryBudget) -> None:
        super().__init__(words, memory)
        self._known = self._array("known", (self.states.shape[0], 2), np.int64)

    @property
    def bytes_stored(self) -> int:
        """How large what is known of the states is."""
        return super().bytes_stored + int(self._known[: self.count].nbytes)

    def forget(self, until: int) -> None:
        """Keep only the fingerprints of the states before a place, which are expanded."""
        self.first = until
        store = self._stores["states"]
        assert isinstance(store, Pages), "a memory budget is refused for fingerprints"
        store.forget(until * self.states.strides[0])

    def reserve(self, spare: int, arrays: Arrays) -> None:
        """Make room for that many more states."""
        self._arrays = arrays
        super().reserve(spare, arrays)
        if self._known.shape[0] != self.states.shape[0]:
            self._known = self._stores["known"].array((self.states.shape[0], 2), np.int64)

    def is_at(self, place: int, state: Ints, fingerprints: Ints) -> bool:
        """Tell whether a packed state, with its two fingerprints, is the one at a place."""
        return bool((self._known[place] == fingerprints).all())

    def _insert(self, buckets: Buckets, target: int, limit: int, firsts: Ints) -> int:
        found = (buckets.states, buckets.fingerprints, buckets.parents, buckets.counts, target)
        kept = (self.states, self.parents, self._known, self.table)
        return int(insert(self._arrays, *found, *kept, self.count, limit, firsts))

    def _enter_all(self, arrays: Arrays) -> None:
        enter_all(self._known, self.count, self.table)
