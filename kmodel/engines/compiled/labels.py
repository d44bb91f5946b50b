"""What the predicates of temporal specs answer in all states of a finished search, or on some of its steps."""

import numpy as np

from kmodel.engines.compiled.arrays import Arrays
from kmodel.engines.compiled.expand import walk
from kmodel.engines.compiled.filling import NOTHING
from kmodel.engines.compiled.jit import UNKNOWN, Ints, compiled
from kmodel.engines.compiled.search import Space
from kmodel.engines.compiled.tries import Leaf
from kmodel.kernel import Predicate


@compiled
def ask_states(t: Arrays, root: int, states: Ints, low: int, high: int, answers: Ints, out: Ints) -> int:
    """Note for the states low to high whether a trie says nothing against them; return the state where it ended.

    It ends early where something is not known; the node and the value are in out[5] and out[6] as walk() leaves them.
    """
    row = np.empty(t.word.size, np.int64)
    for state in range(low, high):
        for block in range(t.word.size):
            row[block] = (states[state, t.word[block]] >> t.shift[block]) & t.mask[block]
        out[5] = UNKNOWN
        code = t.roots[root]
        if code > NOTHING:
            code = walk(
                code,
                row,
                out,
                t.jumps,
                t.node_position,
                t.node_projection,
                t.cell_block,
                t.cell_slot,
                t.block_size,
                t.row_base,
                t.block_rows,
                t.projection_base,
                t.branches,
                t.child_keys,
                t.child_values,
            )
        if code == UNKNOWN:
            return state
        answers[state] = code == NOTHING
    return high


def true_in(space: Space, predicate: Predicate) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return, for each state by its number, whether the predicate is True of it."""
    root = space.tables.predicate_root(predicate)
    space.refresh()
    answers, out = np.empty(space.states, np.bool_), np.zeros(8, np.int64)
    first = 0
    for number, partition in enumerate(space.partitions):
        part, state = answers[first : first + partition.count], 0
        while True:
            state = int(ask_states(space.arrays, root, partition.states, state, partition.count, part, out))
            if state == partition.count:
                break
            if out[5] != UNKNOWN:
                space.tables.look(int(out[5]), int(out[6]))
            else:
                space.tables.resolve(root, space.row((number, state)))
            space.refresh()
        first += partition.count
    return answers


def reason_in(space: Space, predicate: Predicate, state: int) -> str | None:
    """Return what the predicate says is wrong with a state; None if it is True of it."""
    tables = space.tables
    answer = tables.outcome(tables.resolve(tables.predicate_root(predicate), space.row(space.place(state))))
    return None if answer is None else answer.reason  # type: ignore[union-attr]


def true_of_step(space: Space, predicate: Predicate, state: int, action: int) -> bool:
    """Tell whether the predicate is True of the step that an enabled action takes in a state."""
    row = space.row(space.place(state))
    leaf = space.outcome(action, row)
    assert isinstance(leaf, Leaf), "the action is enabled"
    root = space.tables.predicate_root(predicate, leaf.step_class)
    return space.tables.resolve(root, row, leaf) == NOTHING
