"""ReplicaSet and ReplicationController: keep as many active pods as desired.

Models: one reconcile as upstream does it: compare the active owned pods in the shared cache with spec.replicas; if
they differ and the expectations are met, expect that many creations or deletions (500 at most) and ask for them.
Creations go out in batches of 1, 2, 4, … at once, each when the one before has succeeded; a failed creation ends the
round after its batch, and lowers the expectations by what was not created [slowStartBatch]. The cache's events fulfil
expectations; both live in memory only. What is never seen (a pod that came and went while the watch was closed) is
expected for five minutes: longer than any call or event is under way. The status is written in replicaset_status.py.

Before it counts, it claims: it adopts pods that its selector selects and that nobody controls, if a live GET shows it
as the cache does, and not being deleted; of its own it releases those that the selector selects no more. It goes on
when the cache shows these pods as they are then.

Pods to delete are ranked as upstream ranks them: not bound, Pending, not ready come first. Then those that share their
node with more pods of ReplicaSets with the same owner; of those that are not ready the ones with more restarts (of all
containers; upstream of the one with most). Ready pods are told apart by how long they have been ready, in logarithmic
buckets, and then by UID: so any of equal ones may go (of more than three, two or more are neighbours in the order of
names).

Leaves out: expectations that expire earlier (kubernetes#129795); deletions at once (here one after the other, in any
order); the annotation pod-deletion-cost; that a namespace that is going ends a round without lowering what is expected
(here it is tried again, in vain).

Upstream: pkg/controller/replicaset/replica_set.go manageReplicas, slowStartBatch, getPodsToDelete;
pkg/controller/controller_utils.go ActivePodsWithRanks, read in 1.33 in the making (a fork at 0b0abd6c); 1.34.4 by
the recordings replicaset and deployment.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import attrs

from kmodel.kernel import Cells, Cluster, Event, Step, transition
from kmodel.kubernetes.components.apiserver import answers_reads, read
from kmodel.kubernetes.components.apiserver.access import CONTROLLER_USER
from kmodel.kubernetes.components.calls import CALLS, Request, clients, idle, received, send
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
    """What is left to do of one reconcile: how many pods to create, which to delete.

    Creations go out in batches of 1, 2, 4, …, each when all of the one before have succeeded [slowStartBatch]. `batch`
    is the size of the one that is under way, or comes next; `waiting` is how many of it have not gone out yet.
    """

    creations: int = 0
    deletions: tuple[str, ...] = ()
    batch: int = 1
    waiting: int = 0

    def asked(self, most: int) -> "Round":
        """Return what is left once the next creation has gone out; at most so many do at once."""
        creations, waiting = self.creations - 1, (self.waiting or self.batch) - 1
        batch = self.batch if waiting else max(1, min(2 * self.batch, creations, most))
        return attrs.evolve(self, creations=creations, batch=batch, waiting=waiting)

    def failed(self) -> "Round":
        """Return what is left once a creation has failed: the rest of its batch, which is on its way all the same."""
        return attrs.evolve(self, creations=self.waiting, batch=self.batch if self.waiting else 1)


BURST = 500  # pods that one round creates, or deletes, at most [BurstReplicas]
PodRank = tuple[bool, int, bool, int, int]
EXPECTATIONS: Cells[Expectations] = Cells("replicaset/expectations")
ROUND: Cells[Round] = Cells("replicaset/round")


client_of = clients(f"{CONTROLLER_MANAGER}/{{}}/{{}}")  # by which the controller writes for one ReplicaSet
another_client_of = clients(f"{CONTROLLER_MANAGER}/{{}}/{{}}/{{}}")  # by which it creates further pods at once
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
    """Tell whether the worker of a ReplicaSet waits for no answer."""
    status = CALLS[status_client_of(kind, name)]
    return _has_created(cluster, kind, name) and (not cluster.has(status) or cluster[status] is None)


def _others(cluster: Cluster, kind: str, name: str) -> Iterator[str]:
    """Yield the clients by which further pods are created while the first one is."""
    for number in count(2):
        client = another_client_of(kind, name, number)
        if not cluster.has(CALLS[client]):
            return
        yield client


def _has_created(cluster: Cluster, kind: str, name: str) -> bool:
    """Tell whether all calls for the pods of a ReplicaSet are answered."""
    return all(idle(cluster, client) for client in (client_of(kind, name), *_others(cluster, kind, name)))


def _expectations_of(owner: OwnerReference) -> Any:
    return EXPECTATIONS[owner.kind.lower(), owner.name]


on_pod_change = lowering(_expectations_of)


@transition(actor=ACTOR, object="{kind}/{name}")
def reconcile(cluster: Cluster, kind: str, name: str) -> Cluster | None:
    """Count too few active pods in the cache, and decide to create what is missing."""
    counted = _counted(cluster, kind, name)
    if counted is None or counted[0] <= len(counted[1]):
        return None
    missing = min(counted[0] - len(counted[1]), BURST)
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
    if workload is None or not answers_reads(cluster, client_of(kind, name)):
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
    if not _has_created(cluster, kind, name):
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
    """Ask for the first pod of the next batch, with a generated name."""
    plan = cluster[ROUND[kind, name]]
    if not plan.creations or plan.waiting or not _has_created(cluster, kind, name):
        return None
    return _create(cluster, kind, name, client_of(kind, name))


@transition(actor=ACTOR, object="{kind}/{name}")
def create_another_pod(cluster: Cluster, kind: str, name: str, number: str) -> Cluster | None:
    """Ask for one more pod of a batch, without waiting for the answers to the others."""
    plan = cluster[ROUND[kind, name]]
    if not plan.waiting or plan.batch - plan.waiting + 1 != int(number):
        return None
    return _create(cluster, kind, name, another_client_of(kind, name, number))


def _create(cluster: Cluster, kind: str, name: str, client: str) -> Cluster:
    plan = cluster[ROUND[kind, name]]
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
    most = 1 + len(tuple(_others(cluster, kind, name)))
    return send(cluster.set(ROUND[kind, name], plan.asked(most)), client, request)


@transition(actor=ACTOR, object="{kind}/{name}")
def delete_pod(cluster: Cluster, kind: str, name: str, pod: str) -> Cluster | None:
    """Ask for the deletion of one of the pods that are too many: they are deleted at once, so any may be the next."""
    plan = cluster[ROUND[kind, name]]
    if pod not in plan.deletions or not idle(cluster, client_of(kind, name)):
        return None
    left = tuple(each for each in plan.deletions if each != pod)
    cluster = cluster.set(ROUND[kind, name], Round(deletions=left))
    return send(cluster, client_of(kind, name), Request(USERS[kind], "delete", "pods", pod))


def _client(kind: str, name: str, number: str = "") -> str:
    """Return the client that waits for an answer: the first of a ReplicaSet, or the one with a number."""
    return another_client_of(kind, name, number) if number else client_of(kind, name)


def _told(step: Step) -> Event:
    kind, name = step.action.arguments["kind"], step.action.arguments["name"]
    response = received(step.before, _client(**step.action.arguments))
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
    return _read(cluster, kind, name, client_of(kind, name))


@transition(actor=ACTOR, object="{kind}/{name}", describe=_told)
def read_another_answer(cluster: Cluster, kind: str, name: str, number: str) -> Cluster | None:
    """Learn how one more creation of a batch went."""
    return _read(cluster, kind, name, another_client_of(kind, name, number))


def _read(cluster: Cluster, kind: str, name: str, client: str) -> Cluster | None:
    response = received(cluster, client)
    if response is None:
        return None
    cluster = cluster.set(CALLS[client], None)
    if response.ok or response.verb == "patch":
        return cluster
    expected, plan = cluster[EXPECTATIONS[kind, name]], cluster[ROUND[kind, name]]
    if response.verb == "create":
        # The first failure ends the round: neither it nor the batches that come later are expected [slowStartBatch].
        skipped = plan.creations - plan.waiting
        lowered = attrs.evolve(expected, creations=max(0, expected.creations - 1 - skipped))
        return cluster.set(EXPECTATIONS[kind, name], lowered).set(ROUND[kind, name], plan.failed())
    return cluster.set(EXPECTATIONS[kind, name], expected.without(response.key))


def workloads(plan: Plan) -> list[tuple[str, str]]:
    """Return the ReplicaSets and ReplicationControllers that may ever be there, each with its kind."""
    return [(kind, name) for kind, name in plan.owners("pods") if kind in RESOURCES]


def _further(plan: Plan) -> list[tuple[str, str, str]]:
    """Return the ReplicaSets, each with the numbers of the clients beside its first that its largest batch needs."""
    found = []
    for kind, name in workloads(plan):
        versions = plan.population.objects.get(RESOURCES[kind], {}).get(name, ())
        most = min(max(getattr(each, "replicas", None) or 1 for each in versions), BURST)
        found += [(kind, name, str(number)) for number in range(2, _largest_batch(most) + 1)]
    return found


def _largest_batch(creations: int) -> int:
    """Return how many of so many creations are under way at once at most; 0 for a refused number below 0."""
    most, plan = 0, Round(creations)
    while plan.creations > 0:
        most, plan = max(most, plan.batch), plan.asked(creations)
    return most


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
    callers=(
        Caller((create_pod, delete_pod, adopt_pod, release_pod), read_pod_answer, client_of, workloads, turn=3),
        Caller((create_another_pod,), read_another_answer, another_client_of, _further, turn=3),
    ),
    steps=(Steps((reconcile, expire_expectations), workloads), Steps((scale_down,), _scalings)),
    needed=lambda plan: None if workloads(plan) else "there is no ReplicaSet and no ReplicationController",
)
