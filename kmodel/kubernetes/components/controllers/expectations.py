"""What a controller has asked for and does not see in its cache yet; until it does, it decides nothing new.

Models: a number of creations and the names of deletions; the events of pods lower them, found by the pod's controller.
They live in memory only, by the name of the owner: what a deleted owner expects, another one of its name expects, too.

Upstream: pkg/controller/controller_utils.go ControllerExpectations, UIDTrackingControllerExpectations, read in
1.33 in the making (a fork at 0b0abd6c).
"""

from collections.abc import Callable
from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster
from kmodel.kubernetes.components.etcd import Watch
from kmodel.kubernetes.components.informer import Handler
from kmodel.kubernetes.objects import OwnerReference


@attrs.frozen(cache_hash=True)
class Expectations:
    """Creations and deletions that were asked for and are not seen in the cache yet."""

    creations: int = 0
    deletions: tuple[str, ...] = ()

    @property
    def fulfilled(self) -> bool:
        """Whether the cache shows all that was asked for."""
        return self.creations <= 0 and not self.deletions

    def without(self, pod: str) -> "Expectations":
        """Return them without the deletion of a pod."""
        return attrs.evolve(self, deletions=tuple(name for name in self.deletions if name != pod))


CellOf = Callable[[OwnerReference], Cell[Any]]


def any_of_the_name(cluster: Cluster, owner: OwnerReference) -> bool:
    """Take whoever bears an owner's name for the owner."""
    return True


def lowering(cell_of: CellOf, is_known: Callable[[Cluster, OwnerReference], bool] = any_of_the_name) -> Handler:
    """Return the event handler by which pods lower what their controllers expect, which is in the cell of each.

    An owner that is not known, as the cache shows another one of its name, is not looked for.
    """

    def on_pod_change(cluster: Cluster, watch: Watch, pod: str, old: Any, new: Any) -> Cluster:
        """Lower the expectations of the pod's controller: a creation is seen, or a deletion."""
        if watch.resource != "pods":
            return cluster
        if new is not None and (old is None or old.metadata.uid != new.metadata.uid) and new.metadata.owner is not None:
            cell = cell_of(new.metadata.owner)
            if cluster.has(cell) and is_known(cluster, new.metadata.owner):
                seen = cluster[cell]
                if not new.metadata.deleting:
                    cluster = cluster.set(cell, attrs.evolve(seen, creations=max(0, seen.creations - 1)))
        gone = old is not None and (new is None or new.metadata.deleting or new.metadata.uid != old.metadata.uid)
        if gone and old.metadata.owner is not None and cluster.has(cell := cell_of(old.metadata.owner)):
            seen = cluster[cell]
            if pod in seen.deletions and is_known(cluster, old.metadata.owner):
                cluster = cluster.set(cell, seen.without(pod))
        return cluster

    return on_pod_change
