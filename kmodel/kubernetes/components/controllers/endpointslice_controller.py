"""EndpointSlice controller: list the pods of each Service, and which of them are ready, serving or terminating.

Models: one slice per Service; the pods in the shared cache that the selector selects, from when their kubelet has
reported that they run (upstream: that they have an address) until they have finished or are gone, and only as long as
their Node is there; a create or a PUT with the version that the cache has, so that a stale cache meets 409 Conflict and
tries again; but a PUT without a version where a Service gets its first pod or loses its last [reconciler.go finalize].

Leaves out: publishNotReadyAddresses, ports, topology, Services without a selector; several slices: a Service has one,
of its own name (upstream generates names, and by a tracker of what it wrote waits until its cache shows it); that it
gives up after 15 tries, which take more than an hour, until something changes.

Upstream: pkg/controller/endpointslice/endpointslice_controller.go,
staging/src/k8s.io/endpointslice/{reconciler.go,utils.go podToEndpoint,util/controller_utils.go ShouldPodBeInEndpoints},
1.34.
"""

from collections.abc import Callable

import attrs

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components.apiserver.access import CONTROLLER_USER
from kmodel.kubernetes.components.calls import Request, clients, drop_answer, idle, send
from kmodel.kubernetes.components.component import Caller, Component, each
from kmodel.kubernetes.components.etcd import NODES, QUEUES, version
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, all_in_cache, in_cache, synced
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.objects import (
    ENDPOINT_SLICE,
    NODE,
    POD,
    SERVICE,
    Endpoint,
    EndpointSlice,
    ObjectMeta,
    OwnerReference,
    Pod,
    Service,
    selects,
)

ACTOR = CONTROLLER_MANAGER + "/endpointslice"
USER = CONTROLLER_USER + "endpointslice-controller"
WATCHED = ("pods", "services", "endpointslices")


client_of = clients(f"{ACTOR}/{{}}")  # by which the controller writes a Service's slice


def endpoints(service: Service, pods: list[Pod], is_there: Callable[[str], bool]) -> tuple[Endpoint, ...]:
    """Return the pods of a Service whose Nodes are there, with their conditions."""
    found = []
    for pod in pods:
        if not selects(service.selector, pod.metadata.labels) or pod.metadata.namespace != service.metadata.namespace:
            continue
        if pod.status.phase == "Running" and pod.metadata.uid is not None and is_there(pod.spec.node_name or ""):
            found.append(Endpoint(pod.metadata.key, pod.metadata.uid, pod.status.ready, pod.metadata.deleting))
    return tuple(found)


@transition(actor=ACTOR, object="service/{service}")
def sync_endpoints(cluster: Cluster, service: str) -> Cluster | None:
    """Compare a Service's slice with its pods, and write it if they differ."""
    watched = (*WATCHED, "nodes") if cluster.has(QUEUES[CONTROLLER_MANAGER, "nodes"]) else WATCHED
    if not synced(cluster, CONTROLLER_MANAGER, *watched) or not idle(cluster, client_of(service)):
        return None
    known = in_cache(cluster, CONTROLLER_MANAGER, SERVICE, service)
    if known is None:
        return None
    wanted = endpoints(known, all_in_cache(cluster, CONTROLLER_MANAGER, POD), lambda node: _knows(cluster, node))
    current = in_cache(cluster, CONTROLLER_MANAGER, ENDPOINT_SLICE, service)
    if current is None:
        assert known.metadata.uid is not None
        owner = OwnerReference(known.kind, service, known.metadata.uid)
        metadata = ObjectMeta(known.metadata.name, known.metadata.namespace, owners=(owner,))
        return send(
            cluster,
            client_of(service),
            Request(USER, "create", "endpointslices", service, EndpointSlice(metadata, wanted)),
        )
    if current.endpoints == wanted:
        return None
    body = attrs.evolve(current, endpoints=wanted)
    # With the first pod, and without the last, the ports change: the slice is recycled, whatever its version is.
    condition = version(current) if bool(current.endpoints) == bool(wanted) else None
    request = Request(USER, "update", "endpointslices", service, body, resource_version=condition)
    return send(cluster, client_of(service), request)


def _knows(cluster: Cluster, node: str) -> bool:
    """Tell whether the cache shows a Node; where none is ever deleted, or it never was there, nobody looks."""
    if not cluster.has(QUEUES[CONTROLLER_MANAGER, "nodes"]):
        return True
    return not cluster.has(NODES[node]) or in_cache(cluster, CONTROLLER_MANAGER, NODE, node) is not None


@transition(actor=ACTOR, object="service/{service}")
def read_slice_answer(cluster: Cluster, service: str) -> Cluster | None:
    """Learn how the write of the slice went; the slice in the cache is compared again in any case."""
    return drop_answer(cluster, client_of(service))


def asks_for_endpoints(plan: Plan) -> str | None:
    """Return why nobody needs endpoints; None if a Service does."""
    return None if plan.objects("services") else "no Service asks for it"


COMPONENT = Component(
    "endpointslice-controller",
    process=CONTROLLER_MANAGER,
    users={USER: frozenset((verb, "endpointslices") for verb in ("create", "update", "delete"))},
    watches=lambda plan: (*WATCHED, "nodes") if plan.requests("delete", "nodes") else WATCHED,
    brings=("pods", "endpointslices"),
    callers=(Caller((sync_endpoints,), read_slice_answer, client_of, each("services"), turn=3),),
    needed=asks_for_endpoints,
)
