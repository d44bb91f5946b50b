"""kubelet, resizes in place: what a pod asks for now, and what its node has given it.

Models: what a kubelet has allocated to each pod, which is what counts beside other pods, and is kept on disk; a resize
that is allocated, at any time, when there is room beside the others; one that waits for it (Deferred), or that the node
could never give (Infeasible), which the status says [PodResizePending]. Meanwhile a scheduler counts the more of what
is asked for and what is held, so that a resize that waits keeps others off [kubernetes/kubernetes#135107].

Leaves out: the actuation by the container runtime, and that it may restart containers (resizePolicy): what is allocated
is in force; the order of resizes that wait (here any).

Upstream: pkg/kubelet/allocation/allocation_manager.go canResizePod, handlePodResourcesResize, read in 1.34 or
later (openshift/kubernetes at d613f6d3).
"""

from kmodel.kernel import Cluster, Event, Step, transition
from kmodel.kubernetes.components.component import NOTHING, Memory, Steps, each
from kmodel.kubernetes.components.kubelet.pods import known_pod, machine, must_stop, others_on
from kmodel.kubernetes.components.kubelet.state import ALLOCATED, WORKERS, allocated, is_up
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.resources import fit
from kmodel.kubernetes.objects import Pod, Resources
from kmodel.kubernetes.objects.pod import DEFERRED, INFEASIBLE


def pods_are_resized(plan: Plan) -> bool:
    """Tell whether a user resizes a pod."""
    sessions = plan.settings.sessions
    return any(command.subresource == "resize" for session in sessions for command in session.commands)


def pending_resize(cluster: Cluster, node: str, pod: str, known: Pod) -> str | None:
    """Return why a pod is not given what it asks for now; None if it has that, or may have it."""
    held = allocated(cluster, node, pod)
    if held in (None, Resources(known.spec.cpu_millicores, known.spec.memory_bytes)):
        return None
    here = machine(cluster, node).status
    if fit(known.spec, (), here) is not None:
        return INFEASIBLE
    return None if fit(known.spec, others_on(cluster, node, pod), here) is None else DEFERRED


def _resized(step: Step) -> Event:
    return Event(
        "Normal", "Resizes", f"pod/{step.action.arguments['pod']}", "has room for it, and gives it what it asks for"
    )


@transition(actor="kubelet/{node}", object="pod/{pod}", describe=_resized)
def resize_pod(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """Give a pod what it asks for now, if there is room for that beside the others."""
    held, worker = cluster[ALLOCATED[node, pod]], cluster[WORKERS[node, pod]]
    if held is None or worker is None or not is_up(cluster, node):
        return None
    known = known_pod(cluster, node, pod)
    if known is None or must_stop(cluster, node, pod):
        return None
    asked = Resources(known.spec.cpu_millicores, known.spec.memory_bytes)
    if held == asked or pending_resize(cluster, node, pod, known) is not None:
        return None
    return cluster.set(ALLOCATED[node, pod], asked)


MEMORY = Memory(ALLOCATED, each("nodes", "pods"), None, mentions=NOTHING, survives=True, when=pods_are_resized)
STEPS = Steps((resize_pod,), each("nodes", "pods"), when=pods_are_resized)
