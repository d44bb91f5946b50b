"""The fault of both variants: the scheduler never hears of one change of a node."""

from kmodel.kernel import FAULT, Cluster, transition
from kmodel.kubernetes.components.component import Fault, Steps
from kmodel.kubernetes.components.etcd import QUEUES
from kmodel.kubernetes.components.faults import spend
from kmodel.kubernetes.components.informer import next_event, without_first
from kmodel.kubernetes.components.scheduler import SCHEDULER


@transition(actor=FAULT, object="kube-scheduler", environment=True)
def miss_node(cluster: Cluster) -> Cluster | None:
    """An event of the scheduler's watch of nodes is lost."""
    if cluster.look(QUEUES[SCHEDULER, "nodes"], next_event) is None:
        return None
    spent = spend(cluster, "missed-node")
    return None if spent is None else spent.modify(QUEUES[SCHEDULER, "nodes"], without_first)


MISSED_NODE = Fault("missed-node", (Steps((miss_node,)),), hits=("kube-scheduler",))
