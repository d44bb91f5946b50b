"""Leader election: who holds the lease, and who acts."""

from kmodel.kernel import Cluster, Step, invariant, sometimes, step_invariant
from kmodel.kubernetes.components.faults import BUDGET
from kmodel.kubernetes.components.leader_election import CANDIDATES, HOLDERS, RUN_OUT, acts


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


@invariant(
    needs=HOLDERS,
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


@sometimes(needs=HOLDERS, shows=at_most_one_instance_acts_as_leader)
def a_standby_comes_to_act_as_leader(cluster: Cluster) -> bool:
    """An instance acts as the leader that did not at the start."""
    return any(instance != process and acts(cluster, instance) for process, instance in cluster.layout.keys(CANDIDATES))
