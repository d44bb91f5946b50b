"""A Job controller that forgets what a Job expects when it hears that the Job is gone.

As proposed in kubernetes/kubernetes#142236 and #142247 (open), and as the ReplicaSet controller does
(pkg/controller/replicaset/replica_set.go deleteReplicaSet, 1.34). It does not rest on the five minutes either.
"""

from typing import Any

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components.controllers import job_controller as jobs
from kmodel.kubernetes.components.controllers.expectations import Expectations
from kmodel.kubernetes.components.controllers.job_controller import JOB_EXPECTED
from kmodel.kubernetes.components.etcd import Watch
from kmodel.kubernetes.components.variant import variant


@transition(actor=jobs.ACTOR, object="job/{job}")
def expire_job_expectations(cluster: Cluster, job: str) -> Cluster | None:
    """Expectations expire, and nobody looks at them."""
    return None


def on_change(cluster: Cluster, watch: Watch, key: str, old: Any, new: Any) -> Cluster:
    """Forget what a Job expects that is gone, or whose name another one bears."""
    gone = old is not None and (new is None or new.metadata.uid != old.metadata.uid)
    if watch.resource == jobs.RESOURCE and gone:
        cluster = cluster.set(JOB_EXPECTED[key], Expectations())
    return jobs.COMPONENT.on_change(cluster, watch, key, old, new)


FORGETTING_CONTROLLER = variant(
    jobs.COMPONENT, {jobs.expire_job_expectations: expire_job_expectations}, on_change=on_change
)
