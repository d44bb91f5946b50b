"""Gaps among the ranks of a state, closed by number: what kernel/rank.py does to a cluster, without a footprint.

A transition that is watched looks at each cell that may mention a rank which it takes away, so that its footprint says
when a gap is left. A run passes through few states with the same ranks: there it costs less to look at the cells of the
state itself, each time.
"""

from collections.abc import Iterable, Sequence

import attrs

from kmodel.engines.tables.interning import Numbering
from kmodel.kernel.cluster import Put, Then
from kmodel.kernel.footprint import Write, Writes
from kmodel.kernel.rank import MoveUp, Rank, ranks

Marks = dict[str, int]  # the numbers of each scope that a value mentions, as bits
Move = tuple[int, MoveUp]  # a cell, and how its ranks are moved up
Changes = list[tuple[int, int]]  # cells, each with its new value


@attrs.frozen
class ChangedCells:
    """What a step changes in a state: cells with their new values, and which ranks moved up.

    `rests_on` are the scopes whose mentions elsewhere decide whether it changes anything at all.
    """

    changes: Changes
    moves: tuple[Move, ...] = ()
    rests_on: Marks = attrs.field(factory=dict)


def moved_up(writes: Writes, moves: Iterable[Move]) -> Writes:
    """Return what a step writes in total, if these ranks are moved up after it wrote."""
    updates = {write.position: write.update for write in writes}
    for cell, move in moves:
        earlier = updates.get(cell)
        if isinstance(earlier, Put):
            updates[cell] = Put(move(earlier.value))
        else:
            updates[cell] = move if earlier is None else Then(earlier, move)
    return tuple(Write(cell, updates[cell]) for cell in sorted(updates))


class Gaps:
    """The ranks that values mention, by the numbers of these."""

    def __init__(self, numbering: Numbering) -> None:
        self.numbering = numbering
        self._marks: list[dict[int, Marks]] = [{} for _ in numbering.layout.cells]
        self._places: dict[str, list[tuple[int, dict[int, int]]]] = {}
        self._moved: dict[tuple[int, MoveUp, int], int] = {}

    def forgotten(self, before: Sequence[int], changed: Changes) -> Marks:
        """Return the ranks that the changed cells mentioned before, and do not mention any more."""
        found: Marks = {}
        for cell, after in changed:
            mentioned = self.marks(cell, before[cell])
            if mentioned:
                kept = self.marks(cell, after)
                for scope, bits in mentioned.items():
                    lost = bits & ~kept.get(scope, 0)
                    if lost:
                        found[scope] = found.get(scope, 0) | lost
        return found

    def closed(self, before: Sequence[int], changed: Changes, lost: Marks) -> ChangedCells:
        """Return what a step changes if the ranks move up behind each that was the last of its mentions."""
        rests_on = lost if self._may_be_undone(changed, lost) else {}
        row = list(before)
        for cell, after in changed:
            row[cell] = after
        moves: list[Move] = []
        for scope in sorted(lost, reverse=True):
            mentioned = self._mentioned(row, scope, lost[scope])
            gone = lost[scope] & ~mentioned
            while gone:
                number = gone.bit_length() - 1  # from the last, so that the numbers of the others stay
                gone ^= 1 << number
                if mentioned >> number:
                    moves += self._move_up(row, Rank(scope, number))
        if moves:
            cells = dict.fromkeys((*(cell for cell, _ in changed), *(cell for cell, _ in moves)))
            changed = [(cell, row[cell]) for cell in cells if row[cell] != before[cell]]
        return ChangedCells(changed, tuple(moves), rests_on)

    def _mentioned(self, row: Sequence[int], scope: str, enough: int) -> int:
        """Return the numbers of a scope that a state mentions, as bits; not all, if these are among them."""
        mentioned = 0
        for cell, known in self._of_scope(scope):
            bits = known.get(row[cell])
            if bits is None:
                bits = known[row[cell]] = self.marks(cell, row[cell]).get(scope, 0)
            if bits:
                mentioned |= bits
                if not enough & ~mentioned:
                    break
        return mentioned

    def _may_be_undone(self, changed: Changes, lost: Marks) -> bool:
        """Tell whether moving up may lead back to where a step began.

        Each cell that it changed must mention a rank behind one that is forgotten.
        """
        first = {scope: (bits & -bits).bit_length() for scope, bits in lost.items()}
        return all(
            any(bits >> first[scope] for scope, bits in self.marks(cell, after).items() if scope in first)
            for cell, after in changed
        )

    def bits_of(self, scopes: Marks) -> int:
        """Return the cells that may mention ranks of the scopes, as bits."""
        bits = 0
        for scope in scopes:
            for cell, _ in self._of_scope(scope):
                bits |= 1 << cell
        return bits

    def marks(self, cell: int, number: int) -> Marks:
        """Return the ranks that a value of a cell mentions."""
        known = self._marks[cell].get(number)
        if known is None:
            known = self._marks[cell][number] = {}
            for rank in ranks(self.numbering.values[cell][number]):
                known[rank.scope] = known.get(rank.scope, 0) | 1 << rank.number
        return known

    def _of_scope(self, scope: str) -> list[tuple[int, dict[int, int]]]:
        """Return the cells that may mention ranks of a scope, each with what its values mention of that."""
        places = self._places.get(scope)
        if places is None:
            layout = self.numbering.layout
            places = self._places[scope] = [(layout.position(cell), {}) for cell in layout.cells_of(scope)]
        return places

    def _move_up(self, row: list[int], forgotten: Rank) -> list[Move]:
        moves = []
        update = MoveUp(forgotten)
        for cell, _ in self._of_scope(forgotten.scope):
            old = row[cell]
            if self.marks(cell, old).get(forgotten.scope, 0) >> (forgotten.number + 1):
                key = (cell, update, old)
                if key not in self._moved:
                    self._moved[key] = self.numbering.updated_by(update, cell, old)
                row[cell] = self._moved[key]
                moves.append((cell, update))
        return moves
