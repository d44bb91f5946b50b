"""ReplicaSets and ReplicationControllers: fields and their defaults [kubernetes/api {apps,core}/v1/types.go, 1.34];
what is wrong with them, and what a POST or PUT keeps [pkg/apis/{apps,core}/validation/validation.go,
pkg/registry/apps/replicaset/strategy.go, not read in a release that could be dated].

A ReplicationController is a ReplicaSet whose kind says so: Kubernetes runs both by one controller, too
[pkg/controller/replication/replication_controller.go]. Left out: conditions, fullyLabeledReplicas.
"""

from collections.abc import Iterator
from typing import Any

import attrs

from kmodel.kernel import Rank
from kmodel.kubernetes.manifests.field import Field, Fields
from kmodel.kubernetes.objects import known, merging
from kmodel.kubernetes.objects.field_errors import negative
from kmodel.kubernetes.objects.kind import ApiObject, Kind, Template
from kmodel.kubernetes.objects.meta import Labels, ObjectMeta, read_labels, read_metadata
from kmodel.kubernetes.objects.pod import Pod
from kmodel.kubernetes.objects.pod_spec import PodSpec, pod_spec_errors, read_pod_spec


@attrs.frozen(cache_hash=True)
class PodTemplate:
    """What the pods of a workload look like."""

    labels: Labels = attrs.field(default=(), metadata=merging.MAP)
    spec: PodSpec = attrs.field(factory=PodSpec)
    annotations: Labels = attrs.field(default=(), metadata=merging.MAP)  # of manifests only what kubectl adds later


@attrs.frozen(cache_hash=True)
class ReplicaSetStatus:
    """How many active pods there are, how many of them are ready and available, and of which generation that is said.

    Who reads the status makes the controller write it: without a Deployment, nobody does.
    """

    replicas: int = 0
    ready: int = 0
    available: int = 0
    observed_generation: Rank | None = None


@attrs.frozen(cache_hash=True)
class ReplicaSet(ApiObject):
    """A number of equal pods to keep running; `kind` is ReplicaSet or ReplicationController."""

    metadata: ObjectMeta
    kind: str = "ReplicaSet"
    replicas: int | None = None  # until it is stored: 1, where the manifest names no number
    selector: Labels = attrs.field(default=(), metadata=merging.MAP)
    template: PodTemplate = PodTemplate()
    min_ready_seconds: int = 0
    status: ReplicaSetStatus = ReplicaSetStatus()

    @property
    def desired(self) -> Any:
        """What is wanted: the spec."""
        return self.replicas, self.selector, self.template, self.min_ready_seconds

    def defaulted(self) -> "ReplicaSet":
        """Return the workload with one replica, and a ReplicationController with its template's labels, if unnamed."""
        of_template = self.kind == "ReplicationController" and not self.selector
        return attrs.evolve(
            self,
            replicas=1 if self.replicas is None else self.replicas,
            selector=self.template.labels if of_template else self.selector,
        )

    def errors(self) -> Iterator[str]:
        """Yield what is wrong with the ReplicaSet."""
        return template_errors(self.replicas, self.selector, self.template, self.min_ready_seconds)

    def created(self) -> "ReplicaSet":
        """Return the workload without a status [registry/apps/replicaset/strategy.go PrepareForCreate]."""
        return attrs.evolve(self, status=ReplicaSetStatus())

    def replacing(self, stored: "ReplicaSet") -> "ReplicaSet":
        """Return the workload with the status of the stored one [registry/apps/replicaset/strategy.go]."""
        return attrs.evolve(self, status=stored.status)

    def update_errors(self, stored: "ReplicaSet") -> Iterator[str]:
        """Yield what an update may not change: the selector of a ReplicaSet."""
        if self.kind == "ReplicaSet" and self.selector != stored.selector:
            yield "spec.selector: Invalid value: field is immutable"

    def summary(self) -> str:
        """Return how many pods are wanted."""
        return f"{self.replicas} replicas wanted"

    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return the columns of `kubectl get rs`; those of the status only where a controller writes it."""
        status = self.status
        told = (("CURRENT", str(status.replicas)), ("READY", str(status.ready))) if status.observed_generation else ()
        return (("DESIRED", str(self.replicas)), *told)

    @property
    def pods_wanted(self) -> int:
        """How many replicas it wants."""
        return self.replicas or 0

    def at_most(self, pods: int) -> "ReplicaSet":
        """Return the ReplicaSet with at most so many replicas."""
        return attrs.evolve(self, replicas=min(self.pods_wanted, pods)) if self.pods_wanted > pods else self

    def templates(self) -> tuple[Template, ...]:
        """Return the pods that are made from the template."""
        metadata = ObjectMeta(
            generate_name=f"{self.metadata.name}-", namespace=self.metadata.namespace, labels=self.template.labels
        )
        return (Template(Pod(metadata, self.template.spec), 1 if self.replicas is None else self.replicas),)


def template_errors(
    replicas: int | None, selector: Labels, template: PodTemplate, min_ready_seconds: int
) -> Iterator[str]:
    """Yield what is wrong with what all workloads have that keep pods running."""
    yield from negative("spec.replicas", replicas)
    if not selector:
        yield "spec.selector: Required value"
    if not set(selector) <= set(template.labels):
        yield "spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`"
    yield from negative("spec.minReadySeconds", min_ready_seconds)
    yield from pod_spec_errors(template.spec, "spec.template.spec")
    if template.spec.restart_policy not in (None, "Always"):
        yield "spec.template.spec.restartPolicy: Unsupported value: supported values: Always"


def _read_replica_set(fields: Fields, left_out: list[str]) -> ReplicaSet:
    return _workload(fields, left_out, "ReplicaSet")


def _read_replication_controller(fields: Fields, left_out: list[str]) -> ReplicaSet:
    return _workload(fields, left_out, "ReplicationController")


def _workload(top: Fields, left_out: list[str], kind: str) -> ReplicaSet:
    metadata = read_metadata(top, left_out)
    spec = top.optional("spec")
    if spec is None:
        return ReplicaSet(metadata, kind)
    fields = spec.fields()
    replicas, min_ready = fields.optional("replicas"), fields.optional("minReadySeconds")
    template, selector = read_template(fields.optional("template"), left_out), fields.optional("selector")
    of_labels = kind == "ReplicationController"
    workload = ReplicaSet(
        metadata,
        kind,
        replicas=None if replicas is None else replicas.integer(),
        selector=read_labels(selector) if of_labels else read_selector(selector, template, left_out),
        template=template,
        min_ready_seconds=0 if min_ready is None else min_ready.integer(),
    )
    left_out.extend(fields.unmodelled(known.WORKLOAD_SPEC))
    return workload


def read_selector(field: Field | None, template: PodTemplate, left_out: list[str]) -> Labels:
    """Return the labels that a selector wants of pods such as those of a template.

    What it asks for beside single values is met by the template's labels, or not: those stand for it, and the
    expression is left out as far as it lets in pods with others.
    """
    if field is None:
        return ()
    fields = field.fields()
    wanted = dict(read_labels(fields.optional("matchLabels")))
    there = dict(template.labels)
    expressions = fields.optional("matchExpressions")
    for item in () if expressions is None else expressions.items():
        key, operator, values = _expression(item.fields())
        if (operator, len(values)) == ("In", 1):
            wanted.setdefault(key, values[0])
            continue
        left_out.append(item.path)
        is_met = {"In": there.get(key) in values, "Exists": key in there}.get(operator)
        if is_met is None:  # NotIn and DoesNotExist
            is_met = key not in there or (operator == "NotIn" and there[key] not in values)
        if not is_met or operator in ("In", "Exists"):
            wanted[key] = there[key] if is_met else "(none of it)"  # which no label can be, so that it is refused
    left_out.extend(fields.unmodelled(known.SELECTOR))
    return tuple(sorted(wanted.items()))


def _expression(fields: Fields) -> tuple[str, str, tuple[str, ...]]:
    """Return the key, the operator and the values of an expression."""
    values = fields.optional("values")
    operator = fields.required("operator").one_of(("In", "NotIn", "Exists", "DoesNotExist"))
    return fields.required("key").string(), operator, () if values is None else values.strings()


def read_template(field: Field | None, left_out: list[str]) -> PodTemplate:
    """Return the template of a workload's pods."""
    if field is None:
        return PodTemplate()
    fields = field.fields()
    metadata = fields.optional("metadata")
    labels = None
    if metadata is not None:
        members = metadata.fields()
        labels = members.optional("labels")
        left_out.extend(members.unmodelled(known.METADATA))
    template = PodTemplate(read_labels(labels), read_pod_spec(fields.optional("spec"), left_out))
    left_out.extend(fields.unmodelled(known.TEMPLATE))
    return template


REPLICA_SET = Kind(
    "ReplicaSet", "apps/v1", "replicasets", ReplicaSet, _read_replica_set, short_names=("rs",), makes=("pods",)
)
REPLICATION_CONTROLLER = Kind(
    "ReplicationController",
    "v1",
    "replicationcontrollers",
    ReplicaSet,
    _read_replication_controller,
    short_names=("rc",),
    makes=("pods",),
)
