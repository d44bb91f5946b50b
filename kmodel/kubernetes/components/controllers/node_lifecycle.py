"""Node lifecycle controller: a node that is not heard of is not Ready.

Models: checks that compare the lease's renewal with the one last seen, by the controller's own observation; after as
many checks without news as the scenario says (the node-monitor-grace-period), Ready becomes Unknown, by a PUT with the
version in the cache; pods that are said to be ready on a node that is not are marked as not ready, each by a PUT with
its version [MarkPodsNotReady]; taints follow Ready (not-ready, unreachable) and spec.unschedulable, those of each
effect by a patch of its own, with the version in the cache. While no node is Ready, none bears NoExecute (full
disruption): those that do are rid of it, so that nobody is evicted because the control plane itself is cut off
[handleDisruption].

A NoSchedule taint whose patch is not answered is not tried again until something of the node changes
[doNodeProcessingPassWorker]; all else is, with the next check or the next turn of its rate-limited queue.

Leaves out: clocks (a check that finds no news counts if the node is down or cut off; that a heartbeat of a node that is
neither comes too late is a fault with a budget, late-heartbeat); rate limits and zones, and so partial disruption,
which only slows the taints down or stops them; that NoExecute may come, or go, before NoSchedule (upstream two loops do
it, of which that of NoExecute is held back), that one patch only adds taints, and another only takes them off, and
that upstream may taint the last node in the instant before it notices that all are silent; the eviction of pods, which
is the work of taint_eviction.py; Ready=False, which only a kubelet that is up reports. If heartbeats do not take part
in the scenario, none is late: no lease is written, and a node is silent if it is down or cut off. Pods are marked once,
when Ready changes, and those are missed that a watch or a report shows to be ready later than that: later than the
grace period, which neither is taken to be here.

Upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go monitorNodeHealth,
handleDisruption, ComputeZoneState, doNoScheduleTaintingPass,
pkg/controller/util/node/controller_utils.go, read at 003e8629 (1.32 or later); 1.34.4 by the recordings node-dies and
node-partition.
"""

from typing import Any

import attrs

from kmodel.kernel import Cells, Cluster, Rank, transition
from kmodel.kubernetes.components.apiserver.access import CONTROLLER_USER
from kmodel.kubernetes.components.apiserver.admission import NOT_READY, UNREACHABLE
from kmodel.kubernetes.components.calls import TIMEOUT, Request, clients, drop_answer, idle, received, send
from kmodel.kubernetes.components.component import NOTHING, Caller, Component, Fault, Memory, Steps, each
from kmodel.kubernetes.components.etcd import NODES, Watch, version
from kmodel.kubernetes.components.faults import FAULT, spend
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, all_in_cache, in_cache, synced
from kmodel.kubernetes.components.kubelet.failures import may_be_silent
from kmodel.kubernetes.components.kubelet.state import is_connected
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.settings import SETTINGS
from kmodel.kubernetes.objects import LEASE, NODE, POD, Node, Taint, Taints
from kmodel.kubernetes.objects.kind import first, renewals

ACTOR = CONTROLLER_MANAGER + "/node-lifecycle"
USER = CONTROLLER_USER + "node-controller"
CONDITIONS = {"False": NOT_READY, "Unknown": UNREACHABLE}  # the taint of a node whose Ready condition is this
CORDONED = "node.kubernetes.io/unschedulable"
NO_SCHEDULE, NO_EXECUTE = "NoSchedule", "NoExecute"
# The keys of the taints of each effect that nobody else has to set.
OWN = {NO_SCHEDULE: (*CONDITIONS.values(), CORDONED), NO_EXECUTE: tuple(CONDITIONS.values())}


@attrs.frozen(cache_hash=True)
class Health:
    """What the controller observed of a node: the last renewal, and how many checks went by without another."""

    renewed: Rank | None = None
    missed: int = 0


HEALTH: Cells[Health] = Cells("node-lifecycle/health")
GIVEN_UP: Cells[bool] = Cells("node-lifecycle/given up")  # where calls may fail: the NoSchedule taints of a node


client_of = clients(f"{ACTOR}/{{}}")  # by which the controller writes a node
pod_client_of = clients(f"{ACTOR}/pod/{{}}")  # by which it writes a pod


@transition(actor=ACTOR, object="node/{node}")
def check_heartbeat(cluster: Cluster, node: str) -> Cluster | None:
    """Look whether the node's lease was renewed since the last check."""
    if not synced(cluster, CONTROLLER_MANAGER, "nodes", "leases"):
        return None
    lease = in_cache(cluster, CONTROLLER_MANAGER, LEASE, node)
    health = cluster[HEALTH[node]]
    renewed = None if lease is None else lease.renewed
    if renewed != health.renewed:
        return cluster.set(HEALTH[node], Health(renewed))
    return None if is_connected(cluster, node) else miss(cluster, node)


def miss(cluster: Cluster, node: str) -> Cluster | None:
    """Return the cluster after a check that found no renewal; None if enough such checks went by."""
    health = cluster[HEALTH[node]]
    lease = in_cache(cluster, CONTROLLER_MANAGER, LEASE, node)
    if lease is None or lease.renewed != health.renewed or health.missed >= cluster[SETTINGS].missed_heartbeats:
        return None
    return cluster.set(HEALTH[node], attrs.evolve(health, missed=health.missed + 1))


def _watched(cluster: Cluster, node: str) -> tuple[str, ...]:
    """Return what the controller watches."""
    return ("nodes", "leases") if cluster.has(HEALTH[node]) else ("nodes",)


def _known(cluster: Cluster, node: str) -> Node | None:
    """Return the node in the cache, if it may be written now."""
    if not synced(cluster, CONTROLLER_MANAGER, *_watched(cluster, node)) or not idle(cluster, client_of(node)):
        return None
    return in_cache(cluster, CONTROLLER_MANAGER, NODE, node)


def _silent(cluster: Cluster, node: str) -> bool:
    """Tell whether enough checks went by without a renewal, and the cache shows none now either."""
    if not cluster.has(HEALTH[node]):
        return not is_connected(cluster, node)
    health, lease = cluster[HEALTH[node]], in_cache(cluster, CONTROLLER_MANAGER, LEASE, node)
    renewed = None if lease is None else lease.renewed
    return health.missed >= cluster[SETTINGS].missed_heartbeats and health.renewed == renewed


@transition(actor=ACTOR, object="node/{node}")
def mark_unknown(cluster: Cluster, node: str) -> Cluster | None:
    """Set Ready to Unknown on a node that was not heard of for too long."""
    known = _known(cluster, node)
    if known is None or known.status.ready != "True" or not _silent(cluster, node):
        return None
    body = attrs.evolve(known.status, ready="Unknown")
    request = Request(
        USER, "update", "nodes", node, attrs.evolve(known, status=body), "status", resource_version=version(known)
    )
    return send(cluster, client_of(node), request)


def _is_full_disruption(cluster: Cluster) -> bool:
    """Tell whether no node is known to be Ready: then the control plane is taken to be cut off, and nothing evicted."""
    return not any(node.status.ready == "True" for node in all_in_cache(cluster, CONTROLLER_MANAGER, NODE))


def _with_own(taints: tuple[Taint, ...], effect: str, *keys: str | None) -> tuple[Taint, ...]:
    """Return taints with these keys as those of an effect that are the controller's."""
    wanted = tuple(Taint(key, effect=effect) for key in keys if key is not None)
    kept = tuple(each for each in taints if each in wanted or each.effect != effect or each.key not in OWN[effect])
    return (*kept, *(taint for taint in wanted if taint not in taints))


@transition(actor=ACTOR, object="node/{node}")
def adjust_taints(cluster: Cluster, node: str) -> Cluster | None:
    """Have a node tainted as its Ready condition says, and whether it is cordoned: NoSchedule first, then NoExecute.

    The patch has the whole list, and is carried out if the node is still as it is known [PatchNodeTaints].
    """
    known = _known(cluster, node)
    if known is None:
        return None
    key, there = CONDITIONS.get(known.status.ready), known.spec.taints
    taints = there if _has_given_up(cluster, node) else _scheduling_taints(known)
    if taints == there:
        taints = _with_own(there, NO_EXECUTE, None if key is None or _is_full_disruption(cluster) else key)
    if taints == there:
        return None
    request = Request(USER, "patch", "nodes", node, Taints(taints), resource_version=version(known))
    return send(cluster, client_of(node), request)


def _scheduling_taints(known: Node) -> tuple[Taint, ...]:
    """Return the taints of a node with the NoSchedule ones that its condition and its cordon ask for."""
    cordoned = CORDONED if known.spec.unschedulable else None
    return _with_own(known.spec.taints, NO_SCHEDULE, CONDITIONS.get(known.status.ready), cordoned)


def _has_given_up(cluster: Cluster, node: str) -> bool:
    """Tell whether nobody comes back to the NoSchedule taints of a node until something changes there.

    A kubelet that is heard of changes something within five minutes: it reports its node [nodeStatusReportFrequency].
    """
    return cluster.has(GIVEN_UP[node]) and cluster[GIVEN_UP[node]] and not is_connected(cluster, node)


@transition(actor=ACTOR, object="node/{node}")
def read_node_answer(cluster: Cluster, node: str) -> Cluster | None:
    """Learn how the write to the node went; it is looked at again, but for a NoSchedule taint that was not answered."""
    response = received(cluster, client_of(node))
    if response is not None and response.code == TIMEOUT and cluster.has(GIVEN_UP[node]):
        known = in_cache(cluster, CONTROLLER_MANAGER, NODE, node)
        failed = known is not None and response.verb == "patch" and _scheduling_taints(known) != known.spec.taints
        cluster = cluster.set(GIVEN_UP[node], cluster[GIVEN_UP[node]] or failed)
    return drop_answer(cluster, client_of(node))


def _on_change(cluster: Cluster, watch: Watch, key: str, old: Any, new: Any) -> Cluster:
    """Come back to a node that has changed."""
    if watch.resource != "nodes" or not cluster.has(GIVEN_UP[key]) or not cluster[GIVEN_UP[key]]:
        return cluster
    return cluster.set(GIVEN_UP[key], False)


@transition(actor=ACTOR, object="pod/{pod}")
def mark_pod_not_ready(cluster: Cluster, pod: str) -> Cluster | None:
    """Set Ready to False on a pod whose node is not Ready."""
    if not synced(cluster, CONTROLLER_MANAGER, "pods", "nodes") or not idle(cluster, pod_client_of(pod)):
        return None
    known = in_cache(cluster, CONTROLLER_MANAGER, POD, pod)
    if known is None or not known.status.ready or not cluster.has(NODES[known.spec.node_name or ""]):
        return None
    node = in_cache(cluster, CONTROLLER_MANAGER, NODE, known.spec.node_name or "")
    if node is None or node.status.ready == "True":
        return None
    body = attrs.evolve(known, status=attrs.evolve(known.status, ready=False))
    request = Request(USER, "update", "pods", pod, body, "status", known.metadata.uid, version(known))
    return send(cluster, pod_client_of(pod), request)


@transition(actor=ACTOR, object="pod/{pod}")
def read_mark_answer(cluster: Cluster, pod: str) -> Cluster | None:
    """Learn whether the pod is marked; if it is not, it is tried again while its node is not Ready."""
    return drop_answer(cluster, pod_client_of(pod))


@transition(actor=FAULT, object="node/{node}", environment=True)
def delay_heartbeat(cluster: Cluster, node: str) -> Cluster | None:
    """A heartbeat of a node that is up comes too late: the check before it finds no renewal."""
    if not is_connected(cluster, node):
        return None
    spent = spend(cluster, "late-heartbeat")
    return None if spent is None else miss(spent, node)


LATE_HEARTBEAT = Fault("late-heartbeat", (Steps((delay_heartbeat,), each("nodes")),), hits=("heartbeats",))


def _with_heartbeats(plan: Plan) -> bool:
    return plan.takes_part("heartbeats")


UNANSWERED = (  # faults after which a write may be without an answer
    *("lost-request", "lost-answer", "late-call", "apiserver-outage", "apiserver-crash"),
    *("member-crash", "slow-disk", "control-node-crash", "control-node-partition"),
)


def _calls_may_fail(plan: Plan) -> bool:
    return any(plan.budget(fault) for fault in UNANSWERED)


COMPONENT = Component(
    "node-lifecycle-controller",
    process=CONTROLLER_MANAGER,
    users={
        USER: frozenset(
            {
                ("update", "nodes/status"),
                ("patch", "nodes"),
                ("delete", "nodes"),
                ("update", "pods/status"),
                ("delete", "pods"),
            }
        )
    },
    watches=("nodes", "leases", "pods"),
    on_change=_on_change,
    memory=(
        Memory(GIVEN_UP, each("nodes"), False, mentions=NOTHING, when=_calls_may_fail),
        Memory(
            HEALTH,
            each("nodes"),
            lambda node: Health(first(renewals(node))),
            forgotten=Health(),  # no node was heard of yet
            mentions="leases",
            when=_with_heartbeats,
        ),
    ),
    callers=(
        Caller(
            (mark_unknown, adjust_taints),
            read_node_answer,
            client_of,
            each("nodes"),
        ),
        Caller((mark_pod_not_ready,), read_mark_answer, pod_client_of, each("pods"), turn=2),
    ),
    steps=(Steps((check_heartbeat,), each("nodes"), when=_with_heartbeats),),
    needed=lambda plan: None if may_be_silent(plan) else "no fault silences a node",
    works_with=("kubelet",),
)
