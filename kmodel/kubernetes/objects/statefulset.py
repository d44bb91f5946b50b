"""StatefulSets: fields and their defaults [kubernetes/api apps/v1/types.go, 1.34]; what is wrong with them, and what a
POST or PUT keeps [pkg/apis/apps/validation/validation.go, pkg/registry/apps/statefulset/strategy.go, not read in a
release that could be dated; pkg/controller/statefulset/stateful_set_utils.go, read in 1.36 (008b3652)].

Left out: the claims of volumeClaimTemplates, which are taken for
bound, and kept, as claims that a manifest brings are; whenDeleted and whenScaled; maxUnavailable, which is a gate.
"""

from collections.abc import Iterator
from typing import Any

import attrs

from kmodel.kernel import Rank
from kmodel.kubernetes.manifests.field import Field, Fields
from kmodel.kubernetes.objects import known, merging
from kmodel.kubernetes.objects.controllerrevision import HISTORY_HASH, revision_template, with_hash
from kmodel.kubernetes.objects.deployment import HISTORY_LIMIT
from kmodel.kubernetes.objects.field_errors import negative
from kmodel.kubernetes.objects.kind import ApiObject, Kind, Template
from kmodel.kubernetes.objects.meta import Labels, ObjectMeta, read_metadata
from kmodel.kubernetes.objects.pod import Pod
from kmodel.kubernetes.objects.replicaset import PodTemplate, read_selector, read_template, template_errors

POLICIES = ("OrderedReady", "Parallel")
UPDATES = ("RollingUpdate", "OnDelete")
POD_NAME, POD_INDEX = "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"


@attrs.frozen(cache_hash=True)
class StatefulSetStatus:
    """How many pods there are, are ready and available, are of the current and of the latest revision, and which these
    are; of which generation that is said.
    """

    replicas: int = 0
    ready: int = 0
    available: int = 0
    current: int = 0
    updated: int = 0
    current_revision: str | None = None
    update_revision: str | None = None
    observed_generation: Rank | None = None


@attrs.frozen(cache_hash=True)
class StatefulSet(ApiObject):
    """Pods with names of their own, which come and go in order."""

    kind = "StatefulSet"
    revision_label = HISTORY_HASH
    metadata: ObjectMeta
    replicas: int | None = None
    selector: Labels = attrs.field(default=(), metadata=merging.MAP)
    template: PodTemplate = attrs.field(factory=PodTemplate)
    policy: str | None = None
    update: str | None = None
    partition: int | None = None
    start: int = 0  # the first ordinal
    revision_history_limit: int | None = None
    min_ready_seconds: int = 0
    status: StatefulSetStatus = StatefulSetStatus()

    @property
    def desired(self) -> Any:
        """What is wanted: the spec."""
        return attrs.astuple(self, recurse=False, filter=lambda field, _: field.name not in ("metadata", "status"))

    @property
    def is_ordered(self) -> bool:
        """Whether each pod waits for those before it."""
        return self.policy != "Parallel"

    @property
    def is_rolling(self) -> bool:
        """Whether the controller replaces old pods by itself."""
        return self.update != "OnDelete"

    def defaulted(self) -> "StatefulSet":
        """Return the StatefulSet with one replica, in order, replaced one by one, unless it says otherwise."""
        rolling, limit = self.is_rolling, self.revision_history_limit
        return attrs.evolve(
            self,
            replicas=1 if self.replicas is None else self.replicas,
            policy=self.policy or POLICIES[0],
            update=self.update or UPDATES[0],
            partition=0 if rolling and self.partition is None else self.partition,
            revision_history_limit=HISTORY_LIMIT if limit is None else limit,
        )

    def errors(self) -> Iterator[str]:
        """Yield what is wrong with the StatefulSet."""
        yield from template_errors(self.replicas, self.selector, self.template, self.min_ready_seconds)
        if self.policy not in (None, *POLICIES):
            yield f"spec.podManagementPolicy: Invalid value: {self.policy!r}: must be 'OrderedReady' or 'Parallel'"
        if self.update not in (None, *UPDATES):
            yield f"spec.updateStrategy: Invalid value: {self.update!r}: must be 'RollingUpdate' or 'OnDelete'"
        yield from negative("spec.updateStrategy.rollingUpdate.partition", self.partition)
        if not self.is_rolling and self.partition is not None:
            yield "spec.updateStrategy.rollingUpdate: Invalid value: only allowed for updateStrategy 'RollingUpdate'"
        yield from negative("spec.ordinals.start", self.start)
        yield from negative("spec.revisionHistoryLimit", self.revision_history_limit)

    def created(self) -> "StatefulSet":
        """Return the StatefulSet without a status [registry/apps/statefulset/strategy.go PrepareForCreate]."""
        return attrs.evolve(self, status=StatefulSetStatus())

    def replacing(self, stored: "StatefulSet") -> "StatefulSet":
        """Return the StatefulSet with the status of the stored one."""
        return attrs.evolve(self, status=stored.status)

    def update_errors(self, stored: "StatefulSet") -> Iterator[str]:
        """Yield what an update may not change: the selector and the order of pods."""
        if (self.selector, self.policy) != (stored.selector, stored.policy):
            yield (
                "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', "
                "'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
                "'minReadySeconds' are forbidden"
            )

    def summary(self) -> str:
        """Return how many pods are wanted, and how many are ready and of the latest revision."""
        return f"{self.replicas} replicas wanted, {self.status.ready} ready, {self.status.updated} updated"

    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return the columns of `kubectl get statefulsets`."""
        return (("READY", f"{self.status.ready}/{self.replicas}"),)

    @property
    def ordinals(self) -> range:
        """The ordinals of the pods that are wanted."""
        return range(self.start, self.start + (1 if self.replicas is None else self.replicas))

    def pod(self, ordinal: int, template: PodTemplate, revision: str) -> Pod:
        """Return the pod of an ordinal, made from the template of a revision."""
        name = f"{self.metadata.name}-{ordinal}"
        labels = {**dict(with_hash(template.labels, revision)), POD_NAME: name, POD_INDEX: str(ordinal)}
        metadata = ObjectMeta(name, self.metadata.namespace, labels=tuple(sorted(labels.items())))
        return Pod(metadata, template.spec)

    @property
    def pods_wanted(self) -> int:
        """How many replicas it wants."""
        return self.replicas or 0

    def at_most(self, pods: int) -> "StatefulSet":
        """Return the StatefulSet with at most so many replicas."""
        return attrs.evolve(self, replicas=min(self.pods_wanted, pods)) if self.pods_wanted > pods else self

    def templates(self) -> tuple[Template, ...]:
        """Return the revision of the template, and the pods, which have names of their own."""
        names = tuple(f"{self.metadata.name}-{ordinal}" for ordinal in self.ordinals)
        prefix = ObjectMeta(f"{self.metadata.name}-…", self.metadata.namespace, labels=self.template.labels)
        pods = Template(Pod(prefix, self.template.spec), len(names), names=names)
        return (revision_template(self), pods) if names else (revision_template(self),)


def ordinal_of(workload: StatefulSet, pod: Pod) -> int | None:
    """Return the ordinal of a pod of a StatefulSet; None if its name is none of a member."""
    prefix, _, number = pod.metadata.name.rpartition("-")
    return int(number) if prefix == workload.metadata.name and number.isdecimal() else None


def _read(top: Fields, left_out: list[str]) -> StatefulSet:
    metadata = read_metadata(top, left_out)
    spec = top.optional("spec")
    if spec is None:
        return StatefulSet(metadata)
    fields = spec.fields()

    def number(name: str) -> int | None:
        field = fields.optional(name)
        return None if field is None else field.integer()

    template = read_template(fields.optional("template"), left_out)
    policy = fields.optional("podManagementPolicy")
    update, partition = _update(fields.optional("updateStrategy"), left_out)
    ordinals = fields.optional("ordinals")
    start = None if ordinals is None else ordinals.fields().optional("start")
    read = StatefulSet(
        metadata,
        replicas=number("replicas"),
        selector=read_selector(fields.optional("selector"), template, left_out),
        template=template,
        policy=None if policy is None else policy.string() or None,
        update=update,
        partition=partition,
        start=0 if start is None else start.integer(),
        revision_history_limit=number("revisionHistoryLimit"),
        min_ready_seconds=number("minReadySeconds") or 0,
    )
    fields.optional("serviceName")  # names of pods in DNS are not modelled
    left_out.extend(fields.unmodelled(known.STATEFUL_SET_SPEC))
    return read


def _update(field: Field | None, left_out: list[str]) -> tuple[str | None, int | None]:
    if field is None:
        return None, None
    fields = field.fields()
    type_, rolling = fields.optional("type"), fields.optional("rollingUpdate")
    left_out.extend(fields.unmodelled(("rollingUpdate", "type")))
    members = None if rolling is None else rolling.fields()
    partition = None if members is None else members.optional("partition")
    if members is not None:
        left_out.extend(members.unmodelled(("maxUnavailable", "partition")))
    return None if type_ is None else type_.string() or None, None if partition is None else partition.integer()


STATEFUL_SET = Kind(
    "StatefulSet",
    "apps/v1",
    "statefulsets",
    StatefulSet,
    _read,
    short_names=("sts",),
    makes=("controllerrevisions", "pods"),
)
