"""Mutants of the admission by quotas, and a bug of their controller that lasts."""

from typing import Any

from kmodel.kernel import Cell, Cluster
from kmodel.kubernetes.components.apiserver.quotas import QUOTAS
from kmodel.kubernetes.objects import ObjectMeta, QuotaStatus, ResourceQuota
from tests.components.scenes import create, delete, pod, scene
from tests.specs.bugs import hiding
from tests.specs.bugs_that_last import always, unless
from tests.specs.mutants import Mutant

ONE = (("pods", 1),)
QUOTA = ResourceQuota(ObjectMeta("quota"), ONE, QuotaStatus(ONE, ONE))  # which is full
FULL = scene(create(pod("second")), stored=(QUOTA, pod()), actors=())
IS_LEFT = scene(delete("pods/web", grace_seconds=0), stored=(QUOTA, pod()), actors=("resourcequota-controller",))


@hiding
def asks_no_quota(cluster: Cluster, binding: dict[str, str]) -> dict[Cell[Any], Any]:
    """The api-server does not look at quotas."""
    return {QUOTAS[name]: None for name in cluster.names(QUOTAS)}


MUTANTS = (
    Mutant(
        "what_is_created_keeps_to_the_quota",
        "the api-server does not look at quotas",
        FULL,
        (("handle", asks_no_quota),),
        3,
        "commit",
    ),
)
STUCK = (
    Mutant(
        "a_quota_is_counted_at_last",
        "the controller counts nothing",
        IS_LEFT,
        (("count_quota", unless(always)),),
        6,
        cycle=0,
    ),
)
