"""Small models that treat all names alike but for one preference for one name, in one rare state."""

from collections.abc import Callable
from typing import Any

import attrs

from kmodel.kernel import (
    Cell,
    Cells,
    Cluster,
    Model,
    Spec,
    Step,
    Transition,
    first,
    invariant,
    sometimes,
    step_invariant,
    transition,
)

LEVEL: Cells[int] = Cells("level")
FRIEND: Cells[str | None] = Cells("friend")
LINE: Cell[tuple[str, ...]] = Cell("line")
ORDER: Cell[tuple[str, ...]] = Cell("order")  # a constant: the names, in an order
NAMES = ("a", "b", "c")
TOP = 12


def is_rare(cluster: Cluster, *, level: int = 4) -> bool:
    """Whether all have come to one level, which is one state of hundreds."""
    return all(cluster[LEVEL[name]] == level for name in cluster.names(LEVEL))


@transition(actor="{name}")
def climb(cluster: Cluster, name: str) -> Cluster | None:
    """Anyone climbs to the top."""
    return cluster.set(LEVEL[name], cluster[LEVEL[name]] + 1) if cluster[LEVEL[name]] < TOP else None


def made(
    *actions: Transition, specs: tuple[Spec, ...] = (), names: tuple[str, ...] = NAMES, climb: Transition = climb
) -> Model:
    """Return the model in which names climb, and do what else there is."""
    cluster = Cluster.of(
        {
            **{LEVEL[name]: 0 for name in names},
            **{FRIEND[name]: None for name in names},
            LINE: (),
        },
        {ORDER: names},
    )
    acting = [action.bind(name=name) for action in (climb, *actions) for name in names]
    return Model((cluster,), tuple(acting), specs, "preferring", symmetry=(names,))


@transition(actor="{name}")
def rest(cluster: Cluster, name: str) -> Cluster | None:
    """All but c may stay away in the rare state."""
    return cluster.set(LEVEL[name], -1) if name != "c" and is_rare(cluster) else None


@transition(actor="{name}")
def fall(cluster: Cluster, name: str) -> Cluster | None:
    """In the rare state b falls lower than the others."""
    return cluster.set(LEVEL[name], -2 if name == "b" else -1) if is_rare(cluster) else None


@transition(actor="{name}")
def befriend(cluster: Cluster, name: str) -> Cluster | None:
    """In the rare state everyone has a for a friend, who is someone's own name elsewhere."""
    if cluster[LEVEL[name]] != TOP or cluster[FRIEND[name]] is not None:
        return None
    others = [cluster[LEVEL[each]] for each in cluster.names(LEVEL) if each != name]
    return cluster.set(FRIEND[name], "a" if others == [1, 1] else name)


@transition(actor="{name}")
def go_first(cluster: Cluster, name: str) -> Cluster | None:
    """Of those who have come to the rare level, the first in the alphabet goes on."""
    here = [each for each in cluster.names(LEVEL) if cluster[LEVEL[each]] == 5]
    return cluster.set(LEVEL[name], -1) if len(here) == 3 and name == min(here) else None


@transition(actor="{name}")
def go_by_order(cluster: Cluster, name: str) -> Cluster | None:
    """Whoever comes first in the constant goes on in the rare state."""
    return cluster.set(LEVEL[name], -1) if is_rare(cluster) and cluster[ORDER][0] == name else None


@attrs.frozen
class Join:
    """The update that keeps a line in the order of the alphabet."""

    name: str

    def __call__(self, line: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted((*line, self.name)))


@transition(actor="{name}")
def join(cluster: Cluster, name: str) -> Cluster | None:
    """Who has come to the top joins the line, without looking at it."""
    if cluster[LEVEL[name]] != TOP or cluster[FRIEND[name]] is not None:
        return None
    return cluster.set(FRIEND[name], name).modify(LINE, Join(name))


def begins_with_b(line: tuple[str, ...]) -> bool:
    """Show whether b is at the head of a line of three."""
    return len(line) == 3 and line[0] == "b"


@transition(actor="{name}")
def queue(cluster: Cluster, name: str) -> Cluster | None:
    """Who has come to the top is the last of the line."""
    if cluster[LEVEL[name]] != TOP or cluster[FRIEND[name]] is not None:
        return None
    return cluster.set(FRIEND[name], name).set(LINE, (*cluster[LINE], name))


@transition(actor="{name}")
def serve(cluster: Cluster, name: str) -> Cluster | None:
    """Who sees b at the head of the full line goes away."""
    return cluster.set(LEVEL[name], -1) if cluster.look(LINE, begins_with_b) and cluster[LEVEL[name]] > 0 else None


@transition(actor="{name}")
def serve_another(cluster: Cluster, name: str) -> Cluster | None:
    """Who is the head of the full line goes away, if it is not b."""
    head, is_full = cluster.look(LINE, first), cluster.look(LINE, len) == 3
    return cluster.set(LEVEL[name], -1) if is_full and head == name != "b" else None


@invariant
def b_is_not_alone_above(cluster: Cluster) -> bool | str:
    """The one called b is not at the top while the others are at the bottom."""
    return [cluster[LEVEL[name]] for name in cluster.names(LEVEL)] != [0, TOP, 0] or "b is alone"


@sometimes
def c_is_far_below(cluster: Cluster) -> bool:
    """The one called c is below all others."""
    return [cluster[LEVEL[name]] for name in cluster.names(LEVEL)] == [5, 3, 1]


@step_invariant
def a_never_arrives_last(step: Step) -> bool | str:
    """The one called a does not arrive when all others are there."""
    arrives = step.before[LEVEL["a"]] == TOP - 1 and step.after[LEVEL["a"]] == TOP
    others = [step.before[LEVEL[name]] for name in step.before.names(LEVEL) if name != "a"]
    return not (arrives and set(others) == {TOP}) or "a arrives last"


PREFERRING: dict[str, Callable[[], Model]] = {
    "a guard": lambda: made(rest),
    "an effect": lambda: made(fall),
    "a value that is written": lambda: made(befriend),
    "an order of names": lambda: made(go_first),
    "an order in a constant": lambda: made(go_by_order),
    "an update": lambda: made(join),
    "a projection": lambda: made(queue, serve),
    "a value that is read": lambda: made(queue, serve_another),
    "an invariant": lambda: made(specs=(b_is_not_alone_above,)),
    "a sometimes": lambda: made(specs=(c_is_far_below,)),
    "a step invariant": lambda: made(specs=(a_never_arrives_last,)),
    "a guard, of four": lambda: made(rest, names=("a", "b", "c", "d")),
}


def preferring_at(model: Model, action: int, levels: tuple[Any, ...]) -> Model:
    """Return a model in which one action is not enabled where cells have certain values."""
    chosen = model.actions[action]
    cells = model.initial[0].layout.cells

    def picky(cluster: Cluster, **binding: str) -> Cluster | None:
        if binding == chosen.arguments and all(
            cluster[cell] == value for cell, value in zip(cells, levels, strict=False)
        ):
            return None
        return chosen.transition.function(cluster, **binding)

    picky.__name__ = f"picky_{chosen.transition.name}"
    by: Any = attrs.evolve(chosen.transition, function=picky)
    actions = tuple(
        attrs.evolve(each, transition=by) if each.transition is chosen.transition else each for each in model.actions
    )
    return attrs.evolve(model, actions=actions)
