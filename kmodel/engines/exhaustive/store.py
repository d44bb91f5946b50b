"""The states seen so far: stored exactly, packed, in the order in which they were found (or see fingerprinted).

States belong to one of 16 shards by their fingerprints. A shard has an array of packed states, for each of
them the distance of its parent from the start of a run of parents, and a hash table of 32-bit entries: a tag of six
bits, and the state's place in the array. Threads work on different shards, so nothing is locked.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

import numpy as np

from kmodel.engines.exhaustive.arrays import Arrays
from kmodel.engines.exhaustive.buckets import Buckets
from kmodel.engines.exhaustive.memory import KINDS, MemoryBudget, Pages, SpillFile
from kmodel.engines.tables.jit import Ints, compiled, inlined, prefetch

PLACE_BITS = 26
PLACE_MASK = (1 << PLACE_BITS) - 1
MOST_STATES = PLACE_MASK  # in a shard: an entry of its hash table holds the place + 1, and zero is for no entry
AHEAD = 16  # how many states ahead memory is asked for, so that cache misses overlap
MAX_LOAD = 0.8  # of a hash table before a round
FULL_LOAD = 0.95  # of a hash table after a round, were all that was found new; most of it is not
RUNS = ("run_start", "run_shard", "run_origin")
NO_LIMIT = 1 << 62


@inlined
def fetch_ahead(fingerprints: Ints, each: int, length: int, table: Ints, compared: Ints, width: int) -> None:
    """Ask for the memory that looking up the states after this one of a bucket will need: the slots of the table, and
    what the likely ones are compared with, so many items per state."""
    mask = table.size - 1
    if each + 2 * AHEAD < length:
        prefetch(table, fingerprints[each + 2 * AHEAD] & mask)
    if each + AHEAD < length:
        likely: Any = np.int64(table[fingerprints[each + AHEAD] & mask])
        prefetch(compared, max(0, (likely & PLACE_MASK) - 1) * width)


@compiled
def insert(
    found: Ints,
    fingerprints: Ints,
    sources: Ints,
    lengths: Ints,
    target: int,
    states: Ints,
    parents: Ints,
    table: Ints,
    count: int,
    limit: int,
    firsts: Ints,
) -> int:
    """Add those of a shard's buckets' states that are new, at most up to a count of `limit`; return the new count,
    negative if there are more. Where each source's states begin is then in `firsts`."""
    words = found.shape[3]
    mask = table.size - 1
    flat = states.reshape(states.size)
    for source in range(lengths.shape[0]):
        firsts[source] = count
        length, bucket = lengths[source, target], fingerprints[source, target]
        for each in range(length):
            fetch_ahead(bucket, each, length, table, flat, words)
            fingerprint = fingerprints[source, target, each]
            tag = (fingerprint >> 50) & 63
            slot = fingerprint & mask
            known = False
            entry = np.int64(table[slot])
            while entry != 0:
                if entry >> PLACE_BITS == tag:
                    place = (entry & PLACE_MASK) - 1
                    known = True
                    for word in range(words):
                        if states[place, word] != found[source, target, each, word]:
                            known = False
                            break
                    if known:
                        break
                slot = (slot + 1) & mask
                entry = np.int64(table[slot])
            if known:
                continue
            if count >= limit:
                firsts[source + 1 :] = count
                return -1
            for word in range(words):
                states[count, word] = found[source, target, each, word]
            parents[count] = sources[source, target, each]
            count += 1
            table[slot] = (tag << PLACE_BITS) | count
    return count


@compiled
def place_of(key: Ints, fingerprint: int, states: Ints, table: Ints) -> int:
    """Return the place of a state in its shard; UNKNOWN if it is not there."""
    mask = table.size - 1
    slot = fingerprint & mask
    entry: Any = np.int64(table[slot])
    while entry != 0:
        if entry >> PLACE_BITS == (fingerprint >> 50) & 63:
            place = (entry & PLACE_MASK) - 1
            same = True
            for word in range(key.size):
                same = same and states[place, word] == key[word]
            if same:
                return place  # type: ignore[no-any-return]
        slot = (slot + 1) & mask
        entry = np.int64(table[slot])
    return -1


@compiled
def rehash(t: Arrays, states: Ints, count: int, table: Ints) -> None:
    """Enter all states into an empty table."""
    mask = table.size - 1
    ahead = np.empty(2 * AHEAD, np.int64)  # fingerprints of states whose slots are on their way from memory
    for place in range(count + ahead.size):
        if place >= ahead.size:
            fingerprint = ahead[place % ahead.size]
            slot = fingerprint & mask
            while table[slot] != 0:
                slot = (slot + 1) & mask
            table[slot] = (((fingerprint >> 50) & 63) << PLACE_BITS) | (place - ahead.size + 1)
        if place < count:
            fingerprint = np.int64(0)
            for block in range(t.word.size):
                value = (states[place, t.word[block]] >> t.shift[block]) & t.mask[block]
                fingerprint += t.block_fingerprint[t.block_base[block] + value]
            ahead[place % ahead.size] = fingerprint
            prefetch(table, fingerprint & mask)


class Shard:
    """The states of one shard, and which states of which shards they were found from."""

    states: Ints
    parents: Ints
    table: Ints

    def __init__(self, words: int, memory: MemoryBudget) -> None:
        self.count = 0
        self.first = 0  # state that is there packed; this store keeps all of them
        self._memory = memory
        self._stores: dict[str, Pages | SpillFile] = {}
        self.states = self._array("states", (256, words), np.uint32)
        self.parents = self._array("parents", (256,), np.uint16)
        self.table = self._array("table", (512,), np.uint32)
        # runs of states found from one run of parents: the first state, and the shard and place of the first parent
        self.run_start, self.run_shard, self.run_origin = array("q"), array("q"), array("q")

    @property
    def packed(self) -> Ints:
        """The states that are there packed."""
        return self.states[self.first : self.count]

    def has_room(self, spare: int) -> bool:
        """Tell whether there are places for that many more states."""
        return self.count + spare <= MOST_STATES

    @property
    def full(self) -> str:
        """What there is to say if there is no place for another state; nothing if there is."""
        if self.has_room(1):
            return ""
        return (
            f"one of the parts that states are stored in is full, with {MOST_STATES:,} of them; explore fewer by "
            "symmetry or partial-order reduction, or a smaller model"
        )

    @property
    def bytes_stored(self) -> int:
        """How large what is known of the states is."""
        return int(self.packed.nbytes) + int(self.parents[: self.count].nbytes) + int(self.table.nbytes)

    @property
    def bytes_in_memory(self) -> int:
        """How large the arrays are that are not in files."""
        return sum(getattr(self, kind).nbytes for kind in KINDS if kind not in self._memory.on_disk)

    @property
    def bytes_on_disk(self) -> int:
        """How large the arrays are that are in files."""
        return sum(getattr(self, kind).nbytes for kind in self._memory.on_disk)

    def growth(self, spare: int) -> int:
        """Return how many bytes of memory it takes to make room for that many more states."""
        rows, slots = self._sizes(spare)
        bytes_after = {"parents": 2 * rows, "states": 4 * rows * self.states.shape[1], "table": 4 * slots}
        return sum(bytes_after[kind] - getattr(self, kind).nbytes for kind in KINDS if kind not in self._memory.on_disk)

    def reserve(self, spare: int, arrays: Arrays) -> None:
        """Make room for that many more states."""
        rows, slots = self._sizes(spare)
        if rows != self.states.shape[0]:
            self.states = self._stores["states"].array((rows, self.states.shape[1]), np.uint32)
            self.parents = self._stores["parents"].array((rows,), np.uint16)
        if slots != self.table.size:
            self.make_table(arrays, slots)

    def make_table(self, arrays: Arrays, slots: int | None = None) -> None:
        """Enter all states into a new hash table, of a size that fits if none is given."""
        slots = slots or self._sizes(0)[1]
        self.table = np.zeros(0, np.uint32)
        self.table = self._array("table", (slots,), np.uint32)
        self._enter_all(arrays)

    def forget(self, until: int) -> None:
        """Take note that the states before a place are expanded; this store keeps them nevertheless."""

    def replace_states(self, words: int, pack: Callable[[Ints], None]) -> None:
        """Have all states written anew, in so many words each, into an array of the same number of rows."""
        former = self._stores.pop("states")
        states = self._array("states", (self.states.shape[0], words), np.uint32)
        pack(states[self.first :])
        self.states = states
        former.close()

    def restore(self, words: int, count: int, runs: int, read: Callable[[Ints], None]) -> None:
        """Take all but the hash table from a reader that fills the arrays one after another."""
        self.count = count
        rows = max(256, count)
        self.states = self._array("states", (rows, words), np.uint32)
        self.parents = self._array("parents", (rows,), np.uint16)
        read(self.states[:count])
        read(self.parents[:count])
        for name in RUNS:
            items = np.empty(runs, np.int64)
            read(items)
            setattr(self, name, array("q", items.tobytes()))

    def contents(self) -> list[Ints]:
        """Return the arrays that restore() reads, in order."""
        runs = [np.array(getattr(self, name), np.int64) for name in RUNS]
        return [self.states[: self.count], self.parents[: self.count], *runs]

    def move_to_disk(self, kind: str) -> None:
        """Move one of the arrays to a file."""
        old = getattr(self, kind)
        length = old.size if kind == "table" else self.count
        new = self._array(kind, old.shape, old.dtype)
        new[:length] = old[:length]
        setattr(self, kind, new)

    def close(self) -> None:
        """Let the files go."""
        for store in self._stores.values():
            store.close()

    def _sizes(self, spare: int) -> tuple[int, int]:
        """Return how many states, and slots of the table, there must be room for."""
        wanted = min(self.count + spare, MOST_STATES)
        rows, slots = self.states.shape[0], self.table.size
        if wanted > rows:
            rows = max(wanted, rows + rows // 8)
        while self.count > MAX_LOAD * slots or wanted > FULL_LOAD * slots:
            slots *= 2
        return rows, slots

    def _array(self, kind: str, shape: tuple[int, ...], dtype: Any) -> Ints:
        """Return a new array of zeros, in memory or in a file of its own."""
        if kind in self._stores:
            self._stores.pop(kind).close()
        on_disk = kind in self._memory.on_disk
        store = self._stores[kind] = SpillFile(self._memory.folder) if on_disk else Pages(huge=kind == "table")
        return store.array(shape, dtype)

    def add(self, buckets: Buckets, target: int, limit: int = NO_LIMIT) -> bool:
        """Add those states meant for this shard that are new, up to a count, and as many as it can hold; False if
        there are more."""
        limit = min(limit, MOST_STATES)
        firsts = np.empty(len(buckets.origins) + 1, np.int64)
        count = self._insert(buckets, target, limit, firsts)
        self.count = limit if count < 0 else count
        firsts[-1] = self.count
        for source in np.flatnonzero(np.diff(firsts)).tolist():
            shard, place = buckets.origins[source].tolist()
            self.run_start.append(int(firsts[source]))
            self.run_shard.append(shard)
            self.run_origin.append(place)
        return count >= 0

    def is_at(self, place: int, state: Ints, fingerprints: Ints) -> bool:
        """Tell whether a packed state, with its two fingerprints, is the one at a place."""
        return bool((self.states[place] == state).all())

    def _insert(self, buckets: Buckets, target: int, limit: int, firsts: Ints) -> int:
        found = (buckets.states, buckets.fingerprints, buckets.parents, buckets.counts, target)
        return int(insert(*found, self.states, self.parents, self.table, self.count, limit, firsts))

    def _enter_all(self, arrays: Arrays) -> None:
        """Enter all states into an empty hash table."""
        rehash(arrays, self.states, self.count, self.table)

    def parent(self, place: int) -> tuple[int, int]:
        """Return the shard and place of a state's parent; shard INITIAL and an index for an initial state."""
        run = bisect_right(self.run_start, place) - 1
        return self.run_shard[run], self.run_origin[run] + int(self.parents[place])
