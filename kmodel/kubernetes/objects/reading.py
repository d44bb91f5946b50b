"""From a YAML document to the object that it describes."""

from collections.abc import Iterator
from typing import Any

import attrs

from kmodel.kubernetes.manifests.field import Field, Fields, did_you_mean
from kmodel.kubernetes.manifests.input_error import quoted
from kmodel.kubernetes.objects import known
from kmodel.kubernetes.objects.kind import ApiObject, Kind
from kmodel.kubernetes.objects.kinds import KINDS, Kinds, written_by_users


@attrs.frozen(eq=False)
class Manifest:
    """An object as a file describes it, its kind, its place, and the fields of it that the model does not read."""

    object: ApiObject
    kind: Kind[Any]
    field: Field
    left_out: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """How kubectl names the object, for example `pod/nginx`."""
        return f"{self.kind.singular}/{self.object.metadata.key}"


def read_all(document: Field, kinds: Kinds = KINDS) -> Iterator[Manifest]:
    """Yield the object of a document, or the objects of a document of kind List."""
    fields = document.fields()
    kind = fields.optional("kind")
    if kind is None or kind.string() != "List":
        yield read(document, kinds)
        return
    _check_api_version(fields, "List", "v1")
    for item in fields.required("items").items():
        yield read(item, kinds)
    fields.optional("metadata")
    fields.refuse_others("a List", ("apiVersion", "items", "kind", "metadata"))


def read(document: Field, kinds: Kinds = KINDS) -> Manifest:
    """Return the object that a document describes; InputError if the model has no such kind or cannot represent it."""
    fields = document.fields()
    by_name = {kind.kind: kind for kind in written_by_users(kinds)}
    kind_field = fields.required("kind", f"add one of {', '.join(by_name)}")
    name = kind_field.string()
    if name not in by_name:
        meant = did_you_mean(name, tuple(by_name), cutoff=0.85)
        raise kind_field.error(
            f"{quoted(name)} is not a kind that is modelled",
            (f'did you mean "{meant}"? ' if meant else "") + f"these are: {', '.join(by_name)}",
        )
    kind = by_name[name]
    _check_api_version(fields, name, kind.api_version)
    left_out: list[str] = []
    assert kind.read is not None
    value = kind.read(fields, left_out)
    for expected in known.OBJECT:
        if expected != "status" or kind.reads_status:
            fields.optional(expected)
    left_out.extend(fields.unmodelled(known.OBJECT))
    return Manifest(value, kind, document, tuple(left_out))


def _check_api_version(fields: Fields, kind: str, expected: str) -> None:
    version = fields.required("apiVersion", f"add apiVersion: {expected}")
    text = version.string()
    if text != expected:
        raise version.error(f"{quoted(text)} has no {kind} that is modelled", f"write apiVersion: {expected}")
