"""kube-apiserver, several of them: each has a watch cache that lags behind etcd at its own pace, and serves from it.

Models: an api-server's cache of each resource, which receives etcd's events in order and late by any time, and passes
each on to the clients that watch it. A client's first list goes to any api-server (the load balancer chooses), and is
as old as the cache there (resourceVersion 0), or waits until that has all that is stored (unset, or streamed): see
firstList and releases.py. The client then stays there while the connection lives. After an api-server restarted, its
clients list from any that has seen what they have seen (NotOlderThan); an older one makes them wait, or they time out
(Too large resource version), list what is stored, and are told of nothing that is older [reflector.go list]. A client
that itself restarted remembers nothing to wait for. An api-server that restarts comes back with what is stored by then;
one that is killed is not ready until its caches are filled. One that falls too far behind etcd fills its cache anew,
and closes the watches of it [cacher.go terminateAllWatchers]: too old (410 Gone), so that its clients list again.

Leaves out: reads of one object (they are of what is stored, as with resourceVersion unset), and so lists of those who
poll; a watch that goes on from where it broke off, which is as one that did not break, only later; a consistent list
that is answered although something was written since it was asked. Requests reach etcd whichever api-server they go to:
it compares versions there.
Lists of an exact version: who asks for one knows the version from an earlier answer, and is shown what that showed, or
is told that it is compacted (410 Expired). Only further pages of a list are asked for so [pager.go List]; all pages are
the list of one version, or, if that is compacted meanwhile, of a later one: here one list at one moment.
Bookmarks move the version from which a client goes on past events that it does not select, so that there is less to
replay, and less that is too old to be [reflector.go handleAnyWatch]. What it selects is the same at all versions in
between, so that without them it would be shown the same; here it is as if there was one after each event.

Where watch caches are prompt, an api-server is no more than whom its clients are connected to.

With one api-server the tier is left out: it is one with etcd.

Upstream: staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go and staging/src/k8s.io/client-go/tools/{
cache/reflector.go (relistResourceVersion),pager/pager.go}, 1.34; KEP-2340, KEP-3157.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from kmodel.kernel import FAULT, Action, Cell, Cells, Cluster, Event, Step, Transition, transition
from kmodel.kubernetes.components.apiserver.releases import FIRST_LISTS
from kmodel.kubernetes.components.component import Fault, Steps
from kmodel.kubernetes.components.control_nodes import can_reach, is_connected, is_up
from kmodel.kubernetes.components.etcd import QUEUES, WATCHES, Queue, Watch, closed, publish
from kmodel.kubernetes.components.faults import restart_apiserver, spend
from kmodel.kubernetes.components.informer import (
    CONNECTIONS,
    Informer,
    cached,
    has_caught_up,
    has_listed,
    ignore,
    is_open,
    lists,
    next_event,
    watch_of,
    without_first,
)
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.quorum import serves
from kmodel.kubernetes.components.settings import SETTINGS, reference

SERVERS: Cell[tuple[str, ...]] = Cell("api-servers")  # a constant; none if there is only one, which is one with etcd
# How many events an api-server has not seen of what a watcher had seen when it lost its connection to one of them.
BREAK_CONNECTIONS = ("apiserver-restart", "apiserver-crash", "control-node-crash")  # while both ends live on
MISSING: Cells[int] = Cells("events missing in watch caches")


def events_in(queue: Queue) -> int:
    """The projection of a watch's queue on how many events are under way."""
    return len(queue) if isinstance(queue, tuple) else 0


def one_less(number: int) -> int:
    """The update of the number of events that an api-server has not seen by which it has seen one more."""
    return max(0, number - 1)


def is_some(number: int) -> bool:
    """The projection of a number on whether it is more than none."""
    return number > 0


def clients_of(cluster: Cluster, server: str, resource: str) -> Iterator[Watch]:
    """Yield the watches, open or not, of those who are connected to an api-server."""
    for watch in cluster[WATCHES]:
        watches = watch.resource == resource and not watch.polls and watch.watcher not in cluster[SERVERS]
        if watches and cluster[CONNECTIONS[watch.watcher]] == server:
            yield watch


def connection_of(cluster: Cluster, watcher: str) -> str | None:
    """Return to which of several api-servers a process is connected; None if to none, or there is only one."""
    connection = CONNECTIONS[watcher]
    return cluster[connection] if cluster.has(connection) else None


def server_of(cluster: Cluster, watch: Watch) -> str | None:
    """Return the api-server of several that a client watches at; None if it has no connection, or there is only one."""
    return connection_of(cluster, watch.watcher)


def listing(informer: Informer) -> Transition:
    """Return the transition by which a client lists from one of several api-servers, and watches there."""

    @transition(actor="{watcher}", object="{resource}")
    def list_from(cluster: Cluster, watcher: str, resource: str, server: str) -> Cluster | None:
        """List the resource from an api-server, and watch it there."""
        if cluster.look(QUEUES[watcher, resource], is_open) or cluster[CONNECTIONS[watcher]] not in (None, server):
            return None
        if not informer.is_alive(cluster, watcher) or not is_up(cluster, server):
            return None
        if not can_reach(cluster, watcher, server) or not _has_enough(cluster, watcher, resource, server):
            return None
        cluster = _connected(cluster, watcher, resource, server)
        source = server if cluster.has(QUEUES[server, resource]) else ""
        return lists(cluster, watch_of(cluster, watcher, resource), informer.on_change, source)

    return list_from


def relisting(informer: Informer) -> Transition:
    """Return the transition by which a client that an api-server cannot answer yet gets what is stored instead."""

    @transition(actor="{watcher}", object="{resource}")
    def list_what_is_stored(cluster: Cluster, watcher: str, resource: str, server: str) -> Cluster | None:
        """Ask an api-server that is behind for too new a version, time out, list what is stored, and watch there."""
        if cluster.look(QUEUES[watcher, resource], is_open) or cluster[CONNECTIONS[watcher]] not in (None, server):
            return None
        if not informer.is_alive(cluster, watcher) or not is_up(cluster, server) or not _reaches_etcd(cluster, server):
            return None
        if not can_reach(cluster, watcher, server):
            return None
        missing, queue = MISSING[server, watcher, resource], QUEUES[server, resource]
        has_seen_more = cluster.look(QUEUES[watcher, resource], has_listed) and cluster.look(missing, is_some)
        if not has_seen_more or not cluster.look(queue, is_open):
            return None
        cluster = _connected(cluster, watcher, resource, server).set(missing, cluster.look(queue, events_in))
        return lists(cluster, watch_of(cluster, watcher, resource), informer.on_change)

    return list_what_is_stored


def _connected(cluster: Cluster, watcher: str, resource: str, server: str) -> Cluster:
    """Return the cluster with a client's watch open at an api-server."""
    cluster = cluster.set(CONNECTIONS[watcher], server)
    for other in cluster[SERVERS]:
        if cluster.has(missing := MISSING[other, watcher, resource]):
            cluster = cluster.set(missing, 0)
    return cluster.set(QUEUES[watcher, resource], ())


def _has_enough(cluster: Cluster, watcher: str, resource: str, server: str) -> bool:
    """Tell whether an api-server answers a list now: whether it has what the client has seen, or all there is."""
    if cluster.look(QUEUES[watcher, resource], has_listed):
        seen = MISSING[server, watcher, resource]
        if not cluster.has(seen):
            return is_connected(cluster, server)
        return cluster[seen] == 0 and cluster.look(QUEUES[server, resource], is_open)
    queue = QUEUES[server, resource]
    if not cluster.has(queue):
        return _reaches_etcd(cluster, server)
    if FIRST_LISTS[cluster[SETTINGS].first_list](watcher):
        return cluster.look(queue, has_caught_up) and _reaches_etcd(cluster, server)
    return cluster.look(queue, is_open)


def _reaches_etcd(cluster: Cluster, server: str) -> bool:
    return is_connected(cluster, server) and serves(cluster)


def is_filled(cluster: Cluster, server: str) -> bool:
    """Tell whether an api-server can answer from a watch cache of its own."""
    return any(cluster.look(watch.queue, is_open) for watch in cluster[WATCHES] if watch.watcher == server)


def _told(step: Step) -> Event:
    server, resource = step.action.arguments["server"], step.action.arguments["resource"]
    event = step.before.look(QUEUES[server, resource], next_event)
    assert event is not None
    known = "gone" if event.object is None else event.object.summary()
    return Event("Normal", "Cached", reference(step.before, resource, event.key), f"{server} hears of it: {known}")


def updating(informers: Mapping[Watch, Informer]) -> Transition:
    """Return the transition by which an api-server hears of a change, and tells those who watch."""

    @transition(actor="{server}", object="{resource}", describe=_told)
    def update_watch_cache(cluster: Cluster, server: str, resource: str) -> Cluster | None:
        """Receive the next event from etcd, and pass it on to the clients that watch here."""
        event = cluster.look(QUEUES[server, resource], next_event)
        if event is None or not is_connected(cluster, server):
            return None
        cell = cached(resource)[server, event.key]
        old = cluster[cell]
        cluster = cluster.modify(QUEUES[server, resource], without_first).set(cell, event.object)
        ahead = [watch for watch in clients_of(cluster, server, resource) if _has_seen_more(cluster, server, watch)]
        for watch in cluster[WATCHES]:
            if cluster.has(missing := MISSING[server, watch.watcher, resource]):
                cluster = cluster.modify(missing, one_less)
        for watch in clients_of(cluster, server, resource):
            if watch in ahead:
                continue
            cluster = publish(cluster, watch, event.key, watch.selects(old), event.object)
            if cluster[SETTINGS].client_caches == "prompt":
                receive = informers[watch].receive_event.function
                cluster = receive(cluster, watcher=watch.watcher, resource=resource) or cluster
        return cluster

    return update_watch_cache


def _has_seen_more(cluster: Cluster, server: str, watch: Watch) -> bool:
    missing = MISSING[server, watch.watcher, watch.resource]
    return cluster.has(missing) and cluster.look(missing, is_some)


@transition(actor="{server}", object="{resource}")
def fill_watch_cache(cluster: Cluster, server: str, resource: str) -> Cluster | None:
    """Fill the watch cache with what is stored, and close the watches of what it had before."""
    if cluster.look(QUEUES[server, resource], is_open) or not is_up(cluster, server):
        return None
    if not _reaches_etcd(cluster, server):
        return None
    for watch in clients_of(cluster, server, resource):
        cluster = cluster.modify(watch.queue, closed)
    return _filled(cluster, server, resource)


def _filled(cluster: Cluster, server: str, resource: str) -> Cluster:
    for watch in cluster[WATCHES]:
        if cluster.has(missing := MISSING[server, watch.watcher, resource]):
            cluster = cluster.set(missing, 0)
    cluster = cluster.set(QUEUES[server, resource], ())
    return lists(cluster, watch_of(cluster, server, resource), ignore)


@transition(actor=FAULT, object="{server}", environment=True)
def restart_one_apiserver(cluster: Cluster, server: str) -> Cluster | None:
    """One of the api-servers restarts: it finishes what is under way, closes its watches, and fills its caches anew."""
    spent = spend(cluster, "apiserver-restart")
    if spent is None:
        return None
    cluster = spent
    for watcher in cluster.names(CONNECTIONS):
        if cluster[CONNECTIONS[watcher]] == server:
            cluster = disconnect(cluster, watcher)
    for watch in cluster[WATCHES]:
        if watch.watcher == server:
            cluster = _filled(cluster, server, watch.resource)
    return cluster


def disconnect(cluster: Cluster, watcher: str) -> Cluster:
    """Return the cluster after a client lost its connection to one of several api-servers: its watches are closed.

    Which api-servers have not seen what it has seen is remembered: until it lists again it is older there.
    """
    server = connection_of(cluster, watcher)
    if server is None:
        return cluster
    for watch in cluster[WATCHES]:
        if watch.watcher == watcher and not watch.polls and cluster.look(watch.queue, has_listed):
            if cluster.has(QUEUES[server, watch.resource]):
                cluster = _remember_how_far(cluster, watch, server)
            cluster = cluster.modify(watch.queue, closed)
    return cluster.set(CONNECTIONS[watcher], None)


def _remember_how_far(cluster: Cluster, watch: Watch, server: str) -> Cluster:
    resource = watch.resource
    ahead = cluster[MISSING[server, watch.watcher, resource]]
    unseen = cluster.look(QUEUES[server, resource], events_in) + cluster.look(watch.queue, events_in) - ahead
    for other in cluster[SERVERS]:
        if other != server:
            behind = cluster.look(QUEUES[other, resource], events_in) - unseen
            cluster = cluster.set(MISSING[other, watch.watcher, resource], max(0, behind))
    return cluster


@attrs.frozen(eq=False)
class Tier:
    """The api-servers between etcd and those who watch: their watches of etcd, their cells, and all that lists.

    With one api-server there are none: the informers list from etcd, and are told by it.
    """

    servers: tuple[str, ...]
    watches: tuple[Watch, ...]
    cells: Mapping[Cell[Any], Any]
    starts: tuple[Action, ...]
    own_actions: tuple[Action, ...]
    actions: Callable[[Watch], Sequence[Action]]
    first_list: Callable[[Watch], Action]

    @staticmethod
    def of(plan: Plan, watches: Sequence[Watch], informers: Mapping[Watch, Informer]) -> "Tier":
        """Return the tier of a scenario, for the watches of its clients."""

        def plain(watch: Watch) -> list[Action]:
            return informers[watch].actions(watch)

        servers = servers_of(plan)
        if not servers:
            return Tier((), (), {}, (), (), plain, lambda watch: plain(watch)[0])
        watchers = tuple(dict.fromkeys(watch.watcher for watch in watches if not watch.polls))
        listening = [watch for watch in watches if not watch.polls and plan.settings.watch_caches == "late"]
        resources = tuple(dict.fromkeys(watch.resource for watch in listening))
        cells: dict[Cell[Any], Any] = {CONNECTIONS[watcher]: None for watcher in watchers}
        cells |= {MISSING[server, each.watcher, each.resource]: 0 for server in servers for each in listening}
        update = updating(informers)
        list_from = {informer: listing(informer) for informer in informers.values()}
        breaks = listening and any(plan.budget(fault) for fault in BREAK_CONNECTIONS)
        list_again = {informer: relisting(informer) for informer in informers.values() if breaks}

        def connecting(watch: Watch, server: str, lists: Mapping[Informer, Transition] = list_from) -> Action:
            step = lists[informers[watch]]
            return step.bind(watcher=watch.watcher, resource=watch.resource, server=server)

        def actions(watch: Watch) -> list[Action]:
            if watch.polls:
                return plain(watch)
            again = [connecting(watch, server, list_again) for server in servers if breaks]
            return [*(connecting(watch, server) for server in servers), *again, plain(watch)[1]]

        def first_list(watch: Watch) -> Action:  # at the start the load balancer has spread them over the api-servers
            if watch.polls:
                return plain(watch)[0]
            return connecting(watch, servers[watchers.index(watch.watcher) % len(servers)])

        own = [(server, resource) for server in servers for resource in resources]
        return Tier(
            servers,
            tuple(Watch(server, resource) for server, resource in own),
            cells,
            tuple(fill_watch_cache.bind(server=server, resource=resource) for server, resource in own),
            tuple(
                step.bind(server=server, resource=resource)
                for server, resource in own
                for step in (update, fill_watch_cache)
            ),
            actions,
            first_list,
        )


def servers_of(plan: Plan) -> tuple[str, ...]:
    """Return the names of several api-servers; none if there is only one."""
    count = plan.settings.api_servers
    return tuple(f"kube-apiserver-{number}" for number in range(1, count + 1)) if count > 1 else ()


APISERVER_RESTART = Fault(
    "apiserver-restart",
    (
        Steps((restart_apiserver,), when=lambda plan: not servers_of(plan)),
        Steps((restart_one_apiserver,), lambda plan: ((server,) for server in servers_of(plan))),
    ),
)
