"""Dining philosophers (Dijkstra): N philosophers, N forks; each takes one fork at a time and needs both beside them.

kmodel check examples/dining_philosophers.py
"""

from typing import Any

from kmodel.kernel import (
    Cell,
    Cells,
    Cluster,
    Model,
    always_eventually,
    invariant,
    leads_to,
    sometimes,
    transition,
)

HOLDER: Cells[str | None] = Cells("fork")  # who holds the fork
FIRST: Cells[str] = Cells("first")  # the fork that a philosopher takes first
SECOND: Cells[str] = Cells("second")
MEALS: Cell[int] = Cell("meals")  # how many have eaten, up to one


@transition(actor="{philosopher}", each=FIRST)
def take_first(cluster: Cluster, philosopher: str) -> Cluster | None:
    """A philosopher takes the first fork."""
    fork = HOLDER[cluster[FIRST[philosopher]]]
    return cluster.set(fork, philosopher) if cluster[fork] is None else None


@transition(actor="{philosopher}", each=FIRST)
def take_second(cluster: Cluster, philosopher: str) -> Cluster | None:
    """A philosopher who holds the first fork takes the second."""
    first, second = HOLDER[cluster[FIRST[philosopher]]], HOLDER[cluster[SECOND[philosopher]]]
    if cluster[first] != philosopher or cluster[second] is not None:
        return None
    return cluster.set(second, philosopher)


@transition(actor="{philosopher}", each=FIRST)
def eat(cluster: Cluster, philosopher: str) -> Cluster | None:
    """A philosopher who holds both forks eats, and puts them back."""
    forks = [HOLDER[cluster[side[philosopher]]] for side in (FIRST, SECOND)]
    if any(cluster[fork] != philosopher for fork in forks):
        return None
    return cluster.set(forks[0], None).set(forks[1], None).set(MEALS, 1)


@invariant
def nobody_starves(cluster: Cluster) -> bool | str:
    """Never does each philosopher hold one fork and wait for the other."""
    names = cluster.names(FIRST)
    holding = [cluster[HOLDER[cluster[FIRST[name]]]] == name for name in names]
    return not all(holding) or any(cluster[HOLDER[cluster[SECOND[name]]]] == name for name in names) or "all wait"


@sometimes(shows=nobody_starves)
def somebody_eats(cluster: Cluster) -> bool:
    """A philosopher has eaten."""
    return cluster[MEALS] == 1


def holds_first_fork(cluster: Cluster, philosopher: str) -> bool:
    """A philosopher holds the first fork."""
    return cluster[HOLDER[cluster[FIRST[philosopher]]]] == philosopher


def holds_both_forks(cluster: Cluster, philosopher: str) -> bool:
    """A philosopher holds both forks, which are then put back only by eating."""
    return all(cluster[HOLDER[cluster[side[philosopher]]]] == philosopher for side in (FIRST, SECOND))


@always_eventually
def somebody_eats_again(cluster: Cluster) -> bool | str:
    """Again and again some philosopher can eat."""
    return any(holds_both_forks(cluster, name) for name in cluster.names(FIRST)) or "nobody holds both forks"


@leads_to(holds_first_fork, holds_both_forks, each=FIRST)
def who_waits_eats() -> None:
    """A philosopher who holds the first fork eats."""


def cells(philosophers: int, *, last_is_left_handed: bool) -> dict[Cell[Any], Any]:
    """Return what is on the table at first; if nobody takes the other fork first, all may wait in a circle."""
    names = [f"p{number}" for number in range(philosophers)]
    forks = [f"f{number}" for number in range(philosophers)]
    sides = {name: (forks[number], forks[(number + 1) % philosophers]) for number, name in enumerate(names)}
    if last_is_left_handed:
        sides[names[-1]] = (sides[names[-1]][1], sides[names[-1]][0])
    return {
        **{HOLDER[fork]: None for fork in forks},
        **{FIRST[name]: first for name, (first, _) in sides.items()},
        **{SECOND[name]: second for name, (_, second) in sides.items()},
        MEALS: 0,
    }


MODEL = Model.of(
    cells(3, last_is_left_handed=True),
    (take_first, take_second, eat),
    (nobody_starves, somebody_eats, somebody_eats_again),
    name="dining-philosophers-3",
)
