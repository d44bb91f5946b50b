"""What a search took, in numbers."""

from collections.abc import Iterable

from kmodel.engines.exhaustive.rounds import Frontier
from kmodel.engines.results import Statistics

MOST = 10


def statistics(space: Frontier) -> Statistics:
    """Return the statistics of a search as it stands."""
    tables, blocks, model = space.tables, space.blocks, space.model
    cells = [str(cell) for cell in tables.interner.layout.cells]
    actions = [str(action) for action in model.actions]
    stored = sum(each.bytes_stored for each in space.shards)
    return Statistics(
        python_calls=dict(zip(actions, tables.functions.calls, strict=True)),
        spec_calls={spec.name: calls for spec, calls in zip(model.specs, tables.functions.spec_calls, strict=True)},
        trie_nodes=tables.node_position.size,
        bytes_per_state=stored / max(1, space.states),
        blocks=tuple(
            (tuple(cells[cell] for cell in members), int(count))
            for members, count in zip(blocks.partition, blocks.count, strict=True)
        ),
        widest_cells=_most(zip(cells, map(len, tables.interner.values), strict=True)),
        largest_footprints=_most(zip(actions, map(len, tables.functions.touched), strict=True)),
    )


def _most(counted: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counted, key=lambda item: (-item[1], item[0]))[:MOST])
