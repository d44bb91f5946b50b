"""Mutants of the scheduler, and of what the api-server and etcd do with its bindings."""

import attrs

from kmodel.kubernetes.objects import NodeSpec, NodeStatus, Taint
from kmodel.kubernetes.objects.affinity import KeptApart, Requirement
from tests.components.scenes import node, pod, scene
from tests.specs import bugs
from tests.specs import bugs_of_clients as clients
from tests.specs.mutants import Mutant

IS_SCHEDULED_TWICE = scene(stored=(pod(),), nodes=2, actors=("kube-scheduler",), faults={"scheduler-restart": 1})
TAINTED = scene(stored=(pod(),), nodes=(node(taints=(Taint("dedicated"),)), node("n2")), actors=("kube-scheduler",))
CORDONED = scene(
    stored=(pod(),), nodes=(attrs.evolve(node(), spec=NodeSpec(unschedulable=True)),), actors=("kube-scheduler",)
)
ONE_AT_A_TIME = scene(
    stored=(pod("left"), pod("right")),
    nodes=(attrs.evolve(node(), status=NodeStatus(pods=1)),),
    actors=("kube-scheduler",),
)
TWO_APART = scene(
    stored=tuple(
        pod(name, kept_apart=(KeptApart((Requirement("app", "In", ("web",)),)),)) for name in ("left", "right")
    ),
    actors=("kube-scheduler",),
)
TWO_FOR_ONE = scene(
    stored=(pod("left", memory_mib=600), pod("right", memory_mib=600)),
    nodes=(node(memory_mib=1024),),
    actors=("kube-scheduler",),
)

MUTANTS = (
    Mutant(
        "a_pod_is_bound_once",
        "a binding overwrites the node",
        IS_SCHEDULED_TWICE,
        (("handle", bugs.binds_again),),
        9,
        "commit",
    ),
    Mutant(
        "a_pod_is_bound_once",
        "etcd does not compare versions",
        IS_SCHEDULED_TWICE,
        (("commit", bugs.compares_no_version),),
        9,
        "commit",
    ),
    Mutant(
        "bound_only_to_a_node_that_passed_the_filters",
        "the scheduler ignores taints",
        TAINTED,
        (("schedule", clients.ignores_taints),),
        1,
        "schedule",
    ),
    Mutant(
        "bound_only_to_a_node_that_passed_the_filters",
        "the scheduler ignores memory",
        TWO_FOR_ONE,
        (("schedule", clients.ignores_memory),),
        2,
        "schedule",
    ),
    Mutant(
        "bound_only_to_a_node_that_passed_the_filters",
        "the scheduler puts pods together that are to be kept apart",
        TWO_APART,
        (("schedule", clients.ignores_assumed_pods),),
        2,
        "schedule",
    ),
    Mutant(
        "bound_only_to_a_node_that_passed_the_filters",
        "the scheduler ignores how many pods a node takes",
        ONE_AT_A_TIME,
        (("schedule", clients.ignores_the_number_of_pods),),
        2,
        "schedule",
    ),
    Mutant(
        "bound_only_to_a_node_that_passed_the_filters",
        "the scheduler ignores that a node is cordoned",
        CORDONED,
        (("schedule", clients.ignores_taints),),
        1,
        "schedule",
    ),
    Mutant(
        "bound_only_to_a_node_that_passed_the_filters",
        "the scheduler ignores assumed pods",
        TWO_FOR_ONE,
        (("schedule", clients.ignores_assumed_pods),),
        2,
        "schedule",
    ),
    Mutant(
        "no_node_is_overcommitted",
        "the scheduler ignores assumed pods",
        TWO_FOR_ONE,
        (("schedule", clients.ignores_assumed_pods),),
        6,
        "commit",
    ),
    Mutant(
        "no_node_is_overcommitted",
        "the scheduler ignores memory",
        TWO_FOR_ONE,
        (("schedule", clients.ignores_memory),),
        6,
        "commit",
    ),
)
