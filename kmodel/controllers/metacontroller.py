"""Metacontroller's controllers: a hook says which children a parent wants, or what is attached to an object.

Models: one sync as Metacontroller makes it. Of a composite controller: the finalizer, if there is a hook for it;
parent, children and related objects from the caches; the hook; children; at last the status, computed from the caches,
written over a live read, and again if that is another version by then. Of a decorator controller: labels, annotations
and status of the object as it is in the cache, which an older version makes the end of the sync; then attachments.

Leaves out: adoption by labels, revisions and rolling updates, server-side apply; `resyncAfterSeconds` is a requeue. A
change of a related object concerns all parents, not only those whose rules select it.

Upstream: metacontroller/metacontroller pkg/controller/composite/controller.go (syncParentObject, updateParentStatus),
pkg/controller/decorator/controller.go (syncParentObject), pkg/controller/common/finalizer/finalizer.go, 4.12.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from kmodel.controllers.api_errors import ApiError, Conflict, NotFound
from kmodel.controllers.changes import shaped
from kmodel.controllers.children import manage, objects_of, observed, related_objects
from kmodel.controllers.client import Client, kind_in
from kmodel.controllers.controller import Controller, controller
from kmodel.controllers.hooks import Hook, hook_of
from kmodel.controllers.manifest_of import manifest_of
from kmodel.controllers.running import Requeue
from kmodel.kernel.errors import ModelError
from kmodel.kubernetes.objects import KINDS, Kind

STRATEGIES = ("OnDelete", "Recreate", "InPlace")
TRIES = 4  # of writing over another version [retry.DefaultBackoff]
COLLECTORS = ("foregroundDeletion", "orphan")  # finalizers of the garbage collector, who sees to the children then
ATTACHED_BY = "metacontroller.k8s.io/decorator-controller"

Given = Hook | str | Path | None


@attrs.frozen
class Hooks:
    """The hooks of one controller, and the version of what they are sent: with v2, children have their namespace."""

    sync: Hook
    finalize: Hook | None = None
    customize: Hook | None = None
    version: str = "v1"


@attrs.frozen(eq=False)
class Sync:
    """What both kinds of controllers know: of which kind parent, children and related objects are, and the hooks."""

    name: str
    parent: Kind[Any]
    children: Mapping[Kind[Any], str]
    related: tuple[Kind[Any], ...]
    hooks: Hooks
    selects: Callable[[Any], bool]

    def see(self, client: Client, key: str, attached: Mapping[str, str]) -> "Seen | None":
        """Return what a sync of a parent sees, after its finalizer is there; None if there is nothing to do."""
        own = client.get(self.parent, key)
        if own is None or not (self.selects(own) or self.finalizer in own.metadata.finalizers):
            return None
        if self.hooks.finalize is not None and not own.metadata.deleting:
            own = self._with_finalizer(client, own)
        there = {kind: objects_of(client, kind, own, attached) for kind in self.children}
        rules: list[Any] = []
        if self.hooks.customize is not None:
            asked = {"controller": {}, "parent": manifest_of(own, self.parent)}
            rules = self.hooks.customize(asked).get("relatedResources") or []
        shown = related_objects(client, self.related, rules, own, self.parent, self.hooks.version)
        return Seen(own, there, {"controller": {}, "related": shown})

    @property
    def finalizer(self) -> str:
        """The finalizer that it puts on a parent, if it has a hook to finalize it."""
        return f"metacontroller.io/{self.name}"

    def ask(self, seen: "Seen", parent: str, children: str) -> Any:
        """Return what the hook answers, that of finalizing if the parent is being deleted."""
        of = {kind: seen.there[kind] for kind in self.children}
        request = {
            **seen.request,
            parent: manifest_of(seen.own, self.parent),
            children: observed(of, self.parent, self.hooks.version),
            "finalizing": seen.own.metadata.deleting and self.hooks.finalize is not None,
        }
        hook = self.hooks.sync if self.hooks.finalize is None or not request["finalizing"] else self.hooks.finalize
        return hook(request)

    def may_manage(self, own: Any, finalized: bool) -> bool:
        """Tell whether it still sees to the children of a parent."""
        if not own.metadata.deleting:
            return True
        its = own.metadata.finalizers
        return (
            self.hooks.finalize is not None and not finalized and self.finalizer in its and not {*its} & {*COLLECTORS}
        )

    def _with_finalizer(self, client: Client, own: Any) -> Any:
        if self.finalizer in own.metadata.finalizers:
            return own

        def with_it(now: Any) -> Any:
            its = now.metadata.finalizers
            return now if self.finalizer in its else _finalizers(now, (*its, self.finalizer))

        atomically(client, self.parent, own, with_it, client.update)
        return with_it(own)

    def without_finalizer(self, client: Client, own: Any) -> None:
        """Take the finalizer off a parent."""

        def without(now: Any) -> Any:
            its = now.metadata.finalizers
            return now if self.finalizer not in its else _finalizers(now, [one for one in its if one != self.finalizer])

        atomically(client, self.parent, own, without, client.update)


@attrs.frozen(eq=False)
class Seen:
    """What a sync sees: the parent, its children by kind and key, and of the request what does not depend on these."""

    own: Any
    there: Mapping[Kind[Any], Mapping[str, Any]]
    request: Mapping[str, Any]


def _finalizers(value: Any, finalizers: Iterable[str]) -> Any:
    return attrs.evolve(value, metadata=attrs.evolve(value.metadata, finalizers=tuple(finalizers)))


def atomically(
    client: Client, kind: Kind[Any], seen: Any, change: Callable[[Any], Any], write: Callable[[Any], None]
) -> None:
    """Write what a change makes of an object as the api-server has it now; again if it has another version by then."""
    for _ in range(TRIES):
        now = client.get(kind, seen.metadata.key, live=True)
        if now is None or now.metadata.uid != seen.metadata.uid:
            return
        wanted = change(now)
        if wanted == now:
            return
        try:
            write(wanted)
        except Conflict:
            continue
        except NotFound:
            return
        return


def composite_controller(
    *,
    parent: Kind[Any] | str,
    children: Mapping[Any, str],
    hook: Given = None,
    finalize: Given = None,
    customize: Given = None,
    related: Iterable[Kind[Any] | str] = (),
    version: str = "v1",
    name: str = "",
    makes: Callable[[Any], Any] | None = None,
    selects: Callable[[Any], bool] = lambda parent: True,
) -> Any:
    """Make a controller of a sync hook: a function below this decorator, or with `hook=` one, or the path of its file.

    `children` are their kinds, each with its update strategy: OnDelete, Recreate or InPlace. The hook is sent `parent`
    and `children`, as `{"Pod.v1": {name: manifest}}`, and answers `status` and `children`; the hook `finalize` also
    `finalized`. The hook `customize` answers which `relatedResources` they are sent; of which kinds, `related` says.
    ModelError if a hook does not.
    """
    beside = sys._getframe(1).f_code.co_filename

    def sync(meta: Sync) -> Callable[[Client, str], Any]:
        def run(client: Client, key: str) -> Requeue | None:
            """Ask the hook what the parent wants, and make it so."""
            seen = meta.see(client, key, {})
            if seen is None:
                return None
            answer, own = meta.ask(seen, "parent", "children"), seen.own
            finalized = bool(answer.get("finalized"))
            if finalized:
                meta.without_finalizer(client, own)
            failed = []
            if meta.may_manage(own, finalized):
                failed = manage(client, meta.children, seen.there, answer.get("children") or [], own, meta.parent, {})
            status = shaped(own.status, {**(answer.get("status") or {}), "observedGeneration": own.metadata.generation})
            atomically(
                client,
                meta.parent,
                own,
                lambda now: attrs.evolve(now, status=status),
                lambda wanted: client.update_status(wanted, status),
            )
            return _ended(answer, failed)

        return run

    options = _Options(parent, children, related, version, name, makes, selects, beside)
    return options.controller(sync, hook, finalize, customize)


def decorator_controller(
    *,
    resource: Kind[Any] | str,
    attachments: Mapping[Any, str],
    hook: Given = None,
    finalize: Given = None,
    customize: Given = None,
    related: Iterable[Kind[Any] | str] = (),
    version: str = "v1",
    name: str = "",
    makes: Callable[[Any], Any] | None = None,
    selects: Callable[[Any], bool] = lambda object: True,
) -> Any:
    """Make a controller of a hook that adds to objects of a kind; `selects` tells which of them.

    The hook is sent `object` and `attachments`, and answers `labels`, `annotations`, `status` and `attachments`. All
    else is as of a composite_controller.
    """
    beside = sys._getframe(1).f_code.co_filename

    def sync(meta: Sync) -> Callable[[Client, str], Any]:
        attached = {ATTACHED_BY: meta.name}

        def run(client: Client, key: str) -> Requeue | None:
            """Ask the hook what is to be attached to the object, and make it so."""
            seen = meta.see(client, key, attached)
            if seen is None:
                return None
            answer, own = meta.ask(seen, "object", "attachments"), seen.own
            try:
                _decorate(client, meta, own, answer)
            except (Conflict, NotFound):  # it will be run again
                return None
            failed = []
            if meta.may_manage(own, bool(answer.get("finalized"))):
                wanted = answer.get("attachments") or []
                failed = manage(client, meta.children, seen.there, wanted, own, meta.parent, attached)
            return _ended(answer, failed)

        return run

    options = _Options(resource, attachments, related, version, name, makes, selects, beside)
    return options.controller(sync, hook, finalize, customize)


def _ended(answer: Mapping[str, Any], failed: Sequence[ApiError]) -> Requeue | None:
    """Return how a run ends: what failed is an error, and a retry; a hook may ask for another run."""
    if failed:
        raise failed[0]
    return Requeue() if answer.get("resyncAfterSeconds") else None


def _decorate(client: Client, meta: Sync, own: Any, answer: Mapping[str, Any]) -> None:
    """Write the labels, annotations and status that a hook wants of an object over the version that was seen."""
    wanted = own
    for part in ("labels", "annotations"):
        pairs = {**dict(getattr(own.metadata, part)), **(answer.get(part) or {})}
        kept = tuple(sorted((name, text) for name, text in pairs.items() if text is not None))
        wanted = attrs.evolve(wanted, metadata=attrs.evolve(wanted.metadata, **{part: kept}))
    if answer.get("finalized"):
        wanted = _finalizers(wanted, [one for one in own.metadata.finalizers if one != meta.finalizer])
    status = answer.get("status")
    if status is not None and shaped(own.status, status) != own.status:
        client.update_status(own, status)
        if wanted.metadata == own.metadata:
            return
        now = client.get(meta.parent, own.metadata.key, live=True)  # the answer had its version; here it is read
        if now is None:
            return
        version = now.metadata.resource_version
        wanted = attrs.evolve(wanted, metadata=attrs.evolve(wanted.metadata, resource_version=version))
    if wanted.metadata != own.metadata:
        client.update(wanted)


@attrs.frozen(eq=False)
class _Options:
    """What a user says of a controller of either kind."""

    parent: Kind[Any] | str
    children: Mapping[Any, str]
    related: Iterable[Kind[Any] | str]
    version: str
    name: str
    makes: Callable[[Any], Any] | None
    selects: Callable[[Any], bool]
    beside: str

    def controller(
        self, sync: Callable[[Sync], Callable[[Client, str], Any]], hook: Given, finalize: Given, customize: Given
    ) -> Any:
        """Return the controller, or without a hook what makes it of a function."""
        strange = next((each for each in self.children.values() if each not in STRATEGIES), None)
        if strange is not None:
            raise ModelError(f"{self.beside}: {strange!r} is no update strategy; use one of {', '.join(STRATEGIES)}")
        named = (self.parent, *self.children, *self.related)
        known = tuple(dict.fromkeys((*(each for each in named if isinstance(each, Kind)), *KINDS)))
        about = kind_in(self.parent, known, self.beside)
        children = {kind_in(kind, known, self.beside): strategy for kind, strategy in self.children.items()}
        related = tuple(kind_in(kind, known, self.beside) for kind in self.related)

        def made(given: Hook | str | Path) -> Controller:
            called = self.name or (given.__name__ if callable(given) else Path(given).stem)
            hooks = Hooks(
                hook_of(given, self.beside),
                None if finalize is None else hook_of(finalize, self.beside, "/finalize"),
                None if customize is None else hook_of(customize, self.beside, "/customize"),
                self.version,
            )
            run = sync(Sync(called.replace("_", "-"), about, children, related, hooks, self.selects))
            run.__name__ = called.replace("-", "_")
            made_of = controller(
                watches=about,
                owns=tuple(children),
                maps=dict.fromkeys(related),
                name=called.replace("_", "-"),
                makes=self.makes,
            )
            return made_of(run)

        return made if hook is None else made(hook)
