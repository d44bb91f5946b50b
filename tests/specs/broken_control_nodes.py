"""Mutants of several control nodes: an api-server that answers with what is too old, or does not tell who watches."""

from kmodel.kernel import Cluster
from kmodel.kubernetes.components.apiserver.watch_cache import MISSING, clients_of
from tests.components.scenes import create, node, pod, scene
from tests.specs.mutants import Function, Mutant

TWO_API_SERVERS = scene(
    create(pod(node="n1")),
    nodes=(node("n1"),),
    actors=("kubelet",),
    calls="fused",
    api_servers=2,
    faults={"apiserver-restart": 1},
)


def takes_any_for_new_enough(list_from: Function) -> Function:
    """An api-server that lags answers a list although the client has seen more."""

    def broken(cluster: Cluster, watcher: str, resource: str, server: str) -> Cluster | None:
        missing = MISSING[server, watcher, resource]
        return list_from(cluster.set(missing, 0), watcher=watcher, resource=resource, server=server)

    return broken


def tells_nobody(update: Function) -> Function:
    """An api-server hears of a change, and loses the event before it is passed on [kubernetes/kubernetes#49956]."""

    def broken(cluster: Cluster, server: str, resource: str) -> Cluster | None:
        after = update(cluster, server=server, resource=resource)
        for watch in () if after is None else clients_of(cluster, server, resource):
            after = None if after is None else after.set(watch.queue, cluster[watch.queue])
        return after

    return broken


OF_CONTROL_NODES = (
    Mutant(
        "an_observer_never_goes_back_in_resource_version",
        "an api-server does not ask whether it is new enough",
        TWO_API_SERVERS,
        (("list_from", takes_any_for_new_enough),),
        5,
        "list_from",
    ),
    Mutant(
        "a_watch_misses_nothing",
        "an api-server does not pass an event on",
        TWO_API_SERVERS,
        (("update_watch_cache", tells_nobody),),
        2,
        "update_watch_cache",
    ),
)
