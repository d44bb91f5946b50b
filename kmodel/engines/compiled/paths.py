"""The path to a state that was found: parents are followed back to an initial state, then the actions between found."""

from collections.abc import Iterator

from kmodel.engines.compiled.buckets import INITIAL
from kmodel.engines.compiled.search import Place, Space
from kmodel.engines.compiled.tries import NOTHING
from kmodel.kernel import ModelError


def ancestry(space: Space, place: Place) -> tuple[int, list[Place]]:
    """Return the initial state that a state was reached from, and the places on the way, the state's own included."""
    places = [place]
    while True:
        parent = space.partitions[place[0]].parent(place[1])
        if parent[0] == INITIAL:
            return parent[1], places[::-1]
        place = parent
        places.append(place)


def choices(space: Space, initial: int, places: list[Place]) -> Iterator[tuple[int, int]]:
    """Yield, for each step on a path from an initial state, the first action that takes it and its index among those
    enabled."""
    row = space.tables.row(space.model.initial[initial])
    for partition, state in places[1:]:
        index = 0
        for action in range(space.actions):
            leaf = space.outcome(action, row)
            if leaf is None:
                continue
            after = space.tables.after(leaf, row)
            if space.partitions[partition].is_at(state, *space.packed(after)):
                row = after
                yield action, index
                break
            index += 1
        else:
            raise ModelError("no action leads from a state to the next on its path; a transition is not deterministic")


def telling_step(space: Space, spec: int, place: Place) -> tuple[tuple[int, int], int]:
    """Return the first action of whose step from a state a spec tells, its index among those enabled, and the leaf."""
    tables, row = space.tables, space.row(place)
    index = 0
    for action in range(space.actions):
        leaf = space.outcome(action, row)
        if leaf is None:
            continue
        start, stop = tables.class_start.data[leaf.step_class : leaf.step_class + 2].tolist()
        for root in tables.class_roots.data[start:stop].tolist():
            if tables.root_spec.data[root] == spec and (code := tables.resolve(root, row, leaf)) != NOTHING:
                return (action, index), code
        index += 1
    raise ModelError(
        f"spec {space.model.specs[spec].name} tells of no step from the state where it did; it is not pure"
    )
