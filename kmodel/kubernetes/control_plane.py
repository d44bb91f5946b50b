"""The whole control plane: which cells, which actions, which initial state a scenario has.

At the start the control plane is up: nodes and other stored objects are in etcd, and all informers have listed them.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import attrs

from kmodel.kernel import Action, Cell, Cluster, Rank
from kmodel.kubernetes.components import (
    apiserver,
    controllers,
    etcd,
    faults,
    kubectl,
    kubelet,
    proxy,
    runtime,
    scheduler,
)
from kmodel.kubernetes.components.callers import (
    ENDPOINTSLICE,
    HEARTBEAT,
    KUBECTL,
    KUBELET,
    NODE_LIFECYCLE,
    NODE_STATUS,
    POD_GARBAGE_COLLECTOR,
    REGISTRATION,
    REPLICASET,
    SCHEDULER,
    TAINT_EVICTION,
    Caller,
    fuse,
)
from kmodel.kubernetes.components.calls import CALLS, SPLIT, is_orphan, slot
from kmodel.kubernetes.components.controllers import node_lifecycle, pod_gc, replicaset
from kmodel.kubernetes.components.etcd import WATCHES, Watch, about, renewals, stored, uids, versions, with_metadata
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, Informer, cached
from kmodel.kubernetes.components.kubelet import pods as kubelet_pods
from kmodel.kubernetes.components.kubelet import state as kubelet_state
from kmodel.kubernetes.components.settings import SETTINGS, Settings
from kmodel.kubernetes.objects import KINDS, Lease, ObjectMeta, Pod, resource_of

OPTIONAL_ACTORS = (
    "kube-scheduler",
    "kubelet",
    "replicaset-controller",
    "endpointslice-controller",
    "node-lifecycle-controller",
    "taint-eviction-controller",
    "pod-garbage-collector",
    "kube-proxy",
    "heartbeats",
)
SUFFIXES = "bcdfghjklmnpqrstvwxz2456789"  # the letters of generated names [apimachinery pkg/util/rand]


@attrs.frozen
class _Plan:
    """The names of a scenario, and which components take part."""

    settings: Settings
    pods: tuple[str, ...]
    containers: tuple[tuple[str, tuple[str, ...]], ...]  # per pod, by key

    def takes_part(self, actor: str) -> bool:
        return actor in self.settings.actors

    @property
    def nodes(self) -> tuple[str, ...]:
        return tuple(node.metadata.name for node in self.settings.nodes)

    @property
    def workloads(self) -> tuple[tuple[str, str], ...]:
        return tuple(replicaset.workload_key(workload) for workload in self.settings.workloads)

    def callers(self) -> Iterator[tuple[Caller, dict[str, tuple[str, ...]] | tuple[tuple[str, str], ...]]]:
        """Yield who calls the api-server, each with the values of its binding."""
        nodes, pods, services = self.nodes, self.pods, self.settings.services
        yield KUBECTL, {"user": tuple(session.user for session in self.settings.sessions)}
        if self.takes_part("kube-scheduler"):
            yield SCHEDULER, {"pod": pods}
        if self.takes_part("kubelet"):
            yield KUBELET, {"node": nodes, "pod": pods}
        if self.settings.register_nodes:
            yield REGISTRATION, {"node": nodes}
        if self.takes_part("node-lifecycle-controller"):
            yield NODE_STATUS, {"node": nodes}
            yield NODE_LIFECYCLE, {"node": nodes}
        if self.takes_part("heartbeats"):
            yield HEARTBEAT, {"node": nodes}
        if self.takes_part("taint-eviction-controller"):
            yield TAINT_EVICTION, {"pod": pods}
        if self.takes_part("pod-garbage-collector"):
            yield POD_GARBAGE_COLLECTOR, {"pod": pods}
        if self.takes_part("replicaset-controller"):
            yield REPLICASET, self.workloads
        if self.takes_part("endpointslice-controller"):
            yield ENDPOINTSLICE, {"service": services}

    def clients(self) -> Iterator[str]:
        """Yield the clients, each followed by the slots of the calls that outlive it."""
        seen = set()
        for caller, domain in self.callers():
            for values in _bindings(domain):
                client = caller.client(*values)
                if client in seen:
                    continue
                seen.add(client)
                yield client
                for number in range(1, sum(self.settings.budget(fault) for fault in caller.orphaned_by) + 1):
                    yield slot(client, number)

    def resources(self) -> tuple[str, ...]:
        """Return the resources that the scenario has, in the order of the registry of kinds."""
        there = {
            resource_of(value) for value in (*self.settings.nodes, *self.settings.workloads, *self.settings.objects)
        }
        there |= {
            resource_of(command.object)
            for session in self.settings.sessions
            for command in session.commands
            if command.object
        }
        watching = ("kube-scheduler", "kubelet", "replicaset-controller", "endpointslice-controller")
        there |= {"pods"} if self.pods or any(self.takes_part(actor) for actor in watching) else set()
        there |= {"endpointslices"} if self.takes_part("endpointslice-controller") else set()
        there |= {"leases"} if self.takes_part("heartbeats") else set()
        return tuple(kind.resource for kind in KINDS if kind.resource in there)

    def keys(self, resource: str) -> tuple[str, ...]:
        """Return the keys that objects of the resource may ever have, each once."""
        match resource:
            case "pods":
                return self.pods
            case "nodes" | "leases":
                return self.nodes
            case "services" | "endpointslices":
                return self.settings.services
        return tuple(name for kind, name in self.workloads if replicaset.RESOURCES[kind] == resource)

    def watches(self) -> tuple[Watch, ...]:
        """Return who watches what."""
        found: list[Watch] = []
        if self.takes_part("kube-scheduler"):
            polls = self.settings.scheduler == "poll"
            found += [Watch(scheduler.SCHEDULER, resource, polls=polls) for resource in ("pods", "nodes")]
        if self.takes_part("kubelet"):
            polls = self.settings.kubelet == "poll"
            found += [Watch(kubelet_state.watcher_of(node), "pods", node, polls) for node in self.nodes]
        shared: list[str] = []
        if self.takes_part("replicaset-controller"):
            shared += ["pods", *(replicaset.RESOURCES[kind] for kind, _ in self.workloads)]
        if self.takes_part("endpointslice-controller"):
            shared += ["pods", "services", "endpointslices"]
        if self.takes_part("node-lifecycle-controller"):
            shared += ["nodes", "leases"]
        if self.takes_part("taint-eviction-controller") or self.takes_part("pod-garbage-collector"):
            shared += ["pods", "nodes"]
        found += [Watch(CONTROLLER_MANAGER, resource) for resource in dict.fromkeys(shared)]
        if self.takes_part("kube-proxy"):
            found += [Watch(proxy.watcher_of(node), "endpointslices") for node in self.nodes]
        return tuple(watch for watch in found if watch.resource in self.resources())


def build(settings: Settings) -> tuple[Cluster, tuple[Action, ...]]:
    """Return the initial cluster of a scenario and the actions of all that takes part in it."""
    plan = _plan(settings)
    return _initial(plan), tuple(_actions(plan))


def _plan(settings: Settings) -> _Plan:
    containers: dict[str, tuple[str, ...]] = {}
    commanded = [command.object for session in settings.sessions for command in session.commands]
    for value in (*commanded, *settings.objects):
        if isinstance(value, Pod):
            names = tuple(container.name for container in value.spec.containers)
            containers[value.metadata.key] = tuple(dict.fromkeys((*containers.get(value.metadata.key, ()), *names)))
    for name in settings.pod_names:
        containers.setdefault(name, ())
    for workload in settings.workloads:
        prefix = replicaset.workload_key(workload)[1]
        for letter in SUFFIXES[: settings.names_per_workload]:
            containers[f"{prefix}-{letter}"] = tuple(container.name for container in workload.template.spec.containers)
    return _Plan(settings, tuple(containers), tuple(containers.items()))


def _initial(plan: _Plan) -> Cluster:
    settings = plan.settings
    cells: dict[Cell[Any], Any] = {}
    for session in settings.sessions:
        cells[kubectl.KUBECTL[session.user]] = kubectl.Progress()
    cells |= {CALLS[client]: None for client in plan.clients()}
    for resource in plan.resources():
        cells |= {stored(resource)[key]: None for key in plan.keys(resource)}
    for value in _stored_at_start(plan):
        resource, key = resource_of(value), value.metadata.key
        ranked = with_metadata(
            value, uid=Rank(uids(resource, key), 1), resource_version=Rank(versions(resource, key), 1)
        )
        cells[stored(resource)[key]] = ranked
    for watch in plan.watches():
        cells[watch.queue] = None
        cells |= {cached(watch.resource)[watch.watcher, key]: None for key in plan.keys(watch.resource)}
    cells |= _memories(plan)
    cells |= {faults.BUDGET[fault]: count for fault, count in settings.faults if count}
    constants: dict[Cell[Any], Any] = {SETTINGS: settings, WATCHES: plan.watches()}
    if settings.calls == "split":
        constants[SPLIT] = True
    cluster = Cluster.of(cells, constants, _may_mention)
    for watch in plan.watches():
        first = _informer_of(watch).poll if watch.polls else _informer_of(watch).list_and_watch
        listed = first(cluster, watcher=watch.watcher, resource=watch.resource)
        assert listed is not None
        cluster = listed
    return cluster


def _may_mention(cell: Cell[Any], scope: str) -> bool:
    """Tell whether a cell may mention ranks about an object: calls, queues and rounds may be about any."""
    resource, key = about(scope)
    match cell.family.partition("/"):
        case ("etcd" | "caches", _, of):
            owners = of == "pods" and resource in replicaset.RESOURCES.values()
            return (of == resource and cell.key[-1] == key) or owners or (of == "endpointslices" and resource == "pods")
        case ("watches", _, _):
            return cell.key[-1] in (resource, "endpointslices") or resource in replicaset.RESOURCES.values()
        case ("kube-scheduler" | "container-runtime" | "node-lifecycle", _, _):
            return cell.key[-1:] == (key,)
        case ("kubelet", _, "workers"):
            return cell.key[-1] == key and resource == "pods"
        case ("kubectl" | "budget" | "kubelet" | "replicaset" | "pod-garbage-collector", _, _):
            return False
    return True


def _stored_at_start(plan: _Plan) -> Iterator[Any]:
    if not plan.settings.register_nodes:
        yield from plan.settings.nodes
    if "leases" in plan.resources():
        for node in plan.nodes:
            yield Lease(ObjectMeta(node, namespace=""), Rank(renewals(node), 1))
    yield from plan.settings.objects


def _memories(plan: _Plan) -> dict[Cell[Any], Any]:
    """Return what the components remember at the start, beside their caches."""
    cells: dict[Cell[Any], Any] = {}
    on_nodes = list(product(plan.nodes, plan.pods))
    if plan.takes_part("kube-scheduler"):
        cells |= {scheduler.QUEUE[pod]: None for pod in plan.pods}
        cells |= {scheduler.ASSUMED[pod]: None for pod in plan.pods}
    if plan.takes_part("kubelet"):
        cells |= {kubelet_state.WORKERS[key]: None for key in on_nodes}
        cells |= {runtime.RUNTIME[key]: None for key in on_nodes}
        if plan.settings.budget("node-crash"):
            cells |= {kubelet_state.UP[node]: True for node in plan.nodes}
        if plan.settings.budget("network-partition"):
            cells |= {kubelet_state.CONNECTED[node]: True for node in plan.nodes}
    if plan.takes_part("replicaset-controller"):
        for key in plan.workloads:
            cells[replicaset.EXPECTATIONS[key]] = replicaset.Expectations()
            cells[replicaset.ROUND[key]] = replicaset.Round()
    if plan.takes_part("heartbeats"):
        for node in plan.nodes:
            cells[node_lifecycle.HEALTH[node]] = node_lifecycle.Health(Rank(renewals(node), 1))
    if plan.takes_part("pod-garbage-collector"):
        cells |= {pod_gc.QUARANTINE[node]: False for node in plan.nodes}
    if plan.takes_part("kube-proxy"):
        cells |= {proxy.RULES[key]: () for key in product(plan.nodes, plan.settings.services)}
    return cells


def _informer_of(watch: Watch) -> Informer:
    component = watch.watcher.partition("/")[0]
    return {
        scheduler.SCHEDULER: scheduler.INFORMER,
        "kubelet": kubelet.INFORMER,
        CONTROLLER_MANAGER: controllers.INFORMER,
        "kube-proxy": proxy.INFORMER,
    }[component]


def _bindings(domain: Any) -> list[tuple[str, ...]]:
    return list(product(*domain.values())) if isinstance(domain, dict) else list(domain)


def _actions(plan: _Plan) -> Iterator[Action]:
    settings = plan.settings
    yield from _calls(plan)
    if plan.settings.sessions:
        yield from (kubectl.wait.bind(user=session.user) for session in settings.sessions)
    for watch in plan.watches():
        yield from _informer_of(watch).actions(watch)
    if plan.takes_part("kubelet"):
        for transition in (
            kubelet_pods.admit_pod,
            kubelet_pods.create_containers,
            runtime.start_container,
            kubelet_pods.restart_container,
            kubelet_pods.stop_containers,
            runtime.stop_container,
            kubelet_pods.remove_containers,
            kubelet_pods.forget_pod,
        ):
            yield from (transition.bind(node=node, pod=pod) for node in plan.nodes for pod in plan.pods)
    if plan.takes_part("replicaset-controller"):
        for transition in (replicaset.reconcile, replicaset.expire_expectations):
            yield from (transition.bind(kind=kind, name=name) for kind, name in plan.workloads)
    if plan.takes_part("heartbeats"):
        yield from (node_lifecycle.check_heartbeat.bind(node=node) for node in plan.nodes)
    if plan.takes_part("pod-garbage-collector"):
        yield from (pod_gc.update_quarantine.bind(node=node) for node in plan.nodes)
    if plan.takes_part("kube-proxy"):
        yield from (
            proxy.program_rules.bind(node=node, service=name) for node in plan.nodes for name in settings.services
        )
    yield from _faults(plan)


def _calls(plan: _Plan) -> Iterator[Action]:
    """Yield what it takes to call the api-server: as five steps, or fused into one."""
    for caller, domain in plan.callers():
        sends = [fuse(send, caller) if plan.settings.calls == "fused" else send for send in caller.sends]
        for values in _bindings(domain):
            binding = dict(zip(caller.receives.parameters, values, strict=True))
            for step in sends:
                if "node" in step.parameters and "node" not in binding:
                    yield from (step.bind(**binding, node=node) for node in plan.nodes)
                else:
                    yield step.bind(**binding)
            if plan.settings.calls == "split":
                yield caller.receives.bind(**binding)
    if plan.settings.calls == "split":
        for client in plan.clients():
            yield from (step.bind(client=client) for step in (apiserver.handle, etcd.commit, apiserver.answer))


def _faults(plan: _Plan) -> Iterator[Action]:
    budget = plan.settings.budget
    for fault, transition in (("container-crash", faults.crash_container), ("container-exit", faults.exit_container)):
        if budget(fault) and plan.takes_part("kubelet"):
            for node in plan.nodes:
                for pod, names in plan.containers:
                    yield from (transition.bind(node=node, pod=pod, container=name) for name in names)
    for fault, transition in (
        ("kubelet-restart", faults.restart_kubelet),
        ("node-crash", faults.crash_node),
        ("node-restart", faults.restart_node),
        ("network-partition", faults.cut_off_node),
        ("network-partition", faults.reconnect_node),
    ):
        if budget(fault) and plan.takes_part("kubelet") and (fault != "node-restart" or budget("node-crash")):
            yield from (transition.bind(node=node) for node in plan.nodes)
    if budget("late-heartbeat") and plan.takes_part("heartbeats"):
        yield from (faults.delay_heartbeat.bind(node=node) for node in plan.nodes)
    if budget("scheduler-restart") and plan.takes_part("kube-scheduler"):
        yield faults.restart_scheduler.bind()
    if budget("controller-restart"):
        yield faults.restart_controller_manager.bind()
    for fault, transition in (("lost-request", faults.lose_request), ("lost-answer", faults.lose_answer)):
        if budget(fault):
            yield from (transition.bind(client=client) for client in plan.clients() if not is_orphan(client))
