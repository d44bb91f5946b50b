"""The fields of a custom kind as its CustomResourceDefinition declares them.

Leaves out: what a schema says of values beyond their types and defaults; versions that are not stored.

Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/types.go, 1.34.
"""

import keyword
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from kmodel.kernel.errors import ModelError

TYPES: dict[str, Any] = {"integer": int, "string": str, "boolean": bool, "array": list}


def read_definition(path: Path) -> dict[str, Any]:
    """Return the arguments of `custom_kind` that a CustomResourceDefinition stands for; ModelError if it is none."""
    try:
        documents = [each for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if isinstance(each, dict)]
    except (OSError, ValueError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())
        raise ModelError(f"{path}: cannot be read: {said}; name the file of a CustomResourceDefinition") from None
    found = next((each for each in documents if each.get("kind") == "CustomResourceDefinition"), None)
    if found is None:
        raise ModelError(f"{path}: holds no CustomResourceDefinition; name the file of one")
    return definition_of(found, path)


def definition_of(found: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the arguments of `custom_kind` that the CustomResourceDefinition of a file stands for; or ModelError."""
    try:
        spec, names = found["spec"], found["spec"]["names"]
        version = next(each for each in spec["versions"] if each.get("storage"))
        fields = (version.get("schema") or {}).get("openAPIV3Schema", {}).get("properties") or {}
        return {
            "api_version": f"{spec['group']}/{version['name']}",
            "kind": names["kind"],
            "plural": names["plural"],
            "short_names": tuple(names.get("shortNames") or ()),
            "namespaced": spec.get("scope") != "Cluster",
            "spec": declared(fields.get("spec") or {}),
            "status": declared(fields.get("status") or {}),
        }
    except (KeyError, TypeError, AttributeError, StopIteration) as error:
        raise ModelError(
            f"{path}: its CustomResourceDefinition lacks {error or 'a stored version'}; correct that"
        ) from None


def declared(schema: dict[str, Any]) -> Any:
    """Return how `custom_kind` declares what a schema describes; a mapping whose fields are not told is a dict."""
    if "default" in schema and not isinstance(schema["default"], dict):
        return schema["default"]
    fields = schema.get("properties")
    if fields is None:
        return TYPES.get(schema.get("type", "object"), dict)
    if schema.get("x-kubernetes-preserve-unknown-fields") or not all(map(_is_name, fields)):
        return dict
    return {name: declared(field) for name, field in fields.items()}


def _is_name(field: str) -> bool:
    return field.isidentifier() and not field.startswith("_") and not keyword.iskeyword(field)
