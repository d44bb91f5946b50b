"""The space of orbits: of the states that differ only by a renaming, the search knows the representative.

A round expands representatives as it does any state; what it found is replaced by the representatives before it is
added. A path of representatives is no run of the model; each state of the run that is found instead is in the orbit
that the search found.
"""

from collections import Counter
from math import factorial, prod

import numpy as np

from kmodel.engines.exhaustive.blocks import Blocks
from kmodel.engines.exhaustive.loop import SHARDS
from kmodel.engines.exhaustive.memory import MemoryBudget
from kmodel.engines.exhaustive.orbits import canonical
from kmodel.engines.exhaustive.orbits.comparing import Comparison
from kmodel.engines.exhaustive.orbits.equivariance import Equivariance
from kmodel.engines.exhaustive.orbits.renamings import Renamings
from kmodel.engines.exhaustive.paths import Place
from kmodel.engines.exhaustive.rounds import Frontier
from kmodel.engines.exhaustive.stops import DONE, GROW, MISS_UPDATE, REPACK
from kmodel.engines.results import Symmetry
from kmodel.engines.tables.jit import UNKNOWN
from kmodel.engines.tables.tries import Leaf
from kmodel.kernel import Model, check_symmetry

MOST_RENAMINGS = 1 << 62


class NoReduction(Exception):  # noqa: N818 - all states are explored instead
    """Nothing can be spared, for the reason given."""


class OrbitFrontier(Frontier):
    """A space whose states are representatives; NoReduction if it cannot be explored up to renaming."""

    unit = "orbits"
    where_told = "that differs only by a renaming from where it did; write it for all names alike"
    no_way = (
        "no action leads from a state into an orbit that others of its own lead to; the actions do not treat all names "
        "of the model's symmetry alike"
    )

    def __init__(self, model: Model, threads: int = 1, memory: MemoryBudget | None = None) -> None:
        groups = tuple(group for group in model.symmetry if len(group) > 1 and model.initial[0].layout.cells)
        if not groups:
            raise NoReduction("no names of this scenario are known to be interchangeable; all states were explored")
        check_symmetry(model)
        self.order = prod(factorial(len(group)) for group in groups)
        if self.order > MOST_RENAMINGS:
            raise NoReduction(f"the names have {self.order:.0e} renamings, too many; all states were explored")
        self.groups = groups
        self._represented = (0, 0)  # how many orbits were counted, and their states
        self._learned: list[tuple[int, list[int], Leaf | None]] = []  # and not compared yet
        self._is_restored = False
        self._shown = (0, 0)  # how many rules there are, and of how many it is shown that they treat all names alike
        super().__init__(model, threads, memory)
        self.comparison = Comparison(self)
        start = self.tables.row(model.initial[0])
        self._learned += [(root, start, None) for root in range(self.actions + len(self.tables.state_specs))]
        self._compare()

    @property
    def represented(self) -> int:
        """How many states the orbits found have."""
        if self._represented[0] != self.states:
            self._represented = (self.states, self._count_represented())
        return self._represented[1]

    @property
    def symmetry(self) -> Symmetry:
        """The groups of names, and how many states were represented."""
        return Symmetry(self.groups, self.represented, *self._shown)

    def expand_round(self, ends: list[int], check_only: bool = False) -> None:
        """Expand representatives, as Frontier does."""
        self.refresh()  # asking a found spec about its state may have made tables larger
        super().expand_round(ends, check_only)
        if self._learned:
            self._compare()
            self.refresh()

    def add_round(self, limit: int | None = None) -> None:
        """Add the representatives of the states in the buckets, as Frontier does."""
        self.know_values()
        self._canonize()
        buckets, moved = self.buckets, self.buckets.moved()
        self.buckets = moved
        try:
            super().add_round(limit)
        finally:
            if self.buckets is moved:  # the others have the size on which it rests when a round ends
                self.buckets = buckets

    def adopt(self, blocks: Blocks) -> None:
        """Take other blocks, as Frontier does: those of a checkpoint, which has no tables."""
        self._is_restored = True
        super().adopt(blocks)

    def conclude(self) -> None:
        """Show that the names are treated alike, as far as that can be; ModelError if two are not."""
        if self._is_restored:
            self._use_all_rules()
        self.know_values()
        self._shown = Equivariance(self, self.comparison).prove()

    def representative(self, row: list[int]) -> list[int]:
        """Return the representative of the orbit of a state, each as the numbers of its values."""
        self.know_values()
        new = np.array(row, np.int64)
        if canonical.canonize(self.renamings.arrays(), new, canonical.MOST_ARRANGEMENTS) == 0:
            raise _too_many_ties()
        return new.tolist()  # type: ignore[no-any-return]

    def is_at(self, place: Place, row: list[int]) -> bool:
        """Tell whether a state is in the orbit of the representative at a place."""
        return self.representative(row) == self.row(place)

    def swapped(self, name: int, row: list[int]) -> list[int]:
        """Return what a state becomes when a name and the next one of its group change places."""
        self.know_values()
        new = np.array(row, np.int64)
        canonical.swap(self.renamings.arrays(), name, new)
        return new.tolist()  # type: ignore[no-any-return]

    def _initial_rows(self) -> list[list[int]]:
        rows = super()._initial_rows()
        self.renamings = Renamings(self.groups, self.tables.interner)
        return [self.representative(row) for row in rows]

    def know_values(self) -> None:
        """Get to know what becomes of values that are new."""
        if self.renamings.learn():
            self.refresh()

    def _canonize(self) -> None:
        """Make the states of the buckets representatives, where they are."""
        bucket, start = 0, 0
        while True:
            status, bucket, start = canonical.canonize_buckets(
                self.arrays,
                self.renamings.arrays(),
                canonical.MOST_ARRANGEMENTS,
                self.buckets.states,
                self.buckets.fingerprints,
                self.buckets.counts,
                bucket,
                start,
            )
            if status == DONE:
                return
            if status == GROW:
                self.blocks.grow()
                self.refresh()
            elif status == REPACK:
                self.repack()
            else:
                raise _too_many_ties()

    def _learn(self, each: int, miss: list[int]) -> None:
        status, state, first, second, _, node = miss[:6]
        super()._learn(each, miss)
        if status != MISS_UPDATE and node == UNKNOWN:
            leaf = self.tables.outcomes[second]
            assert leaf is None or isinstance(leaf, Leaf)
            self._learned.append((first, self.row((each, state)), leaf))

    def _compare(self) -> None:
        """Compare what was learned of representatives with what renamings make of it."""
        learned, self._learned = self._learned, []
        for root, row, leaf in learned:
            self.comparison.compare(root, row, leaf)

    def _use_all_rules(self) -> None:
        """Expand all representatives once more, so that the tables have all rules that they were expanded by."""
        kept = self.cursor, self.fired, self.found
        self.cursor, self.fired, self.found = [0] * SHARDS, self.fired.copy(), self.found.copy()
        ends = [shard.count for shard in self.shards]
        try:
            while self.cursor != ends:
                self.expand_round(ends)
        finally:
            self.cursor, self.fired, self.found = kept

    def _count_represented(self) -> int:
        represented = 0
        for shard in self.shards:
            fixing = np.empty(shard.count, np.int64)
            canonical.count_fixing(
                self.arrays,
                self.renamings.arrays(),
                canonical.MOST_ARRANGEMENTS,
                shard.states,
                shard.count,
                fixing,
            )
            represented += sum(self.order // each * count for each, count in Counter(fixing.tolist()).items())
        return represented


def _too_many_ties() -> NoReduction:
    most = canonical.MOST_ARRANGEMENTS
    return NoReduction(
        f"more than {most:,} arrangements of names look alike in a state; all states were explored without symmetry"
    )
