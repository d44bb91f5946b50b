"""Who may do what: authentication, role-based authorization, and the limits of a node.

Models: users known by name; rules of verbs on resources per user; the bootstrap roles of the control plane's own
users; and NodeRestriction, by which a kubelet writes only its own Node, its own Lease and pods that are bound to it.

Leaves out: groups, namespaces in rules, impersonation, the node authorizer's graph for reads (secrets and the like
are not modelled; NodeRestriction looks at the stored pod, which the real graph follows with a delay that only narrows
what is allowed).

Upstream: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go;
plugin/pkg/admission/noderestriction/admission.go, 1.34.
"""

from kmodel.kubernetes.components.calls import Request
from kmodel.kubernetes.components.settings import Settings
from kmodel.kubernetes.objects import Object, Pod

SCHEDULER_USER = "system:kube-scheduler"
NODE_USER = "system:node:"
CONTROLLER_USER = "system:serviceaccount:kube-system:"

# What the bootstrap policy lets the control plane's own users write.
RULES: dict[str, frozenset[tuple[str, str]]] = {
    SCHEDULER_USER: frozenset({("create", "pods/binding"), ("patch", "pods/status"), ("delete", "pods")}),
    CONTROLLER_USER + "replicaset-controller": frozenset({("create", "pods"), ("delete", "pods"), ("patch", "pods")}),
    CONTROLLER_USER + "replication-controller": frozenset({("create", "pods"), ("delete", "pods"), ("patch", "pods")}),
    CONTROLLER_USER + "endpointslice-controller": frozenset(
        (verb, "endpointslices") for verb in ("create", "update", "delete")
    ),
    CONTROLLER_USER + "node-controller": frozenset(
        {("update", "nodes/status"), ("patch", "nodes"), ("delete", "nodes"), ("delete", "pods")}
    ),
    CONTROLLER_USER + "pod-garbage-collector": frozenset({("patch", "pods/status"), ("delete", "pods")}),
}
NODE_RULES = frozenset(
    {
        ("create", "nodes"),
        ("patch", "nodes/status"),
        ("create", "leases"),
        ("update", "leases"),
        ("patch", "pods/status"),
        ("delete", "pods"),
    }
)


def authenticated(settings: Settings, user: str) -> bool:
    """Tell whether the api-server knows who this is."""
    if user in RULES or (
        user.startswith(NODE_USER) and any(NODE_USER + node.metadata.name == user for node in settings.nodes)
    ):
        return True
    return any(known.name == user and known.authenticated for known in settings.users)


def authorized(settings: Settings, request: Request) -> bool:
    """Tell whether a rule lets the user do this."""
    what = f"{request.resource}/{request.subresource}" if request.subresource else request.resource
    if request.user.startswith(NODE_USER):
        return (request.verb, what) in NODE_RULES
    if request.user in RULES:
        return (request.verb, what) in RULES[request.user]
    return any(
        known.name == request.user
        and ("*" in known.verbs or request.verb in known.verbs)
        and ("*" in known.resources or what in known.resources)
        for known in settings.users
    )


def node_restriction(request: Request, stored: Object | None) -> str | None:
    """Return why a kubelet may not do this; None if it may, or if the user is no kubelet."""
    if not request.user.startswith(NODE_USER):
        return None
    node = request.user.removeprefix(NODE_USER)
    if request.resource in ("nodes", "leases"):
        return None if request.key == node else f"node {node!r} is not allowed to modify {request.target}"
    if isinstance(stored, Pod) and stored.spec.node_name != node:
        return f"node {node!r} can only write to pods bound to itself"
    return None
