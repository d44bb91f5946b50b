"""The cluster: the global state, one immutable value; and the updates that a step writes to its cells."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

import attrs

from kmodel.kernel.cell import Cell, Cells, Layout
from kmodel.kernel.errors import ModelError
from kmodel.kernel.values import plain

T = TypeVar("T")
P = TypeVar("P", bound=Hashable)


@attrs.frozen(cache_hash=True)
class Put:
    """The update that replaces the old value, whatever it was."""

    value: Any

    def __call__(self, old: Any) -> Any:
        """Return the new value."""
        return self.value


@attrs.frozen(cache_hash=True)
class Replace:
    """The update that replaces some attributes of the object in the cell, and keeps the others."""

    changes: tuple[tuple[str, Any], ...]

    def __call__(self, old: Any) -> Any:
        """Return the object with its new attributes."""
        return attrs.evolve(old, **dict(self.changes))


@attrs.frozen(cache_hash=True)
class Append:
    """The update that adds an item at the end of the tuple in the cell."""

    item: Any

    def __call__(self, old: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the longer tuple."""
        return (*old, self.item)


def drop_first(old: tuple[Any, ...]) -> tuple[Any, ...]:
    """The update that takes the first item off the tuple in the cell."""
    return old[1:]


def first(items: tuple[T, ...] | None) -> T | None:
    """The projection of a tuple on its first item; None when there is none."""
    return items[0] if items else None


@attrs.frozen(cache_hash=True)
class Then:
    """The update, or projection, that does one function after another."""

    earlier: Callable[[Any], Any]
    later: Callable[[Any], Any]

    def __call__(self, old: Any) -> Any:
        """Return what both make of the old value."""
        return self.later(self.earlier(old))


@attrs.frozen
class Cluster:
    """The global state: one value per cell of the layout."""

    layout: Layout = attrs.field(eq=False, repr=False)
    values: tuple[Any, ...]

    @staticmethod
    def of(
        cells: Mapping[Cell[Any], Any],
        constants: Mapping[Cell[Any], Any] | None = None,
        may_mention: Callable[[Cell[Any], str], bool] = lambda cell, scope: True,
    ) -> "Cluster":
        """Return the cluster that has these cells with these values, in this order (see Layout)."""
        layout = Layout(tuple(cells), constants or {}, may_mention)
        return Cluster(layout, tuple(plain(value, lambda c=cell: f"cell {c}") for cell, value in cells.items()))  # type: ignore[misc]

    def __getitem__(self, cell: Cell[T]) -> T:
        if cell in self.layout.constants:
            return self.layout.constant(cell)
        value: T = self.values[self.layout.position(cell)]
        return value

    def look(self, cell: Cell[T], through: Callable[[T], P]) -> P:
        """Return the cell's value seen through a pure function: only what that shows counts as read."""
        return through(self[cell])

    def set(self, cell: Cell[T], value: T) -> "Cluster":
        """Return the cluster with another value in the cell."""
        return self.modify(cell, Put(value))

    def update(self, cell: Cell[Any], **changes: Any) -> "Cluster":
        """Return the cluster with some attributes of the object in the cell replaced; the others are not read."""
        return self.modify(cell, Replace(tuple(changes.items())))

    def modify(self, cell: Cell[T], update: Callable[[T], T]) -> "Cluster":
        """Return the cluster with the cell changed by a pure, hashable function of its old value, which is not read."""
        position = self._writable(cell)
        value = plain(update(self.values[position]), lambda: f"cell {cell}")
        return Cluster(self.layout, (*self.values[:position], value, *self.values[position + 1 :]))

    def names(self, family: Cells[Any]) -> tuple[str, ...]:
        """Return the keys of a family whose keys are single names; they are fixed, so this reads nothing."""
        return tuple(key[0] for key in self.layout.keys(family))

    def has(self, cell: Cell[Any]) -> bool:
        """Tell whether the layout has the cell; this is fixed, so it reads nothing."""
        return cell in self.layout

    def _writable(self, cell: Cell[Any]) -> int:
        if cell in self.layout.constants:
            raise ModelError(f"{cell} is a constant of the scenario; make it a cell to write to it")
        return self.layout.position(cell)
