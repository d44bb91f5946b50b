"""What a scenario comes down to: the objects that may ever be there, with their names, and who takes part."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from kmodel.kubernetes.components.settings import Pool, Settings
from kmodel.kubernetes.objects import (
    KINDS,
    LEASE,
    ApiObject,
    Kind,
    Kinds,
    Lease,
    Template,
    kind_named,
    kind_of,
    resource_of,
)
from kmodel.kubernetes.objects.kind import all_templates
from kmodel.kubernetes.objects.lease import lease_of

Maker = Callable[[ApiObject], Iterable[ApiObject]]  # what is made of an object, beside what its templates say
SUFFIXES = "bcdfghjklmnpqrstvwxz2456789"  # the letters of generated names [apimachinery pkg/util/rand]


@attrs.frozen(eq=False)
class Population:
    """The objects that may ever be there, in all versions: by resource and key, and all, those given first; and the
    pools of generated names.
    """

    objects: dict[str, dict[str, list[ApiObject]]]
    all: tuple[ApiObject, ...]
    pools: tuple[Pool, ...]


def makes_nothing(value: ApiObject) -> Iterable[ApiObject]:
    """The maker of what makes only what templates say."""
    return ()


def templates_of(value: ApiObject, maker: Maker) -> tuple[Template, ...]:
    """Return the templates of an object, and one for each prefix of names that its maker generates."""
    made: dict[tuple[str, str], list[ApiObject]] = {}
    for each in maker(value):
        if not each.metadata.name:
            made.setdefault((each.kind, each.metadata.generate_name), []).append(each)
    return (*value.templates(), *(Template(copies[0], len(copies)) for copies in made.values()))


def populate(
    objects: Iterable[ApiObject], names_per_template: int, kinds: Kinds = KINDS, maker: Maker = makes_nothing
) -> Population:
    """Return the objects, and all that is made from their templates, theirs, and so on, under generated names; and what
    `maker` makes under given ones.

    A name that somebody gives an object is in no pool.
    """
    there: dict[str, dict[str, list[ApiObject]]] = {}
    pools: dict[tuple[str, str], Pool] = {}
    generation = list(objects)
    for value in generation:
        there.setdefault(resource_of(value, kinds), {}).setdefault(value.metadata.key, []).append(value)
    given = {resource: frozenset(keys) for resource, keys in there.items()}
    everybody = list(generation)
    while generation:
        made: list[ApiObject] = []
        for one in (each for value in generation for each in maker(value) if each.metadata.name):
            versions = there.setdefault(resource_of(one, kinds), {}).setdefault(one.metadata.key, [])
            if one not in versions:
                versions.append(one)
                made.append(one)
        for template in (template for value in generation for template in templates_of(value, maker)):
            resource = resource_of(template.object, kinds)
            if template.names:
                for name in template.names:
                    one = _under(name, template)
                    versions = there.setdefault(resource, {}).setdefault(one.metadata.key, [])
                    if one not in versions:
                        versions.append(one)
                        made.append(one)
                continue
            pool = pools.get((resource, template.prefix)) or Pool(resource, template.prefix, ())
            keys = (template.prefix + letter for letter in SUFFIXES)
            free = [key for key in keys if key not in given.get(resource, ())]
            if template.content is None:
                pool = attrs.evolve(pool, keys=tuple(free[:names_per_template]))
            elif template.content not in pool.contents:
                contents = (*pool.contents, template.content)
                pool = attrs.evolve(pool, keys=tuple(free[: len(contents)]), contents=contents)
            pools[resource, template.prefix] = pool
            for key, one in _made(template, pool):
                there.setdefault(resource, {}).setdefault(key, []).append(one)
                made.append(one)
        everybody += made
        generation = made
    return Population(there, tuple(everybody), tuple(pools.values()))


def _made(template: Template, pool: Pool) -> Iterator[tuple[str, ApiObject]]:
    """Yield the objects that may be made from a template, with their keys."""
    if template.named is not None:
        key = pool.standing_for(template.content)
        assert key is not None
        yield key, template.named(key.removeprefix(pool.prefix))
        return
    for key in pool.keys:
        yield key, _under(key.rpartition("/")[2], template)


def _under(name: str, template: Template) -> ApiObject:
    """Return the object of a template under a name."""
    metadata = attrs.evolve(template.object.metadata, name=name, generate_name="")
    made: ApiObject = attrs.evolve(template.object, metadata=metadata)  # type: ignore[misc]
    return made


def _templates_below(value: ApiObject, maker: Maker) -> Iterator[Template]:
    for template in templates_of(value, maker):
        yield template
        yield from all_templates(template.object)
    for made in (each for each in maker(value) if each.metadata.name):
        yield from all_templates(made)


def names_needed(objects: Iterable[ApiObject], maker: Maker = makes_nothing, nodes: int = 1) -> int:
    """Return how many names a template needs: one more than copies are wanted, for one that is going away."""
    there = (template for value in objects for template in _templates_below(value, maker))
    copies = [template.copies * (nodes if template.per_node else 1) for template in there]
    return min(max([0, *copies]) + 1, len(SUFFIXES))


def leases_of_leaders(settings: Settings, processes: Sequence[str]) -> list[Lease]:
    """Return the leases of the programs that elect a leader by calls: those that run in several instances."""
    counts = {"kube-scheduler": settings.schedulers, "kube-controller-manager": settings.controller_managers}
    several = [name for name in processes if settings.calls == "split" and counts.get(name, 1) > 1]
    return [LEASE.starts(lease_of(name)) for name in several if LEASE.starts is not None]


@attrs.frozen(eq=False)
class Plan:
    """A scenario's settings, the objects that may ever be there, and the kinds that are known."""

    settings: Settings
    kinds: Kinds = KINDS
    heartbeats: bool = False  # whether the scenario asks for them even without a fault that silences a node
    processes: tuple[str, ...] = ()  # those of the optional components that take part
    brought: tuple[str, ...] = ()  # the resources that components bring
    maker: Maker = makes_nothing
    owns: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)  # what components say beside the kinds
    clients: tuple[str, ...] = ()  # who calls the api-server, without the slots of calls that outlive their client
    watched: tuple[tuple[str, str], ...] = ()  # who is told of the changes of which resource
    population: Population = attrs.field()

    @population.default
    def _populate(self) -> Population:
        given = (*self.settings.given, *leases_of_leaders(self.settings, self.processes))
        return populate(given, self.settings.names_per_workload, self.kinds, self.maker)

    @property
    def nodes(self) -> tuple[str, ...]:
        """The names of the machines."""
        return tuple(node.metadata.name for node in self.settings.nodes)

    def kind(self, resource: str) -> Kind[Any]:
        """Return the kind of a resource."""
        return kind_named(resource, self.kinds)

    def objects(self, *resources: str) -> list[ApiObject]:
        """Return all objects of these resources that may ever be there, in all versions; nodes are not among them."""
        there = self.population.objects
        return [value for each in resources for versions in there.get(each, {}).values() for value in versions]

    def keys(self, resource: str) -> tuple[str, ...]:
        """Return the keys that objects of the resource may ever have, each once."""
        kind = self.kind(resource)
        if kind.is_machine:
            return self.nodes
        own = tuple(self.population.objects.get(resource, {}))
        others = () if kind.named_after is None else self.keys(kind.named_after)
        return tuple(dict.fromkeys((*own, *others)))

    def named(self, singular: str) -> tuple[str, ...]:
        """Return the keys that objects of a kind may ever have, by how kubectl names one."""
        return next(self.keys(kind.resource) for kind in self.kinds if kind.singular == singular)

    def owners(self, of: str) -> list[tuple[str, str]]:
        """Return those from which objects of a resource are made: how kubectl names their kind, and their key."""
        found = ((kind_of(value, self.kinds), value.metadata.key) for value in self.population.all)
        return list(dict.fromkeys((kind.singular, key) for kind, key in found if of in kind.makes))

    @property
    def resources(self) -> tuple[str, ...]:
        """The resources that the scenario has, in the order of the registry of kinds."""
        there = {kind.resource for kind in self.kinds if kind.is_machine and self.nodes}
        there |= {*self.population.objects, *self.brought}
        return tuple(kind.resource for kind in self.kinds if kind.resource in there)

    @property
    def owning(self) -> dict[str, tuple[str, ...]]:
        """The resources whose objects may own others, each with the resources of these, in the order of the kinds."""
        both = {kind.resource: (*kind.makes, *self.owns.get(kind.resource, ())) for kind in self.kinds}
        return {resource: owned for resource, owned in both.items() if owned}

    def takes_part(self, component: str) -> bool:
        """Tell whether an optional component takes part."""
        return component in self.settings.actors

    def budget(self, fault: str) -> int:
        """Return how often the fault may happen."""
        return self.settings.budget(fault)

    def requests(self, verb: str, resource: str) -> bool:
        """Tell whether a user asks for this."""
        commands = (command for session in self.settings.sessions for command in session.commands)
        return any((command.verb, command.resource) == (verb, resource) for command in commands)
