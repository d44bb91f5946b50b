"""Admission: what the api-server fills in, and what it refuses although the user may do it.

Models: defaulting; ServiceAccount and DefaultTolerationSeconds, which fill in; NodeRestriction, which is off by default
and on in a cluster that kubeadm made; ServiceAccount, Priority and RuntimeClass refuse a pod that names what is not
there; LimitRanger fills in what a container does not say of cpu and memory, and refuses what is outside the limits of
its namespace; TaintNodesByCondition puts a taint on a Node that is created, if the node lifecycle controller takes
part, which alone takes it off again (where it does not, a new node may be used at once). A plugin that looks at nothing
but the request is a function `(request, object, stored) -> object or a sentence that refuses`; webhooks are further
plugins of the same shape. Quotas have a file of their own: quotas.py.

NamespaceLifecycle answers what is created in a namespace that is not there with 404, where the scenario says which
there are, and in one that is being deleted with 403: bindings, too. It looks into etcd: what the api-server's cache
adds to the time between admission and the write is time that the write may take as well.

Leaves out: what a RuntimeClass adds to its pods (overhead, node selector, tolerations); the order of the plugins, by
which only the first of several refusals is told; the other plugins that are on by default, which touch no modelled
field.

Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go, 1.34;
plugin/pkg/admission/limitranger/admission.go, read in 1.33 in the making (a fork at 0b0abd6c); not read in a release
that could be dated: pkg/apis/core/v1/defaults.go, plugin/pkg/admission/{defaulttolerationseconds,noderestriction,
nodetaint,runtimeclass}/admission.go, and which are on, and their order: pkg/kubeapiserver/options/plugins.go.
"""

from collections.abc import Callable
from typing import Any, cast

import attrs

from kmodel.kernel import Cluster
from kmodel.kubernetes.components.apiserver.access import node_restriction
from kmodel.kubernetes.components.calls import Request
from kmodel.kubernetes.components.etcd import NAMESPACES
from kmodel.kubernetes.components.references import is_namespace, refusal
from kmodel.kubernetes.components.settings import SETTINGS
from kmodel.kubernetes.objects import DEFAULT_NAMESPACE, ApiObject, Node, Taint, Toleration
from kmodel.kubernetes.objects.namespace import IMMORTAL

DEFAULT_TOLERATION_SECONDS = 300
DEFAULT_SERVICE_ACCOUNT = "default"
NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
NODE_CONTROLLER = "node-lifecycle-controller"

Plugin = Callable[[Request, Any, ApiObject | None], Any]


def defaults(request: Request, value: Any, stored: ApiObject | None) -> Any:
    """Fill in what the manifest may leave out, as the kind has it."""
    return value.defaulted() if isinstance(value, ApiObject) else value


def default_toleration_seconds(request: Request, value: Any, stored: ApiObject | None) -> Any:
    """Let a pod tolerate an unready or unreachable node for 300 s, after which it is evicted."""
    if request.verb == "delete" or (request.resource, request.subresource) != ("pods", ""):
        return value
    missing = tuple(
        Toleration(key=key, operator="Exists", effect="NoExecute", seconds=DEFAULT_TOLERATION_SECONDS)
        for key in (NOT_READY, UNREACHABLE)
        if not any(
            toleration.key in (key, None) and toleration.effect in ("NoExecute", None)
            for toleration in value.spec.tolerations
        )
    )
    return attrs.evolve(value, spec=attrs.evolve(value.spec, tolerations=value.spec.tolerations + missing))


def default_service_account(request: Request, value: Any, stored: ApiObject | None) -> Any:
    """Let a pod act as the service account `default`, if it names none."""
    if request.verb == "delete" or (request.resource, request.subresource) != ("pods", ""):
        return value
    named = value.spec.service_account or DEFAULT_SERVICE_ACCOUNT
    return attrs.evolve(value, spec=attrs.evolve(value.spec, service_account=named))


def keep_immortal_namespaces(request: Request, value: Any, stored: ApiObject | None) -> Any:
    """Refuse the deletion of a namespace that every cluster has [NamespaceLifecycle]."""
    is_immortal = (request.verb, request.resource) == ("delete", "namespaces") and request.key in IMMORTAL
    return "this namespace may not be deleted" if is_immortal else value


def restrict_nodes(request: Request, value: Any, stored: ApiObject | None) -> Any:
    """Refuse what a kubelet asks about another node or its pods."""
    return node_restriction(request, stored) or value


PLUGINS: tuple[Plugin, ...] = (
    defaults,
    default_service_account,
    default_toleration_seconds,
    restrict_nodes,
    keep_immortal_namespaces,
)


def lacks_what_it_names(cluster: Cluster, request: Request, value: Any) -> bool:
    """Tell whether a create is of a pod whose service account, or one of whose classes, is not there."""
    is_new = request.verb == "create" and not request.subresource and isinstance(value, ApiObject)
    return is_new and bool(value.admission_needs) and refusal(cluster[SETTINGS], value) is not None


def within_limits(cluster: Cluster, request: Request, value: Any) -> Any:
    """Return what is created as the limits of its namespace make it, or the sentence that refuses it [LimitRanger]."""
    limits = cluster[SETTINGS].limit_ranges
    if not limits or request.verb != "create" or not isinstance(value, ApiObject):
        return value
    return value.within(cluster[SETTINGS].limits(value.metadata.namespace))


def lacks_its_namespace(cluster: Cluster, request: Request) -> bool:
    """Tell whether a create is in a namespace that is not there [NamespaceLifecycle]."""
    if request.verb != "create":
        return False
    namespace = _namespace_of(request)
    cell = NAMESPACES[namespace]
    return cluster[cell] is None if cluster.has(cell) else not is_namespace(cluster[SETTINGS], namespace)


def is_in_what_goes(cluster: Cluster, request: Request) -> bool:
    """Tell whether a create, also of a binding, is in a namespace that is being deleted [NamespaceLifecycle]."""
    cell = NAMESPACES[_namespace_of(request)] if request.verb == "create" else None
    namespace = cluster[cell] if cell is not None and cluster.has(cell) else None
    return namespace is not None and namespace.metadata.deleting


def _namespace_of(request: Request) -> str:
    """Return the namespace of what a request is about; that of the key of a binding, which is one of a pod."""
    if isinstance(request.body, ApiObject):
        return request.body.metadata.namespace
    return request.key.rpartition("/")[0] or DEFAULT_NAMESPACE


def with_taint(cluster: Cluster, request: Request, value: Any) -> Any:
    """Return what is created, a Node with the taint that keeps pods off until it is seen to be Ready [nodetaint]."""
    is_new_node = (request.verb, request.resource, request.subresource) == ("create", "nodes", "")
    if not is_new_node or not isinstance(value, ApiObject) or NODE_CONTROLLER not in cluster[SETTINGS].actors:
        return value
    taint, node = Taint(NOT_READY, effect="NoSchedule"), cast(Node, value)
    if taint in node.spec.taints:
        return node
    return attrs.evolve(node, spec=attrs.evolve(node.spec, taints=(*node.spec.taints, taint)))


def admit(request: Request, value: Any, stored: ApiObject | None) -> Any:
    """Return the object as admitted, or the sentence of the plugin that refuses it."""
    for plugin in PLUGINS:
        value = plugin(request, value, stored)
        if isinstance(value, str):
            return value
    return value
