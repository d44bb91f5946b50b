"""EndpointSlices [pkg/apis/discovery/types.go, 1.34]. Left out: ports (a pod is one endpoint), topology."""

import attrs

from kmodel.kernel import Rank
from kmodel.kubernetes.objects.kind import ApiObject, Kind
from kmodel.kubernetes.objects.meta import ObjectMeta


@attrs.frozen(cache_hash=True)
class Endpoint:
    """One pod that a Service may route to."""

    pod: str
    uid: Rank


@attrs.frozen(cache_hash=True)
class EndpointSlice(ApiObject):
    """The ready pods of a Service, by name."""

    kind = "EndpointSlice"
    metadata: ObjectMeta
    endpoints: tuple[Endpoint, ...] = ()

    def summary(self) -> str:
        """Return the pods."""
        return ", ".join(endpoint.pod for endpoint in self.endpoints) or "no endpoints"


ENDPOINT_SLICE = Kind(
    "EndpointSlice",
    "discovery.k8s.io/v1",
    "endpointslices",
    EndpointSlice,
    mentions=("pods",),
    named_after="services",
)
