"""ReplicaSet and ReplicationController: keep as many active pods as desired.

Models: one reconcile as upstream does it: compare the active owned pods in the shared cache with spec.replicas; if
they differ and the expectations are met, expect that many creations or deletions and make them one by one, each a
call; a failed creation ends the round and lowers the expectations by what was not created. The cache's events fulfil
expectations; both live in memory only. What is never seen (a pod that came and went while the watch was closed) is
expected for five minutes: longer than any call or event is under way. The status is written in replicaset_status.py.

Before it counts, it claims: it adopts pods that its selector selects and that nobody controls, if a live GET shows it
as the cache does, and not being deleted; of its own it releases those that the selector selects no more. It goes on
when the cache shows these pods as they are then.

Leaves out: expectations that expire earlier (kubernetes#129795); slow start,
which sends batches of 2, 4, … at once from the second pod of a round on (here they follow one another); deletions at
once (here one after the other, in any order). Pods to delete are ranked as upstream ranks them: not bound,
Pending, not ready come first, and of those that are not ready the ones with more restarts. Ready pods are told apart by
how long they have been ready, in logarithmic buckets, and then by UID: so any of equal ones may go (of more than three,
two or more are neighbours in the order of names). Of those that are equal in these, the ones come first that share
their node with more pods of ReplicaSets with the same owner.

Upstream: pkg/controller/{replicaset/replica_set.go,controller_utils.go}, 1.32 to 1.34.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs

from kmodel.kernel import Cells, Cluster, Event, Step, transition
from kmodel.kubernetes.components.apiserver import read
from kmodel.kubernetes.components.apiserver.access import CONTROLLER_USER
from kmodel.kubernetes.components.calls import CALLS, TIMEOUT, Request, clients, idle, received, send
from kmodel.kubernetes.components.component import NOTHING, Caller, Component, Memory, Steps
from kmodel.kubernetes.components.controllers.expectations import Expectations, lowering
from kmodel.kubernetes.components.etcd import QUEUES
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, all_in_cache, has_caught_up, in_cache, synced
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.objects import POD, ObjectMeta, OwnerReference, Pod, ReplicaSet, selects
from kmodel.kubernetes.objects.ownership import WithoutOwners, WithOwner

ACTOR = CONTROLLER_MANAGER + "/{kind}"
RESOURCES = {"replicaset": "replicasets", "replicationcontroller": "replicationcontrollers"}
USERS = {
    "replicaset": CONTROLLER_USER + "replicaset-controller",
    "replicationcontroller": CONTROLLER_USER + "replication-controller",
}


@attrs.frozen(cache_hash=True)
class Round:
    """What is left to do of one reconcile: how many pods to create, which to delete."""

    creations: int = 0
    deletions: tuple[str, ...] = ()


PodRank = tuple[bool, int, bool, int, int]
EXPECTATIONS: Cells[Expectations] = Cells("replicaset/expectations")
ROUND: Cells[Round] = Cells("replicaset/round")


client_of = clients(f"{CONTROLLER_MANAGER}/{{}}/{{}}")  # by which the controller writes for one ReplicaSet
status_client_of = clients(f"{CONTROLLER_MANAGER}/{{}}/{{}}/status")  # by which it writes a status


def owned(cluster: Cluster, workload: ReplicaSet) -> list[Pod]:
    """Return the pods in the cache that the ReplicaSet controls, by UID."""
    pods: list[Pod] = all_in_cache(cluster, CONTROLLER_MANAGER, POD)
    return [pod for pod in pods if _is_controlled_by(pod, workload)]


def _is_controlled_by(pod: Pod, workload: ReplicaSet) -> bool:
    return pod.metadata.owner is not None and pod.metadata.owner.uid == workload.metadata.uid


def is_orphan_of(pod: Pod, workload: ReplicaSet) -> bool:
    """Tell whether a pod that nobody controls is one that the ReplicaSet would adopt [ClaimObject]."""
    is_free_pod = pod.metadata.owner is None and pod.active
    return is_free_pod and _selects(workload, pod) and not workload.metadata.deleting


def is_lost_to(pod: Pod, workload: ReplicaSet) -> bool:
    """Tell whether the ReplicaSet controls a pod that its selector does not select any more."""
    return (
        _is_controlled_by(pod, workload)
        and pod.active
        and not _selects(workload, pod)
        and not workload.metadata.deleting
    )


def _selects(workload: ReplicaSet, pod: Pod) -> bool:
    same = pod.metadata.namespace == workload.metadata.namespace
    return same and selects(workload.selector, pod.metadata.labels)


def is_free(cluster: Cluster, kind: str, name: str) -> bool:
    """Tell whether the worker of a ReplicaSet waits for no answer: it makes its calls one after the other."""
    status = CALLS[status_client_of(kind, name)]
    return idle(cluster, client_of(kind, name)) and (not cluster.has(status) or cluster[status] is None)


def _expectations_of(owner: OwnerReference) -> Any:
    return EXPECTATIONS[owner.kind.lower(), owner.name]


on_pod_change = lowering(_expectations_of)


@transition(actor=ACTOR, object="{kind}/{name}")
def reconcile(cluster: Cluster, kind: str, name: str) -> Cluster | None:
    """Count too few active pods in the cache, and decide to create what is missing."""
    counted = _counted(cluster, kind, name)
    if counted is None or counted[0] <= len(counted[1]):
        return None
    missing = counted[0] - len(counted[1])
    cluster = cluster.set(ROUND[kind, name], Round(creations=missing))
    return cluster.set(EXPECTATIONS[kind, name], Expectations(creations=missing))


@transition(actor=ACTOR, object="{kind}/{name}")
def scale_down(cluster: Cluster, kind: str, name: str, pod: str) -> Cluster | None:
    """Count too many active pods in the cache, and decide which to delete: of those that rank alike, this one first."""
    # What rarely changes is looked at first: there is such an action for each pod, and of most it says enough.
    workload = in_cache(cluster, CONTROLLER_MANAGER, RESOURCES[kind], name)
    known = in_cache(cluster, CONTROLLER_MANAGER, POD, pod)
    if workload is None or known is None or not _is_controlled_by(known, workload):
        return None
    counted = _counted(cluster, kind, name)
    if counted is None or counted[0] >= len(counted[1]):
        return None
    victims = _victims(_ranked(cluster, kind, name, counted[1]), len(counted[1]) - counted[0], pod)
    if victims is None:
        return None
    cluster = cluster.set(ROUND[kind, name], Round(deletions=victims))
    return cluster.set(EXPECTATIONS[kind, name], Expectations(deletions=victims))


def _counted(cluster: Cluster, kind: str, name: str) -> tuple[int, list[Pod]] | None:
    """Return how many pods are wanted and which are active, by the cache; None unless it is time for a new round."""
    if cluster[ROUND[kind, name]] != Round() or not cluster[EXPECTATIONS[kind, name]].fulfilled:
        return None
    if not is_free(cluster, kind, name) or not synced(cluster, CONTROLLER_MANAGER, "pods", RESOURCES[kind]):
        return None
    workload = in_cache(cluster, CONTROLLER_MANAGER, RESOURCES[kind], name)
    if workload is None or workload.metadata.deleting or _has_to_claim(cluster, workload):
        return None
    return workload.replicas, [pod for pod in owned(cluster, workload) if pod.active]


def _has_to_claim(cluster: Cluster, workload: ReplicaSet) -> bool:
    pods: list[Pod] = all_in_cache(cluster, CONTROLLER_MANAGER, POD)
    return any(is_orphan_of(pod, workload) or is_lost_to(pod, workload) for pod in pods)


def _to_claim(
    cluster: Cluster, kind: str, name: str, pod: str, has_to: Callable[[Pod, ReplicaSet], bool]
) -> tuple[Any, Any]:
    """Return a ReplicaSet and a pod in the cache, if its worker has to claim or release it and is free to do so now."""
    known = in_cache(cluster, CONTROLLER_MANAGER, POD, pod)
    workload = in_cache(cluster, CONTROLLER_MANAGER, RESOURCES[kind], name)
    if known is None or workload is None or not has_to(known, workload):
        return None, None
    if cluster[ROUND[kind, name]] != Round() or not is_free(cluster, kind, name):
        return None, None
    if not synced(cluster, CONTROLLER_MANAGER, "pods", RESOURCES[kind]):
        return None, None
    return workload, known


@transition(actor=ACTOR, object="{kind}/{name}")
def adopt_pod(cluster: Cluster, kind: str, name: str, pod: str) -> Cluster | None:
    """Become the controller of a pod that is selected and that nobody controls, after a live look at oneself."""
    workload, known = _to_claim(cluster, kind, name, pod, is_orphan_of)
    if workload is None:
        return None
    live = read(cluster, RESOURCES[kind], name)
    if live is None or live.metadata.uid != workload.metadata.uid or live.metadata.deleting:
        return None
    owner = OwnerReference(workload.kind, name, workload.metadata.uid)
    request = Request(USERS[kind], "patch", "pods", pod, WithOwner(owner), uid=known.metadata.uid)
    return send(cluster, client_of(kind, name), request)


@transition(actor=ACTOR, object="{kind}/{name}")
def release_pod(cluster: Cluster, kind: str, name: str, pod: str) -> Cluster | None:
    """Give up the control of a pod that the selector does not select any more."""
    workload, known = _to_claim(cluster, kind, name, pod, is_lost_to)
    if workload is None:
        return None
    body = WithoutOwners((workload.metadata.uid,))
    request = Request(USERS[kind], "patch", "pods", pod, body, uid=known.metadata.uid)
    return send(cluster, client_of(kind, name), request)


def _ranked(cluster: Cluster, kind: str, name: str, active: list[Pod]) -> list[tuple[PodRank, Pod]]:
    """Return the pods, each with its rank: the lower, the sooner it goes [ActivePodsWithRanks, controller_utils.go]."""
    workload = in_cache(cluster, CONTROLLER_MANAGER, RESOURCES[kind], name)
    owner = None if workload is None else workload.metadata.owner
    there: Counter[str | None] = Counter()
    if owner is not None:  # by all that has the same owner [getIndirectlyRelatedPods, replica_set.go]
        for other in all_in_cache(cluster, CONTROLLER_MANAGER, RESOURCES[kind]):
            if other.metadata.owner is not None and other.metadata.owner.uid == owner.uid:
                there.update(pod.spec.node_name for pod in owned(cluster, other) if pod.active)
    return [(_rank(pod, there[pod.spec.node_name]), pod) for pod in active]


def _victims(ranked: list[tuple[PodRank, Pod]], surplus: int, first: str) -> tuple[str, ...] | None:
    """Return the pods that go, beginning with `first` where some of equal rank stay; None if that is no choice."""
    last = sorted(rank for rank, _ in ranked)[surplus - 1]
    sure = [pod.metadata.key for rank, pod in ranked if rank < last]
    equal = [pod.metadata.key for rank, pod in ranked if rank == last]
    left = surplus - len(sure)
    if first not in (equal if left < len(equal) else equal[:1]):
        return None
    start = equal.index(first)
    chosen = {*sure, *(equal[start:] + equal[:start])[:left]}
    return tuple(pod.metadata.key for _, pod in ranked if pod.metadata.key in chosen)


@transition(actor=ACTOR, object="{kind}/{name}")
def expire_expectations(cluster: Cluster, kind: str, name: str) -> Cluster | None:
    """Expect no longer what was not seen in five minutes [ExpectationsTimeout, pkg/controller/controller_utils.go]."""
    if cluster[EXPECTATIONS[kind, name]].fulfilled or cluster[ROUND[kind, name]] != Round():
        return None
    if not idle(cluster, client_of(kind, name)):
        return None
    if not cluster.look(QUEUES[CONTROLLER_MANAGER, "pods"], has_caught_up):
        return None
    return cluster.set(EXPECTATIONS[kind, name], Expectations())


def _rank(pod: Pod, neighbours: int) -> PodRank:
    phases = {"Pending": 0, "Unknown": 1, "Running": 2}
    return (
        pod.spec.node_name is not None,
        phases[pod.status.phase],
        pod.status.ready,
        -neighbours,
        0 if pod.status.ready else -pod.status.restarts,
    )


@transition(actor=ACTOR, object="{kind}/{name}")
def create_pod(cluster: Cluster, kind: str, name: str) -> Cluster | None:
    """Ask for the next pod of this round, with a generated name."""
    plan = cluster[ROUND[kind, name]]
    if not plan.creations or not idle(cluster, client_of(kind, name)):
        return None
    workload = in_cache(cluster, CONTROLLER_MANAGER, RESOURCES[kind], name)
    if workload is None:
        return cluster.set(ROUND[kind, name], Round()).set(EXPECTATIONS[kind, name], Expectations())
    metadata = ObjectMeta(
        generate_name=f"{workload.metadata.name}-",
        namespace=workload.metadata.namespace,
        labels=workload.template.labels,
        owners=(OwnerReference(workload.kind, name, workload.metadata.uid),),
    )
    request = Request(USERS[kind], "create", "pods", "", Pod(metadata, workload.template.spec))
    cluster = cluster.set(ROUND[kind, name], Round(plan.creations - 1, plan.deletions))
    return send(cluster, client_of(kind, name), request)


@transition(actor=ACTOR, object="{kind}/{name}")
def delete_pod(cluster: Cluster, kind: str, name: str, pod: str) -> Cluster | None:
    """Ask for the deletion of one of the pods that are too many: they are deleted at once, so any may be the next."""
    plan = cluster[ROUND[kind, name]]
    if pod not in plan.deletions or not idle(cluster, client_of(kind, name)):
        return None
    left = tuple(each for each in plan.deletions if each != pod)
    cluster = cluster.set(ROUND[kind, name], Round(plan.creations, left))
    return send(cluster, client_of(kind, name), Request(USERS[kind], "delete", "pods", pod))


def _told(step: Step) -> Event:
    kind, name = step.action.arguments["kind"], step.action.arguments["name"]
    response = received(step.before, client_of(kind, name))
    assert response is not None
    done = {
        "create": ("SuccessfulCreate", "FailedCreate"),
        "delete": ("SuccessfulDelete", "FailedDelete"),
        "patch": ("SuccessfulClaim", "FailedClaim"),
    }[response.verb]
    what = f"pod {response.key or 'to create'}: {response.said}"
    return Event("Normal" if response.ok else "Warning", done[0 if response.ok else 1], f"{kind}/{name}", what)


@transition(actor=ACTOR, object="{kind}/{name}", describe=_told)
def read_pod_answer(cluster: Cluster, kind: str, name: str) -> Cluster | None:
    """Learn how a creation or deletion went; what failed is not expected any more."""
    client = client_of(kind, name)
    response = received(cluster, client)
    if response is None:
        return None
    cluster = cluster.set(CALLS[client], None)
    if response.ok or response.verb == "patch":
        return cluster
    expected = cluster[EXPECTATIONS[kind, name]]
    if response.verb == "create":
        # The first failure ends the round: neither it nor the rest is expected [slowStartBatch].
        left = cluster[ROUND[kind, name]].creations
        lowered = attrs.evolve(expected, creations=max(0, expected.creations - 1 - left))
        return cluster.set(EXPECTATIONS[kind, name], lowered).set(ROUND[kind, name], Round())
    if response.code == TIMEOUT:  # the answer does not say which pod: all that is left is not expected
        return cluster.set(EXPECTATIONS[kind, name], Expectations()).set(ROUND[kind, name], Round())
    return cluster.set(EXPECTATIONS[kind, name], expected.without(response.key))


def workloads(plan: Plan) -> list[tuple[str, str]]:
    """Return the ReplicaSets and ReplicationControllers that may ever be there, each with its kind."""
    return [(kind, name) for kind, name in plan.owners("pods") if kind in RESOURCES]


def _scalings(plan: Plan) -> list[tuple[str, str, str]]:
    return [(kind, name, pod) for kind, name in workloads(plan) for pod in plan.keys("pods")]


MAY = frozenset({("create", "pods"), ("delete", "pods"), ("patch", "pods")})
COMPONENT = Component(
    "replicaset-controller",
    process=CONTROLLER_MANAGER,
    users=dict.fromkeys(USERS.values(), MAY),
    watches=("pods", *RESOURCES.values()),
    brings=("pods",),
    on_change=on_pod_change,
    memory=(
        Memory(EXPECTATIONS, workloads, Expectations(), mentions=NOTHING, holds_names=True),
        Memory(ROUND, workloads, Round(), mentions=NOTHING, holds_names=True),
    ),
    callers=(Caller((create_pod, delete_pod, adopt_pod, release_pod), read_pod_answer, client_of, workloads, turn=3),),
    steps=(Steps((reconcile, expire_expectations), workloads), Steps((scale_down,), _scalings)),
    needed=lambda plan: None if workloads(plan) else "there is no ReplicaSet and no ReplicationController",
)
