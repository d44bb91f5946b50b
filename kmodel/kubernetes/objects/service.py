"""Services [kubernetes/api core/v1/types.go, 1.34]. Left out: ports, types, session affinity."""

import attrs

from kmodel.kubernetes.manifests.field import Fields
from kmodel.kubernetes.objects import known, merging
from kmodel.kubernetes.objects.kind import ApiObject, Kind
from kmodel.kubernetes.objects.meta import Labels, ObjectMeta, read_labels, read_metadata


@attrs.frozen(cache_hash=True)
class Service(ApiObject):
    """A name for the ready pods that a selector selects."""

    kind = "Service"
    metadata: ObjectMeta
    selector: Labels = attrs.field(default=(), metadata=merging.MAP)

    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return the selector, as `kubectl get services -o wide` does."""
        return (("SELECTOR", ",".join(f"{name}={value}" for name, value in self.selector) or "<none>"),)


def _read(fields: Fields, left_out: list[str]) -> Service:
    metadata = read_metadata(fields, left_out)
    spec = fields.optional("spec")
    if spec is None:
        return Service(metadata)
    members = spec.fields()
    service = Service(metadata, read_labels(members.optional("selector")))
    left_out.extend(members.unmodelled(known.SERVICE_SPEC))
    return service


SERVICE = Kind("Service", "v1", "services", Service, _read, short_names=("svc",), makes=("endpointslices",))
