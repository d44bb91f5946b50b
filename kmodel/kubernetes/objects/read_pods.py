"""Reading metadata and pod specs."""

from kmodel.kubernetes.manifests.field import Field, Fields
from kmodel.kubernetes.objects import known
from kmodel.kubernetes.objects.meta import DEFAULT_NAMESPACE, Labels, ObjectMeta
from kmodel.kubernetes.objects.pod import Container, PodSpec, Resources, Toleration

INT64 = {"minimum": -(2**63), "maximum": 2**63 - 1}


def read_metadata(fields: Fields, left_out: list[str], *, namespaced: bool = True) -> ObjectMeta:
    """Return an object's metadata; InputError without a name, since the model generates none for what users create."""
    top = fields.required("metadata", "add metadata with a name").fields()
    name = top.required("name", 'add a name, for example "web"')
    namespace = top.optional("namespace")
    in_namespace = DEFAULT_NAMESPACE if namespace is None else _name(namespace)
    finalizers = top.optional("finalizers")
    metadata = ObjectMeta(
        name=_name(name),
        namespace=in_namespace if namespaced else "",
        labels=read_labels(top.optional("labels")),
        finalizers=() if finalizers is None else finalizers.strings(),
    )
    left_out.extend(top.unmodelled(known.METADATA))
    return metadata


def _name(field: Field) -> str:
    """Return a name that can be part of a key; whether it is one that Kubernetes allows, the api-server says."""
    name = field.string()
    if not name or "/" in name or not name.isprintable() or " " in name:
        raise field.error("cannot be a name", "use letters, digits and dashes")
    return name


def read_labels(field: Field | None) -> Labels:
    """Return labels, or the matchLabels of a selector, in the order of their keys."""
    if field is None:
        return ()
    members = field.fields().members
    # Kubernetes takes null for the empty string here.
    return tuple(sorted((name, "" if value.is_null else value.string()) for name, (_, value) in members.items()))


def read_pod_spec(field: Field | None, left_out: list[str]) -> PodSpec:
    """Return a pod's spec; what it lacks, the api-server defaults or refuses."""
    if field is None:
        return PodSpec()
    fields = field.fields()
    containers = fields.optional("containers")
    tolerations = fields.optional("tolerations")
    node_name = fields.optional("nodeName")
    restart_policy = fields.optional("restartPolicy")
    grace = fields.optional("terminationGracePeriodSeconds")
    spec = PodSpec(
        containers=() if containers is None else tuple(_container(item, left_out) for item in containers.items()),
        node_name=None if node_name is None else node_name.string() or None,
        restart_policy=None if restart_policy is None else restart_policy.string(),
        node_selector=read_labels(fields.optional("nodeSelector")),
        tolerations=() if tolerations is None else tuple(_toleration(item, left_out) for item in tolerations.items()),
        termination_grace_seconds=None if grace is None else grace.integer(**INT64),
    )
    left_out.extend(fields.unmodelled(known.POD_SPEC))
    return spec


def _container(field: Field, left_out: list[str]) -> Container:
    fields = field.fields()
    image = fields.optional("image")
    resources = fields.optional("resources")
    requests, limits = Resources(), Resources()
    name = fields.required("name", 'add a name, for example "main"').string()
    if resources is not None:
        members = resources.fields()
        requests = _resources(members.optional("requests"), left_out)
        limits = _resources(members.optional("limits"), left_out)
        left_out.extend(members.unmodelled(known.RESOURCES))
    container = Container(name, "" if image is None else image.string(), requests, limits)
    left_out.extend(fields.unmodelled(known.CONTAINER))
    return container


def _resources(field: Field | None, left_out: list[str]) -> Resources:
    if field is None:
        return Resources()
    fields = field.fields()
    cpu = fields.optional("cpu")
    memory = fields.optional("memory")
    for _, _, other in fields.others():  # extended resources are not modelled, but must be quantities all the same
        if not other.is_null:
            other.quantity()
            left_out.append(other.path)
    return Resources(
        cpu_millicores=None if cpu is None else cpu.quantity(milli=True),
        memory_bytes=None if memory is None else memory.quantity(),
    )


def _toleration(field: Field, left_out: list[str]) -> Toleration:
    fields = field.fields()
    key, operator, value, effect = (fields.optional(name) for name in ("key", "operator", "value", "effect"))
    seconds = fields.optional("tolerationSeconds")
    toleration = Toleration(
        key=None if key is None else key.string() or None,
        operator="Equal" if operator is None else operator.string() or "Equal",
        value="" if value is None else value.string(),
        effect=None if effect is None else effect.string() or None,
        seconds=None if seconds is None else seconds.integer(**INT64),
    )
    left_out.extend(fields.unmodelled(known.TOLERATION))
    return toleration
