"""A binary clock: two states, forever. The smallest model there is."""

from kmodel.kernel import Cell, Cluster, Model, invariant, sometimes, transition

CLOCK: Cell[int] = Cell("clock")


@transition(actor="clock")
def tick(cluster: Cluster) -> Cluster | None:
    """The clock goes from 0 to 1."""
    return cluster.set(CLOCK, 1) if cluster[CLOCK] == 0 else None


@transition(actor="clock")
def tock(cluster: Cluster) -> Cluster | None:
    """The clock goes from 1 to 0."""
    return cluster.set(CLOCK, 0) if cluster[CLOCK] == 1 else None


@invariant
def is_binary(cluster: Cluster) -> bool:
    """The clock shows 0 or 1."""
    return cluster[CLOCK] in (0, 1)


@sometimes(shows=is_binary)
def shows_one(cluster: Cluster) -> bool:
    """The clock shows 1."""
    return cluster[CLOCK] == 1


def model() -> Model:
    initial = Cluster.of({CLOCK: 0})
    both = (initial, initial.set(CLOCK, 1))
    return Model(both, (tick.bind(), tock.bind()), (is_binary, shows_one), name="binary-clock")
