"""Leases, by which nodes send their heartbeats [kubernetes/kubernetes pkg/apis/coordination/types.go, 1.34]."""

import attrs

from kmodel.kernel import Rank
from kmodel.kubernetes.objects.kind import ApiObject, Kind, first, renewals
from kmodel.kubernetes.objects.meta import ObjectMeta


@attrs.frozen(cache_hash=True)
class Lease(ApiObject):
    """A node's heartbeat: `renewed` is renewTime, of which only the order matters."""

    kind = "Lease"
    metadata: ObjectMeta
    renewed: Rank

    def summary(self) -> str:
        """Return that the node was heard of."""
        return "renewed"


def _at_start(node: str) -> Lease:
    return Lease(ObjectMeta(node, namespace=""), first(renewals(node)))


LEASE = Kind("Lease", "coordination.k8s.io/v1", "leases", Lease, named_after="nodes", starts=_at_start)
