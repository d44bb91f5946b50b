"""Pods [kubernetes/kubernetes pkg/apis/core/types.go, 1.34].

Left out: volumes, probes (a container is ready when it runs), init and ephemeral containers, affinity, priority, ports.
"""

import attrs

from kmodel.kubernetes.objects.meta import Labels, ObjectMeta


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

    containers: tuple[Container, ...] = ()
    node_name: str | None = None
    restart_policy: str | None = None
    node_selector: Labels = ()
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


@attrs.frozen(cache_hash=True)
class PodStatus:
    """What the kubelet observed (phase, ready, restarts) and why a pod does not run; `scheduled` is PodScheduled."""

    phase: str = "Pending"
    ready: bool = False
    restarts: int = 0
    reason: str | None = None
    scheduled: bool | None = None


@attrs.frozen(cache_hash=True)
class Pod:
    """A pod: the smallest thing that is scheduled, once, and never moved."""

    metadata: ObjectMeta
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def terminal(self) -> bool:
        """Whether the phase is final: Succeeded or Failed."""
        return self.status.phase in ("Succeeded", "Failed")

    @property
    def active(self) -> bool:
        """Whether controllers count the pod: neither finished nor being deleted."""
        return not self.terminal and not self.metadata.deleting


@attrs.frozen(cache_hash=True)
class Binding:
    """The scheduler's word on which node a pod goes to: the body of POST pods/{name}/binding."""

    node: str
