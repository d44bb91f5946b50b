"""The cluster: the global state, one immutable value; and the updates that a step writes to its cells."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

import attrs

from kmodel.kernel.cell import Cell, Cells, Layout
from kmodel.kernel.errors import ModelError
from kmodel.kernel.values import ByIdentity, plain, same

T = TypeVar("T")
P = TypeVar("P", bound=Hashable)


@attrs.frozen(eq=False)
class Put(ByIdentity):
    """The update that replaces the old value, whatever it was."""

    value: Any

    def __call__(self, old: Any) -> Any:
        """Return the new value."""
        return self.value


@attrs.frozen(eq=False)
class Replace(ByIdentity):
    """The update that replaces some attributes of the object in the cell, and keeps the others."""

    changes: tuple[tuple[str, Any], ...]

    def __call__(self, old: Any) -> Any:
        """Return the object with its new attributes."""
        return attrs.evolve(old, **dict(self.changes))


@attrs.frozen(eq=False)
class Append(ByIdentity):
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


@attrs.frozen(eq=False)
class Then(ByIdentity):
    """The update, or projection, that does one function after another."""

    earlier: Callable[[Any], Any]
    later: Callable[[Any], Any]

    def __call__(self, old: Any) -> Any:
        """Return what both make of the old value."""
        return self.later(self.earlier(old))


class Cluster(ABC):
    """The global state: one immutable value per cell of the layout.

    This is all that a function may ask of it. A BareCluster answers from its values; a View (see footprint.py) answers
    the same and records what was read.
    """

    __slots__ = ()
    __iter__ = None  # a cluster is no sequence
    __contains__ = None

    @staticmethod
    def of(
        cells: Mapping[Cell[Any], Any],
        constants: Mapping[Cell[Any], Any] | None = None,
        may_mention: Callable[[Cell[Any], str], int] = lambda cell, scope: True,
    ) -> "Cluster":
        """Return the cluster that has these cells with these values, in this order (see Layout)."""
        layout = Layout(tuple(cells), constants or {}, may_mention)
        values = tuple(plain(value, lambda c=cell: f"cell {c}") for cell, value in cells.items())  # type: ignore[misc]
        return BareCluster(layout, values)

    @property
    @abstractmethod
    def layout(self) -> Layout:
        """Which cells and constants there are; this is fixed, so it reads nothing."""

    @property
    @abstractmethod
    def values(self) -> tuple[Any, ...]:
        """The value of each cell of the layout: reads all of them."""

    @abstractmethod
    def __getitem__(self, cell: Cell[T]) -> T: ...

    @abstractmethod
    def look(self, cell: Cell[T], through: Callable[[T], P]) -> P:
        """Return the cell's value seen through a pure function: only what that shows, a value, counts as read."""

    @abstractmethod
    def modify(self, cell: Cell[T], update: Callable[[T], T]) -> "Cluster":
        """Return the cluster with the cell changed by a pure, hashable function of its old value, which is not read."""

    @abstractmethod
    def __eq__(self, other: object) -> bool: ...

    def __hash__(self) -> int:
        return hash(self.values)  # equal for clusters that are the same; those that are not may share it

    def __repr__(self) -> str:
        cells = zip(self.layout.cells, self.values, strict=True)
        return f"Cluster({', '.join(f'{cell}={value!r}' for cell, value in cells)})"

    def _made(self, rank: Any) -> None:  # noqa: B027 - a bare cluster has nobody to tell
        """Take note that a function made a rank, which it need not write."""

    def set(self, cell: Cell[T], value: T) -> "Cluster":
        """Return the cluster with another value in the cell."""
        return self.modify(cell, Put(value))

    def update(self, cell: Cell[Any], **changes: Any) -> "Cluster":
        """Return the cluster with some attributes of the object in the cell replaced; the others are not read."""
        return self.modify(cell, Replace(tuple(changes.items())))

    def names(self, family: Cells[Any]) -> tuple[str, ...]:
        """Return the keys of a family whose keys are single names; they are fixed, so this reads nothing."""
        keys = self.layout.keys(family)
        for key in keys:
            if len(key) != 1:
                raise ModelError(f"the key {key} of {family.family} is no single name; use layout.keys(...)")
        return tuple(key[0] for key in keys)

    def has(self, cell: Cell[Any]) -> bool:
        """Tell whether there is such a cell or constant; this is fixed, so it reads nothing."""
        return cell in self.layout


def writable(cluster: Cluster, cell: Cell[Any]) -> int:
    """Return the place of a cell that may be written; ModelError if it is a constant or not there."""
    if cell in cluster.layout.constants:
        raise ModelError(f"{cell} is a constant of the model; make it a cell to write to it")
    return cluster.layout.position(cell)


@attrs.frozen(eq=False, repr=False)
class BareCluster(Cluster):
    """A cluster itself, with nobody watching: what engines keep and pass on."""

    layout: Layout
    values: tuple[Any, ...]

    def __getitem__(self, cell: Cell[T]) -> T:
        position = self.layout.place(cell)
        if position is None:
            return self.layout.constant(cell)
        value: T = self.values[position]
        return value

    def look(self, cell: Cell[T], through: Callable[[T], P]) -> P:
        """Return the cell's value seen through a pure function."""
        return shown(self[cell], through, cell)

    def modify(self, cell: Cell[T], update: Callable[[T], T]) -> "BareCluster":
        """Return the cluster with the cell changed by a pure function of its old value."""
        position = writable(self, cell)
        value = plain(update(self.values[position]), lambda: f"cell {cell}")
        return BareCluster(self.layout, (*self.values[:position], value, *self.values[position + 1 :]))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BareCluster):
            return NotImplemented
        return self.layout.cells == other.layout.cells and same(self.values, other.values)

    __hash__ = Cluster.__hash__


def shown(value: T, through: Callable[[T], P], where: object) -> P:
    """Return what a projection shows of a value of the cell (or constant) `where`; ModelError if that is no value."""
    found: P = plain(through(value), lambda: f"what {name_of(through)} shows of {where}")
    return found


def name_of(function: Callable[..., Any]) -> str:
    """Return what messages call an update or a projection."""
    return getattr(function, "__name__", None) or type(function).__name__
