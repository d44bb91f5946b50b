"""Who may do what: authentication, role-based authorization, and the limits of a node.

Models: users known by name; rules of verbs on resources per user; the bootstrap roles of the control plane's own
users; and NodeRestriction, by which a kubelet writes only its own Node, its own Lease and pods that are bound to it.

Leaves out: groups, namespaces in rules, impersonation, the node authorizer's graph for reads (secrets and the like
are not modelled; NodeRestriction looks at the stored pod, which the real graph follows with a delay that only narrows
what is allowed); that NodeRestriction keeps a kubelet from changing the taints of its Node and reserved labels, and the
labels of a pod together with its status.

Upstream: plugin/pkg/admission/noderestriction/admission.go, read in 1.34 or later (openshift/kubernetes at 35474046);
plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go, not read in a release that could be dated.
"""

from kmodel.kernel import Cluster
from kmodel.kubernetes.components.calls import Request
from kmodel.kubernetes.components.settings import SETTINGS, rights_of
from kmodel.kubernetes.objects import ApiObject

SCHEDULER_USER = "system:kube-scheduler"
NODE_USER = "system:node:"
CONTROLLER_USER = "system:serviceaccount:kube-system:"


def authenticated(cluster: Cluster, user: str) -> bool:
    """Tell whether the api-server knows who this is."""
    if rights_of(cluster, user) is not None:
        return True
    return any(known.name == user and known.authenticated for known in cluster[SETTINGS].users)


def authorized(cluster: Cluster, request: Request) -> bool:
    """Tell whether a rule lets the user do this."""
    what = f"{request.resource}/{request.subresource}" if request.subresource else request.resource
    rights = rights_of(cluster, request.user)
    if rights is not None:
        return (request.verb, what) in rights
    return any(
        known.name == request.user
        and ("*" in known.verbs or request.verb in known.verbs)
        and ("*" in known.resources or what in known.resources)
        for known in cluster[SETTINGS].users
    )


def node_restriction(request: Request, stored: ApiObject | None) -> str | None:
    """Return why a kubelet may not do this; None if it may, or if the user is no kubelet."""
    if not request.user.startswith(NODE_USER):
        return None
    node = request.user.removeprefix(NODE_USER)
    if request.resource in ("nodes", "leases"):
        return None if request.key == node else f"node {node!r} is not allowed to modify {request.target}"
    if request.resource == "pods" and stored is not None and stored.node != node:
        return f"node {node!r} can only write to pods bound to itself"
    return None
