"""kubelet, its pods: admit, run through the container runtime, restart, stop, and clean up.

Models: one worker per pod name, for one UID at a time; admission by what the node can hold, by node selector and
affinity, and by host ports (which the scheduler has checked, unless the manifest names the node); volumes and
environments from what is not there; restart by restartPolicy; termination when the pod is being deleted, is gone, is
another one of the same name, or has finished, whoever says so. A kubelet that restarts forgets its workers, lists its
pods and finds the containers again; after a reboot it finds their records, by which containers that ran are
ContainerStatusUnknown (exit code 137), start again where the restartPolicy says so, and never do under Never. On a node
whose disk was lost it goes by what it had reported, and counts restarts from 0 (calcRestartCountByLogDir).

Init containers run one after the other before all others, and all of them again after a reboot; one that fails is
started again, unless the restartPolicy is Never: then the pod fails [computeInitContainerActions].

Leaves out: static, mirror and critical pods (which drive others away), sidecars (init containers that stay), backoff
between restarts, the order among containers that stop; admission by taints (only NoExecute counts there), and its order
(here any, upstream by creation time); labels of the node that change later (resizes: see resizing.py). Workers go by
names here, so that of two pods of one name the younger waits for the elder to be cleaned up; upstream they go by UIDs,
and only static pods wait [allowPodStart].

Upstream: pkg/kubelet/kuberuntime/{kuberuntime_manager.go computePodActions,kuberuntime_container.go}, read in 1.33 in
the making (a fork at 0b0abd6c); pod_workers.go UpdatePod, allowPodStart, read in a fork that could not be dated
(f018f7d0); kubelet.go and lifecycle/predicate.go: as the head of the folder says.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from kmodel.kernel import Cluster, Event, Step, transition
from kmodel.kubernetes.components.calls import idle
from kmodel.kubernetes.components.etcd import PODS, Watch
from kmodel.kubernetes.components.informer import in_cache, synced
from kmodel.kubernetes.components.kubelet.state import (
    WORKERS,
    Worker,
    as_allocated,
    client_of,
    is_up,
    watcher_of,
    with_worker,
)
from kmodel.kubernetes.components.references import missing_config, missing_volume
from kmodel.kubernetes.components.resources import fit, matches_node, ports_are_free
from kmodel.kubernetes.components.runtime import RUNTIME, RunningContainer, Sandbox
from kmodel.kubernetes.components.settings import SETTINGS
from kmodel.kubernetes.objects import POD, Node, Pod, PodSpec, Resources

NODE_AFFINITY = "NodeAffinity"
NODE_PORTS = "NodePorts"
OUT_OF = "OutOf"  # followed by what the node has too little of: pods, cpu, memory


def known_pod(cluster: Cluster, node: str, pod: str) -> Pod | None:
    """Return the pod as the kubelet's cache has it, if it is the one that the kubelet works on."""
    cached = in_cache(cluster, watcher_of(node), POD, pod)
    worker = cluster[WORKERS[node, pod]]
    if cached is None or worker is None or cached.metadata.uid != worker.uid:
        return None
    return cached


def must_stop(cluster: Cluster, node: str, pod: str) -> bool:
    """Tell whether the pod's containers have to go: it is being deleted, is gone, finished, or was never admitted."""
    known = known_pod(cluster, node, pod)
    worker = cluster[WORKERS[node, pod]]
    if known is None or known.metadata.deleting:
        return True
    return worker is not None and (worker.rejected is not None or worker.finished is not None)


def _is_left_running(sandbox: Sandbox | None) -> bool:
    """Tell whether containers are there that would have to end, as those of a pod that has finished meanwhile."""
    return sandbox is not None and sandbox.any_in("created", "running", "stopping")


def _admitted(step: Step) -> Event:
    node, pod = step.action.arguments["node"], step.action.arguments["pod"]
    worker = step.after[WORKERS[node, pod]]
    if worker is not None and worker.rejected is not None:
        matches = worker.rejected != NODE_AFFINITY
        why = "cannot hold it beside its other pods" if matches else "does not match its node selector or affinity"
        return Event("Warning", worker.rejected, f"pod/{pod}", f"rejected: {node} {why}")
    return Event("Normal", "Admits", f"pod/{pod}", f"takes the pod on; {node} can hold it")


@transition(actor="kubelet/{node}", object="pod/{pod}", describe=_admitted)
def admit_pod(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """Take on a pod that is bound to this node, or reject it if the node cannot hold it."""
    if not is_up(cluster, node) or cluster[WORKERS[node, pod]] is not None:
        return None
    if not synced(cluster, watcher_of(node), "pods"):
        return None
    cached = in_cache(cluster, watcher_of(node), POD, pod)
    sandbox = cluster[RUNTIME[node, pod]]
    if cached is None or (cached.terminal and not cached.metadata.deleting and not _is_left_running(sandbox)):
        return None
    if sandbox is not None and sandbox.uid != cached.metadata.uid:
        return None  # the elder pod of this name is not cleaned up
    # What it holds already counts, where it is one that the kubelet has known before it restarted.
    asks = cached.spec if sandbox is None else as_allocated(cluster, node, pod, cached.spec)
    going = cached.metadata.deleting or cached.terminal
    rejected = None if going else why_rejected(asks, others_on(cluster, node, pod), machine(cluster, node))
    assert cached.metadata.uid is not None
    worker = Worker(cached.metadata.uid, rejected, finished=cached.status.phase if cached.terminal else None)
    given = None if rejected is not None else Resources(asks.cpu_millicores, asks.memory_bytes)
    return with_worker(cluster, node, pod, worker, given)


def machine(cluster: Cluster, node: str) -> Node:
    """Return a machine as it is."""
    return next(each for each in cluster[SETTINGS].nodes if each.metadata.name == node)


def others_on(cluster: Cluster, node: str, pod: str) -> list[PodSpec]:
    """Return the other pods that a kubelet has admitted, each with what it has given it."""
    others = []
    for name in cluster.names(PODS):
        other = in_cache(cluster, watcher_of(node), POD, name)
        worker = cluster[WORKERS[node, name]]
        if name != pod and other is not None and worker is not None and worker.rejected is None and not other.terminal:
            others.append(as_allocated(cluster, node, name, other.spec))
    return others


def why_rejected(pod: PodSpec, others: Sequence[PodSpec], node: Node) -> str | None:
    """Return the reason for which a kubelet rejects a pod beside others; None if it admits it."""
    lacking = fit(pod, others, node.status)
    if lacking is not None:
        return f"{OUT_OF}{lacking}"
    if not matches_node(pod, node):
        return NODE_AFFINITY
    return None if ports_are_free(pod, others) else NODE_PORTS


@transition(actor="kubelet/{node}", object="pod/{pod}")
def create_containers(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """Have the container runtime create the pod's sandbox and containers, anew if the node went down meanwhile."""
    sandbox = cluster[RUNTIME[node, pod]]
    if not is_up(cluster, node) or cluster[WORKERS[node, pod]] is None or (sandbox is not None and sandbox.ready):
        return None
    known = known_pod(cluster, node, pod)
    if known is None or must_stop(cluster, node, pod):
        return None
    if missing_volume(cluster, known.spec, known.metadata.namespace) is not None:
        return None
    if sandbox is not None:
        again = _anew(sandbox, known.spec.restart_policy)
        return None if again is None else cluster.set(RUNTIME[node, pod], again)
    if known.spec.restart_policy == "Never" and known.status.phase != "Pending":
        return None  # it ran, and its records are gone with the disk
    first, containers = (
        tuple(
            RunningContainer(
                container.name,
                startable=missing_config(cluster, container, known.metadata.namespace) is None,
            )
            for container in listed
        )
        for listed in (known.spec.run_first, known.spec.containers)
    )
    assert known.metadata.uid is not None
    return cluster.set(RUNTIME[node, pod], Sandbox(known.metadata.uid, containers, first=first))


def _anew(lost: Sandbox, policy: str | None) -> Sandbox | None:
    """Return the sandbox that takes the place of one whose node went down; None if its containers must not run again.

    Under Never they must not, not even those that were created and never started [kubernetes/kubernetes#118321].
    """
    if policy == "Never" or all(each.state == "exited" and not restarts(policy, each) for each in lost.containers):
        return None
    containers: Iterable[RunningContainer] = lost.containers
    if not lost.pending:  # otherwise none of them was there yet
        containers = (
            each.again() if each.state == "created" or restarts(policy, each) else each for each in containers
        )
    first = (each if each.state == "created" else each.again() for each in lost.first)
    return attrs.evolve(lost, containers=tuple(containers), first=tuple(first), ready=True)


@transition(actor="kubelet/{node}", object="pod/{pod}")
def restart_container(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """Start a container again that has exited, as the restartPolicy says."""
    sandbox = cluster[RUNTIME[node, pod]]
    worker = cluster[WORKERS[node, pod]]
    if sandbox is None or not sandbox.ready or not is_up(cluster, node) or worker is None:
        return None
    known = known_pod(cluster, node, pod)
    if known is None or must_stop(cluster, node, pod):
        return None
    for container in sandbox.turn:
        if container.state == "exited" and restarts(known.spec.restart_policy, container):
            if known.spec.has_probes:
                cluster = cluster.set(WORKERS[node, pod], worker.without(container.name))
            return cluster.set(RUNTIME[node, pod], sandbox.having(container.again()))
    return None


def restarts(policy: str | None, container: RunningContainer) -> bool:
    """Tell whether a policy has an exited container started again."""
    return policy == "Always" or (policy == "OnFailure" and container.exit_code != 0)


@transition(actor="kubelet/{node}", object="pod/{pod}")
def stop_containers(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """Have the container runtime stop the containers of a pod that has to go."""
    sandbox = cluster[RUNTIME[node, pod]]
    if sandbox is None or not sandbox.any_in("created", "running") or not is_up(cluster, node):
        return None
    if not synced(cluster, watcher_of(node), "pods") or not must_stop(cluster, node, pod):
        return None
    if cluster[WORKERS[node, pod]] is None:
        cached = in_cache(cluster, watcher_of(node), POD, pod)
        if cached is not None and cached.metadata.uid == sandbox.uid:
            return None  # after a restart: admit it first
    return cluster.set(RUNTIME[node, pod], sandbox.stopped())


@transition(actor="kubelet/{node}", object="pod/{pod}")
def remove_containers(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """Have the container runtime remove what is left of a pod that has to go and whose end is reported."""
    sandbox = cluster[RUNTIME[node, pod]]
    if sandbox is None or not sandbox.all_in("exited") or not is_up(cluster, node):
        return None
    if not synced(cluster, watcher_of(node), "pods"):
        return None
    cached = in_cache(cluster, watcher_of(node), POD, pod)
    known = cached if cached is not None and cached.metadata.uid == sandbox.uid else None
    if known is not None and not (known.metadata.deleting and known.terminal):
        return None  # first its end has to be reported
    return cluster.set(RUNTIME[node, pod], None)


@transition(actor="kubelet/{node}", object="pod/{pod}")
def forget_pod(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """Forget a pod that is gone from the api-server and from the container runtime."""
    worker = cluster[WORKERS[node, pod]]
    if worker is None or not is_up(cluster, node) or cluster[RUNTIME[node, pod]] is not None:
        return None
    if known_pod(cluster, node, pod) is not None or not idle(cluster, client_of(node, pod)):
        return None
    return with_worker(cluster, node, pod, None, None)


def on_change(cluster: Cluster, watch: Watch, pod: str, old: Any, new: Any) -> Cluster:
    """Begin to end a pod that has finished, whoever says so, and forget a rejected one that is gone."""
    assert watch.node is not None
    cell = WORKERS[watch.node, pod]
    if new is not None and new.terminal:  # pod_workers.go UpdatePod
        worker = cluster[cell]
        if worker is not None and worker.uid == new.metadata.uid and worker.finished is None:
            return cluster.set(cell, attrs.evolve(worker, finished=new.status.phase))
    return _forget_rejected(cluster, watch.node, pod, old, new)


def _forget_rejected(cluster: Cluster, node: str, pod: str, old: Any, new: Any) -> Cluster:
    """Forget a rejected pod as soon as it is seen to be gone: it never had containers that would have to end first."""
    if old is None or (new is not None and new.metadata.uid == old.metadata.uid):
        return cluster
    worker = cluster[WORKERS[node, pod]]
    if worker is None or worker.rejected is None or worker.uid != old.metadata.uid:
        return cluster
    return cluster.set(WORKERS[node, pod], None) if idle(cluster, client_of(node, pod)) else cluster
