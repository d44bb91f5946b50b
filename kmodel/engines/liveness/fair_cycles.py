"""Which states can be visited for ever by a fair run: strongly connected components, refined as for Streett automata.

In a component a run can go round for ever, through all its states and steps. That is fair to a weakly fair action if
the component has a step of it, or a state where it is not enabled; otherwise no part of the component is fair either.
It is fair to a strongly fair action if the component has a step of it, or no state where it is enabled; otherwise a
fair run must at last avoid the states where it is, and what is left of the component is looked at again.
(Emerson and Lei, "Modalities for model checking: branching time logic strikes back", 1987.)
"""

import attrs
import numpy as np

from kmodel.engines.liveness.labels import Mask
from kmodel.engines.liveness.state_graph import StateGraph, on_cycles
from kmodel.engines.tables.jit import Ints
from kmodel.kernel import BoundReached, Fairness

MOST_STEPS = (1 << 31) - 1  # that scipy can number


@attrs.frozen(eq=False)
class Wanted:
    """What must happen again and again on a run that is looked for: a state of a mask, a step of a mask, or nothing."""

    states: Mask | None = None
    steps: Mask | None = None


@attrs.frozen(eq=False)
class Fair:
    """Where fair runs can stay: per state the number of its fair component (-1: none), and whether a run may end there.

    A run may end where no action is enabled that is owed anything.
    """

    component: Ints
    may_end: Mask

    def with_wanted(self, graph: StateGraph, wanted: Wanted) -> "Fair":
        """Return where fair runs stay while what is wanted happens again and again."""
        has = np.zeros(int(self.component.max(initial=-1)) + 2, np.bool_)  # the last: of states in none
        if wanted.states is not None:
            has[self.component[wanted.states]] = True
        if wanted.steps is not None:
            steps = np.flatnonzero(wanted.steps)
            start, end = self.component[graph.sources()[steps]], self.component[graph.target[steps]]
            has[start[start == end]] = True
        has[-1] = False
        may_end = self.may_end & wanted.states if wanted.states is not None else np.zeros_like(self.may_end)
        return Fair(np.where(has[self.component], self.component, -1), may_end)

    @property
    def anywhere(self) -> Mask:
        """The states in which a fair run can stay or go round."""
        return self.may_end | (self.component >= 0)


def fair_components(graph: StateGraph, within: Mask) -> Fair:
    """Return where fair runs stay for ever in the states of a mask.

    A run can go round a component through all its states and steps, so whatever is wanted of one that goes on in a
    component happens if it is there.
    """
    sources = graph.sources()
    weak, strong = graph.owed(Fairness.WEAK), graph.owed(Fairness.STRONG)
    may_end = within.copy()
    may_end[sources[(weak | strong)[graph.action]]] = False
    component = np.full(graph.states, -1, np.int64)
    found, left = 0, on_cycles(graph, within)
    while left.any():
        part = _Components(graph, sources, left)
        candidates = np.flatnonzero(part.size > 1)
        enabled, taken = part.actions(candidates)
        starved_weakly = (weak & ~taken & (enabled == part.size[candidates][:, None])).any(axis=1)
        starved = strong & ~taken & (enabled > 0)
        starved_strongly = starved.any(axis=1)
        fair = candidates[~starved_weakly & ~starved_strongly]
        number = np.full(part.size.size, -1, np.int64)
        number[fair] = np.arange(found, found + fair.size)
        component[left] = number[part.of[left]]
        found += fair.size
        left = part.refined(candidates, ~starved_weakly & starved_strongly, starved)
    return Fair(component, may_end)


class _Components:
    """The strongly connected components of the states of a mask: of each state its component, of each its size."""

    def __init__(self, graph: StateGraph, sources: Ints, left: Mask) -> None:
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import connected_components

        self.graph, self.sources, self.left = graph, sources, left
        number = np.cumsum(left) - 1
        self.steps = np.flatnonzero(left[sources] & left[graph.target])
        if self.steps.size > MOST_STEPS:
            raise BoundReached(
                f"{self.steps.size:,} steps may be on cycles, and components are found among {MOST_STEPS:,} at most; "
                "judge temporal specs on a smaller model"
            )
        ends = number[sources[self.steps]], number[graph.target[self.steps]]
        count = int(left.sum())
        matrix = csr_array((np.ones(self.steps.size, np.int8), ends), shape=(count, count))
        components, of = connected_components(matrix, directed=True, connection="strong")
        self.of = np.full(graph.states, -1, np.int64)
        self.of[left] = of
        self.size = np.bincount(of, minlength=components)
        self.inner = self.steps[self.of[sources[self.steps]] == self.of[graph.target[self.steps]]]

    def actions(self, candidates: Ints) -> tuple[Ints, Mask]:
        """Return per candidate and action in how many states it is enabled, and whether a step of it stays inside."""
        self.place = np.full(self.size.size, -1, np.int64)
        self.place[candidates] = np.arange(candidates.size)
        actions = len(self.graph.fairness)
        place = np.where(self.of >= 0, self.place[self.of], -1)
        starts = place[self.sources]
        self.starts = starts
        from_here = starts >= 0
        enabled = np.bincount(
            starts[from_here] * actions + self.graph.action[from_here], minlength=candidates.size * actions
        )
        taken = np.zeros(candidates.size * actions, np.bool_)
        inner = self.inner[starts[self.inner] >= 0]
        taken[starts[inner] * actions + self.graph.action[inner]] = True
        shape = (candidates.size, actions)
        return enabled.reshape(shape), taken.reshape(shape)

    def refined(self, candidates: Ints, again: Mask, starved: Mask) -> Mask:
        """Return the states of the components to look at again, without those where a starved action is enabled."""
        chosen = np.zeros(self.size.size, np.bool_)
        chosen[candidates[again]] = True
        left = self.left & (self.of >= 0)
        left[left] = chosen[self.of[left]]
        steps = np.flatnonzero(self.starts >= 0)
        left[self.sources[steps[starved[self.starts[steps], self.graph.action[steps]]]]] = False
        return left
