"""What a step changed, attribute by attribute."""

from collections.abc import Iterator
from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster, Rank
from kmodel.kernel.values import identity
from kmodel.reporting.value_text import brief, show

# Letters. What was there is known from the step that wrote it; what is new is what the reader wants to see.
ROOM_FOR_OLD = 30
ROOM_FOR_NEW = 120


@attrs.frozen
class Change:
    """One attribute that differs: the cell, the path of attributes within its value, and how it changed."""

    cell: Cell[Any]
    path: str
    how: str

    def __str__(self) -> str:
        return f"{self.cell}: {self.path} {self.how}" if self.path else f"{self.cell}: {self.how}"


def changes(before: Cluster, after: Cluster) -> tuple[Change, ...]:
    """Return what differs between two clusters of one layout, in the order of their cells."""
    return tuple(
        Change(cell, path, how)
        for cell, old, new in zip(before.layout.cells, before.values, after.values, strict=True)
        if old is not new and identity(old) != identity(new)
        for path, how in _differences((), old, new)
    )


def _differences(path: tuple[str, ...], old: Any, new: Any) -> Iterator[tuple[str, str]]:
    if _alike(old, new):
        for name in (field.name for field in attrs.fields(type(old))):
            if identity(getattr(old, name)) != identity(getattr(new, name)):
                yield from _differences((*path, name), getattr(old, name), getattr(new, name))
    elif isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new) and all(map(_alike, old, new)):
        *above, name = path or ("",)
        for place, (was, now) in enumerate(zip(old, new, strict=True)):
            if identity(was) != identity(now):
                yield from _differences((*above, f"{name}[{place}]"), was, now)
    else:
        yield ".".join(path), _how(old, new)


def _alike(old: Any, new: Any) -> bool:
    """Tell whether two values are objects that can be compared attribute by attribute."""
    return attrs.has(type(old)) and type(old) is type(new) and not isinstance(old, Rank)


def _how(old: Any, new: Any) -> str:
    if isinstance(old, tuple) and isinstance(new, tuple):
        if len(new) > len(old) and new[: len(old)] == old:  # a queue that grew at its end
            return " ".join(f"+ {brief(item, ROOM_FOR_NEW)}" for item in new[len(old) :])
        if len(new) < len(old) and old[len(old) - len(new) :] == new:  # a queue that was read from its start
            return " ".join(f"- {brief(item, ROOM_FOR_OLD)}" for item in old[: len(old) - len(new)])
    if isinstance(old, frozenset) and isinstance(new, frozenset):
        added = [f"+ {item}" for item in sorted(map(show, new - old))]
        removed = [f"- {item}" for item in sorted(map(show, old - new))]
        return " ".join(added + removed)
    return f"{brief(old, ROOM_FOR_OLD)} -> {brief(new, ROOM_FOR_NEW)}"
