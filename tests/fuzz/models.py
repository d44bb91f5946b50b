"""Draws a random model from a seed, as a draft: plain data that can be printed, made smaller and made a model of."""

from collections.abc import Callable
from enum import Enum
from random import Random
from typing import Any

import attrs

from kmodel.kernel import Append, Cell, Cluster, Kind, Model, Rank, Spec, Step, Transition, fresh


class Color(Enum):
    RED = "red"

    def __repr__(self) -> str:
        return "Color.RED"


@attrs.frozen
class Thing:
    number: int
    color: Color | str = "red"
    friend: "Thing | None" = None


POOLS: dict[str, tuple[Any, ...]] = {
    "number": (0, 1, 2),
    "mixed": (False, 0, True, 1, None, Color.RED, "red"),
    "thing": (None, Thing(0), Thing(1, Color.RED), Thing(1, "red", Thing(0))),
    "queue": ((), (0,), (1, 0)),
    "club": (frozenset(), frozenset({0}), frozenset({0, 1})),
    "rank": (None, Rank("turn", 1)),
}
ANYTHING_ELSE = "anything else"


def number_of(value: Any) -> Any:
    """The projection that shows a part of each kind of value."""
    if isinstance(value, tuple):
        return value[0] if value else None
    return value.number if isinstance(value, Thing) else isinstance(value, frozenset) and 1 in value


def head(value: Any) -> Any:
    """The projection that fails for what has no first item."""
    return value[0]


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are one: False is not 0."""
    return bool(one == other) and isinstance(one, bool) is isinstance(other, bool)


@attrs.frozen
class Guard:
    cell: str
    way: str  # whole, look, attribute or failing
    value: Any
    equal: bool

    def __call__(self, cluster: Cluster) -> bool:
        cell: Cell[Any] = Cell(self.cell)
        return same(self._seen(cluster, cell), self.value) is self.equal

    def _seen(self, cluster: Cluster, cell: Cell[Any]) -> Any:
        if self.way == "look":
            return cluster.look(cell, number_of)
        if self.way == "failing":
            try:
                return cluster.look(cell, head)
            except (TypeError, IndexError):
                return ANYTHING_ELSE
        value = cluster[cell]
        return value.number if self.way == "attribute" and isinstance(value, Thing) else value


@attrs.frozen
class Effect:
    cell: str
    way: str  # put, copy, append, update or fresh
    value: Any
    source: str = ""

    def __call__(self, cluster: Cluster) -> Cluster:
        cell: Cell[Any] = Cell(self.cell)
        if self.way == "copy":
            return cluster.set(cell, cluster[Cell(self.source)])
        if self.way == "append":
            return cluster.modify(cell, Append(self.value)) if len(cluster[cell]) < 2 else cluster.set(cell, ())
        if self.way == "update":
            return cluster.set(cell, Thing(1)) if cluster[cell] is None else cluster.update(cell, color=self.value)
        if self.way == "fresh":
            return cluster.set(cell, fresh(cluster, "turn"))
        return cluster.set(cell, self.value)


@attrs.frozen
class Act:
    guards: tuple[Guard, ...]
    effects: tuple[Effect, ...]
    environment: bool = False

    def __call__(self, cluster: Cluster) -> Cluster | None:
        if not all(guard(cluster) for guard in self.guards):
            return None
        for effect in self.effects:
            cluster = effect(cluster)
        return cluster


@attrs.frozen
class Judge:
    kind: Kind
    looks: tuple[tuple[str, Guard], ...]  # at `before`, `after` or `next` of a step, or at a cluster

    def of_step(self, step: Step) -> bool:
        return any(guard(getattr(step, part)) for part, guard in self.looks)

    def of_state(self, cluster: Cluster) -> bool:
        return any(guard(cluster) for _, guard in self.looks)


@attrs.frozen
class Draft:
    cells: tuple[tuple[str, Any], ...]
    acts: tuple[Act, ...]
    judges: tuple[Judge, ...]

    def model(self) -> Model:
        """Return the model of the draft."""
        start = Cluster.of({Cell(name): value for name, value in self.cells})
        actions = (
            Transition(_act(each, f"act{number}"), "anyone", "", each.environment, None).bind()
            for number, each in enumerate(self.acts)
        )
        specs = (Spec(_judge(each, f"spec{number}"), each.kind) for number, each in enumerate(self.judges))
        return Model((start,), tuple(actions), tuple(specs), "drawn")


def _act(act: Act, name: str) -> Callable[..., Cluster | None]:
    def function(cluster: Cluster) -> Cluster | None:
        return act(cluster)

    function.__name__ = name
    return function


def _judge(judge: Judge, name: str) -> Callable[..., bool]:
    def of_step(step: Step) -> bool:
        return judge.of_step(step)

    def of_state(cluster: Cluster) -> bool:
        return judge.of_state(cluster)

    function: Callable[..., bool] = of_state if judge.looks[0][0] == "cluster" else of_step
    function.__name__ = name
    return function


def draw(seed: int) -> Draft:
    """Return the draft of a seed."""
    chance = Random(seed)
    kinds = {
        f"{kind}-{number}": kind for number, kind in enumerate(chance.choices(list(POOLS), k=chance.randint(2, 5)))
    }
    names = list(kinds)

    def guard() -> Guard:
        name = chance.choice(names)
        way = chance.choice(("whole", "look", "attribute", "failing"))
        whole = way == "whole" or (way == "attribute" and kinds[name] != "thing")
        return Guard(name, way, chance.choice(POOLS[kinds[name] if whole else "mixed"]), chance.random() < 0.5)

    def effect() -> Effect:
        name = chance.choice(names)
        kind = kinds[name]
        alike = [other for other in names if kinds[other] == kind]
        special = {"queue": "append", "thing": "update", "rank": "fresh"}.get(kind, "put")
        way = chance.choice(("put", "copy", special))
        value = {"append": 1, "update": Color.RED}.get(way, None if kind == "rank" else chance.choice(POOLS[kind]))
        return Effect(name, way, value, chance.choice(alike))

    def judge() -> Judge:
        of_step = chance.random() < 0.5
        kind = chance.choice((Kind.STEP_INVARIANT if of_step else Kind.INVARIANT, Kind.SOMETIMES))
        parts = ("before", "after", "next") if of_step else ("cluster",)
        return Judge(kind, tuple((chance.choice(parts), guard()) for _ in range(chance.randint(1, 3))))

    acts = (
        Act(
            tuple(guard() for _ in range(chance.randint(0, 2))),
            tuple(effect() for _ in range(chance.randint(1, 2))),
            chance.random() < 0.2,
        )
        for _ in range(chance.randint(2, 7))
    )
    start = tuple((name, None if kind == "rank" else chance.choice(POOLS[kind])) for name, kind in kinds.items())
    return Draft(start, tuple(acts), tuple(judge() for _ in range(chance.randint(1, 4))))
