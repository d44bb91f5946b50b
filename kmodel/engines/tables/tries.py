"""Tables: what each transition and spec answered, remembered under what it read.

A table is a decision trie. An inner node says which cell to read next and through which projection; its branches
are what was seen there so far; a leaf holds the answer. A miss calls the Python function and extends the trie. All
tries of a model share flat arrays, in which a place is a code: an inner node (0, 1, …), UNKNOWN, or a leaf
(NOTHING, then downwards).
"""

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np

from kmodel.engines.tables.functions import Functions, impure, safety_specs, told
from kmodel.engines.tables.interning import Interner
from kmodel.engines.tables.jit import UNKNOWN, Ints, Memo, Vector, look_up
from kmodel.kernel import Cluster, Model, ModelError, Predicate, Spec, Step
from kmodel.kernel.footprint import Effect, Read
from kmodel.kernel.model import cells_read, step_of

NOTHING = -2  # the leaf of an action that is not enabled, or of a spec whose answer says nothing


@attrs.frozen
class Leaf:
    """One outcome of an action: its effect, the cells read on the way, all changes as (cell, update) numbers."""

    action: int
    effect: Effect
    reads: tuple[int, ...]
    writes: tuple[tuple[int, int], ...]
    step_class: int


@attrs.frozen
class Answer:
    """An answer of a spec that must be told: a violation, or that a `sometimes` happens."""

    spec: int
    reason: str


class Tables:
    """The tries of a model: one per action, one per spec of states, one per spec of steps and class of steps.

    A class of steps is one action with what it wrote and the cells that it read: all that a spec of steps may look at
    except the cluster before the step, which its trie is about.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.functions = Functions(model)
        self.interner = Interner(model.initial[0].layout)
        self.cells = len(model.initial[0].layout.cells)
        self.state_specs, self.step_specs = safety_specs(model)
        self.node_position, self.node_projection, self.node_root = Vector(), Vector(), Vector()
        self.children = Memo()
        self.roots = Vector(np.int32, [UNKNOWN] * (len(model.actions) + len(self.state_specs)))
        self.root_spec = Vector(np.int32, [UNKNOWN] * len(model.actions) + self.state_specs)
        self.root_owner = Vector(np.int32, range(self.roots.size))  # of a class of steps: the action that takes them
        self.outcomes: list[Leaf | Answer | None] = [None]
        self.leaf_class = Vector(np.int32, [0])
        self._leaf_ids: dict[Any, int] = {}
        self._classes: dict[Any, int] = {}
        self.class_start = Vector(np.int32, [0])
        self.class_roots = Vector()
        self._are_steps_seen = any(spec.of_steps for spec in model.specs)
        self._predicates: dict[int, Predicate] = {}  # by root
        self._predicate_roots: dict[tuple[Predicate, int | None], int] = {}

    def arrays(self, done: Ints) -> dict[str, Ints]:
        """Return the arrays of the tries, their roots, and the classes of steps, as they are now.

        Of a class those specs are left out that say nothing of any of its steps, and those that are done.
        """
        asked = self.class_roots.data[: self.class_roots.size]
        is_open = (self.roots.data[asked] != NOTHING) & (done[self.root_spec.data[asked]] == 0)
        before = np.concatenate((np.zeros(1, np.int32), np.cumsum(is_open, dtype=np.int32)))
        return {
            "node_position": self.node_position.data,
            "node_projection": self.node_projection.data,
            "child_keys": self.children.keys,
            "child_values": self.children.values,
            "roots": self.roots.data,
            "root_spec": self.root_spec.data,
            "leaf_class": self.leaf_class.data,
            "class_start": before[self.class_start.data[: self.class_start.size]],
            "class_roots": asked[is_open],
        }

    def predicate_root(self, predicate: Predicate, step_class: int | None = None) -> int:
        """Return the root of the trie of a temporal spec's predicate, for one about steps of the steps of a class."""
        key = (predicate, step_class)
        if key not in self._predicate_roots:
            root = self._predicate_roots[key] = self.roots.size
            self._predicates[root] = predicate
            self.roots.append(UNKNOWN)
            self.root_spec.append(self.model.specs.index(predicate.spec))
        return self._predicate_roots[key]

    def row(self, cluster: Cluster) -> list[int]:
        """Return the numbers of a cluster's values, one per cell."""
        return self.interner.row(cluster)

    def cluster(self, row: Sequence[int]) -> Cluster:
        """Return the cluster whose values have these numbers."""
        return self.interner.cluster(row)

    def after(self, leaf: Leaf, row: Sequence[int]) -> list[int]:
        """Return the row from which further steps start after an outcome."""
        after = list(row)
        for cell, update in leaf.writes:
            after[cell] = self.interner.apply(update, row[cell])
        return after

    def roots_of_steps(self, leaf: Leaf) -> tuple[int, ...]:
        """Return the tries of the specs of steps for the steps with this outcome."""
        start, stop = self.class_start.data[leaf.step_class : leaf.step_class + 2].tolist()
        return tuple(self.class_roots.data[start:stop].tolist())

    def outcome(self, code: int) -> Leaf | Answer | None:
        """Return what a leaf holds."""
        return self.outcomes[NOTHING - code]

    def resolve(self, root: int, row: Sequence[int], leaf: Leaf | None = None) -> int:
        """Return the leaf of a trie for a row (or for the step from it with an outcome), calling Python if need be."""
        code = self._walk(root, row)
        if code != UNKNOWN:
            return code
        cluster = self.cluster(row)
        if root < len(self.model.actions):
            effect, reads = self.functions.call(root, cluster)
            code = self._action_leaf(root, reads, effect)
        else:
            index = int(self.root_spec.data[root])
            spec = self._predicates.get(root) or self.model.specs[index]
            subject: Cluster | Step = cluster
            if leaf is not None:
                subject = step_of(self.model.actions[leaf.action], cluster, leaf.effect, leaf.reads)
            answer, reads = self.functions.ask(index, spec, subject)
            code = self._answer_leaf(index, spec, answer)
        self._extend(root, reads, code, row)
        return code

    def look(self, node: int, value: int) -> None:
        """Find the branch at an inner node of a value of the cell that it reads."""
        self.interner.look(int(self.node_projection.data[node]), value)

    def _walk(self, root: int, row: Sequence[int]) -> int:
        """Follow the trie, finding the branches of new values by their projections, as far as its nodes are known."""
        code = int(self.roots.data[root])
        while code >= 0:
            position, projection = int(self.node_position.data[code]), int(self.node_projection.data[code])
            self.interner.look(projection, row[position])
            branch = self.interner.branches.data[self.interner.projection_base.data[projection] + row[position]]
            code = self._child(code, int(branch))
        return code

    def _child(self, node: int, branch: int) -> int:
        return int(look_up(self.children.keys, self.children.values, node, branch))

    def _extend(self, root: int, reads: Sequence[Read], leaf: int, row: Sequence[int]) -> None:
        place = int(self.roots.data[root])
        enter: Callable[[int], None] = lambda code: self.roots.data.__setitem__(root, code)  # noqa: E731
        for read in reads:
            projection = self.interner.projection(read.position, read.projection)
            if place == UNKNOWN:
                place = self.node_position.size
                self.node_position.append(read.position)
                self.node_projection.append(projection)
                self.node_root.append(root)
                enter(place)
            elif place < 0 or (self.node_position.data[place], self.node_projection.data[place]) != (
                read.position,
                projection,
            ):
                raise _impure(self, root)
            branch = self.interner.branch(projection, row[read.position], read.found)
            node, place = place, self._child(place, branch)
            enter = lambda code, node=node, branch=branch: self.children.put(node, branch, code)  # type: ignore[misc]  # noqa: E731
        if place != UNKNOWN:
            raise _impure(self, root)
        enter(leaf)

    def _action_leaf(self, action: int, reads: Sequence[Read], effect: Effect | None) -> int:
        if effect is None:
            return NOTHING
        # what a step read matters to specs of steps only, which may look at it
        read = cells_read(reads) if self._are_steps_seen else ()
        key = (action, read, effect)
        if key not in self._leaf_ids:
            numbered = tuple(
                (write.position, self.interner.update(write.position, write.update)) for write in effect.total
            )
            step_class = self._step_class((action, read, effect))
            self._leaf_ids[key] = self._add(Leaf(action, effect, read, numbered, step_class))
            self.leaf_class.append(step_class)
        return self._leaf_ids[key]

    def _step_class(self, key: Any) -> int:
        if key not in self._classes:
            self._classes[key] = len(self._classes)
            for index in self.step_specs:
                self.class_roots.append(self.roots.size)
                self.roots.append(UNKNOWN)
                self.root_spec.append(index)
                self.root_owner.append(key[0])
            self.class_start.append(self.class_roots.size)
        return self._classes[key]

    def _answer_leaf(self, index: int, asked: Spec | Predicate, answer: bool | str) -> int:
        reason = told(asked, answer)
        if reason is None:
            return NOTHING
        key = (index, reason)
        if key not in self._leaf_ids:
            self._leaf_ids[key] = self._add(Answer(index, reason))
            self.leaf_class.append(0)
        return self._leaf_ids[key]

    def _add(self, outcome: Leaf | Answer) -> int:
        self.outcomes.append(outcome)
        return NOTHING - (len(self.outcomes) - 1)


def _impure(tables: Tables, root: int) -> ModelError:
    model = tables.model
    return impure(model.actions[root] if root < len(model.actions) else model.specs[int(tables.root_spec.data[root])])
