"""The mutants of temporal specs: for each at least one bug by which a fair run violates it for ever."""

from kmodel.kubernetes.objects import PodStatus
from tests.components.scenes import create, delete, node, pod, probed_containers, replicaset, scene, service
from tests.specs import (
    broken_daemons,
    broken_jobs,
    broken_namespaces,
    broken_ownership,
    broken_quotas,
    broken_resizes,
    broken_rollouts,
    broken_stateful,
)
from tests.specs import bugs_that_last as bugs
from tests.specs.broken_identities import takes_no_marks
from tests.specs.bugs_that_last import unless
from tests.specs.mutants import Mutant

BOUND = pod(node="n1")
LOST = ("kube-scheduler", "kubelet", "replicaset-controller", "node-lifecycle-controller", "taint-eviction-controller")
IS_SCHEDULED_AND_RUNS = scene(stored=(pod(),))
CRASHES = scene(stored=(BOUND,), actors=("kube-scheduler", "kubelet"), faults={"container-crash": 1})
EXITS = scene(stored=(BOUND,), faults={"container-exit": 1})
GOES = scene(delete("pods/web"), stored=(BOUND,))
MAKES_ROOM = scene(
    delete("pods/left", grace_seconds=0),
    stored=(pod("left", node="n1", memory_mib=600), pod("right", memory_mib=600)),
    nodes=(node(memory_mib=1024),),
    actors=("kube-scheduler",),
)
TWO_ON_ONE = scene(
    stored=(pod("left", node="n1", memory_mib=600), pod("right", node="n1", memory_mib=600)),
    nodes=(node(memory_mib=1024),),
    actors=("kubelet",),
)
KEEPS_TWO = scene(stored=(replicaset(replicas=2),), names_per_workload=3, actors=("replicaset-controller",))
KEEPS_ONE = scene(stored=(replicaset(),), names_per_workload=2, actors=("replicaset-controller",))
MISSES_EVENTS = scene(
    delete("pods/web-b"),
    stored=(replicaset(),),
    names_per_workload=2,
    actors=("replicaset-controller",),
    watch_buffer=1,
)
SERVES = scene(stored=(service(), BOUND), calls="fused", actors=("kubelet", "endpointslice-controller", "kube-proxy"))
IS_WAITED_FOR = scene(create(pod(), wait="Running"))

LOSES_ITS_NODE = scene(
    stored=(replicaset(),), nodes=2, names_per_workload=2, calls="fused", actors=LOST, faults={"node-crash": 1}
)
LOSES_ITS_ONLY_NODE = scene(
    stored=(replicaset(),), names_per_workload=2, calls="fused", actors=LOST, faults={"node-crash": 1}
)
FALLS_SILENT = scene(stored=(BOUND,), actors=("kubelet", "node-lifecycle-controller"), faults={"node-crash": 1})
FALLS_SILENT_UNDER_A_READY_POD = scene(
    stored=(BOUND,), calls="fused", actors=("kubelet", "node-lifecycle-controller"), faults={"node-crash": 1}
)
SPEAKS_AGAIN = scene(
    stored=(BOUND,),
    calls="fused",
    actors=("kubelet", "node-lifecycle-controller"),
    faults={"node-crash": 1, "node-restart": 1},
)

PROBED = scene(stored=(pod(node="n1", containers=probed_containers()),), calls="fused", faults={"container-hang": 1})

STUCK = (
    *broken_namespaces.STUCK,
    *broken_ownership.STUCK,
    *broken_quotas.STUCK,
    *broken_daemons.STUCK,
    *broken_jobs.STUCK,
    *broken_stateful.STUCK,
    *broken_rollouts.STUCK,
    *broken_resizes.STUCK,
    Mutant(
        "desired_state_converges",
        "the kubelet tells nobody how its pods are",
        IS_SCHEDULED_AND_RUNS,
        (("report_status", unless(bugs.always)),),
        10,
        cycle=0,
    ),
    Mutant(
        "desired_state_converges",
        "the container runtime starts nothing",
        IS_SCHEDULED_AND_RUNS,
        (("start_container", unless(bugs.always)),),
        9,
        cycle=0,
    ),
    Mutant(
        "replicasets_get_their_pods",
        "the controller wants one pod less than is desired",
        KEEPS_TWO,
        (("reconcile", bugs.keeps_one_too_few),),
        7,
        cycle=0,
    ),
    Mutant(
        "replicasets_get_their_pods",
        "the controller expects for ever what it has missed",
        MISSES_EVENTS,
        (("expire_expectations", unless(bugs.always)),),
        12,
        cycle=0,
    ),
    Mutant(
        "a_container_that_hangs_is_stopped",
        "the kubelet never asks whether its containers are alive",
        PROBED,
        (("probe_liveness", unless(bugs.always)),),
        7,
        cycle=0,
    ),
    Mutant(
        "status_tells_the_truth",
        "the kubelet reports of each pod only once",
        CRASHES,
        (("report_status", unless(bugs.was_reported_before)),),
        13,
        cycle=0,
    ),
    Mutant(
        "pod_scheduled_tells_the_truth",
        "the kubelet tells nobody how its pods are",
        scene(stored=(pod(node="n1", status=PodStatus()),), actors=("kubelet",)),
        (("report_status", unless(bugs.always)),),
        3,
        cycle=0,
    ),
    Mutant(
        "nothing_is_left_of_a_node_that_is_gone",
        "the api-server refuses the garbage collector's mark",
        scene(delete("nodes/n1"), stored=(BOUND,), actors=("pod-garbage-collector",)),
        (("handle", takes_no_marks),),
        7,
        cycle=3,
    ),
    Mutant(
        "endpoints_are_the_ready_pods",
        "the EndpointSlice controller writes each slice only once",
        SERVES,
        (("sync_endpoints", unless(bugs.has_a_slice)),),
        9,
        cycle=0,
    ),
    Mutant(
        "nodes_route_to_the_endpoints",
        "kube-proxy programs no rules",
        SERVES,
        (("program_rules", unless(bugs.always)),),
        9,
        cycle=0,
    ),
    Mutant(
        "nothing_is_created_or_evicted_for_ever",
        "the controller deletes pods that are not ready yet",
        KEEPS_ONE,
        (("reconcile", bugs.replaces_what_is_not_ready),),
        0,
        cycle=14,
    ),
    Mutant(
        "a_feasible_pod_is_bound",
        "the scheduler never comes back to a pod that fitted nowhere",
        MAKES_ROOM,
        (("schedule", unless(bugs.was_unschedulable)),),
        12,
        cycle=0,
    ),
    Mutant(
        "a_bound_pod_runs_or_says_why_not",
        "the kubelet tells nobody that it rejected a pod",
        TWO_ON_ONE,
        (("report_status", unless(bugs.was_rejected)),),
        10,
        cycle=0,
    ),
    Mutant(
        "an_exited_container_runs_again",
        "the kubelet takes Always for OnFailure",
        EXITS,
        (("restart_container", unless(bugs.exited_with_zero)),),
        10,
        cycle=0,
    ),
    Mutant(
        "a_deleted_pod_disappears",
        "the kubelet does not stop what is being deleted",
        GOES,
        (("stop_containers", unless(bugs.is_being_deleted)),),
        15,
        cycle=0,
    ),
    Mutant(
        "a_deleted_pod_disappears",
        "the kubelet loses sight of what is forced out while it terminates",
        scene(delete("pods/web"), delete("pods/web", grace_seconds=0), stored=(BOUND,), actors=("kubelet",)),
        (("remove_containers", unless(bugs.is_gone)),),
        15,
        cycle=0,
    ),
    Mutant(
        "a_deleted_pod_disappears",
        "the kubelet never removes a pod for good",
        GOES,
        (("finish_deletion", unless(bugs.always)),),
        13,
        cycle=0,
    ),
    Mutant(
        "kubectl_wait_returns",
        "kubectl does not see what it waits for",
        IS_WAITED_FOR,
        (("wait", unless(bugs.always)),),
        23,
        cycle=0,
    ),
    Mutant(
        "a_pod_lost_with_its_node_is_replaced",
        "nobody evicts a pod from a node that is lost",
        LOSES_ITS_NODE,
        (("evict_pod", unless(bugs.always)),),
        17,
        cycle=0,
    ),
    Mutant(
        "a_silent_node_is_not_ready",
        "the node lifecycle controller never doubts a node",
        FALLS_SILENT,
        (("mark_unknown", unless(bugs.always)),),
        1,
        cycle=0,
    ),
    Mutant(
        "a_pod_of_a_silent_node_is_not_ready",
        "the node lifecycle controller leaves the pods of a silent node as they are",
        FALLS_SILENT_UNDER_A_READY_POD,
        (("mark_pod_not_ready", unless(bugs.always)),),
        10,
        cycle=0,
    ),
    Mutant(
        "a_node_that_speaks_again_is_ready",
        "the kubelet does not report its node Ready",
        SPEAKS_AGAIN,
        (("report_node_ready", unless(bugs.always)),),
        13,
        cycle=6,
    ),
)
