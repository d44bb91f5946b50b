"""Whom a quota turns away."""

from kmodel.kernel import Cluster, Layout, Step, sometimes, step_invariant
from kmodel.kubernetes.components.apiserver.quotas import QUOTAS, is_charged
from kmodel.kubernetes.components.calls import CALLS, Response, Transaction, became
from kmodel.kubernetes.components.etcd import PODS
from kmodel.kubernetes.components.settings import SETTINGS


def there_is_a_quota(layout: Layout) -> bool:
    """Tell whether a scenario has a quota."""
    return layout.constant(SETTINGS).pod_quota is not None or bool(layout.keys(QUOTAS))


def places(cluster: Cluster) -> int:
    """Return how many pods the quota allows: that of the scenario, or the object."""
    quotas = [cluster[QUOTAS[name]] for name in cluster.names(QUOTAS)] if cluster.layout.keys(QUOTAS) else []
    return next((dict(quota.hard)["pods"] for quota in quotas if quota is not None), cluster[SETTINGS].pod_quota or 0)


def taken(cluster: Cluster) -> int:
    """Return how many pods are stored, or on their way to etcd under a name that is free."""
    under_way = {
        call.key
        for (client,) in cluster.layout.keys(CALLS)
        if isinstance(call := cluster[CALLS[client]], Transaction)
        if is_charged(call) and cluster[PODS[call.key]] is None
    }
    return sum(cluster[PODS[key]] is not None for key in cluster.names(PODS)) + len(under_way)


def _refused(step: Step) -> list[str]:
    return [call.key for _, call in became(step, Response) if (call.code, call.verb) == (403, "create")]


@step_invariant(needs=there_is_a_quota)
def a_quota_refuses_only_what_is_too_much(step: Step) -> bool | str:
    """A quota refuses no pod while fewer are there than it allows."""
    quota = places(step.before)
    for key in _refused(step):
        if taken(step.before) < quota:
            return f"pod/{key} is refused, and {taken(step.before)} of {quota} pods are there"
    return True


@sometimes(needs=there_is_a_quota, shows=a_quota_refuses_only_what_is_too_much)
def a_create_is_answered_with_conflict(step: Step) -> bool:
    """A pod is not created since its name is taken, and so takes no place."""
    return any(call.code == 409 for _, call in became(step, Response))
