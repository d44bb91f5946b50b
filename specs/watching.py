"""Watches and caches."""

from typing import Any

import attrs

from kmodel.kernel import Cluster, Hazard, Layout, Step, sometimes, step_invariant
from kmodel.kubernetes.components.apiserver.releases import FIRST_LISTS
from kmodel.kubernetes.components.apiserver.watch_cache import MISSING, SERVERS, server_of
from kmodel.kubernetes.components.calls import SPLIT
from kmodel.kubernetes.components.etcd import QUEUES, WATCHES, Queue, Watch, WatchEvent, stored, version
from kmodel.kubernetes.components.etcd_members import STOP_WRITES
from kmodel.kubernetes.components.faults import BUDGET
from kmodel.kubernetes.components.informer import cached, is_open, next_event
from kmodel.kubernetes.components.quorum import MEMBERS
from kmodel.kubernetes.components.settings import SETTINGS
from kmodel.kubernetes.objects import BY_RESOURCE

LOST_EVENT = BUDGET["lost-event"]
MISSED = (
    "A watch promises every event. An informer that misses one all the same goes by what it knew until the object "
    "changes again or the watch is closed: nobody compares caches with what is stored [kubernetes/kubernetes#123072, "
    "kubernetes/kubernetes#76624]."
)
MISSES_EVENT = Hazard(MISSED, (LOST_EVENT,))
LOSE_MEMBERS = ("member-crash", "control-node-crash", "control-node-partition")  # until they are brought back


def etcd_may_lose_its_majority(layout: Layout) -> bool:
    """Tell whether so many members of etcd may go down, or be cut off, for good that no majority is left."""
    if not layout.has_family(MEMBERS.family):
        return False
    settings = layout.constant(SETTINGS)
    left = settings.etcd_members - sum(settings.budget(fault) for fault in LOSE_MEMBERS)
    return 2 * left <= settings.etcd_members


# Why what should happen at last may never happen.
MAY_WAIT_FOR_EVER = (
    MISSES_EVENT,
    Hazard(
        "Without a majority of its members etcd writes nothing, and answers no read of now; members that are down, or "
        "cut off, do not come back by themselves. All that is to be written waits as long "
        "[etcd.io docs op-guide/failures, v3.6].",
        (etcd_may_lose_its_majority,),
    ),
)
# Faults by which an api-server dies, or is cut off, with requests that are under way.
DEADLY = ("apiserver-crash", "control-node-crash", "control-node-partition")


def an_api_server_may_die(layout: Layout) -> bool:
    """Tell whether requests may be under way to an api-server that dies, so that nobody hears what became of them."""
    return SPLIT in layout and any(BUDGET[fault] in layout for fault in DEADLY)


def a_write_may_time_out(layout: Layout) -> bool:
    """Tell whether requests may be under way while etcd has no majority, or no leader, so that nobody knows of them."""
    may_stop = any(BUDGET[fault] in layout for fault in STOP_WRITES)
    return SPLIT in layout and layout.has_family(MEMBERS.family) and may_stop


NO_ANSWER = (BUDGET["lost-answer"], BUDGET["late-call"], an_api_server_may_die, a_write_may_time_out)
# After these a controller may not know of what it has made: it forgot it, or heard no answer.
MAY_NOT_KNOW = (
    BUDGET["controller-restart"],
    BUDGET["controller-failover"],
    BUDGET["process-pause"],
    *NO_ANSWER,
)
CACHES = tuple(cached(resource) for resource in BY_RESOURCE)


@step_invariant(needs=QUEUES)
def a_watcher_never_goes_back_in_time(step: Step) -> bool | str:
    """What a watcher knows of an object is never replaced by an older version of it."""
    for cell in step.wrote(*CACHES):
        before, after = version(step.before[cell]), version(step.after[cell])
        if before is not None and after is not None and after.number < before.number:
            return f"{cell.key[0]} knew version {before.number} of {cell.key[1]} and went back to {after.number}"
    return True


@sometimes(needs=QUEUES, shows=a_watcher_never_goes_back_in_time)
def a_watcher_lags_behind(cluster: Cluster) -> bool:
    """A watcher still knows an older version of an object than etcd holds."""
    for watch in cluster[WATCHES]:
        for key in cluster.names(stored(watch.resource)):
            known = version(cluster[cached(watch.resource)[watch.watcher, key]])
            held = version(cluster[stored(watch.resource)[key]])
            if known is not None and held is not None and known.number < held.number:
                return True
    return False


@attrs.frozen(cache_hash=True)
class LastOf:
    """The projection of a watch's queue on the last event of a key that is under way, if there is one."""

    key: str

    def __call__(self, queue: Queue) -> WatchEvent | None:
        """Return the event."""
        events = queue if isinstance(queue, tuple) else ()
        return next((event for event in reversed(events) if event.key == self.key), None)


def first_lists_may_be_old(layout: Layout) -> bool:
    """Tell whether what has restarted may list from the watch cache of an api-server that lags."""
    if not layout.has_family(MISSING.family):
        return False
    is_consistent = FIRST_LISTS[layout.constant(SETTINGS).first_list]
    return not all(is_consistent(watch.watcher) for watch in layout.constant(WATCHES))


@step_invariant(
    needs=MISSING,
    hazard="What has restarted remembers no resourceVersion. Up to 1.34 the first list of a kubelet or scheduler names "
    "resourceVersion 0, and is of whatever age the watch cache has of the api-server that it comes to "
    "[kubernetes/kubernetes#59848]; lists that are streamed (WatchListClient, from 1.35 on) are not.",
    hazard_with=(first_lists_may_be_old,),
)
def an_observer_never_goes_back_in_resource_version(step: Step) -> bool | str:
    """What a watcher lists is not older than what it has seen, also before it restarted, wherever it lists."""
    if step.action.transition.name == "list_from":
        chosen = step.action.arguments
        missing = step.before[MISSING[chosen["server"], chosen["watcher"], chosen["resource"]]]
        if missing:
            return (
                f"{chosen['watcher']} lists {chosen['resource']} as they were {missing} events before it had seen them"
            )
    return True


@sometimes(needs=MISSING, shows=an_observer_never_goes_back_in_resource_version)
def a_watcher_has_seen_more_than_an_api_server(step: Step) -> bool:
    """A watcher lists from an api-server, and another one lacks what it has seen before."""
    if step.action.transition.name != "list_from":
        return False
    watcher, resource = step.action.arguments["watcher"], step.action.arguments["resource"]
    return any(step.before[MISSING[server, watcher, resource]] for server in step.before[SERVERS])


@step_invariant(needs=QUEUES, hazard=MISSED, hazard_with=(LOST_EVENT,))
def a_watch_misses_nothing(step: Step) -> bool | str:
    """What an open watch has brought, with what is under way, is what etcd holds."""
    for watch in step.after[WATCHES]:
        if watch.polls or not step.after.look(watch.queue, is_open):
            continue
        server = server_of(step.after, watch)
        of_server = QUEUES[server or "", watch.resource]
        under_way = (of_server, watch.queue) if step.after.has(of_server) else (watch.queue,)
        for key in _touched(step, watch):
            held: Any = step.after[stored(watch.resource)[key]]
            last = next((last for queue in under_way if (last := step.after.look(queue, LastOf(key)))), None)
            known = step.after[cached(watch.resource)[watch.watcher, key]] if last is None else last.object
            if (known if watch.selects(known) else None) != (held if watch.selects(held) else None):
                return f"the watch of {watch.watcher} never tells what became of {watch.resource}/{key}"
    return True


def _touched(step: Step, watch: Watch) -> list[str]:
    """Return the keys of which a watcher may know something else after the step than before."""
    keys = [cell.key[-1] for cell in step.wrote(stored(watch.resource))]
    told = (watch.watcher, server_of(step.after, watch))
    keys += [cell.key[1] for cell in step.wrote(cached(watch.resource)) if cell.key[0] in told]
    if watch.queue in step.writes:
        event = step.before.look(watch.queue, next_event)
        keys += [] if event is None else [event.key]
    return list(dict.fromkeys(keys))


@sometimes(needs=QUEUES, shows=a_watch_misses_nothing)
def a_watch_brings_that_something_is_gone(step: Step) -> bool:
    """A watch tells a watcher that an object that it knew is gone."""
    gone = (cell for cell in step.wrote(*CACHES) if step.before[cell] is not None and step.after[cell] is None)
    return any(step.action.arguments.get("watcher") == cell.key[0] for cell in gone)
