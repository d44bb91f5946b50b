"""Who controls a pod: a controller adopts what it selects and nobody controls, and releases what it selects no more.

Models: the adoption after a live look at oneself, on the condition of the pod's UID; both as patches of the owners.

Upstream: pkg/controller/controller_ref_manager.go ClaimPods, read in about 1.7 (b4d1ea12) and in a copy of a later
release (xsts-sh/xstatefulset at 5a22af22), which do the same here.
"""

from typing import Any

from kmodel.kernel import Cluster
from kmodel.kubernetes.components.apiserver import answers_reads, read
from kmodel.kubernetes.components.calls import Request
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, all_in_cache, in_cache
from kmodel.kubernetes.objects import POD, OwnerReference, Pod, selects
from kmodel.kubernetes.objects.ownership import WithoutOwners, WithOwner


def controlled(cluster: Cluster, workload: Any) -> list[Pod]:
    """Return the pods in the cache that a workload controls."""
    pods: list[Pod] = all_in_cache(cluster, CONTROLLER_MANAGER, POD)
    return [pod for pod in pods if pod.metadata.owner is not None and pod.metadata.owner.uid == workload.metadata.uid]


def has_to_claim(cluster: Cluster, workload: Any) -> bool:
    """Tell whether the cache shows pods that the workload has to adopt or to release first."""
    pods: list[Pod] = all_in_cache(cluster, CONTROLLER_MANAGER, POD)
    return not workload.metadata.deleting and any(_is_free(pod, workload) or _is_lost(pod, workload) for pod in pods)


def _is_free(pod: Pod, workload: Any) -> bool:
    return pod.metadata.owner is None and pod.active and _selects(workload, pod)


def _is_lost(pod: Pod, workload: Any) -> bool:
    is_own = pod.metadata.owner is not None and pod.metadata.owner.uid == workload.metadata.uid
    return is_own and pod.active and not _selects(workload, pod)


def _selects(workload: Any, pod: Pod) -> bool:
    same = pod.metadata.namespace == workload.metadata.namespace
    return same and selects(workload.selector, pod.metadata.labels)


def claim(cluster: Cluster, user: str, client: str, resource: str, workload: Any, pod: str) -> Request | None:
    """Return the request by which a workload adopts or releases a pod, if it has to, and may."""
    known = in_cache(cluster, CONTROLLER_MANAGER, POD, pod)
    if known is None or workload.metadata.deleting:
        return None
    if _is_lost(known, workload):
        body = WithoutOwners((workload.metadata.uid,))
        return Request(user, "patch", "pods", pod, body, uid=known.metadata.uid)
    if not _is_free(known, workload) or not answers_reads(cluster, client):
        return None
    live = read(cluster, resource, workload.metadata.key)
    if live is None or live.metadata.uid != workload.metadata.uid or live.metadata.deleting:
        return None
    owner = OwnerReference(workload.kind, workload.metadata.key, workload.metadata.uid)
    return Request(user, "patch", "pods", pod, WithOwner(owner), uid=known.metadata.uid)
