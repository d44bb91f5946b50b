"""An api-server of Kubernetes 1.7: to a client that lacks one event it says that there is nothing to send.

Upstream: staging/src/k8s.io/apiserver/pkg/storage/watch_cache.go GetAllEventsSinceThreadUnsafe, 1.7. Where the
cache has had no event since it was filled, a client that asks from one version before that was taken for one that
has seen all.

Sally's list was of what is stored, since the api-server was not ready to answer from its cache. The events since
then stand in her queue; those that came before the cache was filled are in none of the api-server's.
"""

from kmodel.kernel import Cell, Cells, Cluster, transition
from kmodel.kubernetes.components.component import NOTHING, Component, Memory, Steps
from kmodel.kubernetes.components.etcd import QUEUES, Queue, closed
from kmodel.kubernetes.components.informer import has_listed, without_first

SALLY = "sally"
QUEUE: Cell[Queue] = QUEUES[SALLY, "pods"]
LACKS: Cells[int | None] = Cells("watch cache/events before it was filled")  # None: it is not filled yet
WATCHES: Cells[bool] = Cells("sally/watches")


def _events(queue: Queue) -> int:
    """The projection of a watch's queue on how many events are under way."""
    return len(queue) if isinstance(queue, tuple) else 0


@transition(actor="kube-apiserver", object="pods")
def fill_cache(cluster: Cluster) -> Cluster | None:
    """Fill the watch cache with what is stored: it knows nothing of the events that led there."""
    if cluster[LACKS["pods"]] is not None:
        return None
    return cluster.set(LACKS["pods"], cluster.look(QUEUE, _events))


@transition(actor=SALLY, object="pods")
def watch_from_version(cluster: Cluster) -> Cluster | None:
    """Ask for all that happened since the version of one's list."""
    lacks = cluster[LACKS["pods"]]
    if lacks is None or cluster[WATCHES["pods"]]:
        return None
    cluster = cluster.set(WATCHES["pods"], True)
    if lacks == 1:  # the mistake: what the cache was filled with is taken for seen
        return cluster.modify(QUEUE, without_first)
    return cluster if not lacks else cluster.modify(QUEUE, closed)


COMPONENT = Component(
    SALLY,
    watches=("pods",),
    alive=lambda cluster, watcher: cluster[WATCHES["pods"]] or not cluster.look(QUEUE, has_listed),
    memory=(
        Memory(LACKS, lambda plan: (("pods",),), None, mentions=NOTHING, survives=True),
        Memory(WATCHES, lambda plan: (("pods",),), False, mentions=NOTHING),
    ),
    steps=(Steps((fill_cache, watch_from_version)),),
)
