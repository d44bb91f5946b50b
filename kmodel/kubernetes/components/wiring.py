"""What follows from all components of a scenario together: who calls, who watches, what dies, what is forgotten."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster
from kmodel.kubernetes.components.apiserver.watch_cache import MISSING, Tier
from kmodel.kubernetes.components.calls import CALLS, slot
from kmodel.kubernetes.components.component import ANY, Caller, Component, Fault, Memory, instances
from kmodel.kubernetes.components.etcd import Watch, stored, with_metadata
from kmodel.kubernetes.components.informer import CONNECTIONS, Handler, Informer, informer
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.processes import Process
from kmodel.kubernetes.objects import ApiObject, resource_of
from kmodel.kubernetes.objects.kind import first, generations, scope

Living = tuple[Component, str | None]  # whose client it is, and on which node
Rights = tuple[tuple[str, frozenset[tuple[str, str]]], ...]

LIKELIEST = 2  # to mention a rank about an object: the place where it is stored


@attrs.frozen(eq=False)
class Wiring:
    """The components that take part, and what follows from all of them.

    `clients` are followed by the slots of the calls that outlive them; `living` are those without the slots.
    """

    components: tuple[Component, ...]
    faults: tuple[Fault, ...]
    callers: tuple[Caller, ...]
    clients: tuple[str, ...]
    living: tuple[str, ...]
    watches: tuple[Watch, ...]
    informers: Mapping[Watch, Informer]
    tier: Tier
    latecomers: frozenset[str]  # watchers that have not listed at the start
    processes: tuple[Process, ...]
    rights: Rights
    name_holders: tuple[Cell[Any], ...]
    may_mention: Callable[[Cell[Any], str], int]


def wire(plan: Plan, known: Sequence[Component], part: tuple[Component, ...], faults: Sequence[Fault]) -> Wiring:
    """Return what follows from the components that take part, of those that are known."""
    happening = tuple(fault for fault in faults if _happens(fault, known, part, plan))
    calling = [(caller, component) for component in part for caller in component.callers if caller.when(plan)]
    calling.sort(key=lambda pair: pair[0].turn)
    slots = {
        component: sum(plan.budget(fault.name) * _calls_left(fault, component) for fault in faults)
        for component in part
    }
    living: dict[str, Living] = {}
    for caller, component in calling:
        for values in caller.each(plan):
            node = dict(zip(caller.receives.parameters, values, strict=True)).get("node")
            living.setdefault(caller.client(*values), (component, node))
    clients = [
        name
        for client, (component, _) in living.items()
        for name in (client, *(slot(client, number) for number in range(1, slots[component] + 1)))
    ]
    watches = tuple(_watches(plan, part))
    informers = _informers(part, plan, watches)
    return Wiring(
        part,
        happening,
        tuple(caller for caller, _ in calling),
        tuple(clients),
        tuple(living),
        watches,
        informers,
        Tier.of(plan, watches, informers),
        frozenset(component.process for component in part if component.starts_later),
        tuple(_processes(plan, part, living)),
        _rights(plan, known),
        (*(CALLS[client] for client in clients), *_name_holders(plan, part)),
        _may_mention(plan, part),
    )


def _calls_left(fault: Fault, component: Component) -> int:
    """Return how many calls of a client may have to go on without it after a fault."""
    return fault.leaves_calls + fault.is_deadly(component) + (fault.name in component.exits_after)


def _happens(fault: Fault, known: Sequence[Component], part: Sequence[Component], plan: Plan) -> bool:
    if not plan.budget(fault.name) or (fault.after is not None and not plan.budget(fault.after)):
        return False
    victims = fault.victims(known)
    return not victims or any(component.name in victims for component in part)


def _watches(plan: Plan, part: Sequence[Component]) -> Iterator[Watch]:
    """Yield who watches what; the loops of one process share their watches."""
    for process in dict.fromkeys(component.process for component in part):
        loops = [component for component in part if component.process == process]
        wanted = dict.fromkeys(resource for component in loops for resource in component.watched(plan))
        polls = any(component.polls(plan) for component in loops)
        own = any(component.of_own_node for component in loops)
        for name, node in instances(process, plan):
            for resource in wanted:
                if resource in plan.resources:
                    yield Watch(name, resource, node if own else None, polls)


def _informers(part: Sequence[Component], plan: Plan, watches: Sequence[Watch]) -> dict[Watch, Informer]:
    made: dict[str, Informer] = {}
    for process in dict.fromkeys(component.process for component in part):
        loops = [component for component in part if component.process == process]
        alive = next((component.alive for component in loops if component.alive is not None), None)
        shared = informer(_all_of([component.on_change for component in loops]), alive)
        made |= {name: shared for name, _ in instances(process, plan)}
    return {watch: made[watch.watcher] for watch in watches}


def _all_of(handlers: Sequence[Handler]) -> Handler:
    def on_change(cluster: Cluster, watch: Watch, key: str, old: Any, new: Any) -> Cluster:
        for handler in handlers:
            cluster = handler(cluster, watch, key, old, new)
        return cluster

    return handlers[0] if len(handlers) == 1 else on_change


def _processes(plan: Plan, part: Sequence[Component], living: Mapping[str, Living]) -> Iterator[Process]:
    memories: dict[str, list[Memory]] = {}
    for component in part:
        memories.setdefault(component.process, [])
        for memory in component.memory:
            if memory.when(plan) and not memory.survives:
                memories.setdefault(memory.process or component.process, []).append(memory)
    for process, remembered in memories.items():
        callers = [(client, node) for client, (component, node) in living.items() if component.process == process]
        for name, node in instances(process, plan):
            clients = [client for client, where in callers if node in (None, where)]
            forgets = [
                (memory.cells[key], memory.forgotten)
                for memory in remembered
                for key in memory.each(plan)
                if node is None or key[0] == node
            ]
            yield Process(name, node, tuple(clients), tuple(forgets))


def _rights(plan: Plan, known: Sequence[Component]) -> Rights:
    """Return what the bootstrap policy lets the control plane's own users do, whether they take part or not."""
    rights: dict[str, frozenset[tuple[str, str]]] = {}
    for component in known:
        for users, may in component.users.items():
            for user, _ in instances(users, plan):
                rights[user] = rights.get(user, frozenset()) | may
    return tuple(rights.items())


def _name_holders(plan: Plan, part: Sequence[Component]) -> Iterator[Cell[Any]]:
    for memory in (memory for component in part for memory in component.memory):
        if memory.holds_names and memory.when(plan):
            yield from (memory.cells[key] for key in memory.each(plan))


def _may_mention(plan: Plan, part: Sequence[Component]) -> Callable[[Cell[Any], str], int]:
    """Return which cells may mention ranks about an object: calls may be about any; where it is stored is likeliest."""
    of_memory = {memory.cells.family: memory.mentions for component in part for memory in component.memory}
    resources = {kind.singular: kind.resource for kind in plan.kinds}
    ties = {
        kind.resource: {
            *kind.mentions,
            *(owner for owner, owned in plan.owning.items() if kind.resource in owned),
        }
        for kind in plan.kinds
    }

    def may_mention(cell: Cell[Any], scope: str) -> int:
        singular, _, key = scope.partition(" of ")[2].partition("/")
        resource = resources[singular]
        family, _, of = cell.family.partition("/")
        if family in ("etcd", "caches") and of in ties:
            is_its_own = of == resource and cell.key[-1] == key
            return LIKELIEST if is_its_own and family == "etcd" else is_its_own or resource in ties[of]
        if family == "watches":
            return cell.key[-1] == resource or resource in ties[cell.key[-1]]
        if family in ("budget", CONNECTIONS.family, MISSING.family):
            return False
        mentions = of_memory.get(cell.family, ANY)
        return mentions == ANY or (mentions == resource and cell.key[-1] == key)

    return may_mention


def stored_at_start(plan: Plan) -> dict[Cell[Any], ApiObject]:
    """Return what is in etcd at the start, with its first UID and version."""
    cells: dict[Cell[Any], ApiObject] = {}
    for value in _objects_at_start(plan):
        resource, key = resource_of(value, plan.kinds), value.metadata.key
        singular = plan.kind(resource).singular
        uid, version = first(scope("uid", singular, key)), first(scope("version", singular, key))
        generation = None if value.desired is None else first(generations(singular, key))
        cells[stored(resource)[key]] = with_metadata(value, uid=uid, resource_version=version, generation=generation)
    return cells


def _objects_at_start(plan: Plan) -> Iterator[ApiObject]:
    if not plan.settings.register_nodes:
        yield from plan.settings.nodes
    for resource in plan.resources:
        starts = plan.kind(resource).starts
        if starts is not None:
            yield from (starts(key) for key in plan.keys(resource))
    yield from plan.settings.objects
