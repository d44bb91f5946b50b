"""The kubelet of Kubernetes 1.2: it deletes the pod of a name, whichever that is by then.

Upstream: pkg/kubelet/status/manager.go syncPod, 1.2. Since 1.3 the request names the UID, and is refused if another
pod bears the name by then (kubernetes/kubernetes#25224).
"""

import attrs

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components import kubelet
from kmodel.kubernetes.components.calls import CALLS, Request
from kmodel.kubernetes.components.kubelet import status
from kmodel.kubernetes.components.kubelet.state import client_of
from kmodel.kubernetes.components.variant import variant


@transition(actor="kubelet/{node}", object="pod/{pod}")
def finish_deletion(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """Delete the pod for good, by its name, now that its containers are gone."""
    after = status.finish_deletion.function(cluster, node, pod)
    request = None if after is None else after[CALLS[client_of(node, pod)]]
    if after is None or not isinstance(request, Request):
        return after
    return after.set(CALLS[client_of(node, pod)], attrs.evolve(request, uid=None))


KUBELET_1_2 = variant(kubelet.COMPONENT, {status.finish_deletion: finish_deletion})
