"""Specs: named properties of a model, written as pure functions.

A spec whose parameter is called `step` sees each step; any other sees each cluster. It returns True, or what is wrong:
False or, better, a sentence with the reason.
"""

import inspect
from collections.abc import Callable
from enum import Enum
from typing import Any, overload

import attrs

from kmodel.kernel.cell import Cell, Cells, Layout


class Kind(Enum):
    """What a spec demands of the function: always True, or True at least once."""

    INVARIANT = "invariant"
    STEP_INVARIANT = "step_invariant"
    SOMETIMES = "sometimes"


Function = Callable[[Any], bool | str]
Families = Cells[Any] | Cell[Any] | tuple[Cells[Any] | Cell[Any], ...]


@attrs.frozen(eq=False)
class Spec:
    """A named property.

    `needs` are the families of cells without which it says nothing; `hazard` says why Kubernetes truly breaks it, and
    `hazard_with` names cells one of which must be there for that (the budget of a fault, or any cell of a family); none
    named: always.
    """

    function: Function
    kind: Kind
    needs: tuple[str, ...] = ()
    hazard: str | None = None
    hazard_with: tuple[Cells[Any] | Cell[Any], ...] = ()
    shows: "Spec | None" = None

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__

    @property
    def sentence(self) -> str:
        """The first line of the docstring: the property in words."""
        return (inspect.getdoc(self.function) or self.name.replace("_", " ")).partition("\n")[0]

    @property
    def module(self) -> str:
        """The module that the function is written in."""
        return self.function.__module__

    @property
    def of_steps(self) -> bool:
        """Whether the function sees each step rather than each cluster."""
        return next(iter(inspect.signature(self.function).parameters)) == "step"

    def within(self, layout: Layout) -> "Spec | None":
        """Return the spec as it applies to clusters of this layout; None if it says nothing about them."""
        if not all(layout.has_family(family) for family in self.needs):
            return None
        if self.hazard is None or not self.hazard_with:
            return self
        if any(layout.has_family(it.family) if isinstance(it, Cells) else it in layout for it in self.hazard_with):
            return self
        return attrs.evolve(self, hazard=None)

    def __call__(self, subject: Any) -> bool | str:
        """Return the function's answer on a cluster or a step."""
        return self.function(subject)


@overload
def invariant(function: Function) -> Spec: ...
@overload
def invariant(
    *, needs: Families = (), hazard: str | None = None, hazard_with: tuple[Cells[Any] | Cell[Any], ...] = ()
) -> Callable[[Function], Spec]: ...
def invariant(
    function: Function | None = None,
    *,
    needs: Families = (),
    hazard: str | None = None,
    hazard_with: tuple[Cells[Any] | Cell[Any], ...] = (),
) -> Spec | Callable[[Function], Spec]:
    """Declare that the function is True of every reachable cluster."""
    return _spec(Kind.INVARIANT, function, needs, hazard, hazard_with, None)


@overload
def step_invariant(function: Function) -> Spec: ...
@overload
def step_invariant(
    *, needs: Families = (), hazard: str | None = None, hazard_with: tuple[Cells[Any] | Cell[Any], ...] = ()
) -> Callable[[Function], Spec]: ...
def step_invariant(
    function: Function | None = None,
    *,
    needs: Families = (),
    hazard: str | None = None,
    hazard_with: tuple[Cells[Any] | Cell[Any], ...] = (),
) -> Spec | Callable[[Function], Spec]:
    """Declare that the function is True of every step."""
    return _spec(Kind.STEP_INVARIANT, function, needs, hazard, hazard_with, None)


@overload
def sometimes(function: Function) -> Spec: ...
@overload
def sometimes(*, needs: Families = (), shows: Spec | None = None) -> Callable[[Function], Spec]: ...
def sometimes(
    function: Function | None = None, *, needs: Families = (), shows: Spec | None = None
) -> Spec | Callable[[Function], Spec]:
    """Declare that the function is True at least once; it `shows` that an invariant is not vacuous."""
    return _spec(Kind.SOMETIMES, function, needs, None, (), shows)


def _spec(
    kind: Kind,
    function: Function | None,
    needs: Families,
    hazard: str | None,
    hazard_with: tuple[Cells[Any] | Cell[Any], ...],
    shows: Spec | None,
) -> Spec | Callable[[Function], Spec]:
    families = tuple(family.family for family in (needs if isinstance(needs, tuple) else (needs,)))

    def decorate(function: Function) -> Spec:
        return Spec(function, kind, families, hazard, hazard_with, shows)

    return decorate if function is None else decorate(function)


def failure(answer: bool | str) -> str | None:
    """Return why an answer of an invariant is a violation; None if it is not."""
    if answer is True:
        return None
    return answer if isinstance(answer, str) else "the spec returned False"
