"""Jobs: fields [kubernetes/api batch/v1/types.go, 1.34]; their defaults, what is wrong with them, and what a POST or
PUT keeps [pkg/apis/batch/{v1/defaults.go,validation/validation.go}, pkg/registry/batch/job/strategy.go, not read in a
release that could be dated].

Left out: the label with the Job's UID, by which the api-server makes its selector unique (a Job's pods are those that
it controls); how long a deadline or a time to live is; policies for failure and success; limits for each index;
selectors by hand.
"""

from collections.abc import Iterator
from typing import Any

import attrs

from kmodel.kernel import Rank
from kmodel.kubernetes.manifests.field import Fields
from kmodel.kubernetes.objects import known
from kmodel.kubernetes.objects.field_errors import negative, unsupported
from kmodel.kubernetes.objects.kind import ApiObject, Kind, Template
from kmodel.kubernetes.objects.meta import Labels, ObjectMeta, read_metadata
from kmodel.kubernetes.objects.pod import Pod
from kmodel.kubernetes.objects.pod_spec import INT64, pod_spec_errors
from kmodel.kubernetes.objects.replicaset import PodTemplate, read_template

JOB_NAME = "batch.kubernetes.io/job-name"
LEGACY_JOB_NAME = "job-name"
INDEX = "batch.kubernetes.io/job-completion-index"
TRACKING = "batch.kubernetes.io/job-tracking"  # the finalizer of a pod that its Job has not counted yet
BACKOFF_LIMIT = 6
MODES = ("NonIndexed", "Indexed")
MOST_INDEXED = 100_000  # pods of a Job with indexes at a time
COMPLETE, FAILED = "Complete", "Failed"
MET, TARGET = "SuccessCriteriaMet", "FailureTarget"  # the conditions that come before these two


@attrs.frozen(cache_hash=True)
class JobStatus:
    """How many pods are active, ready and going, how many have been counted, and which are about to be, by their UIDs.

    `coming` is the condition SuccessCriteriaMet or FailureTarget, `finished` is Complete or Failed, once they are true.
    """

    active: int = 0
    ready: int = 0
    terminating: int = 0
    succeeded: int = 0
    failed: int = 0
    uncounted_succeeded: tuple[Rank, ...] = ()
    uncounted_failed: tuple[Rank, ...] = ()
    completed_indexes: tuple[int, ...] = ()
    coming: str | None = None
    finished: str | None = None
    suspended: bool | None = None

    @property
    def uncounted(self) -> tuple[Rank, ...]:
        """The UIDs of the pods that are about to be counted."""
        return (*self.uncounted_succeeded, *self.uncounted_failed)


@attrs.frozen(cache_hash=True)
class Job(ApiObject):
    """Pods that run to their end, until enough of them have succeeded, or too many have failed."""

    kind = "Job"
    metadata: ObjectMeta
    completions: int | None = None
    parallelism: int | None = None
    mode: str | None = None
    backoff_limit: int | None = None
    suspend: bool = False
    template: PodTemplate = attrs.field(factory=PodTemplate)
    ttl_seconds_after_finished: int | None = None
    active_deadline_seconds: int | None = None
    status: JobStatus = JobStatus()

    @property
    def desired(self) -> Any:
        """What is wanted: the spec."""
        counts = self.completions, self.parallelism, self.mode, self.backoff_limit
        times = self.ttl_seconds_after_finished, self.active_deadline_seconds
        return *counts, self.suspend, self.template, *times

    @property
    def cleans_up(self) -> bool:
        """Whether the Job is deleted some time after it has finished."""
        return self.ttl_seconds_after_finished is not None

    @property
    def deletes_owners(self) -> bool:
        """Whether a controller deletes the Job, which owns pods."""
        return self.cleans_up

    @property
    def is_indexed(self) -> bool:
        """Whether each completion is one of a pod with an index of its own."""
        return self.mode == "Indexed"

    def defaulted(self) -> "Job":
        """Return the Job with one completion and one pod at a time, if it says neither, and its limit of failures."""
        alone = self.completions is None and self.parallelism is None
        return attrs.evolve(
            self,
            completions=1 if alone else self.completions,
            parallelism=1 if self.parallelism is None else self.parallelism,
            mode=self.mode or MODES[0],
            backoff_limit=BACKOFF_LIMIT if self.backoff_limit is None else self.backoff_limit,
        )

    def errors(self) -> Iterator[str]:
        """Yield what is wrong with the Job."""
        for name, number in (
            ("completions", self.completions),
            ("parallelism", self.parallelism),
            ("backoffLimit", self.backoff_limit),
            ("ttlSecondsAfterFinished", self.ttl_seconds_after_finished),
            ("activeDeadlineSeconds", self.active_deadline_seconds),
        ):
            yield from negative(f"spec.{name}", number)
        yield from unsupported("spec.completionMode", self.mode, MODES)
        if self.is_indexed and self.completions is None:
            yield "spec.completions: Required value: when completion mode is Indexed"
        if self.is_indexed and (self.parallelism or 0) > MOST_INDEXED:
            yield (
                f"spec.parallelism: Invalid value: {self.parallelism}: must be less than or equal to {MOST_INDEXED} "
                "when completion mode is Indexed"
            )
        yield from pod_spec_errors(self.template.spec, "spec.template.spec")
        if self.template.spec.restart_policy in (None, "Always"):  # the default
            yield 'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'

    def reached(self, wait: str) -> bool:
        """Tell whether the Job has ended as `kubectl wait` is to wait for."""
        return self.status.finished == wait

    def created(self) -> "Job":
        """Return the Job without a status, its pods labelled with its name, and it as they are if it has no labels.

        The latter is a default, which all who read the Job get [registry/batch/job/strategy.go PrepareForCreate
        generateSelector; apis/batch/v1/defaults.go SetDefaults_Job].
        """
        template = attrs.evolve(self.template, labels=self._pod_labels())
        metadata = attrs.evolve(self.metadata, labels=self.metadata.labels or template.labels)
        return attrs.evolve(self, metadata=metadata, template=template, status=JobStatus())

    def _pod_labels(self) -> Labels:
        name = self.metadata.name
        return tuple(sorted({**dict(self.template.labels), JOB_NAME: name, LEGACY_JOB_NAME: name}.items()))

    def replacing(self, stored: "Job") -> "Job":
        """Return the Job with the status of the stored one."""
        return attrs.evolve(self, status=stored.status)

    def update_errors(self, stored: "Job") -> Iterator[str]:
        """Yield what an update may not change: how many completions, of what kind, and of which template."""
        for name, changed in (
            ("completions", self.completions != stored.completions and not self.is_indexed),
            ("completionMode", self.mode != stored.mode),
            ("template", self.template != stored.template),
        ):
            if changed:
                yield f"spec.{name}: Invalid value: field is immutable"

    @property
    def phase(self) -> str:
        """Return the status that `kubectl get` shows."""
        if self.status.finished or self.status.coming:
            return self.status.finished or self.status.coming or ""
        if self.metadata.deleting:
            return "Terminating"
        return "Suspended" if self.status.suspended else "Running"

    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return the columns of `kubectl get jobs`."""
        return ("STATUS", self.phase), ("COMPLETIONS", f"{self.status.succeeded}/{self._wanted}")

    @property
    def _wanted(self) -> str:
        if self.completions is not None:
            return str(self.completions)
        return f"1 of {self.parallelism}" if (self.parallelism or 0) > 1 else "1"

    def summary(self) -> str:
        """Return how many pods have succeeded and failed, and what has come of that."""
        status = self.status
        return f"{self.phase}, {status.active} active, {status.succeeded} succeeded, {status.failed} failed"

    def ending(self, ready: int) -> tuple[str, bool]:
        """Return how many completions there are of those that are wanted."""
        told = self.phase + f" {self.status.succeeded}/{self._wanted}"
        return told, self.status.finished == COMPLETE or (self.suspend and self.phase == "Suspended")

    def pod(self, index: int | None = None) -> Pod:
        """Return a pod of the Job, for one of its completions if these have indexes."""
        name, namespace = self.metadata.name, self.metadata.namespace
        labels = dict(self._pod_labels())
        prefix = f"{name}-"
        annotations: Labels = ()
        if index is not None:
            labels[INDEX] = str(index)
            prefix, annotations = f"{name}-{index}-", ((INDEX, str(index)),)
        metadata = ObjectMeta(
            generate_name=prefix,
            namespace=namespace,
            labels=tuple(sorted(labels.items())),
            annotations=annotations,
            finalizers=(TRACKING,),
        )
        return Pod(metadata, self.template.spec)

    @property
    def pods_wanted(self) -> int:
        """How many pods there are to be in all, or at a time."""
        return max(self.completions or 0, self.parallelism or 0)

    def at_most(self, pods: int) -> "Job":
        """Return the Job with at most so many completions and pods at a time; with more that are refused, as it is."""
        completions, parallelism = self.completions, self.parallelism
        if completions is not None:
            completions = min(completions, pods)
        if parallelism is not None and not (self.is_indexed and parallelism > MOST_INDEXED):
            parallelism = min(parallelism, pods)
        return attrs.evolve(self, completions=completions, parallelism=parallelism)

    def templates(self) -> tuple[Template, ...]:
        """Return the pods of the Job, of each index by itself."""
        if self.is_indexed:
            return tuple(Template(self.pod(index)) for index in range(self.completions or 0))
        parallelism = 1 if self.parallelism is None else self.parallelism
        return (Template(self.pod(), max(self.completions or 0, parallelism)),)


def index_of(pod: Pod) -> int | None:
    """Return the index of the completion that a pod is for; None if it has none."""
    found = dict(pod.metadata.annotations).get(INDEX)
    return None if found is None else int(found)


def is_tracked(pod: Pod) -> bool:
    """Tell whether a pod has not been counted yet, so that it must not go."""
    return TRACKING in pod.metadata.finalizers


def read_job_spec(metadata: ObjectMeta, fields: Fields, left_out: list[str]) -> Job:
    """Return the Job of a spec."""

    def number(name: str) -> int | None:
        field = fields.optional(name)
        return None if field is None else field.integer()

    mode, suspend = fields.optional("completionMode"), fields.optional("suspend")
    deadline = fields.optional("activeDeadlineSeconds")
    job = Job(
        metadata,
        completions=number("completions"),
        parallelism=number("parallelism"),
        mode=None if mode is None else mode.string() or None,
        backoff_limit=number("backoffLimit"),
        suspend=False if suspend is None else suspend.boolean(),
        template=read_template(fields.optional("template"), left_out),
        ttl_seconds_after_finished=number("ttlSecondsAfterFinished"),
        active_deadline_seconds=None if deadline is None else deadline.integer(**INT64),
    )
    left_out.extend(fields.unmodelled(known.JOB_SPEC))
    return job


def _read(top: Fields, left_out: list[str]) -> Job:
    metadata = read_metadata(top, left_out)
    spec = top.optional("spec")
    return Job(metadata) if spec is None else read_job_spec(metadata, spec.fields(), left_out)


JOB = Kind(
    "Job",
    "batch/v1",
    "jobs",
    Job,
    _read,
    conditions=(COMPLETE, FAILED),
    makes=("pods",),
    mentions=("pods",),
)
