"""From a YAML document to the object that it describes."""

from collections.abc import Callable, Iterator

import attrs

from kmodel.kubernetes.manifests.errors import quoted
from kmodel.kubernetes.manifests.field import Field, Fields, did_you_mean
from kmodel.kubernetes.objects import known
from kmodel.kubernetes.objects.kinds import BY_KIND, KINDS, Object, kind_of, reference
from kmodel.kubernetes.objects.pod import Pod
from kmodel.kubernetes.objects.read_others import read_node, read_replica_set, read_replication_controller, read_service
from kmodel.kubernetes.objects.read_pods import read_metadata, read_pod_spec

KINDS_IN_MANIFESTS = tuple(kind.kind for kind in KINDS if kind.in_manifests)


@attrs.frozen(eq=False)
class Manifest:
    """An object as a file describes it, where, and the fields of it that the model does not read."""

    object: Object
    field: Field
    left_out: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """How kubectl names the object, for example `pod/nginx`."""
        return reference(kind_of(self.object).resource, self.object.metadata.key)


def _read_pod(fields: Fields, left_out: list[str]) -> Pod:
    return Pod(read_metadata(fields, left_out), read_pod_spec(fields.optional("spec"), left_out))


READERS: dict[str, Callable[[Fields, list[str]], Object]] = {
    "Pod": _read_pod,
    "Node": read_node,
    "ReplicaSet": read_replica_set,
    "ReplicationController": read_replication_controller,
    "Service": read_service,
}


def read_all(document: Field) -> Iterator[Manifest]:
    """Yield the object of a document, or the objects of a document of kind List."""
    fields = document.fields()
    kind = fields.optional("kind")
    if kind is None or kind.string() != "List":
        yield read(document)
        return
    _check_api_version(fields, "List", "v1")
    for item in fields.required("items").items():
        yield read(item)
    fields.optional("metadata")
    fields.refuse_others("a List", ("apiVersion", "items", "kind", "metadata"))


def read(document: Field) -> Manifest:
    """Return the object that a document describes; InputError if the model has no such kind or cannot represent it."""
    fields = document.fields()
    kind_field = fields.required("kind", f"add one of {', '.join(KINDS_IN_MANIFESTS)}")
    name = kind_field.string()
    if name not in READERS:
        meant = did_you_mean(name, KINDS_IN_MANIFESTS, cutoff=0.85)
        raise kind_field.error(
            f"{quoted(name)} is not a kind that is modelled",
            (f'did you mean "{meant}"? ' if meant else "") + f"these are: {', '.join(KINDS_IN_MANIFESTS)}",
        )
    kind = BY_KIND[name]
    _check_api_version(fields, name, kind.api_version)
    left_out: list[str] = []
    value = READERS[name](fields, left_out)
    for expected in known.OBJECT:
        if expected != "status" or name == "Node":
            fields.optional(expected)
    left_out.extend(fields.unmodelled(known.OBJECT))
    return Manifest(value, document, tuple(left_out))


def _check_api_version(fields: Fields, kind: str, expected: str) -> None:
    version = fields.required("apiVersion", f"add apiVersion: {expected}")
    text = version.string()
    if text != expected:
        raise version.error(f"{quoted(text)} has no {kind} that is modelled", f"write apiVersion: {expected}")
