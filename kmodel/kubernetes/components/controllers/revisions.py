"""The history of a workload's templates, which a DaemonSet and a StatefulSet keep as ControllerRevisions.

Models: a revision for each template, under a name that stands for it; the current one has the highest number, also when
a template comes back; those beyond the limit go, the oldest first, unless pods are made from them. Each is one write on
the caches as they are.

Leaves out: collisions of hashes, several revisions of one template, adoption of revisions.

Upstream: pkg/controller/daemon/update.go constructHistory, cleanupHistory, read in 1.33 in the making (a
fork at 0b0abd6c); pkg/controller/history was not read.
"""

from collections.abc import Collection
from typing import Any

import attrs

from kmodel.kernel import BoundReached, Cluster
from kmodel.kubernetes.components.calls import Request
from kmodel.kubernetes.components.etcd import version, with_metadata
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, all_in_cache
from kmodel.kubernetes.components.settings import POOLS
from kmodel.kubernetes.objects import CONTROLLER_REVISION, ControllerRevision, OwnerReference, key
from kmodel.kubernetes.objects.controllerrevision import content_of, with_hash

RESOURCE = CONTROLLER_REVISION.resource
MAY = frozenset((verb, RESOURCE) for verb in ("create", "update", "delete"))


def history(cluster: Cluster, workload: Any) -> list[ControllerRevision]:
    """Return the revisions of a workload in the cache, the oldest first."""
    there = all_in_cache(cluster, CONTROLLER_MANAGER, CONTROLLER_REVISION)
    own = [each for each in there if each.metadata.owner and each.metadata.owner.uid == workload.metadata.uid]
    return sorted(own, key=lambda each: (each.revision, each.metadata.name))


def current(cluster: Cluster, workload: Any) -> ControllerRevision | None:
    """Return the revision of the workload's template, if the cache shows it as the latest one."""
    there = history(cluster, workload)
    return there[-1] if there and there[-1].data == workload.template else None


def suffix_of(workload: Any, revision: ControllerRevision) -> str:
    """Return the part of a revision's name that stands for the template."""
    return revision.metadata.name.removeprefix(f"{workload.metadata.name}-")


def to_record(cluster: Cluster, user: str, workload: Any) -> Request | None:
    """Return the request that makes the revision of a workload's template the latest one; None if it need not be."""
    if workload is None or workload.metadata.deleting or current(cluster, workload) is not None:
        return None
    there = history(cluster, workload)
    number = max((each.revision for each in there if each.data != workload.template), default=0) + 1
    for known in there:
        if known.data == workload.template:
            body = attrs.evolve(known, revision=number)
            return Request(user, "update", RESOURCE, known.metadata.key, body, resource_version=version(known))
    name = _name_of(cluster, workload)
    owner = OwnerReference(workload.kind, workload.metadata.key, workload.metadata.uid)
    metadata = attrs.evolve(workload.metadata, name=name.rpartition("/")[2])
    made = ControllerRevision(metadata, workload.template, number)
    made = with_metadata(
        made,
        uid=None,
        resource_version=None,
        generation=None,
        labels=with_hash(workload.template.labels, suffix_of(workload, made), workload.revision_label),
        annotations=(),
        owners=(owner,),
        finalizers=(),
        applied=None,
    )
    return Request(user, "create", RESOURCE, name, made)


def _name_of(cluster: Cluster, workload: Any) -> str:
    """Return the name that stands for the workload's template; BoundReached if it has none."""
    prefix = key(f"{workload.metadata.name}-", workload.metadata.namespace)
    pools = [pool for pool in cluster[POOLS] if (pool.resource, pool.prefix) == (RESOURCE, prefix)]
    name = pools[0].standing_for(content_of(workload)) if pools else None
    if name is None:
        what = f"{workload.kind.lower()}/{workload.metadata.key}"
        raise BoundReached(f"no name stands for the template that {what} has now")
    return name


def to_forget(cluster: Cluster, user: str, workload: Any, live: Collection[str]) -> Request | None:
    """Return the request that deletes the oldest revision beyond the limit whose name, or its end, is not `live`."""
    old = [each for each in history(cluster, workload) if each.data != workload.template]
    too_many = len(old) - (workload.revision_history_limit or 0)
    for each in old if too_many > 0 else ():
        if not {each.metadata.name, suffix_of(workload, each)} & set(live):
            return Request(user, "delete", RESOURCE, each.metadata.key)
    return None
