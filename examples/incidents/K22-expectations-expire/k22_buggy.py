"""The ReplicaSet controller of Kubernetes 1.35: what it expects is forgotten after five minutes.

Upstream: pkg/controller/controller_utils.go SatisfiedExpectations and ExpectationsTimeout, 1.34. There are no
clocks here: five minutes may have passed at any time after the pods of a round were asked for, also while the news
of them is late.
"""

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components.calls import idle
from kmodel.kubernetes.components.controllers import replicaset_controller as replicasets
from kmodel.kubernetes.components.controllers.expectations import Expectations
from kmodel.kubernetes.components.controllers.replicaset_controller import EXPECTATIONS, ROUND, Round
from kmodel.kubernetes.components.variant import variant


@transition(actor=replicasets.ACTOR, object="{kind}/{name}")
def expire_expectations(cluster: Cluster, kind: str, name: str) -> Cluster | None:
    """Expect no longer what was not seen in five minutes."""
    if cluster[EXPECTATIONS[kind, name]].fulfilled or cluster[ROUND[kind, name]] != Round():
        return None
    if not idle(cluster, replicasets.client_of(kind, name)):
        return None
    return cluster.set(EXPECTATIONS[kind, name], Expectations())


CONTROLLER_1_35 = variant(replicasets.COMPONENT, {replicasets.expire_expectations: expire_expectations})
