"""The one registry of the kinds that are modelled."""

import attrs

from kmodel.kubernetes.objects.node import Lease, Node
from kmodel.kubernetes.objects.pod import Pod
from kmodel.kubernetes.objects.workload import EndpointSlice, ReplicaSet, Service

Object = Pod | Node | Lease | ReplicaSet | Service | EndpointSlice


@attrs.frozen
class KindOfObject:
    """A kind: how manifests name it, how URLs and `kubectl` name it, and its class."""

    kind: str
    api_version: str
    resource: str
    singular: str
    cls: type
    namespaced: bool = True
    in_manifests: bool = True


KINDS = (
    KindOfObject("Pod", "v1", "pods", "pod", Pod),
    KindOfObject("Node", "v1", "nodes", "node", Node, namespaced=False),
    KindOfObject("ReplicaSet", "apps/v1", "replicasets", "replicaset", ReplicaSet),
    KindOfObject("ReplicationController", "v1", "replicationcontrollers", "replicationcontroller", ReplicaSet),
    KindOfObject("Service", "v1", "services", "service", Service),
    KindOfObject(
        "EndpointSlice", "discovery.k8s.io/v1", "endpointslices", "endpointslice", EndpointSlice, in_manifests=False
    ),
    KindOfObject("Lease", "coordination.k8s.io/v1", "leases", "lease", Lease, in_manifests=False),
)
BY_KIND = {kind.kind: kind for kind in KINDS}
BY_RESOURCE = {kind.resource: kind for kind in KINDS}


def kind_of(value: Object) -> KindOfObject:
    """Return the kind of an object."""
    if isinstance(value, ReplicaSet):
        return BY_KIND[value.kind]
    return next(kind for kind in KINDS if isinstance(value, kind.cls))


def resource_of(value: Object) -> str:
    """Return the resource that an object belongs to, for example `pods`."""
    return kind_of(value).resource


def reference(resource: str, key: str) -> str:
    """Return how kubectl names an object, for example `pod/nginx`."""
    return f"{BY_RESOURCE[resource].singular}/{key}"
