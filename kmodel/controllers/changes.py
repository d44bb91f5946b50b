"""What a controller writes: objects made of manifests in plain Python, and patches of what is there.

Upstream: RFC 7386 (merge patch), RFC 6902 (JSON patch);
staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go, 1.34.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import attrs
import jsonpatch
import yaml

from kmodel.controllers.custom_kind import Json, frozen
from kmodel.controllers.manifest_of import plain_json, sections_of
from kmodel.input_error import InputError
from kmodel.kernel.errors import ModelError
from kmodel.kubernetes.manifests import Field
from kmodel.kubernetes.objects import ApiObject, Kind, OwnerReference
from kmodel.kubernetes.objects.meta import DEFAULT_NAMESPACE
from kmodel.kubernetes.objects.reading import read

PLACEHOLDER = "generated"
PAIRS = ("labels", "annotations", "selector", "node_selector")  # of built-in kinds: mappings held as pairs
NAMES = {"ownerReferences": "owners"}


@attrs.frozen(cache_hash=True)
class MergePatch:
    """The body of a patch: what its members say becomes so, None takes away, all else stays."""

    members: Json

    def onto(self, stored: Any) -> Any:
        """Return the stored object with what the patch says."""
        return merged(stored, self.members)


@attrs.frozen(cache_hash=True)
class JsonPatch:
    """The body of a JSON patch: operations on the manifest, carried out all or none, the `test`s among them."""

    operations: tuple[Json, ...]

    def onto(self, stored: Any) -> Any:
        """Return the stored object with what they make of it; None if one cannot be carried out (upstream: 422)."""
        changed = sections_of(stored)
        try:
            jsonpatch.apply_patch(changed, plain_json(self.operations), in_place=True)
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
            return None
        return merged(stored, frozen(_difference(sections_of(stored), changed)))


def _difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return the merge patch that makes one mapping the other."""
    made: dict[str, Any] = {name: None for name in before if name not in after}
    for name, member in after.items():
        old = before.get(name)
        if isinstance(old, dict) and isinstance(member, dict):
            if within := _difference(old, member):
                made[name] = within
        elif name not in before or old != member:
            made[name] = member
    return made


def merged(value: Any, change: Any) -> Any:
    """Return a value with a merge patch applied; ModelError for a field that its kind does not have."""
    if not isinstance(change, Json):
        return change
    if isinstance(value, Json) or value is None:
        left = dict(() if value is None else value.items())
        for name, member in change.items():
            left[name] = None if member is None else merged(left.get(name), member)
        return Json(tuple(sorted((name, member) for name, member in left.items() if member is not None)))
    fields = {field.name for field in attrs.fields(value.__class__)}
    changed = {}
    for name, member in change.items():
        field = NAMES.get(name, name) if name in fields or name in NAMES else _snake(name)
        if field in fields:
            changed[field] = _field(field, getattr(value, field), member)
        elif name == "spec":  # some kinds that come with kmodel have no object for it
            value = merged(value, member)
        else:
            raise ModelError(
                f"a patch names {name}, which {type(value).__name__} has not; use one of {', '.join(sorted(fields))}"
            )
    return attrs.evolve(value, **changed)


def shaped(like: Any, given: Any) -> Any:
    """Return what is given in plain Python as a value of the class of another one; fields it has not are left out."""
    if given.__class__ is like.__class__:
        return given
    if isinstance(like, Json) or not attrs.has(like.__class__):
        return frozen(given)
    named = {field.name: field for field in attrs.fields(like.__class__)}
    members = {name: shaped(getattr(like, name), each) for name, each in given.items() if name in named}
    return like.__class__(**members)


def _field(name: str, old: Any, change: Any) -> Any:
    if name in PAIRS and isinstance(old, tuple) and isinstance(change, Json):
        members = {**dict(old), **dict(change.items())}
        return tuple(sorted((each, value) for each, value in members.items() if value is not None))
    if change is None and isinstance(old, tuple):
        return ()
    return merged(old, change)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def object_of(manifest: Any, kinds: tuple[Kind[Any], ...], where: str) -> Any:
    """Return the object that a manifest in plain Python describes; an object is itself.

    ModelError, with the line, if the manifest does not describe an object of one of the kinds.
    """
    if isinstance(manifest, ApiObject):
        return manifest
    if not isinstance(manifest, Mapping):
        raise ModelError(f"{where}: a {type(manifest).__name__} is no object; give a manifest as a dict, or an object")
    metadata = dict(manifest.get("metadata") or {})
    owners = tuple(_owner(each, where) for each in metadata.pop("ownerReferences", ()))
    annotations = metadata.pop("annotations", {})
    prefix = "" if metadata.get("name") else metadata.pop("generateName", "")
    plain = {**manifest, "metadata": {**metadata, **({"name": PLACEHOLDER} if prefix else {})}}
    plain.pop("status", None)
    try:
        text = json.dumps(plain, sort_keys=True, default=_json)
    except (TypeError, ValueError) as error:
        raise ModelError(f"{where}: the manifest holds what is no JSON: {error}; use text, numbers and lists") from None
    made = _read(text, kinds, where)
    changes: dict[str, Any] = {"owners": owners, "annotations": tuple(sorted(annotations.items()))}
    if prefix:
        changes |= {"name": "", "generate_name": prefix}
    return attrs.evolve(made, metadata=attrs.evolve(made.metadata, **changes))


def _json(value: Any) -> Any:
    if isinstance(value, Json):
        return dict(value.items())
    raise TypeError(f"{value!r}")


_NOTHING = yaml.ScalarNode("tag:yaml.org,2002:null", "")


@lru_cache(1 << 12)
def _read(text: str, kinds: tuple[Kind[Any], ...], where: str) -> Any:
    try:
        return read(Field(where, "", yaml.compose(text) or _NOTHING), kinds).object
    except InputError as error:
        raise ModelError(f"{where}: {error.path}: {error.problem}; {error.fix}") from None


def _owner(reference: Any, where: str) -> OwnerReference:
    try:
        return OwnerReference(
            reference["kind"],
            reference["name"],
            reference["uid"],
            controller=bool(reference.get("controller", False)),
            blocks=bool(reference.get("blockOwnerDeletion", False)),
        )
    except (KeyError, TypeError, AttributeError):
        raise ModelError(
            f"{where}: {reference!r} is no owner reference; give kind, name and uid, or owner= to create"
        ) from None


def owned_by(value: Any, owner: Any) -> Any:
    """Return an object with another one as its owner that controls it."""
    reference = OwnerReference(owner.kind, owner.metadata.key, owner.metadata.uid)
    return attrs.evolve(value, metadata=attrs.evolve(value.metadata, owners=(*value.metadata.owners, reference)))


def patch_of(changes: Any, where: str) -> MergePatch | JsonPatch:
    """Return the body of a merge patch, given as a mapping, or of a JSON patch, as a list; ModelError if it is none."""
    if isinstance(changes, Mapping | Json):
        return MergePatch(frozen(changes))
    if not isinstance(changes, list | tuple):
        raise ModelError(
            f'{where}: a patch is a mapping, such as {{"spec": {{"size": 2}}}}, or a list of the operations of RFC 6902'
        )
    operations: tuple[Json, ...] = frozen(changes)
    try:
        jsonpatch.JsonPatch(plain_json(operations))
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        raise ModelError(
            f'{where}: {error}; an operation is one of RFC 6902, such as {{"op": "remove", "path": "/spec/size"}}'
        ) from None
    return JsonPatch(operations)


def key_in(name: str, namespace: str | None) -> str:
    """Return the key of a name, which may be one already."""
    return name if namespace in (None, DEFAULT_NAMESPACE, "") or "/" in name else f"{namespace}/{name}"
