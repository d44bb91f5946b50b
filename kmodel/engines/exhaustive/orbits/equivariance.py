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

from kmodel.engines.exhaustive.orbits.boxes import Box, Boxes, BoxPart, Edge, Row, bits, contains
from kmodel.engines.exhaustive.orbits.comparing import ENABLED, TOLD, Comparison
from kmodel.engines.exhaustive.packing import sampled
from kmodel.engines.tables.jit import UNKNOWN
from kmodel.engines.tables.tries import NOTHING, Leaf
from kmodel.kernel.cluster import Put

if TYPE_CHECKING:
    from kmodel.engines.exhaustive.orbits.orbit_rounds import OrbitFrontier

LEAST_COMPARED = 1 << 12  # rules gained here times swaps, for each function; more only where there are many states
MOST_IMAGES = 64  # of a part under renaming that are searched for among the states
MOST_LOOKED_AT = 1 << 24  # images of parts times states

Update = Callable[[Any], Any]
Key = tuple[Edge, Edge | None]


@attrs.frozen(eq=False)
class Rule:
    """What an action does, or a spec says, in all states of a box; `row` is one of them, perhaps of those found.

    A rule of a spec of steps has the leaf of the action in `part`, that of the spec in `told`.
    """

    root: int
    part: BoxPart
    row: Row
    is_met: bool
    told_root: int = UNKNOWN
    told: BoxPart | None = None

    @property
    def key(self) -> Key:
        """What tells it from other rules."""
        return self.part.edge, None if self.told is None else self.told.edge

    @property
    def box(self) -> Box:
        """The states that it is about."""
        return self.part.box if self.told is None else self.told.box

    @property
    def judge(self) -> int:
        """The trie of the function whose answer it has."""
        return self.root if self.told is None else self.told_root


@attrs.frozen(eq=False)
class Image:
    """A part of a rule's box, and what a swap makes of it: the rule that it comes to, by its tries and its key.

    What `differs` is in words, empty where there is no answer, and None where nothing does.
    """

    box: Box
    differs: str | None
    key: Key | None = None
    root: int = UNKNOWN
    told_root: int = UNKNOWN


@attrs.frozen(eq=False)
class _Open:
    rule: Rule
    swap: int
    box: Box
    differs: str


class Equivariance:
    """The rules of a search that is finished, and what renamings make of them."""

    def __init__(self, space: OrbitFrontier, comparison: Comparison) -> None:
        self.space = space
        self.tables = space.tables
        self.comparison = comparison
        self.swaps = comparison.swaps
        self.boxes = Boxes(self.tables, space.renamings)
        self._agreeing: dict[Any, bool] = {}
        self._queue: deque[Rule] = deque()
        self._seen: set[Key] = set()
        self._gained: Counter[tuple[int, int]] = Counter()  # by function: rules that the search had not met
        self._open: list[_Open] = []

    def prove(self) -> tuple[int, int]:
        """Return how many rules there are, and of how many it is shown that all names are treated alike; ModelError if
        two are not."""
        for rule in self._known():
            self._enqueue(rule)
        self._gained.clear()
        most = max(LEAST_COMPARED, self.space.states) // len(self.swaps)  # to show takes no longer than to search
        compared = 0
        while self._queue:
            rule = self._queue.popleft()
            if self._gained[rule.root, self._spec_of(rule.judge)] <= most:
                for swap in self.swaps:
                    self._compare(rule, swap)
                compared += 1
        left = {id(each.rule) for each in self._open if not self._is_empty(each)}
        return len(self._seen), compared - len(left)

    def _known(self) -> Iterator[Rule]:
        """Yield the rules of all tries, first those with the states in which they were met."""
        for root, row, leaf in self.comparison.met:
            if self._is_asked(root):
                yield self._rule_at(root, UNKNOWN, row) if leaf is None else self._rule_at(leaf.action, root, row)
        start = self.tables.row(self.space.model.initial[0])
        for root in range(self.space.actions + len(self.tables.state_specs)):
            if self._is_asked(root):
                for part in self.boxes.parts(root, {}):
                    yield Rule(root, part, self.boxes.pick(part.box, start), False)

    def _is_asked(self, root: int) -> bool:
        """Tell whether more is to be known of a trie than what was found already."""
        return root < self.space.actions or not self.space.done[self._spec_of(root)]

    def _spec_of(self, root: int) -> int:
        return int(self.tables.root_spec.data[root])

    def _rule_at(self, root: int, told_root: int, row: Row, is_met: bool = True) -> Rule:
        part = self.boxes.path(root, row)
        if told_root == UNKNOWN:
            return Rule(root, part, row, is_met)
        told = self.boxes.path(told_root, row)
        both = {cell: mask & part.box.get(cell, mask) for cell, mask in told.box.items()}
        return Rule(root, part, row, is_met, told_root, attrs.evolve(told, box={**part.box, **both}))

    def _enqueue(self, rule: Rule) -> None:
        if rule.key in self._seen:
            return
        self._seen.add(rule.key)
        self._gained[rule.root, self._spec_of(rule.judge)] += 1
        if rule.is_met:
            self._queue.appendleft(rule)
        else:
            self._queue.append(rule)
        leaf = self._leaf(rule.part.code) if rule.judge < self.space.actions else None
        for told_root in () if leaf is None else self.tables.roots_of_steps(leaf):
            for told in self.boxes.parts(told_root, rule.box) if self._is_asked(told_root) else ():
                row, is_met = self.boxes.pick(told.box, rule.row), rule.is_met and contains(told.box, rule.row)
                self._enqueue(Rule(rule.root, rule.part, row, is_met, told_root, told))

    def _leaf(self, code: int) -> Leaf | None:
        outcome = self.tables.outcome(code)
        assert outcome is None or isinstance(outcome, Leaf)
        return outcome

    def _compare(self, rule: Rule, swap: int) -> None:
        """Walk a rule's box, swapped, through the counterpart's tries; ModelError if a state that was met differs."""
        for image in self._images(rule, swap):
            is_here = rule.is_met and contains(image.box, rule.row)
            if image.key is not None and image.key not in self._seen:
                row = self.boxes.swapped(swap, self.boxes.pick(image.box, rule.row))
                self._enqueue(self._rule_at(image.root, image.told_root, row, is_here))
            if image.differs and is_here:
                raise self.comparison.uneven(rule.judge, swap, image.differs)
            if image.differs is not None:
                self._open.append(_Open(rule, swap, image.box, image.differs))

    def _images(self, rule: Rule, swap: int) -> Iterator[Image]:
        root = self.comparison.counterpart(rule.root, swap)
        for part in self.boxes.parts(root, rule.box, swap, self._asking(root, rule.row, swap)):
            if rule.told is not None:
                yield from self._images_of_step(rule, rule.told, swap, root, part)
            elif part.code == UNKNOWN:
                yield Image(part.box, "")
            elif root < self.space.actions:
                yield Image(part.box, None, (part.edge, None), root)
                yield from self._differing(rule.part.code, part, swap)
            else:
                yield Image(part.box, _difference(rule.part, part), (part.edge, None), root)

    def _images_of_step(self, rule: Rule, told: BoxPart, swap: int, root: int, part: BoxPart) -> Iterator[Image]:
        leaf = None if part.code == UNKNOWN else self._leaf(part.code)
        if leaf is None:
            return  # which is told of the rule of the action
        told_root = self.comparison.root_of(self._spec_of(rule.told_root), leaf)
        for other in self.boxes.parts(told_root, part.box, swap, self._asking(told_root, rule.row, swap, leaf)):
            if other.code == UNKNOWN:
                yield Image(other.box, "")
            else:
                yield Image(other.box, _difference(told, other), (part.edge, other.edge), root, told_root)

    def _asking(self, root: int, near: Row, swap: int, leaf: Leaf | None = None) -> Callable[[Box], bool]:
        def ask(box: Box) -> bool:
            row = self.boxes.swapped(swap, self.boxes.pick(box, near))
            try:
                self.tables.resolve(root, row, leaf)
            except Exception:  # there may be no such state, so what fails there is no mistake yet
                return False
            return True

        return ask

    def _differing(self, code: int, part: BoxPart, swap: int) -> Iterator[Image]:
        """Yield where in a part the counterpart does something else than an action, and what."""
        leaf, other = self._leaf(code), self._leaf(part.code)
        if leaf is None or other is None:
            if leaf is not other:
                yield Image(part.box, ENABLED)
            return
        targets = self.boxes.targets[swap]
        mine = {write.position: write.update for write in leaf.effect.total}
        theirs = {targets[write.position]: write.update for write in other.effect.total}
        for cell in sorted(mine.keys() | theirs.keys()):
            wrong = 0
            for number in bits(part.box.get(cell, self.boxes.every[cell])):
                if not self._agree(swap, cell, number, mine.get(cell), theirs.get(cell)):
                    wrong |= 1 << number
            if wrong:
                where = self.tables.interner.layout.cells[targets[cell]]
                yield Image({**part.box, cell: wrong}, f"cell {where} becomes another value")

    def _agree(self, swap: int, cell: int, number: int, mine: Update | None, theirs: Update | None) -> bool:
        """Tell whether an update makes of what a value becomes what another makes of the value, after the swap."""
        constant = isinstance(mine, Put) and isinstance(theirs, Put)
        key = (swap, cell, UNKNOWN if constant else number, mine, theirs)
        if key not in self._agreeing:
            values, target = self.tables.interner.values, self.boxes.targets[swap][cell]
            image = self.boxes.images[swap][cell][number]
            one, other = _after(mine, values[cell][number]), _after(theirs, values[target][image])
            self._agreeing[key] = (one is None) == (other is None) and (
                one is None or other is None or self.swaps[swap].value(one[0]) == other[0]
            )
        return self._agreeing[key]

    def _is_empty(self, part: _Open) -> bool:
        """Tell whether no state found, nor what a renaming makes of one, is in a part; ModelError if one differs."""
        images = self._all_images(part.box)
        if images is None or len(images) * len(self._open) * self.space.states > MOST_LOOKED_AT:
            return False
        if not any(self._is_found(box) for box in images):
            return True
        if part.differs:
            raise self.comparison.uneven(part.rule.judge, part.swap, part.differs)
        return False

    def _all_images(self, box: Box) -> list[Box] | None:
        """Return what renamings make of a box; None if that is too many."""
        seen, images = {frozenset(box.items())}, [box]
        for image in images:
            for swap in self.swaps:
                new = self.boxes.swapped_box(swap, image)
                if (key := frozenset(new.items())) not in seen:
                    seen.add(key)
                    images.append(new)
                    if len(images) > MOST_IMAGES:
                        return None
        return images

    def _is_found(self, box: Box) -> bool:
        """Tell whether one of the states found is in a box."""
        space = self.space
        for each in space.shards:
            rows = sampled(space.arrays, each.packed, len(each.packed), 1)
            for cell, mask in box.items():
                allowed = np.zeros(self.boxes.every[cell].bit_length(), np.bool_)
                allowed[list(bits(mask))] = True
                rows = rows[allowed[rows[:, cell]]]
            if len(rows):
                return True
        return False


def _difference(one: BoxPart, other: BoxPart) -> str | None:
    """Return how the answers of a spec differ, if they do; why it tells of something may well mention a name."""
    return None if (one.code == NOTHING) == (other.code == NOTHING) else TOLD


def _after(update: Update | None, value: Any) -> tuple[Any] | None:
    """Return what an update makes of a value; None if it fails."""
    try:
        return (value if update is None else update(value),)
    except Exception:  # there may be no state with that value
        return None
