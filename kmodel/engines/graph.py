"""The state graph of a model, as far as it is small enough to look at."""

from collections.abc import Iterable

import attrs

from kmodel.engines.tables import transition_table
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
        return next((number for number, state in enumerate(self.states) if state.values == cluster.values), None)


def extract(model: Model, max_states: int) -> Graph:
    """Return the part of the model's state graph that a breadth-first search finds within a number of states."""
    growth = _Growth(model, max_states)
    growth.add(model.initial)
    state = 0
    while state < len(growth.states):
        growth.expand(state)
        state += 1
    return growth.graph()


def neighbourhood(model: Model, trace: Trace, max_states: int) -> Graph:
    """Return the graph of a trace's states, numbered along the trace, and the states one step off it."""
    growth = _Growth(model, max_states)
    growth.add([trace.initial, *(step.next for step in trace.steps)])
    for state in range(len(growth.states)):
        growth.expand(state)
    return growth.graph()


class _Growth:
    def __init__(self, model: Model, max_states: int) -> None:
        self.tables = [(action, transition_table(action)) for action in model.actions]
        self.max_states = max_states
        self.states: list[Cluster] = []
        self.numbers: dict[tuple[object, ...], int] = {}
        self.edges: list[Edge] = []
        self.complete = True
        self.initial = len(model.initial)

    def add(self, clusters: Iterable[Cluster]) -> None:
        for cluster in clusters:
            self._number(cluster)

    def expand(self, state: int) -> None:
        before = self.states[state]
        for action, table in self.tables:
            try:
                effect = table.answer(before.values, lambda: before)
            except BoundReached:
                self.complete = False
                continue
            if effect is None:
                continue
            values = list(before.values)
            for write in effect.total:
                values[write.position] = write.update(before.values[write.position])
            target = self._number(Cluster(before.layout, tuple(values)))
            if target is not None:
                self.edges.append(Edge(state, action, target))

    def graph(self) -> Graph:
        return Graph(tuple(self.states), tuple(self.edges), self.complete, self.initial)

    def _number(self, cluster: Cluster) -> int | None:
        number = self.numbers.get(cluster.values)
        if number is None:
            if len(self.states) >= self.max_states:
                self.complete = False
                return None
            number = self.numbers[cluster.values] = len(self.states)
            self.states.append(cluster)
        return number
