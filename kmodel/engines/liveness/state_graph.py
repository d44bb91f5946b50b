"""State graphs as arrays, and breadth-first search in them. States are numbers; nothing here knows what they stand for.

Steps that change nothing are not in a graph, so an action is enabled in a state exactly if a step of it starts there.
"""

import attrs
import numpy as np

from kmodel.engines.liveness.labels import Mask
from kmodel.engines.tables.jit import Ints, compiled
from kmodel.kernel import Fairness


@attrs.frozen(eq=False)
class StateGraph:
    """The steps of state s are those from start[s] up to start[s + 1]: where each leads, and the action that takes it.

    `fairness` is what each action is owed, by its number.
    """

    start: Ints
    target: Ints
    action: Ints
    initial: tuple[int, ...]
    fairness: tuple[Fairness, ...]

    @property
    def states(self) -> int:
        """How many states there are."""
        return self.start.size - 1

    def sources(self) -> Ints:
        """Return the state that each step starts from."""
        return np.repeat(np.arange(self.states, dtype=np.uint32), np.diff(self.start))

    def source(self, step: int) -> int:
        """Return the state that a step starts from."""
        return int(np.searchsorted(self.start, step, "right")) - 1

    def steps(self, state: int) -> range:
        """Return the steps from a state."""
        return range(int(self.start[state]), int(self.start[state + 1]))

    def enabled(self, state: int) -> set[int]:
        """Return the actions that are enabled in a state."""
        return set(self.action[self.start[state] : self.start[state + 1]].tolist())

    def owed(self, *kinds: Fairness) -> Mask:
        """Return, for each action, whether it is owed fairness of one of these kinds."""
        return np.array([fairness in kinds for fairness in self.fairness], np.bool_)


@attrs.frozen(eq=False)
class Distances:
    """How many steps each state is from the seeds of a search, -1 if it is not reached, and the step that reaches it
    (-1: it is a seed)."""

    distance: Ints
    via: Ints

    def path_to(self, graph: StateGraph, state: int) -> list[int]:
        """Return the steps of a shortest path from a seed to a state."""
        path = []
        while (step := int(self.via[state])) >= 0:
            path.append(step)
            state = graph.source(step)
        return path[::-1]


def search(graph: StateGraph, within: Mask, seeds: Ints, offsets: Ints | None = None) -> Distances:
    """Search breadth-first from seeds, in the states of a mask only; the distance of a seed may begin at an offset."""
    offsets = np.zeros(seeds.size, np.int64) if offsets is None else offsets
    order = np.argsort(offsets, kind="stable")
    distance, via = np.full(graph.states, -1, np.int32), np.full(graph.states, -1, np.int64)
    _search(graph.start, graph.target, within, seeds[order].astype(np.int64), offsets[order], distance, via)
    return Distances(distance, via)


@compiled
def _search(start: Ints, target: Ints, within: Mask, seeds: Ints, offsets: Ints, distance: Ints, via: Ints) -> None:
    queue = np.empty(distance.size, np.int64)
    head, tail, seed = 0, 0, 0
    while head < tail or seed < seeds.size:
        while seed < seeds.size and (head == tail or offsets[seed] <= distance[queue[head]]):
            state = seeds[seed]
            if within[state] and distance[state] < 0:
                distance[state] = offsets[seed]
                queue[tail] = state
                tail += 1
            seed += 1
        if head == tail:
            continue
        state = queue[head]
        head += 1
        for step in range(start[state], start[state + 1]):
            following = target[step]
            if within[following] and distance[following] < 0:
                distance[following] = distance[state] + 1
                via[following] = step
                queue[tail] = following
                tail += 1


def on_cycles(graph: StateGraph, within: Mask) -> Mask:
    """Return the states of a mask that are on a cycle within it or behind one: often none, and then there is no more
    to do."""
    left = within.copy()
    _peel(graph.start, graph.target, left)
    return left


@compiled
def _peel(start: Ints, target: Ints, left: Mask) -> None:
    incoming = np.zeros(left.size, np.int64)
    for state in range(left.size):
        if left[state]:
            for step in range(start[state], start[state + 1]):
                incoming[target[step]] += 1
    queue = np.empty(left.size, np.int64)
    tail = 0
    for state in range(left.size):
        if left[state] and incoming[state] == 0:
            queue[tail] = state
            tail += 1
    head = 0
    while head < tail:
        state = queue[head]
        head += 1
        left[state] = False
        for step in range(start[state], start[state + 1]):
            following = target[step]
            if left[following]:
                incoming[following] -= 1
                if incoming[following] == 0:
                    queue[tail] = following
                    tail += 1
