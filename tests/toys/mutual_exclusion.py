"""Mutual exclusion of two processes: by a semaphore (Dijkstra), and by two flags and a turn (Peterson)."""

import attrs

from kmodel.kernel import Cell, Cells, Cluster, Fairness, Model, invariant, leads_to, transition

PROCESSES = ("p", "q")
PLACE: Cells[str] = Cells("place")  # where a process is: away, waiting or critical; with Peterson's also asking
SEMAPHORE: Cell[bool] = Cell("semaphore")  # whether it is taken
TURN: Cell[str] = Cell("turn")  # who may go first if both ask


def other(process: str) -> str:
    """Return the other of the two processes."""
    return PROCESSES[1 - PROCESSES.index(process)]


@transition(actor="{process}", environment=True)
def ask_to_enter(cluster: Cluster, process: str) -> Cluster | None:
    """A process that was away wants to enter; it need not."""
    return cluster.set(PLACE[process], "waiting") if cluster[PLACE[process]] == "away" else None


@transition(actor="{process}")
def take_semaphore(cluster: Cluster, process: str) -> Cluster | None:
    """A process that waits takes the semaphore, and enters."""
    if cluster[PLACE[process]] != "waiting" or cluster[SEMAPHORE]:
        return None
    return cluster.set(PLACE[process], "critical").set(SEMAPHORE, True)


@transition(actor="{process}")
def give_semaphore(cluster: Cluster, process: str) -> Cluster | None:
    """A process leaves, and gives the semaphore back."""
    if cluster[PLACE[process]] != "critical":
        return None
    return cluster.set(PLACE[process], "away").set(SEMAPHORE, False)


@transition(actor="{process}", environment=True)
def raise_flag(cluster: Cluster, process: str) -> Cluster | None:
    """A process that was away raises its flag; it need not."""
    return cluster.set(PLACE[process], "asking") if cluster[PLACE[process]] == "away" else None


@transition(actor="{process}")
def give_way(cluster: Cluster, process: str) -> Cluster | None:
    """A process whose flag is up lets the other go first."""
    if cluster[PLACE[process]] != "asking":
        return None
    return cluster.set(PLACE[process], "waiting").set(TURN, other(process))


@transition(actor="{process}")
def enter(cluster: Cluster, process: str) -> Cluster | None:
    """A process enters if the other's flag is down, or it is its turn."""
    if cluster[PLACE[process]] != "waiting":
        return None
    if cluster[TURN] != process and cluster[PLACE[other(process)]] != "away":
        return None
    return cluster.set(PLACE[process], "critical")


@transition(actor="{process}")
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


SPECS = (only_one_is_critical, who_waits_enters)
AWAY = {PLACE[process]: "away" for process in PROCESSES}


def semaphore(fairness: Fairness) -> Model:
    """Return the model in which the semaphore is given to whoever comes first, with the fairness of taking it."""
    each = (ask_to_enter, attrs.evolve(take_semaphore, fairness=fairness), give_semaphore)
    actions = tuple(action.bind(process=process) for process in PROCESSES for action in each)
    return Model((Cluster.of({**AWAY, SEMAPHORE: False}),), actions, SPECS, "semaphore")


def peterson() -> Model:
    """Return the model of Peterson's algorithm, which needs no more than weak fairness."""
    each = (raise_flag, give_way, enter, lower_flag)
    actions = tuple(action.bind(process=process) for process in PROCESSES for action in each)
    return Model((Cluster.of({**AWAY, TURN: "p"}),), actions, SPECS, "peterson")
