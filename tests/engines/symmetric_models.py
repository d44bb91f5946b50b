"""Small random models that treat all names alike: cells per name and per pair, values that mention names, queues."""

from typing import Any

import attrs
from hypothesis import strategies as st

from kmodel.kernel import Append, Cell, Cells, Cluster, Model, Spec, Step, Transition, drop_first, first
from kmodel.kernel.forms import SpecKind

NUMBER: Cells[int] = Cells("number")
FRIEND: Cells[str | None] = Cells("friend")
LINK: Cells[bool] = Cells("link")  # per pair of names
LINE: Cell[tuple[str, ...]] = Cell("line")
CLUB: Cell[frozenset[str]] = Cell("club")
TOKEN: Cell["Token | None"] = Cell("token")
MOST_IN_LINE = 2
GUARDS = 9
EFFECTS = 12


@attrs.frozen
class Token:
    path: str  # `holder/a`
    used: bool = False


def holds(way: int, cluster: Cluster, one: str, other: str) -> bool:
    """A condition on one name and another; the two may be the same."""
    token = cluster[TOKEN]
    return [
        lambda: cluster[NUMBER[one]] == 0,
        lambda: cluster[NUMBER[one]] != cluster[NUMBER[other]],
        lambda: cluster[FRIEND[one]] == other,
        lambda: cluster[FRIEND[one]] is None,
        lambda: cluster[LINK[one, other]],
        lambda: cluster.look(LINE, first) == one,
        lambda: other not in cluster[CLUB],
        lambda: token is None or token.path != f"holder/{one}",
        lambda: one != other,
    ][way]()


def changed(way: int, cluster: Cluster, one: str, other: str) -> Cluster:
    """A change that is about one name and another."""
    token = cluster[TOKEN]
    return [
        lambda: cluster.set(NUMBER[one], (cluster[NUMBER[one]] + 1) % 2),
        lambda: cluster.set(NUMBER[other], cluster[NUMBER[one]]),
        lambda: cluster.set(FRIEND[one], other),
        lambda: cluster.set(FRIEND[one], cluster[FRIEND[other]]),
        lambda: cluster.set(FRIEND[one], None),
        lambda: cluster.set(LINK[one, other], not cluster[LINK[one, other]]),
        lambda: cluster.modify(LINE, Append(one)) if len(cluster[LINE]) < MOST_IN_LINE else cluster,
        lambda: cluster.modify(LINE, drop_first),
        lambda: cluster.set(CLUB, cluster[CLUB] ^ {one}),
        lambda: cluster.set(TOKEN, Token(f"holder/{one}")),
        lambda: cluster if token is None else cluster.update(TOKEN, used=True),
        lambda: in_a_ring(cluster, one, other),
    ][way]()


def in_a_ring(cluster: Cluster, one: str, other: str) -> Cluster:
    """One befriends another, who befriends the third, if there is one: friends in a ring play the same roles."""
    if one == other:
        return cluster
    third = next((name for (name,) in cluster.layout.keys(NUMBER) if name not in (one, other)), one)
    return cluster.set(FRIEND[one], other).set(FRIEND[other], third).set(FRIEND[third], one)


def act_of(guards: list[int], effects: list[int]) -> Any:
    def act(cluster: Cluster, one: str, other: str) -> Cluster | None:
        if not all(holds(guard, cluster, one, other) for guard in guards):
            return None
        for effect in effects:
            cluster = changed(effect, cluster, one, other)
        return cluster

    return act


def judge_of(guards: list[int], some: bool) -> Any:
    def judge(cluster: Cluster) -> bool:
        pairs = cluster.layout.keys(LINK)
        found = any(all(holds(guard, cluster, one, other) for guard in guards) for one, other in pairs)
        return found == some

    return judge


def step_judge_of(guard: int, later: int) -> Any:
    def judge(step: Step) -> bool:
        pairs = step.before.layout.keys(LINK)
        return not any(
            holds(guard, step.before, one, other) and holds(later, step.after, other, one) for one, other in pairs
        )

    return judge


def start_of(names: tuple[str, ...]) -> Cluster:
    """Return the initial state, in which no name differs from another."""
    return Cluster.of(
        {
            **{NUMBER[name]: 0 for name in names},
            **{FRIEND[name]: None for name in names},
            **{LINK[one, other]: False for one in names for other in names},
            LINE: (),
            CLUB: frozenset(),
            TOKEN: None,
        }
    )


@st.composite
def symmetric_models(draw: st.DrawFn) -> Model:
    names = ("a", "b", "c")[: draw(st.integers(2, 3))]
    cluster = start_of(names)
    actions = []
    for number in range(draw(st.integers(1, 3))):
        guards, effects = st.integers(0, GUARDS - 1), st.integers(0, EFFECTS - 1)
        act = act_of(draw(st.lists(guards, max_size=2)), draw(st.lists(effects, min_size=1, max_size=2)))
        act.__name__ = f"act{number}"
        transition = Transition(act, "{one}", "", False, None)
        actions += [transition.bind(one=one, other=other) for one in names for other in names]
    specs = []
    for number in range(draw(st.integers(0, 3))):
        judge = judge_of(draw(st.lists(st.integers(0, GUARDS - 1), min_size=1, max_size=3)), draw(st.booleans()))
        judge.__name__ = f"state{number}"
        specs.append(Spec(judge, draw(st.sampled_from([SpecKind.INVARIANT, SpecKind.SOMETIMES]))))
    for number in range(draw(st.integers(0, 2))):
        judge = step_judge_of(draw(st.integers(0, GUARDS - 1)), draw(st.integers(0, GUARDS - 1)))
        judge.__name__ = f"step{number}"
        specs.append(Spec(judge, draw(st.sampled_from([SpecKind.STEP_INVARIANT, SpecKind.SOMETIMES]))))
    return Model((cluster,), tuple(actions), tuple(specs), "symmetric", symmetry=(names,))
