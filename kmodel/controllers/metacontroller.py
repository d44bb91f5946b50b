"""Metacontroller's composite controllers: a hook says which children a parent wants, and its status.

Models: one sync as Metacontroller makes it: parent and children from the caches; the hook; deletions first, each on the
condition of the UID, then creations and updates; a failure stops none of the others, and is a retry at the end; at last
the status, computed from the caches, written over a live read, and again if that is another version by then.

Leaves out: adoption by labels, related objects (`customize`), the finalize hook, revisions and rolling updates; the
order of children is that of their names (Go's maps have any); `resyncAfterSeconds` is a requeue.

Upstream: metacontroller/metacontroller pkg/controller/composite/controller.go (syncParentObject, manageChildren,
updateParentStatus), pkg/controller/common/manage_children.go, 4.12.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kmodel.controllers.api_errors import ApiError, Conflict, NotFound
from kmodel.controllers.client import Client, kind_in
from kmodel.controllers.controller import Controller, controller
from kmodel.controllers.custom_kind import frozen
from kmodel.controllers.hooks import Hook, hook_of
from kmodel.controllers.manifest_of import manifest_of
from kmodel.controllers.running import Requeue
from kmodel.kernel.errors import ModelError
from kmodel.kubernetes.objects import KINDS, Kind

STRATEGIES = ("OnDelete", "Recreate", "InPlace")
NOT_WANTED = ("apiVersion", "kind", "metadata", "status")  # of a child, or by itself
TRIES = 4  # of writing a status over another version [retry.DefaultBackoff]


def composite_controller(
    *,
    parent: Kind[Any] | str,
    children: Mapping[Any, str],
    hook: Hook | str | Path | None = None,
    name: str = "",
    makes: Callable[[Any], Any] | None = None,
) -> Any:
    """Make a controller of a sync hook: a function below this decorator, or with `hook=` one, or the path of its file.

    `children` are their kinds, each with its update strategy: OnDelete, Recreate or InPlace. The hook is sent `parent`
    and `children`, as `{"Pod.v1": {name: manifest}}`, and answers `status` and `children`. ModelError if it does not.
    """
    beside = sys._getframe(1).f_code.co_filename
    strange = next((each for each in children.values() if each not in STRATEGIES), None)
    if strange is not None:
        raise ModelError(f"{beside}: {strange!r} is no update strategy; use one of {', '.join(STRATEGIES)}")
    known = tuple(dict.fromkeys((*(each for each in (parent, *children) if isinstance(each, Kind)), *KINDS)))
    of = {kind_in(kind, known, beside): strategy for kind, strategy in children.items()}
    about = kind_in(parent, known, beside)

    def made(given: Hook | str | Path) -> Controller:
        sync = _sync(about, of, hook_of(given, beside))
        named = name or (given.__name__ if callable(given) else Path(given).stem)
        sync.__name__ = named.replace("-", "_")
        return controller(watches=about, owns=tuple(of), name=named.replace("_", "-"), makes=makes)(sync)

    return made if hook is None else made(hook)


def _sync(parent: Kind[Any], children: Mapping[Kind[Any], str], hook: Hook) -> Callable[[Client, str], Any]:
    def sync(client: Client, key: str) -> Requeue | None:
        """Ask the hook what the parent wants, and make it so."""
        own = client.get(parent, key)
        if own is None:
            return None
        there = {kind: {each.metadata.name: each for each in client.list(kind, owner=own)} for kind in children}
        observed = {
            f"{kind.kind}.{kind.api_version}": {name: manifest_of(each, kind) for name, each in objects.items()}
            for kind, objects in there.items()
        }
        request = {"controller": {}, "parent": manifest_of(own, parent), "children": observed, "finalizing": False}
        answer = hook(request)
        failed = []
        for kind, strategy in () if own.metadata.deleting else children.items():
            wanted = _wanted(answer, kind)
            failed += _delete(client, there[kind], wanted)
            failed += _write(client, kind, there[kind], wanted, own, strategy)
        _update_status(client, parent, own, answer.get("status") or {})
        if failed:
            raise failed[0]
        return Requeue() if answer.get("resyncAfterSeconds") else None

    return sync


def _wanted(answer: Any, kind: Kind[Any]) -> dict[str, Any]:
    """Return the children of a kind that the hook wants, by name."""
    listed = answer.get("children") or []
    mine = [each for each in listed if (each.get("apiVersion"), each.get("kind")) == (kind.api_version, kind.kind)]
    return {each["metadata"]["name"]: each for each in sorted(mine, key=lambda each: str(each["metadata"]["name"]))}


def _delete(client: Client, there: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[ApiError]:
    failed: list[ApiError] = []
    for name, child in there.items():
        if name not in wanted and not child.metadata.deleting:
            try:
                client.delete(child, uid=child.metadata.uid, propagation="Background")
            except NotFound:
                pass
            except ApiError as error:
                failed.append(error)
    return failed


def _write(
    client: Client, kind: Kind[Any], there: Mapping[str, Any], wanted: Mapping[str, Any], owner: Any, strategy: str
) -> list[ApiError]:
    failed: list[ApiError] = []
    for name, manifest in wanted.items():
        child = there.get(name)
        try:
            if child is None:
                client.create(manifest, owner=owner)
            elif strategy != "OnDelete" and not child.metadata.deleting and _differs(manifest, child, kind):
                if strategy == "Recreate":
                    client.delete(child, uid=child.metadata.uid, propagation="Background")
                else:
                    changes = {part: manifest[part] for part in manifest if part not in NOT_WANTED}
                    client.update(child, {**changes, "metadata": {"labels": _labels(manifest)}})
        except ApiError as error:
            failed.append(error)
    return failed


def _labels(manifest: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = manifest.get("metadata", {}).get("labels") or {}
    return found


def _differs(manifest: Mapping[str, Any], child: Any, kind: Kind[Any]) -> bool:
    """Tell whether an object has not all that a manifest wants of it."""
    there = manifest_of(child, kind)
    changed = any(_lacks(there.get(part), manifest[part]) for part in manifest if part not in NOT_WANTED)
    return changed or _lacks(there["metadata"]["labels"], _labels(manifest))


def _lacks(there: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return not isinstance(there, dict) or any(_lacks(there.get(name), each) for name, each in wanted.items())
    return bool(there != wanted)


def _update_status(client: Client, kind: Kind[Any], seen: Any, status: Any) -> None:
    """Write the status over what the api-server has now; again if that is another version by then."""
    wanted = frozen({**status, "observedGeneration": seen.metadata.generation})
    for _ in range(TRIES):
        now = client.get(kind, seen.metadata.key, live=True)
        if now is None or now.metadata.uid != seen.metadata.uid or now.status == wanted:
            return
        try:
            client.update_status(now, wanted)
        except Conflict:
            continue
        except NotFound:
            return
        return
