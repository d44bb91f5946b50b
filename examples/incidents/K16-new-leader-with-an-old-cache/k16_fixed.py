"""A scheduler that waits, after it has become the leader, until its watch has brought all that was stored by then.

A proposal: no release does so. Today's standby keeps its cache up to date by a watch, and begins with what that has
brought (cmd/kube-scheduler/app/server.go Run, 1.34; a gate of client-go, DelayCacheUntilActive, makes it list when
it begins). What the old leader has asked for and is not stored yet would still come as a surprise; calls are fused
here, so nothing is.
"""

from kmodel.kernel import Cell, Cells, Cluster, transition
from kmodel.kubernetes.components import scheduler
from kmodel.kubernetes.components.component import NOTHING, Memory, Steps
from kmodel.kubernetes.components.etcd import QUEUES
from kmodel.kubernetes.components.informer import has_caught_up
from kmodel.kubernetes.components.scheduler import SCHEDULER
from kmodel.kubernetes.components.variant import variant

FRESH: Cells[bool] = Cells("kube-scheduler/fresh")
IS_FRESH: Cell[bool] = FRESH["pods"]


@transition(actor=SCHEDULER, object="pods")
def catch_up(cluster: Cluster) -> Cluster | None:
    """See that the cache shows all that was stored when this scheduler became the leader."""
    if cluster[IS_FRESH] or not cluster.look(QUEUES[SCHEDULER, "pods"], has_caught_up):
        return None
    return cluster.set(IS_FRESH, True)


@transition(actor=SCHEDULER, object="pod/{pod}", describe=scheduler.schedule.describe)
def schedule(cluster: Cluster, pod: str, node: str) -> Cluster | None:
    """Filter and score the nodes, if the cache is fresh; assume the pod on a best one and ask to bind it there."""
    return scheduler.schedule.function(cluster, pod, node) if cluster[IS_FRESH] else None


PATIENT_SCHEDULER = variant(
    scheduler.COMPONENT,
    {scheduler.schedule: schedule},
    memory=(Memory(FRESH, lambda plan: (("pods",),), True, forgotten=False, mentions=NOTHING),),
    steps=(Steps((catch_up,)),),
)
