"""Footprints: which cells a pure function read, through which projections, and what it wrote.

A transition or spec never sees a bare cluster but a view of it. What it reads of a cell is a projection of the cell's
value: the value itself, one attribute of the object in it, or what a pure function shows of it. Two clusters that look
the same through all the projections that a function read are the same to the function: its answer can be remembered
under them.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import suppress
from enum import Flag, auto
from functools import cache
from itertools import zip_longest
from typing import Any, NoReturn, TypeVar

import attrs

from kmodel.kernel.cell import Cell, Layout
from kmodel.kernel.cluster import BareCluster, Cluster, Put, Replace, Then, shown, writable
from kmodel.kernel.errors import RAISED, BoundReached, ModelError, name_error
from kmodel.kernel.rank import Rank, close_gaps, without_unused
from kmodel.kernel.values import WHOLE, ByIdentity, is_frozen, is_tracked, plain, same, shape, tracked, with_parts

T = TypeVar("T")
P = TypeVar("P", bound=Hashable)


@attrs.frozen
class Raised:
    """What a projection shows of a value that it fails on: the error, as a function that catches it sees it."""

    error: str
    said: str

    @staticmethod
    def of(error: Exception) -> "Raised":
        """Return what is shown by raising the error."""
        return Raised(f"{type(error).__module__}.{type(error).__qualname__}", str(error))


@attrs.frozen(eq=False)
class Projection(ByIdentity):
    """What a reader sees of a cell's value: what a function shows of it, or what is at a path of attributes."""

    path: tuple[str, ...] = ()
    function: Callable[[Any], Hashable] | None = None

    def __hash__(self) -> int:
        return hash((self.path, self.function))  # what is looked up at each read

    def __call__(self, value: Any) -> Hashable:
        """Return what the reader sees of the value; Raised, if the function fails on it."""
        try:
            return self.show(value)
        except BoundReached:
            raise
        except Exception as error:
            return Raised.of(error)

    def show(self, value: Any) -> Hashable:
        """Return what the reader sees of the value; what the function raises is raised."""
        if self.function is not None:
            return shown(value, self.function, "the value")
        for name in self.path:
            if name == WHOLE:
                found: Hashable = value
                return found
            value = getattr(value, name)
        return shape(value)


@attrs.frozen(eq=False)
class Read(ByIdentity):
    """One read: the cell's place in the row, the projection and what it showed."""

    position: int
    projection: Projection
    found: Hashable


@attrs.frozen(eq=False)
class Write(ByIdentity):
    """One write: the cell's place in the row and the pure function that makes the new value of the old one."""

    position: int
    update: Callable[[Any], Any]


Writes = tuple[Write, ...]


@attrs.frozen(eq=False)
class Effect(ByIdentity):
    """What a step does: what its transition wrote, and in total, with the ranks moved up that this left gaps among."""

    writes: Writes
    total: Writes


MADE_ANEW = (
    "a function that is made anew at each call, so that nobody can tell it is the same; "
    "use a function of the module or an attrs.frozen class with __call__"
)


@attrs.define
class Log:
    """The reads of one call in the order in which they happened, each once, and the ranks that it made.

    A read is kept under the cell's place and the path of attributes, or the projection by a function; a path as it is,
    since this is looked up at every read.
    """

    reads: dict[tuple[int, tuple[str, ...] | Projection], Hashable] = attrs.field(factory=dict)
    made: set[Rank] = attrs.field(factory=set)

    def note(self, position: int, through: tuple[str, ...] | Projection, found: Hashable) -> None:
        """Add a read unless it is there already."""
        self.reads.setdefault((position, through), found)

    def footprint(self) -> tuple[Read, ...]:
        """Return the reads in order."""
        return tuple([Read(position, _projection(through), found) for (position, through), found in self.reads.items()])


@attrs.frozen
class _CellLog:
    log: Log
    position: int
    cell: Cell[Any]

    def read(self, path: tuple[str, ...], found: Hashable) -> None:
        self.log.note(self.position, path, found)

    def refuse(self, path: tuple[str, ...]) -> NoReturn:
        raise ModelError(
            f"the value in cell {self.cell} cannot change, but {'.'.join(path)} of it was assigned to or deleted; "
            "return cluster.update(...) or cluster.set(...)"
        )


def _projection(through: tuple[str, ...] | Projection) -> Projection:
    return through if isinstance(through, Projection) else _attribute(through)


@cache
def _attribute(path: tuple[str, ...]) -> Projection:
    return Projection(path)


_THE_WHOLE = (WHOLE,)


class View(Cluster):
    """A cluster as one call of a transition or spec sees it: every read goes to the log, every write is kept.

    What is read of a cell that was written is a function of what was there before; so that is what counts as read.
    A view may be one of another view: a function that is asked from within a function reads through its view.
    """

    __slots__ = ("_log", "_pending", "_source")

    def __init__(self, source: Cluster, log: Log, pending: Mapping[int, Callable[[Any], Any]] | None = None) -> None:
        self._source = source
        self._log = log
        self._pending = pending or {}

    @property
    def layout(self) -> Layout:
        """Which cells and constants there are; this is fixed, so it reads nothing."""
        return self._source.layout

    @property
    def values(self) -> tuple[Any, ...]:
        """The value of each cell of the layout: reads all of them."""
        return tuple(self._whole(position) for position in range(len(self.layout.cells)))

    def __getitem__(self, cell: Cell[T]) -> T:
        source = self._source
        position = source.layout.place(cell)
        if position is None:
            return source.layout.constant(cell)
        if position in self._pending:
            return self._whole(position)  # type: ignore[no-any-return]
        if not isinstance(source, BareCluster):
            self._log.note(position, _THE_WHOLE, None)  # the source's log has what was found
            return source[cell]
        value: Any = source.values[position]
        kind: Any = type(value)
        if not is_frozen(kind):
            self._log.note(position, (), value)
            return value  # type: ignore[no-any-return]
        return tracked(value, (), _CellLog(self._log, position, cell))  # type: ignore[no-any-return]

    def look(self, cell: Cell[T], through: Callable[[T], P]) -> P:
        """Return the cell's value seen through a pure function: only what that shows, a value, counts as read."""
        source = self._source
        position = source.layout.place(cell)
        if position is None:
            return shown(source.layout.constant(cell), through, cell)
        function: Callable[[Any], P] = _free(through, lambda: f"what cell {cell} is looked at through")
        if position in self._pending:
            update = self._pending[position]
            if isinstance(update, Put):
                return shown(update.value, function, cell)
            function = Then(update, function)
        projection = Projection(function=function)
        if not isinstance(source, BareCluster):
            self._log.note(position, projection, None)
            return source.look(cell, function)
        try:
            found: Any = projection.show(source.values[position])
        except BoundReached:
            raise
        except Exception as error:
            self._log.note(position, projection, Raised.of(error))
            raise
        self._log.note(position, projection, found)
        return found  # type: ignore[no-any-return]

    def modify(self, cell: Cell[T], update: Callable[[T], T]) -> "View":
        """Return the view with the cell changed by a pure, hashable function of its old value, which is not read."""
        position = writable(self, cell)
        update = _clean(cell, update)
        if position in self._pending and not isinstance(update, Put):
            earlier = self._pending[position]
            update = Put(update(earlier.value)) if isinstance(earlier, Put) else Then(earlier, update)
        return View(self._source, self._log, {**self._pending, position: update})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Cluster):
            return NotImplemented
        if self.layout.cells != other.layout.cells:
            return False
        return all(same(self._whole(position), _whole(other, position)) for position in self._apart(other))

    __hash__ = Cluster.__hash__

    def _made(self, rank: Rank) -> None:
        self._log.made.add(rank)
        self._source._made(rank)

    def _apart(self, other: Cluster) -> Iterable[int]:
        """Return the places of the cells in which another cluster can differ, for all that is known without reading."""
        if other is self._source:
            return sorted(self._pending)
        if not isinstance(other, View):
            return range(len(self.layout.cells))
        if other._source is self:
            return sorted(other._pending)
        if other._source is not self._source:
            return range(len(self.layout.cells))
        return sorted(
            position
            for position in {*self._pending, *other._pending}
            if self._pending.get(position) is not other._pending.get(position)
        )

    def _writes(self) -> Writes:
        return tuple(Write(position, self._pending[position]) for position in sorted(self._pending))

    def _whole(self, position: int) -> Any:
        update = self._pending.get(position)
        if isinstance(update, Put):
            return update.value
        old = _whole(self._source, position)
        self._log.note(position, _THE_WHOLE, old)
        return old if update is None else update(old)


def _whole(cluster: Cluster, position: int) -> Any:
    return cluster._whole(position) if isinstance(cluster, View) else cluster.values[position]


def written(after: object, log: Log, who: str) -> Writes:
    """Return what a function wrote that answered with this view, in the order of the cells.

    ModelError if it is no view that reports to the log that the function was given.
    """
    if not isinstance(after, View) or after._log is not log:
        raise ModelError(
            f"{who} returned {type(after).__name__!r}, not a cluster made from the one it was given; "
            "return cluster.set(...) or None"
        )
    return after._writes()


def _clean(cell: Cell[Any], update: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def where() -> str:
        return f"what is written to cell {cell}"

    if isinstance(update, Put):
        return Put(plain(update.value, where))
    if isinstance(update, Replace):
        return Replace(tuple((name, plain(value, where)) for name, value in update.changes))
    return plain(update, where) if attrs.has(type(update)) else update


def _free(function: Callable[[Any], T], where: Callable[[], str]) -> Callable[[Any], T]:
    """Return a projection without stand-ins in it: what it holds of the cluster is noted as read."""
    if not attrs.has(type(function)):
        return function
    return with_parts(  # type: ignore[no-any-return]
        function, lambda part: _free(part, where) if callable(part) and not is_tracked(part) else plain(part, where)
    )


def apply(cluster: Cluster, writes: Writes) -> Cluster:
    """Return the cluster after the writes; ModelError if one leaves something in a cell that can change."""
    cells = cluster.layout.cells
    if not isinstance(cluster, BareCluster):
        for write in writes:
            cluster = cluster.modify(cells[write.position], write.update)
        return cluster
    values = list(cluster.values)
    for write in writes:
        cell = cells[write.position]
        values[write.position] = plain(write.update(values[write.position]), lambda c=cell: f"cell {c}")  # type: ignore[misc]
    return BareCluster(cluster.layout, tuple(values))


class Check(Flag):
    """How the call of a function is checked: made again, and made with nobody watching what it reads."""

    NOT = 0
    AGAIN = auto()
    UNWATCHED = auto()
    BOTH = AGAIN | UNWATCHED

    @property
    def calls(self) -> int:
        """How many more calls it takes."""
        return int(self.value).bit_count()


def record(
    function: Callable[[Cluster], Cluster | None],
    cluster: Cluster,
    who: str,
    check: Check = Check.NOT,
    *,
    closes_gaps: bool = True,
) -> tuple[Effect | None, tuple[Read, ...]]:
    """Call a transition on a view of the cluster; return its effect (None: not enabled) and its reads, in order.

    Whoever closes the gaps among ranks by itself gets an effect, and reads, in which that is not done. ModelError if it
    is called again, or with nobody watching, and does not do the same. What is asked from within another function is
    not checked: that function is, as a whole.
    """
    if not isinstance(cluster, BareCluster):
        check = Check.NOT
    before, after, writes = _watch(function, cluster, who)
    if Check.AGAIN in check:
        again, _, writes_again = _watch(function, cluster, who)
        check_deterministic((writes, before._log), (writes_again, again._log), cluster, who)
    # fails, with a name, if what is written can change
    applied = None if writes is None else call(lambda cluster: apply(cluster, writes), cluster, who)
    if Check.UNWATCHED in check and call(function, cluster, who) != applied:
        raise ModelError(f"{who} does something else when nobody records what it reads; {ASK_BY_ISINSTANCE}")
    if after is None or writes is None:
        return None, before._log.footprint()
    cells = cluster.layout.cells
    updates = [(cells[write.position], write.update) for write in writes]
    settled = without_unused(after, updates, before._log.made)
    if closes_gaps:
        settled = close_gaps(before, settled, updates)
    total = writes if settled is after else written(settled, before._log, who)
    return Effect(writes, total), before._log.footprint()


def _watch(
    function: Callable[[Cluster], Cluster | None], cluster: Cluster, who: str
) -> tuple[View, Cluster | None, Writes | None]:
    """Call a transition; return the view that it was given, the one that it answered with, and what it wrote."""
    before = View(cluster, Log())
    after = call(function, before, who)
    return before, after, None if after is None else written(after, before._log, who)


ASK_BY_ISINSTANCE = "find out what a value is by isinstance or match, not by type(), and use public methods only"


def call(function: Callable[[Any], T], subject: Any, who: str) -> T:
    """Call somebody's function; an error of its own becomes a ModelError that names the function and the line."""
    try:
        return function(subject)
    except BoundReached:
        raise
    except RAISED as error:
        named = name_error(who, error)
        if isinstance(subject, View) and not isinstance(error, ModelError) and _works_unwatched(function, subject):
            named = ModelError(f"{named}; it does not when nobody records what it reads: {ASK_BY_ISINSTANCE}")
        raise named from error


def _works_unwatched(function: Callable[[Any], object], view: View) -> bool:
    with suppress(*RAISED):
        function(apply(view._source, view._writes()))
        return True
    return False


def check_deterministic(first: tuple[object, Log], second: tuple[object, Log], cluster: Cluster, who: str) -> None:
    """Compare two calls of one function on one cluster; ModelError names the first cell in which they differ."""
    cells = cluster.layout.cells
    for one, other in zip_longest(first[1].reads.items(), second[1].reads.items()):
        if one is not None and other is not None and one[0] == other[0] and same(one[1], other[1]):
            continue
        places = [f"cell {cells[read[0][0]]}" if read else "nothing more" for read in (one, other)]
        if places[0] == places[1] and all(isinstance(read[0][1], Projection) for read in (one, other) if read):
            raise ModelError(f"{who}: {places[0]} is looked at through {MADE_ANEW}")
        raise ModelError(
            f"{who} is not deterministic: called twice on one cluster it read {places[0]} and then {places[1]}; "
            "use no clock, randomness or order of a set"
        )
    if not same(first[0], second[0]):
        for place in _made_anew(first[0], second[0]):
            raise ModelError(f"{who}: cell {cells[place]} is changed by {MADE_ANEW}")
        raise ModelError(
            f"{who} is not deterministic: called twice on one cluster it answered {_shown(first[0], cluster)} and then "
            f"{_shown(second[0], cluster)}; use no clock, randomness or order of a set"
        )


def _made_anew(first: object, second: object) -> Iterator[int]:
    """Yield the places of the cells that two calls change by functions that differ although they look alike."""
    for one, other in zip(_writes_of(first), _writes_of(second), strict=False):
        if one.position == other.position and one.update != other.update:
            names = [getattr(write.update, "__qualname__", None) for write in (one, other)]
            if names[0] is not None and names[0] == names[1]:
                yield one.position


def _writes_of(outcome: object) -> Writes:
    """Return what a transition wrote; nothing, if the outcome is the answer of a spec or not enabled."""
    return outcome if isinstance(outcome, tuple) and all(isinstance(write, Write) for write in outcome) else ()


def _shown(outcome: object, cluster: Cluster) -> str:
    if writes := _writes_of(outcome):
        return "writes to " + ", ".join(f"{cluster.layout.cells[write.position]}" for write in writes)
    return repr(outcome)
