"""ControllerRevisions: the templates that a DaemonSet or a StatefulSet has had [kubernetes/api apps/v1/types.go, 1.34].

As with a ReplicaSet of a Deployment, the hash of a template is a letter, which stands for the template. Left out: what
else of the owner's spec upstream keeps in `data`.
"""

from typing import Any

import attrs

from kmodel.kubernetes.objects.kind import ApiObject, Kind, Template
from kmodel.kubernetes.objects.meta import Labels, ObjectMeta
from kmodel.kubernetes.objects.replicaset import PodTemplate

REVISION_HASH = "controller-revision-hash"
HISTORY_HASH = "controller.kubernetes.io/hash"  # on the revisions of a StatefulSet


@attrs.frozen(cache_hash=True)
class ControllerRevision(ApiObject):
    """One template of a workload, and the number of the revision that it is, or was last."""

    kind = "ControllerRevision"
    metadata: ObjectMeta
    data: PodTemplate = attrs.field(factory=PodTemplate)
    revision: int = 0

    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return the columns of `kubectl get controllerrevisions`."""
        owner = self.metadata.owner
        told = "<none>" if owner is None else f"{owner.kind.lower()}.apps/{owner.name}"
        return ("CONTROLLER", told), ("REVISION", str(self.revision))

    def summary(self) -> str:
        """Return the number of the revision."""
        return f"revision {self.revision}"


def content_of(workload: Any) -> Any:
    """Return what the name of a revision stands for: the kind of the workload, and its template."""
    return workload.kind, workload.template


def revision_template(workload: Any) -> Template:
    """Return the template of the revisions of a workload, of which the workload itself wants none at once."""
    metadata: ObjectMeta = workload.metadata
    prefix = ObjectMeta(f"{metadata.name}-…", metadata.namespace, f"{metadata.name}-")

    def named(suffix: str) -> ControllerRevision:
        name = f"{metadata.name}-{suffix}"
        return ControllerRevision(ObjectMeta(name, metadata.namespace), workload.template)

    return Template(ControllerRevision(prefix, workload.template), 0, content_of(workload), named)


def with_hash(labels: Labels, text: str, label: str = REVISION_HASH) -> Labels:
    """Return the labels of a pod that is made from a revision, or of the revision itself."""
    return tuple(sorted({**dict(labels), label: text}.items()))


CONTROLLER_REVISION = Kind("ControllerRevision", "apps/v1", "controllerrevisions", ControllerRevision)
