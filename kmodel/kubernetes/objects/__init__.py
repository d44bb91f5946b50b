"""Kubernetes API objects as immutable values, with the fields that the modelled components read."""

from kmodel.kubernetes.objects.kinds import (
    BY_KIND,
    BY_RESOURCE,
    KINDS,
    KindOfObject,
    Object,
    kind_of,
    reference,
    resource_of,
)
from kmodel.kubernetes.objects.meta import DEFAULT_NAMESPACE, Labels, ObjectMeta, OwnerReference, key, selects
from kmodel.kubernetes.objects.node import GIBIBYTE, Lease, Node, NodeSpec, NodeStatus, Taint
from kmodel.kubernetes.objects.pod import Binding, Container, Pod, PodSpec, PodStatus, Resources, Toleration
from kmodel.kubernetes.objects.workload import Endpoint, EndpointSlice, PodTemplate, ReplicaSet, Service

__all__ = [
    "BY_KIND",
    "BY_RESOURCE",
    "DEFAULT_NAMESPACE",
    "GIBIBYTE",
    "KINDS",
    "Binding",
    "Container",
    "Endpoint",
    "EndpointSlice",
    "KindOfObject",
    "Labels",
    "Lease",
    "Node",
    "NodeSpec",
    "NodeStatus",
    "Object",
    "ObjectMeta",
    "OwnerReference",
    "Pod",
    "PodSpec",
    "PodStatus",
    "PodTemplate",
    "ReplicaSet",
    "Resources",
    "Service",
    "Taint",
    "Toleration",
    "key",
    "kind_of",
    "reference",
    "resource_of",
    "selects",
]
