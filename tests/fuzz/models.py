"""Draws a random model from a seed, as a draft: plain data that can be printed, made smaller and made a model of."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from random import Random
from typing import Any

import attrs

from kmodel.kernel import (
    Append,
    Cell,
    Cells,
    Cluster,
    Fairness,
    Model,
    Rank,
    Spec,
    SpecKind,
    Step,
    Transition,
    fair_among_writers,
    fresh,
)


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
    "text": ("", "1", "red"),
    "queue": ((), (0,), (1, 0)),
    "club": (frozenset(), frozenset({0}), frozenset({0, 1})),
    "rank": (None, Rank("turn", 1)),
}
ANYTHING_ELSE = "anything else"
LIMIT: Cell[Any] = Cell("limit")  # a constant
TEMPORAL = (
    SpecKind.EVENTUALLY,
    SpecKind.ALWAYS_EVENTUALLY,
    SpecKind.CONVERGES,
    SpecKind.LEADS_TO,
    SpecKind.FINITELY_OFTEN,
)
UNCHANGED = "unchanged"  # what is asked of a step as a whole: whether it wrote nothing new


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
            attribute = "number" if isinstance(self.value, int) else "color"
            thing = cluster[cell]
            return cluster.set(cell, Thing(1)) if thing is None else cluster.update(cell, **{attribute: self.value})
        if self.way == "fresh":
            return cluster.set(cell, fresh(cluster, "turn"))
        return cluster.set(cell, self.value)


@attrs.frozen
class Act:
    guards: tuple[Guard, ...]
    effects: tuple[Effect, ...]
    environment: bool = False
    fairness: Fairness = attrs.field(default=Fairness.WEAK, repr=str)
    contends: bool = False  # for the cell that it writes first, with other writers

    def __call__(self, cluster: Cluster) -> Cluster | None:
        if not all(guard(cluster) for guard in self.guards):
            return None
        for effect in self.effects:
            cluster = effect(cluster)
        return cluster


@attrs.frozen
class Judge:
    kind: SpecKind = attrs.field(repr=str)
    looks: tuple[tuple[str, Guard], ...]  # at `before`, `after` or `next` of a step, or at a cluster

    @property
    def is_of_steps(self) -> bool:
        return self.looks[0][0] != "cluster"

    def of_step(self, step: Step) -> bool:
        return any(
            step.before == step.after if part == UNCHANGED else guard(getattr(step, part)) for part, guard in self.looks
        )

    def of_state(self, cluster: Cluster) -> bool:
        return any(guard(cluster) for _, guard in self.looks)

    def spec(self, name: str) -> Spec:
        """Return the spec that asks this."""

        def of_step(step: Step) -> bool:
            return self.of_step(step)

        def of_state(cluster: Cluster) -> bool:
            return self.of_state(cluster)

        function: Callable[..., bool] = of_step if self.is_of_steps else of_state
        function.__name__ = name
        if self.kind is not SpecKind.LEADS_TO:
            return Spec(function, self.kind)
        premise, conclusion = self.looks[0][1], self.looks[-1][1]
        return Spec(
            function,
            self.kind,
            premise=lambda cluster: premise(cluster),
            conclusion=lambda cluster: conclusion(cluster),
        )


@attrs.frozen
class Draft:
    cells: tuple[tuple[str, Any], ...]
    acts: tuple[Act, ...]
    judges: tuple[Judge, ...]
    limit: Any = 0
    starts: tuple[tuple[str, Any], ...] = ()  # the cell and value in which each other initial state differs

    def model(self) -> Model:
        """Return the model of the draft."""
        first = Cluster.of({Cell(name): value for name, value in self.cells}, {LIMIT: self.limit})
        starts = (first, *(first.set(Cell(name), value) for name, value in self.starts))
        actions = [
            transition.bind()
            for number, act in enumerate(self.acts)
            for transition in _transitions(act, f"act{number}")
        ]
        specs = (judge.spec(f"spec{number}") for number, judge in enumerate(self.judges))
        return Model(starts, tuple(actions), tuple(specs), "drawn")


def _transitions(act: Act, name: str) -> tuple[Transition, ...]:
    def function(cluster: Cluster) -> Cluster | None:
        return act(cluster)

    function.__name__ = name
    owed = Fairness.NONE if act.environment else act.fairness
    transition = Transition(function, "anyone", "", act.environment, None, owed)
    return fair_among_writers(transition, Cells(act.effects[0].cell)) if act.contends else (transition,)


class Drawing:
    """Parts of drafts, drawn for cells that each hold values of a pool."""

    def __init__(self, chance: Random, kinds: Mapping[str, str]) -> None:
        self.chance = chance
        self.kinds = kinds

    def guard(self, names: Sequence[str]) -> Guard:
        """Draw a guard that looks at a constant, or at one of these cells."""
        chance, kinds = self.chance, self.kinds
        if chance.random() < 0.1:
            return Guard(
                LIMIT.family, chance.choice(("whole", "look")), chance.choice(POOLS["mixed"]), chance.random() < 0.5
            )
        name = chance.choice(names)
        way = chance.choice(("whole", "look", "attribute", "failing"))
        whole = way == "whole" or (way == "attribute" and kinds[name] != "thing")
        return Guard(name, way, chance.choice(POOLS[kinds[name] if whole else "mixed"]), chance.random() < 0.5)

    def effect(self, name: str) -> Effect:
        """Draw what an action does to a cell."""
        chance, kind = self.chance, self.kinds[name]
        alike = [other for other in self.kinds if self.kinds[other] == kind]
        special = {"queue": "append", "thing": "update", "rank": "fresh"}.get(kind, "put")
        way = chance.choice(("put", "copy", special))
        special_value = {"append": 1, "update": chance.choice((Color.RED, 2))}
        value = special_value.get(way, None if kind == "rank" else chance.choice(POOLS[kind]))
        return Effect(name, way, value, chance.choice(alike))

    def judge(self, most: int = 3) -> Judge:
        """Draw a spec of states or of steps."""
        chance = self.chance
        of_step = chance.random() < 0.5
        kind = chance.choice((SpecKind.STEP_INVARIANT if of_step else SpecKind.INVARIANT, SpecKind.SOMETIMES))
        parts = ("before", "after", "next", UNCHANGED) if of_step else ("cluster",)
        return Judge(kind, tuple(self._look(parts) for _ in range(chance.randint(1, most))))

    def temporal(self) -> Judge:
        """Draw a spec of runs."""
        kind = self.chance.choice(TEMPORAL)
        parts = ("before", "after", "next") if kind is SpecKind.FINITELY_OFTEN else ("cluster",)
        return Judge(kind, tuple(self._look(parts) for _ in range(self.chance.randint(1, 2))))

    def initial(self, name: str) -> Any:
        """Draw what a cell may hold at first."""
        return None if self.kinds[name] == "rank" else self.chance.choice(POOLS[self.kinds[name]])

    def fairness(self) -> Fairness:
        """Draw what an action is owed."""
        return self.chance.choice((Fairness.NONE, Fairness.WEAK, Fairness.WEAK, Fairness.STRONG))

    def _look(self, parts: Sequence[str]) -> tuple[str, Guard]:
        return self.chance.choice(parts), self.guard(list(self.kinds))


def draw(seed: int) -> Draft:
    """Return the draft of a seed."""
    chance = Random(seed)
    drawing = Drawing(chance, _kinds(chance, 5))
    names = list(drawing.kinds)

    def act() -> Act:
        environment = chance.random() < 0.2
        guards = tuple(drawing.guard(names) for _ in range(chance.randint(0, 2)))
        written = chance.choices(names, k=chance.randint(1, 2))
        if chance.random() < 0.2:
            written = written[:1] * 2
        effects = tuple(map(drawing.effect, written))
        return Act(guards, effects, environment, drawing.fairness(), not environment and chance.random() < 0.1)

    acts = tuple(act() for _ in range(chance.randint(2, 7)))
    judges = [drawing.judge() for _ in range(chance.randint(1, 4))]
    judges += [drawing.temporal() for _ in range(chance.randint(0, 3))]
    start = tuple((name, drawing.initial(name)) for name in names)
    starts = tuple((name, drawing.initial(name)) for name in names if chance.random() < 0.1)
    return Draft(start, acts, tuple(judges), chance.choice(POOLS["mixed"]), starts)


def draw_programs(seed: int) -> Draft:
    """Return the draft of a seed in which a few programs take one step after another and share cells.

    Most steps of different programs are independent of each other, so there is much to leave out.
    """
    chance = Random(seed)
    shared = _kinds(chance, 3)
    lengths = {f"line-{number}": chance.randint(1, 3) for number in range(chance.randint(2, 4))}
    drawing = Drawing(chance, {**shared, **dict.fromkeys(lengths, "number")})

    def act(line: str, number: int) -> Act:
        guards = [Guard(line, "whole", number, True)]
        if chance.random() < 0.4:
            guards.append(drawing.guard(list(shared)))
        following = number + 1 if chance.random() < 0.9 else 0
        effects = [Effect(line, "put", following)]
        if chance.random() < 0.6:
            effects.append(drawing.effect(chance.choice(list(shared))))
        return Act(tuple(guards), tuple(effects), fairness=drawing.fairness())

    acts = [act(line, number) for line, length in lengths.items() for number in range(length)]
    acts += [act(line, 0) for line in lengths if chance.random() < 0.3]
    judges = [drawing.judge() for _ in range(chance.randint(1, 3))]
    if chance.random() < 0.5:  # two programs are never at these steps at the same time
        lines = chance.sample(list(lengths), k=2)
        steps = (Guard(line, "whole", chance.randint(0, lengths[line]), False) for line in lines)
        judges.append(Judge(SpecKind.INVARIANT, tuple(("cluster", step) for step in steps)))
    start = (*((name, drawing.initial(name)) for name in shared), *((line, 0) for line in lengths))
    return Draft(start, tuple(acts), tuple(judges), chance.choice(POOLS["mixed"]))


def _kinds(chance: Random, most: int) -> dict[str, str]:
    drawn = chance.choices(list(POOLS), k=chance.randint(1, most))
    return {f"{kind}-{number}": kind for number, kind in enumerate(drawn)}
