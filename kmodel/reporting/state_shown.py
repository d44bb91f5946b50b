"""A state in full, as tables: what a step left behind, with the rows marked that are not as they were."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster
from kmodel.reporting.columns import columns
from kmodel.reporting.value_text import show

CHANGED = "*"
NOTHING: tuple[Any, ...] = (None, False, 0, "", (), frozenset())


@attrs.frozen
class StateTable:
    """One table of a state: a title, headings, rows of text."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@attrs.frozen
class MarkedTable:
    """A table beside that of another state: of each row, whether it was so there; `gone` are those that no more are."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[bool, tuple[str, ...]], ...]
    gone: tuple[tuple[str, ...], ...] = ()


Tables = Callable[[Cluster], Sequence[StateTable]]


def cells_table(cluster: Cluster, title: str, of: Callable[[Cell[Any]], bool] = lambda cell: True) -> StateTable | None:
    """Return the cells that hold anything, as a table; None if none does."""
    held = zip(cluster.layout.cells, cluster.values, strict=True)
    rows = [(str(cell), show(value, 3)) for cell, value in held if of(cell) and not _is_nothing(value)]
    return StateTable(title, ("CELL", "VALUE"), tuple(rows)) if rows else None


def all_cells(cluster: Cluster) -> tuple[StateTable, ...]:
    """Return a state of whose cells nobody knows what they mean."""
    table = cells_table(cluster, "State")
    return () if table is None else (table,)


def _is_nothing(value: object) -> bool:
    return any(type(value) is type(nothing) and value == nothing for nothing in NOTHING)


def marked(tables: Sequence[StateTable], before: Sequence[StateTable]) -> tuple[MarkedTable, ...]:
    """Return the tables of a state, with what is not as it was in another one."""
    earlier = {table.title: table for table in before}
    made = [_marked(table, earlier.pop(table.title, None)) for table in tables]
    made += [MarkedTable(table.title, table.headings, (), table.rows) for table in earlier.values()]
    return tuple(made)


def _marked(table: StateTable, before: StateTable | None) -> MarkedTable:
    old = () if before is None or before.headings != table.headings else before.rows
    names = {row[0] for row in table.rows}
    gone = tuple(row for row in old if row[0] not in names)
    return MarkedTable(table.title, table.headings, tuple((row in old, row) for row in table.rows), gone)


def state_text(tables: Sequence[MarkedTable], width: int | None) -> str:
    """Return a state for a terminal; what is not as it was before the step has a star, what is gone a minus."""
    return "\n\n".join("\n".join(_lines(table, width)) for table in tables)


def _lines(table: MarkedTable, width: int | None) -> Iterator[str]:
    yield f"{table.title[:1].upper()}{table.title[1:]}"
    rows = [["" if same else CHANGED, *row] for same, row in table.rows] + [["-", *row] for row in table.gone]
    for lines in columns(["", *table.headings], rows, width):
        yield from lines
