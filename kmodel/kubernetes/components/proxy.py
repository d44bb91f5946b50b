"""kube-proxy of a node: lets the node's workloads reach each Service at its ready pods, or the last ones that serve.

Models: a watch on EndpointSlices, and rules that are programmed from the cache, late by any time: to the endpoints that
are ready; if none is, to those that are terminating and still serve [KEP-1669].

Leaves out: how a connection is made (a rule is a list of pods), session affinity, the traffic policy Local, topology,
the Service objects themselves.

Upstream: pkg/proxy/{endpointslicecache.go,topology.go CategorizeEndpoints,iptables/proxier.go}; topology.go
read in 1.32 or before (803d40a5) and in 1.36 (008b3652), which do the same here, the others not; no recording has
rules.
"""

from kmodel.kernel import Cells, Cluster, transition
from kmodel.kubernetes.components.component import Component, Memory, Steps, each
from kmodel.kubernetes.components.controllers.endpointslice_controller import asks_for_endpoints
from kmodel.kubernetes.components.informer import in_cache, synced
from kmodel.kubernetes.components.kubelet.state import is_connected, is_up
from kmodel.kubernetes.objects import ENDPOINT_SLICE, Endpoint


def watcher_of(node: str) -> str:
    """Return the name under which the kube-proxy of a node watches."""
    return f"kube-proxy/{node}"


def _alive(cluster: Cluster, watcher: str) -> bool:
    return is_connected(cluster, watcher.removeprefix("kube-proxy/"))


RULES: Cells[tuple[Endpoint, ...]] = Cells("kube-proxy/rules")


def routed(endpoints: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    """Return the endpoints that traffic goes to."""
    ready = tuple(endpoint for endpoint in endpoints if endpoint.ready)
    return ready or tuple(endpoint for endpoint in endpoints if endpoint.serving and endpoint.terminating)


@transition(actor="kube-proxy/{node}", object="service/{service}")
def program_rules(cluster: Cluster, node: str, service: str) -> Cluster | None:
    """Route the Service to the endpoints of its slice, as far as this node knows it."""
    if not synced(cluster, watcher_of(node), "endpointslices") or not is_up(cluster, node):
        return None
    known = in_cache(cluster, watcher_of(node), ENDPOINT_SLICE, service)
    wanted = () if known is None else routed(known.endpoints)
    return None if cluster[RULES[node, service]] == wanted else cluster.set(RULES[node, service], wanted)


COMPONENT = Component(
    "kube-proxy",
    process="kube-proxy/{node}",
    watches=("endpointslices",),
    alive=_alive,
    memory=(Memory(RULES, each("nodes", "services"), ()),),
    steps=(Steps((program_rules,), each("nodes", "services")),),
    needed=asks_for_endpoints,
    works_with=("endpointslice-controller",),
)
