"""Specs: named properties of a model, written as pure functions.

A spec whose parameter is called `step` sees each step; any other sees each cluster. It returns True, or what is wrong:
False or, better, a sentence with the reason.
"""

import inspect
from collections.abc import Callable
from typing import Any, cast, overload

import attrs

from kmodel.kernel.cell import Cell, Cells, Layout
from kmodel.kernel.errors import ModelError, place_of
from kmodel.kernel.forms import Form, SpecKind

Function = Callable[..., bool | str]
Feature = Cells[Any] | Cell[Any] | Callable[[Layout], bool]  # a family, a cell, or what a function finds in a layout
Features = tuple[Feature, ...]


@attrs.frozen(eq=False)
class Hazard:
    """Why what is modelled truly breaks a spec, and the features, such as the budget of a fault, one of which must be
    there for that; if none is named, it always does."""

    why: str
    having: Features = ()

    def may_come(self, layout: Layout) -> bool:
        """Tell whether clusters of a layout have what it takes."""
        return not self.having or any(_has(layout, feature) for feature in self.having)


@attrs.frozen(eq=False)
class Spec:
    """A named property.

    The `qualifier`, such as the spec's file, comes before its name where another spec of the project has the same.
    `needs` are the features of a model without any of which it says nothing; `hazards` are the reasons why what
    is modelled truly breaks it. `premise`, `conclusion` and `each` are of temporal specs; see temporal.py.
    """

    function: Function
    kind: SpecKind
    needs: Features = ()
    hazards: tuple[Hazard, ...] = ()
    shows: "Spec | None" = None
    premise: Function | None = None
    conclusion: Function | None = None
    each: Cells[Any] | None = None
    qualifier: str = ""

    def __attrs_post_init__(self) -> None:
        problem = self._problem()
        if problem is not None:
            raise ModelError(f"{place_of(self.function)}: spec {_name(self.function)} {problem}")

    def _problem(self) -> str | None:
        if not inspect.isfunction(self.function):
            return "is no function; write it with `def`"
        each, shows = cast(tuple[object, object], (self.each, self.shows))
        if each is not None and not isinstance(each, Cells):
            return f"has each={each!r}, which is no family of cells; write Cells(...)"
        if self.each is not None and not self.is_temporal:
            return "is asked of whole clusters; `each` is for temporal specs"
        if self.shows is not None and not self.form.wanted:
            return "shows nothing of another; `shows` is for `sometimes`"
        if shows is not None and not isinstance(shows, Spec):
            return f"shows {shows!r}, which is no spec; name the function that is decorated as one"
        for hazard in self.hazards:
            if not isinstance(cast(object, hazard.why), str):
                return f"has hazard={hazard.why!r}; write a sentence that says why it is broken"
        for feature in (*self.needs, *(feature for hazard in self.hazards for feature in hazard.having)):
            if not isinstance(feature, Cells | Cell) and not inspect.isfunction(feature):
                return f"needs {feature!r}, which is no feature; name cells, or a function of a layout"
        if self.form.has_premise:
            asked = [function for function in (self.premise, self.conclusion) if function is not None]
        else:
            asked = [self.function]
        return next((problem for function in asked if (problem := self._problem_of_parameters(function))), None)

    def _problem_of_parameters(self, function: Function) -> str | None:
        """Return what is wrong with the parameters of a function that the spec asks."""
        name = "" if function is self.function else f"asks {_name(function)}, which "
        if not inspect.isfunction(function):
            return f"asks {function!r}, which is no function; write it with `def`"
        parameters = inspect.signature(function).parameters.values()
        required = [each.name for each in parameters if each.default is each.empty and each.kind in _POSITIONAL]
        subject = "step" if self.form.of_steps else "cluster"
        if self.each is None and len(required) != 1:
            return (
                f"{name}takes {len(required)} arguments, but is called with one; write def {_name(function)}({subject})"
            )
        if (
            self.each is not None
            and len(required) < 2
            and not any(each.kind is each.VAR_POSITIONAL for each in parameters)
        ):
            return f"{name}is called with a {subject} and a key of each={self.each.family}; take both"
        if self.form.of_steps and required[0] != "step":
            return f"{name}is about steps; call its parameter `step`"
        if not (self.form.of_steps or self.form.wanted) and required[:1] == ["step"]:
            return f"{name}is about clusters; call its parameter `cluster`, or declare it as a @step_invariant"
        return None

    @property
    def form(self) -> Form:
        """The normal form of its kind."""
        return self.kind.value

    @property
    def judged(self) -> Function:
        """The function that decides: the conclusion where there is one."""
        return self.function if self.conclusion is None else self.conclusion

    @property
    def is_temporal(self) -> bool:
        """Whether it speaks of whole runs, so that it can only be judged once all states are known."""
        return self.form.is_temporal

    @property
    def name(self) -> str:
        """The function's name, after the qualifier if there is one."""
        return f"{self.qualifier}.{self.function.__name__}" if self.qualifier else self.function.__name__

    @property
    def origin(self) -> str:
        """The function's name after that of its module: the same for each variant of the spec, and for no other."""
        return f"{self.module}.{self.function.__name__}"

    @property
    def hazard(self) -> str | None:
        """Why what is modelled truly breaks it, all reasons in one text; None if nobody knows of any."""
        return " ".join(hazard.why for hazard in self.hazards) or None

    @property
    def sentence(self) -> str:
        """The first line of the docstring: the property in words."""
        return (inspect.getdoc(self.function) or self.function.__name__.replace("_", " ")).partition("\n")[0]

    @property
    def module(self) -> str:
        """The module that the function is written in."""
        return self.function.__module__

    @property
    def of_steps(self) -> bool:
        """Whether the function sees each step rather than each cluster."""
        return next(iter(inspect.signature(self.function).parameters), None) == "step"

    def within(self, layout: Layout) -> "Spec | None":
        """Return the spec as it applies to clusters of this layout; None if it says nothing about them."""
        if not all(_has(layout, feature) for feature in self.needs):
            return None
        hazards = tuple(hazard for hazard in self.hazards if hazard.may_come(layout))
        return self if hazards == self.hazards else attrs.evolve(self, hazards=hazards)

    def __call__(self, subject: Any) -> bool | str:
        """Return the function's answer on a cluster or a step."""
        return self.function(subject)


_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _name(function: object) -> str:
    return getattr(function, "__name__", None) or repr(function)


def feature_name(feature: Feature) -> str:
    """Return what a feature of a model is called: the family of its cells, or what its function is called."""
    return feature.family if isinstance(feature, Cells | Cell) else feature.__name__.replace("_", " ")


def _has(layout: Layout, feature: Feature) -> bool:
    if isinstance(feature, Cells):
        return layout.has_family(feature.family)
    if isinstance(feature, Cell):
        return feature in layout or feature in layout.constants
    return feature(layout)


@attrs.frozen
class Declaration:
    """The decorator that makes specs of one kind: `@invariant`, or with what it needs, `@invariant(needs=PODS)`."""

    kind: SpecKind

    @overload
    def __call__(self, function: Function) -> Spec: ...
    @overload
    def __call__(
        self,
        *,
        needs: Feature | Features = (),
        hazard: str | tuple[Hazard, ...] | None = None,
        hazard_with: Features = (),
        shows: Spec | None = None,
        each: Cells[Any] | None = None,
    ) -> Callable[[Function], Spec]: ...
    def __call__(
        self,
        function: Function | None = None,
        *,
        needs: Feature | Features = (),
        hazard: str | tuple[Hazard, ...] | None = None,
        hazard_with: Features = (),
        shows: Spec | None = None,
        each: Cells[Any] | None = None,
    ) -> Spec | Callable[[Function], Spec]:
        """Return the spec of a function, or what makes one of it."""
        needed = (*(needs if isinstance(needs, tuple) else (needs,)), *(() if each is None else (each,)))
        hazards = hazard if isinstance(hazard, tuple) else () if hazard is None else (Hazard(hazard, hazard_with),)

        def decorate(function: Function) -> Spec:
            return Spec(function, self.kind, needed, hazards, shows, each=each)

        return decorate if function is None else decorate(function)


invariant = Declaration(SpecKind.INVARIANT)
"""Declare that the function is True of every reachable cluster."""

step_invariant = Declaration(SpecKind.STEP_INVARIANT)
"""Declare that the function is True of every step."""

sometimes = Declaration(SpecKind.SOMETIMES)
"""Declare that the function is True at least once; it `shows` that another spec is not vacuous."""
