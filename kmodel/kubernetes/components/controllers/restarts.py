"""kube-controller-manager, what befalls it."""

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components.component import Fault, Steps
from kmodel.kubernetes.components.faults import FAULT, spend
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER
from kmodel.kubernetes.components.processes import restart


@transition(actor=FAULT, object="kube-controller-manager", environment=True)
def restart_controller_manager(cluster: Cluster) -> Cluster | None:
    """The controller manager restarts: caches and expectations are gone; its writes that are under way go on."""
    spent = spend(cluster, "controller-restart")
    return None if spent is None else restart(spent, CONTROLLER_MANAGER)


CONTROLLER_RESTART = Fault("controller-restart", (Steps((restart_controller_manager,)),), kills=(CONTROLLER_MANAGER,))
