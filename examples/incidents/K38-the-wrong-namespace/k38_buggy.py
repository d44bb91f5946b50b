"""The garbage collector of Kubernetes 1.19: that an owner is not there is remembered by its UID alone.

Upstream: pkg/controller/garbagecollector/garbagecollector.go isDangling, absentOwnerCache, 1.19. An owner is looked
up in the namespace of the one that names it; what is not found there was taken for gone everywhere.
"""

from typing import Any

from kmodel.kernel import Cell, Cells, Cluster, Rank, transition
from kmodel.kubernetes.components.apiserver import read
from kmodel.kubernetes.components.calls import Request, idle, send
from kmodel.kubernetes.components.component import Memory
from kmodel.kubernetes.components.controllers import garbage_collector as collector
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, in_cache
from kmodel.kubernetes.components.variant import variant
from kmodel.kubernetes.objects import OwnerReference, key

ABSENT: Cells[tuple[Rank, ...]] = Cells("garbage-collector/absent owners")
OWNERS: Cell[tuple[Rank, ...]] = ABSENT["owners"]


def _is_there(cluster: Cluster, known: Any, owner: OwnerReference) -> bool:
    """Tell whether a GET finds an owner in the namespace of the one that names it."""
    name = key(owner.name, known.metadata.namespace)
    if not cluster.has(stored("parents")[name]):
        return False
    found = read(cluster, "parents", name)
    return found is not None and found.metadata.uid == owner.uid


@transition(actor=collector.ACTOR, object="{kind}/{name}")
def collect(cluster: Cluster, kind: str, name: str) -> Cluster | None:
    """Delete what has lost its owner, and remember that the owner is not there."""
    client = collector.client_of(kind, name)
    known = in_cache(cluster, CONTROLLER_MANAGER, "pods", name) if kind == "pod" else None
    owner = None if known is None else known.metadata.owner
    if known is None or owner is None or owner.uid is None or known.metadata.deleting or not idle(cluster, client):
        return None
    absent = cluster[OWNERS]
    if owner.uid not in absent:
        if _is_there(cluster, known, owner):
            return None
        cluster = cluster.set(OWNERS, (*absent, owner.uid))
    uid = known.metadata.uid
    return send(cluster, client, Request(collector.USER, "delete", "pods", name, uid=uid, propagation="Background"))


COLLECTOR_1_19 = variant(
    collector.COMPONENT,
    {collector.collect: collect},
    memory=(Memory(ABSENT, lambda plan: (("owners",),), ()),),
)
