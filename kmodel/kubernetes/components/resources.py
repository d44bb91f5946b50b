"""What both the scheduler and the kubelet ask: does a pod fit, is a taint tolerated.

Upstream: pkg/scheduler/framework/plugins/noderesources/fit.go; k8s.io/component-helpers scheduling/corev1/helpers.go,
1.34.
"""

from collections.abc import Sequence

from kmodel.kubernetes.objects import NodeStatus, PodSpec, Taint, Toleration


def fit(pod: PodSpec, others: Sequence[PodSpec], node: NodeStatus) -> str | None:
    """Return which of pods, cpu, memory the node has too little of for one pod more; None if it fits."""
    if len(others) + 1 > node.pods:
        return "pods"
    if pod.cpu_millicores and pod.cpu_millicores + sum(other.cpu_millicores for other in others) > node.cpu_millicores:
        return "cpu"
    if pod.memory_bytes and pod.memory_bytes + sum(other.memory_bytes for other in others) > node.memory_bytes:
        return "memory"
    return None


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
