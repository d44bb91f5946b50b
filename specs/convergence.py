"""What a cluster comes to once nobody asks for more and nothing fails: desired state becomes actual state, and stays.

As in eventually stable reconciliation (Sun et al., "Anvil", OSDI 2024), an object's desired state is its UID, its spec
and that it is not being deleted; requests and faults have budgets, so on every run they stop at last.
"""

from kmodel.kernel import Cell, Cluster, Hazard, Layout, Step, converges, finitely_often, sometimes
from kmodel.kubernetes.components.controllers.replicaset_controller import EXPECTATIONS, RESOURCES
from kmodel.kubernetes.components.controllers.stuck_pods import quota_refusal
from kmodel.kubernetes.components.etcd import NODES, PODS, stored
from kmodel.kubernetes.components.faults import BUDGET
from kmodel.kubernetes.components.kubelet.state import is_connected
from kmodel.kubernetes.components.kubelet.status import NOT_PULLED
from kmodel.kubernetes.components.proxy import RULES
from kmodel.kubernetes.components.references import refusal
from kmodel.kubernetes.components.runtime import RUNTIME, Sandbox
from kmodel.kubernetes.components.scheduler import QUEUE, counted_if_bound, feasible, filtered_by
from kmodel.kubernetes.components.settings import SETTINGS
from kmodel.kubernetes.objects import Node, Pod, selects
from kmodel.kubernetes.objects.container import READINESS

from .watching import MAY_WAIT_FOR_EVER

IS_SILENT = (BUDGET["node-crash"], BUDGET["network-partition"])
NOT_ADMITTED = (
    "A pod that its kubelet rejects has Failed, and a Failed pod does not count: a ReplicaSet whose template no "
    "kubelet admits (it names a node, which goes round the scheduler, and asks for what that node has not) makes one "
    "pod after the other, without end and without backoff [kubernetes/kubernetes#72593]."
)


def a_template_names_its_node(layout: Layout) -> bool:
    """Tell whether the pods of some workload go round the scheduler."""
    return any(workload.template.spec.node_name is not None for workload in layout.constant(SETTINGS).workloads)


def pods(cluster: Cluster) -> list[tuple[str, Pod]]:
    """Return the pods that etcd holds, with their keys."""
    return [(name, pod) for name in cluster.names(PODS) if (pod := cluster[PODS[name]]) is not None]


def sandbox_of(cluster: Cluster, name: str, pod: Pod) -> Sandbox | None:
    """Return the sandbox of a pod on its node; None if it has none there."""
    cell = RUNTIME[pod.spec.node_name or "", name]
    sandbox = cluster[cell] if cluster.has(cell) else None
    return sandbox if sandbox is not None and sandbox.uid == pod.metadata.uid else None


def is_unready(pod: Pod, sandbox: Sandbox | None) -> bool:
    """Tell whether a container of a pod hangs, and a readiness probe shows it."""
    containers = () if sandbox is None else sandbox.containers
    hanging = {container.name for container in containers if not container.answers}
    return any(each.name in hanging and READINESS in each.probes for each in pod.spec.containers)


def feasible_nodes(cluster: Cluster, pod: Pod) -> list[str]:
    """Return the nodes that pass the scheduler's filters for a pod, by what etcd holds."""
    found = []
    bound = [other for each in cluster.names(PODS) if (other := cluster.look(PODS[each], counted_if_bound)) is not None]
    for name in cluster.names(NODES):
        node: Node | None = cluster.look(NODES[name], filtered_by)
        there = [other for other in bound if other.spec.node_name == name]
        if node is not None and feasible(pod, node, there) is None:
            found.append(name)
    return found


def unlike_desired(cluster: Cluster, name: str, pod: Pod) -> str | None:
    """Return in what a pod is not as its spec wants it, or as its status says why it cannot be; None if in nothing."""
    if pod.metadata.deleting:
        return f"pod/{name} is being deleted, and still there"
    if pod.spec.node_name is None:
        if feasible_nodes(cluster, pod):
            return f"pod/{name} is not bound, though a node has room for it"
        return None if pod.status.scheduled is False else f"pod/{name} fits nowhere, and nobody says so"
    if pod.terminal:
        ends = pod.spec.restart_policy != "Always" or pod.status.reason is not None
        return None if ends else f"pod/{name} is {pod.status.phase}, though its containers are to run always"
    if not is_connected(cluster, pod.spec.node_name):
        return f"pod/{name} is bound to {pod.spec.node_name}, which is silent"
    sandbox = sandbox_of(cluster, name, pod)
    if sandbox is None or not sandbox.all_in("running"):
        says_why = (pod.status.phase, pod.status.reason) == ("Pending", NOT_PULLED)
        return None if says_why else f"pod/{name} is bound to {pod.spec.node_name}, and does not run there"
    if pod.status.ready or is_unready(pod, sandbox):
        return None
    return f"pod/{name} runs, and its status does not say so"


@converges(
    needs=(RUNTIME, QUEUE),
    hazard=(
        Hazard(
            "A pod does not outlive its node, and nobody moves it: bound to a node that is silent, it stays as it was "
            "last reported, or Terminating once it is evicted, until the node is back or its Node is deleted "
            "[pkg/controller/tainteviction, pkg/controller/podgc/gc_controller.go]. And where restartPolicy is Never, "
            "a container that was created, and not started, when its node went down never starts "
            "[kubernetes/kubernetes#118321].",
            IS_SILENT,
        ),
        *MAY_WAIT_FOR_EVER,
    ),
)
def desired_state_converges(cluster: Cluster) -> bool | str:
    """At last every pod runs as its spec wants, or its status says why it cannot, and it stays so."""
    for name, pod in pods(cluster):
        wrong = unlike_desired(cluster, name, pod)
        if wrong is not None:
            return wrong
    return True


@converges(
    needs=EXPECTATIONS,
    hazard=(Hazard(NOT_ADMITTED, (a_template_names_its_node,)), *MAY_WAIT_FOR_EVER),
)
def replicasets_get_their_pods(cluster: Cluster) -> bool | str:
    """At last every ReplicaSet has as many active pods as it wants, and keeps them, unless they name what is missing.

    The api-server refuses them then, whenever they are created, and the report begins with that. Whether a quota
    refuses them depends on what else is there: the reason names it.
    """
    for kind, name in cluster.layout.keys(EXPECTATIONS):
        workload = cluster[stored(RESOURCES[kind])[name]]
        if workload is None or workload.metadata.deleting:
            continue
        owned = [
            pod for _, pod in pods(cluster) if pod.metadata.owner and pod.metadata.owner.uid == workload.metadata.uid
        ]
        active, wanted = sum(pod.active for pod in owned), workload.replicas or 0
        if active == wanted:
            continue
        lacks = active < wanted
        if lacks and any(refusal(cluster[SETTINGS], template.object) for template in workload.templates()):
            continue
        why = quota_refusal(cluster, workload) if lacks else None
        return f"{kind}/{name} has {active} active pods, {wanted} are wanted" + (f": {why}" if why else "")
    return True


@converges(needs=RUNTIME, hazard=MAY_WAIT_FOR_EVER)
def status_tells_the_truth(cluster: Cluster) -> bool | str:
    """At last the status of every pod says what runs, unless its node is down or cut off."""
    for name, pod in pods(cluster):
        node = pod.spec.node_name
        if node is None or not is_connected(cluster, node):
            continue
        sandbox = sandbox_of(cluster, name, pod)
        runs = sandbox is not None and sandbox.all_in("running") and not pod.metadata.deleting
        if (runs and not is_unready(pod, sandbox)) != pod.status.ready:
            return (
                f"pod/{name} {'runs' if runs else 'does not run'}, and is said to be {'' if not runs else 'not '}ready"
            )
        if pod.status.phase == "Running" and sandbox is None:
            return f"pod/{name} is said to be Running, and nothing of it is on {node}"
    return True


def _has_its_node(cluster: Cluster, pod: Pod) -> bool:
    cell = NODES[pod.spec.node_name or ""]
    return not cluster.has(cell) or cluster[cell] is not None


@converges(needs=stored("endpointslices"), hazard=MAY_WAIT_FOR_EVER)
def endpoints_are_the_ready_pods(cluster: Cluster) -> bool | str:
    """At last the EndpointSlice of every Service lists exactly its ready pods of its namespace as ready.

    A pod whose Node is gone is none of them.
    """
    for name in cluster.names(stored("services")):
        service, listed = cluster[stored("services")[name]], cluster[stored("endpointslices")[name]]
        if service is None:
            continue
        ready = {
            pod.metadata.uid: key
            for key, pod in pods(cluster)
            if pod.status.ready
            and pod.active
            and _has_its_node(cluster, pod)
            and pod.metadata.namespace == service.metadata.namespace
            and selects(service.selector, pod.metadata.labels)
        }
        endpoints = {
            endpoint.uid: endpoint.pod
            for endpoint in (listed.endpoints if listed is not None else ())
            if endpoint.serving and not endpoint.terminating
        }
        if ready != endpoints:
            wanted, have = (", ".join(sorted(each.values())) or "no pod" for each in (ready, endpoints))
            return f"service/{name} lists {have}, and {wanted} is ready"
    return True


@converges(needs=RULES, hazard=MAY_WAIT_FOR_EVER)
def nodes_route_to_the_endpoints(cluster: Cluster) -> bool | str:
    """At last every node that is not silent routes each Service to its ready endpoints, or to the last that serve."""
    for node, service in cluster.layout.keys(RULES):
        listed = cluster[stored("endpointslices")[service]]
        serving = [endpoint for endpoint in (() if listed is None else listed.endpoints) if endpoint.serving]
        wanted = [endpoint for endpoint in serving if not endpoint.terminating] or serving
        if is_connected(cluster, node) and cluster[RULES[node, service]] != tuple(wanted):
            return f"{node} routes service/{service} to other pods than its EndpointSlice lists"
    return True


def _changed_by(step: Step, cell: Cell[Pod | None]) -> str | None:
    before, after = step.before[cell], step.after[cell]
    if before is None:
        return f"pod/{cell.key[0]} is created"
    if after is None:
        return f"pod/{cell.key[0]} is removed"
    if before.metadata.deleting != after.metadata.deleting:
        return f"pod/{cell.key[0]} is deleted"
    if before.spec.node_name != after.spec.node_name:
        return f"pod/{cell.key[0]} is bound"
    return None


@finitely_often(hazard=NOT_ADMITTED, hazard_with=(a_template_names_its_node,))
def nothing_is_created_or_evicted_for_ever(step: Step) -> bool | str:
    """While nobody changes what is desired, pods are not created, bound, evicted and removed again and again."""
    for cell in step.wrote(PODS):
        what = _changed_by(step, cell)
        if what is not None:
            return f"{what} again and again"
    return True


@sometimes(shows=nothing_is_created_or_evicted_for_ever)
def a_pod_is_created_or_evicted(step: Step) -> bool:
    """A pod is created, bound, deleted or removed."""
    return any(_changed_by(step, cell) for cell in step.wrote(PODS))
