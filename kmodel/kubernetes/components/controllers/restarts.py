"""kube-controller-manager, what befalls it: a restart, or that a standby takes over.

Models: a restart, which lists anew; and a standby whose first list is as old as what the leader knew: what that had
decided, expected or counted is gone. A standby begins to list when it leads. Up to 1.33 (but for 1.32) its first list
names resourceVersion 0, and is as old as the watch cache of its api-server; from 1.34 on the controller manager streams
its lists (WatchListClient), which are current, so that a fail-over is a restart. So it is with one instance; of several
any one may restart, and the leader exits (leader_election.py).

Leaves out: a standby that lags otherwise than its leader; a leader that goes on after it has lost its lease. Several
instances (leader_election.py) have both.

Upstream: cmd/kube-controller-manager/app/controllermanager.go Run, read in 1.33 in the making (a fork at 0b0abd6c);
staging/src/k8s.io/client-go/{features/known_features.go,tools/leaderelection}, 1.34; that the controller manager of
1.34 streams, by kubernetes/kubernetes#132704.
"""

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components.faults import FAULT, spend
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER
from kmodel.kubernetes.components.leader_election import befalls, exit_leader, restart_instance
from kmodel.kubernetes.components.processes import fail_over, restart


@transition(actor=FAULT, object="kube-controller-manager", environment=True)
def restart_controller_manager(cluster: Cluster) -> Cluster | None:
    """The controller manager restarts: caches and expectations are gone; its writes that are under way go on."""
    spent = spend(cluster, "controller-restart")
    return None if spent is None else restart(spent, CONTROLLER_MANAGER)


@transition(actor=FAULT, object="kube-controller-manager", environment=True)
def fail_over_controller_manager(cluster: Cluster) -> Cluster | None:
    """A standby takes over from the controller manager: it knows as much, and expects nothing."""
    spent = spend(cluster, "controller-failover")
    return None if spent is None else fail_over(spent, CONTROLLER_MANAGER)


CONTROLLER_FAILOVER = befalls(CONTROLLER_MANAGER, "failover", fail_over_controller_manager, exit_leader)
CONTROLLER_RESTART = befalls(CONTROLLER_MANAGER, "restart", restart_controller_manager, restart_instance)
