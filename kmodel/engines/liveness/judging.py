"""Judging temporal specs on the graph of a finished search: what it would take to violate one, looked for among fair
runs."""

from collections.abc import Iterable
from functools import cached_property
from itertools import chain, permutations, product
from math import factorial, prod

import attrs
import numpy as np

from kmodel.engines.exhaustive.buckets import INITIAL
from kmodel.engines.exhaustive.paths import Choice
from kmodel.engines.exhaustive.rounds import Frontier
from kmodel.engines.liveness.edges import steps_of
from kmodel.engines.liveness.fair_cycles import Fair, Wanted, fair_components
from kmodel.engines.liveness.labels import Mask, reason_in, true_in, true_of_steps
from kmodel.engines.liveness.lassos import Lasso, shortest_lasso
from kmodel.engines.liveness.one_run import idle_in
from kmodel.engines.liveness.state_graph import StateGraph, search
from kmodel.engines.results import Ends, Finding, Verdict
from kmodel.kernel import Cluster, Fairness, Model, ModelError, Predicate, Spec, Trace, ask, keys_of
from kmodel.kernel.forms import Again, Seed
from kmodel.kernel.renaming import Renaming
from kmodel.kernel.values import identity

NOTHING = Wanted()


@attrs.frozen(eq=False)
class _Violation:
    """What a run does that violates a spec: from a seed on it stays within some states, and does something wanted
    again and again. `predicate` tells what is wrong there."""

    within: Mask
    seeds: Mask
    predicate: Predicate
    wanted: Wanted = NOTHING

    @property
    def is_tested(self) -> bool:
        """Whether there is anything that could be violated: a premise, or a state that is not as it should be."""
        states = self.wanted.states
        return bool(self.seeds.any()) if states is None else bool(states.any())


class Liveness:
    """The finished search as a graph, and the verdicts on temporal specs."""

    def __init__(self, model: Model, space: Frontier) -> None:
        self.model, self.space = model, space
        self.initial = _initial_states(space)
        fairness = tuple(action.transition.fairness for action in model.actions)
        self.graph = StateGraph(*steps_of(space), tuple(self.initial), fairness)
        self.everywhere = np.ones(self.graph.states, np.bool_)
        self.from_start = search(self.graph, self.everywhere, np.array(list(self.initial)))
        self.fair = fair_components(self.graph, self.everywhere)
        self._quiescent = self._find_quiescent()

    def _find_quiescent(self) -> list[int]:
        """Return the states in which no action of the system is enabled, nearest first."""
        graph, environment = self.graph, [action.transition.environment for action in self.model.actions]
        busy = np.zeros(graph.states, np.bool_)
        busy[graph.sources()[~np.array(environment, np.bool_)[graph.action]]] = True
        ends = np.flatnonzero(~busy)
        found: list[int] = ends[np.argsort(self.from_start.distance[ends], kind="stable")].tolist()
        return found

    def ends(self) -> Ends:
        """Return the states in which no action of the system is enabled, up to names, with the shortest traces."""
        states, distinct = self._quiescent, distinct_up_to_names(self.model, map(self._cluster, self._quiescent))
        return Ends(len(states), len(distinct), tuple(self._trace_to(states[place]) for place in distinct[:SHOWN]))

    def _cluster(self, state: int) -> Cluster:
        return self.space.tables.cluster(self.space.row(self.space.place(state)))

    def _trace_to(self, state: int) -> Trace:
        return self._trace(tuple(self.from_start.path_to(self.graph, state)), state)

    def _judge_ends(self, spec: Spec) -> Finding:
        first: object = None
        for place, state in enumerate(self._quiescent):
            shown, _ = ask(spec, self._cluster(state))
            if place and identity(shown) != identity(first):
                reason = f"it ends with {shown!r}, or with {first!r} in another run"
                return Finding(spec, Verdict.VIOLATED, reason, self._trace_to(state))
            first = shown
        why = f"in all {len(self._quiescent):,} states in which the system comes to rest"
        return Finding(spec, Verdict.HOLDS, why, is_tested=len(self._quiescent) > 1)

    def judge(self, spec: Spec) -> Finding:
        """Return the verdict on a temporal spec."""
        self.space.deadline.check()
        if spec.form.compares_ends:
            return self._judge_ends(spec)
        violations = [self._violation(spec, key) for key in keys_of(spec, self.space.tables.interner.layout)]
        found = [
            (lasso, each) for each in violations if (lasso := self._lasso(each, self.graph, self.fair)) is not None
        ]
        if found:
            return self._violated(spec, *min(found, key=lambda pair: len(pair[0].stem)))
        return Finding(
            spec,
            Verdict.HOLDS,
            f"in all {self.graph.states:,} reachable states, on every fair run",
            is_tested=any(violation.is_tested for violation in violations),
            needs_strong_fairness=self._needs_strong_fairness(violations),
        )

    def _violation(self, spec: Spec, key: tuple[str, ...]) -> _Violation:
        violating, predicate = spec.form.violating, Predicate(spec, spec.judged, key)
        assert violating is not None, "it speaks of runs"
        if violating.again is Again.STEPS:
            seeds, wanted = self.seeds(spec, key), Wanted(steps=self._false_steps(predicate))
            return _Violation(self.everywhere, seeds, predicate, wanted)
        false = ~true_in(self.space, predicate)
        seeds = self.seeds(spec, key)
        if violating.again is Again.STATES:
            return _Violation(self.everywhere, seeds, predicate, Wanted(states=false))
        return _Violation(false, false & seeds, predicate)

    def seeds(self, spec: Spec, key: tuple[str, ...]) -> Mask:
        """Return the states from which on a run may violate a spec."""
        assert spec.form.violating is not None, "it speaks of runs"
        if spec.form.violating.seed is Seed.ANYWHERE:
            return self.everywhere
        if spec.premise is not None:
            return true_in(self.space, Predicate(spec, spec.premise, key))
        initial = np.zeros_like(self.everywhere)
        initial[list(self.initial)] = True
        return initial

    def _false_steps(self, predicate: Predicate) -> Mask:
        """Return the steps of which a predicate is not true, as far as they can be on a weakly fair cycle."""
        component, graph = self._weakened[1].component, self.graph
        sources, false = graph.sources(), np.zeros(graph.target.size, np.bool_)
        inner = (component[sources] >= 0) & (component[sources] == component[graph.target])
        if inner.any():
            false[inner] = ~true_of_steps(self.space, predicate, sources[inner], graph.action[inner])
        return false

    def _needs_strong_fairness(self, violations: list[_Violation]) -> bool:
        """Tell whether a spec that holds would be violated if all that is owed were weak fairness."""
        if Fairness.STRONG not in self.graph.fairness:
            return False
        return any(self._lasso(violation, *self._weakened) is not None for violation in violations)

    @cached_property
    def _weakened(self) -> tuple[StateGraph, Fair]:
        """The graph in which strong fairness is weak, and where fair runs stay in it."""
        if Fairness.STRONG not in self.graph.fairness:
            return self.graph, self.fair
        weak = (Fairness.WEAK if each is Fairness.STRONG else each for each in self.graph.fairness)
        graph = attrs.evolve(self.graph, fairness=tuple(weak))
        return graph, fair_components(graph, self.everywhere)

    def _lasso(self, violation: _Violation, graph: StateGraph, everywhere: Fair) -> Lasso | None:
        seeds = np.flatnonzero(violation.seeds)
        if not seeds.size:
            return None
        if violation.wanted is not NOTHING:
            fair, reached = everywhere.with_wanted(graph, violation.wanted), self.from_start
        else:  # where a fair run can stay within some states, it can stay without that bound, too
            reached = search(graph, violation.within, seeds, self.from_start.distance[seeds].astype(np.int64))
            fair = fair_components(graph, violation.within & everywhere.anywhere & (reached.distance >= 0))
        lasso = shortest_lasso(graph, fair, reached, violation.wanted)
        return None if lasso is None else self._from_start(lasso)

    def _from_start(self, lasso: Lasso) -> Lasso:
        """Return the lasso with the way to the state that its stem begins in."""
        first = self.graph.source(lasso.stem[0]) if lasso.stem else lasso.state
        return attrs.evolve(lasso, stem=(*self.from_start.path_to(self.graph, first), *lasso.stem))

    def _violated(self, spec: Spec, lasso: Lasso, violation: _Violation) -> Finding:
        graph = self.graph
        states = [lasso.state, *graph.target[list(lasso.cycle)].tolist()]
        trace = self._trace(lasso.stem, lasso.state, lasso.cycle)
        if violation.wanted.steps is not None:
            places = [place for place, step in enumerate(lasso.cycle) if violation.wanted.steps[step]]
            step = trace.steps[len(lasso.stem) + places[0]]
            answer = violation.predicate(step)
            reason = answer if isinstance(answer, str) else f"{step.action} is taken again and again"
        else:
            told = (reason_in(self.space, violation.predicate, state) for state in states)
            reason = next(reason for reason in told if reason is not None)
        return Finding(spec, Verdict.VIOLATED, reason, trace, idle=idle_in(self.model, trace))

    def _trace(self, stem: tuple[int, ...], state: int, cycle: tuple[int, ...] | None = None) -> Trace:
        graph = self.graph
        first = graph.source(stem[0]) if stem else state
        taken = (self.choice(graph.source(step), int(graph.action[step])) for step in (*stem, *(cycle or ())))
        trace = self.space.trace(self.initial[first], taken)
        return trace if cycle is None else attrs.evolve(trace, cycle=len(stem))

    def choice(self, state: int, action: int) -> Choice:
        """Return an action that is enabled in a state with its index among those that are."""
        enabled = self.space.enabled(self.space.row(self.space.place(state)))
        choice = next(((each, index) for each, index, _ in enabled if each == action), None)
        if choice is None:
            raise ModelError(f"{self.model.actions[action]} is not enabled where it was; it is not deterministic")
        return choice


def _initial_states(space: Frontier) -> dict[int, int]:
    """Return the initial states by their numbers, each with its index among the model's."""
    initial, first = {}, 0
    for shard in space.shards:
        for place, parent, index in zip(shard.run_start, shard.run_shard, shard.run_origin, strict=True):
            if parent == INITIAL:
                initial[first + place] = index
        first += shard.count
    return initial


SHOWN = 16  # ends to which a trace is shown
MOST_RENAMINGS = 720  # beyond that states are compared with their names


def distinct_up_to_names(model: Model, clusters: Iterable[Cluster]) -> list[int]:
    """Return the places of the clusters that are no renaming of an earlier one, by interchangeable names."""
    if not model.symmetry or prod(factorial(len(group)) for group in model.symmetry) > MOST_RENAMINGS:
        return [place for place, _ in enumerate(clusters)]
    renamings, seen, distinct = _renamings(model), set[Cluster](), []
    for place, cluster in enumerate(clusters):
        if cluster not in seen:
            distinct.append(place)
            seen.update(renaming.cluster(cluster) for renaming in renamings)
    return distinct


def _renamings(model: Model) -> list[Renaming]:
    names = tuple(chain.from_iterable(model.symmetry))
    arrangements = product(*map(permutations, model.symmetry))
    return [Renaming(tuple(zip(names, chain.from_iterable(each), strict=True))) for each in arrangements]
