"""etcd with several members: what was acknowledged stays, and nothing is written that may not."""

from kmodel.kernel import Cluster, Layout, Step, invariant, sometimes, step_invariant
from kmodel.kubernetes.components.apiserver.watch_cache import connection_of
from kmodel.kubernetes.components.calls import (
    CALLS,
    TIMEOUT,
    Acknowledgement,
    Response,
    Transaction,
    became,
    is_orphan,
)
from kmodel.kubernetes.components.control_nodes import CONNECTED, ON_CONTROL_NODES, is_connected
from kmodel.kubernetes.components.etcd import STORED
from kmodel.kubernetes.components.etcd_members import STOP_WRITES
from kmodel.kubernetes.components.faults import BUDGET
from kmodel.kubernetes.components.kubectl import KUBECTL, command_of, reads_first
from kmodel.kubernetes.components.processes import PROCESSES
from kmodel.kubernetes.components.quorum import LEADER, MEMBERS, serves
from kmodel.kubernetes.components.settings import SETTINGS

from .watching import a_write_may_time_out


def members_that(cluster: Cluster, attribute: str) -> int:
    """Return of how many members an attribute is true."""
    return sum(getattr(cluster[MEMBERS[name]], attribute) for name in cluster.names(MEMBERS))


def is_written(step: Step) -> bool:
    """Tell whether the step writes an object in etcd."""
    return any(cell.family.startswith(STORED) for cell in step.writes)


@step_invariant(needs=MEMBERS)
def no_write_without_a_quorum(step: Step) -> bool | str:
    """Nothing is written while half of the members of etcd or more are down, or wait for their disks."""
    able, count = members_that(step.before, "writes"), len(step.before.names(MEMBERS))
    if is_written(step) and 2 * able <= count:
        return f"something is written, and {able} of {count} members can write"
    return True


@sometimes(needs=MEMBERS, shows=no_write_without_a_quorum)
def a_write_goes_on_without_a_member(step: Step) -> bool:
    """Something is written while a member of etcd is down, or waits for its disk."""
    return is_written(step) and members_that(step.before, "writes") < len(step.before.names(MEMBERS))


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


def a_command_may_find_no_quorum(layout: Layout) -> bool:
    """Tell whether a command that reads first may be run while etcd has no majority, or no leader."""
    if not layout.has_family(MEMBERS.family) or not any(BUDGET[fault] in layout for fault in STOP_WRITES):
        return False
    return any(reads_first(each) for session in layout.constant(SETTINGS).sessions for each in session.commands)


def _ends_unanswered(step: Step, user: str) -> bool:
    before, after = step.before[KUBECTL[user]], step.after[KUBECTL[user]]
    return after.command > before.command and after.answer == TIMEOUT


@step_invariant(needs=a_command_may_find_no_quorum)
def no_command_goes_on_from_a_read_without_a_quorum(step: Step) -> bool | str:
    """A command that reads an object first fails while etcd has no majority to confirm what it reads."""
    user = step.action.arguments.get("user", "")
    command = command_of(step.before, user) if step.action.transition.name == "run_command" else None
    if command is None or not reads_first(command) or serves(step.before) or _ends_unanswered(step, user):
        return True
    return f"{user}'s {command.verb} goes on from what no majority has confirmed"


@sometimes(needs=a_command_may_find_no_quorum, shows=no_command_goes_on_from_a_read_without_a_quorum)
def a_command_fails_that_cannot_read(step: Step) -> bool:
    """A command ends before it has asked for anything, since nobody answers what it reads first."""
    return step.action.transition.name == "run_command" and _ends_unanswered(step, step.action.arguments["user"])


@step_invariant(needs=a_write_may_time_out)
def what_may_still_be_written_is_not_called_refused(step: Step) -> bool | str:
    """Who has given up on a write that may still be carried out is not told that it was refused: it cannot know."""
    for client, response in became(step, Response):
        asked = step.before[CALLS[client]]
        if not isinstance(asked, Transaction) or response.ok or response.code == TIMEOUT:
            continue
        for cell in step.wrote(CALLS):
            if is_orphan(cell.key[0]) and asked.writes_as(step.after[cell]):
                return f"{client} is told {response.said}, and what it asked for may still be written"
    return True


@sometimes(needs=a_write_may_time_out, shows=what_may_still_be_written_is_not_called_refused)
def a_write_is_carried_out_that_had_timed_out(step: Step) -> bool:
    """Something is written on which the client had given up, or has died."""
    return any(is_orphan(client) and call.succeeded for client, call in became(step, Acknowledgement))


def _what_is_cut_off(cluster: Cluster, process: str) -> str | None:
    """Return what keeps a process from etcd: it is cut off, or the api-server that it is connected to."""
    server = connection_of(cluster, process)
    places = (process if process in cluster[ON_CONTROL_NODES] else None, server)
    return next((place for place in places if place is not None and not is_connected(cluster, place)), None)


@step_invariant(needs=CONNECTED)
def nothing_comes_through_from_a_control_node_that_is_cut_off(step: Step) -> bool | str:
    """Nothing is written for who is cut off from etcd, or is connected to an api-server that is."""
    asked = {client for client, _ in became(step, Transaction)}
    actor = step.action.actor if is_written(step) else ""  # with fused calls it writes itself
    for process in step.before[PROCESSES]:
        writes = actor == process.name or actor.startswith(f"{process.name}/")
        alone = _what_is_cut_off(step.before, process.name) if writes or asked & set(process.clients) else None
        if alone is not None:
            return f"what {process.name} asks for comes through, and {alone} is cut off"
    return True


@sometimes(needs=CONNECTED, shows=nothing_comes_through_from_a_control_node_that_is_cut_off)
def a_write_goes_on_while_a_control_node_is_cut_off(step: Step) -> bool:
    """Something is written while a control node is cut off from the others."""
    return is_written(step) and not all(step.before[CONNECTED[node]] for node in step.before.names(CONNECTED))
