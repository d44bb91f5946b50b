"""Nodes and their leases [kubernetes/kubernetes pkg/apis/core/types.go and pkg/apis/coordination/types.go, 1.34].

Left out: conditions other than Ready, images, addresses, capacity apart from allocatable.
"""

import attrs

from kmodel.kernel import Rank
from kmodel.kubernetes.objects.meta import ObjectMeta

GIBIBYTE = 1 << 30


@attrs.frozen(cache_hash=True)
class Taint:
    """What keeps pods that do not tolerate it off a node."""

    key: str
    value: str = ""
    effect: str = "NoSchedule"


@attrs.frozen(cache_hash=True)
class NodeSpec:
    """What an administrator or the node lifecycle controller set."""

    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()


@attrs.frozen(cache_hash=True)
class NodeStatus:
    """The Ready condition ("True", "False", "Unknown") and what pods may use."""

    ready: str = "True"
    cpu_millicores: int = 4000
    memory_bytes: int = 8 * GIBIBYTE
    pods: int = 110


@attrs.frozen(cache_hash=True)
class Node:
    """A machine that runs pods."""

    metadata: ObjectMeta
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


@attrs.frozen(cache_hash=True)
class Lease:
    """A node's heartbeat: `renewed` is renewTime, of which only the order matters."""

    metadata: ObjectMeta
    renewed: Rank
