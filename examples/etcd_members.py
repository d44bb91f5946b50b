"""The members of etcd with their logs: what Raft guarantees, without its messages.

kmodel check examples/etcd_members.py

Models: members with a term, a log and what they know to be committed; an election in which a majority votes, none of
which has a log that is more up to date; a leader that begins its term with an entry of its own, copies its log,
commits what a majority has, and answers a read once a majority has confirmed it; a crash that keeps the log; a leader
that is cut off and does not know that another leads. A serializable read, which any member answers by itself, changes
nothing, so that it is no step: whether it would be old is asked of each state.

tests/EtcdMembers.tla is the same in TLA+, of which TLC finds as many states.

Source: Ongaro and Ousterhout, In Search of an Understandable Consensus Algorithm (2014), figure 3.
"""

from itertools import pairwise

from kmodel.kernel import Cell, Cells, Cluster, Model, Step, invariant, sometimes, step_invariant, transition

STATE: Cells[str] = Cells("state")  # up, down, or cut off
TERM: Cells[int] = Cells("term")
LEADS: Cells[bool] = Cells("leads")  # as far as the member knows
LOG: Cells[tuple[tuple[int, str], ...]] = Cells("log")  # entries: the term, and what is written ("" by a new leader)
COMMITTED: Cells[int] = Cells("committed")  # how many entries the member knows to be committed
WRITE: Cells[str] = Cells("write")  # new, asked for, or acknowledged
SEEN: Cell[frozenset[str]] = Cell("seen")  # what the last read showed
CRASHES: Cell[int] = Cell("crashes left")
CUTS: Cell[int] = Cell("cuts left")
ELECTIONS: Cell[int] = Cell("elections left")


def is_majority(cluster: Cluster, members: list[str]) -> bool:
    """Tell whether these are more than half of all members."""
    return 2 * len(members) > len(cluster.names(STATE))


def up(cluster: Cluster) -> list[str]:
    """Return the members that can talk to each other."""
    return [name for name in cluster.names(STATE) if cluster[STATE[name]] == "up"]


def recency(cluster: Cluster, member: str) -> tuple[int, int]:
    """Return what logs are compared by: the term of the last entry, and the length."""
    log = cluster[LOG[member]]
    return (log[-1][0] if log else 0, len(log))


@transition(actor="{member}", each=STATE)
def elect(cluster: Cluster, member: str) -> Cluster | None:
    """A member that is up becomes the leader of a new term, and begins it with an entry of its own."""
    if cluster[STATE[member]] != "up" or cluster[LEADS[member]] or not cluster[ELECTIONS]:
        return None
    voters = [name for name in up(cluster) if recency(cluster, name) <= recency(cluster, member)]
    if not is_majority(cluster, voters):
        return None
    term = 1 + max(cluster[TERM[name]] for name in up(cluster))
    for name in up(cluster):
        cluster = cluster.set(TERM[name], term).set(LEADS[name], name == member)
    cluster = cluster.set(ELECTIONS, cluster[ELECTIONS] - 1)
    return cluster.set(LOG[member], (*cluster[LOG[member]], (term, "")))


@transition(actor="client", each=(STATE, WRITE))
def propose(cluster: Cluster, member: str, write: str) -> Cluster | None:
    """A client asks who takes itself for the leader to write."""
    if cluster[STATE[member]] == "down" or not cluster[LEADS[member]] or cluster[WRITE[write]] != "new":
        return None
    entry = (cluster[TERM[member]], write)
    return cluster.set(LOG[member], (*cluster[LOG[member]], entry)).set(WRITE[write], "asked for")


@transition(actor="{member}", each=(STATE, STATE))
def replicate(cluster: Cluster, member: str, to: str) -> Cluster | None:
    """A leader copies its log to another member of its term, or of an earlier one."""
    if member == to or not cluster[LEADS[member]] or not {member, to} <= set(up(cluster)):
        return None
    if cluster[TERM[to]] > cluster[TERM[member]]:
        return None
    cluster = cluster.set(TERM[to], cluster[TERM[member]]).set(LEADS[to], False)
    return cluster.set(LOG[to], cluster[LOG[member]]).set(COMMITTED[to], cluster[COMMITTED[member]])


@transition(actor="{member}", each=STATE)
def commit(cluster: Cluster, member: str) -> Cluster | None:
    """A leader finds that a majority has its log, which ends in its own term: it is committed, and acknowledged."""
    log = cluster[LOG[member]]
    if cluster[STATE[member]] == "down" or not cluster[LEADS[member]] or cluster[COMMITTED[member]] == len(log):
        return None
    having = [name for name in cluster.names(STATE) if cluster[LOG[name]] == log]
    if not is_majority(cluster, having):
        return None
    for _, write in log:
        if write:
            cluster = cluster.set(WRITE[write], "acknowledged")
    return cluster.set(COMMITTED[member], len(log))


@transition(actor="{member}", each=STATE)
def read(cluster: Cluster, member: str) -> Cluster | None:
    """A leader that has committed an entry of its term, and is confirmed by a majority, answers a read."""
    log, term = cluster[LOG[member]][: cluster[COMMITTED[member]]], cluster[TERM[member]]
    if cluster[STATE[member]] != "up" or not cluster[LEADS[member]] or not log or log[-1][0] != term:
        return None
    if not is_majority(cluster, [name for name in up(cluster) if cluster[TERM[name]] <= term]):
        return None
    return cluster.set(SEEN, frozenset(write for _, write in log if write))


@transition(actor="fault", environment=True, each=STATE)
def crash(cluster: Cluster, member: str) -> Cluster | None:
    """A member goes down; its term and log are on its disk."""
    if cluster[STATE[member]] != "up" or not cluster[CRASHES]:
        return None
    cluster = cluster.set(CRASHES, cluster[CRASHES] - 1).set(STATE[member], "down")
    return cluster.set(LEADS[member], False).set(COMMITTED[member], 0)


@transition(actor="fault", environment=True, each=STATE)
def cut_off(cluster: Cluster, member: str) -> Cluster | None:
    """A member is cut off from the others; clients still reach it."""
    if cluster[STATE[member]] != "up" or not cluster[CUTS]:
        return None
    return cluster.set(CUTS, cluster[CUTS] - 1).set(STATE[member], "cut off")


@transition(actor="fault", environment=True, each=STATE)
def come_back(cluster: Cluster, member: str) -> Cluster | None:
    """A member that was down or cut off is there again."""
    return None if cluster[STATE[member]] == "up" else cluster.set(STATE[member], "up")


@invariant
def an_acknowledged_write_survives_the_loss_of_any_minority(cluster: Cluster) -> bool | str:
    """What was acknowledged is in the logs of a majority."""
    for write in cluster.names(WRITE):
        having = [name for name in cluster.names(STATE) if write in {what for _, what in cluster[LOG[name]]}]
        if cluster[WRITE[write]] == "acknowledged" and not is_majority(cluster, having):
            return f"{write} was acknowledged, and is in the logs of {having} only"
    return True


@sometimes(shows=an_acknowledged_write_survives_the_loss_of_any_minority)
def a_write_is_acknowledged_while_a_member_is_away(cluster: Cluster) -> bool:
    """A write is acknowledged, and a member is down or cut off that does not have it."""
    away = [name for name in cluster.names(STATE) if cluster[STATE[name]] != "up"]
    done = [write for write in cluster.names(WRITE) if cluster[WRITE[write]] == "acknowledged"]
    return any(write not in {what for _, what in cluster[LOG[name]]} for name in away for write in done)


@invariant
def committed_logs_agree(cluster: Cluster) -> bool | str:
    """Of what two members know to be committed, one is a beginning of the other."""
    known = sorted((cluster[LOG[name]][: cluster[COMMITTED[name]]] for name in cluster.names(STATE)), key=len)
    for shorter, longer in pairwise(known):
        if longer[: len(shorter)] != shorter:
            return f"{shorter} and {longer} are both committed"
    return True


@sometimes(shows=committed_logs_agree)
def two_members_know_of_a_committed_entry(cluster: Cluster) -> bool:
    """Two members know that something is committed."""
    return sum(cluster[COMMITTED[name]] > 0 for name in cluster.names(STATE)) > 1


@step_invariant
def a_linearizable_read_never_goes_back(step: Step) -> bool | str:
    """A read shows all that was acknowledged before it, and all that the last one showed."""
    if SEEN not in step.writes:
        return True
    before = step.before
    done = {write for write in before.names(WRITE) if before[WRITE[write]] == "acknowledged"}
    earlier, now = before[SEEN], step.after[SEEN]
    missing = (done | earlier) - now
    return not missing or f"{sorted(missing)} was acknowledged, and the read does not show it"


@sometimes(shows=a_linearizable_read_never_goes_back)
def a_read_shows_a_write(cluster: Cluster) -> bool:
    """A read shows what was written."""
    return bool(cluster[SEEN])


@sometimes(shows=a_linearizable_read_never_goes_back)
def a_serializable_read_would_be_old(cluster: Cluster) -> bool:
    """A member that anybody may ask knows less to be committed than what was acknowledged."""
    done = {write for write in cluster.names(WRITE) if cluster[WRITE[write]] == "acknowledged"}
    known = ({what for _, what in cluster[LOG[name]][: cluster[COMMITTED[name]]]} for name in up(cluster))
    return any(not done <= each for each in known)


TRANSITIONS = (elect, propose, replicate, commit, read, crash, cut_off, come_back)
SPECS = (
    an_acknowledged_write_survives_the_loss_of_any_minority,
    a_write_is_acknowledged_while_a_member_is_away,
    committed_logs_agree,
    two_members_know_of_a_committed_entry,
    a_linearizable_read_never_goes_back,
    a_read_shows_a_write,
    a_serializable_read_would_be_old,
)


def model(members: int, writes: int = 1, elections: int = 2, crashes: int = 1, cuts: int = 1) -> Model:
    """Return the model with so many members and writes, and at most so many elections, crashes and cuts."""
    names = [f"m{number}" for number in range(1, members + 1)]
    return Model.of(
        {
            **{STATE[name]: "up" for name in names},
            **{TERM[name]: 0 for name in names},
            **{LEADS[name]: False for name in names},
            **{LOG[name]: () for name in names},
            **{COMMITTED[name]: 0 for name in names},
            **{WRITE[f"w{number}"]: "new" for number in range(1, writes + 1)},
            SEEN: frozenset(),
            CRASHES: crashes,
            CUTS: cuts,
            ELECTIONS: elections,
        },
        TRANSITIONS,
        SPECS,
        name=f"etcd-members-{members}",
    )


MODEL = model(3)
