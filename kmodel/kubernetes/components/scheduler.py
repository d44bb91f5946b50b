"""kube-scheduler: finds a node for each pod that has none, and only says so.

Models: an informer's cache of pods and nodes; per pod a place in the queue (active, or unschedulable until something
changes), unless a gate holds it back or it names another scheduler; filters (resources, taints, unschedulable, node
selector and affinity, host ports, pods that are kept apart on nodes, claims that are not there); the least-allocated
score, with a free choice among the best, or, as the scenario has it, among all that pass (upstream adds seven more
scores, which may prefer any of them [default_plugins.go]); assuming the pod on its node while the binding is under way;
forgetting it when the binding fails, which wakes the unschedulable pods as the deletion of a pod does [schedule_one.go
handleBindingCycleError]. One pod per scheduling cycle, any number of bindings under way.

Leaves out: priorities and preemption, other affinity to pods, spreading, where volumes can be attached; the order of
the active queue (any active pod may be next, which only adds behaviours); backoff and the choice of events that wake an
unschedulable pod (any change of a pod or node does, as the five-minute flush would in the end); what happens during a
cycle (it is one step: no event comes between its snapshot and its decision), and a cache and a snapshot that lag behind
the informer's; that a binding that fails is reported in the pod's status (PodScheduled False, SchedulerError), and that
a pod which found no node is reported anew when other words are said of it [schedule_one.go updatePod].

Upstream: pkg/scheduler/{schedule_one.go,eventhandlers.go,backend/queue/scheduling_queue.go}, read in 1.33 in the making
(a fork at 0b0abd6c); handleBindingCycleError also in 1.34 or later (a fork at 1090dc75), which does the same;
apis/config/v1/default_plugins.go in 1.31 or before (67baa8d0); backend/cache was not read. 1.34.4 by the recordings
scheduler-killed and unschedulable.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from kmodel.kernel import Cells, Cluster, Event, Rank, Step, transition
from kmodel.kubernetes.components.apiserver.access import SCHEDULER_USER
from kmodel.kubernetes.components.calls import CALLS, Request, clients, idle, received, send
from kmodel.kubernetes.components.component import NOTHING, Caller, Component, Memory, each
from kmodel.kubernetes.components.etcd import NODES, PODS, Watch
from kmodel.kubernetes.components.faults import FAULT, spend
from kmodel.kubernetes.components.informer import cached, in_cache, synced
from kmodel.kubernetes.components.leader_election import SCHEDULER as SCHEDULER
from kmodel.kubernetes.components.leader_election import befalls, exit_leader, restart_instance
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.processes import fail_over, restart
from kmodel.kubernetes.components.references import is_there
from kmodel.kubernetes.components.resources import keeps_apart, lacking, matches_node, ports_are_free, tolerated
from kmodel.kubernetes.components.settings import SETTINGS
from kmodel.kubernetes.objects import (
    DEFAULT_SCHEDULER,
    NODE,
    POD,
    Binding,
    Node,
    ObjectMeta,
    Pod,
    PodStatus,
    Taint,
    Unscheduled,
)

MOST_TOLD = 5  # nodes that were not chosen, of which it is told why
UNSCHEDULABLE = Taint("node.kubernetes.io/unschedulable")
# What the score counts for a pod that requests nothing [pkg/scheduler/util/pod_resources.go].
DEFAULT_CPU_MILLICORES = 100
DEFAULT_MEMORY_BYTES = 200 * 1024 * 1024


@attrs.frozen(cache_hash=True)
class Assumed:
    """Where the scheduler takes a pod to be until its cache says so."""

    uid: Rank
    node: str


QUEUE: Cells[str | None] = Cells("kube-scheduler/queue")  # "active", "unschedulable" or not queued
ASSUMED: Cells[Assumed | None] = Cells("kube-scheduler/assumed")


client_of = clients(f"{SCHEDULER}/{{}}")  # by which the scheduler binds a pod


def on_change(cluster: Cluster, watch: Watch, key: str, old: Any, new: Any) -> Cluster:
    """Queue a pod that needs a node, drop one that does not, and wake the unschedulable ones."""
    if watch.resource == "pods":
        assumed = cluster[ASSUMED[key]]
        if assumed is not None and (new is None or new.metadata.uid != assumed.uid or new.spec.node_name is not None):
            cluster = cluster.set(ASSUMED[key], None)
            assumed = None
        if assumed is not None or not needs_a_node(new):
            cluster = cluster.set(QUEUE[key], None)
        elif old is None or old.metadata.uid != new.metadata.uid or old.spec != new.spec:
            cluster = cluster.set(QUEUE[key], "active")
        if not (old is None or new is None or old.counted != new.counted or old.terminal != new.terminal):
            return cluster  # only a status changed that no filter reads
        if new is not None and new.spec.node_name is None:
            return cluster  # a pod that takes no room
    return wake_others(cluster, key if watch.resource == "pods" else None)


def needs_a_node(pod: Pod | None) -> bool:
    """Tell whether a pod is the scheduler's to place: it is there to stay, not bound, and may be queued."""
    return pod is not None and pod.spec.node_name is None and not pod.metadata.deleting and is_queued(pod)


def wake_others(cluster: Cluster, pod: str | None) -> Cluster:
    """Return the cluster with all unschedulable pods but this one in the active queue again."""
    for other in cluster.names(QUEUE):
        if other != pod:
            cluster = cluster.modify(QUEUE[other], wake)
    return cluster


def wake(place: str | None) -> str | None:
    """The update of a pod's place in the queue when something changed that may make it fit."""
    return "active" if place == "unschedulable" else place


def counted_of(pod: Pod | None) -> Pod | None:
    """The projection of a pod on what the scheduler counts of it: nothing of its status but what it holds of a node.

    None of a pod that takes no room, wherever it is.
    """
    if pod is None or pod.terminal:
        return None
    metadata = ObjectMeta(pod.metadata.name, pod.metadata.namespace, labels=pod.metadata.labels)
    return Pod(metadata, pod.spec, PodStatus(allocated=pod.status.allocated, resize=pod.status.resize))


def counted_if_bound(pod: Pod | None) -> Pod | None:
    """The projection of a pod on what the scheduler counts of it on the node that it is bound to; None if on none."""
    return None if pod is None or pod.spec.node_name is None else counted_of(pod)


def filtered_by(node: Node | None) -> Node | None:
    """The projection of a node on what filters and scores read of it."""
    if node is None:
        return None
    metadata = ObjectMeta(node.metadata.name, labels=node.metadata.labels)
    return Node(metadata, node.spec, attrs.evolve(node.status, ready="True"))


def snapshot(cluster: Cluster) -> list[tuple[Node, list[Pod]]]:
    """Return the nodes with the pods that take room there, as far as the scheduler knows or assumes."""
    nodes = [cluster.look(cached(NODE)[SCHEDULER, name], filtered_by) for name in cluster.names(NODES)]
    there: dict[str, list[Pod]] = {node.metadata.name: [] for node in nodes if node is not None}
    for name in cluster.names(PODS):
        assumed, cell = cluster[ASSUMED[name]], cached(POD)[SCHEDULER, name]
        pod = cluster.look(cell, counted_if_bound if assumed is None else counted_of)
        where = None if pod is None else pod.spec.node_name if assumed is None else assumed.node
        if pod is not None and where in there:
            there[where].append(pod)
    return [(node, there[node.metadata.name]) for node in nodes if node is not None]


def feasible(pod: Pod, node: Node, there: list[Pod]) -> str | None:
    """Return None if the pod may run on the node beside the pods that are there, or the first filter that says no."""
    return next(filters(pod, node, there), None)


def filters(pod: Pod, node: Node, there: list[Pod]) -> Iterator[str]:
    """Yield why the node is none for the pod, in upstream's words: all that the first filter to say no has to say."""
    if node.spec.unschedulable and not tolerated(UNSCHEDULABLE, pod.spec.tolerations):
        yield "node(s) were unschedulable"
        return
    for taint in node.spec.taints:
        if taint.effect in ("NoSchedule", "NoExecute") and not tolerated(taint, pod.spec.tolerations):
            yield f"node(s) had untolerated taint {{{taint.key}: {taint.value}}}"
            return
    others = [other.counted for other in there]
    if not matches_node(pod.spec, node):
        yield "node(s) didn't match Pod's node affinity/selector"
    elif not ports_are_free(pod.spec, others):
        yield "node(s) didn't have free ports for the requested pod ports"
    elif short := list(lacking(pod.spec, others, node.status)):
        yield from ("Too many pods" if what == "pods" else f"Insufficient {what}" for what in short)
    elif any(keeps_apart(pod, other) for other in there):
        yield "node(s) didn't match pod anti-affinity rules"
    elif any(keeps_apart(other, pod) for other in there):
        yield "node(s) didn't satisfy existing pods anti-affinity rules"


def why_no_node(cluster: Cluster, pod: Pod, nodes: Sequence[tuple[Node, list[Pod]]]) -> str:
    """Return, in upstream's words, why none of the nodes will do beside the pods that are there; nothing if one will.

    Upstream: pkg/scheduler/framework/types.go FitError.Error, read in 1.33 in the making (a fork at 0b0abd6c).
    """
    refusals = [list(filters(pod, node, there)) for node, there in nodes]
    lost = lost_claim(cluster, pod)
    if lost is None and not all(refusals):
        return ""
    counts = Counter(why for refusal in refusals for why in refusal)
    said = lost or ", ".join(sorted(f"{number} {why}" for why, number in counts.items()))
    return f"0/{len(nodes)} nodes are available: {said}" if said else ""


def lost_claim(cluster: Cluster, pod: Pod) -> str | None:
    """Return why no node will do whatever it is like: a claim that is not there [volumebinding PreFilter]."""
    claims = (need for need in pod.spec.volumes if need.kind == "persistentvolumeclaim")
    missing = next((claim for claim in claims if not is_there(cluster, claim, pod.metadata.namespace)), None)
    return None if missing is None else f'persistentvolumeclaim "{missing.name}" not found'


def is_queued(pod: Pod) -> bool:
    """Tell whether this scheduler schedules a pod at all, and no gate holds it back [schedulinggates PreEnqueue]."""
    return pod.spec.scheduler_name == DEFAULT_SCHEDULER and not pod.spec.scheduling_gates


def score(pod: Pod, node: Node, there: list[Pod]) -> int:
    """Return how much of the node would stay free with the pod on it: 0 to 100, the mean of cpu and memory."""
    pods = [other.counted for other in (*there, pod)]
    cpu = sum(other.cpu_millicores or DEFAULT_CPU_MILLICORES for other in pods)
    memory = sum(other.memory_bytes or DEFAULT_MEMORY_BYTES for other in pods)
    return (_free(cpu, node.status.cpu_millicores) + _free(memory, node.status.memory_bytes)) // 2


def _free(used: int, allocatable: int) -> int:
    return max(0, (allocatable - used) * 100 // allocatable) if allocatable else 0


def best_nodes(cluster: Cluster, pod: Pod) -> list[str]:
    """Return the names of the feasible nodes with the best score, as the scheduler sees the cluster now.

    They are all that are feasible where the scenario has it so, or where this pod or one that is there prefers some: by
    how much a preference outweighs the other scores, nobody says here.
    """
    scores: dict[str, int] = {}
    any_will_do = cluster[SETTINGS].scoring == "any" or pod.spec.prefers
    if lost_claim(cluster, pod) is not None:
        return []
    for node, there in snapshot(cluster):
        any_will_do = any_will_do or any(other.spec.prefers for other in there)
        if feasible(pod, node, there) is None:
            scores[node.metadata.name] = score(pod, node, there)
    if any_will_do:
        return list(scores)
    return [name for name, points in scores.items() if points == max(scores.values())]


def next_pod(cluster: Cluster, pod: str) -> Pod | None:
    """Return the pod if it is its turn to be scheduled."""
    if (
        cluster[QUEUE[pod]] != "active"
        or not idle(cluster, client_of(pod))
        or not synced(cluster, SCHEDULER, "pods", "nodes")
    ):
        return None
    return in_cache(cluster, SCHEDULER, POD, pod)


def _chosen(step: Step) -> Event:
    pod, node = step.action.arguments["pod"], step.action.arguments["node"]
    asked = in_cache(step.before, SCHEDULER, POD, pod)
    assert asked is not None
    told: dict[str, str] = {}
    for known, there in snapshot(step.before):
        told[known.metadata.name] = feasible(asked, known, there) or f"{score(asked, known, there)} points"
    others = [f"{name}: {said}" for name, said in told.items() if name != node]
    beside = f" ({', '.join(others[:MOST_TOLD])}{', …' if others[MOST_TOLD:] else ''})" if others else ""
    return Event("Normal", "Chooses", f"pod/{pod}", f"asks to bind the pod to {node}: {told[node]}{beside}")


@transition(actor=SCHEDULER, object="pod/{pod}", describe=_chosen)
def schedule(cluster: Cluster, pod: str, node: str) -> Cluster | None:
    """Filter and score the nodes; assume the pod on a best one and ask the api-server to bind it there."""
    pending = next_pod(cluster, pod)
    if pending is None or node not in best_nodes(cluster, pending):
        return None
    uid = pending.metadata.uid
    assert uid is not None
    cluster = cluster.set(ASSUMED[pod], Assumed(uid, node)).set(QUEUE[pod], None)
    request = Request(SCHEDULER_USER, "create", "pods", pod, Binding(node), subresource="binding", uid=uid)
    return send(cluster, client_of(pod), request)


def _found_none(step: Step) -> Event:
    pod = step.action.arguments["pod"]
    asked = in_cache(step.before, SCHEDULER, POD, pod)
    assert asked is not None
    why = why_no_node(step.before, asked, snapshot(step.before))
    return Event("Warning", "FailedScheduling", f"pod/{pod}", why or "no nodes available to schedule pods")


@transition(actor=SCHEDULER, object="pod/{pod}", describe=_found_none)
def find_no_node(cluster: Cluster, pod: str) -> Cluster | None:
    """Find that no node passes the filters: set the pod aside and report it as Unschedulable."""
    pending = next_pod(cluster, pod)
    if pending is None or best_nodes(cluster, pending):
        return None
    cluster = cluster.set(QUEUE[pod], "unschedulable")
    if pending.status.scheduled is False:
        return cluster  # reported before
    body = Unscheduled(
        "Unschedulable"
    )  # of whoever bears the name by then [pkg/scheduler/util/utils.go PatchPodStatus]
    request = Request(SCHEDULER_USER, "patch", "pods", pod, body, subresource="status")
    return send(cluster, client_of(pod), request)


def _told(step: Step) -> Event:
    pod = step.action.arguments["pod"]
    response = received(step.before, client_of(pod))
    assert response is not None
    if response.subresource == "status":
        return Event("Warning", "FailedScheduling", f"pod/{pod}", "no node passes the filters; the api-server knows")
    if response.ok:
        assumed = step.before[ASSUMED[pod]]
        where = assumed.node if assumed is not None else "its node"
        return Event("Normal", "Scheduled", f"pod/{pod}", f"the api-server has bound it to {where}")
    return Event(
        "Warning",
        "FailedBinding",
        f"pod/{pod}",
        f"{response.said}: forgets the assumption, tries again",
    )


@transition(actor=SCHEDULER, object="pod/{pod}", describe=_told)
def finish_binding(cluster: Cluster, pod: str) -> Cluster | None:
    """Learn how the binding went; if it failed, forget the assumption, which makes room for others, and try again."""
    response = received(cluster, client_of(pod))
    if response is None:
        return None
    cluster = cluster.set(CALLS[client_of(pod)], None)
    if response.ok or response.subresource == "status":
        return cluster
    if cluster[ASSUMED[pod]] is not None:
        cluster = wake_others(cluster.set(ASSUMED[pod], None), pod)
    pending = in_cache(cluster, SCHEDULER, POD, pod)
    if pending is None or pending.spec.node_name is not None or pending.metadata.deleting:
        return cluster
    return cluster.set(QUEUE[pod], "active")


@transition(actor=FAULT, object="kube-scheduler", environment=True)
def restart_scheduler(cluster: Cluster) -> Cluster | None:
    """The scheduler restarts: cache, queue and assumptions are gone; its bindings that are under way go on."""
    spent = spend(cluster, "scheduler-restart")
    return None if spent is None else restart(spent, SCHEDULER)


@transition(actor=FAULT, object="kube-scheduler", environment=True)
def fail_over_scheduler(cluster: Cluster) -> Cluster | None:
    """A standby takes over from the scheduler: it knows as much, and queues all pods that its cache shows unbound."""
    spent = spend(cluster, "scheduler-failover")
    if spent is None:
        return None
    cluster = fail_over(spent, SCHEDULER)
    for name in cluster.names(QUEUE):
        pod = in_cache(cluster, SCHEDULER, POD, name)
        if needs_a_node(pod):
            cluster = cluster.set(QUEUE[name], "active")
    return cluster


SCHEDULER_FAILOVER = befalls(SCHEDULER, "failover", fail_over_scheduler, exit_leader)
SCHEDULER_RESTART = befalls(SCHEDULER, "restart", restart_scheduler, restart_instance)


def _needed(plan: Plan) -> str | None:
    unbound = any(pod.node is None for pod in plan.objects("pods"))
    return None if unbound else "there is no pod without a node"


COMPONENT = Component(
    "kube-scheduler",
    process=SCHEDULER,
    users={SCHEDULER_USER: frozenset({("create", "pods/binding"), ("patch", "pods/status"), ("delete", "pods")})},
    watches=("pods", "nodes"),
    brings=("pods",),
    polls=lambda plan: plan.settings.scheduler == "poll",
    on_change=on_change,
    memory=(
        Memory(QUEUE, each("pods"), None, mentions=NOTHING),
        Memory(ASSUMED, each("pods"), None, mentions="pods"),
    ),
    callers=(Caller((schedule, find_no_node), finish_binding, client_of, each("pods")),),
    needed=_needed,
)
