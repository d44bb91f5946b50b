"""Binding pods to nodes: once, to a node that passed the filters, within what the node has."""

from kmodel.kernel import Cluster, Layout, Step, invariant, sometimes, step_invariant
from kmodel.kubernetes.components.calls import CALLS, SPLIT, Request, Response, Transaction, became
from kmodel.kubernetes.components.etcd import NODES, PODS
from kmodel.kubernetes.components.faults import BUDGET
from kmodel.kubernetes.components.informer import in_cache
from kmodel.kubernetes.components.leader_election import CANDIDATES, as_its_program
from kmodel.kubernetes.components.scheduler import ASSUMED, QUEUE, SCHEDULER
from kmodel.kubernetes.components.settings import SETTINGS
from kmodel.kubernetes.objects import Binding, Node, Pod, Taint, Toleration

from .watching import NO_ANSWER

CORDON = Taint("node.kubernetes.io/unschedulable")  # what a pod has to tolerate on a node that is cordoned


def a_pod_names_its_node(layout: Layout) -> bool:
    """Tell whether a manifest has a pod that goes round the scheduler, by itself or from a template."""
    settings = layout.constant(SETTINGS)
    templates = (workload.template.spec for workload in settings.workloads)
    specs = (*(pod.spec for pod in settings.given if isinstance(pod, Pod)), *templates)
    return any(spec.node_name is not None for spec in specs)


def a_pod_is_resized(layout: Layout) -> bool:
    """Tell whether a user resizes a pod in place."""
    sessions = layout.constant(SETTINGS).sessions
    return any(command.subresource == "resize" for session in sessions for command in session.commands)


@step_invariant
def a_pod_is_bound_once(step: Step) -> bool | str:
    """A pod's node, once set, never changes; another pod of the same name is another pod."""
    for cell in step.wrote(PODS):
        before, after = step.before[cell], step.after[cell]
        if before is None or after is None or before.metadata.uid != after.metadata.uid:
            continue
        if before.spec.node_name is not None and after.spec.node_name != before.spec.node_name:
            return f"pod/{cell.key[0]} moved from {before.spec.node_name} to {after.spec.node_name}"
    return True


@sometimes(shows=a_pod_is_bound_once)
def a_bound_pod_is_written_again(step: Step) -> bool:
    """A pod that is bound is written once more, and so could have been moved."""
    return any(
        (before := step.before[cell]) is not None and before.spec.node_name is not None and step.after[cell] is not None
        for cell in step.wrote(PODS)
    )


@step_invariant(needs=(SPLIT, QUEUE))
def bound_only_to_a_node_that_passed_the_filters(step: Step) -> bool | str:
    """The scheduler asks only for nodes that pass its filters as far as it knows; the api-server binds to no other."""
    step = as_its_program(step)
    for _, call in became(step, Request):
        wrong = _why_not(step.before, call.key, call.body.node) if isinstance(call.body, Binding) else None
        if wrong is not None and step.action.actor != "kube-apiserver":  # who may send a request back to be tried again
            return f"pod/{call.key} was to be bound to a node {wrong}"
    for cell in step.wrote(CALLS):
        before = step.before[cell]
        if isinstance(before, Transaction) and isinstance(before.request.body, Binding) and step.wrote(PODS):
            bound = step.after[PODS[before.key]]
            if bound is None or bound.spec.node_name != before.request.body.node:
                return f"pod/{before.key} was bound to another node than {before.request.body.node}"
    return True


def _why_not(cluster: Cluster, key: str, name: str) -> str | None:
    pod: Pod | None = in_cache(cluster, "kube-scheduler", "pods", key)
    node: Node | None = in_cache(cluster, "kube-scheduler", "nodes", name)
    if pod is None or node is None:
        return "that the scheduler does not know, or the pod is unknown"
    if node.spec.unschedulable and not tolerates(pod.spec.tolerations, CORDON):
        return "that is unschedulable"
    if any(
        not tolerates(pod.spec.tolerations, taint) for taint in node.spec.taints if taint.effect != "PreferNoSchedule"
    ):
        return "that has a taint that the pod does not tolerate"
    if not set(pod.spec.node_selector) <= set(node.metadata.labels):
        return "that the pod's nodeSelector does not select"
    pods = cpu = memory = 0
    for other in cluster.names(PODS):
        known: Pod | None = in_cache(cluster, "kube-scheduler", "pods", other)
        assumed = cluster[ASSUMED[other]]
        if known is None or other == key or known.terminal:
            continue
        if known.spec.node_name == name or (assumed is not None and assumed.node == name):
            if is_kept_apart(pod, known) or is_kept_apart(known, pod):
                return f"on which is pod/{other}, from which it is to be kept apart"
            pods += 1
            cpu += known.counted.cpu_millicores
            memory += known.counted.memory_bytes
    if pods >= node.status.pods:
        return "that takes no more pods"
    if cpu + pod.spec.cpu_millicores > node.status.cpu_millicores and pod.spec.cpu_millicores:
        return "that has too little cpu"
    if memory + pod.spec.memory_bytes > node.status.memory_bytes and pod.spec.memory_bytes:
        return "that has too little memory"
    return None


def is_kept_apart(pod: Pod, other: Pod) -> bool:
    """Tell whether a pod wants no node with the other one on it."""
    labels = dict(other.metadata.labels)
    return any(
        other.metadata.namespace in (term.namespaces or (pod.metadata.namespace,))
        and all(
            (labels.get(each.key) in each.values) is (each.operator == "In")
            if each.values
            else (each.key in labels) is (each.operator == "Exists")
            for each in term.requirements
        )
        for term in pod.spec.kept_apart
        if term.requirements is not None
    )


def tolerates(tolerations: tuple[Toleration, ...], taint: Taint) -> bool:
    """Tell whether one of the tolerations is for this taint, for a time or for ever."""
    for toleration in tolerations:
        right_effect = toleration.effect in (None, taint.effect)
        right_key = toleration.key == taint.key or (toleration.key is None and toleration.operator == "Exists")
        if right_effect and right_key and (toleration.operator == "Exists" or toleration.value == taint.value):
            return True
    return False


@step_invariant(needs=(SPLIT, QUEUE))
def a_binding_is_of_the_pod_that_was_scheduled(step: Step) -> bool | str:
    """The pod that is bound is the very one that the scheduler found the node for, not another of its name."""
    for cell in step.wrote(CALLS):
        call = step.before[cell]
        if not isinstance(call, Transaction) or not isinstance(call.request.body, Binding) or not step.wrote(PODS):
            continue
        bound = step.before[PODS[call.key]]
        if bound is not None and bound.metadata.uid != call.request.uid:
            return f"another pod/{call.key} is bound to {call.request.body.node} than the one that was scheduled"
    return True


@sometimes(needs=(SPLIT, QUEUE), shows=a_binding_is_of_the_pod_that_was_scheduled)
def a_binding_comes_too_late(step: Step) -> bool:
    """A binding is refused since its pod is gone, is another one by now, or is being deleted."""
    return any(call.subresource == "binding" and call.code in (404, 409) for _, call in became(step, Response))


@invariant
def a_pod_that_is_said_to_be_scheduled_is_bound(cluster: Cluster) -> bool | str:
    """PodScheduled is True only of a pod that has a node."""
    for name in cluster.names(PODS):
        pod = cluster[PODS[name]]
        if pod is not None and pod.status.scheduled and pod.spec.node_name is None:
            return f"pod/{name} is said to be scheduled, and has no node"
    return True


@sometimes(shows=a_pod_that_is_said_to_be_scheduled_is_bound)
def a_pod_becomes_scheduled(step: Step) -> bool:
    """A pod that was not said to be scheduled is so from now on."""
    for cell in step.wrote(PODS):
        before, after = step.before[cell], step.after[cell]
        if before is not None and after is not None and after.status.scheduled and not before.status.scheduled:
            return True
    return False


@sometimes(needs=QUEUE, shows=bound_only_to_a_node_that_passed_the_filters)
def a_pod_finds_no_node(cluster: Cluster) -> bool:
    """The scheduler finds that no node passes the filters for a pod."""
    return any(cluster[QUEUE[pod]] == "unschedulable" for pod in cluster.names(QUEUE))


def held_on_its_node(pod: Pod | None) -> tuple[str, int, int] | None:
    """The projection of a pod on its node and the memory and cpu that it holds there; None if it takes no room."""
    if pod is None or pod.terminal or pod.spec.node_name is None:
        return None
    return pod.spec.node_name, pod.held.memory_bytes, pod.held.cpu_millicores


def memory_asked(pod: Pod | None) -> tuple[str | None, int] | None:
    """The projection of a pod on its node and the memory that it asks for; None if it takes no room anywhere."""
    return None if pod is None or pod.terminal else (pod.spec.node_name, pod.spec.memory_bytes)


def memory_and_cpu(node: Node | None) -> tuple[int, int] | None:
    """The projection of a node on the memory and cpu that it has for pods."""
    return None if node is None else (node.status.memory_bytes, node.status.cpu_millicores)


@invariant(
    hazard="A binding outlives the scheduler that asked for it: one that restarts, a standby that takes over, or one "
    "that gives up on an answer, takes the room for free while the binding is still under way, and binds another pod "
    "there. The kubelet then rejects one (OutOfmemory, OutOfcpu). So it does where manifests name the node themselves, "
    "which no scheduler counts before they are stored, and where a scheduler takes over that has not heard of what its "
    "predecessor bound, or beside which that goes on after a pause. And a kubelet gives a pod that is resized room "
    "that a scheduler, which hears of it later, gives another one. The api-server checks no capacity "
    "[pkg/registry/core/pod/storage/storage.go; cf. kubernetes/kubernetes#136782].",
    hazard_with=(
        BUDGET["scheduler-restart"],
        BUDGET["scheduler-failover"],
        *NO_ANSWER,
        CANDIDATES[SCHEDULER, SCHEDULER],
        a_pod_names_its_node,
        a_pod_is_resized,
    ),
)
def no_node_is_overcommitted(cluster: Cluster) -> bool | str:
    """The pods bound to a node that have not finished request no more than the node has."""
    holding = [pod for name in cluster.names(PODS) if (pod := cluster.look(PODS[name], held_on_its_node)) is not None]
    for name in cluster.names(NODES):
        has = cluster.look(NODES[name], memory_and_cpu)
        if has is None:
            continue
        memory = sum(memory for node, memory, _ in holding if node == name)
        cpu = sum(cpu for node, _, cpu in holding if node == name)
        if memory > has[0]:
            return f"the pods on {name} request {memory >> 20}Mi of memory, it has {has[0] >> 20}Mi"
        if cpu > has[1]:
            return f"the pods on {name} request {cpu}m of cpu, it has {has[1]}m"
    return True


@sometimes(shows=no_node_is_overcommitted)
def a_node_has_no_room_for_another(cluster: Cluster) -> bool:
    """A pod is bound while another would not fit beside it any more."""
    asking = [pod for name in cluster.names(PODS) if (pod := cluster.look(PODS[name], memory_asked)) is not None]
    waiting = [memory for node, memory in asking if node is None]
    for name in cluster.names(NODES) if waiting else ():
        has = cluster.look(NODES[name], memory_and_cpu)
        used = sum(memory for node, memory in asking if node == name)
        if has is not None and used and any(used + wanted > has[0] for wanted in waiting):
            return True
    return False
