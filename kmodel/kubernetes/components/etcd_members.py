"""etcd, several members: elections, members that crash, return and catch up. What a write needs stands in quorum.py.

Leaves out: the time-out of a call that waits for a majority (the fault late-call has it); reads of one object, which
are answered all the same.

Upstream: etcd.io docs op-guide/failures (v3.6).
"""

from collections.abc import Iterator

from kmodel.kernel import FAULT, Cluster, transition
from kmodel.kubernetes.components.component import NOTHING, Component, Fault, Memory, Steps
from kmodel.kubernetes.components.control_nodes import is_connected
from kmodel.kubernetes.components.faults import spend
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.quorum import LEADER, LEADERS, MEMBERS, Member, crash, is_majority, members


@transition(actor="{member}", object="etcd")
def elect_member(cluster: Cluster, member: str) -> Cluster | None:
    """Become the leader of etcd with the votes of a majority, none of which has more than this member."""
    own = cluster[MEMBERS[member]]
    if cluster[LEADER] is not None or not own.up or not own.has_all:
        return None
    return cluster.set(LEADER, member) if is_majority(sum(each.up for _, each in members(cluster)), cluster) else None


@transition(actor="{member}", object="etcd")
def catch_up(cluster: Cluster, member: str) -> Cluster | None:
    """Receive from the leader what was written meanwhile."""
    own = cluster[MEMBERS[member]]
    if cluster[LEADER] is None or not own.up or own.has_all:
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


def _members(plan: Plan) -> Iterator[tuple[str]]:
    count = plan.settings.etcd_members
    return ((f"etcd-{number}",) for number in range(1, count + 1 if count > 1 else 1))


COMPONENT = Component(
    "etcd-members",
    memory=(
        Memory(MEMBERS, _members, Member(), mentions=NOTHING, survives=True),
        Memory(LEADERS, lambda plan: (("etcd",),), "etcd-1", mentions=NOTHING, survives=True),
    ),
    steps=(Steps((elect_member, catch_up), _members),),
    needed=lambda plan: None if plan.settings.etcd_members > 1 else "etcd has one member",
    optional=False,
)
MEMBER_CRASH = Fault("member-crash", (Steps((crash_member,), _members),), hits=(COMPONENT.name,))
MEMBER_RETURN = Fault(
    "member-return", (Steps((return_member,), _members),), hits=(COMPONENT.name,), after="member-crash"
)
