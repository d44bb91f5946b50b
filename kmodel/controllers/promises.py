"""What every controller of a user's own should keep; asked of each, beside the specs that come with kmodel."""

from collections.abc import Iterator
from typing import Any

import attrs

from kmodel.controllers.controller_cells import ABOUT, FAILURES, HISTORY, QUEUED, WANTED, Desired, is_running
from kmodel.controllers.custom_kind import Json
from kmodel.controllers.running import History
from kmodel.kernel import (
    Cluster,
    Rank,
    Spec,
    Step,
    converges,
    finitely_often,
    invariant,
    leads_to,
    sometimes,
    step_invariant,
)
from kmodel.kernel.values import fields
from kmodel.kubernetes.components.calls import CALLS, Request, Transaction, became
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.components.settings import reference, singular
from kmodel.kubernetes.objects import ApiObject


def _controllers(cluster: Cluster) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name, _ in cluster.layout.keys(HISTORY)))


def _children(cluster: Cluster, owner: ApiObject, wanted: Desired, *, finished: bool = False) -> int:
    """Return how many of such objects the owner controls: none that is going; finished pods only if these count."""
    count = 0
    for key in cluster.names(stored(wanted.resource)):
        if not (key.startswith(wanted.prefix) if wanted.generated else key == wanted.prefix):
            continue
        child = cluster[stored(wanted.resource)[key]]
        if child is None or child.metadata.deleting or child.terminal > finished:
            continue
        count += child.metadata.owner is not None and child.metadata.owner.uid == owner.metadata.uid
    return count


def _owners(cluster: Cluster) -> Iterator[tuple[str, str, ApiObject]]:
    """Yield the objects that the controllers are about, with the controller and how kubectl names the object."""
    for name in _controllers(cluster):
        resource = cluster[ABOUT[name]]
        for key in cluster.names(stored(resource)):
            value = cluster[stored(resource)[key]]
            if value is not None:
                yield name, reference(cluster, resource, key), value


def _most(cluster: Cluster, name: str, owner: str) -> dict[tuple[str, str], Desired]:
    """Return what is wanted of an owner in the version that wants most, by resource and beginning of the names."""
    most: dict[tuple[str, str], Desired] = {}
    for each in cluster[WANTED[name]]:
        if each.owner == owner and each.copies is not None:
            known = most.get((each.resource, each.prefix))
            if known is None or (known.copies or 0) < each.copies:
                most[each.resource, each.prefix] = each
    return most


@invariant(needs=HISTORY)
def a_controller_makes_no_more_than_one_child_per_desired_child(cluster: Cluster) -> bool | str:
    """A controller never makes more than it would make alone, without delay and without faults."""
    for name, about, owner in _owners(cluster):
        for each in _most(cluster, name, owner.metadata.key).values():
            there = _children(cluster, owner, each)
            if there > (each.copies or 0):
                return f"{about} has {there} {each.resource} {each.prefix}…, and {name} wants {each.copies}"
    return True


@sometimes(needs=HISTORY, shows=a_controller_makes_no_more_than_one_child_per_desired_child)
def a_controller_makes_a_child(cluster: Cluster) -> bool:
    """There is something that an object owns of which a controller made it."""
    return any(
        _children(cluster, owner, each)
        for name, _, owner in _owners(cluster)
        for each in _most(cluster, name, owner.metadata.key).values()
    )


@converges(needs=HISTORY)
def a_controller_gets_what_it_wants(cluster: Cluster) -> bool | str:
    """At last there is as much of each object as its controller makes alone, without delay and without faults."""
    for name, about, owner in _owners(cluster):
        if owner.metadata.deleting:
            continue
        for each in cluster[WANTED[name]]:
            if each.owner != owner.metadata.key or each.copies is None or each.desired != owner.desired:
                continue
            there = _children(cluster, owner, each)
            if each.copies not in (there, _children(cluster, owner, each, finished=True)):
                return f"{about} has {there} {each.resource} {each.prefix}…, and {name} wants {each.copies}"
    return True


@converges(needs=HISTORY)
def a_controller_comes_to_rest(cluster: Cluster) -> bool | str:
    """At last no run of a controller fails, and none goes on."""
    for name, key in cluster.layout.keys(HISTORY):
        error = cluster[FAILURES[name, key]].error
        if error:
            return f"{name} fails for {key} again and again: {error}"
        if cluster.look(HISTORY[name, key], is_running):
            return f"{name} is never done with {key}"
    return True


def _asked(step: Step) -> list[Request]:
    """Return the requests that controllers send in a step."""
    own = {f"{name}/{key}" for name, key in step.before.layout.keys(HISTORY)}
    return [request for client, request in became(step, Request) if client in own]


@finitely_often(needs=HISTORY)
def no_controller_writes_for_ever(step: Step) -> bool | str:
    """While nobody changes what is desired, no controller asks the api-server again and again."""
    asked = _asked(step)
    return not asked or f"{step.action.actor} asks to {asked[0].verb} {asked[0].target} again and again"


@sometimes(needs=HISTORY, shows=no_controller_writes_for_ever)
def a_controller_writes(step: Step) -> bool:
    """A controller asks the api-server to write."""
    return bool(_asked(step))


@invariant(needs=HISTORY)
def no_controller_fails_by_a_mistake(cluster: Cluster) -> bool | str:
    """No run raises what no answer of the api-server is: a TypeError, a KeyError, and the like."""
    for name, key in cluster.layout.keys(FAILURES):
        failures = cluster[FAILURES[name, key]]
        if failures.is_bug:
            return f"{name} fails for {key}: {failures.error}"
    return True


@sometimes(needs=HISTORY, shows=no_controller_fails_by_a_mistake)
def a_controller_ends_a_run(step: Step) -> bool:
    """A run ends without an error."""
    return any(
        step.before[cell] is not None and step.after[cell] is None and not step.action.transition.environment
        for cell in step.wrote(HISTORY)
    )


def _believed(history: History | None, kind: str, key: str) -> ApiObject | None:
    """Return an object as the run was last told of it; None if it was not."""
    believed = None
    for answered in () if history is None else history.answers:
        for value in answered.answer if isinstance(answered.answer, tuple) else (answered.answer,):
            if isinstance(value, ApiObject) and value.metadata.key == key and value.kind.lower() == kind:
                believed = value
    return believed


def _written(step: Step) -> list[tuple[str, Transaction, ApiObject, ApiObject]]:
    """Return what controllers have written over of what they had been told of: the object as told, and as it was."""
    found = []
    for name, key in step.before.layout.keys(HISTORY):
        if step.action.arguments.get("client") != f"{name}/{key}":
            continue
        call = step.before[CALLS[f"{name}/{key}"]]
        if not isinstance(call, Transaction) or call.request.verb not in ("delete", "update", "patch"):
            continue
        if not step.wrote(stored(call.resource)):
            continue
        there = step.before[stored(call.resource)[call.key]]
        told = _believed(step.before[HISTORY[name, key]], singular(step.before, call.resource), call.key)
        if told is not None and there is not None:
            found.append((name, call, told, there))
    return found


@step_invariant(needs=HISTORY)
def no_controller_acts_on_a_stale_uid(step: Step) -> bool | str:
    """What a controller changes or deletes is what it was told of, and not another object of that name."""
    for name, call, told, there in _written(step):
        if told.metadata.uid != there.metadata.uid:
            what = reference(step.before, call.resource, call.key)
            return f"{name} was told of another {what}, and asks to {call.request.verb} this one"
    return True


@sometimes(needs=HISTORY, shows=no_controller_acts_on_a_stale_uid)
def a_controller_changes_what_it_was_told_of(step: Step) -> bool:
    """A controller changes or deletes an object that it was told of."""
    return bool(_written(step))


def _overwritten(step: Step) -> list[tuple[str, str, tuple[Any, ...]]]:
    """Return what controllers have written over that was another version of what they had been told of.

    Each with how kubectl names it, and as told, as it was, and as it is now.
    """
    found = []
    for name, call, told, there in _written(step):
        now = step.after[stored(call.resource)[call.key]]
        same_object = told.metadata.uid == there.metadata.uid
        if now is not None and same_object and told.metadata.resource_version != there.metadata.resource_version:
            views: tuple[Any, ...] = (told, there, now)
            if call.resource == step.before[ABOUT[name]]:  # whose status is the controller's own
                views = tuple(value.with_status(told) if hasattr(value, "status") else value for value in views)
            found.append((name, reference(step.before, call.resource, call.key), views))
    return found


NUMBERS = ("resource_version", "generation")  # what every write changes


def _put_back(told: Any, there: Any, now: Any, path: tuple[str, ...] = ()) -> str:
    """Return the field that is now again as it was told, and was something else in between; nothing if none is."""
    if there == now:
        return ""
    if told == now:
        return ".".join(path)
    if told.__class__ is there.__class__ is now.__class__:
        for name in _members(now):
            if name not in NUMBERS:
                field = _put_back(_member(told, name), _member(there, name), _member(now, name), (*path, name))
                if field:
                    return field
    return ""


def _members(value: Any) -> tuple[str, ...]:
    if isinstance(value, Json):
        return value.keys()
    return fields(value.__class__) if attrs.has(value.__class__) and not isinstance(value, Rank) else ()


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Json) else getattr(value, name)


@step_invariant(needs=HISTORY)
def no_controller_undoes_what_it_has_not_seen(step: Step) -> bool | str:
    """A controller that writes over a newer version sets no field back to what it was told, but its own status."""
    for name, what, (told, there, now) in _overwritten(step):
        field = _put_back(told, there, now)
        if field:
            return f"{name} sets {field} of {what} back to what its late cache showed"
    return True


@sometimes(needs=HISTORY, shows=no_controller_undoes_what_it_has_not_seen)
def a_controller_writes_over_a_newer_version(step: Step) -> bool:
    """A controller changes an object that is another version than it was told of."""
    return bool(_overwritten(step))


def _waits_for_its_finalizer(cluster: Cluster, name: str, key: str) -> bool:
    value = cluster[stored(cluster[ABOUT[name]])[key]]
    if value is None or not value.metadata.deleting:
        return False
    own = {finalizer for each in cluster[WANTED[name]] if each.owner == key for finalizer in each.finalizers}
    return bool(own.intersection(value.metadata.finalizers))


def _is_let_go(cluster: Cluster, name: str, key: str) -> bool | str:
    return not _waits_for_its_finalizer(cluster, name, key) or f"{key} is being deleted, and {name} does not let it go"


@leads_to(_waits_for_its_finalizer, _is_let_go, each=QUEUED)
def a_finalizer_comes_off() -> None:
    """An object that is being deleted loses its controller's finalizer at last."""


PROMISES: tuple[Spec, ...] = (
    a_controller_makes_no_more_than_one_child_per_desired_child,
    a_controller_makes_a_child,
    a_controller_gets_what_it_wants,
    a_controller_comes_to_rest,
    no_controller_writes_for_ever,
    a_controller_writes,
    no_controller_fails_by_a_mistake,
    a_controller_ends_a_run,
    no_controller_acts_on_a_stale_uid,
    a_controller_changes_what_it_was_told_of,
    no_controller_undoes_what_it_has_not_seen,
    a_controller_writes_over_a_newer_version,
    a_finalizer_comes_off,
)
