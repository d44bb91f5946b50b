"""Mutants of a StatefulSet's controller: it does not wait, overlooks the partition, or replaces nothing."""

from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster
from kmodel.kubernetes.components.etcd import PODS
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, cached
from tests.components.scenes import apply, scene, statefulset
from tests.specs.bugs import hiding
from tests.specs.bugs_that_last import always, unless
from tests.specs.mutants import Mutant

ALONE = ("statefulset-controller",)
SECOND = "nginx:1.27"
OF_TWO = scene(stored=(statefulset(replicas=2, node="n1"),), calls="fused", actors=ALONE)
UPDATES = scene(
    apply(statefulset(image=SECOND, node="n1", partition=1)),
    stored=(statefulset(node="n1", partition=1),),
    calls="fused",
    actors=(*ALONE, "kubelet"),
)
UPDATES_ALL = scene(
    apply(statefulset(image=SECOND, node="n1")),
    stored=(statefulset(node="n1"),),
    calls="fused",
    actors=(*ALONE, "kubelet"),
)


@hiding
def takes_pods_for_ready(cluster: Cluster, binding: dict[str, str]) -> dict[Cell[Any], Any]:
    """The controller waits for no pod to be ready."""
    hidden: dict[Cell[Any], Any] = {}
    for name in cluster.names(PODS):
        known = cluster[cached("pods")[CONTROLLER_MANAGER, name]]
        if known is not None:
            status = attrs.evolve(known.status, phase="Running", ready=True)
            hidden[cached("pods")[CONTROLLER_MANAGER, name]] = attrs.evolve(known, status=status)
    return hidden


@hiding
def overlooks_the_partition(cluster: Cluster, binding: dict[str, str]) -> dict[Cell[Any], Any]:
    """The controller takes all pods for such as are to be replaced."""
    cell = cached("statefulsets")[CONTROLLER_MANAGER, binding["statefulset"]]
    known = cluster[cell]
    return {} if known is None else {cell: attrs.evolve(known, partition=0)}


MUTANTS = (
    Mutant(
        "stateful_pods_come_and_go_in_order",
        "the controller waits for no pod",
        OF_TWO,
        (("create_stateful_pod", takes_pods_for_ready),),
        5,
        "create_stateful_pod",
    ),
    Mutant(
        "an_update_stops_at_its_partition",
        "the controller overlooks the partition",
        UPDATES,
        (("delete_stateful_pod", overlooks_the_partition),),
        15,
        "delete_stateful_pod",
    ),
)
STUCK = (
    Mutant(
        "a_statefulset_has_all_its_pods",
        "the controller replaces no pod",
        UPDATES_ALL,
        (("delete_stateful_pod", unless(always)),),
        17,
        cycle=0,
    ),
)
