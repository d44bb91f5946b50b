"""Transitions, the pure functions that actors take steps by, and actions, transitions with their arguments."""

import inspect
from collections.abc import Callable, Iterator
from enum import Enum
from itertools import product
from string import Formatter
from typing import TYPE_CHECKING, Any

import attrs

from kmodel.kernel.cell import Cells, Layout
from kmodel.kernel.cluster import Cluster
from kmodel.kernel.errors import ModelError, place_of

if TYPE_CHECKING:
    from kmodel.kernel.step import Step


FAULT = "fault"  # the actor of what nobody does on purpose


@attrs.frozen
class Event:
    """One line of a story: `Normal` or `Warning`, a reason in one word, what it is about, and a sentence."""

    type: str
    reason: str
    object: str
    message: str


class Fairness(Enum):
    """What a run owes an action. Only steps that change something count, as in TLA+: an action that would change
    nothing is as good as not enabled."""

    NONE = "none"  # it may never happen
    WEAK = "weak"  # it happens again and again, or is again and again not enabled
    STRONG = "strong"  # it happens again and again, or is at last never enabled any more


@attrs.frozen(eq=False)
class Transition:
    """A pure function `(cluster, **binding) -> cluster or None` (None: not enabled) by which an actor takes a step."""

    function: Callable[..., Cluster | None]
    actor: str
    object: str
    environment: bool
    describe: "Callable[[Step], Event] | None"
    fairness: Fairness = Fairness.WEAK
    each: tuple[Cells[Any], ...] = ()

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the arguments that an action binds."""
        return tuple(inspect.signature(self.function).parameters)[1:]

    @property
    def sentence(self) -> str:
        """The first line of the function's docstring: what the step does."""
        return (inspect.getdoc(self.function) or self.name.replace("_", " ")).partition("\n")[0]

    def __call__(self, cluster: Cluster, **binding: str) -> Cluster | None:
        """Take the step in the cluster; None if it is not enabled there."""
        return self.function(cluster, **binding)

    def bind(self, **binding: str) -> "Action":
        """Return the action that is this transition with these arguments."""
        if set(binding) != set(self.parameters):
            raise ModelError(
                f"transition {self.name} takes {', '.join(self.parameters) or 'no arguments'}, "
                f"but was bound to {', '.join(binding) or 'none'}"
            )
        return Action(self, tuple((name, binding[name]) for name in self.parameters))

    def bind_all(self, layout: Layout) -> "Iterator[Action]":
        """Yield the actions for all combinations of the keys that the families of `each` have in the layout."""
        for keys in product(*(layout.keys(family) for family in self.each)):
            names = [name for key in keys for name in key]
            if len(names) != len(self.parameters):
                raise ModelError(
                    f"{place_of(self.function)}: transition {self.name} takes {len(self.parameters)} names, but `each` "
                    f"has {len(names)}; give one family per name, such as each=MANAGER"
                )
            yield self.bind(**dict(zip(self.parameters, names, strict=True)))


@attrs.frozen
class Action:
    """A transition with its binding: `schedule(pod="web-0")`."""

    transition: Transition
    binding: tuple[tuple[str, str], ...]

    @property
    def actor(self) -> str:
        """Who takes the step, for example `kubelet/n1`."""
        return self.transition.actor.format_map(dict(self.binding))

    @property
    def object(self) -> str:
        """What the step is about, for example `pod/web-0`."""
        return self.transition.object.format_map(dict(self.binding))

    @property
    def is_fault(self) -> bool:
        """Whether nobody does it on purpose: what else the environment does are requests."""
        return self.transition.actor == FAULT

    @property
    def arguments(self) -> dict[str, str]:
        """The binding as keyword arguments."""
        return dict(self.binding)

    def __call__(self, cluster: Cluster) -> Cluster | None:
        """Take the step in the cluster; None if it is not enabled there."""
        return self.transition.function(cluster, **dict(self.binding))

    def __str__(self) -> str:
        arguments = ", ".join(f'{name}="{value}"' for name, value in self.binding)
        return f"{self.transition.name}({arguments})"


def _check(transition: Transition) -> None:
    """Raise a ModelError that names the line if the function takes no cluster, or an unknown argument is spoken of."""
    problem = _problem(transition)
    if problem is not None:
        raise ModelError(f"{place_of(transition.function)}: transition {transition.name}{problem}")


def _problem(transition: Transition) -> str | None:
    parameters = list(inspect.signature(transition.function).parameters.values())
    if not parameters or any(parameter.kind not in _BOUND for parameter in parameters):
        return " takes a cluster and then one named argument per name that it is bound to; say so"
    arguments = [parameter.name for parameter in parameters[1:]]
    for word, text in (("actor", transition.actor), ("object", transition.object)):
        try:
            named = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
        except ValueError as error:
            return f": {word}={text!r} is no format: {error}; write it like kubelet/{{node}}"
        for name in named:
            if name not in arguments:
                return (
                    f": {word}={text!r} speaks of {{{name}}}, which is no argument of it; "
                    f"it has {', '.join(arguments) or 'none'}"
                )
    return None


_BOUND = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def transition(
    *,
    actor: str,
    object: str = "",
    environment: bool = False,
    describe: "Callable[[Step], Event] | None" = None,
    fairness: Fairness | None = None,
    each: Cells[Any] | tuple[Cells[Any], ...] = (),
) -> Callable[[Callable[..., Cluster | None]], Transition]:
    """Make a transition of a pure function; `actor` and `object` may name its arguments: `kubelet/{node}`.

    System transitions happen if they stay enabled (each action by itself is weakly fair, unless `fairness` says
    otherwise); environment transitions (requests, faults) merely may. `describe` tells a step of this transition as an
    event; without it the event is made of the function's name and the first line of its docstring. `each` has the
    families by whose keys `Model.of` binds the arguments: `@transition(actor="{manager}", each=MANAGER)`.
    """
    if environment and fairness not in (None, Fairness.NONE):
        raise ModelError(f"a transition of the environment ({actor}) owes nothing; leave out its fairness")
    owed = fairness or (Fairness.NONE if environment else Fairness.WEAK)

    def decorate(function: Callable[..., Cluster | None]) -> Transition:
        families = each if isinstance(each, tuple) else (each,)
        made = Transition(function, actor, object, environment, describe, owed, families)
        _check(made)
        return made

    return decorate
