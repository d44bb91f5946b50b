"""The canonical representative of a state's orbit under renaming, and the size of the orbit.

Where names only index cells, a state is one column of values per name, and sorting the columns of each group gives
the representative. Where values mention names, names are told apart by colours (partition refinement, as McKay's
"Practical Graph Isomorphism", 1981, does it for vertices): by what mentions them in which role, then by the colours
of what is mentioned beside them, until no more are told apart. Names that may change places in the state without
changing it are twins; all arrangements of names that have one colour and are no twins are tried, and the smallest row
is the representative. Both are functions of the orbit alone, so two states have one representative if and only if a
renaming maps one to the other.

The size of an orbit is the number of all renamings over that of those that leave the state as it is.
"""

from collections.abc import Container, Iterator, Sequence
from itertools import product
from math import factorial, prod
from operator import itemgetter
from typing import Any

import attrs

from kmodel.engines.symmetry.numbering import Numbering, Permutation, Row
from kmodel.kernel.renaming import pattern, rewrite_cell, rewrite_texts

MOST_ARRANGEMENTS = 5_040
Colours = list[int]
# Per group: the cells of each name; and for each kind of them what gets the numbers of all names, the first one's
# again at the end, since itemgetter returns no tuple for one cell.
Columns = list[tuple[list[list[int]], list[Any]]]


class TooManyTies(Exception):  # noqa: N818 - it ends the reduction, it is no mistake
    """There are more arrangements of names that look alike than are tried."""


@attrs.frozen
class Orbit:
    """The representative, how many states the orbit has, and for each name which twins it is one of there."""

    row: Row
    size: int
    twins: tuple[int, ...]


class Canonizer:
    """Finds representatives; what it learns of a value it keeps."""

    def __init__(self, numbering: Numbering) -> None:
        self.numbering = numbering
        count = len(numbering.names)
        groups = range(max(numbering.group_of) + 1)
        self.members = [[name for name in range(count) if numbering.group_of[name] == group] for group in groups]
        self.renamings = prod(factorial(len(members)) for members in self.members)
        self._roles: list[dict[int, tuple[tuple[int, int], ...]]] = [{} for _ in numbering.kind_of]
        self._role_ids: dict[Any, int] = {}
        self._columns = self._find_columns()

    def new_orbit(self, row: Row, found: Container[Row]) -> Orbit | None:
        """Return the orbit of a state unless its representative is among those found."""
        if self._columns is not None and not self._mentions(row):
            representative = self._sorted(row, self._columns)
            return None if representative in found else self._runs(representative, self._columns)
        orbit = self._refined(row)
        return None if orbit.row in found else orbit

    def representative(self, row: Row) -> Row:
        """Return the representative of a state's orbit."""
        if self._columns is not None and not self._mentions(row):
            return self._sorted(row, self._columns)
        return self._refined(row).row

    def _mentions(self, row: Row) -> bool:
        numbering = self.numbering
        if not any(numbering.mentioning):
            return False
        return any(number in numbering.mentioning[kind] for kind, number in zip(numbering.kind_of, row, strict=True))

    # Names that only index cells.

    def _find_columns(self) -> Columns | None:
        """Return for each group the cells of each name, in one order of kinds; None if a key has two names."""
        numbering = self.numbering
        if any(len(names) > 1 for names in numbering.names_of_key):
            return None
        cells: list[list[int]] = [[] for _ in numbering.names]
        for cell, names in enumerate(numbering.names_of_key):
            for name in names:
                cells[name].append(cell)
        found: Columns = []
        for members in self.members:
            columns = [sorted(cells[name], key=lambda cell: numbering.kind_of[cell]) for name in members]
            of_kinds = list(zip(*columns, strict=True))
            found.append((columns, [itemgetter(*of_kind, of_kind[0]) for of_kind in of_kinds]))
        return found

    def _sorted(self, row: Row, of_groups: Columns) -> Row:
        new: list[int] | None = None
        for cells, getters in of_groups:
            columns = list(zip(*[get(row) for get in getters], strict=True))[: len(cells)]
            in_order = sorted(columns)
            if in_order != columns:
                new = list(row) if new is None else new
                for places, column, old in zip(cells, in_order, columns, strict=True):
                    if column != old:
                        for place, number in zip(places, column, strict=True):
                            new[place] = number
        return row if new is None else tuple(new)

    def _runs(self, row: Row, of_groups: Columns) -> Orbit:
        """Return the orbit of a row whose columns are sorted: equal ones, which are neighbours, are twins."""
        fixing, twin = 1, -1
        twins = [0] * len(self.numbering.names)
        for members, (cells, _) in zip(self.members, of_groups, strict=True):
            last, equal = None, 0
            for name, places in zip(members, cells, strict=True):
                column = [row[place] for place in places]
                equal += 1
                if column != last:
                    last, equal, twin = column, 1, twin + 1
                fixing *= equal
                twins[name] = twin
        return Orbit(row, self.renamings // fixing, tuple(twins))

    # Names that values mention.

    def _refined(self, row: Row) -> Orbit:
        colours = self._colours(row)
        classes = self._classes(colours)
        twins = self._twins(row, classes)
        parts = [[_grouped(members, twins) for members in of_group] for of_group in classes]
        flat = [part for of_group in parts for part in of_group]
        ways = prod(factorial(sum(map(len, part))) // prod(factorial(len(each)) for each in part) for part in flat)
        if ways > MOST_ARRANGEMENTS:
            raise TooManyTies(f"{ways:,} arrangements of names look alike in a state, more than {MOST_ARRANGEMENTS:,}")
        best: Row | None = None
        best_permutation, smallest = self.numbering.identity, 0
        for permutation in self._arrangements(parts):
            new = row
            if permutation != self.numbering.identity:
                new = self.numbering.permuted(row, permutation)
            if best is None or new < best:
                best, best_permutation, smallest = new, permutation, 1
            elif new == best:
                smallest += 1
        assert best is not None
        fixing = smallest * prod(factorial(len(each)) for part in flat for each in part)
        moved = [0] * len(twins)
        for name, place in enumerate(best_permutation):
            moved[place] = twins[name]
        renumbered: dict[int, int] = {}
        return Orbit(
            best, self.renamings // fixing, tuple(renumbered.setdefault(twin, len(renumbered)) for twin in moved)
        )

    def _colours(self, row: Row) -> Colours:
        seen: list[list[int]] = [[] for _ in self.numbering.names]
        together: list[tuple[tuple[int, int], ...]] = []
        for cell, number in enumerate(row):
            roles = self._roles[cell].get(number)
            if roles is None:
                roles = self._roles[cell][number] = self._roles_in(cell, number)
            for name, role in roles:
                seen[name].append(role)
            if len(roles) > 1:
                together.append(roles)
        group_of = self.numbering.group_of
        colours = _ranked([(group_of[name], sorted(roles)) for name, roles in enumerate(seen)])
        while together and max(colours) + 1 < len(colours):
            beside: list[list[Any]] = [[] for _ in colours]
            for roles in together:
                for name, role in roles:
                    beside[name].append((role, sorted((r, colours[other]) for other, r in roles if other != name)))
            finer = _ranked([(colours[name], sorted(found)) for name, found in enumerate(beside)])
            if finer == colours:
                break
            colours = finer
        return colours

    def _roles_in(self, cell: int, number: int) -> tuple[tuple[int, int], ...]:
        """Return the names that a cell with a value mentions, each with its role: what is left without the others."""
        numbering = self.numbering
        subject, value = numbering.layout.cells[cell], numbering.value(cell, number)
        found = []
        for name in numbering.mentioned((subject.family, subject.key, value)):

            def blot(text: str, name: int = name) -> str:
                def replace(found: Any) -> str:
                    place = numbering.places[found.group()]
                    return "\0self\0" if place == name else f"\0{numbering.group_of[place]}\0"

                return pattern(numbering.names).sub(replace, text)

            key = (rewrite_cell(subject, blot), rewrite_texts(value, blot))
            found.append((name, self._role_ids.setdefault(key, len(self._role_ids))))
        return tuple(found)

    def _classes(self, colours: Colours) -> list[list[list[int]]]:
        """Return for each group its names by colour, the colours in order."""
        found = []
        for members in self.members:
            classes: dict[int, list[int]] = {}
            for name in members:
                classes.setdefault(colours[name], []).append(name)
            found.append([classes[colour] for colour in sorted(classes)])
        return found

    def _twins(self, row: Row, classes: list[list[list[int]]]) -> list[int]:
        """Return for each name the first of its twins: names that change places without changing the state."""
        numbering = self.numbering
        first = list(numbering.identity)
        for members in (members for of_group in classes for members in of_group if len(members) > 1):
            heads: list[int] = []
            for name in members:
                for head in heads:
                    if numbering.permuted(row, numbering.swap(head, name)) == row:
                        first[name] = head
                        break
                else:
                    heads.append(name)
        return first

    def _arrangements(self, parts: list[list[list[list[int]]]]) -> Iterator[Permutation]:
        """Yield the permutations that put the names of each group in the order of their colours, twins in order."""
        choices = [list(_interleaved(part)) for of_group in parts for part in of_group]
        groups = [group for group, of_group in enumerate(parts) for _ in of_group]
        for chosen in product(*choices):
            permutation = list(self.numbering.identity)
            next_place = [0] * len(self.members)
            for group, names in zip(groups, chosen, strict=True):
                for name in names:
                    permutation[name] = self.members[group][next_place[group]]
                    next_place[group] += 1
            yield tuple(permutation)


def _ranked(keys: Sequence[Any]) -> Colours:
    in_order: list[Any] = []
    for key in sorted(keys):
        if not in_order or key != in_order[-1]:
            in_order.append(key)
    return [in_order.index(key) for key in keys]


def _grouped(members: list[int], twins: list[int]) -> list[list[int]]:
    groups: dict[int, list[int]] = {}
    for name in members:
        groups.setdefault(twins[name], []).append(name)
    return list(groups.values())


def _interleaved(lists: list[list[int]]) -> Iterator[tuple[int, ...]]:
    """Yield all ways to merge lists, each of which keeps its order."""
    if not any(lists):
        yield ()
    for number, items in enumerate(lists):
        if items:
            rest = [each[1:] if other == number else each for other, each in enumerate(lists)]
            for merged in _interleaved(rest):
                yield (items[0], *merged)
