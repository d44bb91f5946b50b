"""The Job controller of Kubernetes 1.36: what a Job expects outlives it, and nobody looks again.

Upstream: pkg/controller/job/job_controller.go deleteJob and syncJob, 1.36. Expectations are kept by the Job's name.
They expire after five minutes, but that is only looked at when something happens to the Job; and to one without
pods nothing does. (The built-in controller lets them expire by themselves, as if it did.)
"""

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components.controllers import job_controller as jobs
from kmodel.kubernetes.components.variant import variant


@transition(actor=jobs.ACTOR, object="job/{job}")
def expire_job_expectations(cluster: Cluster, job: str) -> Cluster | None:
    """Expectations expire, and nobody looks at them."""
    return None


CONTROLLER_1_36 = variant(jobs.COMPONENT, {jobs.expire_job_expectations: expire_job_expectations})
