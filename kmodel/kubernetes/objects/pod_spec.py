"""What a pod is to run: its containers, where, and how [kubernetes/kubernetes pkg/apis/core/{types.go,v1/defaults.go,
validation/validation.go}, 1.34].

Left out: volumes, probes (a container is ready when it runs), init and ephemeral containers, affinity, priority, ports.
"""

import re
from collections.abc import Iterator

import attrs

from kmodel.kubernetes.manifests.field import Field
from kmodel.kubernetes.objects import known, merging
from kmodel.kubernetes.objects.meta import Labels, read_labels

DEFAULT_GRACE_SECONDS = 30
DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
LONGEST_LABEL = 63
RESTART_POLICIES = ("Always", "OnFailure", "Never")
INT64 = {"minimum": -(2**63), "maximum": 2**63 - 1}


@attrs.frozen(cache_hash=True)
class Resources:
    """Amounts of cpu in millicores and of memory in bytes; None where the manifest names none."""

    cpu_millicores: int | None = None
    memory_bytes: int | None = None


@attrs.frozen(cache_hash=True)
class Container:
    """One container of a pod's spec."""

    name: str
    image: str = ""
    requests: Resources = Resources()
    limits: Resources = Resources()


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

    @property
    def cpu_millicores(self) -> int:
        """The cpu that the containers request together."""
        return sum(container.requests.cpu_millicores or 0 for container in self.containers)

    @property
    def memory_bytes(self) -> int:
        """The memory that the containers request together."""
        return sum(container.requests.memory_bytes or 0 for container in self.containers)

    def defaulted(self) -> "PodSpec":
        """Return the spec with restartPolicy, the grace period and requests from limits filled in."""
        grace = self.termination_grace_seconds
        return attrs.evolve(
            self,
            restart_policy=self.restart_policy or "Always",
            termination_grace_seconds=DEFAULT_GRACE_SECONDS if grace is None else grace,
            containers=tuple(_requests_from_limits(container) for container in self.containers),
        )


def _requests_from_limits(container: Container) -> Container:
    requests, limits = container.requests, container.limits
    return attrs.evolve(
        container,
        requests=Resources(
            limits.cpu_millicores if requests.cpu_millicores is None else requests.cpu_millicores,
            limits.memory_bytes if requests.memory_bytes is None else requests.memory_bytes,
        ),
    )


def pod_spec_errors(spec: PodSpec, path: str) -> Iterator[str]:
    """Yield what is wrong with a pod's spec that stands at the path."""
    if not spec.containers:
        yield f"{path}.containers: Required value"
    names = [container.name for container in spec.containers]
    for index, container in enumerate(spec.containers):
        here = f"{path}.containers[{index}]"
        if not DNS_LABEL.fullmatch(container.name) or len(container.name) > LONGEST_LABEL:
            yield f"{here}.name: Invalid value: {container.name!r}: must be a lowercase RFC 1123 label"
        if container.name in names[:index]:
            yield f"{here}.name: Duplicate value: {container.name!r}"
        if not container.image:
            yield f"{here}.image: Required value"
        yield from _resource_errors(container.requests, container.limits, f"{here}.resources.requests")
    if spec.restart_policy not in (None, *RESTART_POLICIES):
        supported = ", ".join(RESTART_POLICIES)
        yield f"{path}.restartPolicy: Unsupported value: {spec.restart_policy!r}: supported values: {supported}"
    if (spec.termination_grace_seconds or 0) < 0:
        yield f"{path}.terminationGracePeriodSeconds: Invalid value: must be greater than or equal to 0"


def update_errors(spec: PodSpec, stored: PodSpec) -> Iterator[str]:
    """Yield what is wrong with a pod's spec that replaces a stored one [ValidatePodUpdate].

    Images may change, and tolerations be added; of those that are there, how long they last may change.
    """
    if {attrs.evolve(each, seconds=None) for each in stored.tolerations} - {
        attrs.evolve(each, seconds=None) for each in spec.tolerations
    }:
        yield "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"
    same = attrs.evolve(stored, containers=_without_images(stored), tolerations=spec.tolerations)
    if attrs.evolve(spec, containers=_without_images(spec)) != same:
        yield "spec: Forbidden: pod updates may not change fields other than image and tolerations (additions only)"


def _without_images(spec: PodSpec) -> tuple[Container, ...]:
    return tuple(attrs.evolve(container, image="") for container in spec.containers)


def _resource_errors(requests: Resources, limits: Resources, path: str) -> Iterator[str]:
    for what, requested, limit in (
        ("cpu", requests.cpu_millicores, limits.cpu_millicores),
        ("memory", requests.memory_bytes, limits.memory_bytes),
    ):
        if min(requested or 0, limit or 0) < 0:
            yield f"{path}.{what}: Invalid value: must be greater than or equal to 0"
        if requested is not None and limit is not None and requested > limit:
            yield f"{path}.{what}: Invalid value: must be less than or equal to the limit"


def read_pod_spec(field: Field | None, left_out: list[str]) -> PodSpec:
    """Return a pod's spec; what it lacks, the api-server defaults or refuses."""
    if field is None:
        return PodSpec()
    fields = field.fields()
    containers = fields.optional("containers")
    tolerations = fields.optional("tolerations")
    node_name = fields.optional("nodeName")
    restart_policy = fields.optional("restartPolicy")
    grace = fields.optional("terminationGracePeriodSeconds")
    spec = PodSpec(
        containers=() if containers is None else tuple(_container(item, left_out) for item in containers.items()),
        node_name=None if node_name is None else node_name.string() or None,
        restart_policy=None if restart_policy is None else restart_policy.string(),
        node_selector=read_labels(fields.optional("nodeSelector")),
        tolerations=() if tolerations is None else tuple(_toleration(item, left_out) for item in tolerations.items()),
        termination_grace_seconds=None if grace is None else grace.integer(**INT64),
    )
    left_out.extend(fields.unmodelled(known.POD_SPEC))
    return spec


def _container(field: Field, left_out: list[str]) -> Container:
    fields = field.fields()
    image = fields.optional("image")
    resources = fields.optional("resources")
    requests, limits = Resources(), Resources()
    name = fields.required("name", 'add a name, for example "main"').string()
    if resources is not None:
        members = resources.fields()
        requests = _resources(members.optional("requests"), left_out)
        limits = _resources(members.optional("limits"), left_out)
        left_out.extend(members.unmodelled(known.RESOURCES))
    container = Container(name, "" if image is None else image.string(), requests, limits)
    left_out.extend(fields.unmodelled(known.CONTAINER))
    return container


def _resources(field: Field | None, left_out: list[str]) -> Resources:
    if field is None:
        return Resources()
    fields = field.fields()
    cpu = fields.optional("cpu")
    memory = fields.optional("memory")
    for _, _, other in fields.others():  # extended resources are not modelled, but must be quantities all the same
        if not other.is_null:
            other.quantity()
            left_out.append(other.path)
    return Resources(
        cpu_millicores=None if cpu is None else cpu.quantity(milli=True),
        memory_bytes=None if memory is None else memory.quantity(),
    )


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
