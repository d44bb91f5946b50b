"""From what a search found back to how it came about: the states on the way, and the actions that were taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmodel.engines.exhaustive.buckets import INITIAL
from kmodel.engines.tables.tries import NOTHING
from kmodel.kernel import ModelError

if TYPE_CHECKING:
    from kmodel.engines.exhaustive.rounds import Frontier

Place = tuple[int, int]  # a shard, and a state's place in it
Choice = tuple[int, int]  # an action, and its index among those that are enabled


def ancestry(space: Frontier, place: Place) -> tuple[int, list[Place]]:
    """Return the initial state that a state was reached from, and the places on the way, the state's own included."""
    places = [place]
    while True:
        parent = space.shards[place[0]].parent(place[1])
        if parent[0] == INITIAL:
            return parent[1], places[::-1]
        place = parent
        places.append(place)


def run_to(space: Frontier, place: Place) -> tuple[int, list[Choice], list[int]]:
    """Take, from an initial state, the first action that leads to the next state on the path to a place, and so on.

    Returns the initial state, the choices, and the state at the end, as the numbers of its cells' values.
    """
    initial, places = ancestry(space, place)
    row = space.tables.row(space.model.initial[initial])
    choices: list[Choice] = []
    for following in places[1:]:
        for action, index, leaf in space.enabled(row):
            after = space.tables.after(leaf, row)
            if space.is_at(following, after):
                choices.append((action, index))
                row = after
                break
        else:
            raise ModelError(space.no_way)
    return initial, choices, row


def telling(space: Frontier, spec: int, row: list[int]) -> tuple[list[Choice], int]:
    """Return the leaf of what a spec says of a state, or of the first step from it of which it tells, and that step."""
    tables = space.tables
    if spec in tables.state_specs:
        code = tables.resolve(space.actions + tables.state_specs.index(spec), row)
        if code != NOTHING:
            return [], code
    for action, index, leaf in space.enabled(row) if spec in tables.step_specs else ():
        for root in tables.roots_of_steps(leaf):
            if tables.root_spec.data[root] == spec and (code := tables.resolve(root, row, leaf)) != NOTHING:
                return [(action, index)], code
    raise ModelError(f"spec {space.model.specs[spec].name} tells of nothing {space.where_told}")
