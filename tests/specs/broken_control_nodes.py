"""Mutants of several control nodes: api-servers that answer with what is too old, leaders that are not elected."""

import attrs

from kmodel.kernel import Cluster
from kmodel.kubernetes.components.apiserver.watch_cache import MISSING, clients_of
from kmodel.kubernetes.components.calls import CALLS
from kmodel.kubernetes.components.control_nodes import CONNECTED
from kmodel.kubernetes.components.leader_election import CANDIDATES, HOLDERS, RUN_OUT, process_of
from kmodel.kubernetes.components.quorum import LEADER, MEMBERS, Member
from tests.components.scenes import apply, create, node, pod, scene
from tests.specs.mutants import Function, Mutant

TWO_API_SERVERS = scene(
    create(pod(node="n1")),
    nodes=(node("n1"),),
    actors=("kubelet",),
    calls="fused",
    api_servers=2,
    faults={"apiserver-restart": 1},
)

TWO_SCHEDULERS = scene(
    stored=(pod(),),
    actors=("kube-scheduler",),
    calls="fused",
    schedulers=2,
    faults={"scheduler-restart": 1},
)
ONE_IS_PAUSED = scene(
    stored=(pod(),),
    actors=("kube-scheduler",),
    calls="fused",
    schedulers=2,
    faults={"process-pause": 1},
)

THREE_MEMBERS = scene(
    create(pod()),
    actors=(),
    etcd_members=3,
    faults={"member-crash": 2, "member-return": 1},
)


READ_FIRST = scene(apply(pod()), actors=(), etcd_members=3, faults={"member-crash": 1})
SLOW_DISKS = scene(
    create(pod()),
    actors=(),
    etcd_members=3,
    faults={"slow-disk": 2},
)
ONE_IS_CUT_OFF = scene(
    stored=(pod(),),
    actors=("kube-scheduler",),
    control_nodes=2,
    etcd_members=1,
    api_servers=2,
    schedulers=2,
    watch_caches="prompt",
    faults={"control-node-partition": 1},
)


def takes_any_for_new_enough(list_from: Function) -> Function:
    """An api-server that lags answers a list although the client has seen more."""

    def broken(cluster: Cluster, watcher: str, resource: str, server: str) -> Cluster | None:
        missing = MISSING[server, watcher, resource]
        return list_from(cluster.set(missing, 0), watcher=watcher, resource=resource, server=server)

    return broken


def tells_nobody(update: Function) -> Function:
    """An api-server hears of a change, and loses the event before it is passed on [kubernetes/kubernetes#49956]."""

    def broken(cluster: Cluster, server: str, resource: str) -> Cluster | None:
        after = update(cluster, server=server, resource=resource)
        for watch in () if after is None else clients_of(cluster, server, resource):
            after = None if after is None else after.set(watch.queue, cluster[watch.queue])
        return after

    return broken


def takes_it_unseen(take: Function) -> Function:
    """A candidate writes the lease whatever its version is by then."""

    def broken(cluster: Cluster, instance: str) -> Cluster | None:
        cell = CANDIDATES[process_of(instance), instance]
        if cluster[cell].saw is None:
            return None
        return take(cluster.update(cell, saw=RUN_OUT), instance=instance)

    return broken


def names_no_version(ask: Function) -> Function:
    """A candidate asks to hold the lease whatever its version is by then."""

    def broken(cluster: Cluster, instance: str) -> Cluster | None:
        after = ask(cluster, instance=instance)
        return None if after is None else after.update(CALLS[f"{instance}/lease"], resource_version=None)

    return broken


def is_impatient(see: Function) -> Function:
    """A candidate takes the lease for run out while its holder is well."""

    def broken(cluster: Cluster, instance: str) -> Cluster | None:
        cell = CANDIDATES[process_of(instance), instance]
        idle = cluster[cell].saw is None and cluster[HOLDERS[process_of(instance)]] != instance
        return cluster.update(cell, saw=RUN_OUT) if idle else see(cluster, instance=instance)

    return broken


def asks_no_quorum(commit: Function) -> Function:
    """etcd writes although it has no majority, and no leader."""

    def broken(cluster: Cluster, client: str) -> Cluster | None:
        whole = cluster.set(LEADER, "etcd-1")
        for name in cluster.names(MEMBERS):
            whole = whole.set(MEMBERS[name], Member())
        after = commit(whole, client=client)
        if after is None:
            return None
        for name in cluster.names(MEMBERS):
            after = after.set(MEMBERS[name], cluster[MEMBERS[name]])
        return after.set(LEADER, cluster[LEADER])

    return broken


def answers_by_what_it_has(run_command: Function) -> Function:
    """etcd answers a read although no majority confirms the answer."""

    def broken(cluster: Cluster, user: str) -> Cluster | None:
        whole = cluster.set(LEADER, "etcd-1")
        for name in cluster.names(MEMBERS):
            whole = whole.set(MEMBERS[name], Member())
        after = run_command(whole, user=user)
        for name in cluster.names(MEMBERS):
            after = None if after is None else after.set(MEMBERS[name], cluster[MEMBERS[name]])
        return None if after is None else after.set(LEADER, cluster[LEADER])

    return broken


def does_not_wait_for_disks(commit: Function) -> Function:
    """The leader takes a write for written by who has it in memory only."""

    def broken(cluster: Cluster, client: str) -> Cluster | None:
        slow = [name for name in cluster.names(MEMBERS) if cluster[MEMBERS[name]].slow]
        whole = cluster
        for name in slow:
            whole = whole.update(MEMBERS[name], slow=False)
        after = commit(whole, client=client)
        for name in slow:
            after = None if after is None else after.update(MEMBERS[name], slow=True, has_all=False)
        return after

    return broken


def calls_it_refused(time_out: Function) -> Function:
    """A client whose write is under way is told that it was refused."""

    def broken(cluster: Cluster, client: str) -> Cluster | None:
        after = time_out(cluster, client=client)
        return None if after is None else after.update(CALLS[client], code=409, reason="Conflict")

    return broken


def acknowledges_too_early(commit: Function) -> Function:
    """The leader acknowledges a write that no other member has."""

    def broken(cluster: Cluster, client: str) -> Cluster | None:
        after = commit(cluster, client=client)
        for name in cluster.names(MEMBERS):
            if after is not None and name != cluster[LEADER]:
                after = after.update(MEMBERS[name], has_all=False)
        return after

    return broken


def votes_for_any(elect: Function) -> Function:
    """A majority votes for a member that has less than they have."""

    def broken(cluster: Cluster, member: str) -> Cluster | None:
        own = cluster[MEMBERS[member]]
        elected = elect(cluster.update(MEMBERS[member], has_all=True), member=member)
        return None if elected is None else elected.set(MEMBERS[member], own)

    return broken


def does_not_ask_etcd(handle: Function) -> Function:
    """An api-server that is cut off goes on as if it were not."""

    def broken(cluster: Cluster, client: str) -> Cluster | None:
        whole = cluster
        for name in cluster.names(CONNECTED):
            whole = whole.set(CONNECTED[name], True)
        after = handle(whole, client=client)
        if after is None:
            return None
        for name in cluster.names(CONNECTED):
            after = after.set(CONNECTED[name], cluster[CONNECTED[name]])
        return after

    return broken


OF_CONTROL_NODES = (
    Mutant(
        "nothing_comes_through_from_a_control_node_that_is_cut_off",
        "an api-server goes on without etcd",
        ONE_IS_CUT_OFF,
        (("handle", does_not_ask_etcd),),
        3,
        "handle",
    ),
    Mutant(
        "no_write_without_a_quorum",
        "etcd asks for no majority",
        THREE_MEMBERS,
        (("commit", asks_no_quorum),),
        5,
        "commit",
    ),
    Mutant(
        "no_command_goes_on_from_a_read_without_a_quorum",
        "etcd answers a read though it has no majority",
        READ_FIRST,
        (("run_command", answers_by_what_it_has),),
        2,
        "run_command",
    ),
    Mutant(
        "an_acknowledged_write_survives_the_loss_of_any_minority",
        "the leader acknowledges what it alone has",
        THREE_MEMBERS,
        (("commit", acknowledges_too_early),),
        3,
        "commit",
    ),
    Mutant(
        "an_acknowledged_write_survives_the_loss_of_any_minority",
        "the leader does not wait for disks",
        SLOW_DISKS,
        (("commit", does_not_wait_for_disks),),
        5,
        "commit",
    ),
    Mutant(
        "what_may_still_be_written_is_not_called_refused",
        "a write that times out is told as a conflict",
        THREE_MEMBERS,
        (("time_out", calls_it_refused),),
        4,
        "time_out",
    ),
    Mutant(
        "a_leader_of_etcd_has_all_that_was_acknowledged",
        "a majority elects who has less",
        THREE_MEMBERS,
        (("elect_member", votes_for_any),),
        7,
        "elect_member",
    ),
    Mutant(
        "a_lease_is_taken_only_from_who_does_not_renew_it",
        "a candidate does not ask for the version that it saw",
        ONE_IS_PAUSED,
        (("take_lease", takes_it_unseen),),
        5,
        "take_lease",
    ),
    Mutant(
        "a_lease_passes_only_over_the_version_that_was_read",
        "a candidate names no version of the lease",
        attrs.evolve(TWO_SCHEDULERS, calls="split"),
        (("ask_for_lease", names_no_version),),
        4,
        "commit",
    ),
    Mutant(
        "at_most_one_instance_acts_as_leader",
        "a candidate does not wait until the lease has run out",
        TWO_SCHEDULERS,
        (("see_lease_run_out", is_impatient),),
        2,
        "take_lease",
    ),
    Mutant(
        "an_observer_never_goes_back_in_resource_version",
        "an api-server does not ask whether it is new enough",
        TWO_API_SERVERS,
        (("list_from", takes_any_for_new_enough),),
        5,
        "list_from",
    ),
    Mutant(
        "a_watch_misses_nothing",
        "an api-server does not pass an event on",
        TWO_API_SERVERS,
        (("update_watch_cache", tells_nobody),),
        2,
        "update_watch_cache",
    ),
)
