"""A condition on a state as somebody types it: `etcd/pods[web].status.phase = Running and etcd/nodes[n1] != nothing`.

On the left is a cell, as it is written where changes are told, and attributes of what it holds; on the right its value,
as it is shown there. It says no more than that: for what takes more to say, one writes a spec.
"""

import operator
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster
from kmodel.kernel.cell import Layout
from kmodel.reporting.value_text import show

NOTHING = "nothing"
MOST_NAMED = 3
HOW = f"write CELL.ATTRIBUTE = VALUE, with !=, or ~ for a part of it, and {NOTHING} for what is not there"
OPERATORS: Mapping[str, Callable[[str, str], bool]] = {"!=": operator.ne, "=": operator.eq, "~": operator.contains}
_TERM = re.compile(r"\s*(?P<left>\S(?:[^=!~]*[^=!~\s])?)\s*(?P<operator>!=|==?|~)\s*(?P<right>.*\S)\s*")


class ConditionError(Exception):
    """What was typed is no condition on the states of this model: one line that says why, and what could be meant."""


@attrs.frozen
class _Term:
    cell: Cell[Any]
    path: tuple[str, ...]
    compare: Callable[[str, str], bool]
    text: str

    def holds(self, cluster: Cluster) -> bool:
        value = cluster[self.cell]
        for name in self.path:
            value = getattr(value, name, None)
        return self.compare(NOTHING if value is None else show(value), self.text)


@attrs.frozen
class Condition:
    """A condition on a state: all of its terms."""

    text: str
    terms: tuple[_Term, ...]

    def holds(self, cluster: Cluster) -> bool:
        """Tell whether it is so in a state."""
        return all(term.holds(cluster) for term in self.terms)


def is_condition(text: str) -> bool:
    """Tell whether a text is meant as a condition, not as a name."""
    return any(sign in text for sign in OPERATORS)


def read_condition(text: str, layout: Layout) -> Condition:
    """Return the condition that a text is, on clusters of a layout; ConditionError if it is none."""
    cells = {str(cell): cell for cell in layout.cells}
    return Condition(text.strip(), tuple(_term(part, cells) for part in re.split(r"\s+and\s+", text)))


def _term(text: str, cells: Mapping[str, Cell[Any]]) -> _Term:
    found = _TERM.fullmatch(text)
    if found is None:
        raise ConditionError(f"{text.strip()[:80]!r} is no condition: {HOW}")
    left = found["left"]
    name = max((name for name in cells if left == name or left.startswith(f"{name}.")), key=len, default=None)
    if name is None:
        meant = get_close_matches(left, cells, MOST_NAMED, 0.5) or list(cells)[:MOST_NAMED]
        raise ConditionError(f"there is no cell {left[:80]!r} here; there are, among others, {', '.join(meant)}")
    path = tuple(left[len(name) + 1 :].split(".")) if len(left) > len(name) else ()
    return _Term(cells[name], path, OPERATORS[found["operator"].replace("==", "=")], found["right"])
