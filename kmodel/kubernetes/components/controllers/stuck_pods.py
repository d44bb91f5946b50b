"""Pods that cannot become ready, whoever waits: the cause of time-outs, which have no clock in the model."""

from kmodel.kernel import Cluster
from kmodel.kubernetes.components.etcd import NODES
from kmodel.kubernetes.components.kubelet.state import is_connected
from kmodel.kubernetes.components.references import missing_config, missing_volume
from kmodel.kubernetes.objects import DEFAULT_SCHEDULER, Pod


def is_stuck(cluster: Cluster, pod: Pod) -> bool:
    """Tell whether a pod waits for what is not there: a node with room, a scheduler, an object, a node that speaks."""
    spec, namespace = pod.spec, pod.metadata.namespace
    if spec.node_name is None:
        kept = bool(spec.scheduling_gates) or spec.scheduler_name != DEFAULT_SCHEDULER
        return kept or pod.status.scheduled is False
    if spec.readiness_gates or pod.terminal:
        return True
    if not cluster.has(NODES[spec.node_name]) or not is_connected(cluster, spec.node_name):
        return True
    if missing_volume(cluster, spec, namespace) is not None:
        return True
    return any(missing_config(cluster, container, namespace) is not None for container in spec.containers)
