"""What `kubectl patch` sends: a part of a manifest, merged into the object as a strategic merge patch is.

The part is read as a manifest is, and so is what is left of it without its values: what differs is what the patch sets.
A value that makes no difference (the model does not read the field, or that is its default) is refused, not dropped.

Leaves out: JSON patches, and null, which removes a field.

Upstream: staging/src/k8s.io/kubectl/pkg/cmd/patch/patch.go; apimachinery pkg/util/strategicpatch/patch.go, 1.34.
"""

import json
from collections.abc import Iterator
from typing import Any

import yaml

from kmodel.input_error import InputError
from kmodel.kubernetes.manifests import choose
from kmodel.kubernetes.manifests.document import documents
from kmodel.kubernetes.objects import ApiObject, Kind, Kinds
from kmodel.kubernetes.objects.merging import Merge
from kmodel.kubernetes.objects.reading import read
from kmodel.kubernetes.scenario.line_error import LineError

TYPES = ("strategic", "merge")
Path = tuple[str | int, ...]
NAME = "name"  # by which items of lists are merged


def read_patch(text: str | None, type_: str, kind: Kind[Any], name: str, kinds: Kinds) -> Merge:
    """Return the body that a patch of an object of a kind is; LineError if the model cannot say what it does."""
    if type_ not in TYPES:
        raise LineError(f"patch --type is {type_!r}", choose(type_, TYPES))
    try:
        wanted = yaml.safe_load(text or "")
    except yaml.YAMLError:
        wanted = None
    if not isinstance(wanted, dict) or not wanted:
        raise LineError("patch has no patch that is a mapping", 'add -p \'{"spec": {"replicas": 0}}\'')
    leaves = list(_leaves(wanted))
    for path, value in leaves:
        if value is None:
            raise LineError(f"{_said(path)} is null, which is not modelled", "write what it is to be")
        if type_ == "merge" and any(isinstance(step, int) for step in path):
            raise LineError(f"{_said(path)} is in a list, which --type=merge replaces", "write --type=strategic")
    made = _read(wanted, kind, name, kinds)
    for path, _ in leaves:
        if path[-1] != NAME and _read(_without(wanted, path), kind, name, kinds) == made:
            raise LineError(f"{_said(path)} is not modelled, or is what it is without a patch", "leave it out")
    return Merge(made, None, _read(_skeleton(wanted), kind, name, kinds))


def _read(part: Any, kind: Kind[Any], name: str, kinds: Kinds) -> ApiObject:
    metadata = {**part.get("metadata", {}), "name": name}
    document = {**part, "apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}
    try:
        return read(documents("patch", json.dumps(document, default=str).encode())[0], kinds).object
    except InputError as error:
        raise LineError(f"{error.path} {error.problem}", error.fix) from None


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield what is no mapping and no list, with where it is."""
    if isinstance(value, dict | list):
        for step, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(part, (*path, step))
    else:
        yield path, value


def _said(path: Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def _without(value: Any, path: Path) -> Any:
    """Return a value without what is at a path."""
    first, *rest = path
    if isinstance(value, list):
        kept = [_without(part, tuple(rest)) if index == first and rest else part for index, part in enumerate(value)]
        return kept if rest else [part for index, part in enumerate(value) if index != first]
    if not rest:
        return {name: part for name, part in value.items() if name != first}
    return {name: _without(part, tuple(rest)) if name == first else part for name, part in value.items()}


def _skeleton(value: Any) -> Any:
    """Return mappings and lists without values, but for the names by which items are merged."""
    if isinstance(value, dict):
        return {name: _skeleton(part) for name, part in value.items() if isinstance(part, dict | list)}
    return [
        {**_skeleton(part), **({NAME: part[NAME]} if NAME in part else {})} for part in value if isinstance(part, dict)
    ]
