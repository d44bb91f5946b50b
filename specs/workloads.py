"""ReplicaSets and Services."""

from kmodel.kernel import Cluster, Step, invariant, sometimes, step_invariant
from kmodel.kubernetes.components.calls import Request, became
from kmodel.kubernetes.components.controllers.replicaset import EXPECTATIONS, RESOURCES
from kmodel.kubernetes.components.etcd import PODS, stored
from kmodel.kubernetes.components.faults import BUDGET
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, cached, in_cache
from kmodel.kubernetes.components.proxy import RULES, watcher_of
from kmodel.kubernetes.objects import EndpointSlice


def active_pods(cluster: Cluster, kind: str, name: str) -> int:
    """Return how many active pods etcd holds that a ReplicaSet controls."""
    workload = cluster[stored(RESOURCES[kind])[name]]
    owned = 0
    for pod in cluster.names(PODS):
        value = cluster[PODS[pod]]
        if value is not None and value.active and value.metadata.owner is not None:
            owned += workload is not None and value.metadata.owner.uid == workload.metadata.uid
    return owned


@step_invariant(
    needs=EXPECTATIONS,
    hazard="Expectations live in the controller's memory only. A controller that restarts while a create is under "
    "way, or that hears no answer to one that was carried out, counts pods in a cache that does not show it "
    "yet, and creates another; it deletes the surplus later [pkg/controller/replicaset/replica_set.go; cf. "
    "kubernetes/kubernetes#129795, KEP-5647].",
    hazard_with=(BUDGET["controller-restart"], BUDGET["lost-answer"]),
)
def a_replicaset_never_has_too_many_pods(step: Step) -> bool | str:
    """No pod is created for a ReplicaSet that has as many active ones as the user, or the controller's cache, wants."""
    if not any(step.before[cell] is None for cell in step.wrote(PODS)):
        return True
    for kind, name in step.before.layout.keys(EXPECTATIONS):
        held = step.after[stored(RESOURCES[kind])[name]]
        known = in_cache(step.after, CONTROLLER_MANAGER, RESOURCES[kind], name)
        wanted = max(0 if value is None else value.replicas for value in (held, known))
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


@step_invariant(needs=RULES)
def a_service_routes_only_to_pods_that_were_ready(step: Step) -> bool | str:
    """Only pods that were ready when the controller looked become endpoints; kube-proxy routes only to endpoints."""
    for _, call in became(step, Request):
        if isinstance(call.body, EndpointSlice) and step.action.actor != "kube-apiserver":
            for endpoint in call.body.endpoints:
                pod = in_cache(step.before, CONTROLLER_MANAGER, "pods", endpoint.pod)
                if pod is None or pod.metadata.uid != endpoint.uid or not pod.status.ready:
                    return f"pod/{endpoint.pod} becomes an endpoint of service/{call.key}, but is not ready"
    for cell in step.wrote(stored("endpointslices")) if step.action.actor.startswith(CONTROLLER_MANAGER) else ():
        written = step.after[cell]  # with fused calls there is no request to look at
        for endpoint in () if written is None else written.endpoints:
            pod = in_cache(step.before, CONTROLLER_MANAGER, "pods", endpoint.pod)
            if pod is None or pod.metadata.uid != endpoint.uid or not pod.status.ready:
                return f"pod/{endpoint.pod} becomes an endpoint of service/{cell.key[0]}, but is not ready"
    for cell in step.wrote(RULES):
        node, service = cell.key
        known = step.before[cached("endpointslices")[watcher_of(node), service]]
        listed = () if known is None else known.endpoints
        for endpoint in step.after[cell]:
            if endpoint not in listed:
                return f"kube-proxy on {node} routes service/{service} to pod/{endpoint.pod}, which is no endpoint"
    return True


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
