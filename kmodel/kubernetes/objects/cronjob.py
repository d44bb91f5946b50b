"""CronJobs: fields and their defaults [kubernetes/api batch/v1/types.go, 1.34]; what is wrong with them, and what a
POST or PUT keeps [pkg/apis/batch/validation/validation.go, pkg/registry/batch/cronjob, not read in a release that could
be dated].

There are no clocks: a schedule comes due a few times at most, each at any time, whatever its fields say. Left out:
startingDeadlineSeconds, time zones, and the limits of the history (Jobs that have finished stay, unless they have
ttlSecondsAfterFinished).
"""

from collections.abc import Iterator
from typing import Any

import attrs

from kmodel.kernel import Rank
from kmodel.kubernetes.manifests.field import Fields
from kmodel.kubernetes.objects import known
from kmodel.kubernetes.objects.field_errors import unsupported
from kmodel.kubernetes.objects.job import Job, read_job_spec
from kmodel.kubernetes.objects.kind import ApiObject, Kind, Template
from kmodel.kubernetes.objects.meta import ObjectMeta, read_metadata
from kmodel.kubernetes.objects.replicaset import PodTemplate

ALLOW, FORBID, REPLACE = POLICIES = ("Allow", "Forbid", "Replace")
FIELDS = 5  # of a schedule: minute, hour, day of the month, month, day of the week
MOST_TIMES = 2  # that a schedule may come due


@attrs.frozen(cache_hash=True)
class CronJobStatus:
    """The Jobs that run, by name and UID, and how often the schedule had come due when the last one was started."""

    active: tuple[tuple[str, Rank], ...] = ()
    last_scheduled: int = 0


@attrs.frozen(cache_hash=True)
class CronJob(ApiObject):
    """A Job for each time that a schedule comes due."""

    kind = "CronJob"
    metadata: ObjectMeta
    policy: str | None = None
    suspend: bool = False
    job: Job = attrs.field(factory=lambda: Job(ObjectMeta()))
    status: CronJobStatus = CronJobStatus()
    schedule: str = "* * * * *"

    @property
    def template(self) -> PodTemplate:
        """What the pods of its Jobs look like."""
        return self.job.template

    @property
    def desired(self) -> Any:
        """What is wanted: the spec."""
        return self.policy, self.suspend, self.schedule, self.job

    @property
    def deletes_owners(self) -> bool:
        """Whether its controller deletes Jobs, which own pods."""
        return self.policy == REPLACE or self.job.deletes_owners

    def defaulted(self) -> "CronJob":
        """Return the CronJob with the policy that lets Jobs run beside each other, if it names none."""
        return attrs.evolve(self, policy=self.policy or ALLOW, job=self.job.defaulted())

    def errors(self) -> Iterator[str]:
        """Yield what is wrong with the CronJob."""
        if not self.schedule:
            yield "spec.schedule: Required value"
        elif not self.schedule.startswith("@") and (count := len(self.schedule.split())) != FIELDS:
            said = f"expected exactly {FIELDS} fields, found {count}: [{self.schedule}]"
            yield f"spec.schedule: Invalid value: {self.schedule!r}: {said}"
        yield from unsupported("spec.concurrencyPolicy", self.policy, POLICIES)
        for problem in self.job.defaulted().errors():
            yield f"spec.jobTemplate.{problem}"

    def created(self) -> "CronJob":
        """Return the CronJob without a status [registry/batch/cronjob/strategy.go PrepareForCreate]."""
        return attrs.evolve(self, status=CronJobStatus())

    def replacing(self, stored: "CronJob") -> "CronJob":
        """Return the CronJob with the status of the stored one."""
        return attrs.evolve(self, status=stored.status)

    def summary(self) -> str:
        """Return how many Jobs run."""
        return f"{len(self.status.active)} active"

    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return the columns of `kubectl get cronjobs`, without the schedule, which is not read."""
        return ("SUSPEND", str(self.suspend)), ("ACTIVE", str(len(self.status.active)))

    def ending(self, ready: int) -> tuple[str, bool]:
        """Return how many Jobs run; how they end is told of each."""
        return self.summary(), True

    def made(self, number: int) -> Job:
        """Return the Job of a time at which the schedule comes due [getJobFromTemplate2]."""
        metadata = ObjectMeta(f"{self.metadata.name}-{number}", self.metadata.namespace)
        return attrs.evolve(self.job, metadata=metadata)

    @property
    def pods_wanted(self) -> int:
        """How many pods each of its Jobs wants."""
        return self.job.pods_wanted

    def at_most(self, pods: int) -> "CronJob":
        """Return the CronJob whose Jobs want at most so many pods."""
        return attrs.evolve(self, job=self.job.at_most(pods))

    def templates(self) -> tuple[Template, ...]:
        """Return the Jobs of all times at which the schedule may come due, each under a name of its own."""
        jobs = (self.made(number) for number in range(1, MOST_TIMES + 1))
        return tuple(Template(job.defaulted(), names=(job.metadata.name,)) for job in jobs)


def _read(top: Fields, left_out: list[str]) -> CronJob:
    metadata = read_metadata(top, left_out)
    spec = top.optional("spec")
    if spec is None:
        return CronJob(metadata, schedule="")
    fields = spec.fields()
    schedule = fields.optional("schedule")
    policy, suspend = fields.optional("concurrencyPolicy"), fields.optional("suspend")
    template = fields.optional("jobTemplate")
    members = None if template is None else template.fields()
    described = None if members is None else members.optional("spec")
    read = CronJob(
        metadata,
        policy=None if policy is None else policy.string() or None,
        suspend=False if suspend is None else suspend.boolean(),
        schedule="" if schedule is None else schedule.string(),
        job=Job(ObjectMeta()) if described is None else read_job_spec(ObjectMeta(), described.fields(), left_out),
    )
    if members is not None:
        left_out.extend(members.unmodelled(known.TEMPLATE))
    left_out.extend(fields.unmodelled(known.CRON_JOB_SPEC))
    return read


CRON_JOB = Kind(
    "CronJob", "batch/v1", "cronjobs", CronJob, _read, short_names=("cj",), makes=("jobs",), mentions=("jobs",)
)
