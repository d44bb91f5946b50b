"""Where the model is known to differ from the recordings: the line, and why. Each is a test that is to fail."""

NOT_READY = "the api-server puts the taint not-ready on a Node that is created"
READY = "the node lifecycle controller takes the taint not-ready off a Node that is ready"
UNSCHEDULABLE = "the node lifecycle controller taints a Node that is cordoned, and takes the taint off again"
ONE_BY_ONE = "the two unreachable taints come one by one, and go one by one"
WITHOUT_UID = "the scheduler's report that a pod is unschedulable has no UID as its condition"
PROBES = "a container with a readinessProbe runs before it is ready, and may be not ready again"
RECYCLED = "the slice of a Service without pods is recycled: the update has no version as its condition"
SCHEDULED = "a kubelet reports PodScheduled of a pod that was never scheduled, before its containers run"
ANY_ORDER = "a ReplicaSet deletes its surplus pods at once, so that the deletions may come in any order"
KEPT_READY = "a pod that is being deleted stays ready until its containers end"
RESTARTS = "restart counts of the recording's runtime begin anew after a reboot, those of Kubernetes do not"
NAMESPACES = "a namespace that does not exist is 404"

DIFFERENCES: dict[str, dict[int, str]] = {
    "pod-creation": dict.fromkeys((1, 4), NOT_READY) | dict.fromkeys((8, 10), READY),
    "pod-deletion": dict.fromkeys((1, 2), NOT_READY) | dict.fromkeys((8, 10), READY) | {17: WITHOUT_UID},
    "replicaset": dict.fromkeys((1, 3), NOT_READY) | dict.fromkeys((8, 10), READY) | {43: ANY_ORDER},
    "unschedulable": dict.fromkeys((1, 4), NOT_READY)
    | dict.fromkeys((8, 10), READY)
    | dict.fromkeys((16, 32), WITHOUT_UID)
    | dict.fromkeys((30, 63), UNSCHEDULABLE),
    "service": dict.fromkeys((1, 4), NOT_READY)
    | dict.fromkeys((8, 10), READY)
    | dict.fromkeys((22, 24, 41, 43, 76, 80), PROBES)
    | dict.fromkeys((23, 85), RECYCLED)
    | {53: ANY_ORDER, 75: SCHEDULED},
    "node-dies": dict.fromkeys((1, 3, 7), NOT_READY)
    | dict.fromkeys((11, 13, 15), READY)
    | dict.fromkeys((33, 49), ONE_BY_ONE),
    "node-partition": dict.fromkeys((1, 2, 5), NOT_READY)
    | dict.fromkeys((11, 13, 15), READY)
    | dict.fromkeys((42, 72), ONE_BY_ONE)
    | {38: SCHEDULED, 64: KEPT_READY},
    "kubelet-restart": dict.fromkeys((1, 4), NOT_READY)
    | dict.fromkeys((9, 10), READY)
    | dict.fromkeys((37, 38), RESTARTS)
    | {21: SCHEDULED},
    "scheduler-killed": dict.fromkeys((1, 4), NOT_READY) | dict.fromkeys((8, 10), READY),
    "kcm-killed": dict.fromkeys((1, 4), NOT_READY)
    | dict.fromkeys((8, 10), READY)
    | dict.fromkeys((25, 26, 27, 28, 43, 62, 81, 98), PROBES),
    "errors": dict.fromkeys((1, 4), NOT_READY) | dict.fromkeys((8, 10), READY) | {40: NAMESPACES},
}
