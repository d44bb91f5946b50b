"""CronJobs: no two Jobs at once where the policy forbids it."""

from kmodel.kernel import Cluster, Hazard, Step, sometimes, step_invariant
from kmodel.kubernetes.components.controllers.cronjob_controller import TIMES_DUE
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.objects import Job
from kmodel.kubernetes.objects.cronjob import ALLOW

from .watching import MAY_NOT_KNOW, MISSES_EVENT

CRON_JOBS, JOBS = stored("cronjobs"), stored("jobs")


def _made(step: Step) -> list[Job]:
    """Return the Jobs of CronJobs that come to be there in a step."""
    made = [job for cell in step.wrote(JOBS) if step.before[cell] is None and (job := step.after[cell]) is not None]
    return [job for job in made if job.metadata.owner is not None and job.metadata.owner.kind == "CronJob"]


def _running(cluster: Cluster, beside: Job) -> list[str]:
    """Return the Jobs with the same owner as one that have neither finished nor are going."""
    owner = beside.metadata.owner
    jobs = [job for name in cluster.names(JOBS) if (job := cluster[JOBS[name]]) is not None]
    own = [job for job in jobs if owner is not None and job.metadata.owner == owner]
    return [job.metadata.key for job in own if not job.status.finished and not job.metadata.deleting]


@step_invariant(
    needs=TIMES_DUE,
    hazard=(
        Hazard(
            "A CronJob's controller goes by the list of active Jobs in the status, which it writes after it has "
            "created a Job: one that dies in between, or hears no answer, has that Job in no list, and starts the next "
            "one beside it [pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob, 1.34].",
            MAY_NOT_KNOW,
        ),
        MISSES_EVENT,
    ),
)
def a_cronjob_runs_one_job_where_it_says_so(step: Step) -> bool | str:
    """Under Forbid and Replace no Job is started while another one of the same CronJob runs."""
    for job in _made(step):
        cron = step.after[CRON_JOBS[job.metadata.owner.name]] if job.metadata.owner is not None else None
        running = _running(step.after, job)
        if cron is not None and cron.policy != ALLOW and len(running) > 1:
            return f"{' and '.join(running)} of cronjob/{cron.metadata.key} run at once"
    return True


@sometimes(needs=TIMES_DUE, shows=a_cronjob_runs_one_job_where_it_says_so)
def a_cronjob_starts_a_job(step: Step) -> bool:
    """A CronJob's controller creates a Job."""
    return bool(_made(step))
