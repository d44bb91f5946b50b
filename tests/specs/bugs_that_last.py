"""Bugs by which something never happens, or never ends: functions that make a broken transition of the faithful one."""

from collections.abc import Callable

import attrs

from kmodel.kernel import Cluster
from kmodel.kubernetes.components.controllers.expectations import Expectations
from kmodel.kubernetes.components.controllers.replicaset_controller import EXPECTATIONS, ROUND, Round, owned
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, cached, in_cache
from kmodel.kubernetes.components.kubelet.pods import known_pod
from kmodel.kubernetes.components.kubelet.state import WORKERS, watcher_of
from kmodel.kubernetes.components.runtime import RUNTIME
from kmodel.kubernetes.components.scheduler import SCHEDULER
from tests.specs.mutants import Breaking, Function


def unless(refuses: Callable[..., bool]) -> Breaking:
    """Return the breaking by which a transition is not enabled where a function of the cluster says so."""

    def breaking(function: Function) -> Function:
        def broken(cluster: Cluster, **binding: str) -> Cluster | None:
            return None if refuses(cluster, **binding) else function(cluster, **binding)

        return broken

    return breaking


def always(cluster: Cluster, **binding: str) -> bool:
    """Nothing is ever done."""
    return True


def was_unschedulable(cluster: Cluster, pod: str, node: str) -> bool:
    """The scheduler never comes back to a pod that fitted nowhere once."""
    pending = in_cache(cluster, SCHEDULER, "pods", pod)
    return pending is not None and pending.status.scheduled is False


def was_reported_before(cluster: Cluster, node: str, pod: str) -> bool:
    """The kubelet reports of each pod only once."""
    worker = cluster[WORKERS[node, pod]]
    return worker is not None and worker.reported is not None


def was_rejected(cluster: Cluster, node: str, pod: str) -> bool:
    """The kubelet tells nobody that it rejected a pod."""
    worker = cluster[WORKERS[node, pod]]
    return worker is not None and worker.rejected is not None


def exited_with_zero(cluster: Cluster, node: str, pod: str) -> bool:
    """The kubelet takes restartPolicy Always for OnFailure."""
    sandbox = cluster[RUNTIME[node, pod]]
    return sandbox is not None and any(each.exit_code == 0 for each in sandbox.containers)


def is_being_deleted(cluster: Cluster, node: str, pod: str) -> bool:
    """The kubelet leaves a pod that is being deleted alone."""
    known = known_pod(cluster, node, pod)
    return known is not None and known.metadata.deleting


def is_gone(cluster: Cluster, node: str, pod: str) -> bool:
    """The kubelet leaves the containers of a pod alone that is gone [kubernetes/kubernetes#113145]."""
    return cluster[cached("pods")[watcher_of(node), pod]] is None


def has_a_slice(cluster: Cluster, service: str) -> bool:
    """The EndpointSlice controller writes each slice only once."""
    return cluster[stored("endpointslices")[service]] is not None


def replaces_what_is_not_ready(reconcile: Function) -> Function:
    """The ReplicaSet controller deletes a pod that is not ready, however young, to have a better one."""

    def broken(cluster: Cluster, kind: str, name: str) -> Cluster | None:
        after = reconcile(cluster, kind=kind, name=name)
        workload = in_cache(cluster, CONTROLLER_MANAGER, "replicasets", name)
        busy = cluster[ROUND[kind, name]] != Round() or not cluster[EXPECTATIONS[kind, name]].fulfilled
        if after is not None or workload is None or busy:
            return after
        unready = tuple(pod.metadata.key for pod in owned(cluster, workload) if pod.active and not pod.status.ready)
        if not unready:
            return None
        cluster = cluster.set(EXPECTATIONS[kind, name], Expectations(deletions=unready))
        return cluster.set(ROUND[kind, name], Round(deletions=unready))

    return broken


def keeps_one_too_few(reconcile: Function) -> Function:
    """The ReplicaSet controller counts the pods from zero, and so wants one less than is desired."""

    def broken(cluster: Cluster, kind: str, name: str) -> Cluster | None:
        after = reconcile(cluster, kind=kind, name=name)
        if after is None:
            return None
        plan = after[ROUND[kind, name]]
        fewer = max(0, plan.creations - 1)
        if plan.creations and not fewer:
            return None
        after = after.set(ROUND[kind, name], attrs.evolve(plan, creations=fewer))
        return after.set(EXPECTATIONS[kind, name], Expectations(fewer, after[EXPECTATIONS[kind, name]].deletions))

    return broken
