"""TTL-after-finished controller: delete a Job some time after it has finished, if it says so.

Models: a Job that the cache shows to have finished, and that a live look does as well, is deleted in the foreground, on
the condition of its UID, so that its pods go first. The time may have passed whenever it has finished: there are no
clocks.

Leaves out: how long that time is.

Upstream: pkg/controller/ttlafterfinished/ttlafterfinished_controller.go processJob, read in 1.33 in the making (a fork
at 0b0abd6c).
"""

from collections.abc import Iterable
from typing import Any

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components.apiserver import answers_reads, read
from kmodel.kubernetes.components.apiserver.access import CONTROLLER_USER
from kmodel.kubernetes.components.calls import Request, clients, drop_answer, idle, send
from kmodel.kubernetes.components.component import Caller, Component, each
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, in_cache, synced
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.objects import JOB, Job

ACTOR = CONTROLLER_MANAGER + "/ttl-after-finished"
USER = CONTROLLER_USER + "ttl-after-finished-controller"
RESOURCE = JOB.resource

client_of = clients(f"{ACTOR}/{{}}")  # by which the controller deletes a Job


def has_to_go(job: Job | None) -> bool:
    """Tell whether a Job has finished, and is to be deleted for that."""
    return job is not None and job.cleans_up and not job.metadata.deleting and job.status.finished is not None


@transition(actor=ACTOR, object="job/{job}")
def delete_finished_job(cluster: Cluster, job: str) -> Cluster | None:
    """Have a Job deleted whose time has passed since it finished."""
    if not synced(cluster, CONTROLLER_MANAGER, RESOURCE) or not idle(cluster, client_of(job)):
        return None
    if not has_to_go(in_cache(cluster, CONTROLLER_MANAGER, JOB, job)) or not answers_reads(cluster, client_of(job)):
        return None
    latest: Job | None = read(cluster, JOB, job)
    if latest is None or not has_to_go(latest):
        return None
    request = Request(USER, "delete", RESOURCE, job, uid=latest.metadata.uid, propagation="Foreground")
    return send(cluster, client_of(job), request)


@transition(actor=ACTOR, object="job/{job}")
def read_cleanup_answer(cluster: Cluster, job: str) -> Cluster | None:
    """Learn how the deletion went; while the Job is there and is not being deleted, it is tried again."""
    return drop_answer(cluster, client_of(job))


def _needed(plan: Plan) -> str | None:
    jobs: Iterable[Any] = plan.objects(RESOURCE)
    return None if any(job.cleans_up for job in jobs) else "no Job has ttlSecondsAfterFinished"


COMPONENT = Component(
    "ttl-after-finished-controller",
    process=CONTROLLER_MANAGER,
    users={USER: frozenset({("delete", RESOURCE)})},
    watches=(RESOURCE,),
    callers=(Caller((delete_finished_job,), read_cleanup_answer, client_of, each(RESOURCE), turn=3),),
    needed=_needed,
    works_with=("garbage-collector",),
)
