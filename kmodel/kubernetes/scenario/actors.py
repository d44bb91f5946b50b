"""Which of the optional components take part: the smallest set that is needed, and why the others do not."""

from collections.abc import Collection

from kmodel.kubernetes.catalog import Catalog
from kmodel.kubernetes.components.component import not_needed
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.settings import Settings
from kmodel.kubernetes.scenario.detail import is_hidden


def choose_actors(
    catalog: Catalog, plan: Plan, actors: Collection[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the optional components that take part, those named or else those needed, and why each other does not."""
    part, sentences = [], []
    for component in catalog.components:
        if not component.optional:
            continue
        named = actors is not None and component.name in actors
        why = None if named else (component.needed if actors is None else not_needed)(plan)
        if why is None:
            part.append(component.name)
        else:
            sentences.append(f"{component.name}: {why}")
    return tuple(part), tuple(sentences)


def taking_part(catalog: Catalog, settings: Settings) -> tuple[str, ...]:
    """Return the names of all actors that take part, those last that others run."""
    part = catalog.taking_part(catalog.plan(settings))
    names = [component.name for component in part]
    return (*names, *(actor for component in part for actor in component.runs))


def idle_faults(catalog: Catalog, settings: Settings) -> tuple[str, ...]:
    """Return a sentence for each fault that has a budget and nothing to hit."""
    part = {component.name for component in catalog.taking_part(catalog.plan(settings))}
    sentences = []
    for fault in catalog.faults:
        victims = fault.victims(catalog.components)
        if settings.budget(fault.name) and victims and not part.intersection(victims):
            sentences.append(f"{fault.name}: cannot happen without {' or '.join(victims)}")
        if settings.budget(fault.name) and is_hidden(fault, settings):
            sentences.append(f"{fault.name}: cannot happen with {': '.join(fault.hidden_by or ())}")
    return tuple(sentences)
