"""Pods that are resized in place: a kubelet gives what there is, and says why it does not give what is asked for."""

from kmodel.kernel import Cluster, Layout, Step, converges, sometimes, step_invariant
from kmodel.kubernetes.components.etcd import PODS
from kmodel.kubernetes.components.informer import in_cache
from kmodel.kubernetes.components.kubelet.state import ALLOCATED, WORKERS, is_connected, watcher_of
from kmodel.kubernetes.components.settings import SETTINGS
from kmodel.kubernetes.objects import Pod, Resources

from .convergence import pods
from .watching import LOST_EVENT, etcd_may_lose_its_majority


def _given(cluster: Cluster, node: str) -> tuple[int, int]:
    """Return the cpu and memory that a kubelet has given the pods that it has admitted since it started, and that, as
    it knows, have not finished.
    """
    cpu = memory = 0
    for name in cluster.names(PODS):
        held, worker = cluster[ALLOCATED[node, name]], cluster[WORKERS[node, name]]
        known: Pod | None = in_cache(cluster, watcher_of(node), "pods", name)
        is_admitted = worker is not None and worker.rejected is None and known is not None and not known.terminal
        if held is not None and is_admitted:
            cpu, memory = cpu + (held.cpu_millicores or 0), memory + (held.memory_bytes or 0)
    return cpu, memory


@step_invariant(needs=ALLOCATED)
def what_is_given_to_pods_is_there(step: Step) -> bool | str:
    """A kubelet gives a pod no more than its node has beside the others that it has admitted.

    After a restart it admits them anew, one after the other [pkg/kubelet/kubelet.go HandlePodAdditions,
    allocation/allocation_manager.go canAdmitPod, canResizePod, 1.34].
    """
    machines = {machine.metadata.name: machine.status for machine in step.after[SETTINGS].nodes}
    for cell in step.wrote(ALLOCATED):
        node, name = cell.key
        cpu, memory = _given(step.after, node)
        has = machines[node]
        if step.after[cell] is not None and (cpu > has.cpu_millicores or memory > has.memory_bytes):
            return f"pod/{name} is given more than is left on {node}, whose pods then have {memory >> 20}Mi, {cpu}m"
    return True


@sometimes(needs=ALLOCATED, shows=what_is_given_to_pods_is_there)
def a_pod_is_given_more(step: Step) -> bool:
    """A pod gets another size than it had."""
    return any(None not in (step.before[cell], step.after[cell]) for cell in step.wrote(ALLOCATED))


def resizes_are_heard_of(layout: Layout) -> bool:
    """Tell whether pods may be resized, and nothing keeps their kubelets from hearing or telling of it."""
    return any(layout.keys(ALLOCATED)) and LOST_EVENT not in layout and not etcd_may_lose_its_majority(layout)


@converges(needs=resizes_are_heard_of)
def a_resize_is_given_or_says_why_not(cluster: Cluster) -> bool | str:
    """At last a pod that runs has what it asks for, or its status says why not, unless its node is silent."""
    for name, pod in pods(cluster):
        held = pod.status.allocated
        if not pod.active or held is None or not is_connected(cluster, pod.spec.node_name or ""):
            continue
        has_all = held == Resources(pod.spec.cpu_millicores, pod.spec.memory_bytes)
        if has_all == (pod.status.resize is not None):
            return f"pod/{name} {'has' if has_all else 'has not'} what it asks for, and its status says otherwise"
    return True
