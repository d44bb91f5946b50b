"""Which cells to number together: those that the same actions read and write, as long as joint values stay few."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from kmodel.engines.compiled.jit import Ints
from kmodel.engines.compiled.tries import Leaf, Tables

MAX_UNSEEN = (
    0.02  # share of a sample seen only once: estimates the states whose value is not in the sample (Good-Turing)
)
MIN_STATES_PER_VALUE = 64  # a block's value costs some hundred bytes; it must serve many states


def choose_partition(tables: Tables, sample: Ints, states: int) -> list[tuple[int, ...]]:
    """Return groups of cells for a sample of the states, one row each: each cell is in one of them."""
    affinity = _affinity(tables)
    groups: dict[int, tuple[int, ...]] = {cell: (cell,) for cell in range(tables.cells)}
    values: dict[int, Ints] = {cell: np.unique(sample[:, cell], return_inverse=True)[1] for cell in groups}
    most = most_values(states)
    refused: set[tuple[int, int]] = set()
    while True:
        pairs = [(weight, pair) for pair, weight in affinity.items() if pair not in refused]
        if not pairs:
            break
        _, (one, other) = max(pairs, key=lambda item: (item[0], -item[1][0], -item[1][1]))
        joint = _joint(values[one], values[other], most)
        if joint is None:
            refused.add((one, other))
            continue
        groups[one] = tuple(sorted(groups[one] + groups.pop(other)))
        values[one] = joint
        del values[other]
        affinity, refused = _merged(affinity, one, other), {pair for pair in refused if not {one, other} & set(pair)}
    return sorted(groups.values())


def most_values(states: int) -> int:
    """Return how many values a block may have where there are so many states."""
    return max(256, states // MIN_STATES_PER_VALUE)


def _joint(one: Ints, other: Ints, most: int) -> Ints | None:
    both = one.astype(np.int64) * (int(other.max()) + 1) + other
    _, inverse, counts = np.unique(both, return_inverse=True, return_counts=True)
    if counts.size > most or (counts == 1).sum() > MAX_UNSEEN * both.size:
        return None
    joint: Ints = inverse
    return joint


def _affinity(tables: Tables) -> dict[tuple[int, int], float]:
    """Return how much it would help to number two cells together: the share that they have in what actions touch."""
    weights: dict[tuple[int, int], float] = {}
    for cells in _touched(tables):
        if len(cells) > 1:
            share = 2.0 / (len(cells) * (len(cells) - 1))
            for pair in combinations(sorted(cells), 2):
                weights[pair] = weights.get(pair, 0.0) + share
    return weights


def _touched(tables: Tables) -> Sequence[set[int]]:
    """Return the cells that each action has read or written so far."""
    touched = [set(cells) for cells in tables.touched]
    for outcome in tables.outcomes:
        if isinstance(outcome, Leaf):
            touched[outcome.action].update(cell for cell, _ in outcome.writes)
    return touched


def _merged(affinity: dict[tuple[int, int], float], one: int, other: int) -> dict[tuple[int, int], float]:
    merged: dict[tuple[int, int], float] = {}
    for (first, second), weight in affinity.items():
        pair = tuple(sorted(one if each == other else each for each in (first, second)))
        if pair[0] != pair[1]:
            merged[pair[0], pair[1]] = merged.get((pair[0], pair[1]), 0.0) + weight
    return merged
