"""Nodes [kubernetes/kubernetes pkg/registry/core/node/strategy.go, read in about 1.33 (a fork at 5957bbe6)].

Left out: conditions other than Ready, images, addresses, capacity apart from allocatable.
"""

from collections.abc import Iterator

import attrs

from kmodel.kubernetes.manifests.field import Field, Fields
from kmodel.kubernetes.objects import known
from kmodel.kubernetes.objects.kind import ApiObject, Kind
from kmodel.kubernetes.objects.meta import ObjectMeta, read_metadata

GIBIBYTE = 1 << 30
EPHEMERAL_STORAGE = "ephemeral-storage"


@attrs.frozen(cache_hash=True)
class Taint:
    """What keeps pods that do not tolerate it off a node."""

    key: str
    value: str = ""
    effect: str = "NoSchedule"


@attrs.frozen(cache_hash=True)
class NodeSpec:
    """What an administrator or the node lifecycle controller set."""

    unschedulable: bool | None = None  # None, as which False is stored: the manifest does not say
    taints: tuple[Taint, ...] = ()


@attrs.frozen(cache_hash=True)
class NodeStatus:
    """The Ready condition ("True", "False", "Unknown") and what pods may use."""

    ready: str = "True"
    cpu_millicores: int = 4000
    memory_bytes: int = 8 * GIBIBYTE
    pods: int = 110
    others: tuple[tuple[str, int], ...] = ((EPHEMERAL_STORAGE, 100 * GIBIBYTE),)

    def other(self, name: str) -> int:
        """Return how much of another resource pods may use: ephemeral storage, or an extended resource."""
        return dict(self.others).get(name, 0)

    def onto(self, stored: "Node") -> "Node":
        """Return the node with this status."""
        return attrs.evolve(stored, status=self)


@attrs.frozen(cache_hash=True)
class Node(ApiObject):
    """A machine that runs pods."""

    kind = "Node"
    metadata: ObjectMeta
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()

    def defaulted(self) -> "Node":
        """Return the node without what stands for its absence."""
        if self.spec.unschedulable is not False:
            return self
        return attrs.evolve(self, spec=attrs.evolve(self.spec, unschedulable=None))

    def replacing(self, stored: "Node") -> "Node":
        """Return the node with the status of the stored one [registry/core/node/strategy.go PrepareForUpdate]."""
        return attrs.evolve(self, status=stored.status)

    def errors(self) -> Iterator[str]:
        """Yield what is wrong with the node."""
        if self.status.cpu_millicores < 0 or self.status.memory_bytes < 0:
            yield "status.allocatable: Invalid value: must be greater than or equal to 0"

    def summary(self) -> str:
        """Return whether the node is ready, and tainted."""
        return f"Ready={self.status.ready}" + (", tainted" if self.spec.taints else "")

    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return the status in the words of `kubectl get nodes` [printers.go printNode], and the taints."""
        ready = {"True": "Ready", "False": "NotReady"}.get(self.status.ready, "NotReady (Unknown)")
        return (
            ("STATUS", ready + (",SchedulingDisabled" if self.spec.unschedulable else "")),
            ("TAINTS", ", ".join(f"{taint.key}:{taint.effect}" for taint in self.spec.taints) or "<none>"),
        )


@attrs.frozen(cache_hash=True)
class Taints:
    """The body of a patch of a node's taints."""

    taints: tuple[Taint, ...]

    def onto(self, stored: Node) -> Node:
        """Return the node with these taints and no others."""
        return attrs.evolve(stored, spec=attrs.evolve(stored.spec, taints=self.taints))


def _read(fields: Fields, left_out: list[str]) -> Node:
    # What its status does not say is as on a default node.
    return Node(
        read_metadata(fields, left_out, namespaced=False),
        _node_spec(fields.optional("spec"), left_out),
        _node_status(fields.optional("status"), left_out),
    )


def _node_spec(field: Field | None, left_out: list[str]) -> NodeSpec:
    if field is None:
        return NodeSpec()
    fields = field.fields()
    unschedulable = fields.optional("unschedulable")
    taints = fields.optional("taints")
    spec = NodeSpec(
        unschedulable=None if unschedulable is None else unschedulable.boolean(),
        taints=() if taints is None else tuple(_taint(item, left_out) for item in taints.items()),
    )
    left_out.extend(fields.unmodelled(known.NODE_SPEC))
    return spec


def _taint(field: Field, left_out: list[str]) -> Taint:
    fields = field.fields()
    value = fields.optional("value")
    taint = Taint(
        key=fields.required("key").string(),
        value="" if value is None else value.string(),
        effect=fields.required("effect", "add NoSchedule, PreferNoSchedule or NoExecute").string(),
    )
    left_out.extend(fields.unmodelled(known.TAINT))
    return taint


def _node_status(field: Field | None, left_out: list[str]) -> NodeStatus:
    if field is None:
        return NodeStatus()
    fields = field.fields()
    amounts: dict[str, int] = {}
    for name in ("capacity", "allocatable"):  # what a node may give to pods counts, if it says so
        members = fields.optional(name)
        if members is not None:
            amounts |= _amounts(members.fields())
    default = NodeStatus()
    status = NodeStatus(
        ready=_ready(fields.optional("conditions"), left_out) or default.ready,
        cpu_millicores=amounts.get("cpu", default.cpu_millicores),
        memory_bytes=amounts.get("memory", default.memory_bytes),
        pods=amounts.get("pods", default.pods),
        others=tuple(sorted({**dict(default.others), **_without(amounts, "cpu", "memory", "pods")}.items())),
    )
    left_out.extend(fields.unmodelled(known.NODE_STATUS))
    return status


def _amounts(fields: Fields) -> dict[str, int]:
    return {
        name: amount.quantity(milli=name == "cpu") for name, (_, amount) in fields.members.items() if not amount.is_null
    }


def _without(amounts: dict[str, int], *names: str) -> dict[str, int]:
    return {name: amount for name, amount in amounts.items() if name not in names}


def _ready(field: Field | None, left_out: list[str]) -> str | None:
    ready = None
    for item in () if field is None else field.items():
        fields = item.fields()
        if fields.required("type").string() == "Ready":
            ready = fields.required("status").one_of(("True", "False", "Unknown"))
            left_out.extend(fields.unmodelled(known.CONDITION))
        else:
            left_out.append(item.path)
    return ready


NODE = Kind(
    "Node", "v1", "nodes", Node, _read, short_names=("no",), namespaced=False, reads_status=True, is_machine=True
)
