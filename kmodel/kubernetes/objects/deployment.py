"""Deployments: fields and their defaults [kubernetes/api apps/v1/types.go, 1.34]; what is wrong with them, and what a
POST or PUT keeps [pkg/apis/apps/validation/validation.go, pkg/registry/apps/deployment/strategy.go,
pkg/controller/deployment/util/deployment_util.go, not read in a release that could be dated].

The hash of a template is a letter: templates are finite, so that each that is met has one of its own, and equal ones
share it. Left out: the condition ReplicaFailure, collisions of hashes, creation times.
"""

from collections.abc import Iterator
from typing import Any

import attrs

from kmodel.kernel import Rank
from kmodel.kubernetes.manifests.field import Field, Fields
from kmodel.kubernetes.objects import known, merging
from kmodel.kubernetes.objects.field_errors import negative, unsupported
from kmodel.kubernetes.objects.kind import ApiObject, Kind, Template
from kmodel.kubernetes.objects.meta import Labels, ObjectMeta, read_metadata
from kmodel.kubernetes.objects.replicaset import PodTemplate, ReplicaSet, read_selector, read_template, template_errors
from kmodel.kubernetes.objects.share import ALL, Share, percentage, read_share, scaled, share_errors

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MOST = "deployment.kubernetes.io/max-replicas"
QUARTER = "25%"
DEADLINE_SECONDS = 600
HISTORY_LIMIT = 10
STRATEGIES = ("RollingUpdate", "Recreate")
# The reasons of the condition Progressing.
CREATED, FOUND = "NewReplicaSetCreated", "FoundNewReplicaSet"
UPDATED, AVAILABLE, TIMED_OUT = "ReplicaSetUpdated", "NewReplicaSetAvailable", "ProgressDeadlineExceeded"
PAUSED, RESUMED = "DeploymentPaused", "DeploymentResumed"


@attrs.frozen(cache_hash=True)
class RolloutStrategy:
    """How new pods take the place of old ones: one by one within two bounds, or all at once."""

    type: str | None = None
    max_surge: Share | None = None
    max_unavailable: Share | None = None


@attrs.frozen(cache_hash=True)
class DeploymentStatus:
    """What the ReplicaSets have together, of which generation that is said, and the two conditions.

    `is_available` is the condition Available, `progressing` the reason of the condition Progressing.
    """

    replicas: int = 0
    updated: int = 0
    ready: int = 0
    available: int = 0
    observed_generation: Rank | None = None
    is_available: bool | None = None
    progressing: str | None = None


@attrs.frozen(cache_hash=True)
class Deployment(ApiObject):
    """A number of equal pods that change their template step by step, by way of a ReplicaSet for each template."""

    kind = "Deployment"
    metadata: ObjectMeta
    replicas: int | None = None
    selector: Labels = attrs.field(default=(), metadata=merging.MAP)
    template: PodTemplate = attrs.field(factory=PodTemplate)
    strategy: RolloutStrategy = RolloutStrategy()
    min_ready_seconds: int = 0
    progress_deadline_seconds: int | None = None
    revision_history_limit: int | None = None
    paused: bool = False
    status: DeploymentStatus = DeploymentStatus()

    @property
    def desired(self) -> Any:
        """What is wanted: the spec."""
        return attrs.astuple(self, recurse=False, filter=lambda field, _: field.name not in ("metadata", "status"))

    @property
    def surge(self) -> int:
        """How many pods more than are wanted there may be during a rollout [ResolveFenceposts]."""
        return scaled(self.strategy.max_surge, self.replicas or 0, up=True) if self.is_rolling else 0

    @property
    def unavailable(self) -> int:
        """How many of the pods that are wanted need not be available during a rollout."""
        if not self.is_rolling:
            return 0
        allowed = scaled(self.strategy.max_unavailable, self.replicas or 0, up=False)
        return min(self.replicas or 0, allowed if allowed or self.surge else 1)

    @property
    def is_rolling(self) -> bool:
        """Whether new pods take the place of old ones step by step; a strategy that is not named does."""
        return self.strategy.type != "Recreate"

    def defaulted(self) -> "Deployment":
        """Return the Deployment with one replica, a rolling strategy of quarters, and both limits, if unnamed."""
        strategy, deadline, limit = self.strategy, self.progress_deadline_seconds, self.revision_history_limit
        if self.is_rolling:
            surge, unavailable = strategy.max_surge, strategy.max_unavailable
            strategy = RolloutStrategy(
                strategy.type or "RollingUpdate",
                QUARTER if surge is None else surge,
                QUARTER if unavailable is None else unavailable,
            )
        return attrs.evolve(
            self,
            replicas=1 if self.replicas is None else self.replicas,
            strategy=strategy,
            progress_deadline_seconds=DEADLINE_SECONDS if deadline is None else deadline,
            revision_history_limit=HISTORY_LIMIT if limit is None else limit,
        )

    def errors(self) -> Iterator[str]:
        """Yield what is wrong with the Deployment."""
        yield from template_errors(self.replicas, self.selector, self.template, self.min_ready_seconds)
        yield from unsupported("spec.strategy.type", self.strategy.type, STRATEGIES)
        rolling = "spec.strategy.rollingUpdate"
        yield from share_errors(f"{rolling}.maxUnavailable", self.strategy.max_unavailable)
        yield from share_errors(f"{rolling}.maxSurge", self.strategy.max_surge)
        if not self.is_rolling and (self.strategy.max_surge, self.strategy.max_unavailable) != (None, None):
            yield f"{rolling}: Forbidden: may not be specified when strategy `type` is 'Recreate'"
        elif self.is_rolling and self.strategy.max_surge in (0, "0%") and self.strategy.max_unavailable in (0, "0%"):
            yield f"{rolling}.maxUnavailable: Invalid value: {self.strategy.max_unavailable}: may not be 0 when " + (
                "`maxSurge` is 0"
            )
        most = self.strategy.max_unavailable
        if self.is_rolling and (percentage(most) or 0) > ALL:
            yield f"{rolling}.maxUnavailable: Invalid value: {most}: must not be greater than 100%"
        deadline = self.progress_deadline_seconds
        if deadline is not None and deadline <= self.min_ready_seconds:
            yield "spec.progressDeadlineSeconds: Invalid value: must be greater than minReadySeconds"
        yield from negative("spec.revisionHistoryLimit", self.revision_history_limit)

    def created(self) -> "Deployment":
        """Return the Deployment without a status [registry/apps/deployment/strategy.go PrepareForCreate]."""
        return attrs.evolve(self, status=DeploymentStatus())

    def replacing(self, stored: "Deployment") -> "Deployment":
        """Return the Deployment with the status of the stored one."""
        return attrs.evolve(self, status=stored.status)

    def with_status(self, other: "Deployment") -> "Deployment":
        """Return the Deployment with another one's status and annotations: a PUT of the status brings both."""
        metadata = attrs.evolve(self.metadata, annotations=other.metadata.annotations)
        return attrs.evolve(self, metadata=metadata, status=other.status)

    def update_errors(self, stored: "Deployment") -> Iterator[str]:
        """Yield what an update may not change: the selector."""
        if self.selector != stored.selector:
            yield "spec.selector: Invalid value: field is immutable"

    def summary(self) -> str:
        """Return how many pods are wanted, and how many of them are updated and available."""
        status = self.status
        return f"{self.replicas} replicas wanted, {status.updated} updated, {status.available} available"

    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return the columns of `kubectl get deployments`."""
        status = self.status
        return (
            ("READY", f"{status.ready}/{self.replicas}"),
            ("UP-TO-DATE", str(status.updated)),
            ("AVAILABLE", str(status.available)),
        )

    def reached(self, wait: str) -> bool:
        """Tell whether as many pods are available as `kubectl wait --for=condition=Available` is to wait for."""
        return bool(self.status.is_available)

    def replica_set(self, suffix: str) -> ReplicaSet:
        """Return the ReplicaSet of the template, whose hash is the suffix; how many pods it wants is not said."""
        told = ((HASH, suffix),)
        labels = with_label(self.template.labels, HASH, suffix)
        metadata = ObjectMeta(
            name=f"{self.metadata.name}-{suffix}", namespace=self.metadata.namespace, labels=labels, generate_name=""
        )
        template = attrs.evolve(self.template, labels=labels)
        selector = tuple(sorted((*self.selector, *told)))
        return ReplicaSet(
            metadata, replicas=0, selector=selector, template=template, min_ready_seconds=self.min_ready_seconds
        )

    @property
    def pods_wanted(self) -> int:
        """How many replicas it wants."""
        return self.replicas or 0

    def at_most(self, pods: int) -> "Deployment":
        """Return the Deployment with at most so many replicas."""
        return attrs.evolve(self, replicas=min(self.pods_wanted, pods)) if self.pods_wanted > pods else self

    def templates(self) -> tuple[Template, ...]:
        """Return the ReplicaSet of the template."""
        wanted = 1 if self.replicas is None else self.replicas

        def named(suffix: str) -> ReplicaSet:
            return attrs.evolve(self.replica_set(suffix), replicas=wanted)

        prefix = ObjectMeta(f"{self.metadata.name}-…", self.metadata.namespace, f"{self.metadata.name}-")
        return (Template(attrs.evolve(named("…"), metadata=prefix), content=self.template, named=named),)


def with_label(labels: Labels, name: str, text: str) -> Labels:
    """Return labels, or annotations, in which one has this text."""
    return tuple(sorted({**dict(labels), name: text}.items()))


def _read(top: Fields, left_out: list[str]) -> Deployment:
    metadata = read_metadata(top, left_out)
    spec = top.optional("spec")
    if spec is None:
        return Deployment(metadata)
    fields = spec.fields()

    def number(name: str) -> int | None:
        field = fields.optional(name)
        return None if field is None else field.integer()

    template, paused = read_template(fields.optional("template"), left_out), fields.optional("paused")
    deployment = Deployment(
        metadata,
        replicas=number("replicas"),
        selector=read_selector(fields.optional("selector"), template, left_out),
        template=template,
        strategy=_strategy(fields.optional("strategy"), left_out),
        min_ready_seconds=number("minReadySeconds") or 0,
        progress_deadline_seconds=number("progressDeadlineSeconds"),
        revision_history_limit=number("revisionHistoryLimit"),
        paused=False if paused is None else paused.boolean(),
    )
    left_out.extend(fields.unmodelled(known.DEPLOYMENT_SPEC))
    return deployment


def _strategy(field: Field | None, left_out: list[str]) -> RolloutStrategy:
    if field is None:
        return RolloutStrategy()
    fields = field.fields()
    type_, rolling = fields.optional("type"), fields.optional("rollingUpdate")
    left_out.extend(fields.unmodelled(("rollingUpdate", "type")))
    bounds = None if rolling is None else rolling.fields()
    strategy = RolloutStrategy(
        None if type_ is None else type_.string() or None,
        None if bounds is None else read_share(bounds.optional("maxSurge")),
        None if bounds is None else read_share(bounds.optional("maxUnavailable")),
    )
    if bounds is not None:
        left_out.extend(bounds.unmodelled(("maxSurge", "maxUnavailable")))
    return strategy


DEPLOYMENT = Kind(
    "Deployment",
    "apps/v1",
    "deployments",
    Deployment,
    _read,
    short_names=("deploy",),
    conditions=("Available",),
    makes=("replicasets",),
)
