"""Jobs: each pod is counted once, what is said to be finished stays so, and a Job comes to an end."""

from kmodel.kernel import Cluster, Hazard, Layout, Rank, Step, converges, sometimes, step_invariant
from kmodel.kubernetes.components.controllers.job_controller import JOB_EXPECTED, JOB_ROUND, known_job
from kmodel.kubernetes.components.controllers.job_counts import JobNow
from kmodel.kubernetes.components.controllers.stuck_pods import is_stuck
from kmodel.kubernetes.components.controllers.ttl_after_finished import COMPONENT as TTL
from kmodel.kubernetes.components.etcd import PODS, stored
from kmodel.kubernetes.components.references import refusal
from kmodel.kubernetes.components.runtime import RUNTIME
from kmodel.kubernetes.components.scheduler import QUEUE
from kmodel.kubernetes.components.settings import SETTINGS
from kmodel.kubernetes.objects import Job, Pod
from kmodel.kubernetes.objects.job import index_of, is_tracked
from kmodel.kubernetes.objects.ownership import FOREGROUND

from .watching import MAY_NOT_KNOW, MAY_WAIT_FOR_EVER, MISSES_EVENT

JOBS = stored("jobs")


def jobs_can_run(layout: Layout) -> bool:
    """Tell whether there are Jobs, nodes run pods, and these are bound, by a scheduler or by their templates."""
    bound = any(layout.keys(QUEUE)) or all(
        workload.template.spec.node_name for workload in layout.constant(SETTINGS).workloads
    )
    return bound and any(layout.keys(JOB_EXPECTED)) and any(layout.keys(RUNTIME))


def pods_of_job(cluster: Cluster, job: Job) -> list[Pod]:
    """Return the pods that a Job controls, as etcd has them."""
    there = [pod for name in cluster.names(PODS) if (pod := cluster[PODS[name]]) is not None]
    return [pod for pod in there if pod.metadata.owner is not None and pod.metadata.owner.uid == job.metadata.uid]


def _changed(step: Step) -> list[tuple[str, Job, Job]]:
    """Return the Jobs that a step writes: the name, the Job as it was, and as it is."""
    jobs = [(cell.key[0], step.before[cell], step.after[cell]) for cell in step.wrote(JOBS)]
    return [
        (name, before, after)
        for name, before, after in jobs
        if before is not None and after is not None and before.metadata.uid == after.metadata.uid
    ]


def _miscounted(step: Step, before: Job, after: Job) -> str | None:
    """Return what is wrong with how a write of a Job's status counts pods."""
    tracked: set[Rank | None] = {pod.metadata.uid for pod in pods_of_job(step.before, before) if is_tracked(pod)}
    was, now = before.status, after.status
    if len(set(now.uncounted)) != len(now.uncounted):
        return "has a pod among the uncounted twice"
    if not set(now.uncounted) - set(was.uncounted) <= tracked:
        return "is to count a pod that has been counted, or let go"
    left = set(was.uncounted) - set(now.uncounted)
    if left & tracked:
        return "has counted a pod that still has its finalizer"
    grown = now.failed - was.failed + (0 if after.is_indexed else now.succeeded - was.succeeded)
    return None if grown == len(left) else f"counts {grown} pods, and {len(left)} were about to be counted"


@step_invariant(needs=JOB_EXPECTED)
def a_pod_of_a_job_is_counted_exactly_once(step: Step) -> bool | str:
    """A pod that has finished keeps its finalizer until its Job has it as uncounted, and is counted once it lost that.

    A pod that is too many, or of a Job that is suspended, is deleted without being counted, whatever becomes of it.
    """
    for name, before, after in _changed(step):
        wrong = _miscounted(step, before, after)
        if wrong is not None:
            return f"job/{name} {wrong}"
    for cell in step.wrote(PODS):
        pod, left = step.before[cell], step.after[cell]
        if pod is None or not is_tracked(pod) or not pod.terminal or pod.metadata.owner is None:
            continue
        job = step.before[JOBS[pod.metadata.owner.name]]
        if (left is not None and is_tracked(left)) or job is None or job.metadata.uid != pod.metadata.owner.uid:
            continue
        said = pod.metadata.uid in job.status.uncounted or index_of(pod) in job.status.completed_indexes
        given_up = pod.metadata.key in step.before[JOB_ROUND[pod.metadata.owner.name]].deletions
        if not said and not given_up and not job.metadata.deleting and job.status.finished is None:
            return f"pod/{pod.metadata.key} is let go, and job/{job.metadata.key} has not counted it"
    return True


@sometimes(needs=JOB_EXPECTED, shows=a_pod_of_a_job_is_counted_exactly_once)
def a_pod_of_a_job_is_counted(step: Step) -> bool:
    """A pod of a Job becomes part of a counter."""
    return any(set(before.status.uncounted) - set(after.status.uncounted) for _, before, after in _changed(step))


@step_invariant(needs=JOB_EXPECTED)
def a_finished_job_stays_finished(step: Step) -> bool | str:
    """What a Job says of how it ends is never taken back, and nothing is counted afterwards."""
    for name, before, after in _changed(step):
        for was, now in ((before.status.coming, after.status.coming), (before.status.finished, after.status.finished)):
            if was is not None and was != now:
                return f"job/{name} was {was}, and is {now or 'not any more'}"
        counts = (before.status.succeeded, before.status.failed), (after.status.succeeded, after.status.failed)
        if before.status.finished is not None and counts[0] != counts[1]:
            return f"job/{name} is {before.status.finished}, and still counts pods"
    return True


@sometimes(needs=JOB_EXPECTED, shows=a_finished_job_stays_finished)
def a_job_finishes(step: Step) -> bool:
    """A Job becomes complete, or is said to have failed."""
    return any(after.status.finished and not before.status.finished for _, before, after in _changed(step))


@step_invariant(
    needs=JOB_EXPECTED,
    hazard=(
        Hazard(
            "What a controller expects lives in its memory only: one that restarts while a create is under way, or "
            "hears no answer to one that was carried out, counts pods in a cache that does not show it yet, and "
            "creates another [pkg/controller/job/job_controller.go; KEP-5647].",
            MAY_NOT_KNOW,
        ),
        MISSES_EVENT,
    ),
)
def a_job_runs_no_more_pods_than_it_may(step: Step) -> bool | str:
    """No more pods of a Job are active than it, as it is or as its controller knows it, lets run in parallel."""
    if not any(step.before[cell] is None for cell in step.wrote(PODS)):
        return True
    for name in step.after.names(JOBS):
        job = step.after[JOBS[name]]
        known = known_job(step.before, name)
        if job is None:
            continue
        active = sum(pod.active for pod in pods_of_job(step.after, job))
        if active > max(job.parallelism or 0, 0 if known is None else known.job.parallelism or 0):
            return f"job/{name} has {active} active pods"
    return True


@sometimes(needs=JOB_EXPECTED, shows=a_job_runs_no_more_pods_than_it_may)
def a_job_has_as_many_pods_as_it_may(cluster: Cluster) -> bool:
    """As many pods of a Job are active as it lets run in parallel."""
    jobs = (job for name in cluster.names(JOBS) if (job := cluster[JOBS[name]]) is not None)
    return any(0 < (job.parallelism or 0) == sum(pod.active for pod in pods_of_job(cluster, job)) for job in jobs)


@converges(needs=JOB_EXPECTED, hazard=MAY_WAIT_FOR_EVER)
def a_job_has_the_pods_that_it_wants(cluster: Cluster) -> bool | str:
    """At last a Job that is not finished has as many active pods as it wants, and no more, if they can be made."""
    for name in cluster.names(JOBS):
        job = cluster[JOBS[name]]
        if job is None or job.status.finished or job.metadata.deleting:
            continue
        now = JobNow(job, tuple(pods_of_job(cluster, job)))
        if refusal(cluster[SETTINGS], job.pod()) is None and len(now.active) != now.wanted:
            return f"job/{name} has {len(now.active)} active pods, and wants {now.wanted}"
    return True


@converges(needs=jobs_can_run, hazard=MAY_WAIT_FOR_EVER)
def a_job_comes_to_an_end(cluster: Cluster) -> bool | str:
    """At last a Job is complete or has failed, unless it is suspended, or its pods cannot be made, or cannot run.

    If it has a deadline, that they cannot run is no excuse, but that one of them cannot go.
    """
    for name in cluster.names(JOBS):
        job = cluster[JOBS[name]]
        if job is None or job.status.finished or job.suspend or job.metadata.deleting or job.parallelism == 0:
            continue
        if refusal(cluster[SETTINGS], job.pod()) is not None:
            continue
        pods = [pod for pod in pods_of_job(cluster, job) if is_stuck(cluster, pod) and not pod.terminal]
        if not any(pod.metadata.deleting if job.active_deadline_seconds is not None else pod.active for pod in pods):
            return f"job/{name} is {job.summary()}"
    return True


def jobs_are_cleaned_up(layout: Layout) -> bool:
    """Tell whether Jobs are deleted after they have finished, with their pods."""
    actors = layout.constant(SETTINGS).actors
    return any(layout.keys(JOB_EXPECTED)) and TTL.name in actors and "garbage-collector" in actors


@converges(needs=jobs_are_cleaned_up, hazard=MAY_WAIT_FOR_EVER)
def a_finished_job_is_cleaned_up(cluster: Cluster) -> bool | str:
    """At last no Job is there that has finished and is to go some time later, unless another finalizer holds it."""
    for name in cluster.names(JOBS):
        job = cluster[JOBS[name]]
        if job is not None and job.cleans_up and job.status.finished and not {*job.metadata.finalizers} - {FOREGROUND}:
            return f"job/{name} is {job.status.finished}, and still there"
    return True
