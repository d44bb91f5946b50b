"""A scheduler that is fenced: what it asks for is refused if another one holds the lease by then.

A proposal: the api-server of Kubernetes knows of no such token, and client-go says so
(staging/src/k8s.io/client-go/tools/ leaderelection/leaderelection.go, 1.34, package comment). Cilium's fix is to
exit as soon as the lease could not be renewed (cilium/cilium#42920), which makes the time in which two act shorter.
Calls are fused here: the lease is compared as the binding is written.
"""

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components import scheduler
from kmodel.kubernetes.components.instances import OwnCluster
from kmodel.kubernetes.components.leader_election import HOLDERS
from kmodel.kubernetes.components.scheduler import SCHEDULER
from kmodel.kubernetes.components.variant import variant


@transition(actor=SCHEDULER, object="pod/{pod}", describe=scheduler.schedule.describe)
def schedule(cluster: Cluster, pod: str, node: str) -> Cluster | None:
    """Filter and score the nodes; ask to bind the pod to a best one, on the condition that one still leads."""
    assert isinstance(cluster, OwnCluster), "there are several schedulers"
    if cluster[HOLDERS[SCHEDULER]] != cluster.instance.name:
        return None
    return scheduler.schedule.function(cluster, pod, node)


FENCED_SCHEDULER = variant(scheduler.COMPONENT, {scheduler.schedule: schedule})
