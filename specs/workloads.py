"""ReplicaSets and Services."""

from kmodel.kernel import Cluster, Hazard, Step, invariant, sometimes, step_invariant
from kmodel.kubernetes.components.calls import Request, became
from kmodel.kubernetes.components.controllers.replicaset_controller import EXPECTATIONS, RESOURCES, ROUND
from kmodel.kubernetes.components.etcd import PODS, stored
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, all_in_cache, cached, in_cache
from kmodel.kubernetes.components.leader_election import as_its_program
from kmodel.kubernetes.components.proxy import RULES, watcher_of
from kmodel.kubernetes.objects import POD, Endpoint, EndpointSlice, Pod, ReplicaSet

from .watching import MAY_NOT_KNOW, MISSES_EVENT


def active_pods(cluster: Cluster, kind: str, name: str) -> int:
    """Return how many active pods etcd holds that a ReplicaSet controls."""
    workload = cluster[stored(RESOURCES[kind])[name]]
    owned = 0
    for pod in cluster.names(PODS):
        value = cluster[PODS[pod]]
        if value is not None and value.active and value.metadata.owner is not None:
            owned += workload is not None and value.metadata.owner.uid == workload.metadata.uid
    return owned


def cached_pods(cluster: Cluster, kind: str, name: str) -> tuple[ReplicaSet | None, list[Pod]]:
    """Return a ReplicaSet and its active pods as the controller's cache has them."""
    known: ReplicaSet | None = in_cache(cluster, CONTROLLER_MANAGER, RESOURCES[kind], name)
    pods: list[Pod] = all_in_cache(cluster, CONTROLLER_MANAGER, POD) if known is not None else []
    return known, [
        pod
        for pod in pods
        if known is not None and pod.active and pod.metadata.owner and pod.metadata.owner.uid == known.metadata.uid
    ]


@step_invariant(
    needs=EXPECTATIONS,
    hazard=(
        Hazard(
            "Expectations live in the controller's memory only. A controller that restarts while a create is under "
            "way, or that hears no answer to one that was carried out, counts pods in a cache that does not show it "
            "yet, and creates another; it deletes the surplus later [pkg/controller/replicaset/replica_set.go; cf. "
            "kubernetes/kubernetes#129795, KEP-5647].",
            MAY_NOT_KNOW,
        ),
        MISSES_EVENT,
    ),
)
def a_replicaset_never_has_too_many_pods(step: Step) -> bool | str:
    """A round plans no more pods than its controller's cache wants, and no more are created than were planned.

    A round that is under way goes on when the ReplicaSet is scaled down meanwhile; the next one deletes the surplus.
    """
    step = as_its_program(step)
    for cell in step.wrote(ROUND):
        if step.after[cell].creations > step.before[cell].creations:
            known, active = cached_pods(step.before, *cell.key)
            count, wanted = len(active) + step.after[cell].creations, 0 if known is None else known.replicas or 0
            if count > wanted:
                return f"a round is to bring {'/'.join(cell.key)} to {count} active pods, {wanted} are wanted"
    if not any(step.before[cell] is None for cell in step.wrote(PODS)):
        return True
    for kind, name in step.before.layout.keys(EXPECTATIONS):
        known, active = cached_pods(step.before, kind, name)
        planned = len(active) + step.before[EXPECTATIONS[kind, name]].creations
        held = step.after[stored(RESOURCES[kind])[name]]
        wanted = max(planned, *(0 if value is None else value.replicas or 0 for value in (held, known)))
        count = active_pods(step.after, kind, name)
        if count > wanted:
            return f"{kind}/{name} has {count} active pods, {wanted} are wanted"
    return True


@sometimes(needs=EXPECTATIONS, shows=a_replicaset_never_has_too_many_pods)
def a_replicaset_has_all_its_pods(cluster: Cluster) -> bool:
    """A ReplicaSet has as many active pods as it wants, and more than none."""
    for kind, name in cluster.layout.keys(EXPECTATIONS):
        held = cluster[stored(RESOURCES[kind])[name]]
        if held is not None and 0 < held.replicas == active_pods(cluster, kind, name):
            return True
    return False


@step_invariant(needs=EXPECTATIONS)
def scaling_down_spares_the_pods_that_serve(step: Step) -> bool | str:
    """A ReplicaSet gives up no ready pod while it keeps one that is not, and no more pods than are too many."""
    step = as_its_program(step)
    for cell in step.wrote(ROUND):
        victims = step.after[cell].deletions
        if len(victims) <= len(step.before[cell].deletions):
            continue
        known, active = cached_pods(step.before, *cell.key)
        spared = [pod for pod in active if pod.metadata.key not in victims]
        if known is None or len(spared) < (known.replicas or 0):
            return f"{'/'.join(cell.key)} gives up {', '.join(victims)}, which it needs"
        unready = next((pod.metadata.key for pod in spared if not pod.status.ready), None)
        ready = next((pod.metadata.key for pod in active if pod.status.ready and pod.metadata.key in victims), None)
        if unready and ready:
            return f"{'/'.join(cell.key)} gives up {ready}, which is ready, and keeps {unready}, which is not"
    return True


@sometimes(needs=EXPECTATIONS, shows=scaling_down_spares_the_pods_that_serve)
def a_replicaset_gives_up_a_pod(step: Step) -> bool:
    """The controller of a ReplicaSet decides to delete a pod that is one too many."""
    step = as_its_program(step)
    return any(step.after[cell].deletions for cell in step.wrote(ROUND))


@step_invariant(needs=RULES)
def a_service_routes_only_to_pods_that_were_ready(step: Step) -> bool | str:
    """Endpoints say of a pod what the controller saw; kube-proxy routes only to ready ones, or the last that serve."""
    step = as_its_program(step)
    for _, call in became(step, Request):
        if isinstance(call.body, EndpointSlice) and step.action.actor != "kube-apiserver":
            wrong = _unlike_the_cache(step.before, call.body)
            if wrong is not None:
                return f"{wrong} of service/{call.key}"
    for cell in step.wrote(stored("endpointslices")) if step.action.actor.startswith(CONTROLLER_MANAGER) else ():
        written = step.after[cell]  # with fused calls there is no request to look at
        wrong = None if written is None else _unlike_the_cache(step.before, written)
        if wrong is not None:
            return f"{wrong} of service/{cell.key[0]}"
    for cell in step.wrote(RULES):
        node, service = cell.key
        known = step.before[cached("endpointslices")[watcher_of(node), service]]
        listed = () if known is None else known.endpoints
        for endpoint in step.after[cell]:
            if endpoint not in listed:
                return f"kube-proxy on {node} routes service/{service} to pod/{endpoint.pod}, which is no endpoint"
            if not endpoint.serving or (endpoint.terminating and any(_is_ready(other) for other in listed)):
                return f"kube-proxy on {node} routes service/{service} to pod/{endpoint.pod}, which is not ready"
    return True


def _is_ready(endpoint: Endpoint) -> bool:
    return endpoint.serving and not endpoint.terminating


def _unlike_the_cache(cluster: Cluster, written: EndpointSlice) -> str | None:
    for endpoint in written.endpoints:
        pod = in_cache(cluster, CONTROLLER_MANAGER, "pods", endpoint.pod)
        if pod is None or pod.metadata.uid != endpoint.uid:
            return f"pod/{endpoint.pod}, which is not there, becomes an endpoint"
        if (endpoint.serving, endpoint.terminating) != (pod.status.ready, pod.metadata.deleting):
            return f"pod/{endpoint.pod} becomes an endpoint that is said to be what it is not,"
    return None


@sometimes(needs=RULES, shows=a_service_routes_only_to_pods_that_were_ready)
def a_service_routes_to_a_pod(cluster: Cluster) -> bool:
    """A node routes a Service to a pod."""
    return any(cluster[RULES[key]] for key in cluster.layout.keys(RULES))


@invariant(
    needs=RULES,
    hazard="Readiness reaches kube-proxy through the kubelet's report, the EndpointSlice controller and a watch, each "
    "late by any time: a node routes to a pod that was ready and is not any more "
    "[pkg/proxy/endpointslicecache.go]. Clients have to bear refused connections.",
)
def a_service_routes_only_to_ready_pods(cluster: Cluster) -> bool | str:
    """Every pod that a node routes a Service to is ready now."""
    for node, service in cluster.layout.keys(RULES):
        for endpoint in cluster[RULES[node, service]]:
            pod = cluster[PODS[endpoint.pod]]
            if pod is None or pod.metadata.uid != endpoint.uid or not pod.status.ready:
                return (
                    f"kube-proxy on {node} routes service/{service} to pod/{endpoint.pod}, which is not ready any more"
                )
    return True


@sometimes(needs=RULES, shows=a_service_routes_only_to_ready_pods)
def a_service_routes_to_a_ready_pod(cluster: Cluster) -> bool:
    """A node routes a Service to a pod that is ready now."""
    for key in cluster.layout.keys(RULES):
        for endpoint in cluster[RULES[key]]:
            pod = cluster[PODS[endpoint.pod]]
            if pod is not None and pod.metadata.uid == endpoint.uid and pod.status.ready:
                return True
    return False
