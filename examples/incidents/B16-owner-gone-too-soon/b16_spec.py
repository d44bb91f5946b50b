"""What is left when a workload is gone."""

from kmodel.kernel import Cluster, converges, sometimes
from kmodel.kubernetes.components.controllers.replicaset_controller import EXPECTATIONS
from kmodel.kubernetes.components.etcd import PODS, stored

WORKLOADS = stored("replicationcontrollers")


@converges(needs=EXPECTATIONS)
def no_pod_outlives_its_controller(cluster: Cluster) -> bool | str:
    """At last there is no pod whose ReplicationController is gone."""
    for name in cluster.names(PODS):
        pod = cluster[PODS[name]]
        owner = None if pod is None else pod.metadata.owner
        if owner is not None and cluster[WORKLOADS[owner.name]] is None:
            return f"pod/{name} is still there, and its ReplicationController {owner.name} is not"
    return True


@sometimes(needs=EXPECTATIONS, shows=no_pod_outlives_its_controller)
def a_controller_is_gone_and_its_pod_is_not(cluster: Cluster) -> bool:
    """A ReplicationController is gone while a pod of it is there."""
    return no_pod_outlives_its_controller.judged(cluster) is not True
