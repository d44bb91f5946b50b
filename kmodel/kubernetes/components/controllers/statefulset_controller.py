"""StatefulSet controller: pods with names of their own, which come, go and change in order.

Models: OrderedReady, where a pod waits until all before it are ready, and the last one goes first, and Parallel;
RollingUpdate from the last pod down to the partition, each once all after it are healthy again, and OnDelete; pods that
have ended are deleted and made anew; the history of templates; adoption and release; the status. The next pod of a name
is created only when the cache shows no more of the last one, so that at most one of a name runs, unless somebody
deletes it without a grace period.

Leaves out: claims (see objects/statefulset.py); pods whose labels or volumes were changed; that under Parallel an old
pod may be deleted in the sync that creates a missing one (here it waits until that is there); what the controller waits
for besides its cache (KEP-5647): a pod that it has deleted, and that its cache still shows, it may delete again.

Upstream: pkg/controller/statefulset/{stateful_set,stateful_set_control,stateful_pod_control}.go; the control
read in 1.36 (008b3652); 1.34.4 by the recording statefulset.
"""

import attrs

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components.apiserver.access import CONTROLLER_USER
from kmodel.kubernetes.components.calls import Request, clients, drop_answer, idle, send
from kmodel.kubernetes.components.component import Caller, Component, each
from kmodel.kubernetes.components.controllers import revisions
from kmodel.kubernetes.components.controllers.availability import ripe
from kmodel.kubernetes.components.controllers.claims import claim, controlled, has_to_claim
from kmodel.kubernetes.components.controllers.stateful_pods import Members, revision_of
from kmodel.kubernetes.components.etcd import version
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, in_cache, synced
from kmodel.kubernetes.objects import STATEFUL_SET, OwnerReference, StatefulSet
from kmodel.kubernetes.objects.meta import key

ACTOR = CONTROLLER_MANAGER + "/statefulset"
USER = CONTROLLER_USER + "statefulset-controller"
RESOURCE = STATEFUL_SET.resource
WATCHED = (RESOURCE, revisions.RESOURCE, "pods")

client_of = clients(f"{ACTOR}/{{}}")  # by which the controller writes for one StatefulSet


def known_members(cluster: Cluster, statefulset: str) -> Members | None:
    """Return a StatefulSet with its pods, as the cache has them; None if it, or its revision, is not there."""
    known = in_cache(cluster, CONTROLLER_MANAGER, STATEFUL_SET, statefulset)
    if known is None or revisions.current(cluster, known) is None:
        return None
    return Members.of(known, revisions.history(cluster, known), controlled(cluster, known), ripe(cluster, known))


def _workload(cluster: Cluster, statefulset: str) -> StatefulSet | None:
    """Return a StatefulSet in the cache, if its worker may write now."""
    if not idle(cluster, client_of(statefulset)) or not synced(cluster, CONTROLLER_MANAGER, *WATCHED):
        return None
    return in_cache(cluster, CONTROLLER_MANAGER, STATEFUL_SET, statefulset)


def _members(cluster: Cluster, statefulset: str) -> Members | None:
    """Return what a decision on pods is made of, if it is time for one."""
    known = _workload(cluster, statefulset)
    if known is None or known.metadata.deleting or has_to_claim(cluster, known):
        return None
    return known_members(cluster, statefulset)


def _key(now: Members, ordinal: int) -> str:
    return key(f"{now.workload.metadata.name}-{ordinal}", now.workload.metadata.namespace)


@transition(actor=ACTOR, object="statefulset/{statefulset}")
def record_stateful_revision(cluster: Cluster, statefulset: str) -> Cluster | None:
    """Record the StatefulSet's template as its latest revision."""
    request = revisions.to_record(cluster, USER, _workload(cluster, statefulset))
    return None if request is None else send(cluster, client_of(statefulset), request)


@transition(actor=ACTOR, object="statefulset/{statefulset}")
def forget_stateful_revision(cluster: Cluster, statefulset: str) -> Cluster | None:
    """Delete an old revision that is one too many, and that no pod is made from."""
    now = _members(cluster, statefulset)
    if now is None:
        return None
    live = [now.current.metadata.name, *(revision_of(pod) or "" for pod in now.pods.values())]
    request = revisions.to_forget(cluster, USER, now.workload, live)
    return None if request is None else send(cluster, client_of(statefulset), request)


@transition(actor=ACTOR, object="statefulset/{statefulset}")
def claim_stateful_pod(cluster: Cluster, statefulset: str, pod: str) -> Cluster | None:
    """Adopt a pod that is selected and that nobody controls, or release one that is selected no more."""
    known = _workload(cluster, statefulset)
    request = None if known is None else claim(cluster, USER, client_of(statefulset), RESOURCE, known, pod)
    return None if request is None else send(cluster, client_of(statefulset), request)


@transition(actor=ACTOR, object="statefulset/{statefulset}")
def create_stateful_pod(cluster: Cluster, statefulset: str, pod: str) -> Cluster | None:
    """Ask for the pod whose turn it is, under its name."""
    now = _members(cluster, statefulset)
    for ordinal in () if now is None else now.next_created:
        if now is not None and _key(now, ordinal) == pod and now.workload.metadata.uid is not None:
            made = now.pod(ordinal)
            owner = OwnerReference(now.workload.kind, statefulset, now.workload.metadata.uid)
            body = attrs.evolve(made, metadata=attrs.evolve(made.metadata, owners=(owner,)))
            return send(cluster, client_of(statefulset), Request(USER, "create", "pods", pod, body))
    return None


@transition(actor=ACTOR, object="statefulset/{statefulset}")
def delete_stateful_pod(cluster: Cluster, statefulset: str, pod: str) -> Cluster | None:
    """Ask for the deletion of the pod whose turn it is."""
    now = _members(cluster, statefulset)
    if now is None or pod not in [_key(now, ordinal) for ordinal in now.next_deleted]:
        return None
    return send(cluster, client_of(statefulset), Request(USER, "delete", "pods", pod))


@transition(actor=ACTOR, object="statefulset/{statefulset}")
def update_stateful_set_status(cluster: Cluster, statefulset: str) -> Cluster | None:
    """Write the status of the StatefulSet, if the cache shows other pods than it says, or another generation."""
    known = _workload(cluster, statefulset)
    now = None if known is None else known_members(cluster, statefulset)
    status = None if now is None else now.status()
    if known is None or status is None or status == known.status:
        return None
    body = attrs.evolve(known, status=status)
    request = Request(USER, "update", RESOURCE, statefulset, body, "status", resource_version=version(known))
    return send(cluster, client_of(statefulset), request)


@transition(actor=ACTOR, object="statefulset/{statefulset}")
def read_stateful_answer(cluster: Cluster, statefulset: str) -> Cluster | None:
    """Learn how a call went; the caches are looked at again in any case."""
    return drop_answer(cluster, client_of(statefulset))


COMPONENT = Component(
    "statefulset-controller",
    process=CONTROLLER_MANAGER,
    users={
        USER: frozenset(
            {
                *revisions.MAY,
                ("create", "pods"),
                ("delete", "pods"),
                ("patch", "pods"),
                ("update", f"{RESOURCE}/status"),
            }
        )
    },
    watches=WATCHED,
    brings=(revisions.RESOURCE, "pods"),
    callers=(
        Caller(
            (
                record_stateful_revision,
                forget_stateful_revision,
                claim_stateful_pod,
                create_stateful_pod,
                delete_stateful_pod,
                update_stateful_set_status,
            ),
            read_stateful_answer,
            client_of,
            each(RESOURCE),
            turn=3,
        ),
    ),
    needed=lambda plan: None if plan.objects(RESOURCE) else "there is no StatefulSet",
)
