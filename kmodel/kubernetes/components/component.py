"""What a component, and what a fault is: one value each, from which the control plane of a scenario is put together."""

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Any

import attrs

from kmodel.kernel import Cell, Cells, Cluster, Transition
from kmodel.kubernetes.components.informer import Handler, ignore
from kmodel.kubernetes.components.plan import Maker, Plan, makes_nothing

Binding = tuple[str, ...]
Domain = Callable[[Plan], Iterable[Binding]]
Condition = Callable[[Plan], bool]

ANY = "*"  # what a cell mentions of which nobody has said what it mentions
NOTHING = ""


def each(*resources: str) -> Domain:
    """Return the domain of all combinations of the names that objects of these resources may have."""
    return lambda plan: product(*(plan.keys(resource) for resource in resources))


def once(plan: Plan) -> Iterable[Binding]:
    """The domain of what needs no name."""
    return ((),)


def always(plan: Plan) -> bool:
    """The condition that always holds."""
    return True


@attrs.frozen(eq=False)
class Memory:
    """A family of cells that a component remembers something in, one cell for each name, or pair of names, of `each`.

    Where the process is one on each node, the first name is that of the node.

    `initial` is what a cell holds at the start, or a function of its key; `forgotten` what it holds after a restart (as
    at the start, if nothing is said); what `survives` is not forgotten. `mentions` is the resource of whose object of
    the cell's last name the cell may mention versions and UIDs; NOTHING, or ANY. What `holds_names` may mention objects
    by their names alone: these are not given to others meanwhile.
    """

    cells: Cells[Any]
    each: Domain
    initial: Any
    forgotten: Any = attrs.field()
    mentions: str = ANY
    holds_names: bool = False
    survives: bool = False
    when: Condition = always
    process: str = ""  # whose memory it is, if not that of the component's process

    @forgotten.default
    def _as_at_the_start(self) -> Any:
        return self.initial

    def at_start(self, key: Binding) -> Any:
        """Return what a cell holds at the start."""
        return self.initial(*key) if callable(self.initial) else self.initial


@attrs.frozen(eq=False)
class Caller:
    """Who calls the api-server: the transitions that send, the one that receives, and the client, by the binding.

    What is equally short is found in the order of the actions; callers with a lower `turn` come first in it.
    """

    sends: tuple[Transition, ...]
    receives: Transition
    client: Callable[..., str]
    each: Domain
    when: Condition = always
    turn: int = 0


@attrs.frozen(eq=False)
class Steps:
    """Transitions that are no calls, with the names that they are bound to: each transition to all, in order."""

    transitions: tuple[Transition, ...]
    each: Domain = once
    when: Condition = always


def not_needed(plan: Plan) -> str | None:
    """The answer of a component that takes part only where the scenario names it."""
    return "the scenario's actors do not name it"


@attrs.frozen(eq=False)
class Component:
    """The program of one actor, or a loop of one that runs several.

    - `process` is the name of the program (if nothing is said, the component's), which all loops in it share with their
      informers, and which restarts as a whole; `kubelet/{node}` is one on each node.
    - `users` are those it acts as, with the verbs and resources that they may; `system:node:{node}` is one per node.
    - `watches` are the resources that its informer watches, as far as the scenario has them; `brings` those that are
      there because of it.
    - `needed` says in a sentence why the component does not take part in a scenario that does not choose; None if it
      does. `works_with` are those on whose work its own rests. One that is not `optional` takes part if it is needed,
      whatever the scenario chooses.
    - `makes` returns what it may make of an object that no template tells of; `owns` says objects of which resources
      may own which others, beside what the kinds say; `constants` are what specs may ask of it.
    - `exits_after` are faults of others after which it may have to restart.
    - `runs` are further actors, which it runs itself. What is `outside` of the control plane has its cells and steps
      before those of all others.
    """

    name: str
    process: str = attrs.field()
    users: Mapping[str, frozenset[tuple[str, str]]] = attrs.field(factory=dict)
    watches: tuple[str, ...] | Callable[[Plan], tuple[str, ...]] = ()
    brings: tuple[str, ...] = ()
    of_own_node: bool = False  # the informer sees only objects of its own node
    starts_later: bool = False  # the informer has not listed at the start
    polls: Condition = lambda plan: False
    on_change: Handler = ignore
    alive: Callable[[Cluster, str], bool] | None = None  # whether an instance of the process is up, by its name
    memory: tuple[Memory, ...] = ()
    callers: tuple[Caller, ...] = ()
    steps: tuple[Steps, ...] = ()
    needed: Callable[[Plan], str | None] = not_needed
    works_with: tuple[str, ...] = ()
    optional: bool = True
    outside: bool = False
    exits_after: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    makes: Maker = makes_nothing
    owns: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    constants: Callable[[Plan], Mapping[Cell[Any], Any]] = lambda plan: {}

    def watched(self, plan: Plan) -> tuple[str, ...]:
        """Return the resources that it watches, if the scenario has them."""
        return self.watches if isinstance(self.watches, tuple) else self.watches(plan)

    @process.default
    def _named_alike(self) -> str:
        return self.name


def instances(process: str, plan: Plan) -> tuple[tuple[str, str | None], ...]:
    """Return the names of the instances of a process: one, or one on each node; each with its node."""
    if "{node}" in process:
        return tuple((process.format(node=node), node) for node in plan.nodes)
    return ((process, None),)


@attrs.frozen(eq=False)
class Fault:
    """A kind of failure that may happen as often as the scenario's budget says.

    `kills` are the processes that die of it (`{node}`: all those on a node), `hits` the components of which one must
    take part for it to happen: those of the processes, if nothing is said. `after` is a fault that must be able to
    happen before; `hidden_by` is the field of a scenario, and its value, with which it cannot happen.
    """

    name: str
    steps: tuple[Steps, ...]
    hits: tuple[str, ...] = ()
    kills: tuple[str, ...] = ()
    after: str | None = None
    leaves_calls: bool = False  # a call goes on although its client lives and does not wait any more
    hidden_by: tuple[str, str] | None = None

    def is_deadly(self, component: Component) -> bool:
        """Tell whether the component dies of it."""
        return component.process in self.kills or ("{node}" in self.kills and "{node}" in component.process)

    def victims(self, components: Iterable[Component]) -> tuple[str, ...]:
        """Return the names of the components of which one must take part; none if it hits anyone."""
        return self.hits or tuple(component.name for component in components if self.is_deadly(component))
