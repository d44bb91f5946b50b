"""kubelet, what it remembers: its pod workers; and whether its node is up, and connected to the api-server."""

import attrs

from kmodel.kernel import Cells, Cluster, Rank
from kmodel.kubernetes.components.calls import clients
from kmodel.kubernetes.objects import PodSpec, PodStatus
from kmodel.kubernetes.objects.container import READINESS, STARTUP, Resources


@attrs.frozen(cache_hash=True)
class Worker:
    """What the kubelet knows of one pod: its UID, why it was rejected if it was, and the status last acknowledged.

    `finished` is the final phase in which it has ended, or that the api-server was once seen to have: from then on the
    pod goes, and keeps it.
    `started` and `ready` are the containers whose startup or readiness probe has succeeded since they were started.
    """

    uid: Rank
    rejected: str | None = None
    reported: PodStatus | None = None
    finished: str | None = None
    started: tuple[str, ...] = ()
    ready: tuple[str, ...] = ()

    def without(self, container: str) -> "Worker":
        """Return what the kubelet knows once a container is another one: none of its probes has succeeded."""
        started = tuple(name for name in self.started if name != container)
        return attrs.evolve(self, started=started, ready=tuple(name for name in self.ready if name != container))

    def passed(self, pod: PodSpec) -> bool:
        """Tell whether the probes of a pod's containers let them be ready, if they run."""
        return all(
            (STARTUP not in each.probes or each.name in self.started)
            and (READINESS not in each.probes or each.name in self.ready)
            for each in pod.containers
        )


PROCESS = "kubelet/{node}"
UP: Cells[bool] = Cells("kubelet/up")  # False: the node is down
CONNECTED: Cells[bool] = Cells("kubelet/connected")  # False: the node is cut off from the api-server
REGISTERED: Cells[bool] = Cells("kubelet/registered")  # whether the kubelet has created its Node since it started
WORKERS: Cells[Worker | None] = Cells("kubelet/workers")
# What the kubelet has given each pod: on disk [pkg/kubelet/allocation/state]; there where pods may be resized.
ALLOCATED: Cells[Resources | None] = Cells("kubelet/allocated")


def watcher_of(node: str) -> str:
    """Return the name under which the kubelet of a node lists and watches."""
    return f"kubelet/{node}"


client_of = clients("kubelet/{}/{}")  # by which the kubelet of a node writes about a pod
node_client_of = clients("kubelet/{} node")  # by which the kubelet writes its Node
lease_client_of = clients("kubelet/{} lease")  # by which the kubelet renews its lease


def is_up(cluster: Cluster, node: str) -> bool:
    """Tell whether the node's machine, and so its kubelet, is up; without node crashes it always is."""
    return not cluster.has(UP[node]) or cluster[UP[node]]


def is_connected(cluster: Cluster, node: str) -> bool:
    """Tell whether the node is up and can talk to the api-server; without network partitions it can when it is up."""
    return is_up(cluster, node) and (not cluster.has(CONNECTED[node]) or cluster[CONNECTED[node]])


def allocated(cluster: Cluster, node: str, pod: str) -> Resources | None:
    """Return what a kubelet has given a pod; None if it is what the pod asks for, or nothing."""
    return cluster[ALLOCATED[node, pod]] if cluster.has(ALLOCATED[node, pod]) else None


def as_allocated(cluster: Cluster, node: str, pod: str, spec: PodSpec) -> PodSpec:
    """Return a pod's spec with what its kubelet has given it in the place of what it asks for."""
    held = allocated(cluster, node, pod)
    return spec if held is None else attrs.evolve(spec, requests=held)


def with_worker(cluster: Cluster, node: str, pod: str, worker: Worker | None, given: Resources | None) -> Cluster:
    """Return the cluster in which the kubelet has begun with a pod, and given it so much; or has forgotten it."""
    cluster = cluster.set(WORKERS[node, pod], worker)
    return cluster.set(ALLOCATED[node, pod], given) if cluster.has(ALLOCATED[node, pod]) else cluster
