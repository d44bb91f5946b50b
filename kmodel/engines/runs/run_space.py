"""The part of a model's state space that runs have seen: each state, its enabled actions and its answers, once.

A state is made from the one before it: an action or a spec that read none of the cells that the step changed has the
same answer as there. So a step costs what it changes, however large the model is.
"""

from collections.abc import Iterable, Iterator

import attrs

from kmodel.engines.clock import Deadline
from kmodel.engines.tables.gaps import ChangedCells
from kmodel.engines.tables.tries import Answer
from kmodel.engines.tables.walker import ANY_CELL, Row, Taken, Told, Trie, cells_in, walker_of
from kmodel.kernel import BoundReached, Model, Predicate, Spec, Transition

Judgement = tuple[Spec, str]  # a spec, and why it is violated or that it is reached

STATES_KEPT = 1 << 15  # beyond that the memory is freed; the answers are found again when they are needed
ANSWERS_KEPT = 1 << 24  # in all states that are kept


@attrs.define(eq=False)
class State:
    """A state that a run was in: what the tries answer there, from which cells, and the states after it seen so far.

    Of the actions that are enabled, `changing` are the indices of those that change something and `idle` of those that
    do not; `enabled` those of the first, and of such of the others as specs have something to say of. `telling` are the
    indices of the tries of specs whose answer must be told.
    """

    row: Row
    told: list[Told]
    reads: list[int]
    changing: tuple[int, ...] = ()
    idle: tuple[int, ...] = ()
    enabled: tuple[int, ...] = ()
    telling: tuple[int, ...] = ()
    answers: tuple[Judgement, ...] = ()
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
        self._initial: dict[int, Row] = {}
        self._states: dict[Row, State] = {}
        self._tries: list[Trie] = [*self.walker.actions, *self.walker.specs]
        self._readers: list[set[int]] = [set() for _ in model.initial[0].layout.cells]  # tries that ever read a cell
        self._ever_read = [0] * len(self._tries)  # the same as cells of each trie, as bits
        self._beyond_bound: set[int] = set()  # tries that may have read any cell
        self.states_kept = min(STATES_KEPT, max(1 << 10, ANSWERS_KEPT // max(1, len(self._tries))))

    def initial(self, index: int) -> State:
        """Return an initial state of the model."""
        if index not in self._initial:  # each attempt to shrink a run begins there
            self._initial[index] = tuple(self.walker.numbering.row(self.model.initial[index]))
        return self.at(self._initial[index])

    def at(self, row: Row) -> State:
        """Return the state of a row, wherever it was found; if it is not kept any more, all is asked anew."""
        if row not in self._states:
            tries = len(self._tries)
            return self._make(row, State(row, [None] * tries, [0] * tries), range(tries), 0)
        return self._states[row]

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
        return state.changing

    def _taken(self, state: State, index: int) -> Taken:
        taken = state.told[index]
        assert isinstance(taken, Taken), f"{self.model.actions[index]} is not enabled"
        return taken

    def met_bound(self, state: State, index: int) -> bool:
        """Tell whether an action could not be asked in the state, since that is beyond a bound of the model."""
        return state.reads[index] == ANY_CELL

    def wrong_in(self, predicate: Predicate, state: State) -> str | None:
        """Return what a predicate of a temporal spec says is wrong with the state; None if it is True of it."""
        return _reason(self.walker.answer(self.walker.predicate(predicate), state.row)[0])

    def wrong_of(self, predicate: Predicate, state: State, index: int) -> str | None:
        """Return what a predicate says is wrong with the step that an enabled action takes in the state."""
        taken = self._taken(state, index)
        alike = self.walker.alike(taken, self.walker.change(taken, state.row).moves)
        return _reason(self.walker.answer(self.walker.predicate(predicate, alike), state.row, alike)[0])

    def follow(self, state: State, index: int) -> tuple[State, tuple[Judgement, ...]]:
        """Return the state after an enabled action, and what the specs say of it and of the step to it."""
        self.deadline.check()
        known = state.successors.get(index)
        if known is None:
            taken = self._taken(state, index)
            change = self.walker.change(taken, state.row)
            after = self._after(state, change.changes)
            known = state.successors[index] = (after, (*self._judge_step(state.row, taken, change), *after.answers))
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
        readers = self._beyond_bound.union(*(self._readers[cell] for cell, _ in changes))
        return self._make(key, state, sorted(each for each in readers if state.reads[each] & changed), changed)

    def _make(self, row: Row, before: State, stale: Iterable[int], changed: int) -> State:
        """Make a state from one before it in which some cells were others, asking anew what is stale."""
        told, reads, actions = before.told.copy(), before.reads.copy(), len(self.model.actions)
        enabled = (*before.changing, *before.idle)
        unsettled = {each for each in enabled if self._taken(before, each).written & changed}
        telling = set(before.telling)
        for each in stale:
            told[each], reads[each] = self._ask(each, row)
            (unsettled if each < actions else telling).add(each)
        changing, idle = set(before.changing) - unsettled, set(before.idle) - unsettled
        for each in unsettled:
            taken = told[each]
            if isinstance(taken, Taken):
                change = self.walker.change(taken, row)
                (changing if change.changes else idle).add(each)
                if change.rests_on:
                    reads[each] |= self.walker.gaps.bits_of(change.rests_on)
                    self._note_reads(each, reads[each])
        self.idle |= idle
        state = State(row, told, reads, tuple(sorted(changing)), tuple(sorted(idle)))
        # A step that changes nothing is one only if the specs have something to say of it.
        noticed = [each for each in idle if self._says_of_idle(state, each)]
        state.enabled = tuple(sorted((*changing, *noticed)))
        state.telling = tuple(sorted(each for each in telling if told[each] is not None))
        state.answers = tuple(self._judgement(told[each]) for each in state.telling)
        self._keep(state)
        return state

    def _keep(self, state: State) -> None:
        if len(self._states) >= self.states_kept:
            for kept in self._states.values():
                kept.successors.clear()
            self._states.clear()
        self._states[state.row] = state
        self.seen.add(hash(state.row))

    def _ask(self, index: int, row: Row) -> tuple[Told, int]:
        """Ask the trie of an index; note which cells such an answer can depend on."""
        try:
            found, read = self.walker.answer(self._tries[index], row)
        except BoundReached as bound:
            self.bound = str(bound)
            self._beyond_bound.add(index)
            return None, ANY_CELL
        self._note_reads(index, read)
        return found, read

    def _note_reads(self, index: int, read: int) -> None:
        new = read & ~self._ever_read[index]
        self._ever_read[index] |= new
        for cell in cells_in(new):
            self._readers[cell].add(index)

    def _says_of_idle(self, state: State, index: int) -> bool:
        """Tell whether specs say something of an enabled action that changes nothing."""
        taken = self._taken(state, index)
        return any(True for _ in self._judge_step(state.row, taken, self.walker.change(taken, state.row)))

    def _judge_step(self, row: Row, taken: Taken, change: ChangedCells) -> Iterator[Judgement]:
        for answer in self.walker.judge_step(taken, row, change.moves):
            yield self._judgement(answer)

    def _judgement(self, answer: Told) -> Judgement:
        assert isinstance(answer, Answer)
        return self.model.specs[answer.spec], answer.reason


def _reason(answer: Told) -> str | None:
    assert not isinstance(answer, Taken)
    return None if answer is None else answer.reason
