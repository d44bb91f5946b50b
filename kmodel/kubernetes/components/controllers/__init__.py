"""kube-controller-manager: control loops that compare the desired state with the actual one, over shared informers.

Models: the loops of Deployments, StatefulSets, DaemonSets, Jobs, CronJobs, ReplicaSets, ReplicationControllers, and of
EndpointSlices, the node lifecycle, the eviction of pods by taints, the garbage collection of pods, that of objects
whose owners are gone, and namespaces that are deleted, each in a file of its own.

Leaves out: leader election (one instance runs; a standby may take over, see restarts.py); the other controllers; work
queues, back-off and resync: what a controller could do by its caches it may do at any time, and tries again for ever,
so that what nobody enqueues, or gives up after so many tries, cannot be seen to be missed.

Upstream: cmd/kube-controller-manager, pkg/controller; 1.34.
"""
