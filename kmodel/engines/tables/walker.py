"""Walking the tables from Python: what each action and spec answers in a state, one state at a time.

The compiled loop walks the tries of a model for whole levels of states. An engine that takes one step after another
walks the same tries here, by way of dictionaries, since each access to an array costs Python as much as a step of
the walk. Each is filled from the tries when it is first needed.
"""

from collections.abc import Iterable, Sequence

import attrs

from kmodel.engines.tables.jit import UNKNOWN, look_up
from kmodel.engines.tables.tries import NOTHING, Answer, Leaf, Tables
from kmodel.kernel import Model, Trace
from kmodel.kernel.model import trace_along

MODELS_KEPT = 16  # whose tables are kept; those used last

Row = tuple[int, ...]


@attrs.frozen
class _Node:
    cell: int
    bit: int
    following: dict[int, int]


class Walker:
    """The tables of a model, as an engine asks them in one state after another."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.tables = Tables(model)
        self._roots: dict[int, int] = {}
        self._nodes: dict[int, _Node] = {}
        self._updated: dict[tuple[int, int], int] = {}
        self._roots_of_class: dict[int, tuple[int, ...]] = {}

    def answer(self, root: int, row: Sequence[int], leaf: Leaf | None = None) -> tuple[int, int]:
        """Return the place of what a trie answers in a row (or on the step from it), and the cells read as bits."""
        code, read = self._roots.get(root, UNKNOWN), 0
        while code >= 0:
            node = self._nodes[code]
            read |= node.bit
            code = node.following.get(row[node.cell], UNKNOWN)
        return (code, read) if code != UNKNOWN else self._learn(root, row, leaf)

    def leaf(self, code: int) -> Leaf | None:
        """Return what an action does, by the place of its answer; None if it is not enabled."""
        found = self.tables.outcomes[NOTHING - code]
        assert not isinstance(found, Answer)
        return found

    def told(self, code: int) -> Answer:
        """Return what a spec says, by the place of its answer, which is not NOTHING."""
        found = self.tables.outcomes[NOTHING - code]
        assert isinstance(found, Answer)
        return found

    def specs_of_steps(self, leaf: Leaf) -> tuple[int, ...]:
        """Return the tries of the specs of steps for the steps with this outcome."""
        roots = self._roots_of_class.get(leaf.step_class)
        if roots is None:
            roots = self._roots_of_class[leaf.step_class] = self.tables.roots_of_steps(leaf)
        return roots

    def changes(self, leaf: Leaf, row: Sequence[int]) -> list[tuple[int, int]]:
        """Return the cells that an outcome changes in a row, each with its new value."""
        changed = []
        for cell, update in leaf.writes:
            old = row[cell]
            new = self._updated.get((update, old))
            if new is None:
                new = self._updated[update, old] = self.tables.interner.apply(update, old)
            if new != old:
                changed.append((cell, new))
        return changed

    def _learn(self, root: int, row: Sequence[int], leaf: Leaf | None) -> tuple[int, int]:
        """Ask the tables, which may call Python, and remember the way through the trie."""
        tables = self.tables
        interner, children = tables.interner, tables.children
        tables.resolve(root, row, leaf)
        code, read = int(tables.roots.data[root]), 0
        self._roots[root] = code
        while code >= 0:
            cell = int(tables.node_position.data[code])
            if code not in self._nodes:
                self._nodes[code] = _Node(cell, 1 << cell, {})
            read |= 1 << cell
            tables.look(code, row[cell])
            branch = interner.branches.data[
                interner.projection_base.data[tables.node_projection.data[code]] + row[cell]
            ]
            following = int(look_up(children.keys, children.values, code, int(branch)))
            self._nodes[code].following[row[cell]] = following
            code = following
        return code, read


def trace_of(model: Model, initial: int, choices: Iterable[int]) -> Trace:
    """Return the trace that takes these actions, by their index in the model, from an initial state.

    Its steps are taken by Python; which other actions are enabled, as an address tells them, the tables know.
    """
    walker = walker_of(model)
    row, taken = walker.tables.row(model.initial[initial]), list[tuple[int, int]]()
    for choice in choices:
        *others, code = (walker.answer(action, row)[0] for action in range(choice + 1))
        taken.append((choice, sum(other != NOTHING for other in others)))
        leaf = walker.leaf(code)
        assert leaf is not None, f"{model.actions[choice]} is not enabled on its own trace"
        for cell, value in walker.changes(leaf, row):
            row[cell] = value
    return trace_along(model, initial, taken)


_walkers: dict[int, Walker] = {}  # by the model's id, which stays its own while the walker holds it


def walker_of(model: Model) -> Walker:
    """Return the walker of a model: one for all explorations of it in the process."""
    walker = _walkers.pop(id(model), None) or Walker(model)
    while len(_walkers) >= MODELS_KEPT:
        del _walkers[next(iter(_walkers))]
    _walkers[id(model)] = walker
    return walker
