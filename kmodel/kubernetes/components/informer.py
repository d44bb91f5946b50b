"""Informers: how a component learns of objects: list, then watch; or list again and again (poll).

Models: a cache per component and resource (components of one process share theirs), filled by a LIST and kept up by
the events of a WATCH, delivered in order and late by any time; an event handler runs as the cache changes. A closed
watch (the component restarted, or fell behind) makes the component list again; what it missed in between it never
sees one by one. Of several api-servers it lists from one, with which it stays: see apiserver/watch_cache.py.

Leaves out: the LIST as a call: its answer is a snapshot, all later events queue up behind it, so that a slow answer
cannot be told from slow events; resync; bookmarks (why, says apiserver/watch_cache.py); the time between a change of
the cache and the handlers that hear of it. A LIST is of what is stored now. That is so wherever the client streams its
lists (WatchListClient: in all from 1.35 on, in kube-controller-manager from 1.34); in 1.34 the first LIST of a kubelet,
the scheduler or kube-proxy names resourceVersion 0, and may show what an api-server's watch cache had at any time
before [relistResourceVersion]: so it is with several api-servers and `firstList: any`.

Upstream: staging/src/k8s.io/client-go/{tools/cache/{reflector,shared_informer}.go,features/known_features.go}, 1.34.
"""

from collections.abc import Callable
from typing import Any, overload

import attrs

from kmodel.kernel import Action, Cells, Cluster, Event, Step, Transition, drop_first, transition
from kmodel.kubernetes.components.etcd import QUEUES, WATCHES, Queue, Watch, WatchEvent, stored
from kmodel.kubernetes.components.quorum import serves
from kmodel.kubernetes.components.serving import is_away
from kmodel.kubernetes.components.settings import reference
from kmodel.kubernetes.objects import ApiObject, Kind
from kmodel.kubernetes.objects.kind import ObjectT, resource_name

CONTROLLER_MANAGER = "kube-controller-manager"  # whose controllers share their informers
CONNECTIONS: Cells[str | None] = Cells("connections")  # which of several api-servers a watcher talks to

Handler = Callable[[Cluster, Watch, str, Any, Any], Cluster]


@overload
def cached(of: Kind[ObjectT]) -> Cells[ObjectT | None]: ...


@overload
def cached(of: str) -> Cells[Any]: ...


def cached(of: Kind[Any] | str) -> Cells[Any]:
    """Return the family of the cached objects of a kind, or resource, by watcher and key; None: not in the cache."""
    return Cells(f"caches/{resource_name(of)}")


@overload
def in_cache(cluster: Cluster, watcher: str, of: Kind[ObjectT], key: str) -> ObjectT | None: ...


@overload
def in_cache(cluster: Cluster, watcher: str, of: str, key: str) -> Any: ...


def in_cache(cluster: Cluster, watcher: str, of: Kind[Any] | str, key: str) -> Any:
    """Return the object as the watcher knows it, or None."""
    return cluster[cached(of)[watcher, key]]


@overload
def all_in_cache(cluster: Cluster, watcher: str, of: Kind[ObjectT]) -> list[ObjectT]: ...


@overload
def all_in_cache(cluster: Cluster, watcher: str, of: str) -> list[Any]: ...


def all_in_cache(cluster: Cluster, watcher: str, of: Kind[Any] | str) -> list[Any]:
    """Return all objects of a kind, or resource, that the watcher knows, in the order of their keys."""
    known = (in_cache(cluster, watcher, of, key) for key in cluster.names(stored(of)))
    return [value for value in known if value is not None]


def is_open(queue: Queue) -> bool:
    """The projection of a watch's queue on whether the watcher is being told of changes."""
    return isinstance(queue, tuple)


def has_listed(queue: Queue) -> bool:
    """The projection of a watch's queue on whether the watcher has listed since it started."""
    return queue is not None


def next_event(queue: Queue) -> WatchEvent | None:
    """The projection of a watch's queue on the event that arrives next."""
    return queue[0] if isinstance(queue, tuple) and queue else None


def has_caught_up(queue: Queue) -> bool:
    """The projection of a watch's queue on whether the watcher has been told of all there is."""
    return queue == ()


def synced(cluster: Cluster, watcher: str, *resources: str) -> bool:
    """Tell whether the watcher has listed all these resources since it started."""
    return all(cluster.look(QUEUES[watcher, resource], has_listed) for resource in resources)


def ignore(cluster: Cluster, watch: Watch, key: str, old: ApiObject | None, new: ApiObject | None) -> Cluster:
    """The event handler of a component that only looks into its cache."""
    return cluster


def lists(cluster: Cluster, watch: Watch, on_change: Handler, server: str = "") -> Cluster:
    """Return the cluster with the watcher's cache as the resource is stored now, or as an api-server's cache has it."""
    for key in cluster.names(stored(watch.resource)):
        value = in_cache(cluster, server, watch.resource, key) if server else cluster[stored(watch.resource)[key]]
        new = value if watch.selects(value) else None
        old = in_cache(cluster, watch.watcher, watch.resource, key)
        if old != new:
            cluster = cluster.set(cached(watch.resource)[watch.watcher, key], new)
            cluster = on_change(cluster, watch, key, old, new)
    return cluster


@attrs.frozen(cache_hash=True)
class Informer:
    """The steps by which the components of one process learn of objects."""

    list_and_watch: Transition
    receive_event: Transition
    poll: Transition
    on_change: Handler = ignore
    is_alive: Callable[[Cluster, str], bool] = lambda cluster, watcher: True

    def actions(self, watch: Watch) -> list[Action]:
        """Return the actions of a watch."""
        steps = (self.poll,) if watch.polls else (self.list_and_watch, self.receive_event)
        return [step.bind(watcher=watch.watcher, resource=watch.resource) for step in steps]


def informer(on_change: Handler = ignore, alive: Callable[[Cluster, str], bool] | None = None) -> Informer:
    """Return an informer whose event handler is `on_change` and which stands still while the watcher is not alive."""

    def is_alive(cluster: Cluster, watcher: str) -> bool:
        return alive is None or alive(cluster, watcher)

    @transition(actor="{watcher}", object="{resource}")
    def list_and_watch(cluster: Cluster, watcher: str, resource: str) -> Cluster | None:
        """List the resource and watch it from there."""
        if cluster.look(QUEUES[watcher, resource], is_open) or not is_alive(cluster, watcher) or not _answers(cluster):
            return None
        cluster = cluster.set(QUEUES[watcher, resource], ())
        return lists(cluster, watch_of(cluster, watcher, resource), on_change)

    @transition(actor="{watcher}", object="{resource}", describe=_told)
    def receive_event(cluster: Cluster, watcher: str, resource: str) -> Cluster | None:
        """Receive the next event of the watch."""
        event = cluster.look(QUEUES[watcher, resource], next_event)
        if event is None or not is_alive(cluster, watcher):
            return None
        cell = cached(resource)[watcher, event.key]
        old = cluster[cell]
        cluster = cluster.modify(QUEUES[watcher, resource], without_first).set(cell, event.object)
        return on_change(cluster, watch_of(cluster, watcher, resource), event.key, old, event.object)

    @transition(actor="{watcher}", object="{resource}")
    def poll(cluster: Cluster, watcher: str, resource: str) -> Cluster | None:
        """Ask the api-server for all objects of the resource, as at every interval."""
        if not is_alive(cluster, watcher) or not _answers(cluster):
            return None
        watch = watch_of(cluster, watcher, resource)
        news = any(
            in_cache(cluster, watcher, resource, key) != (value if watch.selects(value) else None)
            for key in cluster.names(stored(resource))
            for value in [cluster[stored(resource)[key]]]
        )
        if not news and cluster.look(QUEUES[watcher, resource], is_open):
            return None
        return lists(cluster.set(QUEUES[watcher, resource], ()), watch, on_change)

    return Informer(list_and_watch, receive_event, poll, on_change, is_alive)


def _answers(cluster: Cluster) -> bool:
    """Tell whether a list is answered that has to be of now."""
    return not is_away(cluster) and serves(cluster)


def watch_of(cluster: Cluster, watcher: str, resource: str) -> Watch:
    """Return the watch of a watcher on a resource."""
    return next(watch for watch in cluster[WATCHES] if (watch.watcher, watch.resource) == (watcher, resource))


def forget_all(cluster: Cluster, watcher: str) -> Cluster:
    """Return the cluster after the watcher lost its memory: caches empty, watches closed."""
    for watch in cluster[WATCHES]:
        if watch.watcher == watcher:
            cluster = cluster.set(watch.queue, None)
            for key in cluster.names(stored(watch.resource)):
                cluster = cluster.set(cached(watch.resource)[watcher, key], None)
    return cluster


def without_first(queue: Queue) -> Queue:
    """The update of a watch's queue by which its first event is taken off."""
    return drop_first(queue) if isinstance(queue, tuple) else queue


def _told(step: Step) -> Event:
    arguments = step.action.arguments
    event = step.before.look(QUEUES[arguments["watcher"], arguments["resource"]], next_event)
    assert event is not None
    about = reference(step.before, arguments["resource"], event.key)
    known = "gone" if event.object is None else event.object.summary()
    return Event("Normal", event.type.capitalize(), about, f"the watch brings it: {known}")
