"""Mutual exclusion of two processes by two flags and a turn (Peterson): at most one enters, and who waits does enter.

kmodel check examples/peterson.py
"""

from kmodel.kernel import Cell, Cells, Cluster, Model, invariant, leads_to, transition

PROCESSES = ("p", "q")
PLACE: Cells[str] = Cells("place")  # where a process is: away, asking, waiting or critical
TURN: Cell[str] = Cell("turn")  # who may go first if both ask


def other(process: str) -> str:
    """Return the other of the two processes."""
    return PROCESSES[1 - PROCESSES.index(process)]


@transition(actor="{process}", each=PLACE, environment=True)
def raise_flag(cluster: Cluster, process: str) -> Cluster | None:
    """A process that was away raises its flag; it need not."""
    return cluster.set(PLACE[process], "asking") if cluster[PLACE[process]] == "away" else None


@transition(actor="{process}", each=PLACE)
def give_way(cluster: Cluster, process: str) -> Cluster | None:
    """A process whose flag is up lets the other go first."""
    if cluster[PLACE[process]] != "asking":
        return None
    return cluster.set(PLACE[process], "waiting").set(TURN, other(process))


@transition(actor="{process}", each=PLACE)
def enter(cluster: Cluster, process: str) -> Cluster | None:
    """A process enters if the other's flag is down, or it is its turn."""
    if cluster[PLACE[process]] != "waiting":
        return None
    if cluster[TURN] != process and cluster[PLACE[other(process)]] != "away":
        return None
    return cluster.set(PLACE[process], "critical")


@transition(actor="{process}", each=PLACE)
def lower_flag(cluster: Cluster, process: str) -> Cluster | None:
    """A process leaves, and lowers its flag."""
    return cluster.set(PLACE[process], "away") if cluster[PLACE[process]] == "critical" else None


@invariant
def only_one_is_critical(cluster: Cluster) -> bool:
    """The processes are never both in their critical sections."""
    return any(cluster[PLACE[process]] != "critical" for process in PROCESSES)


def is_waiting(cluster: Cluster, process: str) -> bool:
    """A process waits for the critical section."""
    return cluster[PLACE[process]] == "waiting"


def is_critical(cluster: Cluster, process: str) -> bool:
    """A process is in its critical section."""
    return cluster[PLACE[process]] == "critical"


@leads_to(is_waiting, is_critical, each=PLACE)
def who_waits_enters() -> None:
    """A process that waits enters."""


MODEL = Model.of(
    {**{PLACE[process]: "away" for process in PROCESSES}, TURN: "p"},
    (raise_flag, give_way, enter, lower_flag),
    (only_one_is_critical, who_waits_enters),
    name="peterson",
)
