"""The fields that Kubernetes has and the model does not read [kubernetes/api core/v1/types.go, apps/v1/types.go, 1.34].

Such a field is accepted and reported as left out. One that is neither modelled nor known is, too, unless it looks
like a slip of the pen for one of them: then it is an error, as it is for kubectl.
"""

OBJECT = ("apiVersion", "kind", "metadata", "spec", "status")
# fmt: off
METADATA = (
    "annotations", "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers",
    "generateName", "generation", "labels", "managedFields", "name", "namespace", "ownerReferences",
    "resourceVersion", "selfLink", "uid",
)
POD_SPEC = (
    "activeDeadlineSeconds", "affinity", "automountServiceAccountToken", "containers", "dnsConfig", "dnsPolicy",
    "enableServiceLinks", "ephemeralContainers", "hostAliases", "hostIPC", "hostNetwork", "hostPID",
    "hostUsers", "hostname", "hostnameOverride", "imagePullSecrets", "initContainers", "nodeName",
    "nodeSelector", "os", "overhead", "preemptionPolicy", "priority", "priorityClassName", "readinessGates",
    "resourceClaims", "resources", "restartPolicy", "runtimeClassName", "schedulerName", "schedulingGates",
    "securityContext", "serviceAccount", "serviceAccountName", "setHostnameAsFQDN", "shareProcessNamespace",
    "subdomain", "terminationGracePeriodSeconds", "tolerations", "topologySpreadConstraints", "volumes",
)
CONTAINER = (
    "args", "command", "env", "envFrom", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "name",
    "ports", "readinessProbe", "resizePolicy", "resources", "restartPolicy", "restartPolicyRules",
    "securityContext", "startupProbe", "stdin", "stdinOnce", "terminationMessagePath",
    "terminationMessagePolicy", "tty", "volumeDevices", "volumeMounts", "workingDir",
)
# fmt: on
RESOURCES = ("claims", "limits", "requests")
TOLERATION = ("effect", "key", "operator", "tolerationSeconds", "value")
TEMPLATE = ("metadata", "spec")
WORKLOAD_SPEC = ("minReadySeconds", "replicas", "selector", "template")
DEPLOYMENT_SPEC = (
    *WORKLOAD_SPEC,
    "paused",
    "progressDeadlineSeconds",
    "revisionHistoryLimit",
    "rollbackTo",
    "strategy",
)
DAEMON_SET_SPEC = ("minReadySeconds", "revisionHistoryLimit", "selector", "template", "updateStrategy")
# fmt: off
CRON_JOB_SPEC = (
    "concurrencyPolicy", "failedJobsHistoryLimit", "jobTemplate", "schedule", "startingDeadlineSeconds",
    "successfulJobsHistoryLimit", "suspend", "timeZone",
)
STATEFUL_SET_SPEC = (
    "minReadySeconds", "ordinals", "persistentVolumeClaimRetentionPolicy", "podManagementPolicy", "replicas",
    "revisionHistoryLimit", "selector", "serviceName", "template", "updateStrategy", "volumeClaimTemplates",
)
JOB_SPEC = (
    "activeDeadlineSeconds", "backoffLimit", "backoffLimitPerIndex", "completionMode", "completions",
    "managedBy", "manualSelector", "maxFailedIndexes", "parallelism", "podFailurePolicy",
    "podReplacementPolicy", "selector", "successPolicy", "suspend", "template", "ttlSecondsAfterFinished",
)
# fmt: on
SELECTOR = ("matchExpressions", "matchLabels")
# fmt: off
SERVICE_SPEC = (
    "allocateLoadBalancerNodePorts", "clusterIP", "clusterIPs", "externalIPs", "externalName",
    "externalTrafficPolicy", "healthCheckNodePort", "internalTrafficPolicy", "ipFamilies", "ipFamilyPolicy",
    "loadBalancerClass", "loadBalancerIP", "loadBalancerSourceRanges", "ports", "publishNotReadyAddresses",
    "selector", "sessionAffinity", "sessionAffinityConfig", "trafficDistribution", "type",
)
# fmt: on
NODE_SPEC = ("configSource", "externalID", "podCIDR", "podCIDRs", "providerID", "taints", "unschedulable")
# fmt: off
NODE_STATUS = (
    "addresses", "allocatable", "capacity", "conditions", "config", "daemonEndpoints", "features", "images",
    "nodeInfo", "phase", "runtimeHandlers", "volumesAttached", "volumesInUse",
)
# fmt: on
TAINT = ("effect", "key", "timeAdded", "value")
CONDITION = ("lastHeartbeatTime", "lastTransitionTime", "message", "reason", "status", "type")
# Of the fields that are not read, those that may decide where a pod runs, whether, or for how long. Hooks are none of
# them: a container takes any time to start and to stop as it is, and one whose hook fails has crashed.
# fmt: off
DECIDING = frozenset((
    "activeDeadlineSeconds", "backoffLimitPerIndex", "managedBy", "maxFailedIndexes", "podFailurePolicy",
    "podReplacementPolicy", "successPolicy", "initContainers", "matchExpressions", "minReadySeconds",
    "os", "overhead", "ownerReferences", "hard", "scopes", "scopeSelector", "podAffinity", "podAntiAffinity",
    "preemptionPolicy", "priority", "publishNotReadyAddresses",
    "resourceClaims", "restartPolicyRules", "topologySpreadConstraints",
))
# fmt: on
