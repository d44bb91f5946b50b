"""What renamings make of cells and their values, as arrays that compiled code reads.

Names that follow each other in a group change places by a transposition; all renamings are made of these. Of each
value that was met, the arrays hold what every transposition makes of it, and the role that each name plays in it: a
hash of the cell and the value with that name marked and all others told by their group only. Renaming a state renames
the roles with the names, so that a name's roles can tell it apart whatever it is called.
"""

import re
from typing import Any, NamedTuple

import attrs
import numpy as np

from kmodel.engines.tables.interning import Interner
from kmodel.engines.tables.jit import Ints
from kmodel.engines.tables.spelling import fingerprints
from kmodel.kernel.renaming import Renaming, mentioned, numbered, pattern, rewrite_cell, rewrite_texts

Groups = tuple[tuple[str, ...], ...]
Roles = tuple[int, ...]  # one per name, 0 where it is not mentioned


class RenamingArrays(NamedTuple):
    """The names of all groups one after another, and per value of a cell what becomes of it and who is mentioned."""

    group_start: Ints  # the first name of each group, and how many names there are
    kind_start: Ints  # of the cells that renamings map to each other, in kind_cells
    kind_cells: Ints
    base: Ints  # where the values of a cell begin in what follows
    fingerprints: Ints
    targets: Ints  # [name, cell]: where the value goes when a name and the next one of its group change places
    images: Ints  # [name, value]: what the value is there
    roles: Ints  # [value, name]
    moved_start: Ints  # where the cells that change with a name's transposition begin, in moved_cells
    moved_cells: Ints


@attrs.frozen(cache_hash=True)
class _Blot:
    """The rewriting that marks one name, and leaves of the others only the group."""

    names: tuple[str, ...]
    group_of: tuple[int, ...]
    marked: str

    def __call__(self, text: str) -> str:
        def replace(found: re.Match[str]) -> str:
            name = found.group()
            return f"\0{self.group_of[self.names.index(name)]}{'self' if name == self.marked else ''}\0"

        return pattern(self.names).sub(replace, text)


class Renamings:
    """The transpositions of groups of interchangeable names, and what is known of them."""

    def __init__(self, groups: Groups, interner: Interner) -> None:
        self.interner = interner
        self.names = tuple(name for group in groups for name in group)
        self.group_of = tuple(number for number, group in enumerate(groups) for _ in group)
        self.group_start = np.cumsum([0, *map(len, groups)])
        self.swaps = {
            name: Renaming.swap(self.names[name], self.names[name + 1])
            for name in range(len(self.names) - 1)
            if self.group_of[name] == self.group_of[name + 1]
        }
        layout = interner.layout
        self.targets = np.tile(np.arange(len(layout.cells)), (len(self.names), 1))
        for name, swap in self.swaps.items():
            self.targets[name] = [layout.position(swap.cell(cell)) for cell in layout.cells]
        self._moved = [set(np.flatnonzero(targets != np.arange(targets.size)).tolist()) for targets in self.targets]
        kinds: dict[Any, list[int]] = {}
        for place, cell in enumerate(layout.cells):
            kind = rewrite_cell(cell, numbered(self.names, map(str, self.group_of)))
            kinds.setdefault(kind, []).append(place)
        self._kinds = (
            np.cumsum([0, *map(len, kinds.values())]),
            np.array([cell for cells in kinds.values() for cell in cells]),
        )
        self._blots = [_Blot(self.names, self.group_of, name) for name in self.names]
        self._places = {name: place for place, name in enumerate(self.names)}
        self._known = [0] * len(layout.cells)
        self._images: dict[tuple[int, int, int], int] = {}  # by name, cell and number, where it is another value
        self._roles: dict[tuple[int, int], Roles] = {}
        self._arrays: RenamingArrays | None = None

    def learn(self) -> bool:
        """Get to know the values that are new, and what they become; tell whether there were any."""
        values, known = self.interner.values, self._known
        if all(count == len(of_cell) for count, of_cell in zip(known, values, strict=True)):
            return False
        before = list(known)
        while any(count < len(of_cell) for count, of_cell in zip(known, values, strict=True)):
            for cell, of_cell in enumerate(values):  # what a value becomes is a value, perhaps a new one
                while known[cell] < len(of_cell):
                    self._learn(cell, known[cell])
                    known[cell] += 1
        self._enter(before)
        return True

    def arrays(self) -> RenamingArrays:
        """Return the arrays as they are now; they go stale when there are new values."""
        assert self._arrays is not None, "no value was met yet"
        return self._arrays

    def _learn(self, cell: int, number: int) -> None:
        interner = self.interner
        subject, value = interner.layout.cells[cell], interner.values[cell][number]
        named = mentioned((subject.family, subject.key, value), self.names)
        places = [self._places[name] for name in named]
        for name, swap in self.swaps.items():
            if (name in places or name + 1 in places) and (name, cell, number) not in self._images:
                target = int(self.targets[name, cell])
                image = interner.intern(target, swap.value(value))
                self._images[name, cell, number] = image
                self._images[name, target, image] = number
                self._moved[name] |= {cell, target}
        if places:
            self._roles[cell, number] = self._renamed_roles(cell, number) or self._find_roles(subject, value, places)

    def _renamed_roles(self, cell: int, number: int) -> Roles | None:
        """Return the roles in a value as they follow from those in one that it becomes, if these are known."""
        for name in self.swaps:
            image = self._images.get((name, cell, number))
            roles = None if image is None else self._roles.get((int(self.targets[name, cell]), image))
            if roles is not None:
                return (*roles[:name], roles[name + 1], roles[name], *roles[name + 2 :])
        return None

    def _find_roles(self, subject: Any, value: Any, places: list[int]) -> Roles:
        roles = [0] * len(self.names)
        for name in places:
            blot = self._blots[name]
            roles[name], _ = fingerprints(rewrite_cell(subject, blot), rewrite_texts(value, blot))
        return tuple(roles)

    def _enter(self, before: list[int]) -> None:
        """Put what is new into the arrays: of each cell, the values from a number on."""
        interner, old = self.interner, self._arrays
        base, size = interner.fingerprint_base, interner.fingerprints.shape[1]
        if old is not None and old.base is base:
            images, roles = old.images, old.roles
        else:
            images, roles = np.zeros((len(self.names), size), np.int32), np.zeros((size, len(self.names)), np.int64)
            if old is not None:
                for new, former, count in zip(base, old.base, before, strict=True):
                    images[:, new : new + count] = old.images[:, former : former + count]
                    roles[new : new + count] = old.roles[former : former + count]
        for cell, (first, last) in enumerate(zip(before, self._known, strict=True)):
            for number in range(first, last):
                place = base[cell] + number
                images[:, place] = [self._images.get((name, cell, number), number) for name in range(len(self.names))]
                if (cell, number) in self._roles:
                    roles[place] = self._roles[cell, number]
        moved_start = np.cumsum([0, *map(len, self._moved)])
        moved_cells = np.array([cell for cells in self._moved for cell in sorted(cells)], np.int64)
        self._arrays = RenamingArrays(
            self.group_start,
            *self._kinds,
            base,
            interner.fingerprints[0],
            self.targets,
            images,
            roles,
            moved_start,
            moved_cells,
        )
