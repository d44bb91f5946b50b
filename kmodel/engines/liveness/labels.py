"""What the predicates of temporal specs answer in all states of a finished search, or on some of its steps."""

import numpy as np
from numpy.typing import NDArray

from kmodel.engines.exhaustive.arrays import Arrays
from kmodel.engines.exhaustive.loop import walk
from kmodel.engines.exhaustive.paths import Place
from kmodel.engines.exhaustive.rounds import Frontier
from kmodel.engines.exhaustive.stops import ASKED, FIELDS, NODE, SUBJECT, VALUE
from kmodel.engines.tables.jit import UNKNOWN, Ints, compiled
from kmodel.engines.tables.tries import NOTHING, Leaf
from kmodel.kernel import Predicate

Mask = NDArray[np.bool_]  # per state or per step


@compiled
def answer_in(t: Arrays, root: int, states: Ints, state: int, row: Ints, out: Ints) -> int:
    """Return what a trie answers in a state; where it ends early, out[NODE] and out[VALUE] tell."""
    for block in range(t.word.size):
        row[block] = (states[state, t.word[block]] >> t.shift[block]) & t.mask[block]
    out[NODE] = UNKNOWN
    return walk(t, t.roots[root], row, out)


@compiled
def ask_states(t: Arrays, root: int, states: Ints, low: int, high: int, answers: Ints, out: Ints) -> int:
    """Note for the states low to high whether a trie says nothing against them; return the state where it ended, which
    is one where something is not known, or high."""
    row = np.empty(t.word.size, np.int64)
    for state in range(low, high):
        code = answer_in(t, root, states, state, row, out)
        if code == UNKNOWN:
            return state
        answers[state] = code == NOTHING
    return high


@compiled
def ask_steps(
    t: Arrays, class_root: Ints, states: Ints, places: Ints, actions: Ints, low: int, answers: Ints, out: Ints
) -> int:
    """Note for steps, from the states at some places by some actions, whether the trie of their class says nothing
    against them; return the step where it ended, with the root of the trie that does not know, and the leaf, in out."""
    row = np.empty(t.word.size, np.int64)
    for step in range(low, places.size):
        out[ASKED], out[SUBJECT] = actions[step], UNKNOWN
        code = answer_in(t, actions[step], states, places[step], row, out)
        if code == UNKNOWN:
            return step
        out[SUBJECT] = NOTHING - code
        out[ASKED] = class_root[t.leaf_class[out[SUBJECT]]]
        code = answer_in(t, out[ASKED], states, places[step], row, out)
        if code == UNKNOWN:
            return step
        answers[step] = code == NOTHING
    return places.size


def true_in(space: Frontier, predicate: Predicate) -> Mask:
    """Return, for each state by its number, whether the predicate is True of it."""
    root = space.tables.predicate_root(predicate)
    space.refresh()
    answers, out = np.empty(space.states, np.bool_), np.zeros(FIELDS, np.int64)
    first = 0
    for number, shard in enumerate(space.shards):
        part, state = answers[first : first + shard.count], 0
        while True:
            state = int(ask_states(space.arrays, root, shard.states, state, shard.count, part, out))
            if state == shard.count:
                break
            _learn(space, root, (number, state), out, None)
        first += shard.count
    return answers


def true_of_steps(space: Frontier, predicate: Predicate, sources: Ints, actions: Ints) -> Mask:
    """Return, for steps by the numbers of their first states, in order, and their actions, whether the predicate is
    True of them."""
    tables = space.tables
    classes = range(tables.class_start.size - 1)
    class_root = np.array([tables.predicate_root(predicate, each) for each in classes], np.int64)
    space.refresh()
    answers, out = np.empty(sources.size, np.bool_), np.zeros(FIELDS, np.int64)
    first = 0
    for number, shard in enumerate(space.shards):
        begin, end = np.searchsorted(sources, [first, first + shard.count])
        places, taken, part = sources[begin:end].astype(np.int64) - first, actions[begin:end], answers[begin:end]
        step = 0
        while True:
            step = int(ask_steps(space.arrays, class_root, shard.states, places, taken, step, part, out))
            if step == places.size:
                break
            leaf = None if out[SUBJECT] == UNKNOWN else tables.outcomes[out[SUBJECT]]
            assert leaf is None or isinstance(leaf, Leaf)
            _learn(space, int(out[ASKED]), (number, int(places[step])), out, leaf)
        first += shard.count
    return answers


def _learn(space: Frontier, root: int, place: Place, out: Ints, leaf: Leaf | None) -> None:
    """Find out what a walk through a trie did not know."""
    if out[NODE] != UNKNOWN:
        space.tables.look(int(out[NODE]), int(out[VALUE]))
    else:
        space.tables.resolve(root, space.row(place), leaf)
    space.refresh()


def reason_in(space: Frontier, predicate: Predicate, state: int) -> str | None:
    """Return what the predicate says is wrong with a state; None if it is True of it."""
    tables = space.tables
    answer = tables.outcome(tables.resolve(tables.predicate_root(predicate), space.row(space.place(state))))
    return None if answer is None else answer.reason  # type: ignore[union-attr]
