"""From a YAML document to the object that it describes."""

from collections.abc import Iterator
from typing import Any

import attrs

from kmodel.input_error import InputError, quoted
from kmodel.kubernetes.manifests.field import Field, Fields, choose, did_you_mean
from kmodel.kubernetes.objects import known
from kmodel.kubernetes.objects.kind import MOST_PODS, ApiObject, Kind
from kmodel.kubernetes.objects.kinds import KINDS, Kinds, written_by_users
from kmodel.kubernetes.objects.opaque import Opaque, read_opaque
from kmodel.kubernetes.objects.served import SERVED, all_kinds, group_of, is_custom, versions_of

LIST = "List"


@attrs.frozen(eq=False)
class Manifest:
    """An object as a file describes it, its kind, its place, and the fields of it that the model does not read.

    `cut` says of how many pods that it wants how many are modelled, if not of all: `26 of 100 pods`.
    """

    object: ApiObject
    kind: Kind[Any]
    field: Field
    left_out: tuple[str, ...] = ()
    cut: str = ""

    @property
    def reference(self) -> str:
        """How kubectl names the object, for example `pod/nginx`."""
        return f"{self.kind.singular}/{self.object.metadata.key}"


def read_all(document: Field, kinds: Kinds = KINDS) -> Iterator[Manifest | Opaque]:
    """Yield the object of a document, or the objects of a List, or of one of a kind, such as a ConfigMapList.

    InputError if no api-server has such a kind, or the model cannot represent the object.
    """
    fields = document.fields()
    kind = fields.optional("kind")
    name = "" if kind is None else kind.string()
    if name != LIST and not (name.endswith(LIST) and "items" in fields):
        yield read_any(document, kinds)
        return
    if name == LIST:
        _check_api_version(fields, LIST, "v1")
    items = fields.optional("items")
    for item in () if items is None else items.items():
        yield from read_all(item, kinds)
    for expected in ("apiVersion", "metadata"):
        fields.optional(expected)
    fields.refuse_others("a List", ("apiVersion", "items", "kind", "metadata"))


def read_any(document: Field, kinds: Kinds = KINDS) -> Manifest | Opaque:
    """Return the object that a document describes, whether its kind is modelled or not."""
    fields = document.fields()
    kind, version = fields.required("kind", "add a kind, for example Pod"), fields.optional("apiVersion")
    name, api_version = kind.string(), "" if version is None else version.string()
    modelled = {(each.kind, each.api_version) for each in written_by_users(kinds)}
    if (name, api_version) in modelled:
        return read(document, kinds)
    if not api_version:
        known = next((each for each, _ in modelled if each == name), None)
        fields.required("apiVersion", f"add apiVersion: {next(versions_of(known or name), 'v1')}")
    if not is_custom(api_version) and name not in SERVED.get(api_version, "").split():
        raise _no_match(kind, name, api_version, tuple(each for each, _ in modelled))
    group = group_of(api_version)
    declared = next((other for each, other in modelled if each == name and group_of(other) == group), None)
    if declared is not None and is_custom(declared):
        problem = f"{quoted(name)} is not declared in version {quoted(api_version)}"
        raise kind.error(problem, f"write apiVersion: {declared}, or declare it so")
    return read_opaque(document, name, api_version)


def _no_match(kind: Field, name: str, api_version: str, modelled: tuple[str, ...]) -> InputError:
    """Return the error that no api-server has this kind in this version."""
    other = next(versions_of(name), None)
    meant = did_you_mean(name, (*modelled, *all_kinds()), cutoff=0.85)
    fix = (
        f"write apiVersion: {other}"
        if other is not None
        else f'did you mean "{meant}"?'
        if meant is not None
        else "see `kubectl api-resources` for the kinds there are"
    )
    return kind.error(f"there are no matches for kind {quoted(name)} in version {quoted(api_version)}", fix)


def read(document: Field, kinds: Kinds = KINDS) -> Manifest:
    """Return the object that a document describes; InputError if the model has no such kind or cannot represent it."""
    fields = document.fields()
    by_name = {kind.kind: kind for kind in written_by_users(kinds)}
    kind_field = fields.required("kind", f"add one of {', '.join(by_name)}")
    name = kind_field.string()
    if name not in by_name:
        raise kind_field.error(f"{quoted(name)} is not a kind that is modelled", choose(name, tuple(by_name)))
    kind = by_name[name]
    _check_api_version(fields, name, kind.api_version)
    left_out: list[str] = []
    assert kind.read is not None
    value = kind.read(fields, left_out)
    for expected in known.OBJECT:
        if expected != "status" or kind.reads_status:
            fields.optional(expected)
    left_out.extend(fields.unmodelled(known.OBJECT))
    cut = f"{MOST_PODS} of {value.pods_wanted} pods" if value.pods_wanted > MOST_PODS else ""
    return Manifest(value.at_most(MOST_PODS), kind, document, tuple(left_out), cut)


def _check_api_version(fields: Fields, kind: str, expected: str) -> None:
    version = fields.required("apiVersion", f"add apiVersion: {expected}")
    text = version.string()
    if text != expected:
        raise version.error(f"{quoted(text)} has no {kind} that is modelled", f"write apiVersion: {expected}")
