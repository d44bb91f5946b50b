"""The scheduler of Kubernetes 1.24: what it assumes of a pod that it has bound expires.

Upstream: pkg/scheduler/internal/cache/cache.go FinishBinding and cleanupAssumedPods, 1.24. The deadline (first 30
seconds, at last 15 minutes after the binding) was set to never in 1.25 (kubernetes/kubernetes#110925), and its code
removed later (kubernetes/kubernetes#136204). There are no clocks here: a deadline may have passed at any time after
the binding.
"""

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components import scheduler
from kmodel.kubernetes.components.calls import idle
from kmodel.kubernetes.components.component import Steps, each
from kmodel.kubernetes.components.scheduler import ASSUMED, SCHEDULER, client_of
from kmodel.kubernetes.components.variant import variant


@transition(actor=SCHEDULER, object="pod/{pod}")
def expire_assumption(cluster: Cluster, pod: str) -> Cluster | None:
    """Forget where a pod was bound, since no event has confirmed it in time."""
    if cluster[ASSUMED[pod]] is None or not idle(cluster, client_of(pod)):
        return None
    return cluster.set(ASSUMED[pod], None)


SCHEDULER_1_24 = variant(scheduler.COMPONENT, steps=(Steps((expire_assumption,), each("pods")),))
