"""Looking for counterexamples to a declared symmetry in some of the states met: who prefers a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmodel.engines.compiled.tries import NOTHING, Leaf
from kmodel.kernel import ModelError

if TYPE_CHECKING:
    from kmodel.engines.symmetry.space import OrbitSpace

FIRST = 64  # rounds that are looked at; then those whose number is a power of two
MOST_PAIRS = 2  # of names that change places in one state


class Sampler:
    """Swaps two names in a state, and compares what actions do and specs say there with what they should."""

    def __init__(self, space: OrbitSpace) -> None:
        self.space = space
        self.swaps = list(space.renamings.swaps.items())
        numbers = {action: number for number, action in enumerate(space.model.actions)}
        self.counterparts = [[numbers[swap.action(action)] for action in space.model.actions] for _, swap in self.swaps]
        self.rounds = self.looked = 0

    def look(self, row: list[int]) -> None:
        """Look at a state of a round if it is one of the sample; ModelError if two names are not treated alike."""
        self.rounds += 1
        if self.rounds > FIRST and self.rounds & (self.rounds - 1):
            return
        for _ in range(min(MOST_PAIRS, len(self.swaps))):
            self._swap(row, self.looked % len(self.swaps))
            self.looked += 1

    def _swap(self, row: list[int], pair: int) -> None:
        space, model = self.space, self.space.model
        name = self.swaps[pair][0]
        swapped = space.swapped(name, row)
        for action, counterpart in enumerate(self.counterparts[pair]):
            leaf, other = space.outcome(action, row), space.outcome(counterpart, swapped)
            if (leaf is None) != (other is None):
                raise self._uneven(f"transition {model.actions[action]}", name)
            if leaf is None or other is None:
                continue
            if space.swapped(name, space.tables.after(leaf, row)) != space.tables.after(other, swapped):
                raise self._uneven(f"transition {model.actions[action]}", name)
            for spec in self._telling(leaf, row) ^ self._telling(other, swapped):
                raise self._uneven(f"spec {model.specs[spec].name}", name)
        for root, spec in enumerate(space.tables.state_specs, start=space.actions):
            if (space.tables.resolve(root, row) == NOTHING) != (space.tables.resolve(root, swapped) == NOTHING):
                raise self._uneven(f"spec {model.specs[spec].name}", name)

    def _telling(self, leaf: Leaf, row: list[int]) -> set[int]:
        """Return the specs of steps that tell of the step with this outcome from a state."""
        tables = self.space.tables
        roots = tables.roots_of_steps(leaf)
        return {int(tables.root_spec.data[root]) for root in roots if tables.resolve(root, row, leaf) != NOTHING}

    def _uneven(self, who: str, name: int) -> ModelError:
        one, other = self.space.renamings.names[name : name + 2]
        return ModelError(
            f"{who} does not treat {one} and {other} alike, although {self.space.model.name} declares them "
            "interchangeable; take them out of the model's symmetry"
        )
