"""What a pod is to run: its containers, where, and how [kubernetes/kubernetes pkg/apis/core/{v1/defaults.go,
validation/validation.go}, not read in a release that could be dated].

Left out: the run of sidecars (what they request counts), ephemeral containers, affinity to other pods,
priority, the contents of volumes.
"""

from collections.abc import Iterator, Sequence

import attrs

from kmodel.kubernetes.manifests.field import Field
from kmodel.kubernetes.objects import known, merging
from kmodel.kubernetes.objects.affinity import KeptApart, Terms, affinity_errors, kept_apart_errors, read_affinity
from kmodel.kubernetes.objects.container import (
    Amount,
    Container,
    Need,
    Resources,
    container_errors,
    needed,
    read_containers,
    read_resources,
    requested,
    resource_errors,
)
from kmodel.kubernetes.objects.field_errors import negative, unsupported
from kmodel.kubernetes.objects.meta import Labels, read_labels

NONE = Resources()
DEFAULT_GRACE_SECONDS = 30
DEFAULT_SCHEDULER = "default-scheduler"
OPERATORS = ("Equal", "Exists")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
RESTART_POLICIES = ("Always", "OnFailure", "Never")
INT64 = {"minimum": -(2**63), "maximum": 2**63 - 1}


@attrs.frozen(cache_hash=True)
class Toleration:
    """What taints a pod puts up with; an empty key with operator Exists tolerates all, effect None any effect.

    `seconds` is for how long it tolerates a NoExecute taint; None: for ever.
    """

    key: str | None = None
    operator: str = "Equal"
    value: str = ""
    effect: str | None = None
    seconds: int | None = None


@attrs.frozen(cache_hash=True)
class PodSpec:
    """What the user asks for, and the node that the scheduler chose."""

    containers: tuple[Container, ...] = attrs.field(default=(), metadata=merging.BY_NAME)
    node_name: str | None = None
    restart_policy: str | None = None
    node_selector: Labels = attrs.field(default=(), metadata=merging.MAP)
    tolerations: tuple[Toleration, ...] = ()
    termination_grace_seconds: int | None = None
    init_containers: tuple[Container, ...] = attrs.field(default=(), metadata=merging.BY_NAME)
    requests: Resources = NONE  # of the pod as a whole, in place of its containers' sum
    limits: Resources = NONE
    node_affinity: Terms | None = None
    scheduling_gates: tuple[str, ...] = ()
    scheduler_name: str = DEFAULT_SCHEDULER
    readiness_gates: tuple[str, ...] = ()
    service_account: str | None = None
    priority_class: str | None = None
    runtime_class: str | None = None
    kept_apart: tuple[KeptApart, ...] = ()  # beside which it must not run, nor they beside it
    prefers: bool = False  # some nodes to others, or to be spread over them
    volumes: tuple[Need, ...] = ()  # what they come from, as far as that must be there

    def requested(self, amount: Amount) -> int:
        """Return how much of a resource the pod requests: as a whole, or else by its containers."""
        whole = amount(self.requests)
        return requested(self.containers, self.init_containers, amount) if whole is None else whole

    @property
    def cpu_millicores(self) -> int:
        """The cpu that the pod requests."""
        return self.requested(lambda resources: resources.cpu_millicores)

    @property
    def memory_bytes(self) -> int:
        """The memory that the pod requests."""
        return self.requested(lambda resources: resources.memory_bytes)

    def takes(self, what: str) -> int | None:
        """Return how much it requests, or is limited to, of what a quota calls `requests.cpu`; None if that is open."""
        of, _, name = what.rpartition(".")
        limits = of == "limits"
        everybody = (*self.containers, *self.init_containers)
        amounts = [each.limits if limits else each.requests for each in everybody]
        if any((each.cpu_millicores if name == "cpu" else each.memory_bytes) is None for each in amounts):
            return None
        asked = attrs.evolve(self, containers=_limits_asked(self.containers)) if limits else self
        asked = attrs.evolve(asked, init_containers=_limits_asked(self.init_containers)) if limits else asked
        return asked.cpu_millicores if name == "cpu" else asked.memory_bytes

    def other(self, name: str) -> int:
        """Return how much the pod requests of a resource that is neither cpu nor memory."""
        return self.requested(lambda resources: resources.other(name))

    @property
    def others(self) -> tuple[str, ...]:
        """The resources other than cpu and memory that the pod requests."""
        everybody = (*self.containers, *self.init_containers)
        return tuple(sorted({name for each in everybody for name, _ in each.requests.others}))

    @property
    def host_ports(self) -> tuple[tuple[str, str, int], ...]:
        """The ports that the pod takes on its node: the protocol, the address and the number of each."""
        everybody = (*self.containers, *(each for each in self.init_containers if each.stays))
        return tuple(port for each in everybody for port in each.host_ports)

    @property
    def run_first(self) -> tuple[Container, ...]:
        """The init containers that run to their end, in order, before the other containers start."""
        return tuple(each for each in self.init_containers if not each.stays)

    @property
    def all_containers(self) -> tuple[Container, ...]:
        """The containers that run: those that run first, and the others."""
        return (*self.run_first, *self.containers)

    @property
    def has_probes(self) -> bool:
        """Whether any container is probed."""
        return any(each.probes for each in self.containers)

    @property
    def admission_needs(self) -> tuple[Need, ...]:
        """What must be there for the pod to be admitted."""
        named = (
            ("serviceaccount", self.service_account),
            ("priorityclass", self.priority_class),
            ("runtimeclass", self.runtime_class),
        )
        return tuple(Need(kind, name) for kind, name in named if name is not None)

    @property
    def needs(self) -> tuple[Need, ...]:
        """All that must be there for the pod to run, in the order in which it would be missed."""
        config = tuple(need for each in (*self.init_containers, *self.containers) for need in each.config)
        return (*self.admission_needs, *self.volumes, *config)

    def defaulted(self) -> "PodSpec":
        """Return the spec with restartPolicy, the grace period and requests from limits filled in."""
        grace = self.termination_grace_seconds
        return attrs.evolve(
            self,
            restart_policy=self.restart_policy or "Always",
            termination_grace_seconds=DEFAULT_GRACE_SECONDS if grace is None else grace,
            containers=tuple(container.defaulted() for container in self.containers),
            init_containers=tuple(container.defaulted() for container in self.init_containers),
            requests=self._whole_requests(),
        )

    def _whole_requests(self) -> Resources:
        """Return the requests of the whole pod: its limits, where no container requests the resource itself."""
        asked = [each.defaulted().requests for each in (*self.containers, *self.init_containers)]
        of_none = Resources(
            None if any(each.cpu_millicores is not None for each in asked) else self.limits.cpu_millicores,
            None if any(each.memory_bytes is not None for each in asked) else self.limits.memory_bytes,
        )
        return self.requests.or_else(of_none)


def _limits_asked(containers: Sequence[Container]) -> tuple[Container, ...]:
    """Return containers that request as much as they are limited to."""
    return tuple(attrs.evolve(each, requests=each.limits) for each in containers)


def pod_spec_errors(spec: PodSpec, path: str) -> Iterator[str]:
    """Yield what is wrong with a pod's spec that stands at the path."""
    if not spec.containers:
        yield f"{path}.containers: Required value"
    names: list[str] = []
    for what, containers in (("containers", spec.containers), ("initContainers", spec.init_containers)):
        for index, container in enumerate(containers):
            here = f"{path}.{what}[{index}]"
            yield from container_errors(container, here)
            if container.name in names:
                yield f"{here}.name: Duplicate value: {container.name!r}"
            names.append(container.name)
    yield from resource_errors(spec.requests, spec.limits, f"{path}.resources.requests")
    yield from affinity_errors(spec.node_affinity, path)
    yield from kept_apart_errors(spec.kept_apart, path)
    for index, toleration in enumerate(spec.tolerations):
        yield from _toleration_errors(toleration, f"{path}.tolerations[{index}]")
    if spec.scheduling_gates and spec.node_name is not None:
        yield f"{path}.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"
    yield from unsupported(f"{path}.restartPolicy", spec.restart_policy, RESTART_POLICIES)
    yield from negative(f"{path}.terminationGracePeriodSeconds", spec.termination_grace_seconds)


def _toleration_errors(toleration: Toleration, path: str) -> Iterator[str]:
    yield from unsupported(f"{path}.operator", toleration.operator, OPERATORS)
    if toleration.key is None and toleration.operator != "Exists":
        yield f"{path}.operator: Invalid value: {toleration.operator!r}: operator must be Exists when `key` is empty"
    if toleration.operator == "Exists" and toleration.value:
        yield f"{path}.operator: Invalid value: {toleration.value!r}: value must be empty when `operator` is 'Exists'"
    yield from unsupported(f"{path}.effect", toleration.effect, EFFECTS)
    if toleration.seconds is not None and toleration.effect != "NoExecute":
        yield (
            f"{path}.effect: Invalid value: {toleration.effect or ''!r}: effect must be 'NoExecute' when "
            "`tolerationSeconds` is set"
        )


def update_errors(spec: PodSpec, stored: PodSpec) -> Iterator[str]:
    """Yield what is wrong with a pod's spec that replaces a stored one [ValidatePodUpdate].

    Images may change, tolerations be added (of those that are there, how long they last may change), and scheduling
    gates be removed.
    """
    if set(spec.scheduling_gates) - set(stored.scheduling_gates):
        yield "spec.schedulingGates: Forbidden: only deletion is allowed, but found new scheduling gate"
    if {attrs.evolve(each, seconds=None) for each in stored.tolerations} - {
        attrs.evolve(each, seconds=None) for each in spec.tolerations
    }:
        yield "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"
    same = attrs.evolve(_without_images(stored), tolerations=spec.tolerations, scheduling_gates=spec.scheduling_gates)
    if _without_images(spec) != same:
        yield "spec: Forbidden: pod updates may not change fields other than image and tolerations (additions only)"


def resize_errors(spec: PodSpec, stored: PodSpec) -> Iterator[str]:
    """Yield what is wrong with a resized pod's spec: what else changed than requests and limits [ValidatePodResize]."""
    if _without_resources(spec) != _without_resources(stored):
        yield "spec: Forbidden: only cpu and memory resources are mutable"


def _without_resources(spec: PodSpec) -> PodSpec:
    containers = tuple(attrs.evolve(each, requests=NONE, limits=NONE) for each in spec.containers)
    return attrs.evolve(spec, containers=containers)


def _without_images(spec: PodSpec) -> PodSpec:
    return attrs.evolve(
        spec,
        containers=tuple(attrs.evolve(each, image="") for each in spec.containers),
        init_containers=tuple(attrs.evolve(each, image="") for each in spec.init_containers),
    )


def read_pod_spec(field: Field | None, left_out: list[str]) -> PodSpec:
    """Return a pod's spec; what it lacks, the api-server defaults or refuses."""
    if field is None:
        return PodSpec()
    fields = field.fields()
    tolerations, node_name = fields.optional("tolerations"), fields.optional("nodeName")
    grace, on_host = fields.optional("terminationGracePeriodSeconds"), fields.optional("hostNetwork")
    is_on_host = on_host is not None and on_host.boolean()
    restart_policy = fields.optional("restartPolicy")
    requests, limits = read_resources(fields.optional("resources"), left_out)
    affinity = read_affinity(fields.optional("affinity"), left_out)
    spread = fields.optional("topologySpreadConstraints")
    if spread is not None and not all(map(_is_only_wanted, spread.items())):
        left_out.append(spread.path)
    first = fields.optional("initContainers")
    spec = PodSpec(
        containers=read_containers(fields.optional("containers"), left_out, on_host=is_on_host),
        init_containers=read_containers(first, left_out, on_host=is_on_host),
        node_name=None if node_name is None else node_name.string() or None,
        restart_policy=None if restart_policy is None else restart_policy.string(),
        node_selector=read_labels(fields.optional("nodeSelector")),
        tolerations=() if tolerations is None else tuple(_toleration(item, left_out) for item in tolerations.items()),
        termination_grace_seconds=None if grace is None else grace.integer(**INT64),
        requests=requests,
        limits=limits,
        node_affinity=affinity.terms,
        kept_apart=affinity.kept_apart,
        prefers=affinity.prefers or spread is not None,
        scheduling_gates=_names(fields.optional("schedulingGates"), "name"),
        scheduler_name=_text(fields.optional("schedulerName")) or DEFAULT_SCHEDULER,
        readiness_gates=_names(fields.optional("readinessGates"), "conditionType"),
        service_account=_text(fields.optional("serviceAccountName")) or _text(fields.optional("serviceAccount")),
        priority_class=_text(fields.optional("priorityClassName")),
        runtime_class=_text(fields.optional("runtimeClassName")),
        volumes=tuple(_sources(fields.optional("volumes"))),
    )
    for index, each in enumerate(spec.init_containers):
        if each.stays:
            left_out.append(f"{field.path}.initContainers[{index}]")  # a sidecar is not run
    left_out.extend(fields.unmodelled(known.POD_SPEC))
    return spec


def _is_only_wanted(constraint: Field) -> bool:
    """Tell whether a pod runs all the same where it would not be spread as a constraint says."""
    action = constraint.fields().optional("whenUnsatisfiable")
    return action is not None and action.string() == "ScheduleAnyway"


def _text(field: Field | None) -> str | None:
    return None if field is None else field.string() or None


def _names(field: Field | None, called: str) -> tuple[str, ...]:
    return () if field is None else tuple(item.fields().required(called).string() for item in field.items())


def _sources(field: Field | None) -> Iterator[Need]:
    """Yield what volumes come from: ConfigMaps, Secrets and claims that are not optional."""
    for item in () if field is None else field.items():
        members = item.fields()
        projected = members.optional("projected")
        listed = None if projected is None else projected.fields().optional("sources")
        for source, called in ((members, "secretName"), *((each.fields(), "name") for each in _items(listed))):
            for name, kind in (("configMap", "configmap"), ("secret", "secret"), ("persistentVolumeClaim", "claim")):
                member = source.optional(name)
                if member is not None and kind == "claim":
                    yield from needed(member, "persistentvolumeclaim", "claimName")
                elif member is not None:
                    yield from needed(member, kind, called if kind == "secret" else "name")


def _items(field: Field | None) -> tuple[Field, ...]:
    return () if field is None else field.items()


def _toleration(field: Field, left_out: list[str]) -> Toleration:
    fields = field.fields()
    key, operator, value, effect = (fields.optional(name) for name in ("key", "operator", "value", "effect"))
    seconds = fields.optional("tolerationSeconds")
    toleration = Toleration(
        key=None if key is None else key.string() or None,
        operator="Equal" if operator is None else operator.string() or "Equal",
        value="" if value is None else value.string(),
        effect=None if effect is None else effect.string() or None,
        seconds=None if seconds is None else seconds.integer(**INT64),
    )
    left_out.extend(fields.unmodelled(known.TOLERATION))
    return toleration
