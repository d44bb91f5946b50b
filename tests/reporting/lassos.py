"""Runs that go on for ever, to report on: three philosophers, of whom one starves, or all of whom wait."""

import attrs

from kmodel.engines.results import Result
from kmodel.kernel import (
    Cluster,
    Model,
    Step,
    always_eventually,
    confluent,
    converges,
    eventually,
    finitely_often,
    leads_to,
    transition,
)
from kmodel.reporting.source import Source
from tests.reporting.examples import result
from tests.toys import dining_philosophers as toy

SOURCE = Source("dining-3", taking_part=("p0", "p1", "p2"), description="Three philosophers share three forks.")


@transition(actor="guest", environment=True)
def clear_the_table(cluster: Cluster) -> Cluster | None:
    """A guest takes the forks away after the meal, while nobody holds one."""
    forks = cluster.names(toy.HOLDER)
    if cluster[toy.MEALS] == 0 or any(cluster[toy.HOLDER[fork]] is not None for fork in forks):
        return None
    for fork in forks:
        cluster = cluster.set(toy.HOLDER[fork], "guest")
    return cluster


@transition(actor="guest", environment=True)
def beg(cluster: Cluster) -> Cluster | None:
    """A guest takes a fork away where each holds one and waits for the other."""
    return None if toy.nobody_starves(cluster) is True else cluster.set(toy.HOLDER["f0"], "guest")


@always_eventually
def p0_eats_again(cluster: Cluster) -> bool | str:
    """Again and again the first philosopher holds both forks."""
    forks = [cluster[side["p0"]] for side in (toy.FIRST, toy.SECOND)]
    missing = [fork for fork in forks if cluster[toy.HOLDER[fork]] != "p0"]
    return not missing or f"p0 does not hold {' and '.join(missing)}"


@eventually
def somebody_eats_at_last(cluster: Cluster) -> bool | str:
    """At last somebody has eaten."""
    return cluster[toy.MEALS] == 1 or "nobody has eaten"


@leads_to(lambda cluster: cluster[toy.MEALS] == 2, lambda cluster: cluster[toy.MEALS] == 0)
def a_second_meal_is_forgotten() -> None:
    """Who eats twice is hungry again."""


@finitely_often
def nobody_sits_down_again(step: Step) -> bool:
    """There is an end to taking forks."""
    return step.action.transition is not toy.take_first


@converges(hazard="philosophers do not stop to eat")
def the_forks_lie_still(cluster: Cluster) -> bool | str:
    """At last no fork is ever held again."""
    held = [fork for fork in cluster.names(toy.HOLDER) if cluster[toy.HOLDER[fork]] is not None]
    return not held or f"{', '.join(held)} held"


@confluent
def all_end_alike(cluster: Cluster) -> tuple[str | None, ...]:
    """In the end the same hold the forks."""
    return tuple(cluster[toy.HOLDER[fork]] for fork in cluster.names(toy.HOLDER))


SPECS = (
    p0_eats_again,
    somebody_eats_at_last,
    a_second_meal_is_forgotten,
    nobody_sits_down_again,
    the_forks_lie_still,
    all_end_alike,
)


def model(*, last_is_left_handed: bool) -> Model:
    """The philosophers, a guest and temporal specs; all wait in the end unless one is left-handed."""
    dining = toy.model(3, last_is_left_handed=last_is_left_handed)
    return attrs.evolve(dining, actions=(*dining.actions, clear_the_table.bind(), beg.bind()), specs=SPECS)


def starving() -> Result:
    """Explore the model in which nobody need wait for ever, but the first may."""
    return result(model(last_is_left_handed=True))


def stuck() -> Result:
    """Explore the model in which all may wait for ever."""
    return result(model(last_is_left_handed=False))
