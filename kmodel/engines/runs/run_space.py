"""The part of a model's state space that runs have seen: each state, its enabled actions and its answers, once.

A state is made from the one before it: an action or a spec that read none of the cells that the step changed has the
same answer as there.
"""

from collections.abc import Iterable, Iterator

import attrs

from kmodel.engines.clock import Deadline
from kmodel.engines.tables.tries import NOTHING, Leaf
from kmodel.engines.tables.walker import Row, walker_of
from kmodel.kernel import BoundReached, Model, Predicate, Spec, Transition

Judgement = tuple[Spec, str]  # a spec, and why it is violated or that it is reached

STATES_KEPT = 1 << 15  # beyond that the memory is freed; the answers are found again when they are needed
ANY_CELL = -1  # as bits: who met a bound may have read any cell


@attrs.define(eq=False)
class State:
    """A state that a run was in: what the tables answer there, from which cells, and the states after it seen so far.

    `enabled` are the indices of the actions that are enabled and lead somewhere.
    """

    row: Row
    codes: list[int]
    reads: list[int]
    enabled: tuple[int, ...]
    answers: tuple[Judgement, ...]
    by_transition: dict[Transition, tuple[int, ...]] | None = None
    successors: dict[int, "tuple[State, tuple[Judgement, ...]]"] = attrs.field(factory=dict)


class RunSpace:
    """What runs over one model share. It answers from tables, so Python is called once per footprint.

    Each step of a run is taken by follow(), which is where the deadline is heeded.
    """

    def __init__(self, model: Model, deadline: Deadline | None = None) -> None:
        self.model = model
        self.deadline = deadline or Deadline()
        self.walker = walker_of(model)
        self.names = [str(action) for action in model.actions]
        self.seen: set[int] = set()  # hashes: of a million states, two collide with a chance of 1 in 10 million
        self.idle: set[int] = set()  # the actions that were enabled somewhere, but changed nothing there
        self.bound: str | None = None
        self._states: dict[Row, State] = {}
        self._tries = len(model.actions) + len(self.walker.tables.state_specs)

    def initial(self, index: int) -> State:
        """Return an initial state of the model."""
        row = tuple(self.walker.tables.row(self.model.initial[index]))
        return self._states.get(row) or self._make(row, [NOTHING] * self._tries, [0] * self._tries, range(self._tries))

    def enabled(self, state: State, transition: Transition) -> tuple[int, ...]:
        """Return the indices of the transition's actions that are enabled in the state and lead somewhere."""
        return self.by_transition(state).get(transition, ())

    def by_transition(self, state: State) -> dict[Transition, tuple[int, ...]]:
        """Return the indices of the actions that are enabled in the state and lead somewhere, by their transition."""
        if state.by_transition is None:
            sorted_out: dict[Transition, tuple[int, ...]] = {}
            for index in state.enabled:
                transition = self.model.actions[index].transition
                sorted_out[transition] = (*sorted_out.get(transition, ()), index)
            state.by_transition = sorted_out
        return state.by_transition

    def moves(self, state: State) -> tuple[int, ...]:
        """Return the indices of the actions that are enabled in the state and change something."""
        return tuple(index for index in state.enabled if index not in self.idle or self._changes(state, index))

    def _changes(self, state: State, index: int) -> bool:
        leaf = self.walker.leaf(state.codes[index])
        return leaf is not None and bool(self.walker.changes(leaf, state.row))

    def met_bound(self, state: State, index: int) -> bool:
        """Tell whether an action could not be asked in the state, since that is beyond a bound of the model."""
        return state.reads[index] == ANY_CELL

    def wrong_in(self, predicate: Predicate, state: State) -> str | None:
        """Return what a predicate of a temporal spec says is wrong with the state; None if it is True of it."""
        return self._reason(self.walker.answer(self.walker.tables.predicate_root(predicate), state.row))

    def wrong_of(self, predicate: Predicate, state: State, index: int) -> str | None:
        """Return what a predicate says is wrong with the step that an enabled action takes in the state."""
        leaf = self.walker.leaf(state.codes[index])
        assert leaf is not None, f"{self.model.actions[index]} is not enabled"
        root = self.walker.tables.predicate_root(predicate, leaf.step_class)
        return self._reason(self.walker.answer(root, state.row, leaf))

    def _reason(self, answer: tuple[int, int]) -> str | None:
        code, _ = answer
        return None if code == NOTHING else self.walker.told(code).reason

    def follow(self, state: State, index: int) -> tuple[State, tuple[Judgement, ...]]:
        """Return the state after an enabled action, and what the specs say of it and of the step to it."""
        self.deadline.check()
        known = state.successors.get(index)
        if known is None:
            leaf = self.walker.leaf(state.codes[index])
            assert leaf is not None, f"{self.model.actions[index]} is not enabled"
            after = self._after(state, self.walker.changes(leaf, state.row))
            known = state.successors[index] = (after, (*self._judge_step(state.row, leaf), *after.answers))
        return known

    def _after(self, state: State, changes: list[tuple[int, int]]) -> State:
        if not changes:
            return state
        row, changed = list(state.row), 0
        for cell, value in changes:
            row[cell] = value
            changed |= 1 << cell
        key = tuple(row)
        known = self._states.get(key)
        if known is not None:
            return known
        stale = [trie for trie, read in enumerate(state.reads) if read & changed]
        return self._make(key, state.codes.copy(), state.reads.copy(), stale)

    def _make(self, row: Row, codes: list[int], reads: list[int], stale: Iterable[int]) -> State:
        """Make a state, asking anew what is stale."""
        for trie in stale:
            try:
                codes[trie], reads[trie] = self.walker.answer(trie, row)
            except BoundReached as bound:
                self.bound, codes[trie], reads[trie] = str(bound), NOTHING, ANY_CELL
        actions = len(self.model.actions)
        enabled = tuple(each for each in range(actions) if codes[each] != NOTHING and self._leads_on(row, codes, each))
        answers = tuple(self._judgement(code) for code in codes[actions:] if code != NOTHING)
        if len(self._states) >= STATES_KEPT:
            for kept in self._states.values():
                kept.successors.clear()
            self._states.clear()
        state = self._states[row] = State(row, codes, reads, enabled, answers)
        self.seen.add(hash(row))
        return state

    def _leads_on(self, row: Row, codes: list[int], index: int) -> bool:
        """Tell whether an enabled action changes something, or does not although the specs want it to."""
        leaf = self.walker.leaf(codes[index])
        assert leaf is not None
        if self.walker.changes(leaf, row):
            return True
        self.idle.add(index)
        return any(True for _ in self._judge_step(row, leaf))

    def _judge_step(self, row: Row, leaf: Leaf) -> Iterator[Judgement]:
        for trie in self.walker.specs_of_steps(leaf):
            code, _ = self.walker.answer(trie, row, leaf)
            if code != NOTHING:
                yield self._judgement(code)

    def _judgement(self, code: int) -> Judgement:
        told = self.walker.told(code)
        return self.model.specs[told.spec], told.reason
