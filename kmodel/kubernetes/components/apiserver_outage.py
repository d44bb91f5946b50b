"""An api-server that is away for a while, and comes back at last.

It finishes what is under way, and closes all watches. While it is away, each new request fails at once, and nobody
lists or watches. Most clients try again, after a back-off, for as long as it takes; kubectl does not, the taint
eviction controller gives up after five tries (see controllers/taint_eviction.py), and the node lifecycle controller
does not come back to a NoSchedule taint by itself (see controllers/node_lifecycle.py).

Leaves out: answers that are lost when it goes (the fault lost-answer); live reads of one object, which are answered all
the same; one of several api-servers (see watch_cache.py).

Upstream: staging/src/k8s.io/apiserver/pkg/server/lifecycle_signals.go, 1.34.
"""

from kmodel.kernel import FAULT, Cluster, transition
from kmodel.kubernetes.components.component import Fault, Steps
from kmodel.kubernetes.components.etcd import close_watches
from kmodel.kubernetes.components.faults import spend
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.serving import AWAY, SERVER, is_away


@transition(actor=FAULT, object=SERVER, environment=True)
def stop_apiserver(cluster: Cluster) -> Cluster | None:
    """The api-server goes away: it finishes what is under way, and closes all watches."""
    spent = None if is_away(cluster) else spend(cluster, "apiserver-outage")
    if spent is None:
        return None
    return close_watches(spent).set(AWAY[SERVER], True)


@transition(actor=SERVER, object=SERVER)
def serve_again(cluster: Cluster) -> Cluster | None:
    """The api-server comes back."""
    return cluster.set(AWAY[SERVER], False) if is_away(cluster) else None


def _is_alone(plan: Plan) -> bool:
    return plan.settings.api_servers == 1


APISERVER_OUTAGE = Fault("apiserver-outage", (Steps((stop_apiserver, serve_again), when=_is_alone),))
