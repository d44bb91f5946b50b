"""Values of cells in words: as short as they can be without hiding what differs."""

from collections.abc import Iterator
from enum import Enum
from functools import cache
from typing import Any

import attrs

from kmodel.kernel import Rank
from kmodel.kernel.values import remembered

DEEPEST = 9  # objects within objects; deeper than any that are


@remembered
def brief(value: Any, room: int) -> str:
    """Return a value as text that fits the room, if need be with `…` for what is inside the objects in it."""
    texts = (show(value, depth) for depth in range(DEEPEST, -1, -1))
    return next((text for text in texts if len(text) <= room), show(value, 0))


def show(value: Any, depth: int = DEEPEST) -> str:
    """Return a value as text: objects without the attributes that have their default, ranks as `#2`."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Rank):
        return f"#{value.number}"
    if isinstance(value, str):
        return value if value else '""'
    if isinstance(value, tuple):
        return f"[{', '.join(show(item, depth) for item in value)}]"
    if isinstance(value, frozenset):
        return "{" + ", ".join(sorted(show(item, depth) for item in value)) + "}"
    if attrs.has(type(value)):
        return f"{type(value).__name__}({', '.join(_attributes(value, depth - 1)) if depth else '…'})"
    return str(value)


def _attributes(value: Any, depth: int) -> Iterator[str]:
    kind: Any = type(value)
    for name, default in _defaults(kind):
        held = getattr(value, name)
        if held is not None and held != default:
            yield f"{name}={show(held, depth)}"


@cache
def _defaults(cls: type) -> tuple[tuple[str, Any], ...]:
    """Return the fields of a class, each with its default; None for one that depends on the others."""
    defaults = []
    for field in attrs.fields(cls):
        default = field.default
        if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
            default = None if default.takes_self else default.factory()
        defaults.append((field.name, default))
    return tuple(defaults)
