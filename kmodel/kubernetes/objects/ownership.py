"""Owners and dependents: what makes an object go with its owners, and the parts of objects that say so.

Upstream: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go OwnerReference, FinalizerOrphanDependents,
FinalizerDeleteDependents, 1.34; pkg/controller/garbagecollector/patch.go, read in a fork (735d93ac).
"""

from typing import Any

import attrs

from kmodel.kernel import Rank
from kmodel.kubernetes.objects.meta import OwnerReference

FOREGROUND = "foregroundDeletion"  # the finalizer of an object that goes after those that depend on it
ORPHAN = "orphan"  # the finalizer of one that is forgotten by its dependents before it goes


@attrs.frozen(cache_hash=True)
class WithoutFinalizer:
    """The body of a patch that takes a finalizer away."""

    finalizer: str

    def onto(self, stored: Any) -> Any:
        """Return the object without it."""
        left = tuple(each for each in stored.metadata.finalizers if each != self.finalizer)
        return attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, finalizers=left))


@attrs.frozen(cache_hash=True)
class WithoutOwners:
    """The body of a patch that takes owners away, by their UIDs."""

    uids: tuple[Rank, ...]

    def onto(self, stored: Any) -> Any:
        """Return the object without them."""
        left = tuple(owner for owner in stored.metadata.owners if owner.uid not in self.uids)
        return attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, owners=left))


@attrs.frozen(cache_hash=True)
class WithOwner:
    """The body of a patch that makes somebody the owner that controls an object; refused if another one is."""

    owner: OwnerReference

    def onto(self, stored: Any) -> Any:
        """Return the object with the owner; None if another one controls it [ValidateOwnerReferences]."""
        others = tuple(owner for owner in stored.metadata.owners if owner.uid != self.owner.uid)
        if any(owner.controller for owner in others):
            return None
        return attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, owners=(*others, self.owner)))


def is_deleting_dependents(value: Any) -> bool:
    """Tell whether an object is being deleted after those that depend on it."""
    return bool(value.metadata.deleting) and FOREGROUND in value.metadata.finalizers


def is_orphaning(value: Any) -> bool:
    """Tell whether an object is being deleted, and is to be forgotten by its dependents first."""
    return bool(value.metadata.deleting) and ORPHAN in value.metadata.finalizers
