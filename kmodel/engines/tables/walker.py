"""Tries as dictionaries: what each action and spec answers in a state, for engines that take one step after another.

They hold what `Tables` holds in arrays for the compiled loop, which walks them for whole levels of states. A run passes
through few states and asks little in each: it would fill rows of arrays that it never looks at again.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from enum import Enum
from functools import partial
from typing import Any, Final

import attrs

from kmodel.engines.tables.functions import CHECKED_CALLS, CHECKED_EVERY, Functions, impure, safety_specs, told
from kmodel.engines.tables.gaps import ChangedCells, Gaps, Move, moved_up
from kmodel.engines.tables.interning import Numbering
from kmodel.engines.tables.tries import Answer
from kmodel.kernel import Action, Cluster, Model, Predicate, Spec, Step, Trace, answer_unwatched
from kmodel.kernel.footprint import Effect, Projection, Read
from kmodel.kernel.model import cells_read, step_of, trace_along
from kmodel.kernel.values import identity

ANY_CELL = -1  # as bits: who met a bound may have read any cell
MODELS_KEPT = 16  # whose tries are kept; those used last

Row = tuple[int, ...]


@attrs.frozen(eq=False)
class Edit:
    """What an update makes of a cell's values, by their numbers, as far as it was asked."""

    cell: int
    update: Callable[[Any], Any]
    made: dict[int, int] = attrs.field(factory=dict)


@attrs.define(eq=False)
class Taken:
    """What an action does where it is enabled: its effect, the cells that it read, and what it changes.

    Gaps that it leaves among ranks are not closed in the effect: which there are, each state tells. `written` are the
    cells that it changes, as bits; `alike` the steps with this outcome, by the ranks that are moved up.
    """

    action: int
    effect: Effect
    reads: tuple[int, ...]
    edits: tuple[Edit, ...]
    written: int
    alike: "dict[tuple[Move, ...], AlikeSteps]" = attrs.field(factory=dict)


@attrs.define(eq=False)
class AlikeSteps:
    """Steps that look alike but for the states that they begin in, and the tries of what is asked of such steps."""

    taken: Taken
    effect: Effect
    specs: "tuple[Trie, ...] | None" = None
    predicates: "dict[Predicate, Trie]" = attrs.field(factory=dict)


class _Unknown(Enum):
    """What stands in place of an answer that nobody asked for yet."""

    UNASKED = "unasked"


UNASKED: Final = _Unknown.UNASKED
Told = Taken | Answer | None  # None: an action that is not enabled, or a spec whose answer says nothing


@attrs.define(eq=False)
class InnerNode:
    """An inner node: the cell that is read next, and where one goes on, by what is seen there and by its values."""

    cell: int
    bit: int
    projection: Projection
    branches: "dict[Hashable, InnerNode | Told]" = attrs.field(factory=dict)
    following: "dict[int, InnerNode | Told]" = attrs.field(factory=dict)

    def enter(self, number: int, branch: Hashable, place: "InnerNode | Told") -> None:
        """Go on at a place from a value and from all that look like it."""
        self.branches[branch] = self.following[number] = place


@attrs.define(eq=False)
class Trie:
    """What a function answered: the action or spec of an index in the model, or a predicate of the spec."""

    asked: Action | Spec | Predicate
    index: int
    root: "InnerNode | Told | _Unknown" = UNASKED


class Walker:
    """The tries of a model, as an engine asks them in one state after another."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.numbering = Numbering(model.initial[0].layout)
        self.functions = Functions(model, by_transition=True)
        states, self._step_specs = safety_specs(model)
        self.actions = [Trie(action, index) for index, action in enumerate(model.actions)]
        self.specs = [Trie(model.specs[index], index) for index in states]
        self._are_steps_seen = any(spec.of_steps for spec in model.specs)
        self._predicates: dict[Predicate, Trie] = {}
        self._taken: dict[Any, Taken] = {}
        self._edits: dict[tuple[int, Hashable], Edit] = {}
        self.gaps = Gaps(self.numbering)
        self._first_of_their_kind = 0  # steps that were judged and looked like none before

    def answer(self, trie: Trie, row: Sequence[int], taken: AlikeSteps | None = None) -> tuple[Told, int]:
        """Return what a trie answers in a row (or on the step from it), and the cells read as bits."""
        place, read = trie.root, 0
        while isinstance(place, InnerNode):
            read |= place.bit
            place = place.following.get(row[place.cell], UNASKED)
        if place is UNASKED:
            return self._learn(trie, row, taken)
        return place, read

    def predicate(self, predicate: Predicate, taken: AlikeSteps | None = None) -> Trie:
        """Return the trie of a temporal spec's predicate, for one about steps of the steps that look like this one."""
        tries = self._predicates if taken is None else taken.predicates
        if predicate not in tries:
            tries[predicate] = Trie(predicate, self.model.specs.index(predicate.spec))
        return tries[predicate]

    def judge_step(self, taken: Taken, row: Sequence[int], moves: tuple[Move, ...]) -> Iterator[Answer]:
        """Yield what specs say of the step with this outcome, in which these ranks are moved up.

        Most steps of a large model look like none before, and like none that comes. So specs are asked with nobody
        watching when steps first look so, but for some, to see whether they are pure.
        """
        if not self._step_specs:
            return
        alike = taken.alike.get(moves)
        if alike is None:
            alike = self.alike(taken, moves)
            self._first_of_their_kind += 1
            if self._first_of_their_kind > CHECKED_CALLS and self._first_of_their_kind % CHECKED_EVERY:
                yield from self._judge_unwatched(alike, row)
                return
        if alike.specs is None:
            alike.specs = tuple(Trie(self.model.specs[index], index) for index in self._step_specs)
        for trie in alike.specs:
            answer, _ = self.answer(trie, row, alike)
            if answer is not None:
                assert isinstance(answer, Answer), "a spec takes no step"
                yield answer

    def _judge_unwatched(self, alike: AlikeSteps, row: Sequence[int]) -> Iterator[Answer]:
        step = self._step(alike, self.numbering.cluster(row))
        for index in self._step_specs:
            spec = self.model.specs[index]
            reason = told(spec, answer_unwatched(spec, step))
            if reason is not None:
                yield Answer(index, reason)

    def alike(self, taken: Taken, moves: tuple[Move, ...]) -> AlikeSteps:
        """Return the steps that have an outcome and in which these ranks are moved up."""
        if moves not in taken.alike:
            writes = taken.effect.total
            effect = Effect(taken.effect.writes, moved_up(writes, moves)) if moves else taken.effect
            taken.alike[moves] = AlikeSteps(taken, effect)
        return taken.alike[moves]

    def _step(self, alike: AlikeSteps, before: Cluster) -> Step:
        return step_of(self.model.actions[alike.taken.action], before, alike.effect, alike.taken.reads)

    def changes(self, taken: Taken, row: Sequence[int]) -> list[tuple[int, int]]:
        """Return the cells that an outcome changes in a row, each with its new value."""
        return self.change(taken, row).changes

    def change(self, taken: Taken, row: Sequence[int]) -> ChangedCells:
        """Return what an outcome changes in a row."""
        changed = []
        for edit in taken.edits:
            cell = edit.cell
            old = row[cell]
            new = edit.made.get(old)
            if new is None:
                new = edit.made[old] = self.numbering.updated_by(edit.update, cell, old)
            if new != old:
                changed.append((cell, new))
        lost = self.gaps.forgotten(row, changed)
        return self.gaps.closed(row, changed, lost) if lost else ChangedCells(changed)

    def _learn(self, trie: Trie, row: Sequence[int], taken: AlikeSteps | None) -> tuple[Told, int]:
        """Follow the trie by what is seen of new values, as far as its nodes are known, and then ask the function."""
        place, read = trie.root, 0
        while isinstance(place, InnerNode):
            read |= place.bit
            number = row[place.cell]
            following = place.following.get(number, UNASKED)
            if following is UNASKED:
                shown = place.projection(self.numbering.values[place.cell][number])
                following = place.branches.get(identity(shown), UNASKED)
                if following is UNASKED:
                    break
                place.following[number] = following
            place = following
        else:
            if place is not UNASKED:
                return place, read
        return self._ask(trie, row, taken)

    def _ask(self, trie: Trie, row: Sequence[int], taken: AlikeSteps | None) -> tuple[Told, int]:
        cluster = self.numbering.cluster(row)
        if isinstance(trie.asked, Action):
            effect, reads = self.functions.call(trie.index, cluster, closes_gaps=False)
            found: Told = None if effect is None else self._outcome(trie.index, reads, effect)
        else:
            subject: Cluster | Step = cluster
            if taken is not None:
                subject = self._step(taken, cluster)
            answer, reads = self.functions.ask(trie.index, trie.asked, subject)
            reason = told(trie.asked, answer)
            found = None if reason is None else Answer(trie.index, reason)
        return found, _extend(trie, reads, found, row)

    def _outcome(self, action: int, reads: Sequence[Read], effect: Effect) -> Taken:
        # What a step read matters to specs of steps only, which may look at it.
        read = cells_read(reads) if self._are_steps_seen else ()
        key = (action, read, effect)
        if key not in self._taken:
            edits = tuple(self._edit(write.position, write.update) for write in effect.total)
            written = sum(1 << edit.cell for edit in edits)
            self._taken[key] = Taken(action, effect, read, edits, written)
        return self._taken[key]

    def _edit(self, cell: int, update: Callable[[Any], Any]) -> Edit:
        key = (cell, identity(update))
        if key not in self._edits:
            self._edits[key] = Edit(cell, update)
        return self._edits[key]


def _extend(trie: Trie, reads: Sequence[Read], found: Told, row: Sequence[int]) -> int:
    """Put an answer where the reads lead to; return the cells read as bits. ModelError if they led elsewhere before."""
    place, bits = trie.root, 0
    enter = partial(setattr, trie, "root")
    for read in reads:
        if place is UNASKED:
            place = InnerNode(read.position, 1 << read.position, read.projection)
            enter(place)
        elif not isinstance(place, InnerNode) or (place.cell, place.projection) != (read.position, read.projection):
            raise impure(trie.asked)
        bits |= place.bit
        number, branch = row[read.position], identity(read.found)
        enter = partial(place.enter, number, branch)
        place = place.branches.get(branch, UNASKED)
        if place is not UNASKED:
            enter(place)
    if place is not UNASKED:
        raise impure(trie.asked)
    enter(found)
    return bits


def cells_in(bits: int) -> Iterator[int]:
    """Yield the cells that are read, or written, by their bits; the last one first."""
    while bits:
        cell = bits.bit_length() - 1
        yield cell
        bits ^= 1 << cell


@attrs.frozen(eq=False)
class KnownSteps:
    """What traces that begin alike have in common, so that it is found once: by their choices, and by addresses."""

    places: dict[tuple[int, ...], tuple[int, Row]] = attrs.field(factory=dict)
    steps: dict[tuple[int, ...], Step] = attrs.field(factory=dict)


def trace_of(model: Model, initial: int, choices: Iterable[int], known: KnownSteps | None = None) -> Trace:
    """Return the trace that takes these actions, by their index in the model, from an initial state.

    Its steps are taken by Python; which other actions are enabled, as an address tells them, the tries know.
    """
    known = known or KnownSteps()
    walker = walker_of(model)
    row, chosen = tuple(walker.numbering.row(model.initial[initial])), list[tuple[int, int]]()
    path: tuple[int, ...] = (initial,)
    for choice in choices:
        path = (*path, choice)
        if path not in known.places:
            known.places[path] = _taken(walker, row, choice)
        place, row = known.places[path]
        chosen.append((choice, place))
    return trace_along(model, initial, chosen, known.steps)


def _taken(walker: Walker, before: Row, choice: int) -> tuple[int, Row]:
    """Return the place of an action among those that are enabled, and the row after it."""
    row = list(before)
    *others, taken = (walker.answer(trie, row)[0] for trie in walker.actions[: choice + 1])
    assert isinstance(taken, Taken), f"{walker.model.actions[choice]} is not enabled on its own trace"
    for cell, value in walker.changes(taken, row):
        row[cell] = value
    return sum(other is not None for other in others), tuple(row)


_walkers: dict[int, Walker] = {}  # by the model's id, which stays its own while the walker holds it


def walker_of(model: Model) -> Walker:
    """Return the walker of a model: one for all explorations of it in the process."""
    walker = _walkers.pop(id(model), None) or Walker(model)
    while len(_walkers) >= MODELS_KEPT:
        del _walkers[next(iter(_walkers))]
    _walkers[id(model)] = walker
    return walker
