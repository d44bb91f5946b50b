"""Interning: each cell's values, projections and updates as small integers, in arrays that compiled code reads."""

from collections.abc import Callable, Hashable, Sequence
from operator import getitem
from typing import Any

import numpy as np

from kmodel.engines.tables.jit import MOST, UNKNOWN, Ints, Memo, Vector, tables_are_full
from kmodel.engines.tables.spelling import fingerprints
from kmodel.kernel import BareCluster, Cluster, Layout, ModelError
from kmodel.kernel.cluster import name_of
from kmodel.kernel.footprint import Projection, call
from kmodel.kernel.rank import ranks
from kmodel.kernel.values import identity, plain


class Numbering:
    """The numbers of the values of each cell that were seen so far."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.values: list[list[Any]] = [[] for _ in layout.cells]
        self._ids: list[dict[Hashable, int]] = [{} for _ in layout.cells]

    def intern(self, cell: int, value: Any) -> int:
        """Return the number of a value of the cell at a position, a new one if it was never seen.

        BoundReached if the cell has as many values as there are numbers.
        """
        key = identity(value)
        number = self._ids[cell].get(key)
        if number is None:
            self._check_mentions(cell, value)
            if len(self.values[cell]) >= MOST:
                raise tables_are_full()
            number = self._ids[cell][key] = len(self.values[cell])
            self.values[cell].append(value)
            self._added(cell, number)
        return number

    def updated_by(self, update: Callable[[Any], Any], cell: int, value: int) -> int:
        """Return the number of what an update makes of a value of the cell."""
        where = f"cell {self.layout.cells[cell]}"
        who = f"what is written to {where} by {name_of(update)}"
        return self.intern(cell, call(lambda old: plain(update(old), lambda: where), self.values[cell][value], who))

    def row(self, cluster: Cluster) -> list[int]:
        """Return the numbers of a cluster's values, one per cell."""
        return [self.intern(cell, value) for cell, value in enumerate(cluster.values)]

    def cluster(self, row: Sequence[int]) -> Cluster:
        """Return the cluster whose values have these numbers."""
        return BareCluster(self.layout, tuple(map(getitem, self.values, row)))

    def _added(self, cell: int, number: int) -> None:
        """Note that a value is new, for those who keep more of it."""

    def _check_mentions(self, cell: int, value: Any) -> None:
        mentioning = self.layout.cells[cell]
        for scope in {rank.scope for rank in ranks(value)}:
            if not self.layout.may_mention(mentioning, scope):
                raise ModelError(
                    f"cell {mentioning} mentions a rank of {scope}, which the layout's may_mention excludes; "
                    "let it return True for the two"
                )


class Interner(Numbering):
    """The values seen so far, and what is known of them, as numbers.

    A value has a number within its cell; a projection, and an update, has a number within the model and belongs
    to one cell. The pools hold, for each cell, a row with one entry per value: its fingerprints, or its branch as a
    projection shows it.
    """

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        cells = len(layout.cells)
        self._capacity = [4] * cells
        self.fingerprint_base = np.arange(0, 4 * cells, 4, dtype=np.int64)
        self.fingerprints = np.zeros((2, 4 * cells), np.int64)
        self._projection_ids: dict[tuple[int, Projection], int] = {}
        self.projections: list[tuple[int, Projection, dict[Hashable, int]]] = []  # its cell, and the branches
        self._projections_of: list[list[int]] = [[] for _ in range(cells)]
        self._looked_at: dict[int, int] = {}  # how many values all of which were looked at through a projection
        self.projection_base = Vector(np.int64)
        self.branches = Vector()
        self._update_ids: dict[tuple[int, Hashable], int] = {}
        self._updates: list[Callable[[Any], Any]] = []
        self.update_cells: list[int] = []
        self.updated = Memo()

    def arrays(self) -> dict[str, Ints]:
        """Return the arrays as they are now: per cell where its values begin and their fingerprints; per projection the
        branches of the values; what updates make of values."""
        return {
            "fingerprint_base": self.fingerprint_base,
            "fingerprints": self.fingerprints[0],
            "second_fingerprints": self.fingerprints[1],
            "projection_base": self.projection_base.data,
            "branches": self.branches.data,
            "updated_keys": self.updated.keys,
            "updated_values": self.updated.values,
        }

    def _added(self, cell: int, number: int) -> None:
        if number >= self._capacity[cell]:
            self._widen(cell)
        found = fingerprints(self.layout.cells[cell], self.values[cell][number])
        self.fingerprints[:, self.fingerprint_base[cell] + number] = found

    def projection(self, cell: int, projection: Projection) -> int:
        """Return the number of a projection of the cell at a position."""
        number = self._projection_ids.get((cell, projection))
        if number is None:
            number = self._projection_ids[cell, projection] = len(self.projections)
            self.projections.append((cell, projection, {}))
            self.projection_base.append(self.branches.size)
            self._append_unknown(self._capacity[cell])
            self._projections_of[cell].append(number)
        return number

    def branch(self, projection: int, value: int, found: Hashable) -> int:
        """Return the branch that a value takes under a projection that showed `found`, and remember it."""
        branches = self.projections[projection][2]
        branch = branches.setdefault(identity(found), len(branches))
        self.branches.data[self.projection_base.data[projection] + value] = branch
        return branch

    def look(self, projection: int, value: int) -> None:
        """Find the branch of a value under a projection, where it is not known yet."""
        if self.branches.data[self.projection_base.data[projection] + value] == UNKNOWN:
            cell, function, _ = self.projections[projection]
            self.branch(projection, value, function(self.values[cell][value]))

    def look_at_all(self, projection: int) -> None:
        """Find the branches of all values of the cell so far."""
        known = len(self.values[self.projections[projection][0]])
        base = self.projection_base.data[projection]
        first = self._looked_at.get(projection, 0)
        for value in np.flatnonzero(self.branches.data[base + first : base + known] == UNKNOWN) + first:
            self.look(projection, int(value))
        self._looked_at[projection] = known

    def update(self, cell: int, update: Callable[[Any], Any]) -> int:
        """Return the number of an update of the cell at a position."""
        key = (cell, identity(update))
        number = self._update_ids.get(key)
        if number is None:
            number = self._update_ids[key] = len(self._updates)
            self._updates.append(update)
            self.update_cells.append(cell)
        return number

    def is_update(self, number: int, update: Callable[[Any], Any]) -> bool:
        """Tell whether a number is that of this update."""
        return identity(self._updates[number]) == identity(update)

    def changed(self, number: int, value: int, update: Callable[[Any], Any]) -> int:
        """Return the number of what an update makes of a value of the cell that the update of a number belongs to."""
        return self.updated_by(update, self.update_cells[number], value)

    def apply(self, update: int, value: int) -> int:
        """Return the number of the value that an update makes of a value, and remember it."""
        cell, function = self.update_cells[update], self._updates[update]
        known = len(self.values[cell])
        number = self.updated_by(function, cell, value)
        if number == known:
            self._foresee(cell, value, number)
        self.updated.put(update, value, number)
        return number

    def _foresee(self, cell: int, former: int, value: int) -> None:
        """Find the branches of a new value that the search will ask for, each time stopping the compiled loop.

        These are likely the ones that it asked for of the value that this one was made of.
        """
        for projection in self._projections_of[cell]:
            if self.branches.data[self.projection_base.data[projection] + former] != UNKNOWN:
                self.look(projection, value)

    def _widen(self, widened: int) -> None:
        """Double the rows of a cell in all pools; the pools are laid out anew."""
        old = np.array(self._capacity)
        self._capacity[widened] *= 2
        new = np.array(self._capacity)
        base = np.concatenate(([0], np.cumsum(new)[:-1]))
        pool = np.zeros((2, int(new.sum())), np.int64)
        for each, (start, length) in enumerate(zip(self.fingerprint_base, old, strict=True)):
            pool[:, base[each] : base[each] + length] = self.fingerprints[:, start : start + length]
        self.fingerprint_base, self.fingerprints = base.astype(np.int64), pool
        branches, self.branches = self.branches, Vector()
        starts, self.projection_base = self.projection_base, Vector(np.int64)
        for number, (of, _, _) in enumerate(self.projections):
            begin = self.branches.size
            self.projection_base.append(begin)
            self._append_unknown(self._capacity[of])
            earlier = starts.data[number]
            self.branches.data[begin : begin + old[of]] = branches.data[earlier : earlier + old[of]]

    def _append_unknown(self, count: int) -> None:
        self.branches.reserve(count)
        self.branches.data[self.branches.size : self.branches.size + count] = UNKNOWN
        self.branches.size += count
