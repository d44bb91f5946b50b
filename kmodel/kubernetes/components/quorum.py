"""etcd, several members: what a write needs.

Models: members of which one leads. A write is acknowledged when a majority has it: all that are up have it then, and
those that are down, or whose disk is slow, lack it until they have caught up. Without a majority, or a leader, nothing
is written.

Leaves out: logs and terms (a member has all that was committed, or lacks some of it); members that are cut off:
they are in a model of their own, examples/etcd_members.py.

With one member there is none of this: it never fails.

Upstream: etcd.io docs learning/api_guarantees and op-guide/failures (v3.6).
"""

from collections.abc import Iterator

import attrs

from kmodel.kernel import Cell, Cells, Cluster


@attrs.frozen(cache_hash=True)
class Member:
    """A member: whether it is up, whether it has all that was ever acknowledged, and whether its disk keeps up."""

    up: bool = True
    has_all: bool = True
    slow: bool = False

    @property
    def writes(self) -> bool:
        """Whether it has the next write on its disk as soon as that is acknowledged."""
        return self.up and not self.slow


MEMBERS: Cells[Member] = Cells("etcd members")
LEADERS: Cells[str | None] = Cells("leader of etcd")
LEADER: Cell[str | None] = LEADERS["etcd"]


def members(cluster: Cluster) -> Iterator[tuple[Cell[Member], Member]]:
    """Yield the members, each with its cell; none if there is only one."""
    return ((MEMBERS[name], cluster[MEMBERS[name]]) for name in cluster.names(MEMBERS))


def is_majority(number: int, cluster: Cluster) -> bool:
    """Tell whether so many members are more than half of all."""
    return 2 * number > len(cluster.names(MEMBERS))


def serves(cluster: Cluster) -> bool:
    """Tell whether etcd can write, and answer reads that have to be of now: a leader, and a majority that has all."""
    if not cluster.names(MEMBERS):
        return True
    ready = sum(member.writes and member.has_all for _, member in members(cluster))
    return cluster[LEADER] is not None and is_majority(ready, cluster)


def replicate(cluster: Cluster) -> Cluster:
    """Return the cluster after a write: the members that are down, or whose disk is slow, lack it."""
    for cell, member in members(cluster):
        if not member.writes:
            cluster = cluster.set(cell, attrs.evolve(member, has_all=False))
    return cluster


def crash(cluster: Cluster, name: str) -> Cluster:
    """Return the cluster after a member went down: if it was the leader, there is none."""
    return lose_lead(cluster, name).update(MEMBERS[name], up=False)


def lose_lead(cluster: Cluster, name: str) -> Cluster:
    """Return the cluster in which a member does not lead."""
    return cluster.set(LEADER, None) if cluster[LEADER] == name else cluster
