"""A ReplicaSet controller that expects nothing: it counts what its cache shows, and creates what is missing.

As the first replication controllers did, before expectations came (pkg/controller/controller_utils.go), and as many
controllers of custom resources still do: kuberay#715, cluster-api#13649.
"""

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components.controllers import replicaset_controller as replicasets
from kmodel.kubernetes.components.controllers.expectations import Expectations
from kmodel.kubernetes.components.controllers.replicaset_controller import EXPECTATIONS
from kmodel.kubernetes.components.variant import variant


@transition(actor=replicasets.ACTOR, object="{kind}/{name}")
def reconcile(cluster: Cluster, kind: str, name: str) -> Cluster | None:
    """Count too few active pods in the cache, and create what is missing, whatever was asked for before."""
    after = replicasets.reconcile.function(cluster.set(EXPECTATIONS[kind, name], Expectations()), kind, name)
    return None if after is None else after.set(EXPECTATIONS[kind, name], Expectations())


FORGETFUL_CONTROLLER = variant(replicasets.COMPONENT, {replicasets.reconcile: reconcile})
