"""What is begun comes to an end: whoever waits for something gets it, or learns why not."""

from kmodel.kernel import Cluster, Hazard, Layout, leads_to
from kmodel.kubernetes.components.calls import CALLS
from kmodel.kubernetes.components.controllers import node_lifecycle
from kmodel.kubernetes.components.controllers.replicaset_controller import EXPECTATIONS, RESOURCES
from kmodel.kubernetes.components.etcd import NODES, PODS, stored
from kmodel.kubernetes.components.faults import BUDGET
from kmodel.kubernetes.components.kubectl import KUBECTL
from kmodel.kubernetes.components.kubelet.state import UP, is_connected, is_up
from kmodel.kubernetes.components.runtime import RUNTIME
from kmodel.kubernetes.components.scheduler import QUEUE
from kmodel.kubernetes.components.serving import AWAY
from kmodel.kubernetes.components.settings import SETTINGS
from kmodel.kubernetes.objects import Pod, ReplicaSet
from kmodel.kubernetes.objects.container import LIVENESS

from .convergence import IS_SILENT, feasible_nodes, pods, sandbox_of
from .watching import MAY_WAIT_FOR_EVER, etcd_may_lose_its_majority

MAY_SEEM_SILENT = (*IS_SILENT, BUDGET["late-heartbeat"])
MAY_WAIT = (
    Hazard(
        "Only its kubelet removes a pod for good: on a node that is silent a deleted pod stays Terminating until the "
        "node is heard of again or its Node is deleted, and who waits for that, or for a pod there to run, waits as "
        "long [pkg/controller/podgc/gc_controller.go, 1.34].",
        IS_SILENT,
    ),
    *MAY_WAIT_FOR_EVER,
)


def _is_pending_and_feasible(cluster: Cluster, pod: str) -> bool:
    value = cluster[PODS[pod]]
    if value is None or value.spec.node_name is not None or not value.active:
        return False
    return bool(feasible_nodes(cluster, value))


def _is_bound_or_not_feasible(cluster: Cluster, pod: str) -> bool | str:
    return not _is_pending_and_feasible(cluster, pod) or f"pod/{pod} is not bound, though a node has room for it"


@leads_to(
    _is_pending_and_feasible,
    _is_bound_or_not_feasible,
    each=PODS,
    needs=QUEUE,
    hazard=MAY_WAIT_FOR_EVER,
)
def a_feasible_pod_is_bound() -> None:
    """A pod for which a node has room is bound at last, unless it goes, or the room does."""


def _is_bound_and_pending(cluster: Cluster, pod: str) -> bool:
    value = cluster[PODS[pod]]
    if value is None or not value.active or (value.status.phase, value.status.reason) != ("Pending", None):
        return False
    return value.spec.node_name is not None and is_connected(cluster, value.spec.node_name)


def _runs_or_says_why_not(cluster: Cluster, pod: str) -> bool | str:
    return not _is_bound_and_pending(cluster, pod) or f"pod/{pod} is bound, and still Pending"


@leads_to(
    _is_bound_and_pending,
    _runs_or_says_why_not,
    each=PODS,
    needs=RUNTIME,
    hazard=(
        Hazard(
            "Under restartPolicy Never a kubelet makes no second sandbox for a pod of which there is a record of a "
            "container. If the node went down between the creation of the container and its start, nothing ran and "
            "nothing will: the pod is Pending for good [pkg/kubelet/kuberuntime/kuberuntime_manager.go "
            "computePodActions, 1.34; kubernetes/kubernetes#118321].",
            (BUDGET["node-restart"],),
        ),
        *MAY_WAIT_FOR_EVER,
    ),
)
def a_bound_pod_runs_or_says_why_not() -> None:
    """A pod that is bound is Running at last, or has a reason why not, or has Failed, unless it or its node goes."""


def _is_bound_and_not_said_so(cluster: Cluster, pod: str) -> bool:
    value = cluster[PODS[pod]]
    if value is None or not value.active or value.status.scheduled is True:
        return False
    return value.spec.node_name is not None and is_connected(cluster, value.spec.node_name)


def _is_said_to_be_scheduled(cluster: Cluster, pod: str) -> bool | str:
    return not _is_bound_and_not_said_so(cluster, pod) or f"pod/{pod} is bound, and PodScheduled does not say so"


@leads_to(
    _is_bound_and_not_said_so,
    _is_said_to_be_scheduled,
    each=PODS,
    needs=RUNTIME,
    hazard=MAY_WAIT_FOR_EVER,
)
def pod_scheduled_tells_the_truth() -> None:
    """A pod that is bound, and to run, is at last said to be scheduled, unless its node falls silent."""


def _is_to_run_again(cluster: Cluster, node: str, pod: str) -> bool:
    value = cluster[PODS[pod]]
    if value is None or value.spec.node_name != node or not value.active or value.spec.restart_policy != "Always":
        return False
    sandbox = sandbox_of(cluster, pod, value)
    return sandbox is not None and sandbox.any_in("exited") and is_up(cluster, node)


def _runs_again(cluster: Cluster, node: str, pod: str) -> bool | str:
    return not _is_to_run_again(cluster, node, pod) or f"a container of pod/{pod} has exited, and does not run again"


@leads_to(_is_to_run_again, _runs_again, each=RUNTIME)
def an_exited_container_runs_again() -> None:
    """A container that exits under restartPolicy Always runs again at last, unless its pod goes or its node is down."""


def _is_being_deleted(cluster: Cluster, pod: str) -> bool:
    value = cluster[PODS[pod]]
    return value is not None and value.metadata.deleting


def _is_gone(cluster: Cluster, pod: str) -> bool | str:
    value = cluster[PODS[pod]]
    if value is not None and value.metadata.deleting:
        return f"pod/{pod} is being deleted, and still there"
    for node, name in cluster.layout.keys(RUNTIME):
        sandbox = cluster[RUNTIME[node, name]] if name == pod and is_up(cluster, node) else None
        if sandbox is not None and (value is None or sandbox.uid != value.metadata.uid):
            return f"pod/{pod} is gone, and its containers are still on {node}"
    return True


@leads_to(_is_being_deleted, _is_gone, each=PODS, needs=RUNTIME, hazard=MAY_WAIT)
def a_deleted_pod_disappears() -> None:
    """A pod that is deleted is gone at last, and its containers with it."""


def _is_lost(cluster: Cluster, pod: str) -> bool:
    value = cluster[PODS[pod]]
    if value is None or value.metadata.owner is None or value.spec.node_name is None:
        return False
    return not is_up(cluster, value.spec.node_name) and _owner_of(cluster, value) is not None


def _owner_of(cluster: Cluster, pod: Pod) -> ReplicaSet | None:
    owner = pod.metadata.owner
    cell = None if owner is None else stored(RESOURCES[owner.kind.lower()])[owner.name]
    found: ReplicaSet | None = None if cell is None else cluster[cell]
    return found if found is not None and owner is not None and found.metadata.uid == owner.uid else None


def _is_ready(cluster: Cluster, node: str) -> bool:
    value = cluster[NODES[node]]
    return value is not None and value.status.ready == "True"


def _is_replaced(cluster: Cluster, pod: str) -> bool | str:
    lost = cluster[PODS[pod]]
    owner = None if lost is None or not _is_lost(cluster, pod) else _owner_of(cluster, lost)
    if owner is None or not any(_is_ready(cluster, node) for node in cluster.names(NODES)):
        return True
    others = (each for name, each in pods(cluster) if name != pod and each.active and _owner_of(cluster, each) == owner)
    held = sum(each.spec.node_name is None or is_up(cluster, each.spec.node_name) for each in others)
    return held >= (owner.replicas or 0) or f"pod/{pod} is lost with its node, and nothing takes its place"


@leads_to(
    _is_lost,
    _is_replaced,
    each=PODS,
    needs=(EXPECTATIONS, UP),
    hazard=(
        *MAY_WAIT_FOR_EVER,
        Hazard(
            "Where the api-server is away for a while, an eviction is given up after five tries, 10 ms apart, until "
            "the taints of the node change [pkg/controller/tainteviction/taint_eviction.go deletePodHandler, 1.34].",
            (AWAY,),
        ),
    ),
)
def a_pod_lost_with_its_node_is_replaced() -> None:
    """A pod of a ReplicaSet whose node is lost is replaced at last, unless the node comes back or no node is Ready.

    Where none is, the control plane may itself be cut off, and nobody is evicted
    [pkg/controller/nodelifecycle/node_lifecycle_controller.go handleDisruption, 1.34].
    """


def nodes_are_watched(layout: Layout) -> bool:
    """Tell whether a node may fall silent, or seem to, and the node lifecycle controller takes part and may say so."""
    if etcd_may_lose_its_majority(layout):
        return False
    clients = (node_lifecycle.client_of(node) for (node,) in layout.keys(NODES))
    return any(CALLS[client] in layout for client in clients) and any(budget in layout for budget in MAY_SEEM_SILENT)


def _is_silent_and_said_ready(cluster: Cluster, node: str) -> bool:
    value = cluster[NODES[node]]
    return value is not None and value.status.ready == "True" and not is_connected(cluster, node)


def _is_not_said_ready(cluster: Cluster, node: str) -> bool | str:
    return not _is_silent_and_said_ready(cluster, node) or f"{node} is silent, and still said to be Ready"


@leads_to(_is_silent_and_said_ready, _is_not_said_ready, each=NODES, needs=nodes_are_watched)
def a_silent_node_is_not_ready() -> None:
    """A node that is down or cut off is at last not said to be Ready any more, unless it is heard of again."""


def _is_lost_and_said_ready(cluster: Cluster, pod: str) -> bool:
    value = cluster[PODS[pod]]
    if value is None or not value.status.ready or not cluster.has(NODES[value.spec.node_name or ""]):
        return False
    node = cluster[NODES[value.spec.node_name or ""]]
    return node is not None and not is_connected(cluster, node.metadata.name)


def _is_not_said_to_be_ready(cluster: Cluster, pod: str) -> bool | str:
    return not _is_lost_and_said_ready(cluster, pod) or f"the node of pod/{pod} is silent, and the pod said to be ready"


@leads_to(
    _is_lost_and_said_ready,
    _is_not_said_to_be_ready,
    each=PODS,
    needs=nodes_are_watched,
    hazard=MAY_WAIT_FOR_EVER,
)
def a_pod_of_a_silent_node_is_not_ready() -> None:
    """A pod whose node is down or cut off is at last not said to be ready any more, so that no Service routes to it."""


def _speaks_and_is_not_said_ready(cluster: Cluster, node: str) -> bool:
    value = cluster[NODES[node]]
    return value is not None and value.status.ready != "True" and is_connected(cluster, node)


def _is_said_ready(cluster: Cluster, node: str) -> bool | str:
    return not _speaks_and_is_not_said_ready(cluster, node) or f"{node} is heard of, and not said to be Ready"


@leads_to(_speaks_and_is_not_said_ready, _is_said_ready, each=NODES, needs=nodes_are_watched)
def a_node_that_speaks_again_is_ready() -> None:
    """A node that is heard of is at last said to be Ready again, unless it falls silent."""


def liveness_is_probed(layout: Layout) -> bool:
    """Tell whether a container has a probe by which its kubelet learns that it hangs, and has it started again."""
    pods = (each.spec for each in layout.constant(SETTINGS).given if isinstance(each, Pod))
    templates = (workload.template.spec for workload in layout.constant(SETTINGS).workloads)
    listed = (container for spec in (*pods, *templates) for container in spec.containers)
    return any(layout.keys(RUNTIME)) and any(LIVENESS in container.probes for container in listed)


def _hangs(cluster: Cluster, pod: str) -> bool:
    value = cluster[PODS[pod]]
    sandbox = None if value is None else sandbox_of(cluster, pod, value)
    if value is None or sandbox is None or not is_connected(cluster, value.spec.node_name or ""):
        return False
    hanging = {each.name for each in sandbox.containers if each.state == "running" and not each.answers}
    return any(each.name in hanging and LIVENESS in each.probes for each in value.spec.containers)


def _hangs_no_more(cluster: Cluster, pod: str) -> bool | str:
    return not _hangs(cluster, pod) or f"a container of pod/{pod} hangs, and its kubelet lets it"


@leads_to(_hangs, _hangs_no_more, each=PODS, needs=liveness_is_probed)
def a_container_that_hangs_is_stopped() -> None:
    """A container that hangs, and has a liveness probe, is stopped at last, unless its node falls silent."""


def _waits(cluster: Cluster, user: str) -> bool:
    return cluster[KUBECTL[user]].doing == "waiting"


def _has_returned(cluster: Cluster, user: str) -> bool | str:
    return not _waits(cluster, user) or f"kubectl of {user} waits for what does not come"


NEVER_PULLED = Hazard(
    "A kubelet tries to pull an image for ever: if that is not there, the pod never runs "
    "[pkg/kubelet/images/image_manager.go, 1.34].",
    (BUDGET["failed-image-pull"],),
)


@leads_to(_waits, _has_returned, each=KUBECTL, hazard=(*MAY_WAIT, NEVER_PULLED))
def kubectl_wait_returns() -> None:
    """A user who waits for a pod to run, or to be gone, does not wait for ever."""
