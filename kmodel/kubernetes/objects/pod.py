"""Pods [kubernetes/api core/v1/types.go, component-helpers resource/helpers.go, 1.34; kubernetes/kubernetes
pkg/registry/core/pod/strategy.go, read in 1.33 in the making (a fork at 0b0abd6c)].
"""

from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from kmodel.kubernetes.manifests.field import Fields
from kmodel.kubernetes.objects.container import Need, Resources
from kmodel.kubernetes.objects.kind import ApiObject, Kind
from kmodel.kubernetes.objects.limitrange import limited
from kmodel.kubernetes.objects.meta import ObjectMeta, read_metadata
from kmodel.kubernetes.objects.pod_spec import PodSpec, pod_spec_errors, read_pod_spec, resize_errors, update_errors

DEFERRED, INFEASIBLE = "Deferred", "Infeasible"


@attrs.frozen(cache_hash=True)
class PodStatus:
    """What the kubelet observed (phase, ready, restarts) and why a pod does not run; `scheduled` is PodScheduled.

    `lost` are containers that were said to run and of which nothing is left: ContainerStatusUnknown. `allocated` is
    what its kubelet has given the pod, where pods may be resized; `resize` why it does not give what is asked for now.
    """

    phase: str = "Pending"
    ready: bool = False
    restarts: int = 0
    reason: str | None = None
    scheduled: bool | None = None
    lost: bool = False
    allocated: Resources | None = None
    resize: str | None = None  # DEFERRED or INFEASIBLE, the reasons of PodResizePending

    def report(self, read: "PodStatus") -> "StatusReport":
        """Return the body of the patch by which a kubelet reports this status, of a pod whose status it has read."""
        names = tuple(name for name in attrs.fields_dict(PodStatus) if getattr(self, name) != getattr(read, name))
        return StatusReport(**attrs.asdict(self, recurse=False), changes=names)


@attrs.frozen(cache_hash=True)
class StatusReport(PodStatus):
    """The status that a kubelet reports, and what of it differs from the one that it read: the patch has only this.

    PodScheduled may be among it [PodConditionsByKubelet].
    """

    changes: tuple[str, ...] = ()

    def onto(self, stored: "Pod") -> "Pod | None":
        """Return the pod with what the report changes; None if it would make run what has ended."""
        status = attrs.evolve(stored.status, **{name: getattr(self, name) for name in self.changes})
        return attrs.evolve(stored, status=status) if _may_follow(stored, status) else None


@attrs.frozen(cache_hash=True)
class Pod(ApiObject):
    """A pod: the smallest thing that is scheduled, once, and never moved."""

    kind = "Pod"
    metadata: ObjectMeta
    spec: PodSpec = attrs.field(factory=PodSpec)
    status: PodStatus = PodStatus()

    @property
    def node(self) -> str | None:
        """The node that the pod is bound to."""
        return self.spec.node_name

    @property
    def held(self) -> PodSpec:
        """The spec with what its kubelet says that it holds in the place of what the pod asks for."""
        held = self.status.allocated
        return self.spec if held is None else attrs.evolve(self.spec, requests=held)

    @property
    def counted(self) -> PodSpec:
        """The spec with what a scheduler counts of the pod: the more of what it asks for and what it holds.

        Where its node can never give what it asks for, only what it holds counts
        [component-helpers resource/helpers.go PodRequests, UseStatusResources].
        """
        held = self.status.allocated
        if held is None or self.status.resize == INFEASIBLE:
            return self.held
        cpu = max(self.spec.cpu_millicores, held.cpu_millicores or 0)
        return attrs.evolve(self.spec, requests=Resources(cpu, max(self.spec.memory_bytes, held.memory_bytes or 0)))

    @property
    def admission_needs(self) -> tuple[Need, ...]:
        """Those of the objects that it names without which it is refused."""
        return self.spec.admission_needs

    def within(self, limits: Sequence[Any]) -> Any:
        """Return the pod with what the limits of its namespace fill in, or the sentence that it is outside them."""
        spec = limited(self.spec, limits)
        return spec if isinstance(spec, str) else attrs.evolve(self, spec=spec)

    def takes(self, what: str) -> int | None:
        """Return how much it takes of what a quota limits; None if a container must say so and does not."""
        if what in ("pods", "count/pods"):
            return int(what == "count/pods" or not self.terminal)
        return 0 if self.terminal else self.spec.takes(what)

    @property
    def needs(self) -> tuple[Need, ...]:
        """The objects that it names and that must be there."""
        return self.spec.needs

    @property
    def terminal(self) -> bool:
        """Whether the phase is final: Succeeded or Failed."""
        return self.status.phase in ("Succeeded", "Failed")

    def manifest_sections(self) -> dict[str, Any]:
        """Return spec and status as a manifest has them: the names of containers, where it runs, and how it does."""
        given = {"nodeName": self.spec.node_name, "restartPolicy": self.spec.restart_policy}
        spec = {name: value for name, value in given.items() if value is not None}
        ready = {"type": "Ready", "status": str(self.status.ready)}
        return {
            "spec": {"containers": [{"name": each.name} for each in self.spec.containers], **spec},
            "status": {"phase": self.status.phase, "conditions": [ready]},
        }

    @property
    def active(self) -> bool:
        """Whether controllers count the pod: neither finished nor being deleted."""
        return not self.terminal and not self.metadata.deleting

    def defaulted(self) -> "Pod":
        """Return the pod with restartPolicy, the grace period and requests from limits filled in."""
        return attrs.evolve(self, spec=self.spec.defaulted())

    def errors(self) -> Iterator[str]:
        """Yield what is wrong with the pod."""
        return pod_spec_errors(self.spec, "spec")

    def created(self) -> "Pod":
        """Return the pod Pending, whatever it says of its status [registry/core/pod/strategy.go PrepareForCreate]."""
        return attrs.evolve(self, status=PodStatus())

    def replacing(self, stored: "Pod") -> "Pod":
        """Return the pod with the status of the stored one [registry/core/pod/strategy.go PrepareForUpdate]."""
        return attrs.evolve(self, status=stored.status)

    def update_errors(self, stored: "Pod") -> Iterator[str]:
        """Yield what an update may not change: all of the spec but images and further tolerations."""
        return update_errors(self.spec, stored.spec)

    def resize_errors(self, stored: "Pod") -> Iterator[str]:
        """Yield what the subresource `resize` may not change: all but what containers request and are limited to."""
        return resize_errors(self.spec, stored.spec)

    def grace_seconds(self, asked: int | None) -> int:
        """Return how long a deletion waits for the containers: 0 if none can run that could be given time."""
        if self.spec.node_name is None or self.terminal:
            return 0
        return (self.spec.termination_grace_seconds or 0) if asked is None else asked

    @property
    def is_graceful(self) -> bool:
        """Whether its kind has grace periods: it has [registry/core/pod/strategy.go CheckGracefulDelete]."""
        return True

    def summary(self) -> str:
        """Return the phase, the node, and whether the pod is ready or being deleted."""
        said = [self.status.phase, f"on {self.spec.node_name}" if self.spec.node_name else "not bound"]
        said += ["ready"] if self.status.ready else []
        said += ["being deleted"] if self.metadata.deleting else []
        return ", ".join(said)

    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return the columns of `kubectl get pods -o wide` [pkg/printers/internalversion/printers.go printPod]."""
        containers = len(self.spec.containers)
        return (
            ("READY", f"{containers if self.status.ready else 0}/{containers}"),
            ("STATUS", "Terminating" if self.metadata.deleting else self.status.phase),
            ("RESTARTS", str(self.status.restarts)),
            ("NODE", self.spec.node_name or "<none>"),
        )

    def reached(self, wait: str) -> bool:
        """Tell whether the pod is ready, or in the phase, that `kubectl wait` is to wait for."""
        return self.status.ready if wait == "Ready" else self.status.phase == wait


def _may_follow(stored: Pod, status: PodStatus) -> bool:
    """Tell whether containers that ended may run again [validation.go ValidateContainerStateTransition]."""
    if not stored.terminal or status.phase in ("Succeeded", "Failed") or stored.spec.restart_policy == "Always":
        return True
    return stored.spec.restart_policy == "OnFailure" and stored.status.phase == "Failed"


@attrs.frozen(cache_hash=True)
class Unscheduled:
    """The body of a patch of a pod's PodScheduled condition to False, with the reason."""

    reason: str

    def onto(self, stored: Pod) -> Pod:
        """Return the pod with the condition."""
        return attrs.evolve(stored, status=attrs.evolve(stored.status, scheduled=False, reason=self.reason))


@attrs.frozen(cache_hash=True)
class Phase:
    """The body of a patch of a pod's phase, and of nothing else of its status."""

    phase: str

    def onto(self, stored: Pod) -> Pod:
        """Return the pod in this phase."""
        return attrs.evolve(stored, status=attrs.evolve(stored.status, phase=self.phase))


@attrs.frozen(cache_hash=True)
class Binding:
    """The scheduler's word on which node a pod goes to: the body of POST pods/{name}/binding."""

    node: str


def _read(fields: Fields, left_out: list[str]) -> Pod:
    return Pod(read_metadata(fields, left_out), read_pod_spec(fields.optional("spec"), left_out))


POD = Kind(
    "Pod",
    "v1",
    "pods",
    Pod,
    _read,
    short_names=("po",),
    phases=("Running", "Succeeded", "Failed"),
    conditions=("Ready",),
)
