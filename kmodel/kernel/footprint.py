"""Footprints: which cells a pure function read, through which projections, and what it wrote.

A transition or spec never sees a bare cluster but a view of it. What it reads of a cell is a projection of the cell's
value: the value itself, one attribute of the object in it, or what a pure function shows of it. Two clusters that look
the same through all the projections that a function read are the same to the function: its answer can be remembered
under them.
"""

from collections.abc import Callable, Hashable, Iterator
from functools import cache
from itertools import zip_longest
from typing import Any, NoReturn, TypeVar

import attrs

from kmodel.kernel.cell import Cell
from kmodel.kernel.cluster import Cluster, Put, Replace, Then
from kmodel.kernel.errors import RAISED, BoundReached, ModelError, name_error
from kmodel.kernel.rank import Forgets, close_gaps
from kmodel.kernel.values import WHOLE, plain, shape, tracked

T = TypeVar("T")
P = TypeVar("P", bound=Hashable)


@attrs.frozen(cache_hash=True)
class Projection:
    """What a reader sees of a cell's value: what a function shows of it, or what is at a path of attributes."""

    path: tuple[str, ...] = ()
    function: Callable[[Any], Hashable] | None = None

    def __call__(self, value: Any) -> Hashable:
        """Return what the reader sees of the value."""
        if self.function is not None:
            return self.function(value)
        for name in self.path:
            if name == WHOLE:
                found: Hashable = value
                return found
            value = getattr(value, name)
        return shape(value)


@attrs.frozen
class Read:
    """One read: the cell's place in the row, the projection and what it showed."""

    position: int
    projection: Projection
    found: Hashable


@attrs.frozen(cache_hash=True)
class Write:
    """One write: the cell's place in the row and the pure function that makes the new value of the old one."""

    position: int
    update: Callable[[Any], Any]


Writes = tuple[Write, ...]


@attrs.frozen(cache_hash=True)
class Effect:
    """What a step does: what its transition wrote, and in total, with the ranks moved up that this left gaps among."""

    writes: Writes
    total: Writes


MADE_ANEW = (
    "a function that is made anew at each call, so that nobody can tell it is the same; "
    "use a function of the module or an attrs.frozen class with __call__"
)


@attrs.define
class Log:
    """The reads of one call in the order in which they happened, each once."""

    reads: dict[tuple[int, Projection], Hashable] = attrs.field(factory=dict)

    def note(self, position: int, projection: Projection, found: Hashable) -> None:
        """Add a read unless it is there already."""
        self.reads.setdefault((position, projection), found)

    def footprint(self) -> tuple[Read, ...]:
        """Return the reads in order."""
        return tuple(Read(position, projection, found) for (position, projection), found in self.reads.items())


@attrs.frozen
class _CellLog:
    log: Log
    position: int
    cell: Cell[Any]

    def read(self, path: tuple[str, ...], found: Hashable) -> None:
        self.log.note(self.position, _attribute(path), found)

    def refuse(self, path: tuple[str, ...]) -> NoReturn:
        raise ModelError(
            f"the value in cell {self.cell} cannot change, but {'.'.join(path)} of it was assigned to or deleted; "
            "return cluster.update(...) or cluster.set(...)"
        )


@cache
def _attribute(path: tuple[str, ...]) -> Projection:
    return Projection(path)


class View(Cluster):
    """A cluster as one call of a transition or spec sees it: every read goes to the log, every write is kept.

    What is read of a cell that was written is a function of what was there before; so that is what counts as read.
    """

    __slots__ = ("_log", "_pending")
    _log: Log
    _pending: dict[int, Callable[[Any], Any]]

    @staticmethod
    def on(cluster: Cluster, log: Log, pending: dict[int, Callable[[Any], Any]] | None = None) -> "View":
        """Return a view of the cluster, with what is pending written to it, that reports to the log."""
        view = object.__new__(View)
        for name, value in (
            ("layout", cluster.layout),
            ("values", cluster.values),
            ("_log", log),
            ("_pending", pending or {}),
        ):
            object.__setattr__(view, name, value)
        return view

    def __getitem__(self, cell: Cell[T]) -> T:
        if cell in self.layout.constants:
            return self.layout.constant(cell)
        position = self.layout.position(cell)
        if position in self._pending:
            return self._written(position)  # type: ignore[no-any-return]
        return tracked(self.values[position], (), _CellLog(self._log, position, cell))  # type: ignore[no-any-return]

    def look(self, cell: Cell[T], through: Callable[[T], P]) -> P:
        """Return the cell's value seen through a pure function: only what that shows counts as read."""
        position = self.layout.position(cell)
        function: Callable[[Any], P] = through
        if position in self._pending:
            update = self._pending[position]
            if isinstance(update, Put):
                return through(update.value)
            function = Then(update, through)
        found = function(self.values[position])
        self._log.note(position, Projection(function=function), found)
        return found

    def modify(self, cell: Cell[T], update: Callable[[T], T]) -> "View":
        """Return the view with the cell changed by a pure, hashable function of its old value, which is not read."""
        position = self._writable(cell)
        update = self._clean(cell, update)
        if position in self._pending and not isinstance(update, Put):
            earlier = self._pending[position]
            update = Put(update(earlier.value)) if isinstance(earlier, Put) else Then(earlier, update)
        return View.on(self, self._log, {**self._pending, position: update})

    def writes(self) -> Writes:
        """Return what was written, in the order of the cells."""
        return tuple(Write(position, self._pending[position]) for position in sorted(self._pending))

    def updates(self) -> Iterator[tuple[Cell[Any], Callable[[Any], Any]]]:
        """Yield the cells that were written, in their order, each with its update."""
        return ((self.layout.cells[position], self._pending[position]) for position in sorted(self._pending))

    def belongs_to(self, log: Log) -> bool:
        """Tell whether this view reports to that log."""
        return self._log is log

    def _written(self, position: int) -> Any:
        update, old = self._pending[position], self.values[position]
        if not isinstance(update, Put):  # what is there now depends on all that was there before
            self._log.note(position, Projection((WHOLE,)), old)
        return update(old)

    def _clean(self, cell: Cell[Any], update: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def where() -> str:
            return f"what is written to cell {cell}"

        if isinstance(update, Put):
            return Put(plain(update.value, where))
        if isinstance(update, Replace):
            return Replace(tuple((name, plain(value, where)) for name, value in update.changes))
        return plain(update, where) if attrs.has(type(update)) else update


def apply(cluster: Cluster, writes: Writes) -> Cluster:
    """Return the cluster after the writes; ModelError if one leaves something in a cell that can change."""
    values = list(cluster.values)
    for write in writes:
        cell = cluster.layout.cells[write.position]
        values[write.position] = plain(write.update(values[write.position]), lambda c=cell: f"cell {c}")  # type: ignore[misc]
    return Cluster(cluster.layout, tuple(values))


def record(
    function: Callable[[Cluster], Cluster | None], cluster: Cluster, who: str
) -> tuple[Effect | None, tuple[Read, ...]]:
    """Call a transition on a view of the cluster; return its effect (None: not enabled) and its reads, in order."""
    log = Log()
    before = View.on(cluster, log)
    try:
        after = function(before)
    except BoundReached:
        raise
    except RAISED as error:
        raise name_error(who, error) from error
    if after is None:
        return None, log.footprint()
    if not isinstance(after, View) or not after.belongs_to(log):
        raise ModelError(
            f"{who} returned {type(after).__name__!r}, not a cluster made from the one it was given; "
            "return cluster.set(...) or None"
        )
    try:
        apply(cluster, after.writes())  # fails here, with a name, if what is written can change
    except BoundReached:
        raise
    except RAISED as error:
        raise name_error(who, error) from error
    settled = close_gaps(before, after, after.updates())
    assert isinstance(settled, View)
    return Effect(after.writes(), settled.writes()), log.footprint()


def check_deterministic(
    first: tuple[object, tuple[Read, ...]], second: tuple[object, tuple[Read, ...]], cluster: Cluster, who: str
) -> None:
    """Compare two calls of one function on one cluster; ModelError names the first cell in which they differ."""
    cells = cluster.layout.cells
    for one, other in zip_longest(first[1], second[1]):
        if one == other:
            continue
        if one is not None and other is not None and _of_writes(one) and _of_writes(other):
            continue  # the kernel's own look at what was written: the writes differ, which is told below
        places = [f"cell {cells[read.position]}" if read else "nothing more" for read in (one, other)]
        if places[0] == places[1] and one.projection.function != other.projection.function:
            raise ModelError(f"{who}: {places[0]} is looked at through {MADE_ANEW}")
        raise ModelError(
            f"{who} is not deterministic: called twice on one cluster it read {places[0]} and then {places[1]}; "
            "use no clock, randomness or order of a set"
        )
    if first[0] != second[0]:
        for place in _made_anew(first[0], second[0]):
            raise ModelError(f"{who}: cell {cells[place]} is changed by {MADE_ANEW}")
        raise ModelError(
            f"{who} is not deterministic: called twice on one cluster it answered {_shown(first[0], cluster)} and then "
            f"{_shown(second[0], cluster)}; use no clock, randomness or order of a set"
        )


def _of_writes(read: Read) -> bool:
    return isinstance(read.projection.function, Forgets)


def _made_anew(first: object, second: object) -> Iterator[int]:
    """Yield the places of the cells that two calls change by functions that differ although they look alike."""
    if isinstance(first, Effect) and isinstance(second, Effect):
        for one, other in zip(first.total, second.total, strict=False):
            if one.position == other.position and one.update != other.update:
                names = [getattr(write.update, "__qualname__", None) for write in (one, other)]
                if names[0] is not None and names[0] == names[1]:
                    yield one.position


def _shown(outcome: object, cluster: Cluster) -> str:
    if isinstance(outcome, Effect):
        return "writes to " + ", ".join(f"{cluster.layout.cells[write.position]}" for write in outcome.writes)
    return repr(outcome)
