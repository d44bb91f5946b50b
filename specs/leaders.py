"""Leader election: who holds the lease, and who acts."""

from kmodel.kernel import Cluster, Step, invariant, sometimes, step_invariant
from kmodel.kubernetes.components.calls import CALLS, Transaction
from kmodel.kubernetes.components.etcd import version
from kmodel.kubernetes.components.faults import BUDGET
from kmodel.kubernetes.components.leader_election import CANDIDATES, HOLDERS, LEASES, RUN_OUT, acts


@step_invariant(needs=HOLDERS)
def a_lease_is_taken_only_from_who_does_not_renew_it(step: Step) -> bool | str:
    """At most one instance holds a lease: another gets it only if nobody wrote it since that saw it run out."""
    for cell in step.wrote(HOLDERS):
        process, holder = cell.key[0], step.after[cell]
        if holder != step.before[cell] and step.before[CANDIDATES[process, holder]].saw != RUN_OUT:
            return f"{holder} takes the lease that {step.before[cell]} has written since it seemed to run out"
    return True


@sometimes(needs=HOLDERS, shows=a_lease_is_taken_only_from_who_does_not_renew_it)
def a_lease_passes_to_another(step: Step) -> bool:
    """A lease that has run out is taken by another instance."""
    return any(step.after[cell] != step.before[cell] for cell in step.wrote(HOLDERS))


@step_invariant(needs=LEASES)
def a_lease_passes_only_over_the_version_that_was_read(step: Step) -> bool | str:
    """At most one instance gets a lease: its call wrote on the condition of the version that it had read."""
    for cell in step.wrote(LEASES):
        before, after = step.before[cell], step.after[cell]
        client = step.action.arguments.get("client", "")
        asked = step.before[CALLS[client]] if before and after and before.holder != after.holder else None
        if isinstance(asked, Transaction) and asked.request.resource_version != version(before):
            return f"{after.holder} takes the lease of {before.holder} whatever its version is by then"
    return True


@sometimes(needs=LEASES, shows=a_lease_passes_only_over_the_version_that_was_read)
def a_lease_is_given_to_another_by_a_call(step: Step) -> bool:
    """The call of another instance is carried out, by which it holds the lease."""
    written = [(step.before[cell], step.after[cell]) for cell in step.wrote(LEASES)]
    return any(before and after and before.holder != after.holder for before, after in written)


@invariant(
    needs=CANDIDATES,
    hazard="A leader asks nobody between two writes whether it still leads. One that is paused for longer than its "
    "lease is good goes on where it was, beside its successor, until it tries to renew the lease: it fences nothing "
    "[client-go tools/leaderelection/leaderelection.go, 1.34; kubernetes/kubernetes#23731].",
    hazard_with=(BUDGET["process-pause"],),
)
def at_most_one_instance_acts_as_leader(cluster: Cluster) -> bool | str:
    """Of the instances of a program at most one acts as its leader."""
    acting: dict[str, str] = {}
    for process, instance in cluster.layout.keys(CANDIDATES):
        other = acting.setdefault(process, instance) if acts(cluster, instance) else instance
        if other != instance:
            return f"{other} and {instance} both act as the leader"
    return True


@sometimes(needs=CANDIDATES, shows=at_most_one_instance_acts_as_leader)
def a_standby_comes_to_act_as_leader(cluster: Cluster) -> bool:
    """An instance acts as the leader that did not at the start."""
    return any(instance != process and acts(cluster, instance) for process, instance in cluster.layout.keys(CANDIDATES))
