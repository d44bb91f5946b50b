"""ReplicaSets, ReplicationControllers, Services and EndpointSlices [pkg/apis/{apps,core,discovery}/types.go, 1.34].

A ReplicationController is a ReplicaSet whose kind says so: Kubernetes runs both by one controller, too
[pkg/controller/replication/replication_controller.go]. Left out: status, minReadySeconds, ports (a pod is one
endpoint).
"""

import attrs

from kmodel.kernel import Rank
from kmodel.kubernetes.objects.meta import Labels, ObjectMeta
from kmodel.kubernetes.objects.pod import PodSpec


@attrs.frozen(cache_hash=True)
class PodTemplate:
    """What the pods of a ReplicaSet look like."""

    labels: Labels = ()
    spec: PodSpec = attrs.field(factory=PodSpec)


@attrs.frozen(cache_hash=True)
class ReplicaSet:
    """A number of equal pods to keep running; `kind` is ReplicaSet or ReplicationController."""

    metadata: ObjectMeta
    kind: str = "ReplicaSet"
    replicas: int = 1
    selector: Labels = ()
    template: PodTemplate = PodTemplate()


@attrs.frozen(cache_hash=True)
class Service:
    """A name for the ready pods that a selector selects."""

    metadata: ObjectMeta
    selector: Labels = ()


@attrs.frozen(cache_hash=True)
class Endpoint:
    """One pod that a Service may route to."""

    pod: str
    uid: Rank


@attrs.frozen(cache_hash=True)
class EndpointSlice:
    """The ready pods of a Service, by name."""

    metadata: ObjectMeta
    endpoints: tuple[Endpoint, ...] = ()
