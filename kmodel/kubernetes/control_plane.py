"""The whole control plane: which cells, which actions, which initial state a scenario has.

At the start the control plane is up: nodes and other stored objects are in etcd, and all informers have listed them.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import attrs

from kmodel.kernel import Action, Cell, Cluster
from kmodel.kubernetes.catalog import BUILT_IN, Catalog
from kmodel.kubernetes.components import wiring
from kmodel.kubernetes.components.apiserver.watch_cache import SERVERS
from kmodel.kubernetes.components.callers import STEPS, fuse
from kmodel.kubernetes.components.calls import CALLS, SPLIT
from kmodel.kubernetes.components.component import Component, Steps
from kmodel.kubernetes.components.etcd import TOLD, WATCHES, stored
from kmodel.kubernetes.components.faults import BUDGET
from kmodel.kubernetes.components.informer import cached
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.processes import PROCESSES
from kmodel.kubernetes.components.prompt import in_detail
from kmodel.kubernetes.components.settings import NAME_HOLDERS, POOLS, RIGHTS, SETTINGS, SINGULARS, Settings


def build(settings: Settings, catalog: Catalog = BUILT_IN) -> tuple[Cluster, tuple[Action, ...]]:
    """Return the initial cluster of a scenario and the actions of all that takes part in it."""
    plan = catalog.plan(settings)
    wires = wiring.wire(plan, catalog.components, catalog.taking_part(plan), catalog.faults)
    return _initial(plan, wires), in_detail(plan, wires, tuple(_actions(plan, wires)))


def _initial(plan: Plan, wires: wiring.Wiring) -> Cluster:
    outside = [component for component in wires.components if component.outside]
    inside = [component for component in wires.components if not component.outside]
    cells = _memory(plan, outside)
    cells |= dict.fromkeys((CALLS[client] for client in wires.clients), None)
    for resource in plan.resources:
        cells |= dict.fromkeys((stored(resource)[key] for key in plan.keys(resource)), None)
    cells |= wiring.stored_at_start(plan)
    cells |= wires.tier.cells
    for watch in (*wires.watches, *wires.tier.watches):
        cells[watch.queue] = None
        cells |= {cached(watch.resource)[watch.watcher, key]: None for key in plan.keys(watch.resource)}
    cells |= _memory(plan, inside)
    cells |= {BUDGET[fault]: count for fault, count in plan.settings.faults if count}
    constants: dict[Cell[Any], Any] = {
        SETTINGS: plan.settings,
        WATCHES: (*wires.watches, *wires.tier.watches),
        TOLD: wires.tier.watches or wires.watches,
        SERVERS: wires.tier.servers,
        PROCESSES: wires.processes,
        RIGHTS: wires.rights,
        NAME_HOLDERS: wires.name_holders,
        POOLS: plan.population.pools,
        SINGULARS: tuple((kind.resource, kind.singular) for kind in plan.kinds),
    }
    for component in wires.components:
        constants |= component.constants(plan)
    if plan.settings.calls == "split":
        constants[SPLIT] = True
    cluster: Cluster = Cluster.of(cells, constants, wires.may_mention)
    watches = (watch for watch in wires.watches if watch.watcher not in wires.latecomers)
    for first in (*wires.tier.starts, *(wires.tier.first_list(watch) for watch in watches)):
        listed = first(cluster)
        assert listed is not None, f"{first} cannot happen at the start"
        cluster = listed
    return cluster


def _memory(plan: Plan, components: list[Component]) -> dict[Cell[Any], Any]:
    return {
        memory.cells[key]: memory.at_start(key)
        for component in components
        for memory in component.memory
        if memory.when(plan)
        for key in memory.each(plan)
    }


def _actions(plan: Plan, wires: wiring.Wiring) -> Iterator[Action]:
    yield from _calls(plan, wires)
    watched = tuple((watch.watcher, watch.resource) for watch in wires.watches if not watch.polls)
    plan = attrs.evolve(plan, clients=wires.living, watched=watched)
    for component in wires.components:
        yield from _steps(plan, component.steps if component.outside else ())
    for watch in wires.watches:
        yield from wires.tier.actions(watch)
    yield from wires.tier.own_actions
    for component in wires.components:
        yield from _steps(plan, () if component.outside else component.steps)
    for fault in wires.faults:
        yield from _steps(plan, fault.steps)


def _steps(plan: Plan, steps: tuple[Steps, ...]) -> Iterator[Action]:
    for step in steps:
        for transition in step.transitions if step.when(plan) else ():
            for values in step.each(plan):
                yield transition.bind(**dict(zip(transition.parameters, values, strict=True)))


def _calls(plan: Plan, wires: wiring.Wiring) -> Iterator[Action]:
    """Yield what it takes to call the api-server: in several steps, or fused into one."""
    split = plan.settings.calls == "split"
    for caller in wires.callers:
        sends = caller.sends if split else [fuse(send, caller) for send in caller.sends]
        for values in caller.each(plan):
            binding = dict(zip(caller.receives.parameters, values, strict=True))
            for send in sends:
                more = [name for name in send.parameters if name not in binding]
                for chosen in product(*(plan.named(name) for name in more)):
                    yield send.bind(**binding, **dict(zip(more, chosen, strict=True)))
            if split:
                yield caller.receives.bind(**binding)
    if split:
        for client in wires.clients:
            yield from (step.bind(client=client) for step in STEPS)
