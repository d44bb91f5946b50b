"""Namespaces [pkg/registry/core/namespace/storage/storage.go, read in 1.33 or before (94341df3); strategy.go
beside it was not read].

The finalizer `kubernetes` of the spec stands for the work of the namespace controller; the phase Terminating is that of
a Namespace that is being deleted. Left out: conditions of the status.
"""

from typing import Any

import attrs

from kmodel.kubernetes.manifests.field import Fields
from kmodel.kubernetes.objects.kind import ApiObject, Kind
from kmodel.kubernetes.objects.meta import ObjectMeta, read_metadata

FINALIZER = "kubernetes"
IMMORTAL = ("default", "kube-system", "kube-public")  # which nobody may delete


@attrs.frozen(cache_hash=True)
class Namespace(ApiObject):
    """What objects are in that have a namespace; `spec_finalizers` keep it while it is emptied."""

    kind = "Namespace"
    metadata: ObjectMeta
    spec_finalizers: tuple[str, ...] = ()

    @property
    def is_held(self) -> bool:
        """Whether its controller has not finished yet."""
        return bool(self.spec_finalizers)

    def defaulted(self) -> "Namespace":
        """Return the Namespace with the finalizer of its controller [strategy.go PrepareForCreate].

        That is for new ones: what replaces one that is there keeps what that has.
        """
        there = self.spec_finalizers
        return self if FINALIZER in there else attrs.evolve(self, spec_finalizers=(*there, FINALIZER))

    def replacing(self, stored: Any) -> Any:
        """Return the Namespace with the finalizers that it has: only `finalize` takes one off."""
        return attrs.evolve(self, spec_finalizers=stored.spec_finalizers)

    def with_status(self, other: Any) -> Any:
        """Return the Namespace itself: its phase follows from its deletion."""
        return self

    def finalized(self) -> "Namespace":
        """Return the Namespace as its controller leaves it."""
        left = tuple(each for each in self.spec_finalizers if each != FINALIZER)
        return attrs.evolve(self, spec_finalizers=left)

    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return the phase, as `kubectl get namespaces` does."""
        return (("STATUS", self.summary()),)

    def summary(self) -> str:
        """Return the phase."""
        return "Terminating" if self.metadata.deleting else "Active"


def _read(fields: Fields, left_out: list[str]) -> Namespace:
    metadata = read_metadata(fields, left_out, namespaced=False)
    spec = fields.optional("spec")
    if spec is None:
        return Namespace(metadata)
    finalizers = spec.fields().optional("finalizers")
    left_out.extend(spec.fields().unmodelled(("finalizers",)))
    return Namespace(metadata, () if finalizers is None else finalizers.strings())


NAMESPACE = Kind(
    "Namespace",
    "v1",
    "namespaces",
    Namespace,
    _read,
    short_names=("ns",),
    namespaced=False,
    may_be_around=True,
)
