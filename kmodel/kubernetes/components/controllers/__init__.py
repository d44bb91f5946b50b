"""kube-controller-manager: control loops that compare the desired state with the actual one, over shared informers.

Models: the loops of Deployments, of ReplicaSets and ReplicationControllers, and of EndpointSlices, the node lifecycle,
the eviction of pods by taints, the garbage collection of pods, and that of objects whose owners are gone, each in a
file of its own.

Leaves out: leader election (one instance runs), the other controllers.

Upstream: cmd/kube-controller-manager, pkg/controller; 1.34.
"""
