"""ResourceQuota controller: counts anew what a quota is charged with.

Models: where it takes part, a quota of pods has a status. The api-server charges a create to it before the pod is
written, so that one that fails stays charged, and a pod that is deleted does, too, until this controller has counted
anew: by its cache, which may not show yet what has just been charged. It then sets the status too low, and more pods
may be created than the quota lets be there [kubernetes/kubernetes#123434]. Without it, places are taken and given back
at once (see apiserver/admission.py). So it takes part only where a scenario names it.

Leaves out: quotas as objects, of other resources, with scopes; that the controller's write is a call of its own,
refused when a charge comes in between (here it counts and writes in one step: what it counts may be as old all the
same); when it counts: upstream after deletions, after changes of the quota, and every five minutes, here at any time.

Upstream: pkg/controller/resourcequota/resource_quota_controller.go syncResourceQuota, 1.34.
"""

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components.apiserver.admission import COUNTED, USED
from kmodel.kubernetes.components.component import NOTHING, Component, Memory, Steps, not_needed
from kmodel.kubernetes.components.etcd import PODS
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, in_cache, synced
from kmodel.kubernetes.objects import POD

ACTOR = CONTROLLER_MANAGER + "/resourcequota"


@transition(actor=ACTOR, object="resourcequota")
def count_anew(cluster: Cluster) -> Cluster | None:
    """Set what the quota is charged with to the number of pods that the cache shows."""
    used = cluster[USED[COUNTED]]
    if used is None or not synced(cluster, CONTROLLER_MANAGER, "pods"):
        return None
    found = sum(in_cache(cluster, CONTROLLER_MANAGER, POD, name) is not None for name in cluster.names(PODS))
    return None if found == used else cluster.set(USED[COUNTED], found)


COMPONENT = Component(
    "resourcequota-controller",
    process=CONTROLLER_MANAGER,
    watches=("pods",),
    memory=(Memory(USED, lambda plan: ((COUNTED,),), None, mentions=NOTHING, survives=True),),
    steps=(Steps((count_anew,)),),
    needed=lambda plan: "there is no quota" if plan.settings.pod_quota is None else not_needed(plan),
)
