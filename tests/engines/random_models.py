"""Small random models: cells of several kinds, actions with random guards and writes, specs of states and of steps."""

from typing import Any

import attrs
from hypothesis import strategies as st

from kmodel.kernel import Append, Cells, Cluster, Model, Spec, Step, Transition, drop_first, first
from kmodel.kernel.forms import SpecKind

MOST_VALUES = 3
MOST_QUEUED = 2


@attrs.frozen
class Thing:
    number: int
    color: str = "red"
    friend: "Thing | None" = None


NUMBER: Cells[int] = Cells("number")
THING: Cells[Thing | None] = Cells("thing")
QUEUE: Cells[tuple[int, ...]] = Cells("queue")
KINDS = ("number", "thing", "queue")

Place = tuple[str, str]  # a kind of cell and its name


@attrs.frozen
class Guard:
    """A condition on one cell; some look at a part of it only, some through a function."""

    place: Place
    way: int
    constant: int

    def __call__(self, cluster: Cluster) -> bool:
        kind, name = self.place
        if kind == "number":
            return (cluster[NUMBER[name]] + self.way) % 3 != self.constant
        if kind == "queue":
            if self.way == 0:
                return cluster.look(QUEUE[name], first) != self.constant
            return len(cluster[QUEUE[name]]) != self.constant
        thing = cluster[THING[name]]
        if thing is None:
            return self.way == 0
        if self.way == 1:
            return thing.number != self.constant
        if self.way == 2:
            return thing.friend is None or thing.friend.number != self.constant
        return thing.color == "red"


@attrs.frozen
class Effect:
    """A change of one cell; some depend on another cell, some on what was there without reading it."""

    place: Place
    way: int
    constant: int
    other: str

    def __call__(self, cluster: Cluster) -> Cluster:
        kind, name = self.place
        if kind == "number":
            source = NUMBER[self.other if self.way == 1 and cluster.has(NUMBER[self.other]) else name]
            base = cluster[source] if self.way else 0
            return cluster.set(NUMBER[name], (base + self.constant) % MOST_VALUES)
        if kind == "queue":
            if self.way == 0:
                return cluster.modify(QUEUE[name], drop_first)
            if len(cluster[QUEUE[name]]) < MOST_QUEUED:
                return cluster.modify(QUEUE[name], Append(self.constant))
            return cluster
        thing = cluster[THING[name]]
        if thing is None or self.way == 0:
            return cluster.set(THING[name], Thing(self.constant))
        if self.way == 1:
            return cluster.update(THING[name], color="blue" if self.constant else "red")
        if self.way == 2:
            return cluster.update(THING[name], friend=Thing(self.constant))
        return cluster.set(THING[name], None)


def _act(guards: tuple[Guard, ...], effects: tuple[Effect, ...]) -> Any:
    def act(cluster: Cluster) -> Cluster | None:
        if not all(guard(cluster) for guard in guards):
            return None
        for effect in effects:
            cluster = effect(cluster)
        return cluster

    return act


def _judge_state(guards: tuple[Guard, ...]) -> Any:
    def judge(cluster: Cluster) -> bool | str:
        return any(guard(cluster) for guard in guards) or "no guard is true"

    return judge


def _judge_step(guard: Guard, other: Guard, writes: int) -> Any:
    def judge(step: Step) -> bool | str:
        if guard(step.before) and not other(step.after):
            return len(step.writes) != writes or "it wrote so many"
        return len(step.reads) < 5

    return judge


@st.composite
def models(draw: st.DrawFn) -> Model:
    names = ["a", "b", "c", "d"]
    places = draw(
        st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(names)), min_size=3, max_size=6, unique=True)
    )
    guards = st.builds(Guard, st.sampled_from(places), st.integers(0, 3), st.integers(0, 2))
    effects = st.builds(Effect, st.sampled_from(places), st.integers(0, 3), st.integers(0, 2), st.sampled_from(names))
    families: dict[str, Any] = {"number": NUMBER, "thing": THING, "queue": QUEUE}
    empty: dict[str, Any] = {"number": 0, "thing": None, "queue": ()}
    cells = {families[kind][name]: empty[kind] for kind, name in places}
    initial = Cluster.of(cells)
    actions = []
    for number in range(draw(st.integers(3, 8))):
        function = _act(
            tuple(draw(st.lists(guards, max_size=1))), tuple(draw(st.lists(effects, min_size=1, max_size=2)))
        )
        function.__name__ = f"act{number}"
        actions.append(Transition(function, "anyone", "", False, None).bind())
    specs = []
    for number in range(draw(st.integers(0, 3))):
        judge = _judge_state(tuple(draw(st.lists(guards, min_size=1, max_size=3))))
        judge.__name__ = f"state{number}"
        specs.append(Spec(judge, draw(st.sampled_from([SpecKind.INVARIANT, SpecKind.SOMETIMES]))))
    for number in range(draw(st.integers(0, 3))):
        judge = _judge_step(draw(guards), draw(guards), draw(st.integers(0, 3)))
        judge.__name__ = f"step{number}"
        specs.append(Spec(judge, draw(st.sampled_from([SpecKind.STEP_INVARIANT, SpecKind.SOMETIMES]))))
    starts = [initial]
    if draw(st.booleans()) and ("number", "a") in places:
        starts.append(initial.set(NUMBER["a"], 2))
    return Model(tuple(starts), tuple(actions), tuple(specs), "random")
