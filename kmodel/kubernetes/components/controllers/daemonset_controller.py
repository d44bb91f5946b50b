"""DaemonSet controller: a pod on each node that it may run on, and the latest template everywhere at last.

Models: the history of templates; which nodes need a pod and which pods have to go (also those that have failed),
decided on the caches and carried out call by call, in any order, under expectations as a ReplicaSet's controller has
them; the affinity that ties a pod to its node, so that the scheduler binds it, and what such pods tolerate; updates
within maxUnavailable or maxSurge, or when somebody deletes the old pods; adoption and release; the status.

Leaves out: the backoff before a failed pod is deleted; the toleration by which pods on the host's network do without
that of their node; with surge, that old pods go from nodes where new ones may not run, as far as enough others are
ready (here they stay there, as all do whose node only bears NoSchedule); creations in batches of 1, 2, 4, … and
deletions, at once (here one after the other); at most 250 of each in one sync; the second try of a status that is
refused, after a GET (here the cache is waited for). A status that is written while something is expected upstream does
not name the latest generation (here it does, which is one write less). The DaemonSet, its history and the nodes
upstream takes from the caches once for a sync, and the pods anew for each part of it (pods, updates, history, status);
here each step takes them as they are.

Upstream: pkg/controller/daemon/{daemon_controller,update}.go, read in 1.36 or later (7e74f25f) and in 1.33 in the
making (a fork at 0b0abd6c), which do the same here; 1.34.4 by the recording daemonset.
"""

from typing import Any

import attrs

from kmodel.kernel import Cells, Cluster, transition
from kmodel.kubernetes.components.apiserver.access import CONTROLLER_USER
from kmodel.kubernetes.components.calls import CALLS, TIMEOUT, Request, clients, drop_answer, idle, received, send
from kmodel.kubernetes.components.component import NOTHING, Caller, Component, Memory, Steps, each
from kmodel.kubernetes.components.controllers import revisions
from kmodel.kubernetes.components.controllers.availability import ripe
from kmodel.kubernetes.components.controllers.claims import claim, controlled, has_to_claim
from kmodel.kubernetes.components.controllers.daemon_nodes import Daemons
from kmodel.kubernetes.components.controllers.expectations import Expectations, lowering
from kmodel.kubernetes.components.etcd import QUEUES, version
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, all_in_cache, has_caught_up, in_cache, synced
from kmodel.kubernetes.objects import DAEMON_SET, NODE, DaemonSet, OwnerReference
from kmodel.kubernetes.objects.controllerrevision import REVISION_HASH, with_hash

ACTOR = CONTROLLER_MANAGER + "/daemonset"
USER = CONTROLLER_USER + "daemon-set-controller"
RESOURCE = DAEMON_SET.resource
WATCHED = (RESOURCE, revisions.RESOURCE, "pods", "nodes")


@attrs.frozen(cache_hash=True)
class DaemonRound:
    """What is left to do of one decision: the nodes that get a pod, with the suffix of its template; which pods go."""

    nodes: tuple[str, ...] = ()
    deletions: tuple[str, ...] = ()
    latest: str = ""


DONE = DaemonRound()
DAEMONS_EXPECTED: Cells[Expectations] = Cells("daemonset/expectations")
DAEMON_ROUND: Cells[DaemonRound] = Cells("daemonset/round")

client_of = clients(f"{ACTOR}/{{}}")  # by which the controller writes for one DaemonSet


def _expected_by(owner: OwnerReference) -> Any:
    return DAEMONS_EXPECTED[owner.name if owner.kind == DAEMON_SET.kind else ""]


def known_daemons(cluster: Cluster, daemonset: str) -> Daemons | None:
    """Return a DaemonSet with its nodes and pods, as the cache has them; None if it, or its revision, is not there."""
    known = in_cache(cluster, CONTROLLER_MANAGER, DAEMON_SET, daemonset)
    latest = None if known is None else revisions.current(cluster, known)
    if known is None or latest is None:
        return None
    nodes = all_in_cache(cluster, CONTROLLER_MANAGER, NODE)
    suffix = revisions.suffix_of(known, latest)
    return Daemons(known, suffix, tuple(nodes), tuple(controlled(cluster, known)), ripe(cluster, known))


def _workload(cluster: Cluster, daemonset: str) -> DaemonSet | None:
    """Return a DaemonSet in the cache, if its worker waits for nothing and may decide something now."""
    if cluster[DAEMON_ROUND[daemonset]] != DONE or not idle(cluster, client_of(daemonset)):
        return None
    if not synced(cluster, CONTROLLER_MANAGER, *WATCHED):
        return None
    return in_cache(cluster, CONTROLLER_MANAGER, DAEMON_SET, daemonset)


def _daemons(cluster: Cluster, daemonset: str) -> Daemons | None:
    """Return what a decision on pods is made of, if it is time for one."""
    known = _workload(cluster, daemonset)
    if known is None or known.metadata.deleting or not cluster[DAEMONS_EXPECTED[daemonset]].fulfilled:
        return None
    return None if has_to_claim(cluster, known) else known_daemons(cluster, daemonset)


def _decide(cluster: Cluster, now: Daemons, nodes: tuple[str, ...], deletions: tuple[str, ...]) -> Cluster | None:
    if not nodes and not deletions:
        return None
    daemonset = now.workload.metadata.key
    cluster = cluster.set(DAEMON_ROUND[daemonset], DaemonRound(nodes, deletions, now.latest))
    return cluster.set(DAEMONS_EXPECTED[daemonset], Expectations(len(nodes), deletions))


@transition(actor=ACTOR, object="daemonset/{daemonset}")
def record_daemon_revision(cluster: Cluster, daemonset: str) -> Cluster | None:
    """Record the DaemonSet's template as its latest revision."""
    request = revisions.to_record(cluster, USER, _workload(cluster, daemonset))
    return None if request is None else send(cluster, client_of(daemonset), request)


@transition(actor=ACTOR, object="daemonset/{daemonset}")
def forget_daemon_revision(cluster: Cluster, daemonset: str) -> Cluster | None:
    """Delete an old revision that is one too many, and that no pod is made from."""
    now = _daemons(cluster, daemonset)
    if now is None:
        return None
    live = [dict(pod.metadata.labels).get(REVISION_HASH, "") for pod in now.pods]
    request = revisions.to_forget(cluster, USER, now.workload, live)
    return None if request is None else send(cluster, client_of(daemonset), request)


@transition(actor=ACTOR, object="daemonset/{daemonset}")
def claim_daemon_pod(cluster: Cluster, daemonset: str, pod: str) -> Cluster | None:
    """Adopt a pod that is selected and that nobody controls, or release one that is selected no more."""
    known = _workload(cluster, daemonset)
    request = None if known is None else claim(cluster, USER, client_of(daemonset), RESOURCE, known, pod)
    return None if request is None else send(cluster, client_of(daemonset), request)


@transition(actor=ACTOR, object="daemonset/{daemonset}")
def manage_daemon_pods(cluster: Cluster, daemonset: str) -> Cluster | None:
    """Decide which nodes get a pod, and which pods have to go whatever their template."""
    now = _daemons(cluster, daemonset)
    return None if now is None else _decide(cluster, now, now.lacking, now.to_delete)


@transition(actor=ACTOR, object="daemonset/{daemonset}")
def prune_daemon_pods(cluster: Cluster, daemonset: str, pod: str) -> Cluster | None:
    """Find several pods where one is wanted, and decide to keep this one of them."""
    now = _daemons(cluster, daemonset)
    for group in () if now is None else now.excess():
        if now is not None and pod in group:
            return _decide(cluster, now, (), tuple(name for name in group if name != pod))
    return None


@transition(actor=ACTOR, object="daemonset/{daemonset}")
def replace_daemon_pods(cluster: Cluster, daemonset: str, pod: str) -> Cluster | None:
    """Decide which pods of an old template go, within the bound: of those that are ready this one first."""
    now = _daemons(cluster, daemonset)
    if now is None or not now.workload.is_rolling or now.workload.surges or now.has_to_be_managed:
        return None
    at_once, candidates, number = now.outdated()
    chosen = _first_of(candidates if number else at_once[:1], pod, number)
    return None if chosen is None else _decide(cluster, now, (), tuple(dict.fromkeys((*at_once, *chosen))))


@transition(actor=ACTOR, object="daemonset/{daemonset}")
def surge_daemon_pods(cluster: Cluster, daemonset: str, node: str) -> Cluster | None:
    """Decide which nodes get a new pod beside the old one: of those where the old one is ready this one first."""
    now = _daemons(cluster, daemonset)
    if now is None or not now.workload.surges or now.has_to_be_managed:
        return None
    at_once, candidates, number = now.to_surge()
    chosen = _first_of(candidates if number else at_once[:1], node, number)
    return None if chosen is None else _decide(cluster, now, tuple(dict.fromkeys((*at_once, *chosen))), ())


def _first_of(names: list[str], first: str, number: int) -> list[str] | None:
    """Return so many of the names, beginning with the first; None if that is no choice."""
    if first not in (names if number < len(names) else names[:1]):
        return None
    start = names.index(first)
    return (names[start:] + names[:start])[:number]


@transition(actor=ACTOR, object="daemonset/{daemonset}")
def create_daemon_pod(cluster: Cluster, daemonset: str, node: str) -> Cluster | None:
    """Ask for the pod of a node, with a generated name and an affinity to that node alone."""
    plan = cluster[DAEMON_ROUND[daemonset]]
    if node not in plan.nodes or not idle(cluster, client_of(daemonset)):
        return None
    known = in_cache(cluster, CONTROLLER_MANAGER, DAEMON_SET, daemonset)
    if known is None or known.metadata.uid is None:
        cluster = cluster.set(DAEMON_ROUND[daemonset], DONE)
        return cluster.set(DAEMONS_EXPECTED[daemonset], Expectations())
    made = known.pod_on(node, with_hash(known.template.labels, plan.latest))
    owner = OwnerReference(known.kind, daemonset, known.metadata.uid)
    body = attrs.evolve(made, metadata=attrs.evolve(made.metadata, owners=(owner,)))
    left = tuple(name for name in plan.nodes if name != node)
    cluster = cluster.set(DAEMON_ROUND[daemonset], _left(plan, left, plan.deletions))
    return send(cluster, client_of(daemonset), Request(USER, "create", "pods", "", body))


@transition(actor=ACTOR, object="daemonset/{daemonset}")
def delete_daemon_pod(cluster: Cluster, daemonset: str, pod: str) -> Cluster | None:
    """Ask for the deletion of one of the pods that have to go."""
    plan = cluster[DAEMON_ROUND[daemonset]]
    if pod not in plan.deletions or not idle(cluster, client_of(daemonset)):
        return None
    left = tuple(name for name in plan.deletions if name != pod)
    cluster = cluster.set(DAEMON_ROUND[daemonset], _left(plan, plan.nodes, left))
    return send(cluster, client_of(daemonset), Request(USER, "delete", "pods", pod))


def _left(plan: DaemonRound, nodes: tuple[str, ...], deletions: tuple[str, ...]) -> DaemonRound:
    return attrs.evolve(plan, nodes=nodes, deletions=deletions) if nodes or deletions else DONE


@transition(actor=ACTOR, object="daemonset/{daemonset}")
def update_daemon_set_status(cluster: Cluster, daemonset: str) -> Cluster | None:
    """Write the status of the DaemonSet, if the cache shows other nodes or pods than it says, or another generation."""
    known = _workload(cluster, daemonset)
    now = None if known is None or known.metadata.deleting else known_daemons(cluster, daemonset)
    status = None if now is None else now.status()
    if known is None or status is None or status == known.status:
        return None
    body = attrs.evolve(known, status=status)
    request = Request(USER, "update", RESOURCE, daemonset, body, "status", resource_version=version(known))
    return send(cluster, client_of(daemonset), request)


@transition(actor=ACTOR, object="daemonset/{daemonset}")
def expire_daemon_expectations(cluster: Cluster, daemonset: str) -> Cluster | None:
    """Expect no longer what was not seen in five minutes."""
    if cluster[DAEMONS_EXPECTED[daemonset]].fulfilled or cluster[DAEMON_ROUND[daemonset]] != DONE:
        return None
    if not idle(cluster, client_of(daemonset)) or not cluster.look(QUEUES[CONTROLLER_MANAGER, "pods"], has_caught_up):
        return None
    return cluster.set(DAEMONS_EXPECTED[daemonset], Expectations())


@transition(actor=ACTOR, object="daemonset/{daemonset}")
def read_daemon_answer(cluster: Cluster, daemonset: str) -> Cluster | None:
    """Learn how a call went; a pod that was not created or deleted is not expected any more."""
    client = client_of(daemonset)
    response = received(cluster, client)
    if response is None or response.ok or response.resource != "pods" or response.verb == "patch":
        return drop_answer(cluster, client)
    cluster = cluster.set(CALLS[client], None)
    expected, plan = cluster[DAEMONS_EXPECTED[daemonset]], cluster[DAEMON_ROUND[daemonset]]
    if response.verb == "create":  # the first failure ends the creations: neither it nor the rest is expected
        lowered = attrs.evolve(expected, creations=max(0, expected.creations - 1 - len(plan.nodes)))
        cluster = cluster.set(DAEMON_ROUND[daemonset], _left(plan, (), plan.deletions))
        return cluster.set(DAEMONS_EXPECTED[daemonset], lowered)
    if response.code == TIMEOUT:  # the answer does not say which pod: all that is left is not expected
        return cluster.set(DAEMONS_EXPECTED[daemonset], Expectations()).set(DAEMON_ROUND[daemonset], DONE)
    return cluster.set(DAEMONS_EXPECTED[daemonset], expected.without(response.key))


COMPONENT = Component(
    "daemonset-controller",
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
    on_change=lowering(_expected_by),
    memory=(
        Memory(DAEMONS_EXPECTED, each(RESOURCE), Expectations(), mentions=NOTHING, holds_names=True),
        Memory(DAEMON_ROUND, each(RESOURCE), DONE, mentions=NOTHING, holds_names=True),
    ),
    callers=(
        Caller(
            (
                record_daemon_revision,
                forget_daemon_revision,
                claim_daemon_pod,
                create_daemon_pod,
                delete_daemon_pod,
                update_daemon_set_status,
            ),
            read_daemon_answer,
            client_of,
            each(RESOURCE),
            turn=3,
        ),
    ),
    steps=(
        Steps((manage_daemon_pods, expire_daemon_expectations), each(RESOURCE)),
        Steps((prune_daemon_pods, replace_daemon_pods), each(RESOURCE, "pods")),
        Steps((surge_daemon_pods,), each(RESOURCE, "nodes")),
    ),
    needed=lambda plan: None if plan.objects(RESOURCE) else "there is no DaemonSet",
)
