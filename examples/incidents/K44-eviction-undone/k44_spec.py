"""What a disruption budget promises."""

from kmodel.kernel import Cluster, invariant, sometimes
from kmodel.kubernetes.components.etcd import PODS, stored

BUDGETS = stored("budgets")


def _there(cluster: Cluster) -> int:
    pods = (cluster[PODS[name]] for name in cluster.names(PODS))
    return sum(pod is not None and not pod.metadata.deleting for pod in pods)


@invariant(needs=BUDGETS)
def evictions_leave_enough_pods(cluster: Cluster) -> bool | str:
    """At least as many pods are there as the budget says."""
    for key in cluster.names(BUDGETS):
        budget = cluster[BUDGETS[key]]
        if budget is not None and _there(cluster) < budget.spec.minAvailable:
            return f"{_there(cluster)} pods are left, and budget/{key} says {budget.spec.minAvailable}"
    return True


@sometimes(needs=BUDGETS, shows=evictions_leave_enough_pods)
def a_pod_is_evicted_and_no_more_may_be(cluster: Cluster) -> bool:
    """As few pods are there as the budget allows."""
    budgets = (cluster[BUDGETS[key]] for key in cluster.names(BUDGETS))
    return any(each is not None and _there(cluster) == each.spec.minAvailable for each in budgets)
