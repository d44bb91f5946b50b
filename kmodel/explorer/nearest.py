"""The shortest way from a state to what somebody looks for: what a spec finds, or a condition."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from kmodel.engines.clock import Deadline, TimeIsUp
from kmodel.engines.tables.walker import Row, Taken, Walker, walker_of
from kmodel.kernel import BoundReached, Cluster, Model, Spec, ask, take

MOST_STATES = 20_000
SECONDS = 10.0


@attrs.frozen
class Way:
    """The actions of a shortest way, by their indices; None: there is none, as far as was looked.

    `states` were looked at, which are all that can be reached if the search `is_complete`.
    """

    actions: tuple[int, ...] | None
    states: int
    is_complete: bool


@attrs.frozen
class Aim:
    """What is looked for: states of which a function is true, or steps."""

    is_met: Callable[[Any], bool]
    of_steps: bool = False


def aim_of(spec: Spec) -> Aim:
    """Return what a spec of states or steps looks for: a violation, or what should happen sometimes."""
    return Aim(lambda subject: spec.form.found(ask(spec, subject)[0]) is not None, spec.of_steps)


def nearest(model: Model, start: Cluster, aim: Aim, max_states: int = MOST_STATES) -> Way:
    """Return the shortest way, of at least one step, from a state to what is looked for."""
    return _Nearest(model, aim, max_states).search(start)


class _Nearest:
    def __init__(self, model: Model, aim: Aim, max_states: int) -> None:
        self.model, self.aim, self.max_states = model, aim, max_states
        self.walker: Walker = walker_of(model)
        self.came: dict[Row, tuple[Row, int] | None] = {}
        self.is_cut_off = False

    def search(self, start: Cluster) -> Way:
        first, deadline = tuple(self.walker.numbering.row(start)), Deadline(SECONDS)
        self.came[first] = None
        queue, place = [first], 0
        try:
            while place < len(queue):
                deadline.check()
                for action, row in self._ahead(queue[place]):
                    is_new = row not in self.came
                    if is_new and len(queue) >= self.max_states:
                        self.is_cut_off = True
                        continue
                    if is_new:
                        self.came[row] = (queue[place], action)
                        queue.append(row)
                    if (is_new or self.aim.of_steps) and self._is_there(queue[place], action, row):
                        return Way((*self._path(queue[place]), action), len(queue), False)
                place += 1
        except TimeIsUp:
            self.is_cut_off = True
        return Way(None, len(queue), not self.is_cut_off)

    def _ahead(self, row: Row) -> Iterator[tuple[int, Row]]:
        for index, trie in enumerate(self.walker.actions):
            try:
                taken, _ = self.walker.answer(trie, row)
            except BoundReached:
                self.is_cut_off = True
                continue
            if isinstance(taken, Taken):
                made = list(row)
                for cell, value in self.walker.changes(taken, row):
                    made[cell] = value
                yield index, tuple(made)

    def _is_there(self, before: Row, action: int, row: Row) -> bool:
        cluster = self.walker.numbering.cluster
        subject = take(self.model.actions[action], cluster(before)) if self.aim.of_steps else cluster(row)
        return subject is not None and self.aim.is_met(subject)

    def _path(self, row: Row) -> Sequence[int]:
        path = []
        while (came := self.came[row]) is not None:
            row, action = came
            path.append(action)
        return path[::-1]
