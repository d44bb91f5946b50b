"""Metadata that all Kubernetes objects have [kubernetes/apimachinery pkg/apis/meta/v1/types.go, 1.34].

Left out: what manifests have of annotations but the one in which `kubectl apply` keeps what it applied last,
managedFields and creation times, which no modelled component reads. A generation is a rank, as a version is.
"""

import re
from collections.abc import Iterator
from typing import Any

import attrs

from kmodel.kernel import Rank
from kmodel.kubernetes.manifests.field import Field, Fields
from kmodel.kubernetes.objects import known, merging

Labels = tuple[tuple[str, str], ...]
DEFAULT_NAMESPACE = "default"
DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LONGEST_NAME = 253


@attrs.frozen(cache_hash=True)
class OwnerReference:
    """An owner of an object; at most one of an object's is its controller. `blocks` is blockOwnerDeletion."""

    kind: str
    name: str
    uid: Rank
    controller: bool = True
    blocks: bool = True


@attrs.frozen(cache_hash=True)
class ObjectMeta:
    """Name, identity and version; `deleting` stands for a set deletionTimestamp, grace is in seconds.

    `applied` is the manifest in the annotation kubectl.kubernetes.io/last-applied-configuration.
    """

    name: str = ""
    namespace: str = DEFAULT_NAMESPACE
    generate_name: str = ""
    uid: Rank | None = None
    resource_version: Rank | None = None
    labels: Labels = attrs.field(default=(), metadata=merging.MAP)
    annotations: Labels = attrs.field(default=(), metadata=merging.MAP)
    owners: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = attrs.field(default=(), metadata=merging.SET)
    deleting: bool = False
    deletion_grace_seconds: int | None = None
    applied: Any = attrs.field(default=None, metadata=merging.WHOLE)
    generation: Rank | None = None  # of the desired state; None of a kind that has none

    @property
    def owner(self) -> OwnerReference | None:
        """The owner that controls the object; None if none does."""
        return next((owner for owner in self.owners if owner.controller), None)

    @property
    def key(self) -> str:
        """The name that tells the object from all others of its kind: with the namespace, unless it is `default`."""
        return key(self.name, self.namespace)


def key(name: str, namespace: str) -> str:
    """Return `name`, or `namespace/name` outside the default namespace (and for objects that have none)."""
    return name if namespace in (DEFAULT_NAMESPACE, "") else f"{namespace}/{name}"


def selects(selector: Labels, labels: Labels) -> bool:
    """Tell whether a matchLabels selector selects an object with these labels; an empty one selects nothing here."""
    return bool(selector) and set(selector) <= set(labels)


def read_metadata(fields: Fields, left_out: list[str], *, namespaced: bool = True) -> ObjectMeta:
    """Return an object's metadata; InputError without a name, since the model generates none for what users create."""
    top = fields.required("metadata", "add metadata with a name").fields()
    name = top.required("name", 'add a name, for example "web"')
    namespace = top.optional("namespace")
    in_namespace = DEFAULT_NAMESPACE if namespace is None or not namespace.string() else read_name(namespace)
    finalizers = top.optional("finalizers")
    metadata = ObjectMeta(
        name=read_name(name),
        namespace=in_namespace if namespaced else "",
        labels=read_labels(top.optional("labels")),
        finalizers=() if finalizers is None else finalizers.strings(),
    )
    left_out.extend(top.unmodelled(known.METADATA))
    return metadata


def read_name(field: Field) -> str:
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


def name_errors(metadata: ObjectMeta) -> Iterator[str]:
    """Yield what is wrong with an object's name."""
    name = metadata.name
    if not DNS_SUBDOMAIN.fullmatch(name) or len(name) > LONGEST_NAME:
        yield f"metadata.name: Invalid value: {name!r}: must be a lowercase RFC 1123 subdomain"
