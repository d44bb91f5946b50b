"""The ReplicaSet controller of Kubernetes 1.36: before a round it waits until its cache shows what it wrote last.

Expectations still expire. But the controller notes the version of its last write, and does nothing for a ReplicaSet
while its informer is behind that (KEP-5647, kubernetes/kubernetes#137212; pkg/controller/replicaset/replica_set.go,
1.36). Here it is behind as long as the creation of a pod of this ReplicaSet is on its way to it.
"""

from typing import Any

import attrs

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components.calls import idle
from kmodel.kubernetes.components.controllers import replicaset_controller as replicasets
from kmodel.kubernetes.components.controllers.expectations import Expectations
from kmodel.kubernetes.components.controllers.replicaset_controller import EXPECTATIONS, ROUND, Round
from kmodel.kubernetes.components.etcd import QUEUES, Queue
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER
from kmodel.kubernetes.components.variant import variant


@attrs.frozen(cache_hash=True)
class IsBehind:
    """The projection of the watch of pods on whether it has yet to bring a pod of this owner."""

    kind: str
    name: str

    def __call__(self, queue: Queue) -> bool:
        """Tell whether it has."""
        events: Any = queue if isinstance(queue, tuple) else ()
        return any(
            (owner.kind.lower(), owner.name) == (self.kind, self.name)
            for event in events
            if event.type == "ADDED" and (owner := event.object.metadata.owner) is not None
        )


@transition(actor=replicasets.ACTOR, object="{kind}/{name}")
def expire_expectations(cluster: Cluster, kind: str, name: str) -> Cluster | None:
    """Expect no longer what was not seen in five minutes."""
    if cluster[EXPECTATIONS[kind, name]].fulfilled or cluster[ROUND[kind, name]] != Round():
        return None
    if not idle(cluster, replicasets.client_of(kind, name)):
        return None
    return cluster.set(EXPECTATIONS[kind, name], Expectations())


@transition(actor=replicasets.ACTOR, object="{kind}/{name}")
def reconcile(cluster: Cluster, kind: str, name: str) -> Cluster | None:
    """Count too few active pods in a cache that shows one's own writes, and decide to create what is missing."""
    if cluster.look(QUEUES[CONTROLLER_MANAGER, "pods"], IsBehind(kind, name)):
        return None
    return replicasets.reconcile.function(cluster, kind, name)


CONTROLLER_1_36 = variant(
    replicasets.COMPONENT,
    {replicasets.expire_expectations: expire_expectations, replicasets.reconcile: reconcile},
)
