"""Where the model is known to differ from the recordings: the line, and why. Each is a test that is to fail."""

NAMESPACES = "a namespace that does not exist is 404"

DIFFERENCES: dict[str, dict[int, str]] = {
    "pod-creation": {},
    "pod-deletion": {},
    "replicaset": {},
    "unschedulable": {},
    "service": {},
    "node-dies": {},
    "node-partition": {},
    "kubelet-restart": {},
    "scheduler-killed": {},
    "kcm-killed": {},
    "errors": {40: NAMESPACES},
}
