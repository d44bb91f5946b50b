"""Watches and caches."""

from kmodel.kernel import Cluster, Step, sometimes, step_invariant
from kmodel.kubernetes.components.etcd import QUEUES, WATCHES, stored, version
from kmodel.kubernetes.components.informer import cached
from kmodel.kubernetes.objects import BY_RESOURCE

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
