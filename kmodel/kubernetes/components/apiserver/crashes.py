"""kube-apiserver, dying at once: nobody knows what became of the requests that were under way to it.

Models: an api-server that is killed, and starts again. Its clients' connections break, and with them all watches of
theirs. Who waits for an answer gets none. A request that it had not handled is lost with it; what it had asked etcd for
is carried out, at any time, and nobody goes on with the request, or tries it again; what etcd had acknowledged stays,
and is not answered. All requests of a process take one connection, that of its watches. kubectl, and who polls, connect
for each: theirs may be at the api-server that dies, or at another one, of which the fault hits one at most. Of several
api-servers the one that died is not ready before its watch caches have been filled anew; others serve meanwhile.

Leaves out: the time until a single api-server is back (the fault apiserver-outage has it); requests that have outlived
their client, of which nothing says at which of several api-servers they are: they go on.

Upstream: staging/src/k8s.io/apiserver/pkg/server/genericapiserver.go (what a kill leaves out), staging/src/k8s.io/
client-go/transport/cache.go (one transport for all requests of a process), 1.34.
"""

from collections.abc import Iterable, Iterator

import attrs

from kmodel.kernel import FAULT, Cluster, transition
from kmodel.kubernetes.components.apiserver.watch_cache import connection_of, disconnect, servers_of
from kmodel.kubernetes.components.calls import (
    CALLS,
    TIMEOUT,
    Request,
    Response,
    Transaction,
    deliver,
    is_orphan,
    orphan,
    respond,
)
from kmodel.kubernetes.components.component import Binding, Fault, Steps
from kmodel.kubernetes.components.control_nodes import is_up
from kmodel.kubernetes.components.etcd import WATCHES, close_watches, closed
from kmodel.kubernetes.components.faults import spend
from kmodel.kubernetes.components.informer import CONNECTIONS
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.processes import PROCESSES


def unattended(transaction: Transaction) -> Transaction:
    """Return a transaction after which nobody goes on with its request, or tries it again."""
    request = transaction.request
    # Whose version is a condition is not tried again, and neither is a create of a name.
    last = attrs.evolve(request, key=request.key or transaction.key, resource_version=transaction.expected)
    return attrs.evolve(transaction, request=last, more=False)


def lose_calls(cluster: Cluster, clients: Iterable[str]) -> Cluster:
    """Return the cluster after an api-server died that had the calls of these clients."""
    for client in clients:
        call = cluster[CALLS[client]]
        if call is None or isinstance(call, Response):
            continue
        request = call if isinstance(call, Request) else call.request
        if isinstance(call, Transaction):
            cluster = cluster.set(CALLS[client], unattended(call))
            if is_orphan(client):
                continue
            cluster = orphan(cluster, client)
        cluster = deliver(cluster, client, respond(request, TIMEOUT, "Timeout"))
    return cluster


def die(cluster: Cluster, server: str) -> Cluster:
    """Return the cluster after one of several api-servers died: with its connections, and what came by them."""
    for process in cluster[PROCESSES]:
        if connection_of(cluster, process.name) == server:
            cluster = lose_calls(cluster, process.clients)
    for watcher in cluster.names(CONNECTIONS):
        if cluster[CONNECTIONS[watcher]] == server:
            cluster = disconnect(cluster, watcher)
    for watch in cluster[WATCHES]:
        if watch.watcher == server:
            cluster = cluster.modify(watch.queue, closed)
    return cluster


@transition(actor=FAULT, object="kube-apiserver", environment=True)
def crash_apiserver(cluster: Cluster) -> Cluster | None:
    """The api-server is killed, and starts again: watches are closed, and no request under way is answered."""
    spent = spend(cluster, "apiserver-crash")
    return None if spent is None else lose_calls(close_watches(spent), spent.names(CALLS))


@transition(actor=FAULT, object="{server}", environment=True)
def crash_one_apiserver(cluster: Cluster, server: str) -> Cluster | None:
    """One of the api-servers is killed: its clients' watches are closed, and none of their requests is answered."""
    spent = spend(cluster, "apiserver-crash") if is_up(cluster, server) else None
    return None if spent is None else die(spent, server)


@transition(actor=FAULT, object="{server}", environment=True)
def crash_apiserver_of(cluster: Cluster, server: str, client: str) -> Cluster | None:
    """One of the api-servers is killed, with a request that had come by no lasting connection, too."""
    process = next(process for process in cluster[PROCESSES] if client in process.clients)
    if connection_of(cluster, process.name) is not None or not is_up(cluster, server):
        return None
    spent = None if isinstance(cluster[CALLS[client]], Response | None) else spend(cluster, "apiserver-crash")
    return None if spent is None else die(lose_calls(spent, (client,)), server)


def _servers(plan: Plan) -> Iterator[Binding]:
    return ((server,) for server in servers_of(plan))


def _with_clients(plan: Plan) -> Iterator[Binding]:
    return ((server, client) for server in servers_of(plan) for client in plan.clients)


APISERVER_CRASH = Fault(
    "apiserver-crash",
    (
        Steps((crash_apiserver,), when=lambda plan: not servers_of(plan)),
        Steps((crash_one_apiserver,), _servers),
        Steps((crash_apiserver_of,), _with_clients, when=lambda plan: plan.settings.calls == "split"),
    ),
    leaves_calls=True,
)
