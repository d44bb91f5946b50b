"""Boxes: sets of states given cell by cell, and walking a trie with a whole box at once, as it is or after a swap.

A box has for some cells the values that its states may have there; the other cells may have any value that was met,
in the search or as what a renaming makes of one that was. The states that share a footprint are a box. All values
that matter are finitely many numbers, so a box is walked through a trie exactly: at each node it falls into parts by
what the projection shows of the values, and no more is assumed of projections than that they are functions.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator

import attrs

from kmodel.engines.exhaustive.orbits.renamings import Renamings
from kmodel.engines.tables.jit import UNKNOWN, look_up
from kmodel.engines.tables.tries import Tables

Box = dict[int, int]  # by cell: the numbers of the values that it may have, as bits
Edge = tuple[int, int]  # where a leaf hangs: a node and a branch, or UNKNOWN and a root
Row = list[int]
Classes = tuple[tuple[int, int], ...]  # by branch: the numbers of the values that take it, as bits
Ask = Callable[[Box], bool]  # extend the trie by the answer in a state of the box; whether there is one


@attrs.frozen
class BoxPart:
    """What is left of a box at a leaf: the leaf and where it hangs; UNKNOWN where the function has no answer."""

    box: Box
    code: int
    edge: Edge


class Boxes:
    """The values known when it is made, what swaps make of them, and how projections tell them apart."""

    def __init__(self, tables: Tables, renamings: Renamings) -> None:
        self.tables = tables
        arrays, interner = renamings.arrays(), tables.interner
        sizes = [len(values) for values in interner.values]
        self.every = [(1 << size) - 1 for size in sizes]
        self.targets = {swap: arrays.targets[swap].tolist() for swap in renamings.swaps}
        self.images = {
            swap: [
                arrays.images[swap, base : base + size].tolist()
                for base, size in zip(arrays.base.tolist(), sizes, strict=True)
            ]
            for swap in renamings.swaps
        }
        self._classes: dict[tuple[int | None, int], Classes] = {}
        self._nodes: dict[tuple[int | None, int], tuple[int, Classes]] = {}
        self._children: dict[Edge, int] = {}

    def swapped(self, swap: int, row: Row) -> Row:
        """Return what a state becomes when a name and the next one of its group change places."""
        new = list(row)
        for target, images, number in zip(self.targets[swap], self.images[swap], row, strict=True):
            new[target] = images[number]
        return new

    def swapped_box(self, swap: int, box: Box) -> Box:
        """Return the box of what the states of a box become."""
        targets, images = self.targets[swap], self.images[swap]
        return {targets[cell]: sum(1 << images[cell][number] for number in bits(mask)) for cell, mask in box.items()}

    def pick(self, box: Box, near: Row) -> Row:
        """Return a state of a box that has as many values of another state as can be."""
        row = list(near)
        for cell, mask in box.items():
            if not mask >> row[cell] & 1:
                row[cell] = (mask & -mask).bit_length() - 1
        return row

    def parts(self, root: int, box: Box, swap: int | None = None, ask: Ask | None = None) -> Iterator[BoxPart]:
        """Yield what a trie makes of a box, or of the box after a swap: each part as one of the box before it.

        Where nobody knows the answer yet, that part is asked; without `ask` it is left out.
        """
        stack: list[tuple[Edge, Box]] = [((UNKNOWN, root), box)]
        while stack:
            edge, box = stack.pop()
            code = self._follow(edge)
            if code == UNKNOWN and ask is not None and edge[1] != UNKNOWN and ask(box):
                code = self._follow(edge)
            if code >= 0:
                stack += self._branches(code, box, swap)
            elif code != UNKNOWN or ask is not None:
                yield BoxPart(box, code, edge)

    def _branches(self, code: int, box: Box, swap: int | None) -> Iterator[tuple[Edge, Box]]:
        cell, classes = self._nodes.get((swap, code)) or self._node(code, swap)
        inside = box.get(cell, self.every[cell])
        for branch, mask in classes:
            part = inside & mask
            if part == inside:
                yield (code, branch), box
                return
            if part:
                yield (code, branch), {**box, cell: part}

    def path(self, root: int, row: Row) -> BoxPart:
        """Return the leaf that a state comes to, with the box of all states that come to it the same way."""
        box: Box = {}
        edge = (UNKNOWN, root)
        while (code := self._follow(edge)) >= 0:
            cell, classes = self._nodes.get((None, code)) or self._node(code, None)
            branch, mask = next((branch, mask) for branch, mask in classes if mask >> row[cell] & 1)
            box[cell] = box.get(cell, self.every[cell]) & mask
            edge = (code, branch)
        return BoxPart(box, code, edge)

    def _follow(self, edge: Edge) -> int:
        node, branch = edge
        if node == UNKNOWN:
            return int(self.tables.roots.data[branch])
        code = self._children.get(edge, UNKNOWN)
        if code == UNKNOWN and branch != UNKNOWN:
            memo = self.tables.children
            code = self._children[edge] = int(look_up(memo.keys, memo.values, node, branch))
        return code

    def _node(self, code: int, swap: int | None) -> tuple[int, Classes]:
        """Return the cell that a node reads, where it was before the swap, and how its values fall into branches."""
        tables = self.tables
        cell = int(tables.node_position.data[code])
        classes = self._classes_of(swap, int(tables.node_projection.data[code]))
        self._nodes[swap, code] = found = (cell if swap is None else self.targets[swap][cell], classes)
        return found

    def _classes_of(self, swap: int | None, projection: int) -> Classes:
        """Return by branch which values of a cell take it after a swap; UNKNOWN is that of values it fails for."""
        key = (swap, projection)
        if key not in self._classes:
            interner = self.tables.interner
            cell = interner.projections[projection][0]
            interner.look_at_all(projection)
            base = int(interner.projection_base.data[projection])
            branches = interner.branches.data[base : base + self.every[cell].bit_length()].tolist()
            masks: dict[int, int] = defaultdict(int)
            for number in range(len(branches)):
                before = number if swap is None else self.images[swap][cell][number]  # a swap is its own inverse
                masks[branches[number]] |= 1 << before
            self._classes[key] = tuple(masks.items())
        return self._classes[key]


def bits(mask: int) -> Iterator[int]:
    """Yield the numbers in a set of them."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def contains(box: Box, row: Row) -> bool:
    """Tell whether a state is in a box."""
    return all(mask >> row[cell] & 1 for cell, mask in box.items())
