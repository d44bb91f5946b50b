"""etcd, several members: elections, members that crash, return and catch up, disks that are slow, and time-outs.

Models: what a write needs (quorum.py). A write that is under way when there is no majority, or no leader, times out:
its client is told no more than that (in Kubernetes by a 500 that says "etcdserver: request timed out", here by no
answer at all: it knows as little). The write may be in the log of a member, and be carried out once there is a leader
again; or it is in none that counts, and lost. A disk that is slow holds its member back: it has later what the others
write, a majority that needs it acknowledges late, and if it led, another is elected, since its heartbeats wait as well.
Reads are linearizable unless they are asked for as serializable: they need a majority, too, and time out without one.
Informers and the control plane's own controllers try again until they are answered (here they wait), kubectl gives up,
and the code of a user's controller is told (apiserver answers_reads).

Leaves out: two writes of one client that are in a log at a time (it gives up on one before it asks for the next, which
no leader takes).

Upstream: etcd.io docs op-guide/failures, faq and learning/api_guarantees (v3.6); etcd
server/etcdserver/v3_server.go and errors/errors.go (processInternalRaftRequestOnce, ErrTimeout,
ErrTimeoutDueToLeaderFail), v3.6.
"""

from collections.abc import Iterator

from kmodel.kernel import FAULT, Cluster, transition
from kmodel.kubernetes.components.apiserver.crashes import unattended
from kmodel.kubernetes.components.calls import CALLS, TIMEOUT, Transaction, idle, orphan, respond, slot
from kmodel.kubernetes.components.component import NOTHING, Component, Fault, Memory, Steps
from kmodel.kubernetes.components.control_nodes import is_connected
from kmodel.kubernetes.components.faults import spend
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.quorum import (
    LEADER,
    LEADERS,
    MEMBERS,
    Member,
    crash,
    is_majority,
    lose_lead,
    members,
    serves,
)

# Faults after which etcd may have no majority, or no leader, for a while.
STOP_WRITES = ("member-crash", "slow-disk", "control-node-crash", "control-node-partition")


@transition(actor="{member}", object="etcd")
def elect_member(cluster: Cluster, member: str) -> Cluster | None:
    """Become the leader of etcd with the votes of a majority, none of which has more than this member."""
    own = cluster[MEMBERS[member]]
    if cluster[LEADER] is not None or not own.writes or not own.has_all:
        return None
    return cluster.set(LEADER, member) if is_majority(sum(each.up for _, each in members(cluster)), cluster) else None


@transition(actor="{member}", object="etcd")
def catch_up(cluster: Cluster, member: str) -> Cluster | None:
    """Receive from the leader what was written meanwhile."""
    own = cluster[MEMBERS[member]]
    if cluster[LEADER] is None or not own.writes or own.has_all:
        return None
    return cluster.update(MEMBERS[member], has_all=True)


@transition(actor=FAULT, object="{member}", environment=True)
def crash_member(cluster: Cluster, member: str) -> Cluster | None:
    """A member of etcd goes down; its log stays on its disk."""
    if not cluster[MEMBERS[member]].up:
        return None
    spent = spend(cluster, "member-crash")
    return None if spent is None else crash(spent, member)


@transition(actor=FAULT, object="{member}", environment=True)
def return_member(cluster: Cluster, member: str) -> Cluster | None:
    """A member of etcd that was down comes up again, with what it had."""
    if cluster[MEMBERS[member]].up or not is_connected(cluster, member):
        return None
    spent = spend(cluster, "member-return")
    return None if spent is None else spent.update(MEMBERS[member], up=True)


@transition(actor=FAULT, object="{member}", environment=True)
def slow_down_disk(cluster: Cluster, member: str) -> Cluster | None:
    """The disk of a member of etcd becomes slow: if it leads, its heartbeats are late, too, and it does no more."""
    if not cluster[MEMBERS[member]].writes:
        return None
    spent = spend(cluster, "slow-disk")
    return None if spent is None else lose_lead(spent, member).update(MEMBERS[member], slow=True)


@transition(actor="{member}", object="etcd")
def write_at_last(cluster: Cluster, member: str) -> Cluster | None:
    """The disk of a member of etcd is as fast as before."""
    own = cluster[MEMBERS[member]]
    return cluster.update(MEMBERS[member], slow=False) if own.up and own.slow else None


@transition(actor="kube-apiserver", object="{client}")
def time_out(cluster: Cluster, client: str) -> Cluster | None:
    """Give up on a write that etcd does not answer, and say so; it is carried out all the same, once etcd can."""
    call = cluster[CALLS[client]]
    if not isinstance(call, Transaction) or serves(cluster) or _has_left_one(cluster, client):
        return None
    late = orphan(cluster.set(CALLS[client], unattended(call)), client)
    return late.set(CALLS[client], respond(call.request, TIMEOUT, "Timeout"))


@transition(actor="kube-apiserver", object="{client}")
def time_out_for_good(cluster: Cluster, client: str) -> Cluster | None:
    """Give up on a write that etcd does not answer, and say so; it is in no log that counts, and lost."""
    call = cluster[CALLS[client]]
    if not isinstance(call, Transaction) or serves(cluster):
        return None
    return cluster.set(CALLS[client], respond(call.request, TIMEOUT, "Timeout"))


def _has_left_one(cluster: Cluster, client: str) -> bool:
    """Tell whether a call that the client has given up on is under way."""
    slots = (slot(client, number) for number in range(1, len(cluster.names(CALLS))))
    return any(not idle(cluster, each) for each in slots if cluster.has(CALLS[each]))


def _members(plan: Plan) -> Iterator[tuple[str]]:
    count = plan.settings.etcd_members
    return ((f"etcd-{number}",) for number in range(1, count + 1 if count > 1 else 1))


def _clients(plan: Plan) -> Iterator[tuple[str]]:
    return ((client,) for client in plan.clients)


def _may_time_out(plan: Plan) -> bool:
    return plan.settings.calls == "split" and any(plan.budget(fault) for fault in STOP_WRITES)


COMPONENT = Component(
    "etcd-members",
    memory=(
        Memory(MEMBERS, _members, Member(), mentions=NOTHING, survives=True),
        Memory(LEADERS, lambda plan: (("etcd",),), "etcd-1", mentions=NOTHING, survives=True),
    ),
    steps=(
        Steps((elect_member, catch_up), _members),
        Steps((write_at_last,), _members, when=lambda plan: plan.budget("slow-disk") > 0),
        Steps((time_out, time_out_for_good), _clients, when=_may_time_out),
    ),
    needed=lambda plan: None if plan.settings.etcd_members > 1 else "etcd has one member",
    optional=False,
)
MEMBER_CRASH = Fault("member-crash", (Steps((crash_member,), _members),), hits=(COMPONENT.name,), leaves_calls=True)
MEMBER_RETURN = Fault(
    "member-return", (Steps((return_member,), _members),), hits=(COMPONENT.name,), after="member-crash"
)
SLOW_DISK = Fault("slow-disk", (Steps((slow_down_disk,), _members),), hits=(COMPONENT.name,), leaves_calls=True)
