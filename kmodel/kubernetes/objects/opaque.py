"""Objects of kinds that are not modelled: they are there from the start to the end, and nobody changes them.

That is how the components that are modelled meet them: none of these writes a ConfigMap, and whether a Secret is there
decides whether a container can be made. What else they would do, if their own controllers ran, is said in a sentence
per kind, and where it could change a verdict, that is said, too.
"""

from collections.abc import Iterable, Sequence

import attrs

from kmodel.kubernetes.manifests.field import Field, Fields
from kmodel.kubernetes.objects.limitrange import unread
from kmodel.kubernetes.objects.meta import DEFAULT_NAMESPACE, key, read_name
from kmodel.kubernetes.objects.served import WITHOUT_NAMESPACE, is_custom

# What a pod may need to be there, by the names that kubectl takes for it.
SHORT_NAMES = {
    name: singular
    for singular, short in (
        ("configmap", "cm"),
        ("secret", ""),
        ("persistentvolumeclaim", "pvc"),
        ("serviceaccount", "sa"),
        ("priorityclass", "pc"),
        ("runtimeclass", ""),
        ("namespace", "ns"),
    )
    for name in (singular, f"{singular}es" if singular.endswith("s") else f"{singular}s", short)
    if name
}
NAMED = 3  # objects that a sentence names


@attrs.frozen(eq=False)
class Opaque:
    """An object that is only known by its kind and name; `makes_pods` if it has a template of pods in it."""

    kind: str
    api_version: str
    key: str
    field: Field
    makes_pods: bool = False
    target: str | None = None  # what an autoscaler scales, as kubectl names it

    @property
    def namespace(self) -> str:
        """The namespace that it is in; `default` also of what is in none."""
        return self.key.rpartition("/")[0] or DEFAULT_NAMESPACE

    @property
    def reference(self) -> str:
        """How kubectl names the object, for example `configmap/web`."""
        return f"{self.kind.lower()}/{self.key}"


def read_opaque(document: Field, kind: str, api_version: str) -> Opaque:
    """Return an object of a kind that is not modelled; InputError without metadata and a name."""
    metadata = document.fields().required("metadata", "add metadata with a name").fields()
    generated = metadata.optional("generateName")
    name = generated if generated is not None and "name" not in metadata else metadata.required("name", "add a name")
    namespace = metadata.optional("namespace")
    within = "" if kind in WITHOUT_NAMESPACE else DEFAULT_NAMESPACE if namespace is None else read_name(namespace)
    return Opaque(
        kind,
        api_version,
        key(read_name(name), within),
        document,
        makes_pods=_has_pod_template(document.fields().optional("spec"), 0),
        target=_target(document.fields().optional("spec")) if kind == "HorizontalPodAutoscaler" else None,
    )


DEEPEST_TEMPLATE = 6  # levels below spec: a CronJob has its containers at jobTemplate.spec.template.spec


def _has_pod_template(field: Field | None, depth: int) -> bool:
    """Tell whether there are containers below a field, as in all workloads and in many custom resources."""
    if field is None or not field.is_mapping or depth > DEEPEST_TEMPLATE:
        return False
    members = [member for _, member in field.fields().members.values()]
    names = field.fields().members
    if "containers" in names and names["containers"][1].is_list:
        return True
    return any(_has_pod_template(member, depth + 1) for member in members)


def _target(spec: Field | None) -> str | None:
    target = spec.fields().optional("scaleTargetRef") if spec is not None and spec.is_mapping else None
    if target is None or not target.is_mapping:
        return None
    members: Fields = target.fields()
    kind, name = members.optional("kind"), members.optional("name")
    return None if kind is None or name is None else f"{kind.string().lower()}/{name.string()}"


@attrs.frozen
class Meaning:
    """What becomes of a kind that is not modelled, and whether that may change a verdict."""

    sentence: str
    weakens: bool = False


HELD = Meaning("there from the start, and never changed")
ACCESS = Meaning("users may do what the scenario says")
TRAFFIC = Meaning("traffic is not modelled")
ADMISSION = Meaning("admission goes on without it", weakens=True)
VOLUMES = Meaning("where a volume can be attached is not modelled")
CUSTOM = Meaning("stored as it is; no controller of it takes part")
RATIO = Meaning("its maxLimitRequestRatio is not read", weakens=True)
WORKLOAD = Meaning("not modelled: its pods are not there", weakens=True)
MEANINGS = {
    **dict.fromkeys(("ConfigMap", "Secret", "ServiceAccount", "Namespace", "PriorityClass", "RuntimeClass"), HELD),
    **dict.fromkeys(("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"), ACCESS),
    **dict.fromkeys(("Ingress", "IngressClass", "NetworkPolicy", "Endpoints", "EndpointSlice"), TRAFFIC),
    **dict.fromkeys(
        (
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ),
        ADMISSION,
    ),
    **dict.fromkeys(("CSIDriver", "CSINode", "PersistentVolume", "StorageClass", "VolumeAttachment"), VOLUMES),
    "PersistentVolumeClaim": Meaning("taken for bound to a volume that every node can attach"),
    "CustomResourceDefinition": Meaning("its objects are stored as they are"),
    "LimitRange": Meaning("there from the start; pods that are created get its defaults, or are refused"),
    "HorizontalPodAutoscaler": Meaning("not modelled, replicas stay as they are", weakens=True),
    "PodDisruptionBudget": Meaning("the evictions that are modelled, by taints, ask no budget, as in Kubernetes"),
}
NOT_LOOKED_AT = Meaning("nothing that is modelled looks at it")


def meaning(value: Opaque) -> Meaning:
    """Return what becomes of an object of a kind that is not modelled."""
    if value.makes_pods:
        return WORKLOAD
    if is_custom(value.api_version):
        return CUSTOM
    if value.kind == "LimitRange" and unread(value.field):
        return RATIO
    return MEANINGS.get(value.kind, NOT_LOOKED_AT)


def told(values: Sequence[Opaque], replicas: dict[str, int]) -> Iterable[tuple[str, bool]]:
    """Yield a sentence for each kind that is not modelled, and whether it may change a verdict.

    `replicas` has how many pods the workloads want, by how kubectl names them.
    """
    by_kind: dict[tuple[str, Meaning], list[Opaque]] = {}
    for value in values:
        by_kind.setdefault((value.kind, meaning(value)), []).append(value)
    for (kind, what), members in by_kind.items():
        scaled = dict.fromkeys(each.target for each in members if each.target in replicas)
        at = f" ({some([f'{target} stays at {replicas[target]}' for target in scaled if target])})" if scaled else ""
        yield f"{kind} {some([member.key for member in members])}: {what.sentence}{at}", what.weakens


def some(names: Sequence[str]) -> str:
    """Return the first few of some names, and how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
