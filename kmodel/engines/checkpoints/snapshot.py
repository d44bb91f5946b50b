"""What a search must know to go on: its states, their order and the values they are made of; not its tables.

Tables are refilled as they are needed: neither counts nor the order of the search rest on what they hold. A snapshot
is taken between rounds, when every state found is in its shard.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from kmodel.engines.exhaustive.blocks import Blocks
from kmodel.engines.exhaustive.packing import number_values
from kmodel.engines.exhaustive.rounds import Frontier
from kmodel.engines.tables.jit import Ints

Read = Callable[[Ints], None]


def snapshot(space: Frontier) -> tuple[dict[str, Any], list[Ints]]:
    """Return what describes a search, which can be pickled, and its large arrays."""
    blocks = space.blocks
    described = {
        "values": space.tables.interner.values,
        "partition": blocks.partition,
        "packing": blocks.packing,
        "block_values": blocks.count.tolist(),
        "counts": [each.count for each in space.shards],
        "runs": [len(each.run_start) for each in space.shards],
        "cursor": list(space.cursor),
        "fired": space.fired,
        "regroup_at": list(space.regroup_at),
    }
    arrays = [_values_of(blocks, block) for block in range(len(blocks.partition))]
    return described, arrays + [array for each in space.shards for array in each.contents()]


def restore(space: Frontier, described: dict[str, Any], read: Read) -> None:
    """Make a new search of the same model what the other one was; `read` fills its large arrays one after another."""
    interner = space.tables.interner
    for cell, values in enumerate(described["values"]):
        for number, value in enumerate(values):
            if interner.intern(cell, value) != number:
                raise ValueError("the values of a cell are not in order")
    blocks = Blocks(space.tables, described["partition"])
    space.adopt(blocks)
    for block, (cells, count) in enumerate(zip(blocks.partition, described["block_values"], strict=True)):
        rows, start = np.empty((count, len(cells)), np.int32), 0
        read(rows)
        while (start := int(number_values(space.arrays, block, rows, start))) < count:
            blocks.grow()
            space.adopt(blocks)
    blocks.packing = described["packing"]
    space.adopt(blocks)
    counts = described["counts"]
    for each in space.shards:
        each.count = 0
    space.make_room(counts)
    for each, count, runs in zip(space.shards, counts, described["runs"], strict=True):
        each.restore(blocks.packing.words, count, runs, read)
        each.make_table(space.arrays)
    space.cursor = list(described["cursor"])
    space.fired[:] = described["fired"]
    space.regroup_at = list(described["regroup_at"])


def _values_of(blocks: Blocks, block: int) -> Ints:
    """Return the joint values of a block, one row of cell values for each."""
    start, count, cells = int(blocks.row_base[block]), int(blocks.count[block]), len(blocks.partition[block])
    values: Ints = blocks.rows[start : start + count * cells].reshape(count, cells)
    return values
