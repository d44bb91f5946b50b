"""The normal run: all actions have their turn in the model's order, round after round, until nothing is left to do.

It shows where a system ends that is too large to be seen whole, if nothing goes wrong and nobody is late for ever. An
action is asked at its turn only, and only if a cell that it read has changed since.
"""

from collections.abc import Callable

import attrs

from kmodel.engines.clock import Deadline, TimeIsUp
from kmodel.engines.tables.walker import Row, Taken, Walker, cells_in, walker_of
from kmodel.kernel import Action, BoundReached, Cluster, Model


@attrs.frozen(eq=False)
class NormalRun:
    """The normal run of a model: how many steps it has, its last state, and whether it comes to rest there.

    If not, it was in that state before, and goes round for ever.
    """

    steps: int
    last: Cluster
    rests: bool = True


def normal_run(model: Model, takes: Callable[[Action], bool], deadline: Deadline) -> NormalRun | None:
    """Return the run in which only some actions are taken; None if it does not end before the deadline."""
    walker = walker_of(model)
    turns = _Turns(walker, walker.numbering.row(model.initial[0]))
    order = [index for index, action in enumerate(model.actions) if takes(action)]
    steps, seen = 0, set[Row]()
    try:
        while tuple(turns.row) not in seen:
            seen.add(tuple(turns.row))
            before = steps
            for index in order:
                deadline.check()
                steps += turns.take(index)
            if steps == before:
                return NormalRun(steps, walker.numbering.cluster(turns.row))
    except TimeIsUp:
        return None
    return NormalRun(steps, walker.numbering.cluster(turns.row), rests=False)


class _Turns:
    """A state that changes as actions take their turns, and what is known of each action there."""

    def __init__(self, walker: Walker, row: list[int]) -> None:
        self.walker = walker
        self.row = row
        self._known: dict[int, Taken | None] = {}
        self._readers: list[set[int]] = [set() for _ in row]  # whose answer rests on a cell

    def take(self, index: int) -> bool:
        """Take an action if it is enabled and changes something; tell whether it was."""
        taken = self._known[index] if index in self._known else self._ask(index)
        changes = [] if taken is None else self.walker.changes(taken, self.row)
        for cell, value in changes:
            self.row[cell] = value
            for reader in self._readers[cell]:
                self._known.pop(reader, None)
            self._readers[cell].clear()
        return bool(changes)

    def _ask(self, index: int) -> Taken | None:
        try:
            found, read = self.walker.answer(self.walker.actions[index], self.row)
        except BoundReached:
            return None  # it is asked again at its next turn
        assert found is None or isinstance(found, Taken), "an action is no spec"
        self._known[index] = found
        for cell in cells_in(read):
            self._readers[cell].add(index)
        return found
