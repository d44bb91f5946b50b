"""What follows from a scenario's settings: who takes part, and who does not."""

from collections.abc import Collection

import attrs

from kmodel.kubernetes.scenario.actors import choose_actors, idle_faults, taking_part
from kmodel.kubernetes.scenario.endings import refusals
from kmodel.kubernetes.scenario.scenario import Scenario


def complete(scenario: Scenario, *, actors: Collection[str] | None = None, heartbeats: bool = False) -> Scenario:
    """Return the scenario with all that follows from its settings.

    `actors` are the optional ones that take part; without them, the smallest set that is needed does. `heartbeats`
    asks for leases and the node lifecycle controller even without a fault that silences a node.
    """
    catalog = scenario.catalog
    plan = catalog.plan(scenario.settings, heartbeats=heartbeats)
    part, left_out = choose_actors(catalog, plan, actors)
    settings = attrs.evolve(scenario.settings, actors=part)
    return attrs.evolve(
        scenario,
        settings=settings,
        taking_part=taking_part(catalog, settings),
        left_out=(*left_out, *idle_faults(catalog, settings), *scenario.left_out),
    )


def with_what_is_missing(scenario: Scenario) -> Scenario:
    """Return the scenario in which the objects that pods need are there, as if somebody had declared them to be."""
    missing = scenario.caveats.missing
    if not missing:
        return scenario
    settings = attrs.evolve(scenario.settings, surroundings=(*scenario.settings.surroundings, *missing))
    made = attrs.evolve(
        scenario,
        settings=settings,
        assumed=(*scenario.assumed, *missing),
        refused=tuple(refusals(settings, scenario.catalog.kinds)),
        caveats=attrs.evolve(scenario.caveats, missing=()),
        left_out=(),
    )
    return complete(made)
