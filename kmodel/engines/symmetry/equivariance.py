"""Showing that the names are treated alike, on the rules that the search used and not on its states.

A search up to renaming visits one state of each orbit. That this is enough rests on equivariance: wherever an action
does something in a state, its counterpart under a renaming does the renamed thing in the renamed state, and a spec
says the same of both. Functions are black boxes; but what one answers depends on its footprint alone.

A *rule* is a leaf of a trie: the states that share its footprint (a box, see boxes.py), and the answer. A rule of a
spec of steps is a leaf of an action and, in the trie of the steps that this makes, one of the spec. For each rule and
each swap of two neighbouring names the box is walked, swapped, through the counterpart's trie. That may read other
cells, or in another order (a loop over names that ends early reads the names in *their* order); then the box falls
into parts, one by one of the values that were met. A part that no call has met is asked, in one of its states; the
answer is a new leaf, and as such holds for all states that share the footprint of that call. Each part must have the
answer that the rule says; what two updates make of a value is compared value by value. The leaves that parts come to
are rules in their turn, until there are none left.

*Why that is a proof.* Let R be the representatives that were found, and all values in their orbits be known (they are:
`Renamings` closes the values under swaps). Each (representative, action) is in the box of a rule, since the search
walked the trie with it, and all rules of the tries are looked at. If (s, a) is in the box of a rule and t is a swap,
then t(s) is in one of the parts that came to a rule of t(a): so (t(s), t(a)) is in the box of a rule, too, and the
parts' answers agree: t(a) makes of t(s) what t makes of a(s). Swaps generate all renamings and map actions to actions
one to one; so, by induction, all actions in all states of all orbits are covered, and each is equivariant. By another
induction, on the depth, the states of these orbits are then exactly those that the full search reaches, and a spec
that tells of none of the representatives tells of none of them. Constants leave no footprint and need none: what a
function makes of them is in its answers.

*What is not a proof.* Boxes hold more states than are reached. Where a part differs, or has no answer (the function
fails there), the states found are searched for one in the part or in what renamings make of it: if there is one, two
names are not treated alike, and that is an error; if there is none, the part is empty. Where that would take too long,
or there are more rules than may be looked at (a spec that reads a cell of each of N names has a rule per arrangement
of their values, and nothing short of asking it in each of them can tell), the rules that are left open are counted,
and the verdict says that it holds *if the names are treated alike*.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from kmodel.engines.compiled.jit import UNKNOWN
from kmodel.engines.compiled.packed import sampled
from kmodel.engines.compiled.tries import NOTHING, Leaf
from kmodel.engines.symmetry.boxes import Box, Boxes, Edge, Part, Row, bits, contains
from kmodel.kernel import ModelError
from kmodel.kernel.cluster import Put

if TYPE_CHECKING:
    from kmodel.engines.symmetry.space import OrbitSpace

LEAST_COMPARED = 1 << 13  # rules gained here times swaps, for each function; more only where there are many states
MOST_IMAGES = 64  # of a part under renaming that are searched for among the states
MOST_LOOKED_AT = 1 << 26  # images of parts times states

Update = Callable[[Any], Any]


@attrs.frozen(eq=False)
class Rule:
    """What an action does, or a spec says, in all states of a box; `row` is one of them, perhaps of those found."""

    root: int
    part: Part
    row: Row
    is_met: bool
    spec: Part | None = None  # of a rule about steps: the leaf in the trie of the spec for these steps
    spec_index: int = UNKNOWN

    @property
    def key(self) -> tuple[Edge, Edge | None]:
        """What tells it from other rules."""
        return self.part.edge, None if self.spec is None else self.spec.edge

    @property
    def function(self) -> tuple[int, int]:
        """What it is a rule of: an action, a spec, or a spec about the steps of an action."""
        return self.root, self.spec_index

    @property
    def box(self) -> Box:
        """The states that it is about."""
        return self.part.box if self.spec is None else self.spec.box


@attrs.frozen(eq=False)
class Open:
    """A part of a rule's box in which the counterpart does something else, or nobody knows what."""

    rule: Rule
    swap: int
    box: Box
    differs: str | None


class Equivariance:
    """The comparison of the rules of a search with what renamings make of them."""

    def __init__(self, space: OrbitSpace) -> None:
        self.space = space
        self.tables = space.tables
        self.swaps = space.renamings.swaps
        actions = space.model.actions
        numbers = {action: number for number, action in enumerate(actions)}
        self.counterparts = {
            swap: [numbers[renaming.action(action)] for action in actions] for swap, renaming in self.swaps.items()
        }
        self.shown = self.rules = 0
        self._met: list[tuple[int, Row, Leaf | None]] = []

    def learn(self, root: int, row: Row, leaf: Leaf | None) -> None:
        """Compare a rule that the search has just learned in a state with its counterparts there; ModelError if two
        names are not treated alike."""
        self._met.append((root, row, leaf))
        for swap in self.swaps:
            difference = self._difference_at(root, row, leaf, swap)
            if difference is not None:
                raise self._uneven(self._who(root), swap, difference)

    def prove(self) -> None:
        """Show on all rules that all names are treated alike, as far as that can be; ModelError if two are not."""
        self.space.know_values()
        self._boxes = Boxes(self.tables, self.space.renamings)
        self._agreeing: dict[Any, bool] = {}
        self._queue: deque[Rule] = deque()
        self._seen: set[tuple[Edge, Edge | None]] = set()
        self._gained: Counter[tuple[int, int]] = Counter()  # by function
        self._open: list[Open] = []
        self._parts = 0
        for rule in self._known():
            self._enqueue(rule)
        self._gained.clear()
        most = max(LEAST_COMPARED, self.space.states) // len(self.swaps)  # to show takes no longer than to search
        compared = 0
        while self._queue:
            rule = self._queue.popleft()
            if self._gained[rule.function] <= most:
                for swap in self.swaps:
                    self._compare(rule, swap)
                compared += 1
        left = Counter(id(each.rule) for each in self._open if not self._is_empty(each))
        self.rules, self.shown = len(self._seen), compared - len(left)

    # ---- the rules

    def _known(self) -> Iterator[Rule]:
        """Yield the rules of all tries, first those with the states in which they were met."""
        for root, row, leaf in self._met:
            if leaf is None:
                if self._is_asked(root):
                    yield Rule(root, self._boxes.path(root, row), row, True)
            elif self._is_asked(root):
                yield self._rule_of_step(leaf.action, row, root, True)
        start = self.tables.row(self.space.model.initial[0])
        for root in range(self.space.actions + len(self.tables.state_specs)):
            if self._is_asked(root):
                for part in self._boxes.parts(root, {}):
                    yield Rule(root, part, self._boxes.pick(part.box, start), False)

    def _is_asked(self, root: int) -> bool:
        """Tell whether more is to be known of a trie than what was found already."""
        return root < self.space.actions or not self.space.done[self.tables.root_spec.data[root]]

    def _rule_of_step(self, action: int, row: Row, root: int, is_met: bool) -> Rule:
        first, second = self._boxes.path(action, row), self._boxes.path(root, row)
        box = {**first.box, **{cell: mask & first.box.get(cell, mask) for cell, mask in second.box.items()}}
        return Rule(
            action, first, row, is_met, attrs.evolve(second, box=box), int(self.tables.root_spec.data[root])
        )

    def _enqueue(self, rule: Rule) -> None:
        if rule.key in self._seen:
            return
        self._seen.add(rule.key)
        self._gained[rule.function] += 1
        if rule.is_met:
            self._queue.appendleft(rule)
        else:
            self._queue.append(rule)
        if rule.spec is None and rule.root < self.space.actions:
            leaf = self._outcome(rule.part.code)
            for root in () if leaf is None else self.tables.roots_of_steps(leaf):
                if self._is_asked(root):
                    index = int(self.tables.root_spec.data[root])
                    for part in self._boxes.parts(root, rule.part.box):
                        is_met = rule.is_met and contains(part.box, rule.row)
                        row = self._boxes.pick(part.box, rule.row)
                        self._enqueue(Rule(rule.root, rule.part, row, is_met, part, index))

    def _outcome(self, code: int) -> Leaf | None:
        outcome = self.tables.outcome(code)
        assert outcome is None or isinstance(outcome, Leaf)
        return outcome

    # ---- one rule and one swap

    def _compare(self, rule: Rule, swap: int) -> None:
        for box, differs, key, make in self._images(rule, swap):
            self._parts += 1
            is_here = rule.is_met and contains(box, rule.row)
            if key is not None and key not in self._seen:
                row = self._boxes.swapped(swap, self._boxes.pick(box, rule.row))
                self._enqueue(make(row, is_here))
            if differs is None:
                continue
            if is_here and differs:
                raise self._uneven(self._who_of(rule), swap, differs)
            self._open.append(Open(rule, swap, box, differs or None))

    def _images(
        self, rule: Rule, swap: int
    ) -> Iterator[tuple[Box, str | None, tuple[Edge, Edge | None] | None, Callable[[Row, bool], Rule]]]:
        """Yield the parts that a swap makes of a rule's box, what differs in each, and the rule that it comes to.

        What differs is None where nothing does, and an empty text where there is no answer.
        """
        root = self._counterpart(rule.root, swap)
        for part in self._boxes.parts(root, rule.box, swap, self._asking(root, rule.row, swap)):
            if rule.spec is not None:
                yield from self._images_of_step(rule, swap, root, part)
                continue

            def make(row: Row, is_met: bool) -> Rule:
                return Rule(root, self._boxes.path(root, row), row, is_met)

            if part.code == UNKNOWN:
                yield part.box, "", None, make
            elif root >= self.space.actions:
                same = (part.code == NOTHING) == (rule.part.code == NOTHING)
                yield part.box, None if same else "it tells of one and not of the other", (part.edge, None), make
            else:
                yield part.box, None, (part.edge, None), make
                yield from ((box, why, None, make) for box, why in self._differing(rule.part.code, part, swap))

    def _images_of_step(
        self, rule: Rule, swap: int, action: int, part: Part
    ) -> Iterator[tuple[Box, str | None, tuple[Edge, Edge | None] | None, Callable[[Row, bool], Rule]]]:
        leaf = None if part.code == UNKNOWN else self._outcome(part.code)
        if leaf is None or rule.spec is None:
            return  # told of the rule of the action
        root = next(
            each for each in self.tables.roots_of_steps(leaf) if self.tables.root_spec.data[each] == rule.spec_index
        )

        def make(row: Row, is_met: bool) -> Rule:
            return self._rule_of_step(action, row, root, is_met)

        for told in self._boxes.parts(root, part.box, swap, self._asking(root, rule.row, swap, leaf)):
            if told.code == UNKNOWN:
                yield told.box, "", None, make
                continue
            same = (told.code == NOTHING) == (rule.spec.code == NOTHING)
            yield told.box, None if same else "it tells of one and not of the other", (part.edge, told.edge), make

    def _counterpart(self, root: int, swap: int) -> int:
        return self.counterparts[swap][root] if root < self.space.actions else root

    def _asking(self, root: int, near: Row, swap: int, leaf: Leaf | None = None) -> Callable[[Box], bool]:
        def ask(box: Box) -> bool:
            row = self._boxes.swapped(swap, self._boxes.pick(box, near))
            try:
                self.tables.resolve(root, row, leaf)
            except Exception:  # there may be no such state, so what fails there is no mistake yet
                return False
            return True

        return ask

    def _differing(self, code: int, part: Part, swap: int) -> Iterator[tuple[Box, str]]:
        """Yield where in a part the counterpart does something else than an action, and what."""
        leaf, other = self._outcome(code), self._outcome(part.code)
        if leaf is None or other is None:
            if leaf is not other:
                yield part.box, "one is enabled where the other is not"
            return
        targets = self._boxes.targets[swap]
        mine = {write.position: write.update for write in leaf.effect.total}
        theirs = {targets[write.position]: write.update for write in other.effect.total}
        for cell in mine.keys() | theirs.keys():
            mask = part.box.get(cell, self._boxes.every[cell])
            wrong = 0
            for number in bits(mask):
                if not self._agree(swap, cell, number, mine.get(cell), theirs.get(cell)):
                    wrong |= 1 << number
            if wrong:
                where = self.tables.interner.layout.cells[targets[cell]]
                yield {**part.box, cell: wrong}, f"cell {where} becomes another value"

    def _agree(self, swap: int, cell: int, number: int, mine: Update | None, theirs: Update | None) -> bool:
        """Tell whether an update makes of what a value becomes what another makes of the value, after the swap."""
        constant = isinstance(mine, Put) and isinstance(theirs, Put)
        key = (swap, cell, UNKNOWN if constant else number, mine, theirs)
        if key not in self._agreeing:
            values, target = self.tables.interner.values, self._boxes.targets[swap][cell]
            image = self._boxes.images[swap][cell][number]
            one, other = _after(mine, values[cell][number]), _after(theirs, values[target][image])
            self._agreeing[key] = (one is None) == (other is None) and (
                one is None or other is None or self.swaps[swap].value(one[0]) == other[0]
            )
        return self._agreeing[key]

    # ---- whether there is such a state

    def _is_empty(self, part: Open) -> bool:
        """Tell whether no state found, nor what a renaming makes of one, is in a part; ModelError if one differs."""
        images = self._all_images(part.box)
        if images is None or len(images) * len(self._open) * self.space.states > MOST_LOOKED_AT:
            return False
        if not any(self._is_found(box) for box in images):
            return True
        if part.differs is not None:
            raise self._uneven(self._who_of(part.rule), part.swap, part.differs)
        return False

    def _all_images(self, box: Box) -> list[Box] | None:
        """Return what renamings make of a box; None if that is too many."""
        seen, images = {frozenset(box.items())}, [box]
        for image in images:
            for swap in self.swaps:
                new = self._boxes.swapped_box(swap, image)
                if (key := frozenset(new.items())) not in seen:
                    seen.add(key)
                    images.append(new)
                    if len(images) > MOST_IMAGES:
                        return None
        return images

    def _is_found(self, box: Box) -> bool:
        """Tell whether one of the states found is in a box."""
        space = self.space
        for each in space.partitions:
            rows = sampled(space.arrays, each.packed, len(each.packed), 1)
            for cell, mask in box.items():
                allowed = np.zeros(self._boxes.every[cell].bit_length(), np.bool_)
                allowed[list(bits(mask))] = True
                rows = rows[allowed[rows[:, cell]]]
            if len(rows):
                return True
        return False

    # ---- one state

    def _difference_at(self, root: int, row: Row, leaf: Leaf | None, swap: int) -> str | None:
        """Return what differs between a function in a state and its counterpart in the swapped state, if anything."""
        space, tables = self.space, self.tables
        swapped = space.swapped(swap, row)
        if root < space.actions:
            return self._difference_of_action(root, row, swap, swapped)
        told = tables.resolve(root, row, leaf) != NOTHING
        if leaf is None:
            tells = tables.resolve(root, swapped) != NOTHING
        else:
            other = space.outcome(self.counterparts[swap][leaf.action], swapped)
            if other is None:
                return None  # told of the action
            index = tables.root_spec.data[root]
            spec_root = next(each for each in tables.roots_of_steps(other) if tables.root_spec.data[each] == index)
            tells = tables.resolve(spec_root, swapped, other) != NOTHING
        return None if tells == told else "it tells of one and not of the other"

    def _difference_of_action(self, action: int, row: Row, swap: int, swapped: Row) -> str | None:
        space = self.space
        leaf, other = space.outcome(action, row), space.outcome(self.counterparts[swap][action], swapped)
        if leaf is None or other is None:
            return None if leaf is other else "one is enabled where the other is not"
        expected = space.swapped(swap, self.tables.after(leaf, row))
        after = self.tables.after(other, swapped)
        cells = space.tables.interner.layout.cells
        differing = (cell for cell, one, two in zip(cells, expected, after, strict=True) if one != two)
        cell = next(differing, None)
        return None if cell is None else f"cell {cell} becomes another value"

    # ---- words

    def _who(self, root: int) -> str:
        model = self.space.model
        if root < self.space.actions:
            return f"transition {model.actions[root]}"
        return f"spec {model.specs[int(self.tables.root_spec.data[root])].name}"

    def _who_of(self, rule: Rule) -> str:
        return self._who(rule.root) if rule.spec is None else f"spec {self.space.model.specs[rule.spec_index].name}"

    def _uneven(self, who: str, swap: int, differs: str) -> ModelError:
        one, other = self.space.renamings.names[swap : swap + 2]
        return ModelError(
            f"{who} does not treat {one} and {other} alike: {differs} when they change places; "
            f"{self.space.model.name} declares them interchangeable, so take them out of its symmetry"
        )


def _after(update: Update | None, value: Any) -> tuple[Any] | None:
    """Return what an update makes of a value; None if it fails."""
    try:
        return (value if update is None else update(value),)
    except Exception:  # there may be no state with that value
        return None
