"""Evictions by taints: only what a taint drives away goes, and, of a Node that is gone, all that was there."""

from kmodel.kernel import Cluster, Layout, Step, leads_to, sometimes, step_invariant
from kmodel.kubernetes.components.calls import CALLS, Request, Transaction, became
from kmodel.kubernetes.components.controllers import node_lifecycle, taint_eviction
from kmodel.kubernetes.components.controllers.pod_gc import QUARANTINE
from kmodel.kubernetes.components.etcd import NODES, PODS
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, in_cache
from kmodel.kubernetes.components.kubelet.state import is_connected
from kmodel.kubernetes.components.leader_election import as_its_program
from kmodel.kubernetes.components.runtime import RUNTIME
from kmodel.kubernetes.objects import Node, Pod, Taints

from .scheduling import tolerates
from .watching import MAY_WAIT_FOR_EVER


def pods_are_evicted(layout: Layout) -> bool:
    """Tell whether the taint eviction controller takes part."""
    return any(CALLS[taint_eviction.client_of(pod)] in layout for (pod,) in layout.keys(PODS))


def drives_away(node: Node | None, pod: Pod) -> bool:
    """Tell whether a taint of the node is one that the pod does not tolerate, or not for ever."""
    for_ever = tuple(each for each in pod.spec.tolerations if each.seconds is None)
    taints = () if node is None else node.spec.taints
    return any(taint.effect == "NoExecute" and not tolerates(for_ever, taint) for taint in taints)


def evicted(step: Step) -> list[tuple[str, Pod]]:
    """Return the pods of which the taint eviction controller's request makes that they are deleted."""
    step = as_its_program(step)
    asked = {
        call.key
        for cell in step.wrote(CALLS)
        if isinstance(call := step.before[cell], Transaction)
        and (call.request.user, call.request.verb, call.resource) == (taint_eviction.USER, "delete", "pods")
    }
    found = []
    for cell in step.wrote(PODS):
        before, after = step.before[cell], step.after[cell]
        by_it = (
            cell.key[0] in asked or step.action.actor == taint_eviction.ACTOR
        )  # which with fused calls writes itself
        goes = before is not None and not before.metadata.deleting and (after is None or after.metadata.deleting)
        if before is not None and by_it and goes:
            found.append((cell.key[0], before))
    return found


@step_invariant(needs=pods_are_evicted)
def evicted_only_where_a_taint_was_seen(step: Step) -> bool | str:
    """The taint eviction controller deletes a pod only if it has seen a taint on the pod's node that drives it away."""
    step = as_its_program(step)
    asked = [call.key for _, call in became(step, Request) if (call.user, call.verb) == (taint_eviction.USER, "delete")]
    evicting = step.action.actor == taint_eviction.ACTOR
    for name in (*asked, *(name for name, _ in evicted(step))) if evicting else ():
        pod = in_cache(step.before, CONTROLLER_MANAGER, "pods", name)
        node = None if pod is None else in_cache(step.before, CONTROLLER_MANAGER, "nodes", pod.spec.node_name or "")
        if pod is None or not drives_away(node, pod):
            return f"pod/{name} is evicted, and no taint is seen that would drive it away"
    return True


@sometimes(needs=pods_are_evicted, shows=evicted_only_where_a_taint_was_seen)
def a_pod_is_evicted(step: Step) -> bool:
    """A pod is evicted."""
    return bool(evicted(step))


@step_invariant(
    needs=pods_are_evicted,
    hazard="The taint eviction controller decides by its own caches, of which that of nodes may be older than that of "
    "pods: a pod that was bound after its node's taint was taken off is deleted all the same; and a DELETE that is "
    "under way is carried out whatever has become of the taint [pkg/controller/tainteviction/taint_eviction.go "
    "handlePodUpdate, 1.34; kubernetes/kubernetes#119862].",
)
def evicted_only_while_tainted(step: Step) -> bool | str:
    """When a pod is evicted, its Node bears a taint that drives it away."""
    for name, pod in evicted(step):
        cell = NODES[pod.spec.node_name or ""]
        node = step.before[cell] if step.before.has(cell) else None
        if node is not None and not drives_away(node, pod):
            return f"pod/{name} is evicted, and {pod.spec.node_name} has no taint that would drive it away"
    return True


@sometimes(needs=pods_are_evicted, shows=evicted_only_while_tainted)
def a_pod_is_driven_off_a_tainted_node(step: Step) -> bool:
    """A pod is evicted while its Node bears a taint that drives it away."""
    return any(drives_away(step.before[NODES[pod.spec.node_name or ""]], pod) for _, pod in evicted(step))


def taints_follow(layout: Layout) -> bool:
    """Tell whether the node lifecycle controller takes part."""
    return any(CALLS[node_lifecycle.client_of(node)] in layout for (node,) in layout.keys(NODES))


def newly_tainted(step: Step) -> list[str]:
    """Return the nodes on which the node lifecycle controller is about to put a NoExecute taint, or does."""
    step = as_its_program(step)
    if step.action.actor != node_lifecycle.ACTOR:
        return []
    asked = [(call.key, call.body.taints) for _, call in became(step, Request) if isinstance(call.body, Taints)]
    written = ((cell.key[0], step.after[cell]) for cell in step.wrote(NODES))
    asked += [(name, node.spec.taints) for name, node in written if node is not None]
    known = {name: in_cache(step.before, CONTROLLER_MANAGER, "nodes", name) for name, _ in asked}
    return [
        name
        for name, taints in asked
        if any(taint.effect == "NoExecute" for taint in set(taints) - set(known[name].spec.taints))
    ]


@step_invariant(needs=taints_follow)
def nobody_is_driven_away_while_no_node_is_ready(step: Step) -> bool | str:
    """The node lifecycle controller taints a node NoExecute only while it knows another that is Ready."""
    step = as_its_program(step)
    for name in newly_tainted(step):
        nodes = (in_cache(step.before, CONTROLLER_MANAGER, "nodes", each) for each in step.before.names(NODES))
        if not any(node is not None and node.status.ready == "True" for node in nodes):
            return f"{name} is to be rid of its pods, and no node is Ready"
    return True


@sometimes(needs=taints_follow, shows=nobody_is_driven_away_while_no_node_is_ready)
def a_node_is_tainted(step: Step) -> bool:
    """The node lifecycle controller puts a NoExecute taint on a node."""
    return bool(newly_tainted(step))


def _is_left_behind(cluster: Cluster, pod: str) -> bool:
    value = cluster[PODS[pod]]
    if value is None or value.spec.node_name is None or value.metadata.finalizers:
        return False
    cell = NODES[value.spec.node_name]
    return not cluster.has(cell) or cluster[cell] is None


def _nothing_is_left(cluster: Cluster, pod: str) -> bool | str:
    if _is_left_behind(cluster, pod):
        return f"pod/{pod} is there, and the Node that it is bound to is not"
    value = cluster[PODS[pod]]
    for node, name in cluster.layout.keys(RUNTIME):
        sandbox = cluster[RUNTIME[node, name]] if name == pod and is_connected(cluster, node) else None
        if sandbox is not None and value is None:
            return f"pod/{pod} is gone with its Node, and its containers are still on {node}"
    return True


@leads_to(_is_left_behind, _nothing_is_left, each=PODS, needs=QUARANTINE, hazard=MAY_WAIT_FOR_EVER)
def nothing_is_left_of_a_node_that_is_gone() -> None:
    """A pod that is bound to a Node that does not exist goes at last, and its containers; unless the Node comes."""
