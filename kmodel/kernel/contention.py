"""Fairness among the writers of one object: who tries to write it again and again does so at last.

A writer that compares versions takes the same step whether it wins the race or loses it, so fairness to its action
does not say that it ever wins: a loser that tries for ever is treated fairly. Its steps that win are an action of
their own, owed strong fairness: whoever can write again and again, though others come first, does it again and again.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import attrs

from kmodel.kernel.cell import Cells
from kmodel.kernel.cluster import Cluster
from kmodel.kernel.errors import ModelError
from kmodel.kernel.footprint import Log, View, apply, written
from kmodel.kernel.transition import Fairness, Transition

LOSES = "_in_vain"  # what the name of a transition's losing steps ends with


def fair_among_writers(transition: Transition, *objects: Cells[Any]) -> tuple[Transition, Transition]:
    """Return the steps of a transition that write a cell of these families, strongly fair, and those that do not."""
    if transition.environment:
        raise ModelError(
            f"transition {transition.name} is the environment's, which owes nothing; name one of the system"
        )
    families = frozenset(family.family for family in objects)
    wins = attrs.evolve(transition, function=_only(transition, families, True), fairness=Fairness.STRONG)
    return wins, attrs.evolve(transition, function=_only(transition, families, False))


def _only(transition: Transition, families: frozenset[str], wins: bool) -> Callable[..., Cluster | None]:
    @wraps(transition.function)
    def taken(cluster: Cluster, **binding: str) -> Cluster | None:
        log = Log()
        after = transition.function(View(cluster, log), **binding)
        if after is None:
            return None
        writes = written(after, log, transition.name)
        cells = cluster.layout.cells
        if any(cells[write.position].family in families for write in writes) is not wins:
            return None
        return apply(cluster, writes)

    if not wins:
        taken.__name__ += LOSES
    return taken
