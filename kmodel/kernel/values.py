"""What a cell may hold: immutable, hashable values, whose reading can be observed attribute by attribute.

A value is None, a bool, int, str, bytes or Enum member, a tuple or frozenset of values, or an instance of an
`attrs.frozen` class whose fields are values. Nothing else: lists, dicts and mutable classes would let a transition
change a cluster behind the kernel's back.
"""

from collections.abc import Callable, Hashable
from enum import Enum
from functools import cache
from typing import Any, NoReturn, Protocol

import attrs

from kmodel.kernel.errors import ModelError

WHOLE = "*"  # ends a path that was read to its last attribute

ATOMS = (type(None), bool, int, str, bytes, Enum)

# Values share most of their parts (an object is in etcd, in caches and in queues): what was found out of one is kept.
KEPT = 1 << 16


@cache
def _is_frozen(cls: type) -> bool:
    return attrs.has(cls) and bool(attrs.inspect(cls).is_frozen)


def fields(cls: Any) -> tuple[str, ...]:
    """Return the names of an attrs class's fields, in order."""
    return _fields(cls)


@cache
def _fields(cls: type) -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(cls))


def parts(value: Any) -> tuple[Any, ...]:
    """Return what a tuple or frozenset contains, or the values of an object's fields."""
    if isinstance(value, tuple | frozenset):
        return tuple(value)
    return tuple(getattr(value, name) for name in fields(type(value)))


class Log(Protocol):
    """Where a tracked value reports what was read of it: a path of attributes and what was found there."""

    def read(self, path: tuple[str, ...], found: Hashable) -> None:
        """Note that the value at the path was read, and what it looked like."""

    def refuse(self, path: tuple[str, ...]) -> NoReturn:
        """Raise a ModelError that says where somebody tried to change the attribute at the path."""


def shape(value: Any) -> Hashable:
    """Return what looking at a value without looking into it shows: an object's class, or any other value itself."""
    kind: Any = type(value)
    found: Hashable = kind if _is_frozen(kind) else value
    return found


def tracked(value: Any, path: tuple[str, ...], log: Log) -> Any:
    """Return the value, or for an object a stand-in of the same class that reports each attribute read to the log."""
    log.read(path, shape(value))
    kind: Any = type(value)
    if not _is_frozen(kind):
        return value
    stand_in: Any = object.__new__(_tracked_class(kind))
    object.__setattr__(stand_in, "_kmodel_tracked", (value, path, log))
    return stand_in


@cache
def _tracked_class(cls: type) -> type:
    def attribute(name: str) -> property:
        def get(self: Any) -> Any:
            value, path, log = self._kmodel_tracked
            return tracked(getattr(value, name), (*path, name), log)

        return property(get)

    members: dict[str, Any] = {name: attribute(name) for name in fields(cls)}
    # attrs compares and copies by __class__: a stand-in answers as the class that it stands for.
    members["__class__"] = property(lambda self: cls)
    members["__slots__"] = ("_kmodel_tracked",)
    members["__hash__"] = _hash
    members["__setattr__"] = lambda self, name, value: _refuse(self, name)
    members["__delattr__"] = _refuse
    members["__eq__"] = _equal
    return type(f"Tracked{cls.__name__}", (cls,), members)


def _hash(self: Any) -> int:
    # As the value itself hashes: a stand-in is looked up where values are kept.
    value, path, log = self._kmodel_tracked
    log.read((*path, WHOLE), value)
    return hash(value)


def _refuse(self: Any, name: str) -> None:
    _, path, log = self._kmodel_tracked
    log.refuse((*path, name))


def _equal(self: Any, other: Any) -> bool:
    if self.__class__ is not other.__class__:
        return False
    return all(getattr(self, name) == getattr(other, name) for name in fields(self.__class__))


_PLAIN: dict[int, Any] = {}  # values known to be free of stand-ins, by id; they are kept, so that an id stays theirs
MOST_PLAIN = 1 << 18


def plain(value: Any, where: Callable[[], str]) -> Any:
    """Return the value free of stand-ins, noting a stand-in as read whole; ModelError if it is not immutable."""
    if id(value) in _PLAIN:
        return value
    result = _plain(value, where)
    if len(_PLAIN) >= MOST_PLAIN:
        _PLAIN.clear()
    _PLAIN[id(result)] = result
    return result


def _plain(value: Any, where: Callable[[], str]) -> Any:
    kind: Any = type(value)
    if hasattr(kind, "_kmodel_tracked"):
        original, path, log = value._kmodel_tracked
        log.read((*path, WHOLE), original)
        return original
    if isinstance(value, ATOMS):
        return value
    if kind is tuple:
        items = tuple(plain(item, where) for item in value)
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    if kind is frozenset:
        return frozenset(plain(item, where) for item in value)
    if _is_frozen(kind):
        changed = {}
        for name in fields(kind):
            item = getattr(value, name)
            clean = plain(item, where)
            if clean is not item:
                changed[name] = clean
        if not changed:
            return value
        return attrs.evolve(value, **changed)
    raise ModelError(
        f"{where()} holds a {kind.__name__}, which can change after it is written; "
        "use a tuple, a frozenset or an attrs.frozen class"
    )
