"""Rows of a state under symmetry: values are numbered alike in all cells that a renaming may map to each other."""

from collections.abc import Sequence
from typing import Any

import attrs

from kmodel.kernel import Cluster, Model
from kmodel.kernel.renaming import Renaming, mentioned, numbered, rewrite_cell

Row = tuple[int, ...]
Permutation = tuple[int, ...]  # for each name, by its place among all names, the place of the name that it becomes
MOST_KEPT = 1 << 12  # permutations whose tables are kept


@attrs.frozen
class _Moves:
    """What a permutation does: where each cell's value goes, and what the value becomes, as far as it is known."""

    renaming: Renaming
    places: tuple[int, ...]
    numbers: tuple[dict[int, int], ...]  # per kind of cells


class Numbering:
    """The names, the kinds of cells (orbits under renaming), and the numbers of values within each kind."""

    def __init__(self, model: Model) -> None:
        self.layout = model.initial[0].layout
        self.names = tuple(name for group in model.symmetry for name in group)
        self.group_of = tuple(number for number, group in enumerate(model.symmetry) for _ in group)
        self.identity: Permutation = tuple(range(len(self.names)))
        self.places = {name: place for place, name in enumerate(self.names)}
        groups = [str(number) for number in self.group_of]
        kinds: dict[Any, int] = {}
        self.kind_of = [
            kinds.setdefault(rewrite_cell(cell, numbered(self.names, groups)), len(kinds)) for cell in self.layout.cells
        ]
        self.names_of_key = [self.mentioned((cell.family, cell.key)) for cell in self.layout.cells]
        self.values: list[list[Any]] = [[] for _ in kinds]
        self._numbers: list[dict[Any, int]] = [{} for _ in kinds]
        self.mentioning: list[set[int]] = [set() for _ in kinds]  # the values that mention a name, per kind
        self._moves: dict[Permutation, _Moves] = {}

    def mentioned(self, value: Any) -> tuple[int, ...]:
        """Return the names, by their places, that a value mentions."""
        return tuple(self.places[name] for name in mentioned(value, self.names))

    def number(self, kind: int, value: Any) -> int:
        """Return the number of a value within a kind of cells, a new one if it was never seen."""
        number = self._numbers[kind].get(value)
        if number is None:
            number = self._numbers[kind][value] = len(self.values[kind])
            self.values[kind].append(value)
            if mentioned(value, self.names):
                self.mentioning[kind].add(number)
        return number

    def value(self, cell: int, number: int) -> Any:
        """Return the value that has a number in the cell at a position."""
        return self.values[self.kind_of[cell]][number]

    def row(self, cluster: Cluster) -> Row:
        """Return the numbers of a cluster's values."""
        return tuple(self.number(kind, value) for kind, value in zip(self.kind_of, cluster.values, strict=True))

    def permuted(self, row: Sequence[int], permutation: Permutation) -> Row:
        """Return the row of the state that a renaming makes of a state."""
        moves = self._moves_of(permutation)
        new = list(row)
        for place, kind, number in zip(moves.places, self.kind_of, row, strict=True):
            known = moves.numbers[kind].get(number)
            if known is None:
                value = self.values[kind][number]
                known = moves.numbers[kind][number] = self.number(kind, moves.renaming.value(value))
            new[place] = known
        return tuple(new)

    def swap(self, one: int, other: int) -> Permutation:
        """Return the permutation by which two names change places."""
        swapped = list(self.identity)
        swapped[one], swapped[other] = other, one
        return tuple(swapped)

    def _moves_of(self, permutation: Permutation) -> _Moves:
        moves = self._moves.get(permutation)
        if moves is None:
            if len(self._moves) >= MOST_KEPT:
                self._moves.clear()
            renaming = Renaming(tuple((self.names[old], self.names[new]) for old, new in enumerate(permutation)))
            places = tuple(self.layout.position(renaming.cell(cell)) for cell in self.layout.cells)
            moves = self._moves[permutation] = _Moves(renaming, places, tuple({} for _ in self.values))
        return moves
