"""Slices: parts of a scenario that hardly interact, each as a scenario of its own in a stated, small scope.

Objects are in one slice that refer to each other: one selects what the other makes, or both select the same, or one is
the owner of the other or makes it, or names it, or their pods are kept apart. What all share are the nodes: where all
pods together have room on each of them, no pod keeps another from one. Where they have not, the slices say so, since
only the whole shows that.

Of more than two replicas a slice has two, and of more than two nodes that are alike but for their names as well.
"""

from collections.abc import Collection, Hashable, Iterator, Sequence
from itertools import combinations
from typing import Any

import attrs

from kmodel.kubernetes.components.plan import names_needed, populate
from kmodel.kubernetes.components.references import refusal
from kmodel.kubernetes.components.resources import keeps_apart
from kmodel.kubernetes.components.settings import Command, Settings
from kmodel.kubernetes.objects import ApiObject, Node, PodSpec, kind_named
from kmodel.kubernetes.objects.kind import all_templates
from kmodel.kubernetes.objects.patches import Scaled
from kmodel.kubernetes.scenario.completing import complete
from kmodel.kubernetes.scenario.detail import is_hidden
from kmodel.kubernetes.scenario.scenario import Scenario

MOST_REPLICAS = 2
MOST_NODES = 2  # of those that are alike


@attrs.frozen
class Slice:
    """A part of a scenario: what it is called after, its objects as kubectl names them, and the scenario of these.

    `cuts` say in what it is smaller than the whole; `like` are the slices, by name, that are the same but for names.
    """

    name: str
    objects: tuple[str, ...]
    scenario: Scenario
    cuts: tuple[str, ...] = ()
    like: tuple[str, ...] = ()


def slices(scenario: Scenario) -> tuple[Slice, ...]:
    """Return the slices of a scenario that have workloads, in the order of its objects; of slices alike the first."""
    found: dict[Hashable, Slice] = {}
    for group in _groups(scenario.settings.given):
        if not any(value.templates() or hasattr(value, "spec") for value in group):
            continue
        made = _slice(scenario, group)
        pattern = _pattern(made.scenario.settings)
        first = found.get(pattern)
        found[pattern] = made if first is None else attrs.evolve(first, like=(*first.like, made.name))
    return tuple(found.values())


def with_faults(scenario: Scenario, faults: Collection[str]) -> Scenario:
    """Return the scenario in which each of these faults may happen once, and no other may."""
    budgets = tuple((fault, 1) for fault in scenario.catalog.fault_names if fault in faults)
    settings = attrs.evolve(scenario.settings, faults=budgets)
    return complete(attrs.evolve(scenario, settings=settings, left_out=()))


def possible_faults(scenario: Scenario) -> tuple[str, ...]:
    """Return the faults that may happen to who takes part, and need no other to have happened before."""
    part = set(scenario.taking_part)
    faults = scenario.catalog.faults
    victims = {fault.name: fault.victims(scenario.catalog.components) for fault in faults}
    return tuple(
        fault.name
        for fault in faults
        if fault.after is None
        and not is_hidden(fault, scenario.settings)
        and (not victims[fault.name] or part.intersection(victims[fault.name]))
    )


def competition(settings: Settings) -> str:
    """Return what slices cannot show since pods compete for room on the nodes; nothing if they do not."""
    for amount in ("cpu_millicores", "memory_bytes"):
        wanted = sum(
            template.copies * getattr(template.object.spec, amount)
            for value in settings.given
            for template in all_templates(value)
            if hasattr(template.object, "spec")
        )
        if wanted > min((getattr(node.status, amount) for node in settings.nodes), default=wanted):
            what = amount.partition("_")[0]
            return f"not all pods have room on one node ({what}), so that they compete: only the whole shows that"
    return ""


def _reference(value: ApiObject, scenario: Scenario) -> str:
    kinds = (kind for kind in scenario.catalog.kinds if kind.kind == value.kind)
    return f"{next(kinds).singular}/{value.metadata.key}"


def _groups(given: Sequence[ApiObject]) -> list[list[ApiObject]]:
    """Return the objects, those together that have to do with each other."""
    group_of = {index: [index] for index in range(len(given))}
    for one, other in combinations(range(len(given)), 2):
        if group_of[one] is not group_of[other] and _are_related(given[one], given[other]):
            group_of[one].extend(group_of[other])
            for index in group_of[other]:
                group_of[index] = group_of[one]
    groups = {id(group): sorted(group) for group in group_of.values()}
    return [[given[index] for index in group] for group in groups.values()]


def _are_related(one: ApiObject, other: ApiObject) -> bool:
    if (one.kind, one.metadata.key) == (other.kind, other.metadata.key):
        return True
    if _are_kept_apart(one, other):
        return True
    if one.metadata.namespace != other.metadata.namespace:
        return False
    return _owns(one, other) or _owns(other, one) or bool(_touches(one) & _touches(other)) or _share_pods(one, other)


def _are_kept_apart(one: ApiObject, other: ApiObject) -> bool:
    """Tell whether pods of one must not be on a node with pods of the other."""
    pairs = [(mine, theirs) for mine in _pods(one) for theirs in _pods(other)]
    return any(keeps_apart(mine, theirs) or keeps_apart(theirs, mine) for mine, theirs in pairs)


def _pods(value: ApiObject) -> list[Any]:
    """Return the pods that an object makes, or the one that it is."""
    found = [each.object for each in all_templates(value)] if value.templates() else [value]
    return [each for each in found if isinstance(getattr(each, "spec", None), PodSpec)]


def _owns(one: ApiObject, other: ApiObject) -> bool:
    owners = (reference for reference in other.metadata.owners)
    return any((reference.kind, reference.name) == (one.kind, one.metadata.name) for reference in owners)


def _touches(value: ApiObject) -> set[str]:
    """Return the names of other objects that an object names, each with how it does; and its own."""
    service = getattr(value, "service_name", None)
    return {f"{value.kind}/{value.metadata.name}", *([f"Service/{service}"] if service else [])}


def _share_pods(one: ApiObject, other: ApiObject) -> bool:
    """Tell whether one selects pods of the other, or pods may be selected by both."""
    mine, theirs = _labels(one), _labels(other)
    return any(
        set(selector) <= set(labels)
        for selector, found in ((_selector(one), theirs), (_selector(other), mine))
        for labels in found
        if selector
    )


def _selector(value: ApiObject) -> tuple[tuple[str, str], ...]:
    return tuple(getattr(value, "selector", ()))


def _labels(value: ApiObject) -> list[tuple[tuple[str, str], ...]]:
    """Return the labels of the pods that an object makes, or is."""
    if hasattr(value, "spec") and not value.templates():
        return [value.metadata.labels]
    return [template.object.metadata.labels for template in all_templates(value)]


def _slice(scenario: Scenario, group: Sequence[ApiObject]) -> Slice:
    settings, catalog = scenario.settings, scenario.catalog
    references = tuple(dict.fromkeys(_reference(value, scenario) for value in group))
    named = {(value.kind, value.metadata.key) for value in group}
    cuts: dict[str, None] = {}

    def smaller(value: ApiObject) -> ApiObject:
        wanted = getattr(value, "replicas", None)
        if wanted is None or wanted <= MOST_REPLICAS:
            return value
        cuts[f"{MOST_REPLICAS} of {wanted} replicas"] = None
        made: ApiObject = attrs.evolve(value, replicas=MOST_REPLICAS)  # type: ignore[misc]  # whichever kind has them
        return made

    made_of = populate(group, settings.names_per_workload, catalog.kinds, catalog.made_of).objects
    commanded = {command.key for session in settings.sessions for command in session.commands}
    nodes = tuple(_some_of(settings.nodes, commanded))

    def is_in(command: Command) -> bool:
        kind = kind_named(command.resource, catalog.kinds)
        if kind.is_machine:  # all slices share the nodes, and what is done to them
            return any(node.metadata.key == command.key for node in nodes)
        return (kind.kind, command.key) in named or command.key in made_of.get(command.resource, ())

    def less(command: Command) -> Command:
        if not isinstance(command.patch, Scaled):
            return attrs.evolve(command, object=command.object and smaller(command.object))
        whole = max(
            (getattr(each, "replicas", None) or 0 for each in group if each.metadata.key == command.key), default=0
        )
        fewer = _scaled(command.patch.replicas, whole)
        if fewer != command.patch.replicas:
            cuts[f"scaled to {fewer}, not {command.patch.replicas}"] = None
        return attrs.evolve(command, patch=Scaled(fewer))

    sessions = tuple(
        attrs.evolve(session, commands=tuple(less(command) for command in session.commands if is_in(command)))
        for session in settings.sessions
    )
    objects = tuple(smaller(value) for value in settings.objects if (value.kind, value.metadata.key) in named)
    if len(nodes) < len(settings.nodes):
        cuts[f"{len(nodes)} of {len(settings.nodes)} nodes"] = None
    kept = attrs.evolve(
        settings,
        nodes=nodes,
        objects=objects,
        sessions=tuple(session for session in sessions if session.commands),
        faults=(),
    )
    names = names_needed(kept.given, catalog.made_of, len(nodes))
    kept = attrs.evolve(kept, names_per_workload=min(names, settings.names_per_workload))
    name = next(reference for reference, value in zip(references, group, strict=False) if _labels(value))
    made = attrs.evolve(
        scenario,
        name=name,
        settings=kept,
        left_out=(),
        refused=tuple(each for each in scenario.refused if each.reference in references),
    )
    return Slice(name, references, complete(made), tuple(cuts))


def _scaled(wanted: int, before: int) -> int:
    """Return how many replicas stand for those that a workload of so many is scaled to: more, fewer, or as many."""
    if max(wanted, before) <= MOST_REPLICAS:
        return wanted
    small = min(before, MOST_REPLICAS)
    return small + (wanted > before) if wanted >= before else min(wanted, max(small - 1, 0))


def _some_of(nodes: Sequence[Node], commanded: Collection[str]) -> Iterator[Node]:
    """Yield the nodes, of those that are alike but for their names not too many; and all that a command names."""
    alike: dict[Hashable, int] = {}
    for node in nodes:
        name = node.metadata.name
        if node.metadata.key in commanded:
            yield node
            continue
        labels = tuple(label for label in node.metadata.labels if label[1] != name)
        metadata = attrs.evolve(node.metadata, name="", labels=labels)
        pattern = repr(attrs.evolve(node, metadata=metadata))
        alike[pattern] = alike.get(pattern, 0) + 1
        if alike[pattern] <= MOST_NODES:
            yield node


def _pattern(settings: Settings) -> Hashable:
    """Return what two slices have in common that are the same but for names: names are numbered as they turn up."""
    names: dict[str, int] = {}
    for value in settings.given:
        for text in _names(value):
            names.setdefault(text, len(names))

    def pattern(value: Any) -> Hashable:
        if isinstance(value, str):
            return names.get(value, value)
        if isinstance(value, tuple | frozenset):
            return type(value).__name__, tuple(map(pattern, value))
        if attrs.has(type(value)):
            fields = attrs.fields(type(value))
            return type(value).__name__, tuple(pattern(getattr(value, each.name)) for each in fields)
        return type(value).__name__, repr(value)

    refused = tuple(
        refusal(settings, template.object) is None for value in settings.given for template in all_templates(value)
    )
    lines = tuple(pattern(each) for session in settings.sessions for each in session.commands if each.object is None)
    given = tuple(map(pattern, settings.given))
    return settings.names_per_workload, given, lines, refused, len(settings.nodes)


def _names(value: ApiObject) -> Iterator[str]:
    """Yield what of an object is a name that nobody gives a meaning to: its own, its namespace's, values of labels."""
    metadatas = [value.metadata, *(template.object.metadata for template in all_templates(value))]
    for metadata in metadatas:
        yield from (metadata.name, metadata.generate_name, *(text for label in metadata.labels for text in label))
    for template in all_templates(value):
        for container in getattr(getattr(template.object, "spec", None), "containers", ()):
            yield from (container.name, container.image)
