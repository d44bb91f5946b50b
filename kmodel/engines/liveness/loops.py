"""Leaving out of a path what it can do without: parts that lead back to where they began."""

from collections.abc import Callable, Hashable, Sequence
from itertools import combinations
from typing import TypeVar

T = TypeVar("T")

SHORTEN_UP_TO = 1_000  # steps of a path that is shortened; of a longer one nobody reads the difference


def without_loops(
    path: list[T], states_of: Callable[[list[T]], Sequence[Hashable]], is_enough: Callable[[list[T]], bool]
) -> list[T]:
    """Return a path without the loops that it need not take; `states_of` are its states, the first one included."""
    again = len(path) <= SHORTEN_UP_TO
    while again:
        again = False
        states = states_of(path)
        loops = [(b - a, a, b) for a, b in combinations(range(len(states)), 2) if states[a] == states[b]]
        for _, first, last in sorted(loops, reverse=True):
            shorter = path[:first] + path[last:]
            if is_enough(shorter):
                path, again = shorter, True
                break
    return path
