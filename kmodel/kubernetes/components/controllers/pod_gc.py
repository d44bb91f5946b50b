"""Pod garbage collector: delete for good the pods that nobody else will.

Models: pods whose phase is final, beyond a threshold (if the scenario has one); pods that are bound to a node which the
cache does not show, nor, after a quarantine, a GET; pods that are being deleted and were never bound. A pod that has
not finished is marked as Failed first, and its deletion is asked for as soon as that is acknowledged; it has no grace
period and, as upstream, no UID as a precondition.

Leaves out: how long the quarantine lasts, and how often the collector runs (there are no clocks); the taint
out-of-service; evicted pods, which go first, and creation times: the pods beyond the threshold go in the order of
their names, as they do upstream when they are of the same second.

Upstream: pkg/controller/podgc/gc_controller.go gcTerminated, gcOrphaned, gcUnscheduledTerminating,
markFailedAndDeletePodWithCondition, read at 003e8629 (1.32 or later); 1.34.4 by the recording
daemonset.
"""

from kmodel.kernel import Cells, Cluster, transition
from kmodel.kubernetes.components.apiserver import answers_reads, read
from kmodel.kubernetes.components.apiserver.access import CONTROLLER_USER
from kmodel.kubernetes.components.calls import CALLS, Request, clients, idle, received, send
from kmodel.kubernetes.components.component import NOTHING, Caller, Component, Memory, Steps, each
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, all_in_cache, in_cache, synced
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.settings import SETTINGS
from kmodel.kubernetes.objects import NODE, POD, Phase, Pod

ACTOR = CONTROLLER_MANAGER + "/pod-garbage-collector"
USER = CONTROLLER_USER + "pod-garbage-collector"
QUARANTINE: Cells[bool] = Cells("pod-garbage-collector/quarantine")  # whether a node is missing, and watched for that


client_of = clients(f"{ACTOR}/{{}}")  # by which the collector deletes a pod


@transition(actor=ACTOR, object="node/{node}")
def update_quarantine(cluster: Cluster, node: str) -> Cluster | None:
    """Put a node into quarantine that the cache does not show though pods are bound to it; release one that is back."""
    if not synced(cluster, CONTROLLER_MANAGER, "pods", "nodes"):
        return None
    missing = in_cache(cluster, CONTROLLER_MANAGER, NODE, node) is None and any(
        pod.spec.node_name == node for pod in all_in_cache(cluster, CONTROLLER_MANAGER, POD)
    )
    return None if cluster[QUARANTINE[node]] == missing else cluster.set(QUARANTINE[node], missing)


def is_orphaned(cluster: Cluster, pod: Pod) -> bool:
    """Tell whether a pod is bound to a node that has been in quarantine and is still missing."""
    node = pod.spec.node_name
    if node is None:
        return False
    if not cluster.has(QUARANTINE[node]):
        return True  # nodeName names a node that there never was
    gone = cluster[QUARANTINE[node]] and in_cache(cluster, CONTROLLER_MANAGER, NODE, node) is None
    return gone and answers_reads(cluster, client_of(pod.metadata.key)) and read(cluster, NODE, node) is None


def is_beyond_threshold(cluster: Cluster, pod: Pod) -> bool:
    """Tell whether a pod has finished and is among the first, by name, of those that are too many."""
    threshold = cluster[SETTINGS].terminated_pod_threshold
    if threshold is None or not pod.terminal:
        return False
    finished = [each for each in all_in_cache(cluster, CONTROLLER_MANAGER, POD) if each.terminal]
    first = sorted(finished, key=lambda each: each.metadata.name)[: max(0, len(finished) - threshold)]
    return pod in first


@transition(actor=ACTOR, object="pod/{pod}")
def collect_pod(cluster: Cluster, pod: str) -> Cluster | None:
    """Have a pod deleted for good that nobody else will; one that has not finished is marked as Failed first."""
    if not synced(cluster, CONTROLLER_MANAGER, "pods", "nodes") or not idle(cluster, client_of(pod)):
        return None
    known: Pod | None = in_cache(cluster, CONTROLLER_MANAGER, POD, pod)
    if known is None:
        return None
    never_bound = known.metadata.deleting and known.spec.node_name is None
    if not (never_bound or is_beyond_threshold(cluster, known) or is_orphaned(cluster, known)):
        return None
    if known.terminal:
        return send(cluster, client_of(pod), deletion(pod))
    mark = Request(USER, "patch", "pods", pod, Phase("Failed"), subresource="status", uid=known.metadata.uid)
    return send(cluster, client_of(pod), mark)


def deletion(pod: str) -> Request:
    """Return the request to delete a pod at once."""
    return Request(USER, "delete", "pods", pod, grace_seconds=0)


@transition(actor=ACTOR, object="pod/{pod}")
def read_collection_answer(cluster: Cluster, pod: str) -> Cluster | None:
    """Learn how a request went: after the mark comes the deletion; what failed is tried again while there is cause."""
    response = received(cluster, client_of(pod))
    if response is None:
        return None
    if response.verb == "patch" and response.ok:
        return send(cluster, client_of(pod), deletion(pod))
    return cluster.set(CALLS[client_of(pod)], None)


def _needed(plan: Plan) -> str | None:
    orphans = any(pod.node not in (None, *plan.nodes) for pod in plan.objects("pods"))
    collects = plan.requests("delete", "nodes") or plan.settings.terminated_pod_threshold is not None
    if orphans or (collects and plan.objects("pods")):
        return None
    return "no Node is deleted or missing, and there is no terminatedPodThreshold"


COMPONENT = Component(
    "pod-garbage-collector",
    process=CONTROLLER_MANAGER,
    users={USER: frozenset({("patch", "pods/status"), ("delete", "pods")})},
    watches=("pods", "nodes"),
    memory=(Memory(QUARANTINE, each("nodes"), False, mentions=NOTHING),),
    callers=(Caller((collect_pod,), read_collection_answer, client_of, each("pods"), turn=2),),
    steps=(Steps((update_quarantine,), each("nodes")),),
    needed=_needed,
)
