"""Writers that stamp their cells with ranks of one scope, and forget them: what a step renumbers is not its own."""

from kmodel.kernel import Cells, Cluster, Model, Rank, fresh, invariant, sometimes, transition

STAMP: Cells[Rank | None] = Cells("stamp")
COPY: Cells[Rank | None] = Cells("copy")
WORK: Cells[int] = Cells("work")


@transition(actor="{writer}")
def stamp(cluster: Cluster, writer: str) -> Cluster | None:
    """A writer takes a new stamp, twice at most."""
    if cluster[WORK[writer]] >= 2:
        return None
    return cluster.set(WORK[writer], cluster[WORK[writer]] + 1).set(STAMP[writer], fresh(cluster, "stamps"))


@transition(actor="{writer}")
def copy(cluster: Cluster, writer: str) -> Cluster | None:
    """A writer copies its stamp."""
    stamped = cluster[STAMP[writer]]
    return None if stamped is None or cluster[COPY[writer]] == stamped else cluster.set(COPY[writer], stamped)


@transition(actor="{writer}")
def forget(cluster: Cluster, writer: str) -> Cluster | None:
    """A writer forgets its copy."""
    return None if cluster[COPY[writer]] is None else cluster.set(COPY[writer], None)


@invariant
def the_copy_of_a_is_never_later_than_that_of_b(cluster: Cluster) -> bool:
    """It can be."""
    one, other = cluster[COPY["a"]], cluster[COPY["b"]]
    return one is None or other is None or one < other


@sometimes
def b_forgets_after_its_last_stamp(cluster: Cluster) -> bool:
    """B has used up its stamps and has no copy."""
    return cluster[WORK["b"]] == 2 and cluster[COPY["b"]] is None


def model() -> Model:
    names = ("a", "b", "c")
    initial = Cluster.of(
        {**{WORK[name]: 0 for name in names}, **{family[name]: None for family in (STAMP, COPY) for name in names}}
    )
    actions = tuple(action.bind(writer=name) for name in names for action in (stamp, copy, forget))
    specs = (the_copy_of_a_is_never_later_than_that_of_b, b_forgets_after_its_last_stamp)
    return Model((initial,), actions, specs, name="ranked")


@transition(actor="{writer}")
def act_once(
    cluster: Cluster, number: str, writer: str, verb: str, reads: str, later: str, earlier: str
) -> Cluster | None:
    """A writer takes a new stamp, copies another's or forgets its own, if it has not yet; where `later` is another than
    `earlier`, only while its stamp is later."""
    if cluster[WORK[number]]:
        return None
    if later != earlier:
        one, other = cluster[STAMP[later]], cluster[STAMP[earlier]]
        if one is None or other is None or not other < one:
            return None
    if verb == "stamp":
        new: Rank | None = fresh(cluster, "stamps")
    else:
        new = cluster[STAMP[reads]] if verb == "copy" else None
    return cluster.set(WORK[number], 1).set(STAMP[writer], new)
