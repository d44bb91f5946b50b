"""Watches and caches."""

from typing import Any

import attrs

from kmodel.kernel import Cluster, Step, sometimes, step_invariant
from kmodel.kubernetes.components.etcd import QUEUES, WATCHES, Queue, Watch, WatchEvent, stored, version
from kmodel.kubernetes.components.faults import BUDGET
from kmodel.kubernetes.components.informer import cached, is_open, next_event
from kmodel.kubernetes.objects import BY_RESOURCE

LOST_EVENT = BUDGET["lost-event"]
MISSED = (
    "A watch promises every event. An informer that misses one all the same goes by what it knew until the object "
    "changes again or the watch is closed: nobody compares caches with what is stored [kubernetes/kubernetes#123072, "
    "kubernetes/kubernetes#76624]."
)
# After these a controller may not know of what it has made: it forgot it, heard no answer, or missed the event.
MAY_NOT_KNOW = (
    BUDGET["controller-restart"],
    BUDGET["controller-failover"],
    BUDGET["lost-answer"],
    BUDGET["late-call"],
    LOST_EVENT,
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


@step_invariant(needs=QUEUES, hazard=MISSED, hazard_with=(LOST_EVENT,))
def a_watch_misses_nothing(step: Step) -> bool | str:
    """What an open watch has brought, with what is under way, is what etcd holds."""
    for watch in step.after[WATCHES]:
        if watch.polls or not step.after.look(watch.queue, is_open):
            continue
        for key in _touched(step, watch):
            held: Any = step.after[stored(watch.resource)[key]]
            last = step.after.look(watch.queue, LastOf(key))
            known = step.after[cached(watch.resource)[watch.watcher, key]] if last is None else last.object
            if known != (held if watch.selects(held) else None):
                return f"the watch of {watch.watcher} never tells what became of {watch.resource}/{key}"
    return True


def _touched(step: Step, watch: Watch) -> list[str]:
    """Return the keys of which a watcher may know something else after the step than before."""
    keys = [cell.key[-1] for cell in step.wrote(stored(watch.resource))]
    keys += [cell.key[1] for cell in step.wrote(cached(watch.resource)) if cell.key[0] == watch.watcher]
    if watch.queue in step.writes:
        event = step.before.look(watch.queue, next_event)
        keys += [] if event is None else [event.key]
    return list(dict.fromkeys(keys))


@sometimes(needs=QUEUES, shows=a_watch_misses_nothing)
def a_watch_brings_that_something_is_gone(step: Step) -> bool:
    """A watch tells a watcher that an object that it knew is gone."""
    gone = (cell for cell in step.wrote(*CACHES) if step.before[cell] is not None and step.after[cell] is None)
    return any(step.action.arguments.get("watcher") == cell.key[0] for cell in gone)
