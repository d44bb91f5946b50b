"""Metadata that all Kubernetes objects have [kubernetes/apimachinery pkg/apis/meta/v1/types.go, 1.34].

Left out: annotations, generation, managedFields and creation times, which no modelled component reads.
"""

import attrs

from kmodel.kernel import Rank

Labels = tuple[tuple[str, str], ...]
DEFAULT_NAMESPACE = "default"


@attrs.frozen(cache_hash=True)
class OwnerReference:
    """The controller that owns an object; at most one, so `controller: true` is implied."""

    kind: str
    name: str
    uid: Rank


@attrs.frozen(cache_hash=True)
class ObjectMeta:
    """Name, identity and version; `deleting` stands for a set deletionTimestamp, grace is in seconds."""

    name: str = ""
    namespace: str = DEFAULT_NAMESPACE
    generate_name: str = ""
    uid: Rank | None = None
    resource_version: Rank | None = None
    labels: Labels = ()
    owner: OwnerReference | None = None
    finalizers: tuple[str, ...] = ()
    deleting: bool = False
    deletion_grace_seconds: int | None = None

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
