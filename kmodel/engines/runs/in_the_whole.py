"""A run of a part of a system in the whole of it: the same actions, with what the others do in between.

The whole has the part's cells, actions and specs, and more. An action of the part is taken where it does there what it
did in the part; until it does, others go on: first those that change nothing of what is in both as it should be. This
need not succeed, and what it returns is a run of the whole.
"""

from kmodel.engines.clock import Deadline
from kmodel.engines.retracing import NamedAction
from kmodel.engines.runs.run_space import RunSpace, State
from kmodel.engines.runs.usual_order import UsualOrder
from kmodel.engines.tables.walker import trace_of
from kmodel.kernel import Action, Cell, Cluster, Model, Trace

MOST_BETWEEN = 2_000  # steps of others before one of the part


def in_the_whole(whole: Model, trace: Trace, deadline: Deadline | None = None) -> Trace | None:
    """Return a run of the whole that takes the actions of a trace of a part; None if there is none that is found."""
    return _Fitting(whole, trace, deadline or Deadline()).run()


class _Fitting:
    def __init__(self, whole: Model, trace: Trace, deadline: Deadline) -> None:
        self.deadline = deadline
        self.space = RunSpace(whole)
        self.order = UsualOrder(whole)
        self.trace = trace
        self.positions = {str(cell): position for position, cell in enumerate(whole.initial[0].layout.cells)}
        self.known = {_named(action): index for index, action in enumerate(whole.actions)}
        self.cells = [cell for cell in trace.initial.layout.cells if str(cell) in self.positions]
        self.state = self.space.initial(0)
        self.taken: list[int] = []

    def run(self) -> Trace | None:
        for step in self.trace.steps:
            index = self.known.get(_named(step.action))
            if index is None or not self._reach(index, step.before, step.next):
                return None
        return trace_of(self.space.model, 0, self.taken)

    def _reach(self, index: int, before: Cluster, following: Cluster) -> bool:
        """Go on until an action has been taken that does there what it did in the part; tell whether it was."""
        changed = [cell for cell in self.cells if before[cell] != following[cell]]
        for _ in range(MOST_BETWEEN):
            if self.deadline.is_over:
                return False
            if index in self.state.enabled:
                after, _ = self.space.follow(self.state, index)
                self._go(index, after)
                if not changed or any(self._value(after, cell) == following[cell] for cell in changed):
                    return True
                continue  # of what it does one after another, as an informer does, this was another's
            filler = self._filler(before)
            if filler is None:
                return False
            self._go(filler, self.space.follow(self.state, filler)[0])
        return False

    def _filler(self, before: Cluster) -> int | None:
        """Return the action of another that disturbs least of what is as it is in the part."""
        agreed = [cell for cell in self.cells if self._value(self.state, cell) == before[cell]]
        positions = {self.positions[str(cell)] for cell in agreed}

        def disturbs(index: int) -> tuple[int, int]:
            row = self.space.follow(self.state, index)[0].row
            return sum(row[each] != self.state.row[each] for each in positions), index

        free = [index for index in self.state.changing if self.order.next([index], 0) is not None]
        return min(map(disturbs, free), default=(0, None))[1]

    def _go(self, index: int, after: State) -> None:
        self.taken.append(index)
        self.state = after

    def _value(self, state: State, cell: Cell[object]) -> object:
        position = self.positions[str(cell)]
        return self.space.walker.numbering.values[position][state.row[position]]


def _named(action: Action) -> NamedAction:
    return NamedAction(action.transition.name, action.binding)
