"""Kinds that only a CustomResourceDefinition brings, and others that kmodel has not: their fields are declared.

Models: spec and status apart, as with the status subresource; generations that follow the spec; a manifest's fields
that are not declared are left out, as the api-server prunes them. Each declared field is a footprint of its own.

Leaves out: conversion between versions, scale subresources, validation rules in CEL; two versions of one kind.
"""

import copyreg
import keyword
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from kmodel.controllers.schemas import read_definition
from kmodel.kernel.errors import ModelError
from kmodel.kubernetes.manifests import Field, Fields
from kmodel.kubernetes.manifests.field import tag_of
from kmodel.kubernetes.objects import ApiObject, Kind, ObjectMeta
from kmodel.kubernetes.objects.meta import read_metadata

SCALARS: tuple[type, ...] = (str, int, bool)


@attrs.frozen(cache_hash=True)
class Json:
    """A mapping that cannot change, such as labels: `value["name"]`, `value.get("name")`, `dict(value.items())`."""

    members: tuple[tuple[str, Any], ...] = ()

    def __getitem__(self, name: str) -> Any:
        for known, value in self.members:
            if known == name:
                return value
        raise KeyError(name)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a member; the default if there is none."""
        return next((value for known, value in self.members if known == name), default)

    def __contains__(self, name: object) -> bool:
        return any(known == name for known, _ in self.members)

    def __iter__(self) -> Any:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.members)

    def keys(self) -> tuple[str, ...]:
        """Return the names of the members."""
        return tuple(name for name, _ in self.members)

    def items(self) -> tuple[tuple[str, Any], ...]:
        """Return the members."""
        return self.members


def frozen(value: Any) -> Any:
    """Return a JSON value as one that cannot change: mappings become `Json`, lists tuples."""
    if isinstance(value, Mapping | Json):
        return Json(tuple(sorted((str(name), frozen(member)) for name, member in value.items())))
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    return value


class CustomObject(ApiObject):
    """An object of a custom kind: `metadata`, and its fields in `spec` and `status`."""

    __slots__ = ()
    spec: Any
    status: Any

    @property
    def desired(self) -> Any:
        """What is wanted: the spec."""
        return self.spec

    def replacing(self, stored: Any) -> Any:
        """Return the object with the status of the stored one."""
        return attrs.evolve(self, status=stored.status)  # type: ignore[misc]

    def reached(self, wait: str) -> bool:
        """Tell whether its status has the condition that `kubectl wait` is to wait for, and it is true."""
        conditions = dict(_members(self.status)).get("conditions")
        return any(kind.lower() == wait.lower() and status == "True" for kind, status in _conditions(conditions))

    def summary(self) -> str:
        """Return what its fields say."""
        told = [*_told(self.spec), *_told(self.status)]
        told += ["being deleted"] if self.metadata.deleting else []
        return ", ".join(told) or "as it is"


def _told(part: Any) -> Iterable[str]:
    for name, value in _members(part):
        if name == "conditions":
            yield from (f"{kind}: {status}" for kind, status in _conditions(value))
        elif value is not None and not attrs.has(value.__class__):
            yield f"{name}: {value}"


def _members(part: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(part, Json):
        return part.items()
    return [(field.name, getattr(part, field.name)) for field in attrs.fields(part.__class__)]


def _conditions(value: Any) -> Iterable[tuple[str, str]]:
    """Yield the type and the status of each condition, of what a status has under that name."""
    for each in value if isinstance(value, tuple) else ():
        if isinstance(each, Json):
            yield str(each.get("type")), str(each.get("status"))


def custom_kind(
    api_version: str = "",
    kind: str = "",
    *,
    crd: str | Path = "",
    spec: Mapping[str, Any] | type[dict[str, Any]] | None = None,
    status: Mapping[str, Any] | type[dict[str, Any]] | None = None,
    plural: str = "",
    short_names: tuple[str, ...] = (),
    namespaced: bool = True,
    **others: Any,
) -> Kind[Any]:
    """Return a kind whose objects have these fields: `custom_kind("example.com/v1", "Cache", spec={"size": int})`.

    A field is declared by its type (`int`, `str`, `bool`, `list`, `dict`), by a mapping of further fields, or by the
    value that it has where a manifest leaves it out; without one, that is None. `spec=dict` takes any fields, as one
    value. `others` are fields beside spec and status, such as the `data=dict` of a ConfigMap. With `crd="crd.yaml"`
    all of that is in the CustomResourceDefinition of that file, beside the one that calls. ModelError for any other
    declaration.
    """
    caller = sys._getframe(1)
    module = caller.f_globals.get("__name__", __name__)
    if crd:
        return declared_kind(module, read_definition(Path(caller.f_code.co_filename).parent / crd))
    return _kind(module, api_version, kind, spec, status, plural, short_names, namespaced, **others)


def _kind(
    module: str,
    api_version: str,
    kind: str,
    spec: Any,
    status: Any,
    plural: str,
    short_names: tuple[str, ...],
    namespaced: bool,
    **others: Any,
) -> Kind[Any]:
    if not (isinstance(api_version, str) and isinstance(kind, str) and kind[:1].isupper() and kind.isidentifier()):
        raise ModelError(f'custom_kind({api_version!r}, {kind!r}) names no kind; write ("example.com/v1", "Cache")')
    declared = {"spec": spec or {}, "status": status or {}, **others}
    fields = _fields(kind, declared, module)
    cls: Any = attrs.make_class(
        kind,
        {"metadata": attrs.field(), **fields},
        bases=(CustomObject,),
        class_body={"kind": kind, "__doc__": f"A {kind} of {api_version}."},
        frozen=True,
        slots=True,
        cache_hash=True,
    )
    _known_to_pickle(cls, module)
    members = {name: of for name, of in declared.items() if name != "status"}

    def read(top: Fields, left_out: list[str]) -> Any:
        metadata: ObjectMeta = read_metadata(top, left_out, namespaced=namespaced)
        return cls(metadata, **_read_members(top, members, cls, left_out))

    return Kind(
        kind,
        api_version,
        plural or plural_of(kind.lower()),
        cls,
        read,
        short_names=short_names,
        namespaced=namespaced,
        conditions=None,
    )


def declared_kind(module: str, definition: Mapping[str, Any]) -> Kind[Any]:
    """Return the kind of a definition that was read."""
    return _kind(module=module, **definition)


def plural_of(word: str) -> str:
    """Return the plural of a kind's name in lower case, as controller-gen makes it."""
    if word.endswith(("s", "x", "ch", "sh")):
        return f"{word}es"
    return f"{word[:-1]}ies" if word.endswith("y") and word[-2:-1] not in "aeiou" else f"{word}s"


def _fields(name: str, declared: Mapping[str, Any], module: str) -> dict[str, Any]:
    fields = {}
    for field, of in declared.items():
        if not field.isidentifier() or field.startswith("_") or keyword.iskeyword(field):
            raise ModelError(f"{name} cannot have a field {field!r}; name it as in Python")
        if isinstance(of, Mapping):
            fields[field] = attrs.field(factory=_class(f"{name}{field.capitalize()}", of, module))
        elif of in (*SCALARS, list, dict):
            fields[field] = attrs.field(default={list: (), dict: Json()}.get(of))
        elif isinstance(of, str | int | bool | list | tuple):
            fields[field] = attrs.field(default=frozen(of))
        else:
            raise ModelError(
                f"{name}.{field} is declared as {of!r}; write int, str, bool, list, dict, a mapping, or a default"
            )
    return fields


def _class(name: str, declared: Mapping[str, Any], module: str) -> Any:
    fields = _fields(name, declared, module)
    body = {"__doc__": "Its fields."}
    made: Any = attrs.make_class(name, fields, frozen=True, slots=True, cache_hash=True, class_body=body)
    return _known_to_pickle(made, module)


_CLASSES: dict[tuple[str, str], Any] = {}  # by module and name: a module calls its kind as the class is called


def _known_to_pickle(cls: Any, module: str) -> Any:
    cls.__module__ = module
    _CLASSES[module, cls.__name__] = cls
    names = [field.name for field in attrs.fields(cls)]

    def reduce(value: Any) -> tuple[Any, ...]:
        return _unpickled, (module, cls.__name__, *(getattr(value, name) for name in names))

    copyreg.pickle(cls, reduce)
    return cls


def _unpickled(module: str, name: str, *values: Any) -> Any:
    return _CLASSES[module, name](*values)


def _read(field: Field, declared: Mapping[str, Any], cls: Any, left_out: list[str]) -> Any:
    members = field.fields()
    values = _read_members(members, declared, cls, left_out)
    left_out.extend(members.unmodelled(tuple(declared)))
    return cls(**values)


def _read_members(members: Fields, declared: Mapping[str, Any], cls: Any, left_out: list[str]) -> dict[str, Any]:
    given = {name: members.optional(name) for name in declared}
    return {
        name: _read_one(field, declared[name], getattr(attrs.fields(cls), name), left_out)
        for name, field in given.items()
        if field is not None
    }


def _read_one(field: Field, of: Any, attribute: Any, left_out: list[str]) -> Any:
    if isinstance(of, Mapping):
        return _read(field, of, attribute.default.factory, left_out)
    wanted = of if isinstance(of, type) else type(of)
    if wanted is bool:
        return field.boolean()
    if wanted is int:
        return field.integer()
    if wanted is str:
        return field.string()
    value = json_of(field)
    if (wanted is dict) != isinstance(value, Json):
        raise field.error(f"is no {'mapping' if wanted is dict else 'list'}", "write it as the kind declares it")
    return value


def json_of(field: Field) -> Any:
    """Return what a field of a manifest holds, as a value that cannot change."""
    match tag_of(field.node):
        case "mapping":
            return Json(tuple(sorted((name, json_of(each)) for name, (_, each) in field.fields().members.items())))
        case "list":
            return tuple(json_of(item) for item in field.items())
        case "boolean":
            return field.boolean()
        case "number":
            return field.integer()
        case "null":
            return None
        case _:
            return field.string()
