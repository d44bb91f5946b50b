"""The quotient of a state graph: states that agree in chosen fields are drawn as one."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any

import attrs

from kmodel.engines.graph import Graph
from kmodel.kernel import Cell, Cluster, Rank
from kmodel.reporting.values import show

# Of fields that nobody chose, so that the picture can be taken in:
MOST_FIELDS = 5
MOST_GROUPS = 40  # that they make
MOST_VALUES = 8  # of one of them
DEEPEST = 2  # attributes within attributes, such as spec.node_name


class FieldError(Exception):
    """A field to group by is not there: one line that names it and what there is."""


@attrs.frozen
class Field:
    """An attribute of the value in a cell; an empty path is the value itself."""

    cell: Cell[Any]
    path: tuple[str, ...] = ()

    def __call__(self, cluster: Cluster) -> Any:
        """Return what the field holds; None where an object on the way is absent."""
        value = cluster[self.cell]
        for name in self.path:
            value = getattr(value, name, None)
        return value

    def __str__(self) -> str:
        return ".".join((str(self.cell), *self.path))


@attrs.frozen
class Quotient:
    """Groups of states, each with the values of the fields and its size, and the transitions between groups."""

    fields: tuple[Field, ...]
    groups: tuple[tuple[tuple[Any, ...], int], ...]
    edges: tuple[tuple[int, str, int], ...]
    initial: frozenset[int]

    def label(self, group: int) -> str:
        """Return what the states of a group have in common, one field per line, and how many they are."""
        values, size = self.groups[group]
        lines = [f"{field} = {show(value)}" for field, value in zip(self.fields, values, strict=True)]
        return "\n".join([*lines, f"× {size:,}"])


def quotient(graph: Graph, fields: Sequence[Field]) -> Quotient:
    """Return the graph with all states that agree in the fields drawn together."""
    values = [tuple(field(state) for field in fields) for state in graph.states]
    sizes = Counter(values)
    numbers = {value: number for number, value in enumerate(sizes)}
    edges = {
        (numbers[values[edge.source]], edge.action.transition.name, numbers[values[edge.target]]): None
        for edge in graph.edges
        if values[edge.source] != values[edge.target]
    }
    initial = frozenset(numbers[value] for value in values[: graph.initial])
    return Quotient(tuple(fields), tuple(sizes.items()), tuple(edges), initial)


def chosen_fields(graph: Graph, names: Sequence[str]) -> tuple[Field, ...]:
    """Return the fields that names such as `etcd/pods.spec.node_name` mean, for every cell of the family."""
    layout = graph.states[0].layout
    fields: list[Field] = []
    for name in names:
        family, *path = name.split(".")
        cells = [cell for cell in layout.cells if cell.family == family]
        if not cells:
            there = ", ".join(dict.fromkeys(cell.family for cell in layout.cells))
            raise FieldError(f"there are no cells {family} to group by; there are {there}")
        leaves = {leaf for cell in cells for state in graph.states for leaf in _paths(state[cell], ())}
        if path and tuple(path) not in leaves:
            known = ", ".join(sorted(".".join(leaf) for leaf in leaves if leaf)) or "none"
            raise FieldError(f"{family} has no attribute {'.'.join(path)} to group by; it has {known}")
        fields += [Field(cell, tuple(path)) for cell in cells]
    return tuple(fields)


def telling_fields(graph: Graph) -> tuple[Field, ...]:
    """Return fields to group by where nobody chose: those that tell much about a state and yet change on few edges."""
    columns: dict[Field, list[Any]] = {}
    for field in _candidates(graph):
        values = [field(state) for state in graph.states]
        if 2 <= len(set(values)) <= MOST_VALUES:
            columns[field] = values
    changes = {
        field: 1 + sum(values[edge.source] != values[edge.target] for edge in graph.edges)
        for field, values in columns.items()
    }
    chosen: list[Field] = []
    groups: list[tuple[Any, ...]] = [()] * len(graph.states)
    while len(chosen) < MOST_FIELDS:
        finer = {field: [(*g, v) for g, v in zip(groups, columns[field], strict=True)] for field in columns}
        worth = {
            field: (_bits(finer[field]) - _bits(groups)) / changes[field]
            for field in columns
            if len(set(groups)) < len(set(finer[field])) <= MOST_GROUPS
        }
        if not worth:
            break
        chosen.append(max(worth, key=worth.__getitem__))
        groups = finer[chosen[-1]]
    return tuple(sorted(chosen, key=list(columns).index))


def _bits(groups: Sequence[Any]) -> float:
    """Return the entropy of the groups: how much it tells of a state to know its group."""
    return -sum(size / len(groups) * math.log2(size / len(groups)) for size in Counter(groups).values())


def _candidates(graph: Graph) -> Iterator[Field]:
    for position, cell in enumerate(graph.states[0].layout.cells):
        paths: dict[tuple[str, ...], bool] = {}
        for value in dict.fromkeys(state.values[position] for state in graph.states):
            for path, held in _leaves(value, ()):
                paths[path] = paths.get(path, True) and (held is None or isinstance(held, bool | int | str | Enum))
        yield from (Field(cell, path) for path, plain in paths.items() if plain and len(path) <= DEEPEST)


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if attrs.has(type(value)) and not isinstance(value, Rank):
        for name in (field.name for field in attrs.fields(type(value))):
            yield from _leaves(getattr(value, name), (*path, name))
    else:
        yield path, value


def _paths(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield path
    if attrs.has(type(value)):
        for name in (field.name for field in attrs.fields(type(value))):
            yield from _paths(getattr(value, name), (*path, name))
