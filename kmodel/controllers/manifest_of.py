"""What a hook is sent of an object: its manifest, as JSON has it, with the fields that the model has.

Leaves out: resource versions and creation times, so that two versions that look alike are one request. A UID is the
number by which the model tells it from others of that name.
"""

from collections.abc import Mapping
from typing import Any

import attrs

from kmodel.controllers.custom_kind import CustomObject, Json
from kmodel.kernel import Rank
from kmodel.kernel.values import fields
from kmodel.kubernetes.objects import Kind

DELETED_AT = "1970-01-01T00:00:00Z"  # there are no clocks


def manifest_of(value: Any, kind: Kind[Any]) -> dict[str, Any]:
    """Return the manifest of an object."""
    made = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": _metadata(value.metadata)}
    if isinstance(value, CustomObject):
        names = [name for name in fields(value.__class__) if name != "metadata"]
        return {**made, **{name: _json(getattr(value, name)) for name in names}}
    sections = value.manifest_sections()
    if sections is not None:
        return {**made, **sections}
    others = {name: _json(getattr(value, name)) for name in fields(value.__class__)}
    status = others.pop("status", {})
    return {**made, "spec": {name: each for name, each in others.items() if name not in made}, "status": status}


def _metadata(metadata: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"name": metadata.name, "namespace": metadata.namespace, "labels": dict(metadata.labels)}
    made["annotations"] = dict(metadata.annotations)
    made["finalizers"] = list(metadata.finalizers)
    if metadata.uid is not None:
        made["uid"] = str(metadata.uid.number)
    if metadata.generation is not None:
        made["generation"] = metadata.generation.number
    if metadata.deleting:
        made["deletionTimestamp"] = DELETED_AT
    return made


def _json(value: Any) -> Any:
    if isinstance(value, Rank):
        return value.number
    if isinstance(value, Json):
        return {name: _json(member) for name, member in value.items()}
    if isinstance(value, Mapping):
        return {name: _json(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    if attrs.has(value.__class__):
        return {name: _json(getattr(value, name)) for name in fields(value.__class__)}
    return value
