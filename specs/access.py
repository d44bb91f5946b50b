"""Who may do what, as the specs have it: written down a second time, apart from the api-server's own rules."""

from typing import Any

from kmodel.kernel import Cell, Cluster, Step, sometimes, step_invariant
from kmodel.kubernetes.components.calls import CALLS, SPLIT, Request, Response, Transaction, became
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.components.leader_election import as_its_program
from kmodel.kubernetes.components.settings import SETTINGS, rights_of
from kmodel.kubernetes.objects import (
    Binding,
    Deployment,
    EndpointSlice,
    Lease,
    Node,
    NodeStatus,
    Phase,
    Pod,
    ReplicaSet,
    StatusReport,
    Taints,
    Unscheduled,
)
from kmodel.kubernetes.objects.ownership import WithoutFinalizer, WithoutOwners, WithOwner

NODE = "system:node:"
CONTROLLER = "system:serviceaccount:kube-system:"

# What each of the control plane's own users may ask for: verb, resource, subresource.
MAY_ASK = {
    "system:kube-scheduler": {("create", "pods", "binding"), ("patch", "pods", "status"), ("update", "leases", "")},
    "system:kube-controller-manager": {("update", "leases", "")},
    NODE: {
        ("create", "nodes", ""),
        ("patch", "nodes", "status"),
        ("update", "leases", ""),
        ("patch", "pods", "status"),
        ("delete", "pods", ""),
    },
    CONTROLLER + "replicaset-controller": {
        ("create", "pods", ""),
        ("delete", "pods", ""),
        ("patch", "pods", ""),
        ("update", "replicasets", "status"),
    },
    CONTROLLER + "replication-controller": {
        ("create", "pods", ""),
        ("delete", "pods", ""),
        ("patch", "pods", ""),
        ("update", "replicationcontrollers", "status"),
    },
    CONTROLLER + "deployment-controller": {
        ("create", "replicasets", ""),
        ("update", "replicasets", ""),
        ("delete", "replicasets", ""),
        ("update", "deployments", "status"),
    },
    CONTROLLER + "endpointslice-controller": {("create", "endpointslices", ""), ("update", "endpointslices", "")},
    CONTROLLER + "node-controller": {
        ("update", "nodes", "status"),
        ("patch", "nodes", ""),
        ("update", "pods", "status"),
        ("delete", "pods", ""),
    },
    CONTROLLER + "pod-garbage-collector": {("patch", "pods", "status"), ("delete", "pods", "")},
    # Objects of any kind may have owners [bootstrappolicy/controller_policy.go, 1.34].
    CONTROLLER + "generic-garbage-collector": {("patch", "*", ""), ("delete", "*", "")},
}


def allowed(cluster: Cluster, request: Request) -> bool:
    """Tell whether a request is one that its user may make."""
    user = NODE if request.user.startswith(NODE) else request.user
    if user in MAY_ASK:
        return any((request.verb, what, request.subresource) in MAY_ASK[user] for what in (request.resource, "*"))
    rights = rights_of(cluster, user)
    if rights is not None:  # of a component that does not come with kmodel: what it says itself is all there is to know
        return (request.verb, "/".join(filter(None, (request.resource, request.subresource)))) in rights
    for known in cluster[SETTINGS].users:
        if known.name == user and known.authenticated:
            return {"*", request.verb} & set(known.verbs) != set() and {"*", request.resource} & set(
                known.resources
            ) != set()
    return False


def committed(step: Step) -> list[Transaction]:
    """Return the transactions that etcd carried out in the step."""
    if not any(cell.family.startswith("etcd/") for cell in step.writes):
        return []
    return [before for cell in step.wrote(CALLS) if isinstance(before := step.before[cell], Transaction)]


@step_invariant(needs=SPLIT)
def unauthorized_requests_change_nothing(step: Step) -> bool | str:
    """A request of somebody unknown, or of somebody who may not make it, never becomes a transaction."""
    for _, transaction in became(step, Transaction):
        if not allowed(step.before, transaction.request):
            request = transaction.request
            return f"{request.user} may not {request.verb} {request.target}, but the api-server asks etcd to write"
    return True


@sometimes(needs=SPLIT, shows=unauthorized_requests_change_nothing)
def a_request_is_refused(step: Step) -> bool:
    """The api-server answers 401 or 403."""
    return any(answer.code in (401, 403) for _, answer in became(step, Response))


@step_invariant(needs=SPLIT)
def a_kubelet_writes_only_its_own(step: Step) -> bool | str:
    """A kubelet writes only its own Node, its own Lease, and pods that are bound to its node."""
    for transaction in committed(step):
        request = transaction.request
        if not request.user.startswith(NODE):
            continue
        node = request.user.removeprefix(NODE)
        if transaction.resource in ("nodes", "leases"):
            if transaction.key != node:
                return f"the kubelet of {node} wrote {transaction.resource}/{transaction.key}"
            continue
        before = step.before[stored("pods")[transaction.key]]
        if before is None or before.spec.node_name != node:
            return f"the kubelet of {node} wrote pod/{transaction.key}, which is not bound to {node}"
    return True


@sometimes(needs=SPLIT, shows=a_kubelet_writes_only_its_own)
def a_kubelet_writes(step: Step) -> bool:
    """etcd carries out a write that a kubelet asked for."""
    return any(transaction.request.user.startswith(NODE) for transaction in committed(step))


# Which of its own cells each actor may write, apart from calls: the families, by the first part of the actor's name.
OWN_CELLS = {
    "kubectl": ("kubectl",),
    "kube-apiserver": (),
    "etcd": ("etcd/", "watches"),
    "kube-scheduler": ("kube-scheduler/", "caches/", "watches"),
    "kubelet": ("kubelet/", "caches/", "watches", "container-runtime"),
    "container-runtime": ("container-runtime",),
    "kube-controller-manager": ("replicaset/", "node-lifecycle/", "pod-garbage-collector/", "caches/", "watches"),
    "kube-proxy": ("kube-proxy/", "caches/", "watches"),
}
# Which part of an object each user may change: the classes of the body of the request.
MAY_CHANGE: dict[str, tuple[type, ...]] = {
    "system:kube-scheduler": (Binding, Unscheduled, Lease),
    "system:kube-controller-manager": (Lease,),
    NODE: (StatusReport, NodeStatus, Node, Lease),
    CONTROLLER + "replicaset-controller": (Pod, ReplicaSet, WithOwner, WithoutOwners),
    CONTROLLER + "replication-controller": (Pod, ReplicaSet, WithOwner, WithoutOwners),
    CONTROLLER + "deployment-controller": (ReplicaSet, Deployment),
    CONTROLLER + "endpointslice-controller": (EndpointSlice,),
    CONTROLLER + "node-controller": (Node, Taints, Pod),
    CONTROLLER + "pod-garbage-collector": (Phase,),
    CONTROLLER + "generic-garbage-collector": (WithoutFinalizer, WithoutOwners),
}


def _may_write(actor: str, cell: Cell[Any]) -> bool:
    """Tell whether a cell is the actor's own, or at least nobody's who is in the table.

    An actor that is not in the table has a cache and watches, too, under its own name.
    """
    program = actor.partition("/")[0]
    if cell.family.startswith(OWN_CELLS.get(program, ())):
        return True
    if program not in OWN_CELLS and cell.family.startswith(("caches/", "watches")):
        return cell.key[0].partition("/")[0] == program
    return not any(cell.family.startswith(owned) for owned in OWN_CELLS.values())


@step_invariant(needs=SPLIT)
def transitions_ok(step: Step) -> bool | str:
    """Each actor changes only what is its own: the table of who may make which change."""
    step = as_its_program(step)
    actor, _, place = step.action.actor.partition("/")
    if actor != "fault":
        for cell in step.writes:
            if cell.family != "calls" and not _may_write(step.action.actor, cell):
                return f"{step.action.actor} wrote {cell}"
            about_a_place = cell.family.startswith(("caches/", "kubelet/", "container-runtime", "kube-proxy/"))
            if (
                actor in ("kubelet", "container-runtime", "kube-proxy")
                and about_a_place
                and cell.key[0].rpartition("/")[2] != place
            ):
                return f"{step.action.actor} wrote {cell}, which is of another node"
    for _, transaction in became(step, Transaction):
        body, user = transaction.request.body, transaction.request.user
        may = MAY_CHANGE.get(NODE if user.startswith(NODE) else user)
        if may is not None and body is not None and not isinstance(body, may):
            return f"{user} changes a {type(body).__name__} of {transaction.request.target}"
    return True


@sometimes(needs=SPLIT, shows=transitions_ok)
def all_parts_of_a_pod_change(step: Step) -> bool:
    """A pod that its kubelet reports Running is stored: user, scheduler and kubelet have made their changes."""
    return any(
        isinstance(transaction.value, Pod) and transaction.value.status.phase == "Running"
        for transaction in committed(step)
    )
