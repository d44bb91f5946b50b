"""Where the model is known to differ from the recordings: the line, and why. Each is a test that is to fail."""

NOT_READY = "the api-server puts the taint not-ready on a Node that is created"
ONE_BY_ONE = "the two unreachable taints come one by one, and go one by one"
PROBES = "a container with a readinessProbe runs before it is ready, and may be not ready again"
RECYCLED = "the slice of a Service without pods is recycled: the update has no version as its condition"
RESTARTS = "restart counts of the recording's runtime begin anew after a reboot, those of Kubernetes do not"
NAMESPACES = "a namespace that does not exist is 404"

DIFFERENCES: dict[str, dict[int, str]] = {
    "pod-creation": dict.fromkeys((1, 4), NOT_READY),
    "pod-deletion": dict.fromkeys((1, 2), NOT_READY),
    "replicaset": dict.fromkeys((1, 3), NOT_READY),
    "unschedulable": dict.fromkeys((1, 4), NOT_READY),
    "service": dict.fromkeys((1, 4), NOT_READY)
    | dict.fromkeys((22, 24, 41, 43, 76, 80), PROBES)
    | dict.fromkeys((23, 85), RECYCLED),
    "node-dies": dict.fromkeys((1, 3, 7), NOT_READY) | dict.fromkeys((33, 49), ONE_BY_ONE),
    "node-partition": dict.fromkeys((1, 2, 5), NOT_READY) | dict.fromkeys((42, 72), ONE_BY_ONE),
    "kubelet-restart": dict.fromkeys((1, 4), NOT_READY) | dict.fromkeys((37, 38), RESTARTS),
    "scheduler-killed": dict.fromkeys((1, 4), NOT_READY),
    "kcm-killed": dict.fromkeys((1, 4), NOT_READY) | dict.fromkeys((25, 26, 27, 28, 43, 62, 81, 98), PROBES),
    "errors": dict.fromkeys((1, 4), NOT_READY) | {40: NAMESPACES},
}
