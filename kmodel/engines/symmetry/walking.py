"""Asking the tables about rows whose values are numbered by kind of cell: a copy of the tries in Python's dictionaries.

Tables call transitions and specs and know the tries; the copy only answers again what was answered before.
"""

from kmodel.engines.compiled.jit import UNKNOWN, look_up
from kmodel.engines.compiled.tries import NOTHING, Answer, Leaf, Tables
from kmodel.engines.symmetry.numbering import Numbering, Row


class Walker:
    """Outcomes of actions and answers of specs for rows, and the rows after an outcome."""

    def __init__(self, tables: Tables, numbering: Numbering) -> None:
        self.tables = tables
        self.numbering = numbering
        self._roots: dict[int, int] = {}
        self._cells: dict[int, int] = {}  # which cell an inner node reads
        self._branches: dict[int, dict[int, int]] = {}  # inner node, then the value's number: the place that follows
        self._class_roots: dict[int, list[int]] = {}
        self._writes: dict[int, list[tuple[int, int, dict[int, int]]]] = {}

    def code(self, root: int, row: Row, leaf: Leaf | None = None) -> int:
        """Return the leaf of a trie for a row, or for the step from it with an outcome."""
        code = self._roots.get(root, UNKNOWN)
        cells, branches = self._cells, self._branches
        while code >= 0:
            code = branches[code].get(row[cells[code]], UNKNOWN)
        return self._learn(root, row, leaf) if code == UNKNOWN else code

    def leaf(self, code: int) -> Leaf:
        """Return the outcome that a leaf of an action's trie stands for."""
        outcome = self.tables.outcome(code)
        assert isinstance(outcome, Leaf)
        return outcome

    def answer(self, code: int) -> Answer:
        """Return the answer that a leaf of a spec's trie stands for."""
        outcome = self.tables.outcome(code)
        assert isinstance(outcome, Answer)
        return outcome

    def after(self, code: int, row: Row) -> Row:
        """Return the row after an outcome."""
        writes = self._writes.get(code)
        if writes is None:
            writes = self._writes[code] = [(cell, update, {}) for cell, update in self.leaf(code).writes]
        new = list(row)
        for cell, update, known in writes:
            number = known.get(row[cell])
            if number is None:
                number = known[row[cell]] = self._update(cell, update, row[cell])
            new[cell] = number
        return tuple(new)

    def class_roots(self, leaf: Leaf) -> list[int]:
        """Return the tries of the specs of steps that may tell of steps with this outcome."""
        known = self._class_roots.get(leaf.step_class)
        if known is not None:
            return known
        tables = self.tables
        start, stop = tables.class_start.data[leaf.step_class : leaf.step_class + 2].tolist()
        roots: list[int] = tables.class_roots.data[start:stop].tolist()
        if all(root in self._roots for root in roots):
            roots = self._class_roots[leaf.step_class] = [root for root in roots if self._roots[root] != NOTHING]
        return roots

    def _update(self, cell: int, update: int, number: int) -> int:
        interner, numbering = self.tables.interner, self.numbering
        old = interner.intern(cell, numbering.value(cell, number))
        new = interner.apply(update, old)
        return numbering.number(numbering.kind_of[cell], interner.values[cell][new])

    def _learn(self, root: int, row: Row, leaf: Leaf | None) -> int:
        tables, interner = self.tables, self.tables.interner
        numbers = [interner.intern(cell, self.numbering.value(cell, number)) for cell, number in enumerate(row)]
        tables.resolve(root, numbers, leaf)
        code = self._roots[root] = int(tables.roots.data[root])
        while code >= 0:
            cell = self._cells[code] = int(tables.node_position.data[code])
            projection = int(tables.node_projection.data[code])
            branch = int(interner.branches.data[interner.projection_base.data[projection] + numbers[cell]])
            following = int(look_up(tables.children.keys, tables.children.values, code, branch))
            self._branches.setdefault(code, {})[row[cell]] = following
            code = following
        return code
