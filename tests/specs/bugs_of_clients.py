"""Bugs of scheduler, kubelet, controllers and kube-proxy: what makes a broken transition of the faithful one."""

from collections.abc import Callable
from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster
from kmodel.kubernetes.components import scheduler
from kmodel.kubernetes.components.calls import CALLS, Request, Transaction, idle, send
from kmodel.kubernetes.components.controllers.expectations import Expectations
from kmodel.kubernetes.components.controllers.pod_gc import QUARANTINE
from kmodel.kubernetes.components.controllers.replicaset_controller import EXPECTATIONS, ROUND, Round
from kmodel.kubernetes.components.etcd import QUEUES, stored, version, write
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, cached
from kmodel.kubernetes.components.kubelet.pods import known_pod
from kmodel.kubernetes.components.kubelet.state import WORKERS, client_of, node_client_of
from kmodel.kubernetes.components.proxy import RULES
from kmodel.kubernetes.components.runtime import RUNTIME, RunningContainer, Sandbox
from kmodel.kubernetes.components.scheduler import ASSUMED, SCHEDULER
from kmodel.kubernetes.components.settings import SETTINGS
from kmodel.kubernetes.objects import Endpoint, Node, Pod, PodStatus
from tests.specs.bugs import hiding
from tests.specs.mutants import Function

Hidden = dict[Cell[Any], Any]


def _nodes_seen_as(change: Callable[[Node], Node]) -> Callable[[Cluster, dict[str, str]], Hidden]:
    def hide(cluster: Cluster, binding: dict[str, str]) -> Hidden:
        cells = [cached("nodes")[SCHEDULER, name] for name in cluster.names(stored("nodes"))]
        return {cell: change(cluster[cell]) for cell in cells if cluster[cell] is not None}

    return hide


def _without_taints(node: Node) -> Node:
    return attrs.evolve(node, spec=attrs.evolve(node.spec, taints=(), unschedulable=False))


def _with_endless_memory(node: Node) -> Node:
    return attrs.evolve(node, status=attrs.evolve(node.status, memory_bytes=1 << 50))


def _with_endless_room_for_pods(node: Node) -> Node:
    return attrs.evolve(node, status=attrs.evolve(node.status, pods=1 << 20))


def _without_assumptions(cluster: Cluster, binding: dict[str, str]) -> Hidden:
    return {ASSUMED[pod]: None for pod in cluster.names(ASSUMED) if pod != binding["pod"]}


ignores_taints = hiding(_nodes_seen_as(_without_taints))
ignores_memory = hiding(_nodes_seen_as(_with_endless_memory))
ignores_the_number_of_pods = hiding(_nodes_seen_as(_with_endless_room_for_pods))
ignores_assumed_pods = hiding(_without_assumptions)


def scheduler_reports_running(schedule: Function) -> Function:
    """The scheduler reports the pod Running instead of binding it."""

    def broken(cluster: Cluster, pod: str, node: str) -> Cluster | None:
        after = schedule(cluster, pod=pod, node=node)
        if after is None:
            return None
        status = PodStatus(phase="Running", ready=True).report(PodStatus())
        request = Request("system:kube-scheduler", "patch", "pods", pod, status, subresource="status")
        return after.set(CALLS[scheduler.client_of(pod)], request)

    return broken


def scheduler_goes_to_etcd(schedule: Function) -> Function:
    """The scheduler hands etcd the binding, past the api-server."""

    def broken(cluster: Cluster, pod: str, node: str) -> Cluster | None:
        after = schedule(cluster, pod=pod, node=node)
        if after is None:
            return None
        request: Any = after[CALLS[scheduler.client_of(pod)]]
        value = cluster[stored("pods")[pod]]
        if value is None:
            return None
        bound = attrs.evolve(value, spec=attrs.evolve(value.spec, node_name=node))
        return after.set(CALLS[scheduler.client_of(pod)], Transaction(request, pod, version(value), bound))

    return broken


def kubelet_goes_to_etcd(report_status: Function) -> Function:
    """The kubelet writes a pod's status to etcd itself."""

    def broken(cluster: Cluster, node: str, pod: str) -> Cluster | None:
        after = report_status(cluster, node=node, pod=pod)
        value = cluster[stored("pods")[pod]]
        request: Any = None if after is None else after[CALLS[client_of(node, pod)]]
        if after is None or value is None or request is None:
            return None
        after = after.set(CALLS[client_of(node, pod)], None)
        return write(after, "pods", pod, attrs.evolve(value, status=request.body))

    return broken


def kubelet_reports_ready_too_early(report_status: Function) -> Function:
    """The kubelet reports a pod ready as soon as its containers are created."""

    def broken(cluster: Cluster, node: str, pod: str) -> Cluster | None:
        known, sandbox = known_pod(cluster, node, pod), cluster[RUNTIME[node, pod]]
        worker = cluster[WORKERS[node, pod]]
        if known is None or sandbox is None or worker is None or worker.reported is not None:
            return report_status(cluster, node=node, pod=pod)
        status = PodStatus(phase="Running", ready=True, scheduled=True)
        body = status.report(known.status)
        request = Request(f"system:node:{node}", "patch", "pods", pod, body, subresource="status", uid=worker.uid)
        return send(cluster.update(WORKERS[node, pod], reported=status), client_of(node, pod), request)

    return broken


def _as_if_probed(cluster: Cluster, binding: dict[str, str]) -> Hidden:
    cell = WORKERS[binding["node"], binding["pod"]]
    worker, known = cluster[cell], known_pod(cluster, binding["node"], binding["pod"])
    if worker is None or known is None:
        return {}
    names = tuple(sorted(container.name for container in known.spec.containers))
    return {cell: attrs.evolve(worker, started=names, ready=names)}


kubelet_asks_no_probes = hiding(_as_if_probed)


def kubelet_rewrites_how_a_pod_ended(report_status: Function) -> Function:
    """The kubelet reports of a pod that has finished that it ended the other way."""

    def broken(cluster: Cluster, node: str, pod: str) -> Cluster | None:
        known, worker = known_pod(cluster, node, pod), cluster[WORKERS[node, pod]]
        if known is None or worker is None or not known.terminal or not idle(cluster, client_of(node, pod)):
            return report_status(cluster, node=node, pod=pod)
        status = attrs.evolve(known.status, phase="Failed" if known.status.phase == "Succeeded" else "Succeeded")
        body = status.report(known.status)
        request = Request(f"system:node:{node}", "patch", "pods", pod, body, subresource="status", uid=worker.uid)
        return send(cluster, client_of(node, pod), request)

    return broken


def kubelet_speaks_for_another(report_status: Function) -> Function:
    """A kubelet reports a pod's status under the name of the kubelet of n2."""

    def broken(cluster: Cluster, node: str, pod: str) -> Cluster | None:
        after = report_status(cluster, node=node, pod=pod)
        if after is None:
            return None
        request: Any = after[CALLS[client_of(node, pod)]]
        return after.set(CALLS[client_of(node, pod)], attrs.evolve(request, user="system:node:n2"))

    return broken


def kubelet_registers_another_node(register_node: Function) -> Function:
    """A kubelet registers n2, whatever its own node is."""

    def broken(cluster: Cluster, node: str) -> Cluster | None:
        if node == "n2" or not idle(cluster, node_client_of(node)) or cluster[stored("nodes")["n2"]] is not None:
            return None
        value = next(each for each in cluster[SETTINGS].nodes if each.metadata.name == "n2")
        request = Request(f"system:node:{node}", "create", "nodes", "n2", value)
        return send(cluster, node_client_of(node), request)

    return broken


def kubelet_forgets_to_name_the_uid(finish_deletion: Function) -> Function:
    """The kubelet deletes a pod for good by its name, whichever pod has the name by then."""

    def broken(cluster: Cluster, node: str, pod: str) -> Cluster | None:
        after = finish_deletion(cluster, node=node, pod=pod)
        if after is None:
            return None
        request: Any = after[CALLS[client_of(node, pod)]]
        return after.set(CALLS[client_of(node, pod)], attrs.evolve(request, uid=None))

    return broken


def kubelet_runs_every_pod(create_containers: Function) -> Function:
    """A kubelet runs every pod that is stored, wherever it is bound."""

    def broken(cluster: Cluster, node: str, pod: str) -> Cluster | None:
        value: Pod | None = cluster[stored("pods")[pod]]
        if value is None or value.metadata.uid is None or cluster[RUNTIME[node, pod]] is not None:
            return None
        made = tuple(RunningContainer(container.name) for container in value.spec.containers)
        return cluster.set(RUNTIME[node, pod], Sandbox(value.metadata.uid, made))

    return broken


def starts_all_at_once(start_container: Function) -> Function:
    """A kubelet starts containers though init containers have not ended."""

    def broken(cluster: Cluster, node: str, pod: str) -> Cluster | None:
        sandbox = cluster[RUNTIME[node, pod]]
        if sandbox is None or not any(each.starts_next for each in sandbox.everybody):
            return None
        return cluster.set(RUNTIME[node, pod], sandbox.change(lambda each: each.starts_next, state="running"))

    return broken


def _with_policy_always(cluster: Cluster, binding: dict[str, str]) -> Hidden:
    cell = cached("pods")[f"kubelet/{binding['node']}", binding["pod"]]
    known: Pod | None = cluster[cell]
    return {} if known is None else {cell: attrs.evolve(known, spec=attrs.evolve(known.spec, restart_policy="Always"))}


restarts_whatever_the_policy = hiding(_with_policy_always)


def loses_its_disk(crash_node: Function) -> Function:
    """A node that goes down forgets which containers there were."""

    def broken(cluster: Cluster, node: str) -> Cluster | None:
        after = crash_node(cluster, node=node)
        if after is None:
            return None
        for pod in cluster.names(stored("pods")):
            after = after.set(RUNTIME[node, pod], None)
        return after

    return broken


def kubelet_uses_another_runtime(create_containers: Function) -> Function:
    """A kubelet has the container runtime of n2 create the containers."""

    def broken(cluster: Cluster, node: str, pod: str) -> Cluster | None:
        after = create_containers(cluster, node=node, pod=pod)
        if after is None:
            return None
        return after.set(RUNTIME["n2", pod], after[RUNTIME[node, pod]]).set(RUNTIME[node, pod], None)

    return broken


def watch_delivers_the_latest_first(receive_event: Function) -> Function:
    """A watch delivers its latest event before those that wait."""

    def broken(cluster: Cluster, watcher: str, resource: str) -> Cluster | None:
        queue = cluster[QUEUES[watcher, resource]]
        if isinstance(queue, tuple) and queue:
            cluster = cluster.set(QUEUES[watcher, resource], (queue[-1], *queue[:-1]))
        return receive_event(cluster, watcher=watcher, resource=resource)

    return broken


def controller_expects_nothing(reconcile: Function) -> Function:
    """The ReplicaSet controller trusts its cache at once, whatever it has asked for before."""

    def broken(cluster: Cluster, kind: str, name: str) -> Cluster | None:
        return reconcile(cluster.set(EXPECTATIONS[kind, name], Expectations()), kind=kind, name=name)

    return broken


def controller_counts_one_too_few(reconcile: Function) -> Function:
    """The ReplicaSet controller makes one pod more than is missing, and expects as many."""

    def broken(cluster: Cluster, kind: str, name: str) -> Cluster | None:
        after = reconcile(cluster, kind=kind, name=name)
        if after is None:
            return None
        more = after[ROUND[kind, name]].creations + 1
        after = after.set(ROUND[kind, name], Round(creations=more))
        return after.set(EXPECTATIONS[kind, name], Expectations(creations=more))

    return broken


def gives_up_all_pods(scale_down: Function) -> Function:
    """The ReplicaSet controller deletes all active pods where one is too many."""

    def broken(cluster: Cluster, kind: str, name: str, pod: str) -> Cluster | None:
        after = scale_down(cluster, kind=kind, name=name, pod=pod)
        if after is None:
            return None
        names = tuple(name for name in cluster.names(stored("pods")) if cluster[stored("pods")[name]] is not None)
        return after.set(ROUND[kind, name], Round(deletions=names))

    return broken


def _ready_and_not(cluster: Cluster, binding: dict[str, str]) -> Hidden:
    cells = [cached("pods")[CONTROLLER_MANAGER, name] for name in cluster.names(stored("pods"))]
    pods = {cell: cluster[cell] for cell in cells}
    return {
        cell: attrs.evolve(pod, status=PodStatus() if pod.status.ready else PodStatus("Running", ready=True))
        for cell, pod in pods.items()
        if pod is not None
    }


gives_up_ready_pods_first = hiding(_ready_and_not)


def _as_if_ready(cluster: Cluster, binding: dict[str, str]) -> Hidden:
    cells = [cached("pods")[CONTROLLER_MANAGER, name] for name in cluster.names(stored("pods"))]
    pods = {cell: cluster[cell] for cell in cells}
    return {
        cell: attrs.evolve(pod, status=attrs.evolve(pod.status, phase="Running", ready=True))
        for cell, pod in pods.items()
        if pod is not None
    }


ignores_readiness = hiding(_as_if_ready)


def _without_nodes(cluster: Cluster, binding: dict[str, str]) -> Hidden:
    names = cluster.names(QUARANTINE)
    hidden: Hidden = {QUARANTINE[name]: True for name in names}
    hidden |= {stored("nodes")[name]: None for name in names}
    return hidden | {cached("nodes")[CONTROLLER_MANAGER, name]: None for name in names}


ignores_nodes = hiding(_without_nodes)


def proxy_routes_to_all(program_rules: Function) -> Function:
    """kube-proxy routes a Service to all that its slice lists, ready or not."""

    def broken(cluster: Cluster, node: str, service: str) -> Cluster | None:
        known = cluster[cached("endpointslices")[f"kube-proxy/{node}", service]]
        wanted = () if known is None else known.endpoints
        return None if cluster[RULES[node, service]] == wanted else cluster.set(RULES[node, service], wanted)

    return broken


def _with_silent_nodes(cluster: Cluster, binding: dict[str, str]) -> Hidden:
    cells = [cached("nodes")[CONTROLLER_MANAGER, name] for name in cluster.names(stored("nodes"))]
    nodes = {cell: cluster[cell] for cell in cells}
    return {
        cell: attrs.evolve(node, status=attrs.evolve(node.status, ready="Unknown"))
        for cell, node in nodes.items()
        if node is not None
    }


takes_nodes_for_silent = hiding(_with_silent_nodes)


def proxy_invents_an_endpoint(program_rules: Function) -> Function:
    """kube-proxy routes to every pod that it can find."""

    def broken(cluster: Cluster, node: str, service: str) -> Cluster | None:
        pods = [cluster[stored("pods")[name]] for name in cluster.names(stored("pods"))]
        found = tuple(Endpoint(pod.metadata.key, pod.metadata.uid) for pod in pods if pod is not None)
        if found == cluster[RULES[node, service]]:
            return None
        return cluster.set(RULES[node, service], found)

    return broken
