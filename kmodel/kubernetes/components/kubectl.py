"""kubectl: a user's commands, one after the other: create, apply, replace, delete, wait, and those that patch.

Models: each command as one call (apply reads the object first, then creates it, or patches what its manifest names and
the one applied last named: see objects/merging.py; replace sends the version that it read; label, taint and others read
it, too, and may find nothing to be done: see objects/edits.py); the user sees the answer,
and may wait until the object is as they want it, or gone, before the next command.

A command that fails, or whose answer never comes, is reported and not repeated, as kubectl does: also if what it reads
first is not answered, since etcd has no quorum. Whoever waits has a watch, and goes on waiting.

Leaves out: reading as a call of its own (the answer of a GET may be old when it arrives, as a request may be slow to
arrive: the same); an apply that changes nothing sends its patch all the same, which is answered and not written.

Upstream: staging/src/k8s.io/kubectl/pkg/cmd/{create,apply,replace,scale,set,rollout,label,annotate,taint,drain,patch,
delete,wait}, 1.34.
"""

from typing import Any

import attrs

from kmodel.kernel import Cells, Cluster, Event, Step, transition
from kmodel.kubernetes.components.apiserver import answers_reads, read
from kmodel.kubernetes.components.calls import CALLS, TIMEOUT, Request, clients, received, send
from kmodel.kubernetes.components.component import NOTHING, Caller, Component, Memory, Steps
from kmodel.kubernetes.components.controllers.rollouts import is_owned, revision, stands_for, without_hash
from kmodel.kubernetes.components.etcd import stored, version, with_metadata
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.settings import SETTINGS, Command, reference
from kmodel.kubernetes.objects import REPLICA_SET, ApiObject, ObjectMeta, Part
from kmodel.kubernetes.objects.edits import ObjectEdit
from kmodel.kubernetes.objects.merging import Merge
from kmodel.kubernetes.objects.patches import WithTemplate


@attrs.frozen(cache_hash=True)
class SessionState:
    """How far a user is: the command's number, what the user does (ready, asked, waiting), the last answer's code."""

    command: int = 0
    doing: str = "ready"
    answer: int | None = None


DONE = {
    "create": "created",
    "delete": "deleted",
    "apply": "applied",
    "scale": "scaled",
    "setImage": "image updated",
    "pause": "paused",
    "resume": "resumed",
    "undo": "rolled back",
    "restart": "restarted",
    "label": "labeled",
    "annotate": "annotated",
    "taint": "tainted",
    "cordon": "cordoned",
    "uncordon": "uncordoned",
    "patch": "patched",
}  # what kubectl says when a command is done
NOTHING_TO_DO = 1  # the answer of a command that asks the api-server for nothing
KUBECTL: Cells[SessionState] = Cells("kubectl")


client_of = clients("kubectl/{}")  # by which a user's kubectl calls the api-server


def command_of(cluster: Cluster, user: str) -> Command | None:
    """Return the command that the user is at; None when all are done."""
    commands = next(session.commands for session in cluster[SETTINGS].sessions if session.user == user)
    number = cluster[KUBECTL[user]].command
    return commands[number] if number < len(commands) else None


def _asked(step: Step) -> Event:
    user = step.action.arguments["user"]
    command = command_of(step.before, user)
    assert command is not None
    about = reference(step.before, command.resource, command.key)
    if command.verb == "wait":
        return Event("Normal", "Wait", about, f"kubectl wait: until it is {command.wait}")
    before, after = step.before[KUBECTL[user]], step.after[KUBECTL[user]]
    if after.command > before.command and after.answer == TIMEOUT:
        return Event("Warning", "Failed", about, f"kubectl {command.verb}: cannot read it: no answer")
    if after.command > before.command:
        said = _body(command, read(step.before, command.resource, command.key))
        why = said if isinstance(said, str) else "there is nothing to be done"
        return Event("Warning", "Skipped", about, f"kubectl {command.verb}: {why}")
    return Event(
        "Normal", command.verb.capitalize(), about, f"kubectl {command.verb}: sends the request to the api-server"
    )


@transition(actor="kubectl/{user}", environment=True, describe=_asked)
def run_command(cluster: Cluster, user: str) -> Cluster | None:
    """Send the request of the next command."""
    progress = cluster[KUBECTL[user]]
    command = command_of(cluster, user)
    if command is None or progress.doing != "ready":
        return None
    if command.verb == "wait":
        return cluster.set(KUBECTL[user], SessionState(progress.command, "waiting", progress.answer))
    if reads_first(command) and not answers_reads(cluster, client_of(user)):
        return cluster.set(KUBECTL[user], SessionState(progress.command + 1, "ready", TIMEOUT))
    request = _request(cluster, user, command)
    if request is None:
        return cluster.set(KUBECTL[user], SessionState(progress.command + 1, "ready", NOTHING_TO_DO))
    return send(cluster.update(KUBECTL[user], doing="asked"), client_of(user), request)


def reads_first(command: Command) -> bool:
    """Tell whether kubectl reads an object before it sends what it asks for."""
    sends_at_once = command.verb in ("create", "delete", "wait")
    return not sends_at_once and (command.patch is None or isinstance(command.patch, ObjectEdit))


def _request(cluster: Cluster, user: str, command: Command) -> Request | None:
    """Return what kubectl asks for; None if it finds nothing to be done."""
    if command.verb == "create":
        return Request(user, "create", command.resource, command.key, command.object)
    if command.verb == "delete":
        return Request(
            user,
            "delete",
            command.resource,
            command.key,
            grace_seconds=command.grace_seconds,
            propagation=command.propagation,
        )
    if isinstance(command.patch, ObjectEdit):
        body = _body(command, read(cluster, command.resource, command.key))
        return None if isinstance(body, str) else Request(user, "patch", command.resource, command.key, body)
    if command.patch is not None:
        return Request(user, "patch", command.resource, command.key, command.patch, command.subresource)
    found = read(cluster, command.resource, command.key)
    if command.verb == "undo":
        return _undo(cluster, user, command, found)
    if command.verb == "apply":
        return _apply(user, command, found)
    return Request(user, "update", command.resource, command.key, command.object, resource_version=version(found))


def _body(command: Command, found: Any) -> Part | str | None:
    """Return what kubectl sends once it has read the object; a sentence if it sends nothing.

    Of an object that is not there, the api-server says so.
    """
    patch = command.patch
    return patch.sent(found) if isinstance(patch, ObjectEdit) and found is not None else patch


def _undo(cluster: Cluster, user: str, command: Command, found: Any) -> Request | None:
    """Return the patch that brings back the template of a revision: that before the latest, if none is named.

    None if there is no such revision, if the Deployment has that template already, or if it is paused.
    """
    sets = [read(cluster, REPLICA_SET, name) for name in cluster.names(stored(REPLICA_SET))]
    owned = [each for each in sets if each is not None and found is not None and is_owned(each, found)]
    in_order = sorted(owned, key=revision)
    earlier = [each for each in in_order if revision(each) == command.revision] if command.revision else in_order[:-1]
    if found is None or found.paused or not earlier or stands_for(earlier[-1], found):
        return None
    return Request(user, "patch", command.resource, command.key, WithTemplate(without_hash(earlier[-1].template)))


def _apply(user: str, command: Command, found: Any) -> Request:
    """Return the request that creates the object, or patches what the manifest names otherwise, or names no more."""
    value: Any = command.object
    manifest = with_metadata(value, applied=value)
    if found is None:
        return Request(user, "create", command.resource, command.key, manifest)
    # Neither its identity nor its status is anything that the manifest could change.
    kept = {name: getattr(found.metadata, name) for name in ("name", "namespace", "labels", "finalizers", "applied")}
    status = {"status": value.status} if hasattr(value, "status") else {}
    read = attrs.evolve(found, metadata=ObjectMeta(**kept), **status)
    return Request(user, "patch", command.resource, command.key, Merge(manifest, found.metadata.applied, read))


def _seen(step: Step) -> Event:
    user = step.action.arguments["user"]
    command = command_of(step.before, user)
    response = received(step.before, client_of(user))
    assert command is not None
    assert response is not None
    about = reference(step.before, command.resource, command.key)
    if response.ok:
        done = DONE.get(command.verb, "replaced")
        return Event("Normal", "Answered", about, f"{user} reads: {about} {done}")
    said = "no answer" if response.code == 0 else f"Error from server ({response.reason})"
    return Event("Warning", "Failed", about, f"{user} reads: {said}")


@transition(actor="kubectl/{user}", describe=_seen)
def read_answer(cluster: Cluster, user: str) -> Cluster | None:
    """Read the answer, and go on to wait or to the next command."""
    response = received(cluster, client_of(user))
    if response is None:
        return None
    command = command_of(cluster, user)
    assert command is not None
    cluster = cluster.set(CALLS[client_of(user)], None)
    if response.ok and command.wait:
        return cluster.update(KUBECTL[user], doing="waiting", answer=response.code)
    return cluster.set(KUBECTL[user], SessionState(cluster[KUBECTL[user]].command + 1, "ready", response.code))


def _waited(step: Step) -> Event:
    user = step.action.arguments["user"]
    command = command_of(step.before, user)
    assert command is not None
    gone = read(step.before, command.resource, command.key) is None
    said = "is gone" if gone else f"is {command.wait}"
    return Event("Normal", "Wait", reference(step.before, command.resource, command.key), f"{user} sees that it {said}")


@transition(actor="kubectl/{user}", describe=_waited)
def wait(cluster: Cluster, user: str) -> Cluster | None:
    """See that the object is as the user waited for, or gone."""
    progress = cluster[KUBECTL[user]]
    command = command_of(cluster, user) if progress.doing == "waiting" else None
    if command is None or not fulfilled(command, read(cluster, command.resource, command.key)):
        return None
    return cluster.set(KUBECTL[user], SessionState(progress.command + 1, "ready", progress.answer))


def fulfilled(command: Command, found: ApiObject | None) -> bool:
    """Tell whether a command's wait is over; waiting for an object that is gone ends with NotFound."""
    if command.wait == "Deleted" or found is None:
        return found is None
    return command.wait is None or found.reached(command.wait)


def _needed(plan: Plan) -> str | None:
    return None if plan.settings.sessions else "no user asks for anything"


def _users(plan: Plan) -> list[tuple[str]]:
    return [(session.user,) for session in plan.settings.sessions]


COMPONENT = Component(
    "kubectl",
    memory=(Memory(KUBECTL, _users, SessionState(), mentions=NOTHING),),
    callers=(Caller((run_command,), read_answer, client_of, _users),),
    steps=(Steps((wait,), _users),),
    needed=_needed,
    optional=False,
    outside=True,
)
