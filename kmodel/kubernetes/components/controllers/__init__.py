"""kube-controller-manager: control loops that compare the desired state with the actual one, over shared informers.

Models: the ReplicaSet and ReplicationController loop, the EndpointSlice loop, the node lifecycle loop, the eviction of
pods by taints and the garbage collection of pods, each in a file of its own.

Leaves out: leader election (one instance runs), the other controllers.

Upstream: cmd/kube-controller-manager, pkg/controller; 1.34.
"""

from typing import Any

from kmodel.kernel import Cluster
from kmodel.kubernetes.components.controllers import node_lifecycle, pod_gc, replicaset
from kmodel.kubernetes.components.etcd import Watch
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, forget_all, informer


def _on_change(cluster: Cluster, watch: Watch, key: str, old: Any, new: Any) -> Cluster:
    return replicaset.on_pod_change(cluster, watch, key, old, new) if watch.resource == "pods" else cluster


INFORMER = informer(_on_change)


def lose_memory(cluster: Cluster) -> Cluster:
    """Return the cluster after the controller manager was restarted."""
    for controller in (replicaset, node_lifecycle, pod_gc):
        cluster = controller.lose_memory(cluster)
    return forget_all(cluster, CONTROLLER_MANAGER)
