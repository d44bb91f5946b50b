"""EndpointSlices [kubernetes/api discovery/v1/types.go, 1.34]. Left out: ports (a pod is one endpoint), topology."""

import attrs

from kmodel.kernel import Rank
from kmodel.kubernetes.objects.kind import ApiObject, Kind
from kmodel.kubernetes.objects.meta import ObjectMeta


@attrs.frozen(cache_hash=True)
class Endpoint:
    """One pod of a Service: whether it is ready (`serving`), and whether it is being deleted (`terminating`)."""

    pod: str
    uid: Rank
    serving: bool = True
    terminating: bool = False

    @property
    def ready(self) -> bool:
        """Whether new connections should go there: to what serves and is not being deleted."""
        return self.serving and not self.terminating


@attrs.frozen(cache_hash=True)
class EndpointSlice(ApiObject):
    """The pods of a Service that have an address, and have not finished, with their conditions."""

    kind = "EndpointSlice"
    metadata: ObjectMeta
    endpoints: tuple[Endpoint, ...] = ()

    def summary(self) -> str:
        """Return the pods, and what keeps each from being ready."""
        return ", ".join(map(_told, self.endpoints)) or "no endpoints"

    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return the endpoints: pods, in the place of their addresses."""
        return (("ENDPOINTS", self.summary()),)


def _told(endpoint: Endpoint) -> str:
    said = ["not ready"] if not endpoint.serving else []
    said += ["terminating"] if endpoint.terminating else []
    return f"{endpoint.pod} ({', '.join(said)})" if said else endpoint.pod


ENDPOINT_SLICE = Kind(
    "EndpointSlice",
    "discovery.k8s.io/v1",
    "endpointslices",
    EndpointSlice,
    mentions=("pods",),
    named_after="services",
)
