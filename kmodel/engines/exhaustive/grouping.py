"""Which cells to number together: those that the same actions read and write, as long as joint values stay few."""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from itertools import combinations

import numpy as np

from kmodel.engines.tables.jit import Ints
from kmodel.engines.tables.tries import Leaf, Tables

MAX_UNSEEN = (
    0.02  # share of a sample seen only once: estimates the states whose value is not in the sample (Good-Turing)
)
MIN_STATES_PER_VALUE = 64  # a block's value costs some hundred bytes; it must serve many states
MOST_COUNTED = 4  # pairs of values per state of a sample that are counted, which is faster than sorting

Neighbours = dict[int, dict[int, float]]  # how much it would help to number a group together with each other one


def choose_partition(tables: Tables, sample: Ints, states: int) -> list[tuple[int, ...]]:
    """Return groups of cells for a sample of the states, one row each: each cell is in one of them."""
    neighbours = _affinity(tables)
    groups: dict[int, tuple[int, ...]] = {cell: (cell,) for cell in range(tables.cells)}
    values: dict[int, Ints] = {cell: np.unique(sample[:, cell], return_inverse=True)[1] for cell in groups}
    most = most_values(states)
    refused: dict[int, set[int]] = {cell: set() for cell in groups}
    waiting = [(-weight, one, other) for one in neighbours for other, weight in neighbours[one].items() if one < other]
    heapify(waiting)
    while waiting:
        weight, one, other = heappop(waiting)
        if neighbours.get(one, {}).get(other) != -weight:
            continue  # one of them has grown since
        joint = _joint(values[one], values[other], most)
        if joint is None:  # and so is whatever either grows to: it has no fewer values
            _part(neighbours, refused, one, other)
            continue
        groups[one] = tuple(sorted(groups[one] + groups.pop(other)))
        values[one] = joint
        del values[other]
        for third, weight in _merge(neighbours, refused, one, other).items():
            heappush(waiting, (-weight, min(one, third), max(one, third)))
    return sorted(groups.values())


def most_values(states: int) -> int:
    """Return how many values a block may have where there are so many states."""
    return max(256, states // MIN_STATES_PER_VALUE)


def _joint(one: Ints, other: Ints, most: int) -> Ints | None:
    both = one.astype(np.int64) * (int(other.max()) + 1) + other
    if (int(one.max()) + 1) * (int(other.max()) + 1) > MOST_COUNTED * both.size:
        both = np.unique(both, return_inverse=True)[1]
    counts = np.bincount(both)
    seen = counts > 0
    if np.count_nonzero(seen) > most or np.count_nonzero(counts == 1) > MAX_UNSEEN * both.size:
        return None
    joint: Ints = (np.cumsum(seen) - 1)[both]
    return joint


def _affinity(tables: Tables) -> Neighbours:
    """Return how much it would help to number two cells together: the share that they have in what actions touch."""
    near: Neighbours = {cell: {} for cell in range(tables.cells)}
    for cells in _touched(tables):
        if len(cells) > 1:
            share = 2.0 / (len(cells) * (len(cells) - 1))
            for one, other in combinations(sorted(cells), 2):
                near[one][other] = near[other][one] = near[one].get(other, 0.0) + share
    return near


def _touched(tables: Tables) -> Sequence[set[int]]:
    """Return the cells that each action has read or written so far."""
    touched = [set(cells) for cells in tables.touched]
    for outcome in tables.outcomes:
        if isinstance(outcome, Leaf):
            touched[outcome.action].update(cell for cell, _ in outcome.writes)
    return touched


def _part(neighbours: Neighbours, refused: dict[int, set[int]], one: int, other: int) -> None:
    """Have two groups stay apart."""
    del neighbours[one][other], neighbours[other][one]
    refused[one].add(other)
    refused[other].add(one)


def _merge(neighbours: Neighbours, refused: dict[int, set[int]], one: int, other: int) -> dict[int, float]:
    """Have one group take in another; return what it would help to number it together with third ones."""
    near, refused[one] = neighbours.pop(other), refused[one] | refused.pop(other)
    near.pop(one)
    for third in near:
        del neighbours[third][other]
    mine = neighbours[one]
    mine.pop(other)
    for third, weight in near.items():
        mine[third] = neighbours[third][one] = mine.get(third, 0.0) + weight
    for third in refused[one]:
        refused[third].discard(other)
        refused[third].add(one)
        if mine.pop(third, None) is not None:
            del neighbours[third][one]
    return mine
