"""What follows from a scenario's objects: names, workloads, services, and who takes part."""

from collections.abc import Collection, Iterable

import attrs

from kmodel.kubernetes.control_plane import SUFFIXES
from kmodel.kubernetes.objects import Object, Pod, ReplicaSet, Service
from kmodel.kubernetes.scenario.actors import chosen, idle_faults, needed, taking_part
from kmodel.kubernetes.scenario.scenario import Scenario


def complete(
    scenario: Scenario, objects: Collection[Object], *, actors: Collection[str] | None = None, heartbeats: bool = False
) -> Scenario:
    """Return the scenario with all that follows from the objects that a user or the scenario itself may store.

    `actors` are the optional ones that take part; without them, the smallest set that is needed does. `heartbeats`
    asks for leases and the node lifecycle controller even without a fault that silences a node.
    """
    settings = scenario.settings
    reasons = needed(objects, settings, heartbeats=heartbeats)
    part, left_out = chosen(reasons, actors)
    settings = attrs.evolve(
        settings,
        pod_names=_keys(value for value in objects if isinstance(value, Pod)),
        workloads=_workloads(objects),
        services=_keys(value for value in objects if isinstance(value, Service)),
        actors=part,
    )
    return attrs.evolve(
        scenario,
        settings=settings,
        taking_part=taking_part(part, settings.sessions),
        left_out=(*left_out, *idle_faults(settings), *scenario.left_out),
    )


def names_needed(objects: Iterable[Object]) -> int:
    """Return how many names of pods a workload needs: one more than it wants pods, for one that is going away."""
    replicas = [value.replicas for value in objects if isinstance(value, ReplicaSet)]
    return min(max([0, *replicas]) + 1, len(SUFFIXES))


def generated_pods(objects: Iterable[Object], names_per_workload: int) -> tuple[str, ...]:
    """Return the references of the pods that the workloads may create."""
    return tuple(
        f"pod/{value.metadata.key}-{letter}"
        for value in objects
        if isinstance(value, ReplicaSet)
        for letter in SUFFIXES[:names_per_workload]
    )


def _keys(objects: Iterable[Object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.metadata.key for value in objects))


def _workloads(objects: Iterable[Object]) -> tuple[ReplicaSet, ...]:
    workloads: dict[tuple[str, str], ReplicaSet] = {}
    for value in objects:
        if isinstance(value, ReplicaSet):  # the first version counts: later ones have the same name
            workloads.setdefault((value.kind, value.metadata.key), value)
    return tuple(workloads.values())
