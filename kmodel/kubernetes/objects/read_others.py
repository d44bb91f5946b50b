"""Reading nodes, workloads and services."""

from kmodel.kubernetes.manifests.field import Field, Fields
from kmodel.kubernetes.objects import known
from kmodel.kubernetes.objects.node import Node, NodeSpec, NodeStatus, Taint
from kmodel.kubernetes.objects.read_pods import read_labels, read_metadata, read_pod_spec
from kmodel.kubernetes.objects.workload import PodTemplate, ReplicaSet, Service


def read_node(fields: Fields, left_out: list[str]) -> Node:
    """Return a Node; what its status does not say is as on a default node."""
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
        unschedulable=False if unschedulable is None else unschedulable.boolean(),
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
            amounts |= _amounts(members.fields(), left_out)
    default = NodeStatus()
    status = NodeStatus(
        ready=_ready(fields.optional("conditions"), left_out) or default.ready,
        cpu_millicores=amounts.get("cpu", default.cpu_millicores),
        memory_bytes=amounts.get("memory", default.memory_bytes),
        pods=amounts.get("pods", default.pods),
    )
    left_out.extend(fields.unmodelled(known.NODE_STATUS))
    return status


def _amounts(fields: Fields, left_out: list[str]) -> dict[str, int]:
    amounts: dict[str, int] = {}
    for name in ("cpu", "memory", "pods"):
        amount = fields.optional(name)
        if amount is not None:
            amounts[name] = amount.quantity(milli=name == "cpu")
    for _, _, other in fields.others():
        if not other.is_null:
            other.quantity()
            left_out.append(other.path)
    return amounts


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


def read_replica_set(fields: Fields, left_out: list[str]) -> ReplicaSet:
    """Return a ReplicaSet."""
    return _workload(fields, left_out, "ReplicaSet")


def read_replication_controller(fields: Fields, left_out: list[str]) -> ReplicaSet:
    """Return a ReplicationController; one without a selector gets its template's labels from the api-server."""
    return _workload(fields, left_out, "ReplicationController")


def _workload(top: Fields, left_out: list[str], kind: str) -> ReplicaSet:
    metadata = read_metadata(top, left_out)
    spec = top.optional("spec")
    if spec is None:
        return ReplicaSet(metadata, kind)
    fields = spec.fields()
    replicas = fields.optional("replicas")
    selector = fields.optional("selector")
    if selector is not None and kind == "ReplicaSet":
        selector = _match_labels(selector, left_out)
    workload = ReplicaSet(
        metadata,
        kind,
        replicas=1 if replicas is None else replicas.integer(),
        selector=read_labels(selector),
        template=_template(fields.optional("template"), left_out),
    )
    left_out.extend(fields.unmodelled(known.WORKLOAD_SPEC))
    return workload


def _match_labels(field: Field, left_out: list[str]) -> Field | None:
    fields = field.fields()
    labels = fields.optional("matchLabels")
    expressions = fields.optional("matchExpressions")
    if expressions is not None and (not expressions.is_list or expressions.items()):
        # Leaving it out would make the selector select more than it says.
        raise expressions.error("is not modelled", "select with matchLabels only")
    left_out.extend(fields.unmodelled(known.SELECTOR))
    return labels


def _template(field: Field | None, left_out: list[str]) -> PodTemplate:
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


def read_service(fields: Fields, left_out: list[str]) -> Service:
    """Return a Service."""
    metadata = read_metadata(fields, left_out)
    spec = fields.optional("spec")
    if spec is None:
        return Service(metadata)
    members = spec.fields()
    service = Service(metadata, read_labels(members.optional("selector")))
    left_out.extend(members.unmodelled(known.SERVICE_SPEC))
    return service
