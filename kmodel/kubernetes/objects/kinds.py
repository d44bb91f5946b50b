"""The registry of the kinds that are modelled; a project adds to it, so each question takes the registry."""

from collections.abc import Sequence
from typing import Any

from kmodel.kubernetes.objects.controllerrevision import CONTROLLER_REVISION
from kmodel.kubernetes.objects.cronjob import CRON_JOB
from kmodel.kubernetes.objects.daemonset import DAEMON_SET
from kmodel.kubernetes.objects.deployment import DEPLOYMENT
from kmodel.kubernetes.objects.endpointslice import ENDPOINT_SLICE
from kmodel.kubernetes.objects.job import JOB
from kmodel.kubernetes.objects.kind import ApiObject, Kind
from kmodel.kubernetes.objects.lease import LEASE
from kmodel.kubernetes.objects.namespace import NAMESPACE
from kmodel.kubernetes.objects.node import NODE
from kmodel.kubernetes.objects.pod import POD
from kmodel.kubernetes.objects.replicaset import REPLICA_SET, REPLICATION_CONTROLLER
from kmodel.kubernetes.objects.resourcequota import RESOURCE_QUOTA
from kmodel.kubernetes.objects.service import SERVICE
from kmodel.kubernetes.objects.statefulset import STATEFUL_SET

Object = ApiObject
Kinds = Sequence[Kind[Any]]
KINDS: tuple[Kind[Any], ...] = (
    POD,
    NODE,
    REPLICA_SET,
    REPLICATION_CONTROLLER,
    DEPLOYMENT,
    STATEFUL_SET,
    DAEMON_SET,
    JOB,
    CRON_JOB,
    CONTROLLER_REVISION,
    SERVICE,
    ENDPOINT_SLICE,
    LEASE,
    NAMESPACE,
    RESOURCE_QUOTA,
)


def kind_of(value: ApiObject, kinds: Kinds = KINDS) -> Kind[Any]:
    """Return the kind of an object."""
    return next(kind for kind in kinds if kind.kind == value.kind)


def kind_named(resource: str, kinds: Kinds = KINDS) -> Kind[Any]:
    """Return the kind of a resource, for example of `pods`."""
    return next(kind for kind in kinds if kind.resource == resource)


def resource_of(value: ApiObject, kinds: Kinds = KINDS) -> str:
    """Return the resource that an object belongs to, for example `pods`."""
    return kind_of(value, kinds).resource


def reference(resource: str, key: str, kinds: Kinds = KINDS) -> str:
    """Return how kubectl names an object, for example `pod/nginx`."""
    return f"{kind_named(resource, kinds).singular}/{key}"


def written_by_users(kinds: Kinds = KINDS) -> tuple[Kind[Any], ...]:
    """Return the kinds of which users write manifests."""
    return tuple(kind for kind in kinds if kind.read is not None)
