"""Renamings: what becomes of values, cells and actions when some names change places.

A text mentions a name if it is the name, or if the name is a part of it between separators: `n1` is mentioned by
`kubelet/n1/nginx`, `system:node:n1` and `renewal of lease/n1`, not by `n10` or `n1-old`.
"""

import re
from collections.abc import Callable, Iterable
from enum import Enum
from functools import cache, lru_cache
from typing import Any, TypeGuard

import attrs

from kmodel.kernel.cell import Cell, Layout
from kmodel.kernel.cluster import BareCluster, Cluster
from kmodel.kernel.transition import Action
from kmodel.kernel.values import ATOMS, parts, remembered, with_parts

Rewrite = Callable[[str], str]


def rewrite_texts(value: Any, rewrite: Rewrite) -> Any:
    """Return a value with each text in it rewritten: texts, tuples, frozensets and attrs objects, to any depth.

    The rewriting is a pure function, since values share most of their parts: what became of one is kept.
    """
    if isinstance(value, ATOMS):
        return rewrite(value) if _is_text(value) else value
    return _rewritten(value, rewrite)


def _is_text(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and not isinstance(value, Enum)


@remembered
def _rewritten(value: Any, rewrite: Rewrite) -> Any:
    return with_parts(value, lambda part: rewrite_texts(part, rewrite))


def rewrite_cell(cell: Cell[Any], rewrite: Rewrite) -> Cell[Any]:
    """Return the cell whose family and key have their texts rewritten."""
    return Cell(rewrite(cell.family), tuple(rewrite(part) for part in cell.key))


@attrs.frozen(cache_hash=True)
class Renaming:
    """Names, and what each becomes."""

    pairs: tuple[tuple[str, str], ...]

    @staticmethod
    def swap(one: str, other: str) -> "Renaming":
        """Return the renaming by which two names change places."""
        return Renaming(((one, other), (other, one)))

    def text(self, text: str) -> str:
        """Return a text with the names that it mentions replaced."""
        new = dict(self.pairs)
        return pattern(tuple(new)).sub(lambda found: new[found.group()], text)

    def value(self, value: Any) -> Any:
        """Return a value with the names that it mentions replaced."""
        return rewrite_texts(value, self.text)

    def cell(self, cell: Cell[Any]) -> Cell[Any]:
        """Return the cell to which a cell's value moves."""
        return rewrite_cell(cell, self.text)

    def cluster(self, cluster: Cluster) -> Cluster:
        """Return the cluster with the names that its cells and values mention replaced."""
        values = list(cluster.values)
        for place, value in zip(_places(self, cluster.layout), cluster.values, strict=True):
            values[place] = self.value(value)
        return BareCluster(cluster.layout, tuple(values))

    def action(self, action: Action) -> Action:
        """Return the action that does after the renaming what this one does before."""
        return Action(action.transition, tuple((name, self.text(value)) for name, value in action.binding))


@lru_cache(maxsize=1 << 12)
def _places(renaming: Renaming, layout: Layout) -> tuple[int, ...]:
    """Return for each cell where its value goes."""
    return tuple(layout.position(renaming.cell(cell)) for cell in layout.cells)


def mentioned(value: Any, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the names that a value mentions, in the order of `names`."""
    found = _mentioned(value, names)
    return tuple(name for name in names if name in found)


def _mentioned(value: Any, names: tuple[str, ...]) -> frozenset[str]:
    if isinstance(value, ATOMS):
        return frozenset(pattern(names).findall(value) if _is_text(value) else ())
    return _mentioned_within(value, names)


@remembered
def _mentioned_within(value: Any, names: tuple[str, ...]) -> frozenset[str]:
    return frozenset().union(*(_mentioned(part, names) for part in parts(value)))


def numbered(names: tuple[str, ...], kinds: Iterable[str]) -> Rewrite:
    """Return the rewriting of names as their kind and the order in which they first occur, for one use.

    Two things that become equal under it differ only by a renaming within the kinds.
    """
    kind = dict(zip(names, kinds, strict=True))
    seen: dict[str, str] = {}

    def replace(found: re.Match[str]) -> str:
        name = found.group()
        return seen.setdefault(name, f"\0{kind[name]}:{len(seen)}\0")

    return lambda text: pattern(names).sub(replace, text)


@cache
def pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """Return the regular expression of a mention of one of the names."""
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-]|\.\w)")
