"""The plain search that each way of exploring is compared with: bare clusters, no footprints, its own identity."""

from typing import Any

import attrs

from kmodel.kernel import BareCluster, Cluster, Model, Rank, SpecKind
from kmodel.kernel.rank import ranks

MOST_STATES = 250
Key = tuple[Any, ...]


@attrs.frozen
class Taken:
    """What a spec of steps may look at of a step."""

    before: Cluster
    after: Cluster
    next: Cluster


@attrs.frozen
class Truth:
    states: dict[Key, int]  # each with its depth
    edges: list[tuple[Key, str, Key]]
    generated: int
    depth: int
    told: dict[str, int]  # per spec that is violated, or `sometimes` that happens: the steps of a shortest trace
    fired: dict[str, int]
    clusters: dict[Key, Cluster]


class TooLargeError(Exception):
    """The model has more states than are looked at."""


def key(value: Any) -> Any:
    """Return what a value is equal by: two values have one key if and only if they are one value."""
    if isinstance(value, Cluster):
        return tuple(map(key, value.values))
    if isinstance(value, tuple):
        return tuple, tuple(map(key, value))
    if isinstance(value, frozenset):
        return frozenset, frozenset(map(key, value))
    if attrs.has(type(value)):
        return type(value), tuple(key(getattr(value, each.name)) for each in attrs.fields(type(value)))
    return type(value), value


def settled(cluster: Cluster) -> Cluster:
    """Return the cluster with the ranks of each scope numbered 1, 2, … in their order."""
    mentioned = sorted(frozenset[Rank]().union(*map(ranks, cluster.values)))
    new = {rank: Rank(rank.scope, 1 + mentioned.index(rank)) for rank in mentioned}
    values = (new.get(each, each) if isinstance(each, Rank) else each for each in cluster.values)
    return BareCluster(cluster.layout, tuple(values))


def search(model: Model) -> Truth:
    """Explore the model breadth-first. TooLargeError beyond MOST_STATES."""
    level = list({key(cluster): cluster for cluster in model.initial}.values())
    truth = Truth(dict.fromkeys(map(key, level), 0), [], 0, 0, {}, {str(each): 0 for each in model.actions}, {})
    generated, depth = len(model.initial), 0
    while level:
        found = []
        for cluster in level:
            truth.clusters[key(cluster)] = cluster
            _note(truth, model, cluster, depth)
            for action in model.actions:
                after = action(cluster)
                if after is None:
                    continue
                following = settled(after)
                generated += 1
                truth.fired[str(action)] += 1
                truth.edges.append((key(cluster), str(action), key(following)))
                _note(truth, model, Taken(cluster, after, following), depth + 1)
                if truth.states.setdefault(key(following), depth + 1) == depth + 1:
                    found.append(following)
        level, depth = list({key(cluster): cluster for cluster in found}.values()), depth + 1
        if len(truth.states) > MOST_STATES:
            raise TooLargeError
    return attrs.evolve(truth, generated=generated, depth=depth)


def _note(truth: Truth, model: Model, subject: Cluster | Taken, length: int) -> None:
    for spec in model.specs:
        if spec.is_temporal:
            continue
        if spec.of_steps is isinstance(subject, Taken) and (spec(subject) is True) is (spec.kind is SpecKind.SOMETIMES):
            truth.told.setdefault(spec.name, length)
