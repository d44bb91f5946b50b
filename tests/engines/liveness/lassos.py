"""What a lasso must be, and whether there is one, told by the kernel alone and so plainly that any reader can check it.

A fair run at last visits a set of states for ever. Of all runs that do, one that takes every step within the set is
the fairest. So it is enough to look at each set of states: whether its inner steps connect it, and are fair.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, combinations

import attrs

from kmodel.engines.results import Finding, Idle, Verdict
from kmodel.kernel import Action, Cluster, Fairness, Model, Spec, SpecKind, Step, enabled, follow, keys_of

MOST_STATES = 8  # 255 sets of states


def changing(model: Model, cluster: Cluster) -> list[Step]:
    """Return the steps that can be taken in the cluster and change something."""
    return [step for step in enabled(model, cluster) if step.next != cluster]


def actions_of(steps: Iterable[Step]) -> set[Action]:
    """Return the actions that take these steps."""
    return {step.action for step in steps}


def is_fair(model: Model, offers: Iterable[set[Action]], taken: set[Action]) -> bool:
    """Tell whether a run is fair that for ever visits states in which these actions are enabled, and takes those."""
    offers = list(offers)
    for action in model.actions:
        waits = [action in offer for offer in offers]
        starves = {Fairness.NONE: False, Fairness.WEAK: all(waits), Fairness.STRONG: any(waits)}
        if starves[action.transition.fairness] and action not in taken:
            return False
    return True


@attrs.frozen
class Asked:
    """A temporal spec about one key: what must be there for the run to count, what must not, in plain sets."""

    spec: Spec
    key: tuple[str, ...]

    def is_true(self, subject: Cluster | Step) -> bool:
        return self.spec.function(subject, *self.key) is True

    def begins(self, cluster: Cluster) -> bool:
        assert self.spec.premise is not None
        return self.spec.premise(cluster, *self.key) is True

    def answers(self, cluster: Cluster) -> bool:
        assert self.spec.conclusion is not None
        return self.spec.conclusion(cluster, *self.key) is True

    def is_violated_by(self, stem: list[Cluster], visited: list[Cluster], taken: list[Step]) -> bool:
        """Tell whether a run violates the spec: states seen once, then states and steps seen for ever."""
        match self.spec.kind:
            case SpecKind.EVENTUALLY:
                return not any(self.is_true(cluster) for cluster in stem + visited)
            case SpecKind.ALWAYS_EVENTUALLY:
                return not any(self.is_true(cluster) for cluster in visited)
            case SpecKind.CONVERGES:
                return not all(self.is_true(cluster) for cluster in visited)
            case SpecKind.FINITELY_OFTEN:
                return not all(self.is_true(step) for step in taken)
            case SpecKind.LEADS_TO:
                run = stem + visited
                return any(
                    self.begins(cluster) and not any(map(self.answers, run[min(place, len(stem)) :]))
                    for place, cluster in enumerate(run)
                )
        raise AssertionError(f"{self.spec.kind} is not of runs")


def asked(model: Model, spec: Spec) -> list[Asked]:
    """Return what a spec asks, for each of its keys."""
    return [Asked(spec, key) for key in keys_of(spec, model.initial[0].layout)]


def check(model: Model, finding: Finding) -> None:
    """Check that the trace of a violation is a fair run that violates the spec."""
    trace = finding.trace
    assert finding.verdict is Verdict.VIOLATED
    assert trace is not None
    assert trace.cycle is not None
    followed = follow(model, trace.address)
    assert (followed.initial, followed.steps) == (trace.initial, trace.steps)
    loop, visited = list(trace.steps[trace.cycle :]), list(trace.states[trace.cycle :])
    assert visited[0] == visited[-1], "the cycle does not close"
    assert all(step.next != step.before for step in trace.steps), "a step changes nothing"
    offers = [actions_of(changing(model, cluster)) for cluster in visited]
    assert is_fair(model, offers, actions_of(loop))
    assert any(
        each.is_violated_by(list(trace.states[: trace.cycle]), visited, loop) for each in asked(model, finding.spec)
    )
    _check_idle(finding.idle, offers, trace.cycle, actions_of(loop))


def _check_idle(idle: tuple[Idle, ...], offers: list[set[Action]], first: int, taken: set[Action]) -> None:
    assert {each.action for each in idle} == set.union(*offers) - taken
    for each in idle:
        if each.disabled_after is None:
            assert all(each.action in offer for offer in offers)
            assert each.action.transition.fairness is Fairness.NONE
        else:
            assert each.action not in offers[each.disabled_after - first]


def shortest_stem(graph: "Reachable", spec: Spec) -> int | None:
    """Return after how many steps a run that violates the spec can begin to go round; None: there is no such run."""
    stems = [_stem(graph, each, visited) for each in asked(graph.model, spec) for visited in graph.fair_sets]
    return min((stem for stem in stems if stem is not None), default=None)


def _stem(graph: "Reachable", spec: Asked, visited: frozenset[Cluster]) -> int | None:
    """Return the length of the shortest way to a set of states, if to stay there violates the spec."""
    kind, everywhere = spec.spec.kind, graph.steps.keys()
    seeds = dict.fromkeys(graph.model.initial, 0)
    if kind is SpecKind.EVENTUALLY:
        within = {cluster for cluster in everywhere if not spec.is_true(cluster)}
        return graph.nearest(seeds, within, visited) if visited <= within else None
    if kind is SpecKind.LEADS_TO:
        within = {cluster for cluster in everywhere if not spec.answers(cluster)}
        distance = graph.distances(seeds, set(everywhere))
        seeds = {cluster: distance[cluster] for cluster in within if spec.begins(cluster)}
        return graph.nearest(seeds, within, visited) if visited <= within else None
    if not spec.is_violated_by([], list(visited), graph.inner(visited)):
        return None
    return graph.nearest(seeds, set(everywhere), visited)


@attrs.frozen
class Reachable:
    """The reachable states, each with its steps, and the sets of states that a fair run can visit for ever."""

    model: Model
    steps: dict[Cluster, list[Step]]
    fair_sets: tuple[frozenset[Cluster], ...] = attrs.field(init=False)

    @fair_sets.default
    def _find_fair_sets(self) -> tuple[frozenset[Cluster], ...]:
        return tuple(visited for visited in map(frozenset, subsets(self.steps)) if self._is_fair(visited))

    def _is_fair(self, visited: frozenset[Cluster]) -> bool:
        offers = [actions_of(self.steps[cluster]) for cluster in visited]
        return is_fair(self.model, offers, actions_of(self.inner(visited))) and all(
            self.distances({cluster: 0}, set(visited)).keys() == visited for cluster in visited
        )

    @staticmethod
    def of(model: Model) -> "Reachable":
        steps: dict[Cluster, list[Step]] = {}
        waiting = list(model.initial)
        while waiting:
            cluster = waiting.pop()
            if cluster not in steps:
                steps[cluster] = changing(model, cluster)
                waiting += [step.next for step in steps[cluster]]
        assert len(steps) <= MOST_STATES, "there are too many sets of states to look at each"
        return Reachable(model, steps)

    def inner(self, visited: frozenset[Cluster]) -> list[Step]:
        """Return the steps within a set of states."""
        return [step for cluster in visited for step in self.steps[cluster] if step.next in visited]

    def distances(self, seeds: dict[Cluster, int], within: set[Cluster]) -> dict[Cluster, int]:
        """Return how far the states of a set are, by steps within it, from seeds at such distances."""
        distance = {cluster: far for cluster, far in seeds.items() if cluster in within}
        for _ in within:  # no shortest way has more steps
            for cluster, far in list(distance.items()):
                for step in self.steps[cluster]:
                    if step.next in within:
                        distance[step.next] = min(far + 1, distance.get(step.next, far + 1))
        return distance

    def nearest(self, seeds: dict[Cluster, int], within: set[Cluster], goal: frozenset[Cluster]) -> int | None:
        """Return how far the nearest state of a goal is from seeds, if it can be reached."""
        distance = self.distances(seeds, within)
        return min((distance[cluster] for cluster in goal if cluster in distance), default=None)


def subsets(items: Iterable[Cluster]) -> Iterator[tuple[Cluster, ...]]:
    """Yield the subsets that are not empty."""
    items = list(items)
    return chain.from_iterable(combinations(items, size) for size in range(1, len(items) + 1))
