"""What a cell may hold: immutable, hashable values, whose reading can be observed attribute by attribute.

A value is None, a bool, int, str, bytes or Enum member, a tuple or frozenset of values, or an instance of an
`attrs.frozen` class whose fields are values. Nothing else: lists, dicts and mutable classes would let a transition
change a cluster behind the kernel's back.

Python's `==` takes `False` for `0`, `1` for `1.0` and an IntEnum for its number. To a model these are different values,
so whatever compares or remembers values does it by their identity(), which is injective.
"""

from collections.abc import Callable, Hashable
from dataclasses import is_dataclass
from enum import Enum
from functools import cache, wraps
from typing import Any, NoReturn, Protocol, TypeVar

import attrs

from kmodel.kernel.errors import ModelError

WHOLE = "*"  # ends a path that was read to its last attribute

ATOMS = (type(None), bool, int, str, bytes, Enum)

T = TypeVar("T")

# Values share most of their parts (an object is in etcd, in caches and in queues): what was found out of one is kept.
KEPT = 1 << 16


@cache
def is_frozen(cls: type) -> bool:
    """Tell whether the class is attrs.frozen itself: whether what its instances show is told field by field."""
    return "__attrs_attrs__" in cls.__dict__ and bool(attrs.inspect(cls).is_frozen)


def fields(cls: Any) -> tuple[str, ...]:
    """Return the names of an attrs class's fields, in order."""
    return _fields(cls)


@cache
def _fields(cls: type) -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(cls))


@cache
def _is_object(cls: type) -> bool:
    return attrs.has(cls)


def parts(value: Any) -> tuple[Any, ...]:
    """Return what a tuple or frozenset contains, or the values of an object's fields."""
    if isinstance(value, tuple | frozenset):
        return tuple(value)
    return tuple(getattr(value, name) for name in fields(type(value)))


def with_parts(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return a tuple, frozenset or object with a function applied to each part; the value itself if none changes."""
    if isinstance(value, tuple | frozenset):
        items = [change(item) for item in value]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else type(value)(items)
    changed = {}
    for field in attrs.fields(type(value)):
        old = getattr(value, field.name)
        new = change(old)
        if new is not old:
            changed[field.alias or field.name] = new
    return attrs.evolve(value, **changed) if changed else value


def identity(value: Any) -> Hashable:
    """Return what is equal for two values only if they are one: their types, and those of their parts, are the same.

    Updates and projections have an identity, too: that of their class and fields, or for a function the function.
    """
    kind: Any = type(value)
    try:
        found = _IDENTITY_OF[kind]
    except KeyError:
        found = _IDENTITY_OF[kind] = _identity_of(kind)
    return value if found is None else found(value)


def _identity_of(kind: Any) -> Callable[[Any], Hashable] | None:
    """Return how values of a class get their identity; None if they are their own."""
    if _is_object(kind):
        return _of_object
    if issubclass(kind, Enum):
        return lambda value: (kind, value.name if value.name is not None else value.value)
    return None


# A type is never a part of a value, so that nothing is mistaken for the tuples that begin with one.
def _of_tuple(value: tuple[Any, ...]) -> Hashable:
    kept = _IDENTITIES.get(id(value))
    return kept[1] if kept is not None else _keep(value, (tuple, *[identity(part) for part in value]))


def _of_frozenset(value: frozenset[Any]) -> Hashable:
    kept = _IDENTITIES.get(id(value))
    return kept[1] if kept is not None else _keep(value, (frozenset, frozenset(map(identity, value))))


def _of_object(value: Any) -> Hashable:
    kept = _IDENTITIES.get(id(value))
    if kept is not None:
        return kept[1]
    kind: Any = type(value)
    return _keep(value, (kind, *[identity(getattr(value, name)) for name in _fields(kind)]))


def _keep(value: Any, found: Hashable) -> Hashable:
    if len(_IDENTITIES) >= KEPT:
        _IDENTITIES.clear()
    _IDENTITIES[id(value)] = (value, found)
    return found


_IDENTITIES: dict[int, tuple[Any, Hashable]] = {}  # by the id of a value, which is kept so that its id stays its own
_IDENTITY_OF: dict[type, Callable[[Any], Hashable] | None] = {
    bool: lambda value: (bool, value),
    tuple: _of_tuple,
    frozenset: _of_frozenset,
}


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are one: what comparing their identities says, without making these."""
    if one is other:
        return True
    kind: Any = type(one)
    kind_of_other: Any = type(other)
    if kind is not kind_of_other:
        return False
    if kind is str or kind is int:
        return bool(one == other)
    if kind is tuple:
        return len(one) == len(other) and all(map(same, one, other))
    if not _is_object(kind):
        return identity(one) == identity(other)
    for name in _fields(kind):  # noqa: SIM110 - called for each read of each call: no frame of a generator
        if not same(getattr(one, name), getattr(other, name)):
            return False
    return True


class ByIdentity:
    """What is equal to another of its class by the identity of its fields, so that `Put(True)` is not `Put(1)`."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return same(self, other)

    def __hash__(self) -> int:
        return hash(parts(self))  # equal for what is the same; what is not may share it


def remembered(function: Callable[..., T]) -> Callable[..., T]:
    """Make a pure function remember what it returned, by the identity of its arguments."""
    kept: dict[Hashable, T] = {}

    @wraps(function)
    def remembering(*arguments: Any) -> T:
        key = tuple(map(identity, arguments))
        if key not in kept:
            if len(kept) >= KEPT:
                kept.clear()
            kept[key] = function(*arguments)
        return kept[key]

    return remembering


class ReadLog(Protocol):
    """Where a tracked value reports what was read of it: a path of attributes and what was found there."""

    def read(self, path: tuple[str, ...], found: Hashable) -> None:
        """Note that the value at the path was read, and what it looked like."""

    def refuse(self, path: tuple[str, ...]) -> NoReturn:
        """Raise a ModelError that says where somebody tried to change the attribute at the path."""


def shape(value: Any) -> Hashable:
    """Return what looking at a value without looking into it shows: an object's class, or any other value itself."""
    kind: Any = type(value)
    found: Hashable = kind if is_frozen(kind) else value
    return found


def tracked(value: Any, path: tuple[str, ...], log: ReadLog) -> Any:
    """Return the value, or for an object a stand-in of the same class that reports each attribute read to the log.

    The log is told the shape() of the value.
    """
    kind: Any = type(value)
    if not is_frozen(kind):
        log.read(path, value)
        return value
    log.read(path, kind)
    stand_in: Any = object.__new__(_tracked_class(kind))
    object.__setattr__(stand_in, "_kmodel_tracked", (value, path, log))
    return stand_in


def is_tracked(value: object) -> bool:
    """Tell whether the value is a stand-in."""
    return hasattr(type(value), "_kmodel_tracked")


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
    """Return the value free of stand-ins, noting a stand-in as read whole; ModelError if it is no value."""
    if id(value) in _PLAIN:
        return value
    result = _plain(value, where)
    if len(_PLAIN) >= MOST_PLAIN:
        _PLAIN.clear()
    _PLAIN[id(result)] = result
    return result


def _plain(value: Any, where: Callable[[], str]) -> Any:
    kind: Any = type(value)
    if is_tracked(value):
        original, path, log = value._kmodel_tracked
        log.read((*path, WHOLE), original)
        return original
    problem = _unfit(kind)
    if problem is not None:
        raise ModelError(f"{where()} holds a {kind.__name__}, {problem}")
    if issubclass(kind, ATOMS):
        return value
    return with_parts(value, lambda part: plain(part, where))


@cache
def _unfit(cls: Any) -> str | None:
    """Return why instances of a class are no values, and what to use; None if they are."""
    if cls in (*ATOMS[:-1], tuple, frozenset) or issubclass(cls, Enum):
        return None
    for base in (*ATOMS[1:-1], tuple, frozenset):
        if issubclass(cls, base):
            return (
                f"a subclass of {base.__name__}, equal to what it is not; use {base.__name__} or an attrs.frozen class"
            )
    if issubclass(cls, float | complex):
        return "which may differ from itself (NaN) and equal what it is not (0.0, -0.0, 0); use int or a tuple of ints"
    if is_dataclass(cls):
        return "a dataclass; use an attrs.frozen class"
    if not is_frozen(cls):
        return "which can change after it is written; use a tuple, a frozenset or an attrs.frozen class"
    for field in attrs.fields(cls):
        if field.eq is not True or field.eq_key is not None:
            return f"whose field {field.name} does not count as it is when two are compared; leave out its eq="
        if not field.init:
            return f"whose field {field.name} no caller can set (init=False); make it a property"
    if cls.__eq__ is not ByIdentity.__eq__ and not _is_generated(cls.__eq__):
        return "which defines __eq__ itself; leave it to attrs.frozen"
    return None


def _is_generated(method: Any) -> bool:
    code = getattr(method, "__code__", None)
    return code is not None and bool(code.co_filename.startswith("<attrs generated"))
