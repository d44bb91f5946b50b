"""Mutants of resizes in place: a kubelet that gives what it has not, or that gives nothing and says nothing."""

from typing import Any

from kmodel.kernel import Cell, Cluster
from kmodel.kubernetes.components.kubelet.state import ALLOCATED, WORKERS
from kmodel.kubernetes.components.settings import Command
from kmodel.kubernetes.objects import ObjectMeta, Pod
from kmodel.kubernetes.objects.merging import Merge
from tests.components.scenes import node, pod, scene
from tests.specs.bugs import hiding
from tests.specs.bugs_that_last import always, unless
from tests.specs.mutants import Mutant


def _resize(memory_mib: int) -> Command:
    wanted = pod("left", node="n1", memory_mib=memory_mib)
    return Command("patch", "pods", "left", patch=Merge(wanted, None, Pod(ObjectMeta("left"))), subresource="resize")


LEFT, RIGHT = pod("left", node="n1", memory_mib=300), pod("right", node="n1", memory_mib=600)
ALONE = scene(_resize(700), nodes=(node(memory_mib=1024),), stored=(LEFT,), calls="fused", actors=("kubelet",))
BESIDE_ANOTHER = scene(
    _resize(700), nodes=(node(memory_mib=1024),), stored=(LEFT, RIGHT), calls="fused", actors=("kubelet",)
)


@hiding
def looks_at_no_other_pod(cluster: Cluster, binding: dict[str, str]) -> dict[Cell[Any], Any]:
    """The kubelet resizes a pod as if it were alone on the node."""
    others = [key for key in cluster.layout.keys(WORKERS) if key[1] != binding["pod"]]
    return dict.fromkeys(family[key] for key in others for family in (WORKERS, ALLOCATED))


MUTANTS = (
    Mutant(
        "what_is_given_to_pods_is_there",
        "a kubelet resizes a pod as if it were alone",
        BESIDE_ANOTHER,
        (("resize_pod", looks_at_no_other_pod),),
        5,
        "resize_pod",
    ),
)
STUCK = (
    Mutant(
        "a_resize_is_given_or_says_why_not",
        "a kubelet never resizes",
        ALONE,
        (("resize_pod", unless(always)),),
        7,
        cycle=0,
    ),
)
