"""The quotient of a state graph: states that agree in chosen fields are drawn as one."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

import attrs

from kmodel.engines.small_graph import Graph
from kmodel.kernel import Cell, Rank
from kmodel.reporting.value_text import show
from kmodel.reporting.wording import count

# Of fields that nobody chose, so that the picture can be taken in:
MOST_FIELDS = 5
MOST_GROUPS = 40  # that they make
MOST_VALUES = 12  # of one of them
DEEPEST = 2  # attributes within attributes, such as spec.node_name


class FieldError(Exception):
    """A field to group by is not there: one line that names it and what there is."""


@attrs.frozen
class CellField:
    """An attribute of the values in a family's cells; an empty path is the value itself."""

    cells: tuple[Cell[Any], ...]
    path: tuple[str, ...] = ()

    def of(self, values: Iterable[Any]) -> str:
        """Return what cells with these values hold there, whichever cell holds what.

        So states that differ in names alone agree.
        """
        texts = [text for value in values if (text := self._in(value)) is not None]
        if len(texts) < 2:  # as in most states; to count takes longer
            return texts[0] if texts else "none"
        held = sorted(Counter(texts).items())
        return ", ".join(f"{text} × {often}" if often > 1 else text for text, often in held)

    def __str__(self) -> str:
        return ".".join((self.cells[0].family, *self.path))

    def _in(self, value: Any) -> str | None:
        for name in self.path:
            value = getattr(value, name, None)
        return None if value is None else show(value)


@attrs.frozen
class Quotient:
    """Groups of states, each with the values of the fields and its size, and the transitions between groups."""

    fields: tuple[CellField, ...]
    groups: tuple[tuple[tuple[str, ...], int], ...]
    edges: tuple[tuple[int, str, int], ...]
    initial: frozenset[int]

    def label(self, group: int) -> str:
        """Return what the states of a group have in common, one field per line, and how many they are."""
        values, size = self.groups[group]
        lines = [f"{field}: {value}" for field, value in zip(self.fields, values, strict=True)]
        return "\n".join([*lines, count(size, "state")])


def quotient(graph: Graph, fields: Sequence[CellField]) -> Quotient:
    """Return the graph with all states that agree in the fields drawn together."""
    columns = [_column(field, _Joint.of(graph, field.cells)) for field in fields]
    values = list(zip(*columns, strict=True)) if columns else [()] * len(graph.states)
    sizes = Counter(values)
    numbers = {value: number for number, value in enumerate(sizes)}
    edges = {
        (numbers[values[edge.source]], edge.action.transition.name, numbers[values[edge.target]]): None
        for edge in graph.edges
        if values[edge.source] != values[edge.target]
    }
    initial = frozenset(numbers[value] for value in values[: graph.initial])
    return Quotient(tuple(fields), tuple(sizes.items()), tuple(edges), initial)


def chosen_fields(graph: Graph, names: Sequence[str]) -> tuple[CellField, ...]:
    """Return the fields that names such as `etcd/pods.spec.node_name` mean."""
    families = _families(graph)
    fields: list[CellField] = []
    for name in names:
        family, *path = name.split(".")
        if family not in families:
            raise FieldError(f"there are no cells {family} to group by; there are {', '.join(families)}")
        field = CellField(families[family], tuple(path))
        known = dict.fromkeys(path for value in _values(graph, field.cells) for path, _ in _parts(value, ()))
        if field.path not in known:
            there = ", ".join(".".join(path) for path in known if path) or "none"
            raise FieldError(f"{family} has no attribute {'.'.join(path)} to group by; it has {there}")
        fields.append(field)
    return tuple(fields)


def families(graph: Graph) -> tuple[str, ...]:
    """Return the families of cells, in the order of the cells."""
    return tuple(_families(graph))


@attrs.define(eq=False)
class Columns:
    """The fields of a graph that are plain values, by family, and what each state holds there; each found out once."""

    graph: Graph
    _known: dict[str, dict[CellField, list[str]]] = attrs.field(factory=dict)

    def of(self, family: str) -> Mapping[CellField, list[str]]:
        """Return those of the cells of one family."""
        if family not in self._known:
            cells = _families(self.graph)[family]
            joint = _Joint.of(self.graph, cells)
            self._known[family] = {field: _column(field, joint) for field in _candidates(self.graph, cells)}
        return self._known[family]


def telling_fields(held: Columns, among: Iterable[str] | None = None) -> tuple[CellField, ...]:
    """Return fields to group by where nobody chose: those that tell much about a state and yet change on few edges.

    They are of the families of cells that are given, or of any.
    """
    graph = held.graph
    most = MOST_VALUES if among is None else MOST_GROUPS
    columns = {
        field: values
        for family in (families(graph) if among is None else among)
        for field, values in held.of(family).items()
        if 2 <= len(set(values)) <= most
    }
    ends = [(edge.source, edge.target) for edge in graph.edges]
    changes = {
        field: 1 + sum([values[source] != values[target] for source, target in ends])
        for field, values in columns.items()
    }
    chosen: list[CellField] = []
    groups = [0] * len(graph.states)
    known = 0.0
    while len(chosen) < MOST_FIELDS:
        finer = {field: Counter(zip(groups, values, strict=True)) for field, values in columns.items()}
        bits = {field: _bits(sizes) for field, sizes in finer.items() if max(groups) + 1 < len(sizes) <= MOST_GROUPS}
        if not bits:
            break
        chosen.append(max(bits, key=lambda field: (bits[field] - known) / changes[field]))
        known = bits[chosen[-1]]
        numbers = {group: number for number, group in enumerate(finer[chosen[-1]])}
        groups = [numbers[group] for group in zip(groups, columns[chosen[-1]], strict=True)]
    return tuple(sorted(chosen, key=list(columns).index))


def _bits(sizes: Counter[tuple[int, str]]) -> float:
    """Return the entropy of groups of these sizes: how much it tells of a state to know its group."""
    total = sizes.total()
    return -sum(size / total * math.log2(size / total) for size in sizes.values())


@attrs.frozen(eq=False)
class _Joint:
    """What the states of a graph hold in cells: the values that there are, and by state which of them."""

    values: tuple[tuple[Any, ...], ...]
    numbers: tuple[int, ...]

    @classmethod
    def of(cls, graph: Graph, cells: Sequence[Cell[Any]]) -> "_Joint":
        """Return what is held in the cells."""
        positions = [graph.states[0].layout.position(cell) for cell in cells]
        known: dict[tuple[Any, ...], int] = {}
        numbers = [
            known.setdefault(tuple([state.values[position] for position in positions]), len(known))
            for state in graph.states
        ]
        return cls(tuple(known), tuple(numbers))


def _column(field: CellField, joint: _Joint) -> list[str]:
    """Return what each state holds in a field: values that are there in many are shown once."""
    texts = [field.of(values) for values in joint.values]
    return [texts[number] for number in joint.numbers]


def _candidates(graph: Graph, cells: tuple[Cell[Any], ...]) -> Iterator[CellField]:
    paths: dict[tuple[str, ...], bool] = {}
    for value in _values(graph, cells):
        for path, held in _parts(value, ()):
            paths[path] = paths.get(path, True) and (held is None or isinstance(held, bool | int | str | Enum))
    yield from (CellField(cells, path) for path, plain in paths.items() if plain and len(path) <= DEEPEST)


def _families(graph: Graph) -> dict[str, tuple[Cell[Any], ...]]:
    families: dict[str, tuple[Cell[Any], ...]] = {}
    for cell in graph.states[0].layout.cells:
        families[cell.family] = (*families.get(cell.family, ()), cell)
    return families


def _values(graph: Graph, cells: Sequence[Cell[Any]]) -> Iterable[Any]:
    positions = [graph.states[0].layout.position(cell) for cell in cells]
    return dict.fromkeys(state.values[position] for state in graph.states for position in positions)


def _parts(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the paths into a value, its own first, with what is there."""
    yield path, value
    if attrs.has(type(value)) and not isinstance(value, Rank):
        for name in (field.name for field in attrs.fields(type(value))):
            yield from _parts(getattr(value, name), (*path, name))
