"""The arrays that the compiled loop works on, grouped so that they pass to it as one argument each."""

from typing import NamedTuple

from kmodel.engines.tables.jit import Ints


class Arrays(NamedTuple):
    """Tables and blocks, flat: what each index leads to is told where the array is made (tables, interning, blocks)."""

    # interning: per cell, the fingerprints of its values; per projection, the branches of the cell's values
    fingerprint_base: Ints
    fingerprints: Ints
    second_fingerprints: Ints
    projection_base: Ints
    branches: Ints
    updated_keys: Ints
    updated_values: Ints
    # tries
    node_position: Ints
    node_projection: Ints
    child_keys: Ints
    child_values: Ints
    roots: Ints
    root_spec: Ints
    leaf_class: Ints
    class_start: Ints
    class_roots: Ints
    # outcomes, their writes grouped by block
    leaf_group_start: Ints
    leaf_groups: Ints
    group_block: Ints
    group_write_start: Ints
    group_slot: Ints
    group_update: Ints
    group_keys: Ints
    group_values: Ints
    # blocks: groups of cells whose joint values are numbered
    cell_block: Ints
    cell_slot: Ints
    block_cell_start: Ints
    block_cells: Ints
    block_size: Ints
    block_root_start: Ints
    block_roots: Ints
    block_count: Ints
    block_capacity: Ints
    block_base: Ints  # of a block's first value in the arrays with one entry per block value
    row_base: Ints  # of a block's first value in block_rows
    block_rows: Ints
    block_fingerprint: Ints
    block_second: Ints  # fingerprint
    row_index: Ints
    list_start: Ints
    list_length: Ints
    # lists: what is left to do in a state for a value of a block
    item_root: Ints
    item_code: Ints
    item_next: Ints
    item_change: Ints
    item_check_start: Ints
    item_check_length: Ints
    check_root: Ints
    check_code: Ints
    jumps: Ints  # walks remembered: a window for each block value, with a place for each node from which it is read
    used: Ints  # how many: items, checks, block values in row_index, pairs in updated, in group memo
    done: Ints  # per spec, whether its verdict is known
    # packing: where a block's value is in a state's words
    word: Ints
    shift: Ints
    mask: Ints


ITEMS, CHECKS, ROWS, GROUPS = range(4)
WINDOW = 128  # places in a window of jumps, at least: so many as are fetched ahead
