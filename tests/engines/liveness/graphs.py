"""Models from lists of edges, and temporal specs about where they are."""

from collections.abc import Callable
from typing import Any

import attrs

from kmodel.kernel import Cell, Cells, Cluster, Fairness, Model, Spec, SpecKind, Step, Transition, leads_to

AT: Cell[int] = Cell("at")
GOAL: Cells[None] = Cells("goal")  # the states that a spec may speak of, each by itself


@attrs.frozen
class Edges:
    """A graph: `0a1 1b0` has an edge from 0 to 1 by action a and one back by b; it starts in 0.

    Actions are weakly fair, unless they are strongly fair, or of the environment.
    """

    text: str
    strong: str = ""
    environment: str = ""
    starts: tuple[int, ...] = (0,)
    goals: str = ""
    _empty: Cluster = attrs.field(init=False)

    @_empty.default
    def _lay_out(self) -> Cluster:
        return Cluster.of({AT: 0, **{GOAL[goal]: None for goal in self.goals}})

    @property
    def by_action(self) -> dict[str, dict[int, int]]:
        """For each action where it leads to from where."""
        edges: dict[str, dict[int, int]] = {}
        for source, action, target in map(tuple, self.text.split()):
            edges.setdefault(action, {})[int(source)] = int(target)
        return edges

    @property
    def places(self) -> list[int]:
        """The states, reachable or not."""
        return sorted({int(end) for end in self.text if end.isdigit()}.union(self.starts))

    def cluster(self, place: int) -> Cluster:
        """Return the cluster that is at a place."""
        return self._empty.set(AT, place)

    def fairness(self, action: str) -> Fairness:
        """Return what is owed to an action."""
        if action in self.environment:
            return Fairness.NONE
        return Fairness.STRONG if action in self.strong else Fairness.WEAK

    def model(self, *specs: Spec, name: str = "graph") -> Model:
        """Return the model, with specs."""
        actions = [
            Transition(_follow(name, edges), "anyone", "", name in self.environment, None, self.fairness(name)).bind()
            for name, edges in self.by_action.items()
        ]
        return Model(tuple(map(self.cluster, self.starts)), tuple(actions), specs, name)


def _follow(name: str, edges: dict[int, int]) -> Callable[[Cluster], Cluster | None]:
    def follow(cluster: Cluster) -> Cluster | None:
        return cluster.set(AT, edges[cluster[AT]]) if cluster[AT] in edges else None

    follow.__name__ = name
    return follow


def at(*places: int) -> Callable[[Cluster], bool | str]:
    """Return the predicate that is True in these places."""

    def is_there(cluster: Cluster) -> bool | str:
        return cluster[AT] in places or f"it is at {cluster[AT]}"

    return is_there


def at_the_goal(cluster: Cluster, goal: str) -> bool:
    """Tell whether it is at one goal."""
    return cluster[AT] == int(goal)


def eventually(*places: int) -> Spec:
    """It is there at some point."""
    return Spec(at(*places), SpecKind.EVENTUALLY, qualifier=SpecKind.EVENTUALLY.word)


def always_eventually(*places: int) -> Spec:
    """It is there again and again."""
    return Spec(at(*places), SpecKind.ALWAYS_EVENTUALLY, qualifier=SpecKind.ALWAYS_EVENTUALLY.word)


def converges(*places: int) -> Spec:
    """It stays there at last."""
    return Spec(at(*places), SpecKind.CONVERGES, qualifier=SpecKind.CONVERGES.word)


def answers(premise: int, *conclusion: int) -> Spec:
    """If it is at one place, it is then or later at one of others."""

    @leads_to(at(premise), at(*conclusion))
    def answers() -> None:
        """The premise leads to the conclusion."""

    return answers


def each_goal_leads_to(*places: int) -> Spec:
    """If it is at a goal, it is at one of these places then or later; each goal by itself."""

    @leads_to(at_the_goal, lambda cluster, goal: at(*places)(cluster), each=GOAL)
    def each_goal_leads_to() -> None:
        """Each goal leads to the places."""

    return each_goal_leads_to


def finitely_often(*actions: str) -> Spec:
    """These actions do not happen for ever."""

    def is_another(step: Step) -> bool | str:
        return step.action.transition.name not in actions or f"{step.action.transition.name} again"

    return Spec(is_another, SpecKind.FINITELY_OFTEN)


def word(steps: Any) -> str:
    """Return steps as the word of their actions."""
    return "".join(step.action.transition.name for step in steps)
