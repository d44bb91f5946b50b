"""Blocks: groups of cells whose joint values are numbered, so that a state is a few small numbers packed into words.

A block is to a state what an inner node is in tree compression (Laarman, van de Pol, Weber: Parallel Recursive
State Compression for Free, 2011): each joint value is stored once. For each of them the compiled loop also
remembers what is left to do for the actions and specs that start by reading it.
"""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from itertools import combinations

import numpy as np

from kmodel.engines.exhaustive.arrays import CHECKS, GROUPS, ITEMS, ROWS, WINDOW, Arrays
from kmodel.engines.exhaustive.lists import index_rows
from kmodel.engines.exhaustive.packing import Packing
from kmodel.engines.tables.jit import MOST, UNKNOWN, Ints, Memo, Vector, tables_are_full
from kmodel.engines.tables.tries import Leaf, Tables

JUMPS = 1 << 21  # of which the pages that nothing is remembered in take no memory
ITEM_FIELDS = ("root", "code", "next", "change", "check_start", "check_length")


class Blocks:
    """The blocks of a partition of the cells, with their values so far and the lists of what is left to do for each."""

    base: Ints
    row_base: Ints
    rows: Ints
    fingerprint: Ints
    second: Ints
    list_start: Ints
    list_length: Ints

    def __init__(self, tables: Tables, partition: Sequence[Sequence[int]]) -> None:
        self.tables = tables
        # without cells there is one block of none: what reads nothing is done for the block that comes first
        self.partition = [tuple(cells) for cells in partition] or [()]
        blocks = len(self.partition)
        self.cell_block = np.zeros(tables.cells, np.int32)
        self.cell_slot = np.zeros(tables.cells, np.int32)
        for block, cells in enumerate(self.partition):
            for slot, cell in enumerate(cells):
                self.cell_block[cell], self.cell_slot[cell] = block, slot
        sizes = np.array([len(cells) for cells in self.partition], np.int64)
        self.cell_start = np.concatenate(([0], np.cumsum(sizes))).astype(np.int32)
        self.cells = np.array([cell for cells in self.partition for cell in cells], np.int32)
        self.sizes = sizes
        self.count = np.zeros(blocks, np.int64)
        self.capacity = np.full(blocks, 16, np.int64)
        self._lay_out(None)
        self._assign_roots()
        self.leaf_group_start, self.leaf_groups = Vector(np.int32, [0]), Vector()
        self.group_block, self.group_write_start = Vector(), Vector(np.int32, [0])
        self.group_slot, self.group_update = Vector(), Vector()
        self._group_ids: dict[tuple[int, tuple[tuple[int, int], ...]], int] = {}
        self.group_memo = Memo()
        self.items = {name: np.empty(256, np.int64 if name == "change" else np.int32) for name in ITEM_FIELDS}
        self.checks = {name: np.empty(256, np.int32) for name in ("root", "code")}
        self.used = np.zeros(4, np.int64)
        self.jumps = np.zeros(JUMPS, np.int64)
        self.group_memo.used = self.used[GROUPS : GROUPS + 1]
        self.packing = Packing([1] * blocks)
        self.numbers: list[dict[tuple[int, ...], int]] = [{} for _ in range(blocks)]  # as far as Python has asked

    def arrays(self, done: Ints, packing: Packing | None = None) -> Arrays:
        """Return all arrays as they are now; they go stale when any of them has grown."""
        self._group_new_outcomes()
        tables, packing = self.tables, packing or self.packing
        return Arrays(
            **tables.interner.arrays(),
            **tables.arrays(done),
            **self._writes(),
            **self._values(),
            **self._lists(),
            done=done,
            word=packing.word,
            shift=packing.shift,
            mask=packing.mask,
        )

    def _writes(self) -> dict[str, Ints]:
        """Return the arrays of outcomes, their writes grouped by block."""
        return {
            "leaf_group_start": self.leaf_group_start.data,
            "leaf_groups": self.leaf_groups.data,
            "group_block": self.group_block.data,
            "group_write_start": self.group_write_start.data,
            "group_slot": self.group_slot.data,
            "group_update": self.group_update.data,
            "group_keys": self.group_memo.keys,
            "group_values": self.group_memo.values,
        }

    def _values(self) -> dict[str, Ints]:
        """Return the arrays of blocks and their values."""
        return {
            "cell_block": self.cell_block,
            "cell_slot": self.cell_slot,
            "block_cell_start": self.cell_start,
            "block_cells": self.cells,
            "block_size": self.sizes,
            "block_root_start": self.root_start,
            "block_roots": self.root_list,
            "block_count": self.count,
            "block_capacity": self.capacity,
            "block_base": self.base,
            "row_base": self.row_base,
            "block_rows": self.rows,
            "block_fingerprint": self.fingerprint,
            "block_second": self.second,
            "row_index": self.row_index,
        }

    def _lists(self) -> dict[str, Ints]:
        """Return the arrays of what is left to do for each value of a block."""
        items = {f"item_{name}": data for name, data in self.items.items()}
        checks = {f"check_{name}": data for name, data in self.checks.items()}
        lists = {"list_start": self.list_start, "list_length": self.list_length}
        # where there are fewer values than windows, larger ones: what is far from its place is only forgotten
        window = min(max(JUMPS >> int(self.capacity.sum()).bit_length(), WINDOW), 8 * WINDOW)
        return {**lists, **items, **checks, "jumps": self.jumps.reshape(-1, window), "used": self.used}

    def grow(self) -> None:
        """Make more room wherever little is left; BoundReached where there can be no more."""
        roots = self.root_list.size
        per_class = max(1, len(self.tables.step_specs))
        for pool, used, spare in ((self.items, ITEMS, roots), (self.checks, CHECKS, roots * per_class)):
            for name, data in pool.items():
                needed = int(self.used[used]) + spare
                if needed > data.size:
                    if needed > MOST:
                        raise tables_are_full()
                    grown = np.empty(min(2 * max(data.size, needed), MOST), data.dtype)
                    grown[: self.used[used]] = data[: self.used[used]]
                    pool[name] = grown
        self.group_memo.reserve(max(64, int(self.used[GROUPS]) // 2))
        full = self.count + 8 > self.capacity
        if full.any() or 2 * (int(self.used[ROWS]) + 8) > self.row_index.size:
            capacity = np.where(full, 2 * self.capacity, self.capacity)
            self._lay_out(capacity)

    def forget(self, block_value: int) -> None:
        """Have the list of a block's value made anew, since a trie that it rests on has grown."""
        self.list_start[block_value] = UNKNOWN

    def repack(self) -> Packing:
        """Return the packing that was, having made a wider one for the values so far."""
        old, self.packing = self.packing, Packing(self.count.tolist())
        return old

    def _lay_out(self, capacity: Ints | None) -> None:
        old = (
            None
            if capacity is None
            else (self.base, self.row_base, self.rows, self.fingerprint, self.second, self.list_start, self.list_length)
        )
        if capacity is not None:
            self.capacity = capacity
        total = int(self.capacity.sum())
        if total > MOST:
            raise tables_are_full()
        self.base = np.concatenate(([0], np.cumsum(self.capacity)[:-1])).astype(np.int64)
        self.row_base = np.concatenate(([0], np.cumsum(self.capacity * self.sizes)[:-1])).astype(np.int64)
        self.rows = np.empty(int((self.capacity * self.sizes).sum()), np.int32)
        self.fingerprint, self.second = np.empty(total, np.int64), np.empty(total, np.int64)
        self.list_start = np.full(total, UNKNOWN, np.int32)
        self.list_length = np.zeros(total, np.int32)
        if old is not None:
            for block, count in enumerate(self.count.tolist()):
                base, row_base = int(old[0][block]), int(old[1][block])
                new, new_row, cells = int(self.base[block]), int(self.row_base[block]), int(self.sizes[block])
                self.rows[new_row : new_row + count * cells] = old[2][row_base : row_base + count * cells]
                for array, former in (
                    (self.fingerprint, old[3]),
                    (self.second, old[4]),
                    (self.list_start, old[5]),
                    (self.list_length, old[6]),
                ):
                    array[new : new + count] = former[base : base + count]
        slots = 1 << max(8, (2 * (int(self.count.sum()) + 64)).bit_length())
        self.row_index = np.zeros(slots, np.int32)
        index_rows(self.base, self.count, self.fingerprint, self.row_index)

    def _assign_roots(self) -> None:
        """Give each action and spec of states to the block that it reads first."""
        tables = self.tables
        per_block: list[list[int]] = [[] for _ in self.partition]
        for root in range(len(tables.model.actions) + len(tables.state_specs)):
            code = int(tables.roots.data[root])
            block = int(self.cell_block[tables.node_position.data[code]]) if code >= 0 else 0
            per_block[block].append(root)
        self.root_start = np.concatenate(([0], np.cumsum([len(roots) for roots in per_block]))).astype(np.int32)
        self.root_list = np.array([root for roots in per_block for root in roots] or [0], np.int32)

    def _group_new_outcomes(self) -> None:
        """Sort the writes of the outcomes that are new by the blocks that they change."""
        for outcome in self.tables.outcomes[self.leaf_group_start.size - 1 :]:
            by_block: dict[int, list[tuple[int, int]]] = {}
            for cell, update in outcome.writes if isinstance(outcome, Leaf) else ():
                by_block.setdefault(int(self.cell_block[cell]), []).append((int(self.cell_slot[cell]), update))
            for block, writes in by_block.items():
                self.leaf_groups.append(self._group(block, tuple(writes)))
            self.leaf_group_start.append(self.leaf_groups.size)

    def _group(self, block: int, writes: tuple[tuple[int, int], ...]) -> int:
        key = (block, writes)
        if key not in self._group_ids:
            self._group_ids[key] = len(self._group_ids)
            self.group_block.append(block)
            self.group_slot.extend(slot for slot, _ in writes)
            self.group_update.extend(update for _, update in writes)
            self.group_write_start.append(self.group_slot.size)
        return self._group_ids[key]


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
    touched = [set(cells) for cells in tables.functions.touched]
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
