"""Programs that run in several instances: each instance runs the same transitions on cells of its own.

What a component calls its own (its memory, its caches and watches, its calls) is that of the instance which takes the
step. So no component knows how many of it there are.
"""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any, TypeVar

import attrs

from kmodel.kernel import Action, Cell, Cells, Cluster, Event, Layout, Step, Transition
from kmodel.kubernetes.components.component import Caller, Component, Domain, Memory, Steps
from kmodel.kubernetes.components.etcd import Watch
from kmodel.kubernetes.components.informer import Handler

T = TypeVar("T")
BY_NAME = ("calls", "watches", "connections")  # families whose keys begin with who calls or watches
Gate = Callable[[Cluster, str], bool]  # whether an instance may take a step


@attrs.frozen(cache_hash=True)
class Instance:
    """An instance of a process: its name, and that of the first."""

    name: str
    first: str

    def renamed(self, text: str) -> str:
        """Return a name that begins with that of the first instance, beginning with that of this one instead."""
        return self.name + text[len(self.first) :] if text.startswith(self.first) else text

    def family(self, name: str) -> str:
        """Return what the instance's own cells of a family are called."""
        return name if self.name == self.first else f"{name} of {self.name}"

    def as_first(self, text: str) -> str:
        """Return a name that begins with that of this instance, beginning with that of the first one instead."""
        mine = text == self.name or text.startswith((f"{self.name}/", f"{self.name} "))
        return self.first + text[len(self.name) :] if mine else text

    def of_first(self, cell: Cell[Any]) -> Cell[Any]:
        """Return the cell of the first instance that one of this is in the place of; any other cell as it is."""
        if cell.family.startswith("caches/") or cell.family in BY_NAME:
            return Cells(cell.family)[(self.as_first(cell.key[0]), *cell.key[1:])]
        return Cells(cell.family.removesuffix(f" of {self.name}"))[cell.key]

    def own(self, cell: Cell[T], layout: Layout) -> Cell[T]:
        """Return the cell that this instance has in the place of one of the first."""
        if self.name == self.first:
            return cell
        if cell.family.startswith("caches/") or cell.family in BY_NAME:
            renamed: Cell[T] = Cells(cell.family)[(self.renamed(cell.key[0]), *cell.key[1:])]
            return renamed if renamed in layout else cell
        mine: Cell[T] = Cells(self.family(cell.family))[cell.key]
        return mine if mine in layout else cell


class OwnCluster(Cluster):
    """A cluster as an instance sees it: what is its program's own are the cells of the instance."""

    __slots__ = ("cluster", "instance")

    def __init__(self, cluster: Cluster, instance: Instance) -> None:
        self.cluster = cluster
        self.instance = instance

    @property
    def layout(self) -> Layout:
        """Which cells and constants there are."""
        return self.cluster.layout

    @property
    def values(self) -> tuple[Any, ...]:
        """The value of each cell."""
        return self.cluster.values

    def __getitem__(self, cell: Cell[T]) -> T:
        return self.cluster[self.instance.own(cell, self.layout)]

    def look(self, cell: Cell[T], through: Callable[[T], Any]) -> Any:
        """Return the instance's cell seen through a pure function."""
        return self.cluster.look(self.instance.own(cell, self.layout), through)

    def modify(self, cell: Cell[T], update: Callable[[T], T]) -> "OwnCluster":
        """Return the cluster with the instance's cell changed."""
        return OwnCluster(self.cluster.modify(self.instance.own(cell, self.layout), update), self.instance)

    def has(self, cell: Cell[Any]) -> bool:
        """Tell whether the instance has such a cell, or there is such a constant."""
        return self.cluster.has(self.instance.own(cell, self.layout))

    def _made(self, rank: Any) -> None:
        self.cluster._made(rank)

    def __eq__(self, other: object) -> bool:
        return self.cluster == (other.cluster if isinstance(other, OwnCluster) else other)

    __hash__ = Cluster.__hash__


@attrs.frozen
class OwnStep(Step):
    """A step that an instance takes, or that is about a call of it, as if it were of the first instance of its program.

    So specs need not know how many instances there are.
    """

    instance: Instance

    @staticmethod
    def of(step: Step, instance: Instance) -> "OwnStep":
        """Return the step as that of an instance."""
        binding = tuple(
            (what, instance.as_first(value) if what in ("client", "watcher") else value)
            for what, value in step.action.binding
        )
        action = Action(attrs.evolve(step.action.transition, actor=instance.as_first(step.action.actor)), binding)
        before, after = OwnCluster(step.before, instance), OwnCluster(step.after, instance)
        return OwnStep(before, action, after, step.next, step.reads, step.effect, instance)

    @property
    def writes(self) -> tuple[Cell[Any], ...]:
        """The cells that the transition wrote, those of the instance as the first's."""
        return tuple(self.instance.of_first(cell) for cell in super().writes)


def _run_by(instance: Instance, transition: Transition, gate: Gate) -> Transition:
    """Return a transition as one instance takes it; further ones are bound to their names."""

    @wraps(transition.function)
    def function(cluster: Cluster, **binding: str) -> Cluster | None:
        binding.pop("instance", None)
        if not gate(cluster, instance.name):
            return None
        after = transition.function(OwnCluster(cluster, instance), **binding)
        return after.cluster if isinstance(after, OwnCluster) else after

    if instance.name != instance.first:
        named = Parameter("instance", Parameter.POSITIONAL_OR_KEYWORD)
        there = signature(transition.function)
        vars(function)["__signature__"] = there.replace(parameters=[*there.parameters.values(), named])

    def told(step: Step) -> Event:
        before, after = OwnCluster(step.before, instance), OwnCluster(step.after, instance)
        assert transition.describe is not None
        return transition.describe(attrs.evolve(step, before=before, after=after))

    describe = None if transition.describe is None else told
    return attrs.evolve(transition, function=function, actor=instance.renamed(transition.actor), describe=describe)


def _bound_to(instance: Instance, each: Domain) -> Domain:
    if instance.name == instance.first:
        return each
    return lambda plan: ((*values, instance.name) for values in each(plan))


def _caller(instance: Instance, caller: Caller, acts: Gate, lives: Gate) -> Caller:
    further = instance.name != instance.first

    def client(*values: str) -> str:
        return instance.renamed(caller.client(*(values[:-1] if further else values)))

    return attrs.evolve(
        caller,
        sends=tuple(_run_by(instance, send, acts) for send in caller.sends),
        receives=_run_by(instance, caller.receives, lives),
        client=client,
        each=_bound_to(instance, caller.each),
    )


def _memory(instance: Instance, memory: Memory) -> Memory:
    return attrs.evolve(memory, cells=Cells(instance.family(memory.cells.family)))


def _handler(instance: Instance, handler: Handler) -> Handler:
    def on_change(cluster: Cluster, watch: Watch, key: str, old: Any, new: Any) -> Cluster:
        own = attrs.evolve(watch, watcher=instance.first)
        after = handler(OwnCluster(cluster, instance), own, key, old, new)
        assert isinstance(after, OwnCluster)
        return after.cluster

    return on_change


def run_by(instance: Instance, component: Component, *, acts: Gate, lives: Gate, listens: Gate) -> Component:
    """Return a component as one instance of its process runs it.

    `acts` tells whether the instance may begin something, `lives` whether it may go on with it, and `listens` whether
    it lists and watches.
    """
    return attrs.evolve(
        component,
        name=component.name + instance.name.removeprefix(instance.first),
        process=instance.name,
        on_change=_handler(instance, component.on_change),
        alive=listens,
        memory=tuple(_memory(instance, memory) for memory in component.memory),
        callers=tuple(_caller(instance, caller, acts, lives) for caller in component.callers),
        steps=tuple(
            Steps(
                tuple(_run_by(instance, step, acts) for step in steps.transitions),
                _bound_to(instance, steps.each),
                steps.when,
            )
            for steps in component.steps
        ),
    )


def names(process: str, count: int) -> tuple[str, ...]:
    """Return the names of so many instances: that of the process, and further ones with their number."""
    return (process, *(f"{process}-{number}" for number in range(2, count + 1)))
