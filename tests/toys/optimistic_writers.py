"""Optimistic writers: each reads a version, later writes if it is still the same, and otherwise reads again."""

from kmodel.kernel import (
    Action,
    Cells,
    Cluster,
    Fairness,
    Model,
    always_eventually,
    fair_among_writers,
    leads_to,
    transition,
)

VERSION: Cells[int] = Cells("version")  # of the one object, modulo three
READ: Cells[int | None] = Cells("read")  # the version that a writer has read
DONE: Cells[bool] = Cells("done")
OBJECT = VERSION["object"]


@transition(actor="{writer}")
def read(cluster: Cluster, writer: str) -> Cluster | None:
    """Read the object's version."""
    return cluster.set(READ[writer], cluster[OBJECT]) if cluster[READ[writer]] is None else None


@transition(actor="{writer}")
def write(cluster: Cluster, writer: str) -> Cluster | None:
    """Write the object if it has the version that was read."""
    version = cluster[READ[writer]]
    if version is None:
        return None
    cluster = cluster.set(READ[writer], None)
    if version != cluster[OBJECT]:
        return cluster
    return cluster.set(OBJECT, (version + 1) % 3).set(DONE[writer], True)


@always_eventually
def somebody_writes(cluster: Cluster) -> bool:
    """Whatever was written before, some version is the first one again."""
    return cluster[OBJECT] == 0


def _tries(cluster: Cluster, writer: str) -> bool:
    return cluster[READ[writer]] is not None


def _has_written(cluster: Cluster, writer: str) -> bool | str:
    return cluster[DONE[writer]] or f"{writer} never wins"


@leads_to(_tries, _has_written, each=READ)
def each_writer_writes() -> None:
    """A writer that tries has written at last."""


def model(writers: int, *, fair: bool) -> Model:
    """Return the model; `fair` asks for fairness among the writers."""
    names = [f"w{number}" for number in range(writers)]
    cells = {READ[name]: None for name in names} | {DONE[name]: False for name in names}
    writes = fair_among_writers(write, VERSION) if fair else (write,)
    assert not fair or writes[0].fairness is Fairness.STRONG
    actions: list[Action] = [each.bind(writer=name) for name in names for each in (read, *writes)]
    return Model((Cluster.of({OBJECT: 0, **cells}),), tuple(actions), (somebody_writes, each_writer_writes))
