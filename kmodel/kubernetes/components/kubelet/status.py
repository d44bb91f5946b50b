"""kubelet, what it reports: pod status, the end of a deletion, its node, and heartbeats.

Models: the phase as computed from the containers, which is final only once the worker has ended the pod (mergePodStatus
in status_manager.go): until then a pod whose containers have ended keeps its phase, and is not ready; the status
manager, which reads the pod and patches what of its status differs (for the pod's UID only) until it is acknowledged,
and again when it sees that something else stands there; the final DELETE, with grace 0 and the UID as a precondition,
once the containers are gone; registration of the node, once per start [kubelet_node_status.go registrationCompleted;
kubernetes/kubernetes#71398]; the lease as heartbeat, and Ready set again after the node lifecycle controller had
doubted it.

Leaves out: conditions other than Ready and PodScheduled; what containers wait for, but an image that cannot be pulled;
that the DELETE follows the answer to the patch at once (here the cache shows the final phase first); that the read is a
call of its own (here one step with the patch's sending); that one worker sends the patches of all pods, one after the
other; node status apart from Ready; that a kubelet registers as not ready and is Ready with its next report (it
registers as Ready; what keeps pods off until the controller has seen that is the taint of a new Node); a heartbeat is
not sent while the node lifecycle controller has not yet seen the last one (further ones would tell it nothing more).

Upstream: pkg/kubelet/status/status_manager.go syncPod, needsReconcile, canBeDeleted, mergePodStatus, read in 1.33 or
later (an edited fork at fee17a33); kubelet_pods.go and kubelet_node_status.go: as the head of the folder says;
pkg/util/node was not read. 1.34.4 by the recordings.
"""

from collections.abc import Iterator
from typing import Any

import attrs

from kmodel.kernel import Cluster, Event, Step, fresh, transition
from kmodel.kubernetes.components.apiserver import answers_reads, read
from kmodel.kubernetes.components.apiserver.access import NODE_USER
from kmodel.kubernetes.components.calls import CALLS, Request, drop_answer, idle, received, send
from kmodel.kubernetes.components.etcd import version
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, in_cache
from kmodel.kubernetes.components.kubelet.pods import known_pod, restarts
from kmodel.kubernetes.components.kubelet.resizing import pending_resize
from kmodel.kubernetes.components.kubelet.state import (
    REGISTERED,
    WORKERS,
    Worker,
    allocated,
    client_of,
    is_connected,
    is_up,
    lease_client_of,
    node_client_of,
)
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.runtime import RUNTIME, Sandbox
from kmodel.kubernetes.components.settings import SETTINGS
from kmodel.kubernetes.objects import LEASE, NODE, POD, Pod, PodStatus
from kmodel.kubernetes.objects.kind import renewals

FINAL_PHASES = ("Succeeded", "Failed")
NOT_PULLED = "ImagePullBackOff"  # between two tries; for a moment after each of them ErrImagePull
ALREADY_EXISTS = 409


def observed_status(pod: Pod, worker: Worker, sandbox: Sandbox | None) -> PodStatus:
    """Return the status that the containers show: phase, ready, restarts and reason; a pod that is here is scheduled.

    It is ready until its containers end, also while they are being stopped; but not once it has finished. What the
    api-server takes for finished has finished [kubelet_pods.go generateAPIPodStatus].
    """
    last = worker.reported or pod.status
    last = attrs.evolve(last, phase=worker.finished or last.phase)
    if worker.rejected is not None:  # which says nothing of PodScheduled [pkg/kubelet/kubelet.go rejectPod]
        return attrs.evolve(last, phase="Failed", ready=False, reason=worker.rejected)
    last = attrs.evolve(last, scheduled=True)
    if sandbox is None:
        return _without_sandbox(pod, last)
    return attrs.evolve(
        last,
        lost=False,
        phase=_phase(pod, last, sandbox),
        ready=worker.finished is None
        and sandbox.all_in("running", "stopping")
        and not pod.spec.readiness_gates  # nobody sets the conditions that they ask for
        and worker.passed(pod.spec),
        restarts=sum(container.restarts for container in sandbox.everybody),
        reason=None if pod.metadata.deleting or all(each.pulled for each in sandbox.everybody) else NOT_PULLED,
    )


def _without_sandbox(pod: Pod, last: PodStatus) -> PodStatus:
    """Return the status of a pod of which nothing is there: not yet, not any more, or since its node lost its disk.

    What was said to run has ended, nobody knows how, and counts as one restart, unless the pod is being deleted
    [convertToAPIContainerStatuses].
    """
    if pod.metadata.deleting and last.phase not in FINAL_PHASES:
        return attrs.evolve(last, phase="Failed", ready=False, lost=last.phase == "Running" or last.lost)
    if last.phase != "Running" or last.lost:
        return attrs.evolve(last, ready=False)
    return attrs.evolve(last, ready=False, restarts=last.restarts + len(pod.spec.containers), lost=True, reason=None)


def _phase(pod: Pod, last: PodStatus, sandbox: Sandbox) -> str:
    if last.phase in FINAL_PHASES:
        return last.phase
    ended = ended_in(pod, last, sandbox)
    if ended is not None:
        return ended if pod.metadata.deleting else last.phase
    if sandbox.pending:
        return "Pending"
    if any(container.state == "created" and container.restarts == 0 for container in sandbox.containers):
        return "Pending"
    return "Running"


def ended_in(pod: Pod, last: PodStatus, sandbox: Sandbox | None) -> str | None:
    """Return the phase in which a pod has ended whose containers have, or are lost; None if they run, or will again."""
    if sandbox is None:
        return "Failed" if last.lost and pod.spec.restart_policy == "Never" else None
    if pod.spec.restart_policy == "Never" and any(each.state == "exited" for each in sandbox.pending):
        return "Failed"
    if not sandbox.all_in("exited"):
        return None
    if not pod.metadata.deleting and any(restarts(pod.spec.restart_policy, each) for each in sandbox.containers):
        return None
    return "Succeeded" if all(container.exit_code == 0 for container in sandbox.containers) else "Failed"


def pods_that_end(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the pods whose containers are not always started again, on each node."""
    for pod, versions in plan.population.objects.get("pods", {}).items():
        if any(each.spec.restart_policy != "Always" for each in versions):  # type: ignore[attr-defined]
            yield from ((node, pod) for node in plan.nodes)


@transition(actor="kubelet/{node}", object="pod/{pod}")
def end_pod(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """End a pod whose containers have ended and are not started again: from now on its phase is a final one."""
    worker, known = cluster[WORKERS[node, pod]], known_pod(cluster, node, pod)
    if worker is None or worker.finished is not None or worker.rejected is not None or not is_up(cluster, node):
        return None
    if known is None or known.metadata.deleting:
        return None
    phase = ended_in(known, worker.reported or known.status, cluster[RUNTIME[node, pod]])
    return None if phase is None else cluster.update(WORKERS[node, pod], finished=phase)


def _is_overwritten(cluster: Cluster, known: Pod, status: PodStatus) -> bool:
    """Tell whether the api-server has another status than the one it acknowledged [needsReconcile, then syncPod]."""
    if known.status == status:
        return False
    stored_pod: Any = read(cluster, POD, known.metadata.key)
    return stored_pod is not None and stored_pod.metadata.uid == known.metadata.uid and stored_pod.status != status


def _reported(step: Step) -> Event:
    node, pod = step.action.arguments["node"], step.action.arguments["pod"]
    worker = step.after[WORKERS[node, pod]]
    assert worker is not None
    assert worker.reported is not None
    status = worker.reported
    what = f"phase {status.phase}, {'ready' if status.ready else 'not ready'}"
    if status.restarts:
        what += f", restarted {status.restarts} time(s)"
    if status.reason:
        what += f", {status.reason}"
    return Event("Warning" if status.phase == "Failed" else "Normal", "Reports", f"pod/{pod}", what)


@transition(actor="kubelet/{node}", object="pod/{pod}", describe=_reported)
def report_status(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """Report a pod's status to the api-server when it differs from the last one that was acknowledged."""
    worker = cluster[WORKERS[node, pod]]
    if worker is None or not is_connected(cluster, node) or not idle(cluster, client_of(node, pod)):
        return None
    known = known_pod(cluster, node, pod)
    if known is None:
        return None
    status = observed_status(known, worker, cluster[RUNTIME[node, pod]])
    held = allocated(cluster, node, pod)
    if held is not None:
        status = attrs.evolve(status, allocated=held, resize=pending_resize(cluster, node, pod, known))
    if status == (worker.reported or known.status) and not _is_overwritten(cluster, known, status):
        return None
    if not answers_reads(cluster, client_of(node, pod)):
        return None
    live: Any = read(cluster, POD, pod)
    if live is None or live.metadata.uid != worker.uid:
        return None  # of a pod that is gone nothing is said [status_manager.go syncPod]
    body = status.report(live.status)
    cluster = cluster.update(WORKERS[node, pod], reported=status)
    if not body.changes:
        return cluster  # the api-server has it
    request = Request(NODE_USER + node, "patch", "pods", pod, body, subresource="status", uid=worker.uid)
    return send(cluster, client_of(node, pod), request)


@transition(actor="kubelet/{node}", object="pod/{pod}")
def finish_deletion(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """Delete the pod for good, by its UID, now that its containers are gone."""
    worker = cluster[WORKERS[node, pod]]
    if worker is None or not is_connected(cluster, node) or cluster[RUNTIME[node, pod]] is not None:
        return None
    known = known_pod(cluster, node, pod)
    if known is None or not known.metadata.deleting or not known.terminal or not idle(cluster, client_of(node, pod)):
        return None
    request = Request(NODE_USER + node, "delete", "pods", pod, uid=worker.uid, grace_seconds=0)
    return send(cluster, client_of(node, pod), request)


def _told(step: Step) -> Event:
    node, pod = step.action.arguments["node"], step.action.arguments["pod"]
    response = received(step.before, client_of(node, pod))
    assert response is not None
    what = "deletion" if response.verb == "delete" else "status"
    if response.ok:
        return Event("Normal", "Acknowledged", f"pod/{pod}", f"the api-server has the {what}")
    return Event("Warning", "NotAcknowledged", f"pod/{pod}", f"{what}: {response.said}")


@transition(actor="kubelet/{node}", object="pod/{pod}", describe=_told)
def read_status_answer(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """Learn whether the api-server has the status, or the pod is deleted; otherwise it will be tried again."""
    response = received(cluster, client_of(node, pod))
    if response is None or not is_up(cluster, node):
        return None
    cluster = cluster.set(CALLS[client_of(node, pod)], None)
    if response.ok or response.verb != "patch" or cluster[WORKERS[node, pod]] is None:
        return cluster
    return cluster.update(WORKERS[node, pod], reported=None)  # the next comparison is with the cache again


@transition(actor="kubelet/{node}", object="node/{node}")
def register_node(cluster: Cluster, node: str) -> Cluster | None:
    """Create the Node object of this machine, once per start: one that somebody deletes later is not created again."""
    if cluster[REGISTERED[node]] or not is_connected(cluster, node) or not idle(cluster, node_client_of(node)):
        return None
    value = next(each for each in cluster[SETTINGS].nodes if each.metadata.name == node)
    return send(cluster, node_client_of(node), Request(NODE_USER + node, "create", "nodes", node, value))


@transition(actor="kubelet/{node}", object="lease/{node}")
def renew_lease(cluster: Cluster, node: str) -> Cluster | None:
    """Send the heartbeat: renew the node's lease."""
    lease: Any = read(cluster, LEASE, node)
    if lease is None or not is_connected(cluster, node) or not idle(cluster, lease_client_of(node)):
        return None
    if version(in_cache(cluster, CONTROLLER_MANAGER, LEASE, node)) != version(lease):
        return None  # the last one is not seen yet
    lease = attrs.evolve(lease, renewed=fresh(cluster, renewals(node)))
    request = Request(NODE_USER + node, "update", "leases", node, lease, resource_version=version(lease))
    return send(cluster, lease_client_of(node), request)


@transition(actor="kubelet/{node}", object="node/{node}")
def report_node_ready(cluster: Cluster, node: str) -> Cluster | None:
    """Report the node Ready, which the api-server takes for something else."""
    stored_node: Any = read(cluster, NODE, node)
    if stored_node is None or not is_connected(cluster, node) or not idle(cluster, node_client_of(node)):
        return None
    if stored_node.status.ready == "True":
        return None
    ready = attrs.evolve(stored_node.status, ready="True")
    request = Request(NODE_USER + node, "patch", "nodes", node, ready, subresource="status")
    return send(cluster, node_client_of(node), request)


@transition(actor="kubelet/{node}", object="node/{node}")
def read_node_status_answer(cluster: Cluster, node: str) -> Cluster | None:
    """Learn how the last write to the Node went; a status is compared again in any case."""
    response = received(cluster, node_client_of(node))
    if response is None or not is_up(cluster, node):
        return None
    if response.verb == "create" and (response.ok or response.code == ALREADY_EXISTS):
        cluster = cluster.set(REGISTERED[node], True)
    return cluster.set(CALLS[node_client_of(node)], None)


@transition(actor="kubelet/{node}", object="lease/{node}")
def read_lease_answer(cluster: Cluster, node: str) -> Cluster | None:
    """Learn how the last renewal went; there will be another in any case."""
    return drop_answer(cluster, lease_client_of(node)) if is_up(cluster, node) else None
