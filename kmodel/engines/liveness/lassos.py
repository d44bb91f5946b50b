"""Lassos: the shortest way to where a fair run can stay, and a short cycle there that is fair."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import combinations
from typing import TypeVar

import attrs
import numpy as np

from kmodel.engines.liveness.fair_cycles import Fair, Wanted
from kmodel.engines.liveness.labels import Mask
from kmodel.engines.liveness.one_run import starved
from kmodel.engines.liveness.state_graph import Distances, StateGraph, search
from kmodel.engines.tables.jit import Ints
from kmodel.kernel import Fairness


@attrs.frozen
class Lasso:
    """Steps that are taken once, then steps that are taken for ever; none of these: the run stays where it is."""

    stem: tuple[int, ...]
    cycle: tuple[int, ...]
    state: int  # where the cycle begins and ends


def shortest_lasso(graph: StateGraph, fair: Fair, reached: Distances, wanted: Wanted) -> Lasso | None:
    """Return the lasso with the shortest stem; None if a search did not reach any state where a fair run can stay."""
    candidates = np.flatnonzero(fair.anywhere & (reached.distance >= 0))
    if not candidates.size:
        return None
    nearest = candidates[reached.distance[candidates] == reached.distance[candidates].min()]
    ends = nearest[fair.may_end[nearest]]
    state = int(ends[0] if ends.size else nearest[0])
    stem = tuple(reached.path_to(graph, state))
    if ends.size:
        return Lasso(stem, (), state)
    within = fair.component == fair.component[state]
    return Lasso(stem, tuple(_Cycle(graph, within, wanted, state).find()), state)


def _starved(graph: StateGraph, states: Iterable[int], steps: Iterable[int]) -> set[int]:
    """Return the actions that a cycle through these states and steps is not fair to."""
    enabled = [graph.enabled(state) for state in states]
    return starved(enabled, {int(graph.action[step]) for step in steps}, graph.fairness.__getitem__)


class _Cycle:
    """The search for a short fair cycle in a component: from what is still missing to the next, then back."""

    def __init__(self, graph: StateGraph, within: Mask, wanted: Wanted, state: int) -> None:
        self.graph, self.within, self.wanted, self.state = graph, within, wanted, state
        sources = graph.sources()
        self.leaving = np.flatnonzero(within[sources])  # the steps from states of the component
        self.leaving_from = sources[self.leaving]
        stays = within[graph.target[self.leaving]]
        self.inner, self.inner_from = self.leaving[stays], self.leaving_from[stays]

    def find(self) -> list[int]:
        """Return the steps of the cycle."""
        path: list[int] = []
        while True:
            missing = self._missing(path)
            if missing:
                path += self._to_next(self._end(path), missing)
            elif not path:
                path.append(self._first())
            elif self._end(path) != self.state:
                path += self._back(self._end(path))
            else:
                return without_loops(path, self._states, lambda shorter: bool(shorter) and not self._missing(shorter))

    def _end(self, path: list[int]) -> int:
        return int(self.graph.target[path[-1]]) if path else self.state

    def _states(self, path: list[int]) -> list[int]:
        return [self.state, *self.graph.target[path].tolist()]

    def _missing(self, path: list[int]) -> list[tuple[Mask, Ints]]:
        """Return what the path still needs, each as states to come to, and steps of which one is then to be taken."""
        nothing = np.empty(0, np.int64)
        states, missing = self._states(path), []
        if self.wanted.states is not None and not self.wanted.states[states].any():
            missing.append((self.within & self.wanted.states, nothing))
        if self.wanted.steps is not None and not self.wanted.steps[path].any():
            missing.append(self._where(self.wanted.steps[self.inner]))
        for action in sorted(_starved(self.graph, states, path)):
            goal, steps = self._where(self.graph.action[self.inner] == action)
            if self.graph.fairness[action] is Fairness.WEAK:
                enabled = np.zeros_like(self.within)
                enabled[self.leaving_from[self.graph.action[self.leaving] == action]] = True
                goal |= self.within & ~enabled
            missing.append((goal, steps))
        return missing

    def _where(self, chosen: Mask) -> tuple[Mask, Ints]:
        goal = np.zeros_like(self.within)
        goal[self.inner_from[chosen]] = True
        return goal, self.inner[chosen]

    def _to_next(self, state: int, missing: list[tuple[Mask, Ints]]) -> list[int]:
        """Return a shortest path to something that is missing, and the step that provides it, if it is one."""
        reached = search(self.graph, self.within, np.array([state]))
        goal = np.logical_or.reduce([each for each, _ in missing])
        goals = np.flatnonzero(goal)
        end = int(goals[np.argmin(reached.distance[goals])])
        path = reached.path_to(self.graph, end)
        for each, steps in missing:
            if each[end]:
                here = [step for step in self.graph.steps(end) if (steps == step).any()]
                return [*path, *here[:1]]
        raise AssertionError("the end is a goal of something that is missing")

    def _first(self) -> int:
        """Return the step with the shortest way back, where nothing else is missing."""
        inner = [step for step in self.graph.steps(self.state) if self.within[self.graph.target[step]]]
        return min(inner, key=lambda step: len(self._back(int(self.graph.target[step]))))

    def _back(self, state: int) -> list[int]:
        return search(self.graph, self.within, np.array([state])).path_to(self.graph, self.state)


T = TypeVar("T")

SHORTEN_UP_TO = 1_000  # steps of a path that is shortened; of a longer one nobody reads the difference


def without_loops(
    path: list[T], states_of: Callable[[list[T]], Sequence[Hashable]], is_enough: Callable[[list[T]], bool]
) -> list[T]:
    """Return a path without the loops that it need not take; `states_of` are its states, the first one included."""
    again = len(path) <= SHORTEN_UP_TO
    while again:
        again = False
        states = states_of(path)
        loops = [(b - a, a, b) for a, b in combinations(range(len(states)), 2) if states[a] == states[b]]
        for _, first, last in sorted(loops, reverse=True):
            shorter = path[:first] + path[last:]
            if is_enough(shorter):
                path, again = shorter, True
                break
    return path
