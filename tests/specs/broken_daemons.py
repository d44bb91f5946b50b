"""Mutants of a DaemonSet's controller: it expects nothing, overlooks taints, gives up too much, or replaces nothing."""

from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster
from kmodel.kubernetes.components.controllers.daemonset_controller import DAEMONS_EXPECTED
from kmodel.kubernetes.components.controllers.expectations import Expectations
from kmodel.kubernetes.components.etcd import NODES
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, cached
from kmodel.kubernetes.objects import DaemonSetStrategy, PodStatus, Taint
from tests.components.scenes import apply, daemonset, labelled, node, pod, scene
from tests.specs.bugs import hiding
from tests.specs.bugs_that_last import always, unless
from tests.specs.mutants import Function, Mutant

READY = PodStatus("Running", ready=True, scheduled=True)
ALONE = ("daemonset-controller",)
SECOND = "nginx:1.27"
MAKES_ONE = scene(stored=(daemonset(),), names_per_workload=3, actors=ALONE)
OF_TWO = scene(
    stored=(daemonset(),),
    nodes=(node("n1"), node("n2", taints=(Taint("gpu"),))),
    names_per_workload=3,
    calls="fused",
    actors=ALONE,
)
UPDATES = scene(
    apply(daemonset(image=SECOND, node="n1")),
    stored=(daemonset(node="n1"),),
    names_per_workload=2,
    calls="fused",
    actors=(*ALONE, "kubelet"),
)
OLD = tuple(labelled(pod(f"old-{name}", node=name, status=READY), "old", "yes") for name in ("n1", "n2"))
ON_TWO = scene(
    stored=(daemonset(), *OLD),
    nodes=2,
    names_per_workload=1,
    calls="fused",
    actors=ALONE,
)


def expects_no_daemons(manage_daemon_pods: Function) -> Function:
    """The controller trusts its cache at once, whatever it has asked for before."""

    def broken(cluster: Cluster, daemonset: str) -> Cluster | None:
        return manage_daemon_pods(cluster.set(DAEMONS_EXPECTED[daemonset], Expectations()), daemonset=daemonset)

    return broken


@hiding
def overlooks_taints(cluster: Cluster, binding: dict[str, str]) -> dict[Cell[Any], Any]:
    """The controller takes all nodes for free of taints."""
    known = {name: cluster[cached("nodes")[CONTROLLER_MANAGER, name]] for name in cluster.names(NODES)}
    return {cached("nodes")[CONTROLLER_MANAGER, name]: node(name) for name, value in known.items() if value is not None}


@hiding
def takes_no_pod_for_unavailable(cluster: Cluster, binding: dict[str, str]) -> dict[Cell[Any], Any]:
    """The controller lets all pods be unavailable in an update."""
    cell = cached("daemonsets")[CONTROLLER_MANAGER, binding["daemonset"]]
    known = cluster[cell]
    most = DaemonSetStrategy("RollingUpdate", "100%", 0)
    return {} if known is None else {cell: attrs.evolve(known, strategy=most)}


MUTANTS = (
    Mutant(
        "an_update_leaves_enough_daemons",
        "the controller lets all pods be unavailable",
        ON_TWO,
        (("replace_daemon_pods", takes_no_pod_for_unavailable),),
        7,
        "replace_daemon_pods",
    ),
    Mutant(
        "a_node_has_one_pod_of_a_daemonset",
        "the controller expects nothing",
        MAKES_ONE,
        (("manage_daemon_pods", expects_no_daemons),),
        16,
        "commit",
    ),
    Mutant(
        "a_daemon_pod_is_for_a_node_that_may_run_it",
        "the controller overlooks taints",
        OF_TWO,
        (("manage_daemon_pods", overlooks_taints),),
        3,
        "manage_daemon_pods",
    ),
)
STUCK = (
    Mutant(
        "each_node_has_the_daemons_it_should_have",
        "the controller replaces no old pod",
        UPDATES,
        (("replace_daemon_pods", unless(always)),),
        18,
        cycle=0,
    ),
)
