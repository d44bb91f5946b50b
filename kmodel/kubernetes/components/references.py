"""What a pod names and what must be there: ConfigMaps, Secrets, claims, its service account and its classes.

These are objects of kinds that are not modelled: a scenario has them from its start to its end, or not at all. Which of
them are missing therefore never changes, and what is missing shows as upstream shows it: a pod is refused, waits for a
node, or for its containers.

So are namespaces of which the scenario only has the manifest: what is created in one that is not there is answered with
404 [staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go]. Those that steps create or
delete, or that are `stored`, are objects: see controllers/namespace_controller.py; what is in them of kinds that are
not modelled stays.

Upstream: pkg/scheduler/framework/plugins/volumebinding/volume_binding.go podHasPVCs, PreFilter, read in 1.33 in the
making (a fork at 0b0abd6c); plugin/pkg/admission/{serviceaccount,priority,runtimeclass}/admission.go and pkg/kubelet/
{kubelet_pods.go,volumemanager,container/helpers.go}, not read in a release that could be dated.
"""

from kmodel.kernel import Cluster
from kmodel.kubernetes.components.settings import SETTINGS, Settings
from kmodel.kubernetes.objects import ApiObject, Container, Need, PodSpec
from kmodel.kubernetes.objects.meta import key

# What every cluster has: of its own, or in each namespace.
ALWAYS = {
    Need("serviceaccount", "default"),
    Need("priorityclass", "system-cluster-critical"),
    Need("priorityclass", "system-node-critical"),
}
NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
OF_CLUSTER = ("priorityclass", "runtimeclass")


def is_there(cluster: Cluster, need: Need, namespace: str) -> bool:
    """Tell whether a pod of the namespace finds what it needs."""
    return has(cluster[SETTINGS], need, namespace)


def has(settings: Settings, need: Need, namespace: str) -> bool:
    """Tell whether a scenario has what a pod of the namespace needs."""
    return need in ALWAYS or reference_of(need, namespace) in settings.surroundings


def is_namespace(settings: Settings, namespace: str) -> bool:
    """Tell whether a scenario has the namespace; one that names none leaves open which there are, and has all."""
    known = [each for each in settings.surroundings if each.startswith("namespace/")]
    known += [f"namespace/{name}" for name in settings.named("Namespace")]
    return not known or namespace in ("", *NAMESPACES) or f"namespace/{namespace}" in known


def reference_of(need: Need, namespace: str) -> str:
    """Return how kubectl names an object that a pod of the namespace needs, for example `secret/db`."""
    return f"{need.kind}/{key(need.name, '' if need.kind in OF_CLUSTER else namespace)}"


def refusal(settings: Settings, value: ApiObject) -> str | None:
    """Return why the api-server refuses an object that names what is not there, or is outside the limits of its
    namespace; None if it does not.
    """
    namespace = value.metadata.namespace
    for need in value.admission_needs:
        if not has(settings, need, namespace):
            return {
                "serviceaccount": f"error looking up service account {namespace}/{need.name}: "
                f'serviceaccount "{need.name}" not found',
                "priorityclass": f"no PriorityClass with name {need.name} was found",
                "runtimeclass": f'pod rejected: RuntimeClass "{need.name}" not found',
            }[need.kind]
    limited = value.within(settings.limits(namespace))
    return limited if isinstance(limited, str) else None


def missing_volume(cluster: Cluster, spec: PodSpec, namespace: str) -> Need | None:
    """Return what a volume comes from that is not there: no container of the pod is made before it is."""
    return next((need for need in spec.volumes if not is_there(cluster, need, namespace)), None)


def missing_config(cluster: Cluster, container: Container, namespace: str) -> Need | None:
    """Return what a container's environment comes from that is not there: it is in CreateContainerConfigError."""
    return next((need for need in container.config if not is_there(cluster, need, namespace)), None)
