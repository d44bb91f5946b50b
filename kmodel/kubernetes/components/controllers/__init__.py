"""kube-controller-manager: control loops that compare the desired state with the actual one, over shared informers.

Models: the loops of Deployments, StatefulSets, DaemonSets, Jobs, CronJobs, ReplicaSets, ReplicationControllers, and of
EndpointSlices, the node lifecycle, the eviction of pods by taints, the garbage collection of pods, that of objects
whose owners are gone, ResourceQuotas, and namespaces that are deleted, each in a file of its own. One instance runs,
and a standby may take over (restarts.py), or several elect a leader (leader_election.py).

Leaves out: the other controllers; work queues, back-off and resync: what a controller could do by its caches it may do
at any time, so that what nobody enqueues cannot be seen to be missed; and it tries again for ever, but for evictions by
taints and for NoSchedule taints.

Upstream: cmd/kube-controller-manager, pkg/controller; of which release, says the head of each file.
"""
