"""Quotas: what is created keeps to them, and they come to be charged with what is there."""

from kmodel.kernel import Cluster, Layout, Step, converges, sometimes, step_invariant
from kmodel.kubernetes.components.apiserver.quotas import QUOTAS
from kmodel.kubernetes.components.calls import CALLS
from kmodel.kubernetes.components.controllers.resourcequota_controller import client_of, counted
from kmodel.kubernetes.components.etcd import PODS
from kmodel.kubernetes.objects import Pod

from .watching import MAY_WAIT_FOR_EVER


def quotas_are_counted(layout: Layout) -> bool:
    """Tell whether the controller of quotas takes part."""
    return any(CALLS[client_of(quota)] in layout for (quota,) in layout.keys(QUOTAS))


def _pods(cluster: Cluster) -> list[Pod]:
    found = (cluster[PODS[name]] for name in cluster.names(PODS))
    return [pod for pod in found if pod is not None]


@step_invariant(
    needs=QUOTAS,
    hazard="The controller counts the pods that its cache shows, and writes that to the quota: a create that was "
    "charged, and is not written yet or not seen, is not among them, and its place is taken again. A limit that was "
    "lowered, or is new, counts only once the controller has seen it "
    "[pkg/controller/resourcequota/resource_quota_controller.go syncResourceQuota, 1.34; "
    "kubernetes/kubernetes#123434].",
    hazard_with=(quotas_are_counted,),
)
def what_is_created_keeps_to_the_quota(step: Step) -> bool | str:
    """When a pod is created, the pods of its namespace take no more together than its quotas let them."""
    created = [cell for cell in step.wrote(PODS) if step.before[cell] is None]
    for name in step.before.names(QUOTAS) if created else ():
        quota = step.after[QUOTAS[name]]
        if quota is None or not any(
            step.after[cell].metadata.namespace == quota.metadata.namespace for cell in created
        ):
            continue
        used = dict(counted(quota, _pods(step.after)).used)
        for what, most in quota.status.hard or ():
            if used.get(what, 0) > most:
                return f"{used[what]} of {what} are taken in all, and resourcequota/{name} has {most}"
    return True


@sometimes(needs=QUOTAS, shows=what_is_created_keeps_to_the_quota)
def the_last_place_of_a_quota_is_taken(cluster: Cluster) -> bool:
    """What is charged to a quota is as much as it has."""
    quotas = (cluster[QUOTAS[name]] for name in cluster.names(QUOTAS))
    return any(quota is not None and quota.status.hard and quota.status.used == quota.status.hard for quota in quotas)


@converges(needs=quotas_are_counted, hazard=MAY_WAIT_FOR_EVER)
def a_quota_is_counted_at_last(cluster: Cluster) -> bool | str:
    """At last a quota is charged with what the pods of its namespace take."""
    for name in cluster.names(QUOTAS):
        quota = cluster[QUOTAS[name]]
        if quota is not None and quota.status != counted(quota, _pods(cluster)):
            return f"resourcequota/{name} is charged with {quota.summary()}, which is not what is there"
    return True
