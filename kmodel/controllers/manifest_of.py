"""An object's manifest, as JSON has it, with the fields that the model has: what a hook is sent, and patches change.

Leaves out: resource versions and creation times, so that two versions that look alike are one request. A UID is the
number by which the model tells it from others of that name.
"""

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from kmodel.controllers.custom_kind import CustomObject, Json
from kmodel.kernel import Rank
from kmodel.kernel.values import fields
from kmodel.kubernetes.objects import Kind

DELETED_AT = "1970-01-01T00:00:00Z"  # there are no clocks


def manifest_of(value: Any, kind: Kind[Any]) -> dict[str, Any]:
    """Return the manifest of an object."""
    made: dict[str, Any] = plain_json(sections_of(value), _number)
    if "uid" in made["metadata"]:
        made["metadata"]["uid"] = str(made["metadata"]["uid"])
    return {"apiVersion": kind.api_version, "kind": kind.kind, **made}


def sections_of(value: Any) -> dict[str, Any]:
    """Return metadata, spec and status of an object, as its manifest has them; ranks stay ranks."""
    made = {"metadata": _metadata(value.metadata)}
    if isinstance(value, CustomObject):
        names = [name for name in fields(value.__class__) if name != "metadata"]
        return {**made, **{name: plain_json(getattr(value, name)) for name in names}}
    sections = value.manifest_sections()
    if sections is not None:
        return {**made, **sections}
    others = {name: plain_json(getattr(value, name)) for name in fields(value.__class__)}
    status, unsaid = others.pop("status", {}), ("metadata", "kind")
    return {**made, "spec": {name: each for name, each in others.items() if name not in unsaid}, "status": status}


def _metadata(metadata: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"name": metadata.name, "namespace": metadata.namespace, "labels": dict(metadata.labels)}
    made["annotations"] = dict(metadata.annotations)
    made["finalizers"] = list(metadata.finalizers)
    if metadata.uid is not None:
        made["uid"] = metadata.uid
    if metadata.generation is not None:
        made["generation"] = metadata.generation
    if metadata.deleting:
        made["deletionTimestamp"] = DELETED_AT
    return made


def _number(rank: Rank) -> Any:
    return rank.number


def plain_json(value: Any, rank: Callable[[Rank], Any] = lambda rank: rank) -> Any:
    """Return a value in plain JSON, objects as mappings, and ranks as `rank` shows them."""
    if isinstance(value, Rank):
        return rank(value)
    if isinstance(value, Json):
        return {name: plain_json(member, rank) for name, member in value.items()}
    if isinstance(value, Mapping):
        return {name: plain_json(member, rank) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(item, rank) for item in value]
    if attrs.has(value.__class__):
        return {name: plain_json(getattr(value, name), rank) for name in fields(value.__class__)}
    return value
