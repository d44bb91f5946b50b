"""Leases, by which nodes send heartbeats and leaders are elected [kubernetes/api coordination/v1/types.go, 1.34]."""

import attrs

from kmodel.kernel import Rank
from kmodel.kubernetes.objects.kind import ApiObject, Kind, first, renewals
from kmodel.kubernetes.objects.meta import ObjectMeta, key


@attrs.frozen(cache_hash=True)
class Lease(ApiObject):
    """A node's heartbeat, or who leads: `renewed` is renewTime, of which only the order matters, and `holder` who."""

    kind = "Lease"
    metadata: ObjectMeta
    renewed: Rank
    holder: str = ""

    def summary(self) -> str:
        """Return that the node was heard of, or who holds it."""
        return f"held by {self.holder}" if self.holder else "renewed"


def lease_of(process: str) -> str:
    """Return the key of the lease by which instances of a program elect their leader."""
    return key(process, "kube-system")


def _at_start(name: str) -> Lease:
    """Return the lease of a node, or that of a program, which is in a namespace, and held by its first instance."""
    namespace, _, called = name.rpartition("/")
    return Lease(ObjectMeta(called, namespace=namespace), first(renewals(name)), called if namespace else "")


LEASE = Kind("Lease", "coordination.k8s.io/v1", "leases", Lease, named_after="nodes", starts=_at_start)
