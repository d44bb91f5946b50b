"""Tables: what a pure function answered, remembered under what it read.

A table is a decision trie. An inner node says which cell to read next and through which projection; its branches
are what was seen there so far; a leaf holds the answer. A miss calls the Python function once and extends the trie.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

import attrs

from kmodel.kernel import Action, Cluster, ModelError, Spec, Step, ask
from kmodel.kernel.footprint import Effect, Projection, Read, check_deterministic, record

A = TypeVar("A")


@attrs.define
class _Node:
    position: int
    projection: Projection
    branches: dict[Hashable, Any]


@attrs.frozen
class _Leaf:
    answer: Any


@attrs.define
class Table(Generic[A]):
    """A remembered function of a row of values; `call` computes what is not yet known, with its reads."""

    call: Callable[[Any], tuple[A, tuple[Read, ...]]]
    calls: int = 0
    _root: _Node | _Leaf | None = None

    def answer(self, row: Sequence[Any], subject: Callable[[], Any]) -> A:
        """Return the function's answer on a row; the subject is made only for a call."""
        place: _Node | _Leaf | None = self._root
        while type(place) is _Node:
            place = place.branches.get(place.projection(row[place.position]))
        if place is None:
            return self._extend(subject())
        return place.answer  # type: ignore[union-attr, no-any-return]

    def _extend(self, subject: Any) -> A:
        self.calls += 1
        answer, reads = self.call(subject)
        leaf: _Node | _Leaf = _Leaf(answer)
        if not reads:
            self._root = leaf
            return answer
        if self._root is None:
            self._root = _Node(reads[0].position, reads[0].projection, {})
        place = self._root
        for index, read in enumerate(reads):
            if not isinstance(place, _Node) or (place.position, place.projection) != (read.position, read.projection):
                raise ModelError("a transition or spec read other cells after seeing the same values; it is not pure")
            following = reads[index + 1] if index + 1 < len(reads) else None
            fresh = leaf if following is None else _Node(following.position, following.projection, {})
            place = place.branches.setdefault(read.found, fresh)
        return answer


def transition_table(action: Action) -> Table[Effect | None]:
    """Return the table of an action: its effect, or None where it is not enabled."""
    who = f"transition {action}"

    def call(cluster: Cluster) -> tuple[Effect | None, tuple[Read, ...]]:
        recording = record(action, cluster, who)
        check_deterministic(recording, record(action, cluster, who), cluster, who)
        return recording

    return Table(call)


def spec_table(spec: Spec) -> Table[bool | str]:
    """Return the table of a spec of clusters, or of a spec of steps for one action and one effect of it."""

    def call(subject: Cluster | Step) -> tuple[bool | str, tuple[Read, ...]]:
        return ask(spec, subject)

    return Table(call)
