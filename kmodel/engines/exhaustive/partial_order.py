"""Dependence: which actions can change what others see or write, learned from the footprints of the search itself.

Partial-order reduction expands a state by some of its enabled actions only, those of a stubborn set (Valmari: Stubborn
sets for reduced state space generation, 1990). Here the members of the set are tries: of actions, and of the specs of
states, which are actions that are never enabled. What the specs of steps read of an action's steps counts as read by
the action. A set T is stubborn in a state s if, for each member,

1. whoever can change what the member reads in s is in T, and
2. if the member is enabled in s, whoever writes the cells that it writes, or sees them differently after, is in T.

So whatever others do first, a member answers as in s, and the enabled ones commute with it. "Can" and "sees" mean: has
been seen to, in any state of the reduced search. That is enough, by induction over the length n of a path from s and
the distance from s to a state that is expanded in full:

    Whatever is evaluated after a path of n steps from s has been evaluated, with the same reads, answer and changes, in
    a state of the reduced search.

If some step of the path is of T, the first that is can be taken first, by the claim for shorter paths, which leaves a
shorter one. If none is, take an enabled member a of T first: the path can be taken after it. A member of T still
answers as in s. Anything else reads, after a and the path, as it does after the path alone up to the first cell that a
has changed and that shows so; by the claim it was seen to read that, so it would be in T by 2. Therefore verdicts on
specs, deadlocks and the actions that are ever enabled are those of the full search. Lengths of paths are not.

The distance is finite since a state is expanded in part only if that leads to a state of the next level (Bosnacki,
Leue, Lluch Lafuente: Partial-order reduction for general state exploring algorithms, 2009). What is known is taken in
between levels; a search that learned anything after it began is repeated with what it learned, until it learns nothing.
So the outcome does not depend on the number of threads.

All this is up to the renumbering of ranks. Functions only compare ranks, so they do the same, renumbered, in states
that differ in absolute numbers only; and the engine's states are numbered canonically. So neither the renumbering at
the end of a step nor what was read for it counts. A projection that mentions a rank is not the same after another
renumbering; whoever looks through it counts as reading the whole value.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from kmodel.engines.exhaustive.store import Shard
from kmodel.engines.tables.jit import Ints, compiled
from kmodel.engines.tables.tries import Leaf, Tables
from kmodel.kernel.rank import is_renumbering, mentions_rank

WORD_BITS = 64

Facts = tuple[int, int, int]


class Relation(NamedTuple):
    """The dependence as the compiled loop reads it, and the states found before it began on a round.

    A row has one bit per trie of an action or of a spec of states, in words.
    """

    changers: Ints  # per projection: who can change what it shows
    pair_keys: Ints  # a memo of (update, value): its row in `touched`
    pair_rows: Ints
    touched: Ints  # per update of a value: who writes the cell, or sees it differently after
    ends: Ints  # per shard: where the states of the next level begin
    in_part: Ints  # per shard: how many states were expanded in part
    states: tuple[Ints, ...]
    hash_tables: tuple[Ints, ...]


class Dependence:
    """What is known of a model's dependence, taken from its tables between two levels of a search."""

    def __init__(self, tables: Tables, shards: int) -> None:
        self._tables = tables
        self._width = len(tables.model.actions) + len(tables.state_specs)
        self._writers = np.zeros((tables.cells, self._width), np.uint8)
        self._updaters: list[set[int]] = []  # per update: the actions that make it, without renumbering
        self._updates: list[set[Callable[[Any], Any]]] = []  # per update: what it is without renumbering
        self._changers = np.zeros((0, self._width), np.uint8)
        self._outcomes = 0
        self._at_first: Facts | None = None  # what was known when the search began
        self._taken: tuple[Facts, bytes] | None = None
        self._ends, self._in_part = np.zeros((2, shards), np.int64)
        self._relation: Relation | None = None

    @property
    def in_part(self) -> int:
        """How many states were expanded in part since the search began."""
        return int(self._in_part.sum())

    @property
    def is_settled(self) -> bool:
        """Whether nothing was left out, or on the strength of all that is known by now."""
        return not self.in_part or self._at_first == self._facts

    def begin(self) -> None:
        """Begin a search, perhaps once more."""
        self._at_first = self._facts
        self._in_part[:] = 0

    def take_in(self, ends: Sequence[int], done: Ints) -> None:
        """Take in what is known by now, for a level that ends at these places; specs that are done see nothing."""
        self._ends[:] = ends
        now = (self._facts, done.tobytes())
        if now == self._taken:
            return
        self._taken = now
        interner = self._tables.interner
        self._note_writes()
        slots = np.flatnonzero(interner.updated.keys >= 0)
        rows = np.zeros(interner.updated.keys.size, np.int32)
        rows[slots] = np.arange(slots.size)
        changes = np.array(list(self._changes(slots)) or np.empty((0, 4)), np.int64)
        start, listed = self._projections_by_cell()
        kinds = [projection.function for _, projection, _ in interner.projections]
        readers = self._readers(done)
        readers[[is_renumbering(kind) for kind in kinds]] = 0
        changers = np.zeros_like(readers)
        touched = np.zeros((slots.size, self._width), np.uint8)
        updaters = np.zeros((len(self._updaters), self._width), np.uint8)
        for update, actions in enumerate(self._updaters):
            updaters[update, list(actions)] = 1
        relate(
            changes,
            np.array(interner.update_cells, np.int32),
            start,
            listed,
            np.array([mentions_rank(kind) for kind in kinds], np.bool_),
            interner.projection_base.data,
            interner.branches.data,
            readers,
            self._writers,
            updaters,
            changers,
            touched,
        )
        self._changers = changers
        pair_keys, known = interner.updated.keys.copy(), (_as_bits(changers), _as_bits(touched))
        self._relation = Relation(known[0], pair_keys, rows, known[1], self._ends, self._in_part, (), ())

    def relation(self, shards: Sequence[Shard]) -> Relation | None:
        """Return what was taken in, with the states as they are now; None if nothing was, to expand all in full."""
        if self._relation is None:
            return None
        states, hash_tables = (tuple(getattr(each, kind) for each in shards) for kind in ("states", "table"))
        return self._relation._replace(states=states, hash_tables=hash_tables)

    def seen_by(self, spec: int) -> int:
        """Return how many actions can change what a spec looks at."""
        tables = self._tables
        nodes = tables.node_position.size
        of_spec = tables.root_spec.data[tables.node_root.data[:nodes]] == spec
        projections = np.unique(tables.node_projection.data[:nodes][of_spec])
        known = projections[projections < len(self._changers)]
        return int(self._changers[known, : len(tables.model.actions)].any(axis=0).sum())

    @property
    def _facts(self) -> Facts:
        tables = self._tables
        return tables.node_position.size, len(tables.outcomes), int(tables.interner.updated.used[0])

    def _note_writes(self) -> None:
        """Note which action makes which updates, and what these are without the renumbering."""
        tables = self._tables
        for _ in range(len(tables.interner.update_cells) - len(self._updaters)):
            self._updaters.append(set())
            self._updates.append(set())
        for outcome in tables.outcomes[self._outcomes :]:
            if isinstance(outcome, Leaf):
                own = {write.position: write.update for write in outcome.effect.writes}
                for cell, update in outcome.writes:
                    if cell in own:
                        self._writers[cell, outcome.action] = 1
                        self._updaters[update].add(outcome.action)
                        self._updates[update].add(own[cell])
        self._outcomes = len(tables.outcomes)

    def _changes(self, slots: Ints) -> Iterator[tuple[int, int, int, int]]:
        """Yield, for each update of a value that was made: its row, the update, the value and the new one.

        The new value is that without renumbering.
        """
        interner = self._tables.interner
        keys, values = interner.updated.keys[slots].tolist(), interner.updated.values[slots].tolist()
        for row, (key, new) in enumerate(zip(keys, values, strict=True)):
            update, old = key >> 32, key & 0xFFFFFFFF
            for own in self._updates[update]:
                yield row, update, old, new if interner.is_update(update, own) else interner.changed(update, old, own)

    def _readers(self, done: Ints) -> Ints:
        """Return, per projection, who has looked at a cell through it."""
        tables = self._tables
        nodes, roots = tables.node_position.size, tables.roots.size
        spec = tables.root_spec.data[:roots]
        asked = (spec < 0) | (done[spec] == 0)
        root = tables.node_root.data[:nodes]
        kept = asked[root]
        readers = np.zeros((len(tables.interner.projections), self._width), np.uint8)
        readers[tables.node_projection.data[:nodes][kept], tables.root_owner.data[root[kept]]] = 1
        return readers

    def _projections_by_cell(self) -> tuple[Ints, Ints]:
        """Return the projections of each cell that may show a change, all values looked at through them."""
        interner = self._tables.interner
        by_cell: list[list[int]] = [[] for _ in range(self._tables.cells)]
        for number, (cell, projection, _) in enumerate(interner.projections):
            if self._writers[cell].any() and not is_renumbering(projection.function):
                interner.look_at_all(number)
                by_cell[cell].append(number)
        start = np.concatenate(([0], np.cumsum([len(numbers) for numbers in by_cell]))).astype(np.int32)
        return start, np.array([number for numbers in by_cell for number in numbers] or [0], np.int32)


def _as_bits(rows: Ints) -> Ints:
    words = -(-rows.shape[1] // WORD_BITS)
    padded = np.zeros((rows.shape[0], words * WORD_BITS), np.uint8)
    padded[:, : rows.shape[1]] = rows
    return np.packbits(padded, axis=1, bitorder="little").view("<i8").astype(np.int64)


@compiled
def relate(
    changes: Ints,
    update_cell: Ints,
    projection_start: Ints,
    projections: Ints,
    is_of_rank: Ints,
    projection_base: Ints,
    branches: Ints,
    readers: Ints,
    writers: Ints,
    updaters: Ints,
    changers: Ints,
    touched: Ints,
) -> None:
    """Find out, for each change of a value, which projections show it and who looks through these."""
    for each in range(changes.shape[0]):
        row, update, old, new = changes[each]
        cell = update_cell[update]
        touched[row] |= writers[cell]
        for place in range(projection_start[cell], projection_start[cell + 1]):
            projection = projections[place]
            base = projection_base[projection]
            shows = old != new if is_of_rank[projection] else branches[base + old] != branches[base + new]
            if shows:
                touched[row] |= readers[projection]
                changers[projection] |= updaters[update]
