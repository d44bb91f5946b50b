"""Comparing a rule with its counterparts in the one state in which it was learned: who prefers a name is soon found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmodel.engines.exhaustive.orbits.boxes import Row
from kmodel.engines.tables.tries import NOTHING, Leaf
from kmodel.kernel import ModelError

if TYPE_CHECKING:
    from kmodel.engines.exhaustive.orbits.orbit_rounds import OrbitFrontier

ENABLED = "one is enabled where the other is not"
TOLD = "it tells of one and not of the other"


class Comparison:
    """Asks in a state, and in what it becomes when two names change places, and compares the answers."""

    def __init__(self, space: OrbitFrontier) -> None:
        self.space = space
        self.tables = space.tables
        self.swaps = space.renamings.swaps
        self.met: list[
            tuple[int, Row, Leaf | None]
        ] = []  # what was compared: a trie, a state, the step for specs of it
        actions = space.model.actions
        numbers = {action: number for number, action in enumerate(actions)}
        self._counterparts = {
            swap: [numbers[renaming.action(action)] for action in actions] for swap, renaming in self.swaps.items()
        }

    def counterpart(self, root: int, swap: int) -> int:
        """Return the trie of what does after a swap what the function of a trie does before."""
        return self._counterparts[swap][root] if root < self.space.actions else root

    def compare(self, root: int, row: Row, leaf: Leaf | None) -> None:
        """Compare what a trie says in a state (of a step from it) with its counterparts; ModelError if they differ."""
        self.met.append((root, row, leaf))
        for swap in self.swaps:
            swapped = self.space.swapped(swap, row)
            if root < self.space.actions:
                difference = self._difference_of_action(root, row, swap, swapped)
            else:
                difference = self._difference_of_spec(root, row, leaf, swap, swapped)
            if difference is not None:
                raise self.uneven(root, swap, difference)

    def root_of(self, spec: int, leaf: Leaf) -> int:
        """Return the trie of a spec of steps for the steps with an outcome."""
        roots = self.tables.roots_of_steps(leaf)
        return next(root for root in roots if self.tables.root_spec.data[root] == spec)

    def uneven(self, root: int, swap: int, differs: str) -> ModelError:
        """Return the error that a function does not treat two names alike."""
        model, (one, other) = self.space.model, self.space.renamings.names[swap : swap + 2]
        is_action = root < self.space.actions
        who = (
            f"transition {model.actions[root]}"
            if is_action
            else f"spec {model.specs[int(self.tables.root_spec.data[root])].name}"
        )
        return ModelError(
            f"{who} does not treat {one} and {other} alike: {differs} when they change places; "
            f"{model.name} declares them interchangeable, so take them out of its symmetry"
        )

    def _difference_of_spec(self, root: int, row: Row, leaf: Leaf | None, swap: int, swapped: Row) -> str | None:
        tables, tells = self.tables, self.tables.resolve(root, row, leaf) != NOTHING
        if leaf is None:
            return None if tells == (tables.resolve(root, swapped) != NOTHING) else TOLD
        other = self.space.outcome(self.counterpart(leaf.action, swap), swapped)
        if other is None:
            return None  # which is told of the action
        spec = int(tables.root_spec.data[root])
        return None if tells == (tables.resolve(self.root_of(spec, other), swapped, other) != NOTHING) else TOLD

    def _difference_of_action(self, action: int, row: Row, swap: int, swapped: Row) -> str | None:
        space = self.space
        leaf, other = space.outcome(action, row), space.outcome(self.counterpart(action, swap), swapped)
        if leaf is None or other is None:
            return None if leaf is other else ENABLED
        expected, after = space.swapped(swap, self.tables.after(leaf, row)), self.tables.after(other, swapped)
        for cell, one, two in zip(self.tables.interner.layout.cells, expected, after, strict=True):
            if one != two:
                return f"cell {cell} becomes another value"
        return None
