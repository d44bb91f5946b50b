"""The client that a controller's code is given: it reads its caches, and asks the api-server, one call at a time.

Names and manners are those of Python's clients of Kubernetes; objects are immutable: `pod.spec.node_name`. A read comes
from the informer's cache, and may be late, unless it is `live`. What is created is a manifest as a dict, or an object.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import attrs

from kmodel.controllers.changes import MergePatch, key_in, merged, object_of, owned_by, patch_of, shaped
from kmodel.controllers.custom_kind import frozen
from kmodel.controllers.guard import place, where_of
from kmodel.kernel.errors import ModelError
from kmodel.kubernetes.components.calls import Request
from kmodel.kubernetes.manifests import choose
from kmodel.kubernetes.objects import ApiObject, Kind
from kmodel.kubernetes.objects.ownership import WithoutFinalizer

PROPAGATIONS = ("", "Background", "Foreground", "Orphan")


@attrs.frozen
class Question:
    """What the code asks, and the line: a read, with what it selects by, or a write, with its request."""

    said: str
    line: str
    kind: Kind[Any]
    key: str = ""
    live: bool = False
    many: bool = False
    labels: tuple[tuple[str, str], ...] = ()
    owner: Any = None  # the UID of the owner that controls what is listed
    request: Request | None = None

    @property
    def from_cache(self) -> bool:
        """Whether a cache answers it, without a call."""
        return self.request is None and not self.live


class Asker(Protocol):
    """Who answers the questions of a client."""

    def ask(self, question: Question) -> Any:
        """Return the answer; raise an ApiError, if it is one."""


@attrs.frozen
class WithFinalizer:
    """The body of a patch that adds a finalizer."""

    finalizer: str

    def onto(self, stored: Any) -> Any:
        """Return the object with it."""
        there = stored.metadata.finalizers
        added = there if self.finalizer in there else (*there, self.finalizer)
        return attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, finalizers=added))


class Client:
    """What a controller's code asks and writes by."""

    def __init__(self, asker: Asker, user: str, kinds: tuple[Kind[Any], ...]) -> None:
        self._asker = asker
        self._user = user
        self._kinds = kinds

    def get(self, kind: Kind[Any] | str, name: str, namespace: str | None = None, *, live: bool = False) -> Any:
        """Return the object of this name, or None: from the cache, or by a call if it is `live`."""
        of, key = self._kind(kind), key_in(name, namespace)
        said = f"get {of.singular}/{key}{' live' if live else ''}"
        return self._asker.ask(Question(said, _line(), of, key, live))

    def list(
        self,
        kind: Kind[Any] | str,
        *,
        labels: Mapping[str, str] | None = None,
        owner: Any = None,
        live: bool = False,
    ) -> list[Any]:
        """Return the objects of a kind in the order of their names: with these labels, and controlled by this owner."""
        of = self._kind(kind)
        selected = tuple(sorted((labels or {}).items()))
        uid = None if owner is None else owner.metadata.uid
        said = f"list {of.resource}{' live' if live else ''}"
        return list(self._asker.ask(Question(said, _line(), of, "", live, True, selected, uid)))

    def create(self, manifest: Any, *, owner: Any = None) -> str:
        """Create an object, perhaps with an owner that controls it, and return its name.

        AlreadyExists if the name is taken, Timeout if no answer comes.
        """
        line = _line()
        value = object_of(manifest, self._kinds, line)
        if owner is not None:
            value = owned_by(value, owner)
        of, key = self._kind_of(value), value.metadata.key if value.metadata.name else ""
        made: str = self._write("create", of, key, body=value)
        return made

    def update(self, value: Any, changes: Mapping[str, Any] | None = None) -> None:
        """Replace an object as it was read, with some changes; Conflict if it is another version by now."""
        of = self._kind_of(value)
        wanted = value if changes is None else merged(value, frozen(changes))
        self._write("update", of, value.metadata.key, body=wanted, resource_version=value.metadata.resource_version)

    def patch(
        self,
        what: Any,
        name: str | Mapping[str, Any] | Sequence[Mapping[str, Any]],
        changes: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        *,
        resource_version: Any = None,
    ) -> None:
        """Merge changes into what is stored: `patch(cache, {...})`, or `patch(Cache, "main", {...})`.

        A list of operations is a JSON patch: `patch(cache, [{"op": "remove", "path": "/metadata/finalizers/0"}])`.

        NotFound if there is no such object; Conflict if a resource version is given, and it has another one; Invalid
        if an operation cannot be carried out, as a `test` that fails.
        """
        of, key, given = self._target(what, name, changes)
        self._write("patch", of, key, body=patch_of(given, _line()), resource_version=resource_version)

    def patch_status(self, what: Any, name: str = "", /, **fields: Any) -> None:
        """Merge fields into the status: `patch_status(cache, ready=2)`."""
        of, key, given = self._target(what, name or fields, fields)
        self._write("patch", of, key, body=MergePatch(frozen({"status": given})), subresource="status")

    def update_status(self, value: Any, status: Any) -> None:
        """Replace the status of an object as it was read; Conflict if it is another version by now."""
        of, wanted = self._kind_of(value), attrs.evolve(value, status=shaped(value.status, status))
        version = value.metadata.resource_version
        self._write("update", of, value.metadata.key, body=wanted, resource_version=version, subresource="status")

    def delete(
        self,
        what: Any,
        name: str = "",
        *,
        uid: Any = None,
        resource_version: Any = None,
        propagation: str = "",
        grace_seconds: int | None = None,
    ) -> None:
        """Delete an object: `delete(pod)`, or `delete("v1/Pod", "web")`; `uid` and `resource_version` are conditions.

        NotFound if there is none; Conflict if a condition is not met.
        """
        of, key, _ = self._target(what, name, None)
        if propagation not in PROPAGATIONS:
            raise ModelError(f"{_line()}: propagation={propagation!r}; use one of {', '.join(PROPAGATIONS[1:])}")
        self._write(
            "delete",
            of,
            key,
            uid=uid,
            resource_version=resource_version,
            propagation=propagation,
            grace_seconds=grace_seconds,
        )

    def add_finalizer(self, value: Any, finalizer: str) -> None:
        """Add a finalizer to an object, by a patch."""
        self._write("patch", self._kind_of(value), value.metadata.key, body=WithFinalizer(finalizer))

    def remove_finalizer(self, value: Any, finalizer: str) -> None:
        """Take a finalizer off an object, by a patch."""
        self._write("patch", self._kind_of(value), value.metadata.key, body=WithoutFinalizer(finalizer))

    def event(self, about: Any, reason: str, message: str = "", kind: str = "Normal") -> None:
        """Record an event about an object: no step, since recorders send it in the background, and nobody reads it."""
        if kind not in ("Normal", "Warning"):
            raise ModelError(f"{_line()}: an event is Normal or Warning, not {kind!r}; use one of them")

    def _write(self, verb: str, of: Kind[Any], key: str, **what: Any) -> Any:
        said = "/".join(each for each in (f"{verb} {of.singular}", key, what.get("subresource", "")) if each)
        request = Request(self._user, verb, of.resource, key, **what)
        return self._asker.ask(Question(said, _line(), of, key, request=request))

    def _target(self, what: Any, name: Any, changes: Any) -> tuple[Kind[Any], str, Any]:
        if isinstance(what, ApiObject):
            return self._kind_of(what), what.metadata.key, name
        if not isinstance(name, str) or not name:
            raise ModelError(f"{_line()}: names no object; give the object, or its kind and its name")
        return self._kind(what), name, changes

    def _kind_of(self, value: Any) -> Kind[Any]:
        return next((kind for kind in self._kinds if kind.kind == value.kind), None) or self._kind(value.kind)

    def _kind(self, of: Kind[Any] | str) -> Kind[Any]:
        return kind_in(of, self._kinds, _line())


class AsyncClient:
    """The client that a controller's code is given which is `async`: the same methods, to be awaited."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        async def asked(*arguments: Any, **options: Any) -> Any:
            return method(*arguments, **options)

        return asked


def kind_in(of: Kind[Any] | str, kinds: tuple[Kind[Any], ...], where: str) -> Kind[Any]:
    """Return the kind that is meant: a `Kind`, or a text such as `v1/Pod`, `Pod` or `pods`; ModelError if none is."""
    if isinstance(of, Kind):
        return of
    for kind in kinds:
        if of in (kind.kind, f"{kind.api_version}/{kind.kind}", kind.resource):
            return kind
    known = tuple(f"{kind.api_version}/{kind.kind}" for kind in kinds)
    raise ModelError(f"{where}: {of!r} is no kind that is known here; {choose(str(of), known)}, or a custom_kind(...)")


def _line() -> str:
    return place(*where_of(sys._getframe(1)))
