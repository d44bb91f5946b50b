"""Kubernetes API objects as immutable values, with the fields that the modelled components read; a kind per file."""

from kmodel.kubernetes.objects.container import Container, Need, Resources
from kmodel.kubernetes.objects.controllerrevision import CONTROLLER_REVISION, ControllerRevision
from kmodel.kubernetes.objects.cronjob import CRON_JOB, CronJob, CronJobStatus
from kmodel.kubernetes.objects.daemonset import DAEMON_SET, DaemonSet, DaemonSetStatus, DaemonSetStrategy
from kmodel.kubernetes.objects.deployment import DEPLOYMENT, Deployment, DeploymentStatus, RolloutStrategy
from kmodel.kubernetes.objects.endpointslice import ENDPOINT_SLICE, Endpoint, EndpointSlice
from kmodel.kubernetes.objects.job import JOB, Job, JobStatus
from kmodel.kubernetes.objects.kind import ApiObject, Kind, Part, Template
from kmodel.kubernetes.objects.kinds import KINDS, Kinds, Object, kind_named, kind_of, reference, resource_of
from kmodel.kubernetes.objects.lease import LEASE, Lease
from kmodel.kubernetes.objects.meta import DEFAULT_NAMESPACE, Labels, ObjectMeta, OwnerReference, key, selects
from kmodel.kubernetes.objects.namespace import NAMESPACE, Namespace
from kmodel.kubernetes.objects.node import GIBIBYTE, NODE, Node, NodeSpec, NodeStatus, Taint, Taints
from kmodel.kubernetes.objects.pod import POD, Binding, Phase, Pod, PodStatus, StatusReport, Unscheduled
from kmodel.kubernetes.objects.pod_spec import DEFAULT_SCHEDULER, PodSpec, Toleration
from kmodel.kubernetes.objects.replicaset import (
    REPLICA_SET,
    REPLICATION_CONTROLLER,
    PodTemplate,
    ReplicaSet,
    ReplicaSetStatus,
)
from kmodel.kubernetes.objects.resourcequota import RESOURCE_QUOTA, QuotaStatus, ResourceQuota
from kmodel.kubernetes.objects.service import SERVICE, Service
from kmodel.kubernetes.objects.statefulset import STATEFUL_SET, StatefulSet, StatefulSetStatus

BY_RESOURCE = {kind.resource: kind for kind in KINDS}  # the built-in kinds

__all__ = [
    "BY_RESOURCE",
    "CONTROLLER_REVISION",
    "CRON_JOB",
    "DAEMON_SET",
    "DEFAULT_NAMESPACE",
    "DEFAULT_SCHEDULER",
    "DEPLOYMENT",
    "ENDPOINT_SLICE",
    "GIBIBYTE",
    "JOB",
    "KINDS",
    "LEASE",
    "NAMESPACE",
    "NODE",
    "POD",
    "REPLICATION_CONTROLLER",
    "REPLICA_SET",
    "RESOURCE_QUOTA",
    "SERVICE",
    "STATEFUL_SET",
    "ApiObject",
    "Binding",
    "Container",
    "ControllerRevision",
    "CronJob",
    "CronJobStatus",
    "DaemonSet",
    "DaemonSetStatus",
    "DaemonSetStrategy",
    "Deployment",
    "DeploymentStatus",
    "Endpoint",
    "EndpointSlice",
    "Job",
    "JobStatus",
    "Kind",
    "Kinds",
    "Labels",
    "Lease",
    "Namespace",
    "Need",
    "Node",
    "NodeSpec",
    "NodeStatus",
    "Object",
    "ObjectMeta",
    "OwnerReference",
    "Part",
    "Phase",
    "Pod",
    "PodSpec",
    "PodStatus",
    "PodTemplate",
    "QuotaStatus",
    "ReplicaSet",
    "ReplicaSetStatus",
    "ResourceQuota",
    "Resources",
    "RolloutStrategy",
    "Service",
    "StatefulSet",
    "StatefulSetStatus",
    "StatusReport",
    "Taint",
    "Taints",
    "Template",
    "Toleration",
    "Unscheduled",
    "key",
    "kind_named",
    "kind_of",
    "reference",
    "resource_of",
    "selects",
]
