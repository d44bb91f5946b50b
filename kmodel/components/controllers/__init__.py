"""kube-controller-manager: control loops that compare the desired state with the actual one, over shared informers.

Models: the ReplicaSet and ReplicationController loop, the EndpointSlice loop and the node lifecycle loop, each in a
file of its own.

Leaves out: leader election (one instance runs), the other controllers.

Upstream: cmd/kube-controller-manager, pkg/controller; 1.34.
"""

from typing import Any

from kmodel.components.controllers import node_lifecycle, replicaset
from kmodel.components.etcd import Watch
from kmodel.components.informer import CONTROLLER_MANAGER, forget_all, informer
from kmodel.kernel import Cluster


def _on_change(cluster: Cluster, watch: Watch, key: str, old: Any, new: Any) -> Cluster:
    return replicaset.on_pod_change(cluster, watch, key, old, new) if watch.resource == "pods" else cluster


INFORMER = informer(_on_change)


def lose_memory(cluster: Cluster) -> Cluster:
    """Return the cluster after the controller manager was restarted."""
    return forget_all(node_lifecycle.lose_memory(replicaset.lose_memory(cluster)), CONTROLLER_MANAGER)
