"""The kinds that an api-server serves without any CustomResourceDefinition [kubernetes/api, kube-aggregator and
apiextensions-apiserver, 1.34; versions that are off by default are left out].

A kind of one of these groups that is not here exists in no cluster of that release: an api-server has no match for it,
such as for a Deployment of extensions/v1beta1. A kind of any other group is a custom resource.
"""

from collections.abc import Iterator

SERVED = {
    "v1": "Binding ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod "
    "PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount",
    "admissionregistration.k8s.io/v1": "MutatingWebhookConfiguration ValidatingAdmissionPolicy "
    "ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/v1": "CustomResourceDefinition",
    "apiregistration.k8s.io/v1": "APIService",
    "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "authentication.k8s.io/v1": "SelfSubjectReview TokenReview",
    "authorization.k8s.io/v1": "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview "
    "SubjectAccessReview",
    "autoscaling/v1": "HorizontalPodAutoscaler",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "batch/v1": "CronJob Job",
    "certificates.k8s.io/v1": "CertificateSigningRequest",
    "coordination.k8s.io/v1": "Lease",
    "discovery.k8s.io/v1": "EndpointSlice",
    "events.k8s.io/v1": "Event",
    "flowcontrol.apiserver.k8s.io/v1": "FlowSchema PriorityLevelConfiguration",
    "networking.k8s.io/v1": "IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR",
    "node.k8s.io/v1": "RuntimeClass",
    "policy/v1": "PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "resource.k8s.io/v1": "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice",
    "scheduling.k8s.io/v1": "PriorityClass",
    "storage.k8s.io/v1": "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass",
}
RETIRED_GROUPS = ("extensions",)
WITHOUT_NAMESPACE = frozenset(
    [
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "DeviceClass",
        "FlowSchema",
        "IPAddress",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ResourceSlice",
        "RuntimeClass",
        "SelfSubjectAccessReview",
        "SelfSubjectReview",
        "SelfSubjectRulesReview",
        "ServiceCIDR",
        "StorageClass",
        "SubjectAccessReview",
        "TokenReview",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeAttributesClass",
    ]
)


def group_of(api_version: str) -> str:
    """Return the group of an apiVersion; that of `v1` is empty."""
    return api_version.rpartition("/")[0]


GROUPS = (*dict.fromkeys(map(group_of, SERVED)), *RETIRED_GROUPS)


def is_custom(api_version: str) -> bool:
    """Tell whether an apiVersion is of a group that only a CustomResourceDefinition or an aggregated API brings."""
    return group_of(api_version) not in GROUPS


def versions_of(kind: str) -> Iterator[str]:
    """Yield the apiVersions that have a kind, the newest first."""
    yield from (version for version, kinds in reversed(SERVED.items()) if kind in kinds.split())


def all_kinds() -> tuple[str, ...]:
    """Return the names of all kinds that are served."""
    return tuple(dict.fromkeys(kind for kinds in SERVED.values() for kind in kinds.split()))
