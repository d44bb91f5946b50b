"""The verbs of the API: what each makes of the stored object, or why it does not.

Models: create (with generated names), update with optimistic concurrency, patches, the binding subresource, and the
deletion protocol: a grace period for a bound pod that has not finished, at once for all else, finalizers, and those by
which the garbage collector learns what is to become of dependents; generations of what is desired. UIDs and versions
may be a condition of each. What an update or a patch keeps of the stored object, and what it must not change, the kind
says: a POST begins without a status (but of a Node), a PUT or PATCH leaves the status as it is, one of the status all
else; most of a pod's spec is immutable.

Leaves out: dry runs, server-side apply's field managers, the subresource eviction; that a resize must not change the
QoS class.

Upstream: staging/src/k8s.io/apiserver/pkg/registry/{generic/registry/store.go,rest/delete.go}, 1.34;
pkg/registry/core/pod/strategy.go, read in 1.33 in the making (a fork at 0b0abd6c); pkg/registry/core/node/
strategy.go in about 1.33 (a fork at 5957bbe6); pkg/registry/core/pod/storage/storage.go, not read in a release that
could be dated.
"""

from collections.abc import Callable
from enum import Enum
from typing import Any

import attrs

from kmodel.kernel import BoundReached, Cluster, Rank, fresh, is_mentioned
from kmodel.kernel.values import parts
from kmodel.kubernetes.components.calls import Request
from kmodel.kubernetes.components.etcd import stored, uids, version, with_metadata
from kmodel.kubernetes.components.settings import NAME_HOLDERS, POOLS, SETTINGS, singular
from kmodel.kubernetes.objects import ApiObject, Binding, Namespace, Pod, key
from kmodel.kubernetes.objects.kind import first, generations
from kmodel.kubernetes.objects.ownership import FOREGROUND, ORPHAN

CHANGED_BY_UPDATES = ("labels", "annotations", "owners", "finalizers", "applied")  # of the metadata
PROPAGATIONS = {"Foreground": FOREGROUND, "Orphan": ORPHAN}  # by which finalizer; Background needs none


@attrs.frozen(cache_hash=True)
class Refusal:
    """An answer other than success: an HTTP status code and a reason."""

    code: int
    reason: str


@attrs.frozen(cache_hash=True)
class Removal:
    """The outcome that the object goes away at once."""


@attrs.frozen(cache_hash=True)
class First:
    """The outcome that another transaction comes first: the value of a key (None: gone); then the verb is asked again.

    `request.done` tells the verb how many there were. Each is a step of its own, and what follows sees what is there
    by then: nothing is taken back if a later one is refused.
    """

    resource: str
    key: str
    value: ApiObject | None


Outcome = ApiObject | Removal | Refusal | First


def generated_key(cluster: Cluster, request: Request) -> str:
    """Return the lowest name for a generateName that no cell mentions; BoundReached if all of them are in use."""
    body: Any = request.body
    prefix = key(body.metadata.generate_name, body.metadata.namespace)
    pools = [pool for pool in cluster[POOLS] if (pool.resource, pool.prefix) == (request.resource, prefix)]
    names = pools[0].keys if pools else ()
    for name in names:
        if not is_mentioned(cluster, uids(cluster, request.resource, name)) and not _is_spoken_of(cluster, name):
            return name
    raise BoundReached(
        f"all {len(names)} names for {prefix}… are in use; a larger podNamesPerWorkload would let the exploration go on"
    )


def _is_spoken_of(cluster: Cluster, name: str) -> bool:
    """Tell whether a call under way, or what somebody expects, is about the name, whoever bears it."""
    return any(cluster.look(cell, SaysName(name)) for cell in cluster[NAME_HOLDERS])


@attrs.frozen(cache_hash=True)
class SaysName:
    """The projection of a value on whether a name is one of its texts."""

    name: str

    def __call__(self, value: Any) -> bool:
        """Tell whether it is."""
        if isinstance(value, str):
            return value == self.name
        if value is None or isinstance(value, int | bytes | Enum):
            return False
        return any(self(part) for part in parts(value))


def create(cluster: Cluster, resource: str, key: str, value: ApiObject) -> Outcome:
    """Return the new object with its UID, or why there cannot be one."""
    if cluster[stored(resource)[key]] is not None:
        return Refusal(409, "AlreadyExists")
    uid = fresh(cluster, uids(cluster, resource, key))
    generation = None if value.desired is None else first(generations(singular(cluster, resource), key))
    new: ApiObject = value.created()
    return with_metadata(new, uid=uid, resource_version=None, generation=generation)


def conflict(stored: ApiObject, request: Request) -> Refusal | None:
    """Return the refusal of a request whose precondition another object, or another version of it, does not meet.

    What a request has written itself is no other version.
    """
    other = request.uid is not None and request.uid != stored.metadata.uid
    changed = request.resource_version is not None and request.resource_version != version(stored) and not request.done
    return Refusal(409, "Conflict") if other or changed else None


def asked_for(stored: Any, request: Request) -> Any:
    """Return the object that a request asks for: its body, or what its patch makes of the stored one; None if nothing.

    It is admitted as a whole, so that defaults are filled in after a patch.
    """
    body: Any = request.body
    return body.onto(stored) if request.verb == "patch" and not isinstance(body, ApiObject) else body


def _next_generation(cluster: Cluster, stored: ApiObject) -> Rank | None:
    """Return the generation that follows that of a stored object; None if its kind counts none."""
    now = stored.metadata.generation
    return None if now is None else fresh(cluster, now.scope, after=now)


def update(cluster: Cluster, stored: Any, request: Request, value: Any) -> Outcome:
    """Return what becomes of an object by a PUT or PATCH: its identity stays, and what else its kind keeps."""
    if request.subresource == "status":
        return stored.with_status(value)  # type: ignore[no-any-return]
    changed = {name: getattr(value.metadata, name) for name in CHANGED_BY_UPDATES}
    kept = attrs.evolve(stored.metadata, **changed)
    if kept.deleting and not kept.finalizers and not kept.deletion_grace_seconds and not stored.is_held:
        return Removal()  # the last finalizer is gone [store.go ShouldDeleteDuringUpdate]
    if kept.deleting and not set(kept.finalizers) <= set(stored.metadata.finalizers):
        return Refusal(422, "Invalid")  # ValidateNoNewFinalizers
    value = attrs.evolve(value, metadata=kept).replacing(stored)
    if value.desired != stored.desired:
        value = with_metadata(value, generation=_next_generation(cluster, stored))
    errors = value.resize_errors if request.subresource == "resize" else value.update_errors
    return Refusal(422, "Invalid") if list(errors(stored)) else value


def bind(cluster: Cluster, request: Request, stored: Pod) -> Outcome:
    """Return the pod with its node set, unless it is going away, is bound already, or is another one of that name."""
    assert isinstance(request.body, Binding)
    if stored.metadata.deleting:
        return Refusal(409, "PodIsBeingDeleted")
    if stored.spec.node_name is not None:
        return Refusal(409, "AlreadyAssigned")
    return attrs.evolve(
        stored,
        spec=attrs.evolve(stored.spec, node_name=request.body.node),
        status=attrs.evolve(stored.status, scheduled=True, reason=None),
    )


def finalize(cluster: Cluster, request: Request, stored: Namespace) -> Outcome:
    """Return the Namespace without the finalizer of its controller; its removal if nothing else keeps it."""
    left = stored.finalized()
    is_last = left.metadata.deleting and not left.metadata.finalizers and not left.is_held
    return Removal() if is_last else left


def delete(cluster: Cluster, stored: ApiObject, request: Request) -> Outcome:
    """Return the object marked for deletion, or its removal if nothing has to be waited for.

    A deletion that is pending is only made shorter: without a grace period it is left as it is, even if the pod has
    finished meanwhile, so that only its kubelet ends it [rest/delete.go BeforeDelete].
    """
    grace = stored.grace_seconds(request.grace_seconds)
    if stored.metadata.deleting:
        pending = stored.metadata.deletion_grace_seconds or 0
        grace = pending if request.grace_seconds is None else min(request.grace_seconds, pending)
    finalizers = _finalizers(stored, request.propagation)
    goes = grace == 0 and not finalizers and not stored.is_held
    if goes and not _is_marked_first(cluster, stored):
        return Removal()
    generation = stored.metadata.generation if stored.metadata.deleting else _next_generation(cluster, stored)
    left = None if stored.is_held else grace  # a Namespace has no period [core/namespace/storage/storage.go Delete]
    marked = with_metadata(
        stored, deleting=True, deletion_grace_seconds=left, finalizers=finalizers, generation=generation
    )
    return First(request.resource, request.key, marked) if goes else marked


def _is_marked_first(cluster: Cluster, stored: ApiObject) -> bool:
    """Tell whether an object that is to go is marked in a write of its own [store.go Delete]; one that is so, goes."""
    is_marked = stored.metadata.deleting and not stored.metadata.deletion_grace_seconds
    return cluster[SETTINGS].deletions == "split" and stored.is_graceful and not is_marked


def _finalizers(stored: ApiObject, propagation: str) -> tuple[str, ...]:
    """Return the finalizers of an object that is deleted in this way [store.go deletionFinalizersForGarbageCollection].

    Without a word on it, what depends on the object is left to the garbage collector.
    """
    there = stored.metadata.finalizers
    if not propagation:
        return there
    rest = tuple(each for each in there if each not in PROPAGATIONS.values())
    return (*rest, PROPAGATIONS[propagation]) if propagation in PROPAGATIONS else rest


def named(value: Any, name: str) -> Any:
    """Return the object under a generated name."""
    return with_metadata(value, name=name.rpartition("/")[2], generate_name="")


# What becomes of a POST to a subresource: a function of the cluster, the request and the stored object.
SUBRESOURCES: dict[str, Callable[[Cluster, Request, Any], Outcome]] = {"binding": bind, "finalize": finalize}
