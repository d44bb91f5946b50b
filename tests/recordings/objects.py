"""From recorded JSON to the model's own objects: what the model has of a kind, all of it, and what it has not.

A recorded object becomes an object of the model's class, by the model's own reader as far as that goes; so no field
that a spec could see is left out of a comparison. UIDs, versions and generations are patterns: whether they are those
of the object that is there now (CURRENT) or others.
"""

from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any, Protocol

import attrs
import yaml

from kmodel.kernel import Cluster, Rank
from kmodel.kernel.values import ATOMS, with_parts
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.components.kubelet.status import NOT_PULLED
from kmodel.kubernetes.manifests import Field
from kmodel.kubernetes.objects import (
    KINDS,
    ApiObject,
    ControllerRevision,
    DaemonSetStatus,
    DeploymentStatus,
    Endpoint,
    EndpointSlice,
    Job,
    JobStatus,
    ObjectMeta,
    OwnerReference,
    PodStatus,
    ReplicaSetStatus,
    StatefulSetStatus,
    kind_named,
)
from kmodel.kubernetes.objects import key as key_of
from kmodel.kubernetes.objects.job import COMPLETE, FAILED, MET, TARGET
from kmodel.kubernetes.objects.kind import generations, scope
from kmodel.kubernetes.objects.meta import Labels, read_metadata
from kmodel.kubernetes.objects.replicaset import read_template

CURRENT, OTHER = 1, 2
SERVICE_NAME = "kubernetes.io/service-name"
MARK = yaml.Mark("recording", 0, 0, 0, None, 0)
TAGS = {str: "str", bool: "bool", int: "int", float: "float", type(None): "null"}
COUNTS = {"replicas": "replicas", "ready": "readyReplicas", "available": "availableReplicas"}  # of a status
ANNOTATIONS = "deployment.kubernetes.io/"  # what the annotations begin with that the model has
DAEMONS = {
    "desired": "desiredNumberScheduled",
    "current": "currentNumberScheduled",
    "misscheduled": "numberMisscheduled",
    "ready": "numberReady",
    "available": "numberAvailable",
    "unavailable": "numberUnavailable",
    "updated": "updatedNumberScheduled",
}
# Labels that the model has not: by the first two a Job's selector is its own; the last is on pods of a DaemonSet, which
# have the hash of their template as well.
NO_LABELS = ("controller-uid", "batch.kubernetes.io/controller-uid", "pod-template-generation")


class Known(Protocol):
    """What is known of a recording at a time: whose UIDs there are, and objects of which resources it has."""

    @property
    def recorded(self) -> Container[str]:
        """The resources of which it has objects."""
        ...

    def is_current(self, resource: str, key: str, uid: str) -> bool:
        """Tell whether a UID is that of the object that is there now."""
        ...

    def key_of(self, uid: str) -> str:
        """Return the key of the pod that bears a UID, or has borne it."""
        ...


def field_of(value: Any, path: str = "") -> Field:
    """Return a JSON value as a field of a manifest, for the model's readers."""
    return Field("recording", path, _node(value))


def _node(value: Any) -> yaml.Node:
    if isinstance(value, dict):
        pairs = [(_node(name), _node(item)) for name, item in value.items()]
        return yaml.MappingNode("tag:yaml.org,2002:map", pairs, MARK)
    if isinstance(value, list):
        return yaml.SequenceNode("tag:yaml.org,2002:seq", [_node(item) for item in value], MARK)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return yaml.ScalarNode(f"tag:yaml.org,2002:{TAGS[type(value)]}", text, MARK)


def read(resource: str, value: Mapping[str, Any], known: Known) -> ApiObject:
    """Return the model's object of a recorded one; objects of which resources are recorded, matters to their owners."""
    if resource == "endpointslices":
        made: Any = _endpoint_slice(value, known)
    elif resource == "controllerrevisions":
        made = _revision(value)
    else:
        reader = kind_named(resource).read
        assert reader is not None
        made = reader(field_of(value).fields(), [])
    if resource in ("pods", "jobs"):
        made = _without_labels(made)
    status = _status(resource, made, value, known)
    made = made if status is None else attrs.evolve(made, status=status)
    metadata = _metadata(resource, made, value["metadata"], known)
    whole: ApiObject = attrs.evolve(made, metadata=metadata)
    return whole


def _metadata(resource: str, whole: ApiObject, value: Mapping[str, Any], known: Known) -> ObjectMeta:
    made = whole.metadata
    singular = kind_named(resource).singular
    owners = [owner for owner in value.get("ownerReferences", ()) if owner.get("controller")]
    resources = {kind.kind: kind for kind in KINDS if resource in kind.makes and kind.resource in known.recorded}
    found: list[OwnerReference] = []
    for each in owners:
        if each["kind"] in resources:
            kind, key = resources[each["kind"]], key_of(each["name"], made.namespace)
            number = CURRENT if known.is_current(kind.resource, key, each["uid"]) else OTHER
            found.append(OwnerReference(kind.kind, key, Rank(scope("uid", kind.singular, key), number)))
    return attrs.evolve(
        made,
        uid=Rank(scope("uid", singular, made.key), CURRENT),
        resource_version=Rank(scope("version", singular, made.key), CURRENT),
        generation=None if whole.desired is None else Rank(generations(singular, made.key), CURRENT),
        owners=tuple(found),
        annotations=_annotations(value),
        deleting="deletionTimestamp" in value,
        deletion_grace_seconds=value.get("deletionGracePeriodSeconds"),
    )


def _annotations(metadata: Mapping[str, Any]) -> Labels:
    there = metadata.get("annotations") or {}
    return tuple(sorted((name, text) for name, text in there.items() if name.startswith(ANNOTATIONS)))


def _status(resource: str, made: Any, value: Mapping[str, Any], known: Known) -> Any:
    """Return the status of the model's class; None if it has none, or nobody in the model writes it."""
    there = value.get("status") or {}
    if resource == "pods":
        return _pod_status(there)
    if resource == "jobs":
        return _job_status(there, known)
    if resource == "controllerrevisions":
        return None
    told, key = there.get("observedGeneration"), made.metadata.key
    number = CURRENT if told == value["metadata"].get("generation") else OTHER
    observed = Rank(generations(kind_named(resource).singular, key), number) if told else None
    if resource == "replicasets" and "deployments" in known.recorded:
        counts = {mine: there.get(name, 0) for mine, name in COUNTS.items()}
        return ReplicaSetStatus(**counts, observed_generation=observed)
    if resource == "deployments":
        return _deployment_status(there, observed)
    if resource == "statefulsets":
        return _stateful_status(there, observed)
    if resource == "daemonsets":
        counts = {mine: there.get(name, 0) for mine, name in DAEMONS.items()}
        return DaemonSetStatus(**counts, observed_generation=observed)
    return None


def _stateful_status(value: Mapping[str, Any], observed: Rank | None) -> StatefulSetStatus:
    return StatefulSetStatus(
        **{mine: value.get(name, 0) for mine, name in COUNTS.items()},
        current=value.get("currentReplicas", 0),
        updated=value.get("updatedReplicas", 0),
        current_revision=value.get("currentRevision"),
        update_revision=value.get("updateRevision"),
        observed_generation=observed,
    )


def _deployment_status(value: Mapping[str, Any], observed: Rank | None) -> DeploymentStatus:
    conditions = {condition["type"]: condition for condition in value.get("conditions") or ()}
    available, progressing = conditions.get("Available"), conditions.get("Progressing")
    return DeploymentStatus(
        **{mine: value.get(name, 0) for mine, name in COUNTS.items()},
        updated=value.get("updatedReplicas", 0),
        observed_generation=observed,
        is_available=None if available is None else available["status"] == "True",
        progressing=None if progressing is None else progressing["reason"],
    )


def _pod_status(value: Mapping[str, Any]) -> PodStatus:
    conditions = {condition["type"]: condition for condition in value.get("conditions") or ()}
    scheduled = conditions.get("PodScheduled")
    not_scheduled = scheduled.get("reason") if scheduled is not None and scheduled["status"] == "False" else None
    return PodStatus(
        phase=value.get("phase", "Pending"),
        ready=conditions.get("Ready", {}).get("status") == "True",
        restarts=sum(
            container["restartCount"]
            for name in ("initContainerStatuses", "containerStatuses")
            for container in value.get(name) or ()
        ),
        reason=value.get("reason") or not_scheduled or _not_pulled(value),
        scheduled=None if scheduled is None else scheduled["status"] == "True",
        lost=any(_is_lost(container) for container in value.get("containerStatuses") or ()),
    )


def _not_pulled(status: Mapping[str, Any]) -> str | None:
    """Return the reason that stands for both that a container without its image may wait for."""
    states = [container["state"] for container in status.get("containerStatuses") or ()]
    waits = any(state.get("waiting", {}).get("reason") in ("ErrImagePull", NOT_PULLED) for state in states)
    return NOT_PULLED if waits else None


def _is_lost(container: Mapping[str, Any]) -> bool:
    """Tell whether a container stands in the place of one that was said to run and is not there any more."""
    last = container.get("lastState", {}).get("terminated", {})
    return "running" not in container["state"] and last.get("reason") == "ContainerStatusUnknown"


def _without_labels(value: Any) -> Any:
    """Return a Job or a pod without the labels that the model has not.

    A Job without labels has those of its template for all who read it [apis/batch/v1/defaults.go SetDefaults_Job].
    """

    def kept(labels: Labels) -> Labels:
        return tuple((name, text) for name, text in labels if name not in NO_LABELS)

    labels = kept(value.metadata.labels)
    if isinstance(value, Job):
        value = attrs.evolve(value, template=attrs.evolve(value.template, labels=kept(value.template.labels)))
        labels = labels or value.template.labels
    return attrs.evolve(value, metadata=attrs.evolve(value.metadata, labels=labels))


def _job_status(value: Mapping[str, Any], known: Known) -> JobStatus:
    conditions = [each["type"] for each in value.get("conditions") or () if each["status"] == "True"]
    suspended = [each["status"] == "True" for each in value.get("conditions") or () if each["type"] == "Suspended"]
    assert "completedIndexes" not in value, "no Job of the recordings is indexed"
    uncounted = value.get("uncountedTerminatedPods") or {}
    succeeded, failed = (
        tuple(_uid(uid, known) for uid in uncounted.get(name) or ()) for name in ("succeeded", "failed")
    )
    counts = (value.get(name) or 0 for name in ("active", "ready", "terminating", "succeeded", "failed"))
    active, ready, terminating, done, lost = counts
    return JobStatus(
        active,
        ready,
        terminating,
        done,
        lost,
        uncounted_succeeded=succeeded,
        uncounted_failed=failed,
        coming=next((each for each in conditions if each in (MET, TARGET)), None),
        finished=next((each for each in conditions if each in (COMPLETE, FAILED)), None),
        suspended=next(iter(suspended), None),
    )


def _uid(uid: str, known: Known) -> Rank:
    key = known.key_of(uid)
    return Rank(scope("uid", "pod", key), CURRENT if known.is_current("pods", key, uid) else OTHER)


def _revision(value: Mapping[str, Any]) -> ControllerRevision:
    template = read_template(field_of(value["data"]["spec"]["template"]), [])
    return ControllerRevision(read_metadata(field_of(value).fields(), []), template, value["revision"])


def _endpoint_slice(value: Mapping[str, Any], known: Known) -> EndpointSlice:
    """Return the slice under the name of its Service, of which the model has one."""
    namespace = value["metadata"]["namespace"]
    found = []
    for endpoint in value.get("endpoints") or ():
        target, conditions = endpoint["targetRef"], endpoint["conditions"]
        key = key_of(target["name"], target["namespace"])
        found.append(Endpoint(key, _uid(target["uid"], known), conditions["serving"], conditions["terminating"]))
        assert found[-1].ready == conditions["ready"], f"{key} is ready although it should not be, or the reverse"
    metadata = ObjectMeta(value["metadata"]["labels"][SERVICE_NAME], namespace)
    whole: EndpointSlice = in_order(EndpointSlice(metadata, tuple(found)))
    return whole


def in_order(value: Any) -> Any:
    """Return an object whose lists that mean sets are in order."""
    if isinstance(value, Job):
        status = value.status
        succeeded, failed = (
            tuple(sorted(uids, key=str)) for uids in (status.uncounted_succeeded, status.uncounted_failed)
        )
        return attrs.evolve(value, status=attrs.evolve(status, uncounted_succeeded=succeeded, uncounted_failed=failed))
    if not isinstance(value, EndpointSlice):
        return value
    return attrs.evolve(value, endpoints=tuple(sorted(value.endpoints, key=lambda endpoint: endpoint.pod)))


def as_recorded(cluster: Cluster, value: Any) -> Any:
    """Return a model's object with patterns for its ranks, as a recorded one has."""
    return in_order(
        _with_ranks(value, lambda rank: Rank(rank.scope, CURRENT if _now(cluster, rank) == rank else OTHER))
    )


def as_modelled(cluster: Cluster, value: Any) -> Any:
    """Return a recorded object with the UIDs and versions that the model has now; OTHER ones stay as they are."""
    return _with_ranks(value, lambda rank: (_now(cluster, rank) or rank) if rank.number == CURRENT else rank)


def _now(cluster: Cluster, rank: Rank) -> Rank | None:
    """Return the UID, or the version, of the object of the rank's scope that is stored now."""
    what, _, about = rank.scope.partition(" of ")
    singular, _, key = about.partition("/")
    resource = next(kind.resource for kind in KINDS if kind.singular == singular)
    cell = stored(resource)[key]
    value: Any = cluster[cell] if cluster.has(cell) else None
    if value is None:
        return None
    ranks = {"uid": "uid", "version": "resource_version", "generation": "generation"}
    return getattr(value.metadata, ranks[what])  # type: ignore[no-any-return]


def _with_ranks(value: Any, change: Callable[[Rank], Rank]) -> Any:
    if isinstance(value, Rank):
        return change(value)
    return value if isinstance(value, ATOMS) else with_parts(value, lambda part: _with_ranks(part, change))


def paths(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of the fields in which two JSON values differ; items of a list go by their type or name."""
    if before == after:
        return
    if isinstance(before, list) or isinstance(after, list):
        before, after = _by_name(before or []), _by_name(after or [])
    if not isinstance(before, dict) or not isinstance(after, dict):
        yield path
        return
    for name in {**before, **after}:
        yield from paths(before.get(name), after.get(name), f"{path}.{name}" if path else str(name))


def _by_name(items: list[Any]) -> dict[str, Any]:
    return {
        f"[{item.get('type') or item.get('name') or index}]" if isinstance(item, dict) else f"[{index}]": item
        for index, item in enumerate(items)
    }
