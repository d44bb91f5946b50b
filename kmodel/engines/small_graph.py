"""The state graph of a model, as far as it is small enough to look at."""

from collections.abc import Iterable

import attrs

from kmodel.engines.clock import Deadline
from kmodel.engines.tables.walker import ANY_CELL, Row, Taken, Told, walker_of
from kmodel.kernel import Action, BoundReached, Cluster, Model, Trace


@attrs.frozen
class Edge:
    """One action that leads from a state to a state, both by their numbers."""

    source: int
    action: Action
    target: int


@attrs.frozen
class Graph:
    """States numbered in the order in which they were found, the edges between them, and whether that is all."""

    states: tuple[Cluster, ...]
    edges: tuple[Edge, ...]
    complete: bool
    initial: int = 1

    def number(self, cluster: Cluster) -> int | None:
        """Return the number of a state; None if the graph does not have it."""
        return next((number for number, state in enumerate(self.states) if state == cluster), None)


def extract(model: Model, max_states: int, deadline: Deadline | None = None) -> Graph:
    """Return the part of the model's state graph that a breadth-first search finds within a number of states.

    When the time is up, it is as large as it is by then.
    """
    growth = _Growth(model, max_states)
    growth.add(model.initial)
    state = 0
    while state < len(growth.rows):
        if deadline is not None and deadline.is_over:
            growth.complete = False
            break
        growth.expand(state)
        state += 1
    return growth.graph()


def neighbourhood(model: Model, trace: Trace, max_states: int) -> Graph:
    """Return the graph of a trace's states, numbered along the trace, and the states one step off it."""
    growth = _Growth(model, max_states)
    growth.add([trace.initial, *(step.next for step in trace.steps)])
    for state in range(len(growth.rows)):
        growth.expand(state)
    return growth.graph()


class _Growth:
    """States numbered as they are found. Where a step leads, only what its writes met is asked anew."""

    def __init__(self, model: Model, max_states: int) -> None:
        self.model = model
        self.walker = walker_of(model)
        self.max_states = max_states
        self.rows: list[Row] = []
        self.numbers: dict[Row, int] = {}
        self.origins: list[tuple[int, int] | None] = []  # a state before, and the cells that differ from it, as bits
        self.answers: list[tuple[list[Told], list[int]]] = []  # of each action, with the cells that it read, as bits
        self.edges: list[Edge] = []
        self.complete = True
        self.initial = len(model.initial)

    def add(self, clusters: Iterable[Cluster]) -> None:
        for cluster in clusters:
            self._number(tuple(self.walker.numbering.row(cluster)), None)

    def expand(self, state: int) -> None:
        before = self.rows[state]
        told, reads = self._ask(before, self.origins[state])
        self.answers.append((told, reads))
        for action, taken in zip(self.model.actions, told, strict=True):
            if not isinstance(taken, Taken):
                continue
            row, differing = list(before), 0
            for cell, value in self.walker.changes(taken, before):
                row[cell] = value
                differing |= 1 << cell
            target = self._number(tuple(row), (state, differing))
            if target is not None:
                self.edges.append(Edge(state, action, target))

    def graph(self) -> Graph:
        states = tuple(self.walker.numbering.cluster(row) for row in self.rows)
        return Graph(states, tuple(self.edges), self.complete, self.initial)

    def _ask(self, row: Row, origin: tuple[int, int] | None) -> tuple[list[Told], list[int]]:
        if origin is None:
            told: list[Told] = [None] * len(self.model.actions)
            reads, differing = [ANY_CELL] * len(told), ANY_CELL
        else:
            parent, differing = origin
            told, reads = list(self.answers[parent][0]), list(self.answers[parent][1])
        for index, read in enumerate(reads):
            if read & differing:
                try:
                    told[index], reads[index] = self.walker.answer(self.walker.actions[index], row)
                except BoundReached:
                    self.complete = False
                    told[index], reads[index] = None, ANY_CELL
        return told, reads

    def _number(self, row: Row, origin: tuple[int, int] | None) -> int | None:
        number = self.numbers.get(row)
        if number is None:
            if len(self.rows) >= self.max_states:
                self.complete = False
                return None
            number = self.numbers[row] = len(self.rows)
            self.rows.append(row)
            self.origins.append(origin)
        return number
