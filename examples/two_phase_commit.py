"""Two-phase commit with N resource managers, as published in TwoPhase.tla (Lamport).

kmodel check examples/two_phase_commit.py
"""

from kmodel.kernel import Cell, Cells, Cluster, Model, invariant, sometimes, transition

MANAGER: Cells[str] = Cells("manager")
COORDINATOR: Cell[str] = Cell("coordinator")
PREPARED: Cells[bool] = Cells("prepared")  # what the coordinator knows
SENT: Cells[bool] = Cells("sent")  # messages, never removed: Prepared of each manager, Commit, Abort


@transition(actor="coordinator", each=MANAGER)
def receive_prepared(cluster: Cluster, manager: str) -> Cluster | None:
    """The coordinator learns that a manager is prepared."""
    if cluster[COORDINATOR] != "init" or not cluster[SENT[manager]]:
        return None
    return cluster.set(PREPARED[manager], True)


@transition(actor="coordinator")
def commit(cluster: Cluster) -> Cluster | None:
    """The coordinator commits once all managers are prepared."""
    if cluster[COORDINATOR] != "init" or not all(cluster[PREPARED[name]] for name in cluster.names(MANAGER)):
        return None
    return cluster.set(COORDINATOR, "committed").set(SENT["Commit"], True)


@transition(actor="coordinator")
def abort(cluster: Cluster) -> Cluster | None:
    """The coordinator aborts at any time before the decision."""
    if cluster[COORDINATOR] != "init":
        return None
    return cluster.set(COORDINATOR, "aborted").set(SENT["Abort"], True)


@transition(actor="{manager}", each=MANAGER)
def prepare(cluster: Cluster, manager: str) -> Cluster | None:
    """A working manager prepares and says so."""
    if cluster[MANAGER[manager]] != "working":
        return None
    return cluster.set(MANAGER[manager], "prepared").set(SENT[manager], True)


@transition(actor="{manager}", each=MANAGER)
def choose_to_abort(cluster: Cluster, manager: str) -> Cluster | None:
    """A working manager aborts on its own."""
    return cluster.set(MANAGER[manager], "aborted") if cluster[MANAGER[manager]] == "working" else None


@transition(actor="{manager}", each=MANAGER)
def receive_commit(cluster: Cluster, manager: str) -> Cluster | None:
    """A manager obeys a Commit message."""
    return cluster.set(MANAGER[manager], "committed") if cluster[SENT["Commit"]] else None


@transition(actor="{manager}", each=MANAGER)
def receive_abort(cluster: Cluster, manager: str) -> Cluster | None:
    """A manager obeys an Abort message."""
    return cluster.set(MANAGER[manager], "aborted") if cluster[SENT["Abort"]] else None


@invariant
def managers_agree(cluster: Cluster) -> bool | str:
    """No manager commits while another aborts."""
    states = {cluster[MANAGER[name]] for name in cluster.names(MANAGER)}
    return not {"committed", "aborted"} <= states or "one manager committed, another aborted"


@sometimes(shows=managers_agree)
def all_commit(cluster: Cluster) -> bool:
    """All managers commit."""
    return all(cluster[MANAGER[name]] == "committed" for name in cluster.names(MANAGER))


def model(managers: int) -> Model:
    """Return the model with so many managers, which are alike."""
    names = [f"rm{number}" for number in range(managers)]
    return Model.of(
        {
            **{MANAGER[name]: "working" for name in names},
            COORDINATOR: "init",
            **{PREPARED[name]: False for name in names},
            **{SENT[message]: False for message in [*names, "Commit", "Abort"]},
        },
        (receive_prepared, commit, abort, prepare, choose_to_abort, receive_commit, receive_abort),
        (managers_agree, all_commit),
        name=f"two-phase-commit-{managers}",
        symmetry=[names],
    )


MODEL = model(3)
