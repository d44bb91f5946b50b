"""What both the scheduler and the kubelet ask: does a pod fit, is a taint tolerated.

Upstream: k8s.io/component-helpers scheduling/corev1/helpers.go, 1.34; pkg/scheduler/framework/plugins/
{noderesources/fit.go fitsRequest,nodeports/node_ports.go fitsPorts}, read in 1.33 in the making (a fork at 0b0abd6c);
nodeaffinity and interpodaffinity beside them were not read.
"""

from collections.abc import Iterator, Sequence

from kmodel.kubernetes.objects import Node, NodeStatus, Pod, PodSpec, Taint, Toleration
from kmodel.kubernetes.objects.affinity import admits

ANY_ADDRESS = "0.0.0.0"


def fit(pod: PodSpec, others: Sequence[PodSpec], node: NodeStatus) -> str | None:
    """Return the first resource of which the node has too little for one pod more; None if it fits."""
    return next(lacking(pod, others, node), None)


def lacking(pod: PodSpec, others: Sequence[PodSpec], node: NodeStatus) -> Iterator[str]:
    """Yield the resources of which the node has too little for one pod more: pods, cpu, memory, and others."""
    if len(others) + 1 > node.pods:
        yield "pods"
    if pod.cpu_millicores and pod.cpu_millicores + sum(other.cpu_millicores for other in others) > node.cpu_millicores:
        yield "cpu"
    if pod.memory_bytes and pod.memory_bytes + sum(other.memory_bytes for other in others) > node.memory_bytes:
        yield "memory"
    for name in pod.others:
        asked = pod.other(name)
        if asked and asked + sum(other.other(name) for other in others) > node.other(name):
            yield name


def matches_node(pod: PodSpec, node: Node) -> bool:
    """Tell whether a node is one of those that a pod's node selector and its node affinity let it run on."""
    metadata = node.metadata
    selected = set(pod.node_selector) <= set(metadata.labels)
    return selected and admits(pod.node_affinity, metadata.name, metadata.labels)


def ports_are_free(pod: PodSpec, others: Sequence[PodSpec]) -> bool:
    """Tell whether no other pod has a port of the node that the pod asks for [framework.HostPortInfo.CheckConflict]."""
    taken = [port for other in others for port in other.host_ports]
    return not any(_same_port(port, other) for port in pod.host_ports for other in taken)


def _same_port(port: tuple[str, str, int], other: tuple[str, str, int]) -> bool:
    addresses = {port[1], other[1]}
    return (port[0], port[2]) == (other[0], other[2]) and (len(addresses) == 1 or ANY_ADDRESS in addresses)


def keeps_apart(pod: Pod, other: Pod) -> bool:
    """Tell whether a pod must not be on a node with another one, by its own anti-affinity."""
    here, there = pod.metadata.namespace, other.metadata
    return any(each.means(here, there.namespace, there.labels) for each in pod.spec.kept_apart)


def matching(taint: Taint, tolerations: Sequence[Toleration]) -> Toleration | None:
    """Return the first of the tolerations that is for this taint; None if there is none."""
    for toleration in tolerations:
        if toleration.effect in (None, taint.effect) and (
            (toleration.key is None and toleration.operator == "Exists")
            or (toleration.key == taint.key and (toleration.operator == "Exists" or toleration.value == taint.value))
        ):
            return toleration
    return None


def tolerated(taint: Taint, tolerations: Sequence[Toleration]) -> bool:
    """Tell whether one of the tolerations is for this taint."""
    return matching(taint, tolerations) is not None
