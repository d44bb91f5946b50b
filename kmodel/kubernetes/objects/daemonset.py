"""DaemonSets: fields and their defaults [kubernetes/api apps/v1/types.go, 1.34]; what is wrong with them, and what a
POST or PUT keeps [pkg/apis/apps/validation/validation.go, pkg/registry/apps/daemonset/strategy.go,
pkg/controller/daemon/util/daemonset_util.go, not read in a release that could be dated].

Left out: the annotation of a template's generation, collisions of hashes.
"""

from collections.abc import Iterator
from typing import Any

import attrs

from kmodel.kernel import Rank
from kmodel.kubernetes.manifests.field import Field, Fields
from kmodel.kubernetes.objects import known, merging
from kmodel.kubernetes.objects.affinity import Requirement
from kmodel.kubernetes.objects.controllerrevision import REVISION_HASH, revision_template
from kmodel.kubernetes.objects.deployment import HISTORY_LIMIT
from kmodel.kubernetes.objects.field_errors import negative, unsupported
from kmodel.kubernetes.objects.kind import ApiObject, Kind, Template
from kmodel.kubernetes.objects.meta import Labels, ObjectMeta, read_metadata
from kmodel.kubernetes.objects.pod import Pod
from kmodel.kubernetes.objects.pod_spec import PodSpec, Toleration
from kmodel.kubernetes.objects.replicaset import PodTemplate, read_selector, read_template, template_errors
from kmodel.kubernetes.objects.share import Share, read_share, scaled, share_errors

NODE_NAME = "metadata.name"  # the field of a node that the affinity of a daemon's pod names
TYPES = ("RollingUpdate", "OnDelete")
NOTHING = (None, 0, "0%")
# What each of its pods tolerates beside what the template says [AddOrUpdateDaemonPodTolerations].
TOLERATIONS = (
    *(Toleration(f"node.kubernetes.io/{key}", "Exists", effect="NoExecute") for key in ("not-ready", "unreachable")),
    *(
        Toleration(f"node.kubernetes.io/{key}", "Exists", effect="NoSchedule")
        for key in ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
    ),
)


@attrs.frozen(cache_hash=True)
class DaemonSetStrategy:
    """How new pods take the place of old ones: within bounds, or when somebody deletes the old ones."""

    type: str | None = None
    max_unavailable: Share | None = None
    max_surge: Share | None = None


@attrs.frozen(cache_hash=True)
class DaemonSetStatus:
    """On how many nodes a pod should run and does, is ready, available, of the latest template; and where none should.

    `observed_generation` is the generation of which that is said.
    """

    desired: int = 0
    current: int = 0
    misscheduled: int = 0
    ready: int = 0
    available: int = 0
    unavailable: int = 0
    updated: int = 0
    observed_generation: Rank | None = None


@attrs.frozen(cache_hash=True)
class DaemonSet(ApiObject):
    """A pod on each node that the pod may run on."""

    kind = "DaemonSet"
    revision_label = REVISION_HASH
    metadata: ObjectMeta
    selector: Labels = attrs.field(default=(), metadata=merging.MAP)
    template: PodTemplate = attrs.field(factory=PodTemplate)
    strategy: DaemonSetStrategy = DaemonSetStrategy()
    revision_history_limit: int | None = None
    min_ready_seconds: int = 0
    status: DaemonSetStatus = DaemonSetStatus()

    @property
    def desired(self) -> Any:
        """What is wanted: the spec."""
        return self.selector, self.template, self.strategy, self.revision_history_limit, self.min_ready_seconds

    def bounds(self, nodes: int) -> tuple[int, int]:
        """Return how many pods more than nodes there may be in an update, and how many nodes may be without one."""
        surge = scaled(self.strategy.max_surge, nodes, up=True)
        unavailable = scaled(self.strategy.max_unavailable, nodes, up=True)
        return surge, unavailable if surge or unavailable else 1

    @property
    def surges(self) -> bool:
        """Whether a new pod may run beside an old one on a node [AllowsSurge]."""
        return self.is_rolling and self.strategy.max_surge not in NOTHING

    @property
    def is_rolling(self) -> bool:
        """Whether the controller replaces old pods by itself."""
        return self.strategy.type != "OnDelete"

    def defaulted(self) -> "DaemonSet":
        """Return the DaemonSet with a strategy that replaces one pod at a time, and the limit of its history."""
        strategy, limit = self.strategy, self.revision_history_limit
        if self.is_rolling:
            surge, unavailable = strategy.max_surge, strategy.max_unavailable
            strategy = DaemonSetStrategy(
                strategy.type or "RollingUpdate",
                1 if unavailable is None else unavailable,
                0 if surge is None else surge,
            )
        return attrs.evolve(self, strategy=strategy, revision_history_limit=HISTORY_LIMIT if limit is None else limit)

    def errors(self) -> Iterator[str]:
        """Yield what is wrong with the DaemonSet."""
        yield from template_errors(None, self.selector, self.template, self.min_ready_seconds)
        yield from unsupported("spec.updateStrategy.type", self.strategy.type, TYPES)
        rolling = "spec.updateStrategy.rollingUpdate.maxUnavailable"
        yield from share_errors(rolling, self.strategy.max_unavailable)
        yield from share_errors("spec.updateStrategy.rollingUpdate.maxSurge", self.strategy.max_surge)
        if self.is_rolling and self.strategy.max_unavailable not in NOTHING and self.strategy.max_surge not in NOTHING:
            yield f"{rolling}: Invalid value: {self.strategy.max_unavailable}: may not be set when maxSurge is non-zero"
        elif self.is_rolling and self.strategy.max_unavailable in (0, "0%") and self.strategy.max_surge in NOTHING:
            yield f"{rolling}: Required value: cannot be 0 when maxSurge is 0"
        yield from negative("spec.revisionHistoryLimit", self.revision_history_limit)

    def created(self) -> "DaemonSet":
        """Return the DaemonSet without a status [registry/apps/daemonset/strategy.go PrepareForCreate]."""
        return attrs.evolve(self, status=DaemonSetStatus())

    def replacing(self, stored: "DaemonSet") -> "DaemonSet":
        """Return the DaemonSet with the status of the stored one."""
        return attrs.evolve(self, status=stored.status)

    def update_errors(self, stored: "DaemonSet") -> Iterator[str]:
        """Yield what an update may not change: the selector."""
        if self.selector != stored.selector:
            yield "spec.selector: Invalid value: field is immutable"

    def summary(self) -> str:
        """Return on how many nodes a pod should run, and on how many it does."""
        status = self.status
        return f"{status.desired} nodes, {status.current} with a pod, {status.ready} ready, {status.updated} updated"

    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return the columns of `kubectl get daemonsets`."""
        status = self.status
        counts = {
            "DESIRED": status.desired,
            "CURRENT": status.current,
            "READY": status.ready,
            "UP-TO-DATE": status.updated,
            "AVAILABLE": status.available,
        }
        return tuple((heading, str(count)) for heading, count in counts.items())

    def ending(self, ready: int) -> tuple[str, bool]:
        """Return how many of the nodes that should run a pod have one that is ready."""
        return f"{ready}/{self.status.desired}", ready >= self.status.desired

    def pod_on(self, node: str, labels: Labels) -> Pod:
        """Return the pod for a node: its affinity names that node alone [ReplaceDaemonSetPodNodeNameNodeAffinity]."""
        spec = self.pod_spec
        metadata = ObjectMeta(generate_name=f"{self.metadata.name}-", namespace=self.metadata.namespace, labels=labels)
        here = ((Requirement(NODE_NAME, "In", (node,), of_fields=True),),)
        return Pod(metadata, attrs.evolve(spec, node_affinity=here))

    @property
    def pod_spec(self) -> PodSpec:
        """What its pods are to run, with what they tolerate beside what the template says."""
        said = tuple(
            attrs.evolve(each, seconds=None) if attrs.evolve(each, seconds=None) in TOLERATIONS else each
            for each in self.template.spec.tolerations
        )
        more = tuple(each for each in TOLERATIONS if each not in said)
        return attrs.evolve(self.template.spec, tolerations=(*said, *more))

    def templates(self) -> tuple[Template, ...]:
        """Return the revision of the template, and a pod for each node."""
        metadata = ObjectMeta(
            generate_name=f"{self.metadata.name}-", namespace=self.metadata.namespace, labels=self.template.labels
        )
        return (revision_template(self), Template(Pod(metadata, self.pod_spec), per_node=True))


def node_of(pod: Pod) -> str | None:
    """Return the node that a daemon's pod is on, or for [GetTargetNodeName]; None if it names none."""
    if pod.spec.node_name is not None:
        return pod.spec.node_name
    for term in pod.spec.node_affinity or ():
        for each in term:
            if each.of_fields and (each.key, each.operator) == (NODE_NAME, "In") and len(each.values) == 1:
                return each.values[0]
    return None


def _read(top: Fields, left_out: list[str]) -> DaemonSet:
    metadata = read_metadata(top, left_out)
    spec = top.optional("spec")
    if spec is None:
        return DaemonSet(metadata)
    fields = spec.fields()
    template = read_template(fields.optional("template"), left_out)
    limit, min_ready = fields.optional("revisionHistoryLimit"), fields.optional("minReadySeconds")
    read = DaemonSet(
        metadata,
        selector=read_selector(fields.optional("selector"), template, left_out),
        template=template,
        strategy=_strategy(fields.optional("updateStrategy"), left_out),
        revision_history_limit=None if limit is None else limit.integer(),
        min_ready_seconds=0 if min_ready is None else min_ready.integer(),
    )
    left_out.extend(fields.unmodelled(known.DAEMON_SET_SPEC))
    return read


def _strategy(field: Field | None, left_out: list[str]) -> DaemonSetStrategy:
    if field is None:
        return DaemonSetStrategy()
    fields = field.fields()
    type_, rolling = fields.optional("type"), fields.optional("rollingUpdate")
    left_out.extend(fields.unmodelled(("rollingUpdate", "type")))
    bounds = None if rolling is None else rolling.fields()
    strategy = DaemonSetStrategy(
        None if type_ is None else type_.string() or None,
        None if bounds is None else read_share(bounds.optional("maxUnavailable")),
        None if bounds is None else read_share(bounds.optional("maxSurge")),
    )
    if bounds is not None:
        left_out.extend(bounds.unmodelled(("maxSurge", "maxUnavailable")))
    return strategy


DAEMON_SET = Kind(
    "DaemonSet",
    "apps/v1",
    "daemonsets",
    DaemonSet,
    _read,
    short_names=("ds",),
    makes=("controllerrevisions", "pods"),
)
