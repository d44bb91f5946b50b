"""Containers: their image, what they request, and what must be there before they can be made
[kubernetes/kubernetes pkg/apis/core/{v1/defaults.go,validation/validation.go}, not read in a release that could be
dated].

Left out: what a probe asks, how often, and how often it may fail (which probes there are counts); lifecycle hooks;
which keys a ConfigMap or Secret has.
"""

import re
from collections.abc import Callable, Iterator, Sequence

import attrs

from kmodel.kubernetes.manifests.field import Field, Fields
from kmodel.kubernetes.objects import known

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
LONGEST_LABEL = 63
LARGEST_PORT = 65535
STARTUP, READINESS, LIVENESS = PROBES = ("startup", "readiness", "liveness")
ROOT_CA = "kube-root-ca.crt"  # the ConfigMap that each namespace has, and each pod mounts for its service account


@attrs.frozen(cache_hash=True)
class Resources:
    """Amounts of cpu in millicores and of memory in bytes; None where the manifest names none.

    `others` are ephemeral storage and extended resources, by name, in whole units.
    """

    cpu_millicores: int | None = None
    memory_bytes: int | None = None
    others: tuple[tuple[str, int], ...] = ()

    def other(self, name: str) -> int | None:
        """Return the amount of a resource that is neither cpu nor memory."""
        return dict(self.others).get(name)

    def or_else(self, limits: "Resources") -> "Resources":
        """Return the requests that stand beside these limits: where none is named, the limit is one."""
        return Resources(
            limits.cpu_millicores if self.cpu_millicores is None else self.cpu_millicores,
            limits.memory_bytes if self.memory_bytes is None else self.memory_bytes,
            tuple(sorted({**dict(limits.others), **dict(self.others)}.items())),
        )


@attrs.frozen(cache_hash=True)
class Need:
    """An object that a pod names and that must be there: its kind as kubectl writes it, and its name."""

    kind: str
    name: str


@attrs.frozen(cache_hash=True)
class Container:
    """One container of a pod's spec.

    `config` are the ConfigMaps and Secrets that its environment comes from; `host_ports` its ports on the node, each
    with the protocol and the address. An init container `stays` if it goes on beside the others (a sidecar). `probes`
    are those of STARTUP, READINESS and LIVENESS that it has.
    """

    name: str
    image: str = ""
    requests: Resources = Resources()
    limits: Resources = Resources()
    config: tuple[Need, ...] = ()
    host_ports: tuple[tuple[str, str, int], ...] = ()
    stays: bool = False
    probes: tuple[str, ...] = ()

    def defaulted(self) -> "Container":
        """Return the container with requests where it has only limits."""
        return attrs.evolve(self, requests=self.requests.or_else(self.limits))


Amount = Callable[[Resources], int | None]


def requested(containers: Sequence[Container], first: Sequence[Container], amount: Amount) -> int:
    """Return how much of a resource containers request together with their init containers, which run one by one.

    What stays counts with all that comes after it [component-helpers/resource/helpers.go AggregateContainerRequests].
    """
    together = sum(amount(each.requests) or 0 for each in containers)
    staying = most = 0
    for each in first:
        own = amount(each.requests) or 0
        staying += own if each.stays else 0
        most = max(most, staying if each.stays else staying + own)
    return max(together + staying, most)


def container_errors(container: Container, path: str) -> Iterator[str]:
    """Yield what is wrong with a container that stands at the path."""
    if not container.name:
        yield f"{path}.name: Required value"
    elif not DNS_LABEL.fullmatch(container.name) or len(container.name) > LONGEST_LABEL:
        yield f"{path}.name: Invalid value: {container.name!r}: must be a lowercase RFC 1123 label"
    if not container.image:
        yield f"{path}.image: Required value"
    yield from resource_errors(container.requests, container.limits, f"{path}.resources.requests")


def resource_errors(requests: Resources, limits: Resources, path: str) -> Iterator[str]:
    """Yield what is wrong with requests that stand at the path."""
    amounts = [
        ("cpu", requests.cpu_millicores, limits.cpu_millicores),
        ("memory", requests.memory_bytes, limits.memory_bytes),
        *((name, amount, limits.other(name)) for name, amount in requests.others),
    ]
    for what, requested_amount, limit in amounts:
        if min(requested_amount or 0, limit or 0) < 0:
            yield f"{path}.{what}: Invalid value: must be greater than or equal to 0"
        if requested_amount is not None and limit is not None and requested_amount > limit:
            yield f"{path}.{what}: Invalid value: must be less than or equal to {what} limit"


def read_containers(field: Field | None, left_out: list[str], *, on_host: bool) -> tuple[Container, ...]:
    """Return the containers of a list; those of a pod `on_host` have all their ports on the node."""
    if field is None:
        return ()
    return tuple(_container(item, left_out, on_host) for item in field.items())


def _container(field: Field, left_out: list[str], on_host: bool) -> Container:
    fields = field.fields()
    name, image, restart = fields.optional("name"), fields.optional("image"), fields.optional("restartPolicy")
    requests, limits = read_resources(fields.optional("resources"), left_out)
    container = Container(
        "" if name is None else name.string(),
        "" if image is None else image.string(),
        requests,
        limits,
        (*_whole_sources(fields.optional("envFrom")), *_single_sources(fields.optional("env"))),
        _host_ports(fields.optional("ports"), on_host),
        stays=restart is not None and restart.string() == "Always",
        probes=tuple(_probes(fields)),
    )
    left_out.extend(fields.unmodelled(known.CONTAINER))
    return container


def _probes(fields: Fields) -> Iterator[str]:
    for name in PROBES:
        probe = fields.optional(f"{name}Probe")
        if probe is not None and not probe.is_null:
            yield name


def read_resources(field: Field | None, left_out: list[str]) -> tuple[Resources, Resources]:
    """Return the requests and the limits."""
    if field is None:
        return Resources(), Resources()
    members = field.fields()
    pair = read_amounts(members.optional("requests")), read_amounts(members.optional("limits"))
    left_out.extend(members.unmodelled(known.RESOURCES))
    return pair


def read_amounts(field: Field | None) -> Resources:
    """Return the amounts of resources that a mapping has."""
    if field is None:
        return Resources()
    fields = field.fields()
    cpu, memory = fields.optional("cpu"), fields.optional("memory")
    others = sorted((name, other.quantity()) for name, _, other in fields.others() if not other.is_null)
    return Resources(
        cpu_millicores=None if cpu is None else cpu.quantity(milli=True),
        memory_bytes=None if memory is None else memory.quantity(),
        others=tuple(others),
    )


def _whole_sources(field: Field | None) -> Iterator[Need]:
    for item in () if field is None else field.items():
        yield from _source(item, (("configMapRef", "configmap"), ("secretRef", "secret")))


def _single_sources(field: Field | None) -> Iterator[Need]:
    for item in () if field is None else field.items():
        source = item.fields().optional("valueFrom")
        if source is not None:
            yield from _source(source, (("configMapKeyRef", "configmap"), ("secretKeyRef", "secret")))


def _source(field: Field, names: Sequence[tuple[str, str]]) -> Iterator[Need]:
    for name, kind in names:
        member = field.fields().optional(name)
        if member is not None:
            yield from needed(member, kind)


def needed(field: Field, kind: str, called: str = "name") -> Iterator[Need]:
    """Yield the object that a mapping names, unless it is optional or has no name."""
    members = field.fields()
    name, optional = members.optional(called), members.optional("optional")
    if name is not None and name.string() not in ("", ROOT_CA) and not (optional is not None and optional.boolean()):
        yield Need(kind, name.string())


def _host_ports(field: Field | None, on_host: bool) -> tuple[tuple[str, str, int], ...]:
    found = []
    for item in () if field is None else field.items():
        members = item.fields()
        port = members.optional("hostPort") or (members.optional("containerPort") if on_host else None)
        protocol, address = members.optional("protocol"), members.optional("hostIP")
        if port is not None and (number := port.integer(0, LARGEST_PORT)):
            found.append(
                (
                    "TCP" if protocol is None else protocol.string(),
                    "0.0.0.0" if address is None else address.string() or "0.0.0.0",
                    number,
                )
            )
    return tuple(found)
