"""Carrying out a request, and what nobody in the model does: requests and writes from outside."""

from collections.abc import Callable
from typing import Any

import attrs

from kmodel.kernel import Cluster, Rank, fresh
from kmodel.kernel.renaming import Renaming
from kmodel.kubernetes.components import apiserver, etcd
from kmodel.kubernetes.components.apiserver.verbs import generated_key
from kmodel.kubernetes.components.calls import CALLS, Acknowledgement, Request, Response, Transaction, send
from kmodel.kubernetes.components.etcd import stored, uids, version, versions, with_metadata, write
from kmodel.kubernetes.objects import ApiObject, Binding, ObjectMeta, Pod
from tests.recordings.objects import as_modelled, as_recorded, in_order
from tests.recordings.recording import Change, Line

STEPS = {Request: apiserver.handle, Transaction: etcd.commit, Acknowledgement: apiserver.answer}
GENERATED = 5  # letters that the api-server appends to a generateName


@attrs.frozen
class State:
    """A cluster, and which names the model has given to what the recording calls otherwise."""

    cluster: Cluster
    names: tuple[tuple[str, str], ...] = ()

    def said(self, value: Any) -> Any:
        """Return a recorded value with the model's names."""
        if not self.names or value is None:
            return value
        renaming = Renaming(self.names)
        return renaming.text(value) if isinstance(value, str) else renaming.value(value)

    def with_name(self, recorded: str, key: str) -> "State":
        """Return the state in which the model has given this key to what the recording calls otherwise."""
        if self.said(recorded) == key:
            return self
        bare = (recorded.rpartition("/")[2], key.rpartition("/")[2])  # as the metadata of the object has it
        return attrs.evolve(self, names=tuple(dict.fromkeys((*self.names, (recorded, key), bare))))


@attrs.frozen
class Written:
    """One write of the model: the key, the object before and after it, and whether it has the same UID."""

    key: str
    after: ApiObject | None
    same_uid: bool


@attrs.frozen
class Carried:
    """A request that was carried out: the cluster then, the answer, and what was written."""

    cluster: Cluster
    answer: Response
    written: tuple[Written, ...]


@attrs.frozen(cache_hash=True)
class Becomes:
    """The body of somebody's patch: what the recording says that it made of the object; None: that does not matter."""

    value: Any

    def onto(self, stored: Any) -> Any:
        """Return the stored object as it is then."""
        if self.value is None:
            return stored
        metadata = self.value.metadata
        return attrs.evolve(
            self.value, metadata=attrs.evolve(stored.metadata, labels=metadata.labels, finalizers=metadata.finalizers)
        )


@attrs.frozen(cache_hash=True)
class Released:
    """The body of somebody's patch that takes off the last finalizer, so that the object goes."""

    def onto(self, stored: Any) -> Any:
        """Return the stored object without any."""
        return with_metadata(stored, finalizers=())


def carry_out(cluster: Cluster, client: str) -> Carried:
    """Return what becomes of the client's request when nobody acts meanwhile."""
    written: list[Written] = []
    while not isinstance(call := cluster[CALLS[client]], Response):
        after = STEPS[type(call)](cluster, client=client)
        assert after is not None, f"{call} is not carried out"
        before, cluster = cluster, after
        if isinstance(call, Transaction):
            cell = stored(call.resource)[call.key]
            was, now = before[cell], cluster[cell]
            same = was is not None and now is not None and was.metadata.uid == now.metadata.uid
            written.append(Written(call.key, as_recorded(cluster, now), same))
    return Carried(cluster, call, tuple(written))


def stored_as_recorded(state: State, line: Line) -> Any:
    """Return the object of the line that the model has stored, as a recorded one."""
    cell = stored(line.resource)[state.said(line.key)]
    return as_recorded(state.cluster, state.cluster[cell]) if state.cluster.has(cell) else None


def put(state: State, line: Line, change: Change) -> State:
    """Return the state after the object of the line is stored as recorded, whoever may have done so."""
    state = _named(state, line)
    key = state.said(line.key)

    cluster, value = state.cluster, state.said(change.after)
    if value is not None:
        there = cluster[stored(line.resource)[key]] if change.same_uid else None
        uid = there.metadata.uid if there is not None else fresh(cluster, uids(cluster, line.resource, key))
        value = with_metadata(as_modelled(cluster, value), uid=uid)
    return attrs.evolve(state, cluster=write(cluster, line.resource, key, value))


def _named(state: State, line: Line) -> State:
    """Return the state in which the model has a name for the object of the line."""
    if state.cluster.has(stored(line.resource)[state.said(line.key)]):
        return state
    body = Pod(ObjectMeta(generate_name=line.key[:-GENERATED]))
    return state.with_name(line.key, generated_key(state.cluster, Request(line.by, "create", line.resource, "", body)))


def ask(state: State, line: Line, client: str) -> Carried:
    """Return what becomes of the request of somebody who is not in the model."""
    key = state.said(line.key)

    cluster, cell = state.cluster, stored(line.resource)[key]
    there = cluster[cell] if cluster.has(cell) else None
    body: Any = state.said(line.body if line.changed is None else line.changed.after)
    if line.verb == "create":
        body = Binding(line.node) if line.subresource == "binding" else state.said(line.body)
    elif line.verb == "patch" and line.changed is not None and line.changed.after is None:
        body = Released()
    elif line.verb == "patch":
        body = Becomes(as_modelled(cluster, body) if body is not None else None)
    elif line.verb == "update":
        body = as_modelled(cluster, body) if body is not None else there
    elif line.verb == "delete":
        body = None
    if isinstance(body, ApiObject):
        body = with_metadata(body, uid=None, resource_version=None)
    uid = None if there is None else there.metadata.uid
    uid_condition = _condition(line.same_uid, uid, lambda: fresh(cluster, uids(cluster, line.resource, key)))
    version_condition = _condition(
        line.same_version, version(there), lambda: fresh(cluster, versions(cluster, line.resource, key))
    )
    request = Request(
        *(line.by, line.verb, line.resource, key, body, line.subresource),
        *(uid_condition, version_condition, line.grace_seconds, line.propagation),
    )
    carried = carry_out(send(cluster, client, request), client)
    return attrs.evolve(carried, cluster=carried.cluster.set(CALLS[client], None))


def _condition(met: bool | None, now: Rank | None, other: Callable[[], Rank]) -> Rank | None:
    return None if met is None else now if met else other()


def differs(state: State, line: Line, carried: Carried) -> str | None:
    """Return how what the model answered and wrote differs from the line; None if it does not."""
    if carried.answer.code != line.code:
        return f"the model answers {carried.answer.said}"
    changes = line.changes
    if len(carried.written) != len(changes):
        return f"the model makes {len(carried.written)} revisions of {len(changes)}"
    for change, written in zip(changes, carried.written, strict=True):
        expected = in_order(state.said(change.after))
        if written.after != expected:
            return f"the model stores {_difference(written.after, expected)}"
        if written.same_uid != change.same_uid:
            return "the model has another UID where the recording has the same, or the reverse"
    return None


def _difference(one: Any, other: Any, path: str = "") -> str:
    """Return where two objects differ first, and how."""
    if type(one) is type(other) and attrs.has(type(one)):
        for field in attrs.fields(type(one)):
            mine, theirs = getattr(one, field.name), getattr(other, field.name)
            if mine != theirs:
                return _difference(mine, theirs, f"{path}.{field.name}".lstrip("."))
    return f"{path} {one!r}, recorded {other!r}".strip()
