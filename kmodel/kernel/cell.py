"""Cells: the smallest named parts of a cluster."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import attrs

from kmodel.kernel.errors import ModelError
from kmodel.kernel.values import plain

T = TypeVar("T")


@attrs.frozen(cache_hash=True)
class Cell(Generic[T]):
    """One cell: a family such as `etcd/pods` and a key within it such as `("web-0",)`; it holds a value of type T."""

    family: str
    key: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.family}[{', '.join(self.key)}]" if self.key else self.family


@attrs.frozen(cache_hash=True)
class Cells(Generic[T]):
    """A family of cells that hold values of one type: `PODS["web-0"]` is a cell."""

    family: str

    def __getitem__(self, key: str | tuple[str, ...]) -> Cell[T]:
        return _cell(self.family, key)


@lru_cache(1 << 16)
def _cell(family: str, key: str | tuple[str, ...]) -> Cell[Any]:
    return Cell(family, (key,) if isinstance(key, str) else key)


def _plain_constants(constants: Mapping[Cell[Any], Any]) -> Mapping[Cell[Any], Any]:
    return MappingProxyType({cell: plain(value, lambda c=cell: f"constant {c}") for cell, value in constants.items()})  # type: ignore[misc]


@attrs.frozen(eq=False)
class Layout:
    """Which cells a cluster has, in which order, and the constants that no transition can write.

    `may_mention` tells which cells may mention ranks of a scope; the fewer they are, the smaller the footprints. Where
    it tells more than yes and no, a higher number is a cell that is likelier to: it is looked at before the others.
    """

    cells: tuple[Cell[Any], ...]
    constants: Mapping[Cell[Any], Any] = attrs.field(converter=_plain_constants)
    may_mention: Callable[[Cell[Any], str], int] = lambda cell, scope: True
    _of_scope: dict[str, tuple[Cell[Any], ...]] = attrs.field(init=False, factory=dict)
    _positions: dict[Cell[Any], int] = attrs.field(init=False)
    _keys: dict[str, tuple[tuple[str, ...], ...]] = attrs.field(init=False)

    @_positions.default
    def _number_cells(self) -> dict[Cell[Any], int]:
        positions = {cell: position for position, cell in enumerate(self.cells)}
        if len(positions) != len(self.cells):
            raise ModelError("a cell is listed twice in the layout; give each cell one initial value")
        for cell in self.constants:
            if cell in positions:
                raise ModelError(f"{cell} is a cell and a constant; give one of them another name")
        return positions

    @_keys.default
    def _group_keys(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        keys: dict[str, list[tuple[str, ...]]] = {}
        for cell in self.cells:
            keys.setdefault(cell.family, []).append(cell.key)
        return {family: tuple(members) for family, members in keys.items()}

    def place(self, cell: Cell[Any]) -> int | None:
        """Return the place of the cell in a cluster's row of values; None if it is a constant, or is not there."""
        return self._positions.get(cell)

    def position(self, cell: Cell[Any]) -> int:
        """Return the place of the cell in a cluster's row of values; ModelError if the cluster has no such cell."""
        position = self._positions.get(cell)
        if position is None:
            raise _missing(cell)
        return position

    def __contains__(self, cell: Cell[Any]) -> bool:
        return cell in self._positions or cell in self.constants

    def has_family(self, family: str) -> bool:
        """Tell whether the cluster has cells, or a constant, of the family."""
        return family in self._keys or any(cell.family == family for cell in self.constants)

    def keys(self, family: Cells[Any]) -> tuple[tuple[str, ...], ...]:
        """Return the keys of the family's cells, in the order in which the cluster lists them."""
        return self._keys.get(family.family, ())

    def cells_of(self, scope: str) -> tuple[Cell[Any], ...]:
        """Return the cells that may mention ranks of the scope, the likeliest first."""
        if scope not in self._of_scope:
            likely = {cell: self.may_mention(cell, scope) for cell in self.cells}
            self._of_scope[scope] = tuple(sorted(filter(likely.get, self.cells), key=lambda cell: -likely[cell]))
        return self._of_scope[scope]

    def constant(self, cell: Cell[T]) -> T:
        """Return a constant of the model; reading one leaves no footprint, since it never changes.

        ModelError if the cluster has neither such a constant nor such a cell.
        """
        if cell not in self.constants:
            raise _missing(cell)
        value: T = self.constants[cell]
        return value


def _missing(cell: Cell[Any]) -> ModelError:
    return ModelError(f"there is no cell {cell} in this cluster; give it an initial value")
