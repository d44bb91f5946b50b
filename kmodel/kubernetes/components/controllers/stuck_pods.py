"""Pods that cannot be created, or become ready, whoever waits: the cause of time-outs, which have no clock."""

from kmodel.kernel import Cluster
from kmodel.kubernetes.components.apiserver.quotas import exceeds_quota, quotas_of
from kmodel.kubernetes.components.calls import Request
from kmodel.kubernetes.components.etcd import NODES
from kmodel.kubernetes.components.kubelet.state import WORKERS, is_connected
from kmodel.kubernetes.components.references import missing_config, missing_volume, refusal
from kmodel.kubernetes.components.runtime import RUNTIME
from kmodel.kubernetes.components.settings import SETTINGS
from kmodel.kubernetes.objects import DEFAULT_SCHEDULER, ObjectMeta, Pod, PodSpec, ReplicaSet
from kmodel.kubernetes.objects.container import LIVENESS, READINESS, STARTUP


def is_stuck(cluster: Cluster, pod: Pod) -> bool:
    """Tell whether a pod waits for what does not come: a node with room, a scheduler, an object, a node that speaks, an
    image, an answer of a container that hangs and that no probe would have started again.
    """
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
    if any(missing_config(cluster, container, namespace) is not None for container in spec.all_containers):
        return True
    if _lacks_an_image(cluster, pod.metadata.key, spec):
        return True
    return spec.has_probes and _hangs_for_good(cluster, pod.metadata.key, spec)


def is_refused(cluster: Cluster, workload: ReplicaSet) -> bool:
    """Tell whether the api-server refuses another pod of a ReplicaSet: by what it names, or by a quota."""
    return refusal(cluster[SETTINGS], _next_of(workload)) is not None or quota_refusal(cluster, workload) is not None


def quota_refusal(cluster: Cluster, workload: ReplicaSet) -> str | None:
    """Return by which quota the api-server refuses another pod of a ReplicaSet, in its words; None if by none."""
    if exceeds_quota(cluster, Request("", "create", "pods", "")):
        return f"exceeded quota: pods={cluster[SETTINGS].pod_quota}"
    pod = _next_of(workload)
    said = (quota.refusal(pod) for quota in quotas_of(cluster, workload.metadata.namespace))
    return next((why for why in said if why is not None), None)


def _next_of(workload: ReplicaSet) -> Pod:
    metadata = ObjectMeta("", workload.metadata.namespace, labels=workload.template.labels)
    return Pod(metadata, workload.template.spec)


def _lacks_an_image(cluster: Cluster, pod: str, spec: PodSpec) -> bool:
    there = RUNTIME[spec.node_name or "", pod]
    sandbox = cluster[there] if cluster.has(there) else None
    return sandbox is not None and not all(each.pulled for each in sandbox.everybody)


def _hangs_for_good(cluster: Cluster, pod: str, spec: PodSpec) -> bool:
    node = spec.node_name or ""
    if not cluster.has(RUNTIME[node, pod]):
        return False
    sandbox, worker = cluster[RUNTIME[node, pod]], cluster[WORKERS[node, pod]]
    if sandbox is None or worker is None:
        return False
    hanging = {each.name for each in sandbox.containers if each.state == "running" and not each.answers}
    return any(
        each.name in hanging
        and READINESS in each.probes
        and LIVENESS not in each.probes
        and (STARTUP not in each.probes or each.name in worker.started)
        for each in spec.containers
    )
