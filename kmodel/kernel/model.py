"""A model: initial states, actions, specs. All else has a default."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from kmodel.kernel.cell import Cell
from kmodel.kernel.cluster import Cluster
from kmodel.kernel.errors import ModelError, place_of
from kmodel.kernel.footprint import Check, Effect, Read, apply, record
from kmodel.kernel.rank import is_renumbering
from kmodel.kernel.spec import Spec
from kmodel.kernel.step import Step, Trace
from kmodel.kernel.transition import Action, Transition


@attrs.frozen
class Model:
    """What is explored: the initial clusters (of one layout), the actions in a fixed order, and the specs.

    `symmetry` has groups of interchangeable names, such as the managers of two-phase commit; see symmetry.py.
    """

    initial: tuple[Cluster, ...]
    actions: tuple[Action, ...]
    specs: tuple[Spec, ...] = ()
    name: str = "model"
    symmetry: tuple[tuple[str, ...], ...] = ()

    @staticmethod
    def of(
        initial: Cluster | Mapping[Cell[Any], Any],
        transitions: Iterable[Transition],
        specs: Iterable[Spec] = (),
        *,
        name: str = "model",
        symmetry: Iterable[Iterable[str]] = (),
    ) -> "Model":
        """Return the model of an initial cluster, or its cells, whose transitions are bound as their `each` says.

        Of the specs, those are asked that have the cells they need. ModelError if a transition cannot be bound.
        """
        first: Cluster = Cluster.of(initial) if isinstance(initial, Mapping) else initial
        actions = tuple(action for transition in transitions for action in transition.bind_all(first.layout))
        applying = (spec.within(first.layout) for spec in specs)
        return Model(
            (first,), actions, tuple(spec for spec in applying if spec is not None), name, tuple(map(tuple, symmetry))
        )

    def __attrs_post_init__(self) -> None:
        if not self.initial:
            raise ModelError(f"{self.name} has no initial state; give it at least one cluster")
        if len({id(cluster.layout) for cluster in self.initial}) != 1:
            raise ModelError(f"the initial states of {self.name} have different layouts; make them by cluster.set")
        self._check_names()

    def _check_names(self) -> None:
        """Raise a ModelError if two things have one name: traces, addresses and reports tell them apart by it."""
        actions: set[str] = set()
        transitions: dict[str, Transition] = {}
        for action in self.actions:
            transition, name = action.transition, str(action)
            other = transitions.setdefault(transition.name, transition)
            if other is not transition and place_of(other.function) != place_of(transition.function):
                raise ModelError(_one_name("transitions", other.name, other.function, transition.function))
            if name in actions:
                raise ModelError(f"{self.name} has two actions {name}; list it once, or bind them to different names")
            actions.add(name)
        specs: dict[str, Spec] = {}
        for spec in self.specs:
            namesake = specs.setdefault(spec.name, spec)
            if namesake is not spec:
                raise ModelError(_one_name("specs", spec.name, namesake.function, spec.function))
        if len(specs) != len(self.specs):
            raise ModelError(f"{self.name} lists a spec twice; list it once")


def _one_name(what: str, name: str, one: object, other: object) -> str:
    return f"two {what} have the name {name}, at {place_of(one)} and {place_of(other)}; rename one of them"


def take(action: Action, before: Cluster) -> Step | None:
    """Take the action in the cluster; None if it is not enabled. ModelError if the transition is impure."""
    effect, reads = record(action, before, f"transition {action}", Check.BOTH)
    if effect is None:
        return None
    return step_of(action, before, effect, cells_read(reads))


def cells_read(reads: Iterable[Read]) -> tuple[int, ...]:
    """Return the places of the cells that a transition read; not of those that were only looked at to close gaps."""
    return tuple(dict.fromkeys(read.position for read in reads if not is_renumbering(read.projection.function)))


def step_of(action: Action, before: Cluster, effect: Effect, reads: tuple[int, ...]) -> Step:
    """Return the step that has this effect and read the cells at these positions."""
    cells = before.layout.cells
    after = apply(before, effect.writes)
    following = after if effect.total is effect.writes else apply(before, effect.total)
    return Step(before, action, after, following, tuple(cells[position] for position in reads), effect)


def enabled(model: Model, cluster: Cluster) -> Iterator[Step]:
    """Yield the steps that can be taken in the cluster, in the order of the model's actions."""
    for action in model.actions:
        step = take(action, cluster)
        if step is not None:
            yield step


def follow(model: Model, address: tuple[int, ...]) -> Trace:
    """Return the trace at an address: the index of an initial state, then one of an enabled action per step."""
    if not address:
        raise ModelError(f"an address of {model.name} begins with the index of an initial state; it is empty")
    first, *choices = address
    if not 0 <= first < len(model.initial):
        raise ModelError(f"address {first} names no initial state of {model.name}; it has {len(model.initial)}")
    cluster = model.initial[first]
    steps: list[Step] = []
    for depth, choice in enumerate(choices, start=1):
        step = next((step for index, step in enumerate(enabled(model, cluster)) if index == choice), None)
        if step is None:
            raise ModelError(f"step {depth} of the address takes action {choice}, but fewer are enabled there")
        steps.append(step)
        cluster = step.next
    return Trace(model.initial[first], tuple(steps), address)


def trace_along(
    model: Model, initial: int, taken: Iterable[tuple[int, int]], known: dict[tuple[int, ...], Step] | None = None
) -> Trace:
    """Return the trace that takes these actions from an initial state, each with its index among those enabled.

    `known` holds the steps of earlier traces by their addresses, and is given those of this one: traces that begin
    alike take their first steps once.
    """
    cluster = model.initial[initial]
    steps: list[Step] = []
    address = [initial]
    for choice, index in taken:
        there = (*address, index)
        step = known.get(there) if known is not None else None
        if step is None:
            step = take(model.actions[choice], cluster)
            assert step is not None, f"{model.actions[choice]} is not enabled on its own trace"
            if known is not None:
                known[there] = step
        steps.append(step)
        address.append(index)
        cluster = step.next
    return Trace(model.initial[initial], tuple(steps), tuple(address))
