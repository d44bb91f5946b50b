"""Where the model is known to differ from the recordings: the line, and why. Each is a test that is to fail."""

PROBES = "a container with a readinessProbe runs before it is ready, and may be not ready again"
RESTARTS = "restart counts of the recording's runtime begin anew after a reboot, those of Kubernetes do not"
NAMESPACES = "a namespace that does not exist is 404"

DIFFERENCES: dict[str, dict[int, str]] = {
    "pod-creation": {},
    "pod-deletion": {},
    "replicaset": {},
    "unschedulable": {},
    "service": dict.fromkeys((22, 24, 41, 43, 76, 80), PROBES),
    "node-dies": {},
    "node-partition": {},
    "kubelet-restart": dict.fromkeys((37, 38), RESTARTS),
    "scheduler-killed": {},
    "kcm-killed": dict.fromkeys((25, 26, 27, 28, 43, 62, 81, 98), PROBES),
    "errors": {40: NAMESPACES},
}
