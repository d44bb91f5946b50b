"""What a Job gets, whatever bore its name before."""

from kmodel.kernel import Cluster, converges, sometimes
from kmodel.kubernetes.components.controllers.job_controller import JOB_EXPECTED
from kmodel.kubernetes.components.etcd import PODS, stored

JOBS = stored("jobs")


@converges(needs=JOB_EXPECTED)
def a_job_made_anew_gets_its_pod(cluster: Cluster) -> bool | str:
    """At last each Job that is there has a pod of its own."""
    for name in cluster.names(JOBS):
        job = cluster[JOBS[name]]
        owners = [pod.metadata.owner for key in cluster.names(PODS) if (pod := cluster[PODS[key]]) is not None]
        if job is not None and not any(owner is not None and owner.uid == job.metadata.uid for owner in owners):
            return f"job/{name} has no pod"
    return True


@sometimes(needs=JOB_EXPECTED, shows=a_job_made_anew_gets_its_pod)
def a_pod_of_an_old_job_is_there(cluster: Cluster) -> bool:
    """A pod is there whose Job is gone, while another Job bears the name."""
    for key in cluster.names(PODS):
        pod = cluster[PODS[key]]
        owner = None if pod is None else pod.metadata.owner
        job = None if owner is None else cluster[JOBS[owner.name]]
        if owner is not None and job is not None and job.metadata.uid != owner.uid:
            return True
    return False
