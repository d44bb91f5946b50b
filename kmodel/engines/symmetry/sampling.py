"""Looking for counterexamples to a declared symmetry in some of the states met: who prefers a name."""

from itertools import pairwise

from kmodel.engines.compiled.tries import NOTHING
from kmodel.engines.symmetry.numbering import Row
from kmodel.engines.symmetry.orbits import Orbits
from kmodel.kernel import ModelError
from kmodel.kernel.renaming import Renaming

FIRST = 8  # states in which names are swapped; then those whose number is a power of two


class Sampler:
    """Swaps two names in a state, and compares what actions do and specs say there with what they should."""

    def __init__(self, orbits: Orbits) -> None:
        self.orbits = orbits
        numbering = orbits.numbering
        self.pairs = [pair for members in orbits.canonizer.members for pair in pairwise(members)]
        numbers = {action: number for number, action in enumerate(orbits.model.actions)}
        self.actions = []
        for one, other in self.pairs:
            renaming = Renaming.swap(numbering.names[one], numbering.names[other])
            self.actions.append([numbers[renaming.action(action)] for action in orbits.model.actions])
        self.looked = 0

    def look(self, state: int) -> None:
        """Look at a state if it is one of the sample; ModelError if two names are not treated alike there."""
        if state >= FIRST and state & (state - 1):
            return
        for _ in range(min(2, len(self.pairs))):
            pair = self.looked % len(self.pairs)
            self.looked += 1
            self._swap(state, pair)

    def _swap(self, state: int, pair: int) -> None:
        orbits, walker = self.orbits, self.orbits.walker
        row, permutation = orbits.rows[state], orbits.numbering.swap(*self.pairs[pair])
        swapped = orbits.numbering.permuted(row, permutation)
        for action, counterpart in enumerate(self.actions[pair]):
            code, other = walker.code(action, row), walker.code(counterpart, swapped)
            if (code == NOTHING) != (other == NOTHING):
                raise self._uneven(f"transition {orbits.model.actions[action]}", pair)
            if code == NOTHING:
                continue
            after = orbits.numbering.permuted(walker.after(code, row), permutation)
            if after != walker.after(other, swapped):
                raise self._uneven(f"transition {orbits.model.actions[action]}", pair)
            for spec in self._telling(code, row) ^ self._telling(other, swapped):
                raise self._uneven(f"spec {orbits.model.specs[spec].name}", pair)
        for root, spec in enumerate(orbits.tables.state_specs, start=len(orbits.model.actions)):
            if (walker.code(root, row) == NOTHING) != (walker.code(root, swapped) == NOTHING):
                raise self._uneven(f"spec {orbits.model.specs[spec].name}", pair)

    def _telling(self, code: int, row: Row) -> set[int]:
        """Return the specs of steps that tell of a step with this outcome from a state."""
        tables, walker = self.orbits.tables, self.orbits.walker
        if not tables.step_specs:
            return set()
        leaf = walker.leaf(code)
        roots = walker.class_roots(leaf)
        return {int(tables.root_spec.data[root]) for root in roots if walker.code(root, row, leaf) != NOTHING}

    def _uneven(self, who: str, pair: int) -> ModelError:
        one, other = (self.orbits.numbering.names[name] for name in self.pairs[pair])
        return ModelError(
            f"{who} does not treat {one} and {other} alike, although {self.orbits.model.name} declares them "
            "interchangeable; take them out of the model's symmetry"
        )
