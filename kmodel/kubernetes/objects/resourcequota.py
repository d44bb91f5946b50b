"""ResourceQuotas [pkg/quota/v1/evaluator/core/pods.go, read in 1.34 or later (d7ce957d)].

Amounts are in millicores of cpu, bytes of memory, or whole units, under the names of the quota. Left out: what is not
about pods, cpu and memory; a quota with scopes limits nothing here; that a pod whose grace period is over is not
counted.
"""

from typing import Any

import attrs

from kmodel.kubernetes.manifests.field import Field, Fields
from kmodel.kubernetes.objects.kind import ApiObject, Kind
from kmodel.kubernetes.objects.meta import ObjectMeta, read_metadata

Amounts = tuple[tuple[str, int], ...]
OF_CONTAINERS = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
LIMITED = ("pods", "count/pods", *OF_CONTAINERS)
SPEC = ("hard", "scopeSelector", "scopes")


@attrs.frozen(cache_hash=True)
class QuotaStatus:
    """What counts, once the controller has seen it, and what is charged; `hard` is None before."""

    hard: Amounts | None = None
    used: Amounts = ()


@attrs.frozen(cache_hash=True)
class ResourceQuota(ApiObject):
    """How much all pods of a namespace may take together."""

    kind = "ResourceQuota"
    metadata: ObjectMeta
    hard: Amounts = ()
    status: QuotaStatus = attrs.field(factory=QuotaStatus)

    def created(self) -> "ResourceQuota":
        """Return the quota without a status [pkg/registry/core/resourcequota/strategy.go PrepareForCreate]."""
        return attrs.evolve(self, status=QuotaStatus())

    def replacing(self, stored: Any) -> Any:
        """Return the quota with the status that there is."""
        return attrs.evolve(self, status=stored.status)

    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return what is charged, and of how much, as `kubectl get resourcequotas` does."""
        return (("REQUEST", self.summary()),)

    def summary(self) -> str:
        """Return what is charged, and of how much."""
        used = dict(self.status.used)
        return (
            ", ".join(f"{name}: {used.get(name, 0)}/{most}" for name, most in self.status.hard or ()) or "not counted"
        )

    def charged(self, value: ApiObject) -> "ResourceQuota | None":
        """Return the quota charged with an object that is created; None if that is too much, or does not say how much.

        What the controller has not seen yet does not count [generic/evaluator.go Matches, by status.hard].
        """
        if self.refusal(value) is not None:
            return None
        used = dict(self.status.used)
        for name, _ in self.status.hard or ():
            used[name] = used.get(name, 0) + (value.takes(name) or 0)
        return attrs.evolve(self, status=attrs.evolve(self.status, used=tuple(sorted(used.items()))))

    def refusal(self, value: ApiObject) -> str | None:
        """Return why an object that is created is too much, or does not say how much it takes; None if it is neither
        [staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go CheckRequest, 1.34].
        """
        used = dict(self.status.used)
        for name, most in self.status.hard or ():
            taken = value.takes(name)
            if taken is None:
                return f"failed quota: {self.metadata.name}: must specify {name}"
            if taken and used.get(name, 0) + taken > most:
                asked = f"requested: {name}={taken}, used: {name}={used.get(name, 0)}, limited: {name}={most}"
                return f"exceeded quota: {self.metadata.name}, {asked}"
        return None


def _read(fields: Fields, left_out: list[str]) -> ResourceQuota:
    metadata = read_metadata(fields, left_out)
    spec = fields.optional("spec")
    if spec is None:
        return ResourceQuota(metadata)
    members = spec.fields()
    hard = members.optional("hard")
    left_out.extend(members.unmodelled(SPEC))
    if hard is not None and set(hard.fields().members) - set(LIMITED):
        left_out.append(f"{spec.path}.hard")
    if any(name in members for name in ("scopes", "scopeSelector")):
        return ResourceQuota(metadata)
    return ResourceQuota(metadata, _amounts(hard), _status(fields.optional("status")))


def _status(field: Field | None) -> QuotaStatus:
    if field is None or "hard" not in field.fields():
        return QuotaStatus()
    members = field.fields()
    return QuotaStatus(_amounts(members.optional("hard")), _amounts(members.optional("used")))


def _amounts(field: Field | None) -> Amounts:
    there = {} if field is None else field.fields().members
    found = {name: there[name][1].quantity(milli=name.endswith("cpu")) for name in LIMITED if name in there}
    return tuple(sorted(found.items()))


RESOURCE_QUOTA = Kind(
    "ResourceQuota", "v1", "resourcequotas", ResourceQuota, _read, short_names=("quota",), reads_status=True
)
