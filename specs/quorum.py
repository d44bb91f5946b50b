"""etcd with several members: what was acknowledged stays, and nothing is acknowledged that may not."""

from kmodel.kernel import Cluster, Step, invariant, sometimes, step_invariant
from kmodel.kubernetes.components.etcd import STORED
from kmodel.kubernetes.components.quorum import LEADER, MEMBERS


def members_that(cluster: Cluster, attribute: str) -> int:
    """Return of how many members an attribute is true."""
    return sum(getattr(cluster[MEMBERS[name]], attribute) for name in cluster.names(MEMBERS))


def is_written(step: Step) -> bool:
    """Tell whether the step writes an object in etcd."""
    return any(cell.family.startswith(STORED) for cell in step.writes)


@step_invariant(needs=MEMBERS)
def no_write_without_a_quorum(step: Step) -> bool | str:
    """Nothing is written while half of the members of etcd or more are down."""
    up, count = members_that(step.before, "up"), len(step.before.names(MEMBERS))
    if is_written(step) and 2 * up <= count:
        return f"something is written, and {up} of {count} members are up"
    return True


@sometimes(needs=MEMBERS, shows=no_write_without_a_quorum)
def a_write_goes_on_without_a_member(step: Step) -> bool:
    """Something is written while a member of etcd is down."""
    return is_written(step) and members_that(step.before, "up") < len(step.before.names(MEMBERS))


@invariant(needs=MEMBERS)
def an_acknowledged_write_survives_the_loss_of_any_minority(cluster: Cluster) -> bool | str:
    """More than half of the members have all that was acknowledged, so that one of them is among any majority."""
    there, count = members_that(cluster, "has_all"), len(cluster.names(MEMBERS))
    return 2 * there > count or f"only {there} of {count} members have all that was acknowledged"


@sometimes(needs=MEMBERS, shows=an_acknowledged_write_survives_the_loss_of_any_minority)
def a_member_lacks_what_was_acknowledged(cluster: Cluster) -> bool:
    """A member of etcd lacks a write that was acknowledged."""
    return members_that(cluster, "has_all") < len(cluster.names(MEMBERS))


@invariant(needs=MEMBERS)
def a_leader_of_etcd_has_all_that_was_acknowledged(cluster: Cluster) -> bool | str:
    """Who leads has every acknowledged write, so that a read through it never goes back."""
    leader = cluster[LEADER]
    if leader is None or cluster[MEMBERS[leader]].has_all:
        return True
    return f"{leader} leads, and lacks what was acknowledged"


@sometimes(needs=MEMBERS, shows=a_leader_of_etcd_has_all_that_was_acknowledged)
def another_member_comes_to_lead_etcd(step: Step) -> bool:
    """A member is elected after another went down."""
    return LEADER in step.writes and step.before[LEADER] is None
