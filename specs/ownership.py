"""Owners and those that depend on them: what goes with its owners, what outlives them, and who goes first."""

from kmodel.kernel import Cluster, Layout, Step, converges, sometimes, step_invariant
from kmodel.kubernetes.components.calls import CALLS, Request, Transaction, became
from kmodel.kubernetes.components.controllers.garbage_collector import (
    ACTOR,
    COLLECTED,
    OWNING,
    USER,
    dependents,
    owner_of,
)
from kmodel.kubernetes.components.controllers.replicaset_controller import EXPECTATIONS
from kmodel.kubernetes.components.etcd import PODS, stored
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER
from kmodel.kubernetes.components.leader_election import as_its_program
from kmodel.kubernetes.objects import ApiObject, OwnerReference, Pod
from kmodel.kubernetes.objects.ownership import FOREGROUND, WithoutFinalizer, WithOwner, is_deleting_dependents

from .watching import MAY_WAIT_FOR_EVER


def garbage_is_collected(layout: Layout) -> bool:
    """Tell whether the garbage collector takes part."""
    return any(client.startswith(ACTOR) for (client,) in layout.keys(CALLS))


def _is_of_the_collector(step: Step) -> bool:
    if step.action.actor.startswith(ACTOR):
        return True
    client = step.action.arguments.get("client", "")
    call = step.before[CALLS[client]] if client.startswith(ACTOR) else None
    return isinstance(call, Transaction) and call.request.user == USER


def _collected(step: Step) -> list[ApiObject]:
    """Return the objects that the garbage collector deletes in a step."""
    step = as_its_program(step)
    if not _is_of_the_collector(step):
        return []
    found = []
    for resource in step.before[COLLECTED]:
        for cell in step.wrote(stored(resource)):
            before, after = step.before[cell], step.after[cell]
            gone = before is not None and not before.metadata.finalizers and after is None
            marked = before is not None and after is not None and after.metadata.deleting
            if gone or (marked and not before.metadata.deleting):
                found.append(before)
    return found


@step_invariant(needs=garbage_is_collected)
def what_has_an_owner_is_not_collected(step: Step) -> bool | str:
    """The garbage collector deletes nothing that has an owner, unless that owner goes after its dependents."""
    for value in _collected(step):
        for reference in value.metadata.owners:
            owner = owner_of(step.before, reference, live=True)
            if owner is not None and not is_deleting_dependents(owner):
                what = f"{value.kind.lower()}/{value.metadata.key}"
                return f"{what} is collected, and {reference.kind.lower()}/{reference.name} owns it"
    return True


@sometimes(needs=garbage_is_collected, shows=what_has_an_owner_is_not_collected)
def what_lost_its_owner_is_collected(step: Step) -> bool:
    """The garbage collector deletes an object."""
    return bool(_collected(step))


def _released(step: Step) -> list[ApiObject]:
    """Return the owners that the garbage collector decides in a step to let go after their dependents."""
    step = as_its_program(step)
    if step.action.actor.startswith(ACTOR):  # with fused calls there is no request to look at
        cells = [cell for resource in step.before[OWNING] for cell in step.wrote(stored(resource))]
        owners = [(step.before[cell], step.after[cell]) for cell in cells]
        fused = [
            before
            for before, after in owners
            if before is not None
            and is_deleting_dependents(before)
            and (after is None or not is_deleting_dependents(after))
        ]
        asked = [
            step.before[stored(call.resource)[call.key]]
            for _, call in became(step, Request)
            if call.body == WithoutFinalizer(FOREGROUND)
        ]
        return [*fused, *asked]
    return []


@step_invariant(needs=garbage_is_collected)
def an_owner_deleted_in_the_foreground_goes_last(step: Step) -> bool | str:
    """An owner that is deleted in the foreground stays while the collector knows of a dependent that blocks it."""
    for owner in _released(step):
        for value, reference in dependents(step.before, owner):
            if reference.blocks:
                what = f"{owner.kind.lower()}/{owner.metadata.key}"
                return f"{what} is let go, and {value.kind.lower()}/{value.metadata.key} is still there"
    return True


@sometimes(needs=garbage_is_collected, shows=an_owner_deleted_in_the_foreground_goes_last)
def an_owner_goes_after_its_dependents(step: Step) -> bool:
    """The garbage collector lets an owner go that waited for its dependents."""
    return bool(_released(step))


def _adopted(step: Step) -> list[tuple[Pod, OwnerReference]]:
    """Return the pods that a controller asks to become the owner of in a step, or becomes, if calls are fused."""
    step = as_its_program(step)
    if not step.action.actor.startswith(CONTROLLER_MANAGER):
        return []
    asked = [
        (pod, call.body.owner)
        for _, call in became(step, Request)
        if isinstance(call.body, WithOwner) and (pod := step.before[PODS[call.key]]) is not None
    ]
    changed = [(step.before[cell], step.after[cell]) for cell in step.wrote(PODS)]
    fused = [
        (before, after.metadata.owner)
        for before, after in changed
        if before is not None and after is not None and before.metadata.owner is None
        if after.metadata.owner is not None
    ]
    return [*asked, *fused]


@step_invariant(needs=EXPECTATIONS)
def a_pod_is_adopted_only_by_who_is_there(step: Step) -> bool | str:
    """A controller adopts no pod after it was deleted itself, and takes none from another one."""
    for pod, reference in _adopted(step):
        owner = owner_of(step.before, reference, live=True)
        if owner is None or owner.metadata.deleting:
            return f"{reference.kind.lower()}/{reference.name} adopts pod/{pod.metadata.key}, and is not there any more"
    for cell in step.wrote(PODS):
        before, after = step.before[cell], step.after[cell]
        if before is None or after is None or before.metadata.uid != after.metadata.uid:
            continue
        old, new = before.metadata.owner, after.metadata.owner
        if old is not None and new is not None and old.uid != new.uid:
            return f"pod/{cell.key[0]} comes from {old.kind.lower()}/{old.name} to {new.kind.lower()}/{new.name}"
    return True


@sometimes(needs=EXPECTATIONS, shows=a_pod_is_adopted_only_by_who_is_there)
def a_pod_is_adopted(step: Step) -> bool:
    """A controller becomes the owner of a pod that is there."""
    return bool(_adopted(step))


@converges(needs=garbage_is_collected, hazard=MAY_WAIT_FOR_EVER)
def nothing_outlives_its_owners(cluster: Cluster) -> bool | str:
    """At last all that has lost its owners is deleted, and an owner goes once nothing depends on it any more."""
    there = [
        value
        for resource in cluster[COLLECTED]
        for key in cluster.names(stored(resource))
        if (value := cluster[stored(resource)[key]]) is not None
    ]
    owning = {owner.uid for value in there for owner in value.metadata.owners}
    for value in there:
        what, owners = f"{value.kind.lower()}/{value.metadata.key}", value.metadata.owners
        if is_deleting_dependents(value) and value.metadata.uid not in owning:
            return f"{what} waits for dependents, and has none"
        if owners and not value.metadata.deleting and all(owner_of(cluster, o, live=True) is None for o in owners):
            return f"{what} is still there, and all its owners are gone"
    return True
