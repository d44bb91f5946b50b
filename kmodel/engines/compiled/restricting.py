"""Compiled: a trie as it is for one value of a block, with all reads of that block answered beforehand.

A trie reads the cells of several blocks in turns, and each turn is a look-up. For a given value of one block, what is
left of the trie reads the others only, so that a walk through two blocks is one look-up. What is left is a trie
itself, in the same arrays; equal ones are one, so that values that are alike to an action share what is known.
It never says more than the trie that it was made of; that one grows, so where what is left ends early, it is asked.
"""

from typing import Any

import numpy as np

from kmodel.engines.compiled.arrays import Arrays
from kmodel.engines.compiled.jit import UNKNOWN, Ints, compiled, look_up, store

MOST_VISITS = 1 << 13  # nodes of a trie looked at before it is left as it is
MOST_DEPTH = 1 << 9
SCRATCH = 1 << 15
NO_ROOM = -(1 << 30)
MOST_NODES = 1 << 20  # from here on tries are left as they are


@compiled
def _mixed(first: int, second: int) -> Any:
    key: Any = (np.int64(first) << 32) ^ np.int64(second)
    key = (key ^ ((key >> 29) & 0x7FFFFFFFF)) * np.int64(-4658895280553007687)
    key = (key ^ ((key >> 32) & 0xFFFFFFFF)) * np.int64(-7723592293110705685)
    return key ^ ((key >> 31) & 0x1FFFFFFFF)


@compiled
def _made(
    node_position: Ints,
    node_projection: Ints,
    node_edge: Ints,
    edge_branch: Ints,
    edge_child: Ints,
    edge_next: Ints,
    child_keys: Ints,
    child_values: Ints,
    twin_keys: Ints,
    twin_values: Ints,
    table_used: Ints,
    like: int,
    scratch: Ints,
    first: int,
    last: int,
) -> int:
    """Return the node that reads as another does and has these branches; NO_ROOM if a new one finds no room."""
    position, projection = node_position[like], node_projection[like]
    mixed = _mixed(position, projection)
    for each in range(first, last):
        mixed += _mixed(scratch[each, 0], scratch[each, 1])
    high, low = (mixed >> 32) & 0x7FFFFFFF, mixed & 0xFFFFFFFF
    twin = look_up(twin_keys, twin_values, high, low)
    if twin >= 0 and node_position[twin] == position and node_projection[twin] == projection:
        edges, edge = 0, node_edge[twin]
        while edge >= 0:
            edges, edge = edges + 1, edge_next[edge]
        same = edges == last - first
        for each in range(first, last):
            same = same and look_up(child_keys, child_values, twin, scratch[each, 0]) == scratch[each, 1]
        if same:
            return twin
    node, edge, pairs, twins = table_used[0], table_used[1], table_used[2], table_used[3]
    more = last - first
    if (
        node >= node_position.size
        or edge + more > edge_branch.size
        or 2 * (pairs + more) > child_keys.size
        or 2 * (twins + 1) > twin_keys.size
    ):
        return NO_ROOM
    node_position[node], node_projection[node], node_edge[node] = position, projection, -1
    for each in range(last - 1, first - 1, -1):
        edge_branch[edge], edge_child[edge], edge_next[edge] = scratch[each, 0], scratch[each, 1], node_edge[node]
        node_edge[node] = edge
        edge += 1
        store(child_keys, child_values, node, scratch[each, 0], scratch[each, 1])
    table_used[0], table_used[1], table_used[2] = node + 1, edge, pairs + more
    if twin < 0:
        store(twin_keys, twin_values, high, low, node)
        table_used[3] = twins + 1
    return node  # type: ignore[no-any-return]


@compiled
def restrict(t: Arrays, code: int, block: int, value: int) -> int:
    """Return what is left of a trie for a value of a block: a node, a leaf, UNKNOWN, or NO_ROOM.

    A trie that is very large is left as it is.
    """
    whole = code
    if t.table_used[0] > MOST_NODES:
        return whole
    scratch = t.scratch
    stack = np.empty((MOST_DEPTH, 4), np.int64)  # node, edge, first pair, whether anything changed
    row = t.row_base[block] + value * t.block_size[block]
    depth, pairs, visits = 0, 0, 0
    while True:
        while code >= 0:  # down, to a node that reads another block, or to the end
            cell = t.node_position[code]
            if t.cell_block[cell] != block:
                if depth == MOST_DEPTH or visits == MOST_VISITS:
                    return whole
                stack[depth, 0], stack[depth, 1], stack[depth, 2], stack[depth, 3] = code, t.node_edge[code], pairs, 0
                depth += 1
                visits += 1
                code = t.edge_child[t.node_edge[code]]
                continue
            branch = t.branches[t.projection_base[t.node_projection[code]] + t.block_rows[row + t.cell_slot[cell]]]
            code = UNKNOWN if branch < 0 else look_up(t.child_keys, t.child_values, code, branch)
        while True:  # up, as long as nodes have no more branches
            if depth == 0:
                return code
            node, edge = stack[depth - 1, 0], stack[depth - 1, 1]
            if code != t.edge_child[edge]:
                stack[depth - 1, 3] = 1
            if code != UNKNOWN:
                if pairs == scratch.shape[0]:
                    return whole
                scratch[pairs, 0], scratch[pairs, 1] = t.edge_branch[edge], code
                pairs += 1
            edge = t.edge_next[edge]
            if edge >= 0:
                stack[depth - 1, 1] = edge
                code = t.edge_child[edge]
                break
            first = stack[depth - 1, 2]
            if stack[depth - 1, 3] == 0:
                code = node
            elif first == pairs:
                code = UNKNOWN
            else:
                code = _made(
                    t.node_position,
                    t.node_projection,
                    t.node_edge,
                    t.edge_branch,
                    t.edge_child,
                    t.edge_next,
                    t.child_keys,
                    t.child_values,
                    t.twin_keys,
                    t.twin_values,
                    t.table_used,
                    node,
                    scratch,
                    first,
                    pairs,
                )
                if code == NO_ROOM:
                    return code
            pairs = first
            depth -= 1
