"""Temporal specs: properties of whole runs, which hold on every fair run or are violated by one that goes on for ever.

A run is fair if it is for each action of the system (see Fairness in transition.py); the environment owes nothing. A
run that ends counts as one that stays where it is for ever. Functions are pure, return True or what is missing, and
see a cluster; with `each`, also the key of a cell of that family, so that the spec speaks of each key by itself.
"""

from collections.abc import Callable
from typing import Any

import attrs

from kmodel.kernel.cell import Cells, Layout
from kmodel.kernel.forms import SpecKind
from kmodel.kernel.spec import Declaration, Feature, Features, Function, Hazard, Spec


@attrs.frozen
class Predicate:
    """A function that a temporal spec asks of clusters (or of steps), with the key that it is asked about."""

    spec: Spec
    function: Function
    key: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the spec that asks."""
        return self.spec.name

    def __call__(self, subject: Any) -> bool | str:
        """Return the function's answer on a cluster or a step."""
        return self.function(subject, *self.key)


def keys_of(spec: Spec, layout: Layout) -> tuple[tuple[str, ...], ...]:
    """Return the keys that a spec speaks of, each by itself; one empty key if it speaks of the cluster as a whole."""
    return ((),) if spec.each is None else layout.keys(spec.each)


converges = Declaration(SpecKind.CONVERGES)
"""Declare that from some point on the function is True for ever: eventually always (as in Anvil, OSDI 2024)."""

eventually = Declaration(SpecKind.EVENTUALLY)
"""Declare that the function is True at some point of every run."""

always_eventually = Declaration(SpecKind.ALWAYS_EVENTUALLY)
"""Declare that at any point of a run the function is True then or later."""

finitely_often = Declaration(SpecKind.FINITELY_OFTEN)
"""Declare that a run has only finitely many steps of which the function is not True: no livelock."""


def leads_to(
    premise: Function,
    conclusion: Function,
    *,
    each: Cells[Any] | None = None,
    needs: Feature | Features = (),
    hazard: str | tuple[Hazard, ...] | None = None,
    hazard_with: Features = (),
) -> Callable[[Callable[[], Any]], Spec]:
    """Declare that whenever the premise is True, the conclusion is True then or later.

    The function that is decorated only names the spec and says it in words.
    """
    declare = Declaration(SpecKind.LEADS_TO)(needs=needs, hazard=hazard, hazard_with=hazard_with, each=each)
    return lambda function: attrs.evolve(declare(function), premise=premise, conclusion=conclusion)


def confluent(function: Callable[[Any], Any]) -> Spec:
    """Declare that the function shows the same of all states in which no action of the system is enabled."""
    return Spec(function, SpecKind.CONFLUENT)
