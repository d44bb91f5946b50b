"""Validation: what is wrong with an object, in the api-server's manner: the field, and why.

Upstream: pkg/apis/core/validation/validation.go, pkg/apis/apps/validation/validation.go, 1.34.
"""

import re
from collections.abc import Iterator

from kmodel.kubernetes.objects import Node, Object, Pod, PodSpec, ReplicaSet, Resources

DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
RESTART_POLICIES = ("Always", "OnFailure", "Never")
LONGEST_NAME = 253
LONGEST_LABEL = 63


def errors(value: Object) -> tuple[str, ...]:
    """Return all that is wrong with an object, an empty tuple if it is valid."""
    return tuple(_errors(value))


def _errors(value: Object) -> Iterator[str]:
    name = value.metadata.name
    if not DNS_SUBDOMAIN.fullmatch(name) or len(name) > LONGEST_NAME:
        yield f"metadata.name: Invalid value: {name!r}: must be a lowercase RFC 1123 subdomain"
    if isinstance(value, Pod):
        yield from _pod_spec_errors(value.spec, "spec")
    elif isinstance(value, ReplicaSet):
        yield from _replica_set_errors(value)
    elif isinstance(value, Node) and (value.status.cpu_millicores < 0 or value.status.memory_bytes < 0):
        yield "status.allocatable: Invalid value: must be greater than or equal to 0"


def _pod_spec_errors(spec: PodSpec, path: str) -> Iterator[str]:
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


def _resource_errors(requests: Resources, limits: Resources, path: str) -> Iterator[str]:
    for what, requested, limit in (
        ("cpu", requests.cpu_millicores, limits.cpu_millicores),
        ("memory", requests.memory_bytes, limits.memory_bytes),
    ):
        if min(requested or 0, limit or 0) < 0:
            yield f"{path}.{what}: Invalid value: must be greater than or equal to 0"
        if requested is not None and limit is not None and requested > limit:
            yield f"{path}.{what}: Invalid value: must be less than or equal to the limit"


def _replica_set_errors(value: ReplicaSet) -> Iterator[str]:
    if value.replicas < 0:
        yield "spec.replicas: Invalid value: must be greater than or equal to 0"
    if not value.selector:
        yield "spec.selector: Required value"
    if not set(value.selector) <= set(value.template.labels):
        yield "spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`"
    yield from _pod_spec_errors(value.template.spec, "spec.template.spec")
    if value.template.spec.restart_policy not in (None, "Always"):
        yield "spec.template.spec.restartPolicy: Unsupported value: supported values: Always"
