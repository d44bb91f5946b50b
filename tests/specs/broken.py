"""All mutants: for every invariant of specs/ at least one bug that violates it."""

from kmodel.kubernetes.components.settings import User
from kmodel.kubernetes.objects import PodStatus
from kmodel.kubernetes.objects.container import Container
from tests.components.scenes import (
    apply,
    create,
    delete,
    labelled,
    pod,
    probed_containers,
    replace,
    replicaset,
    scene,
    service,
)
from tests.specs import (
    broken_daemons,
    broken_identities,
    broken_jobs,
    broken_namespaces,
    broken_ownership,
    broken_quotas,
    broken_resizes,
    broken_rollouts,
    broken_scheduling,
    broken_stateful,
    bugs,
)
from tests.specs import bugs_of_clients as clients
from tests.specs.broken_control_nodes import OF_CONTROL_NODES
from tests.specs.broken_scheduling import IS_SCHEDULED_TWICE
from tests.specs.bugs import taking_requests_for
from tests.specs.mutants import Mutant

# Scenes are as small as the bug allows: what is not needed for the story is stored at the start.
BOUND = pod(node="n1")
RUNS = scene(stored=(BOUND,))
PROBED = scene(stored=(pod(node="n1", containers=probed_containers()),))
RUNS_BESIDE_ANOTHER_NODE = scene(stored=(BOUND,), nodes=2)
RUNS_FIRST = scene(stored=(pod(node="n1", init_containers=(Container("init", "busybox:1.28"),)),))
IS_SCHEDULED = scene(stored=(pod(),), actors=("kube-scheduler",))
IS_CREATED = scene(create(pod()), actors=("kubelet",))
INVALID = scene(create(pod(memory_mib=200, limit_mib=100)), actors=())
ENDS = scene(stored=(pod(node="n1", restart_policy="Never"),), faults={"container-exit": 1})
REBOOTS = scene(
    stored=(pod(node="n1", restart_policy="Never"),), actors=("kubelet",), faults={"node-crash": 1, "node-restart": 1}
)
MALLORY = User("mallory", authenticated=False)
CAROL = User("carol", verbs=("create",), resources=("pods",))
INTRUSION = scene(others={"mallory": (delete("pods/web"),)}, users=(MALLORY,), stored=(pod(),), actors=())
ARROGATION = scene(others={"carol": (delete("pods/web"),)}, users=(CAROL,), stored=(pod(),), actors=())
REGISTERS = scene(nodes=2, register_nodes=True, actors=("kubelet",))
REPLACED = scene(replace(labelled(BOUND, "tier", "front")), stored=(BOUND,))
RECREATED = scene(delete("pods/web"), delete("pods/web", grace_seconds=0), create(BOUND), stored=(BOUND,))
KEEPS_ONE = scene(stored=(replicaset(),), names_per_workload=2, actors=("replicaset-controller",))
SCALED_DOWN = scene(
    apply(replicaset(replicas=1)),
    stored=(replicaset(replicas=2),),
    names_per_workload=3,
    calls="fused",
    actors=("replicaset-controller",),
)
RUNNING_SCALED_DOWN = scene(
    apply(replicaset(replicas=1, node="n1")),
    stored=(replicaset(replicas=2, node="n1"),),
    names_per_workload=3,
    calls="fused",
    actors=("replicaset-controller", "kubelet"),
)
SERVES = scene(stored=(service(), BOUND), calls="fused", actors=("kubelet", "endpointslice-controller", "kube-proxy"))
SERVES_SPLIT = scene(stored=(service(), BOUND), actors=("endpointslice-controller", "kube-proxy"))
WRITTEN_TWICE = scene(
    apply(labelled(pod(), "tier", "front")),
    apply(labelled(pod(), "tier", "back")),
    stored=(pod(),),
    actors=("kube-scheduler",),
    nodes=1,
)

MUTANTS = (
    # access
    Mutant(
        "unauthorized_requests_change_nothing",
        "the api-server does not authenticate",
        INTRUSION,
        (("handle", taking_requests_for(bugs.any_user_is_the_admin)),),
        2,
        "handle",
    ),
    Mutant(
        "unauthorized_requests_change_nothing",
        "the api-server does not authorize",
        ARROGATION,
        (("handle", taking_requests_for(bugs.any_user_is_the_admin)),),
        2,
        "handle",
    ),
    Mutant(
        "a_kubelet_writes_only_its_own",
        "a kubelet speaks for another, and NodeRestriction is off",
        RUNS_BESIDE_ANOTHER_NODE,
        (
            ("report_status", clients.kubelet_speaks_for_another),
            ("handle", taking_requests_for(bugs.any_kubelet_is_the_right_one)),
        ),
        6,
        "commit",
    ),
    Mutant(
        "a_kubelet_writes_only_its_own",
        "a kubelet registers another node, and NodeRestriction is off",
        REGISTERS,
        (
            ("register_node", clients.kubelet_registers_another_node),
            ("handle", taking_requests_for(bugs.any_kubelet_is_the_right_one)),
        ),
        3,
        "commit",
    ),
    Mutant(
        "transitions_ok",
        "the scheduler reports a pod Running",
        IS_SCHEDULED,
        (("schedule", clients.scheduler_reports_running),),
        2,
        "handle",
    ),
    Mutant(
        "transitions_ok",
        "a kubelet uses another node's container runtime",
        RUNS_BESIDE_ANOTHER_NODE,
        (("create_containers", clients.kubelet_uses_another_runtime),),
        2,
        "create_containers",
    ),
    # nodes
    Mutant(
        "a_container_runs_again_only_if_its_policy_says_so",
        "the kubelet takes every policy for Always",
        ENDS,
        (("restart_container", clients.restarts_whatever_the_policy),),
        5,
        "restart_container",
    ),
    Mutant(
        "a_container_runs_again_only_if_its_policy_says_so",
        "the kubelet makes a pod anew after a reboot whatever its policy",
        REBOOTS,
        (("create_containers", clients.restarts_whatever_the_policy),),
        8,
        "create_containers",
    ),
    Mutant(
        "a_container_runs_again_only_if_its_policy_says_so",
        "the records of containers do not survive a reboot",
        REBOOTS,
        (("crash_node", clients.loses_its_disk),),
        11,
        "create_containers",
    ),
    Mutant(
        "init_containers_run_first",
        "the kubelet starts all containers at once",
        RUNS_FIRST,
        (("start_container", clients.starts_all_at_once),),
        4,
        "start_container",
    ),
    Mutant(
        "a_container_runs_only_where_its_pod_is_bound",
        "a kubelet runs every pod",
        RUNS_BESIDE_ANOTHER_NODE,
        (("create_containers", clients.kubelet_runs_every_pod),),
        2,
        "start_container",
    ),
    Mutant(
        "a_container_runs_only_where_its_pod_is_bound",
        "a kubelet uses another node's container runtime",
        RUNS_BESIDE_ANOTHER_NODE,
        (("create_containers", clients.kubelet_uses_another_runtime),),
        3,
        "start_container",
    ),
    Mutant(
        "at_most_one_instance_of_a_pod_runs",
        "two kubelets run one pod",
        RUNS_BESIDE_ANOTHER_NODE,
        (("create_containers", clients.kubelet_runs_every_pod),),
        4,
        "start_container",
    ),
    Mutant(
        "a_terminal_phase_is_final",
        "the kubelet reports of a finished pod that it ended the other way",
        ENDS,
        (("report_status", clients.kubelet_rewrites_how_a_pod_ended),),
        14,
        "commit",
    ),
    Mutant(
        "status_is_what_a_kubelet_observed",
        "the kubelet reports of a finished pod that it ended the other way",
        ENDS,
        (("report_status", clients.kubelet_rewrites_how_a_pod_ended),),
        12,
        "report_status",
    ),
    Mutant(
        "status_is_what_a_kubelet_observed",
        "the kubelet reports ready too early",
        RUNS,
        (("report_status", clients.kubelet_reports_ready_too_early),),
        3,
        "report_status",
    ),
    Mutant(
        "status_is_what_a_kubelet_observed",
        "the kubelet takes what runs for ready, whatever its probes say",
        PROBED,
        (("report_status", clients.kubelet_asks_no_probes),),
        4,
        "report_status",
    ),
    Mutant(
        "status_is_what_a_kubelet_observed",
        "the node controller marks the pods of a node that is Ready",
        scene(
            stored=(BOUND,),
            actors=("kubelet", "node-lifecycle-controller"),
            faults={"node-crash": 1},
        ),
        (("mark_pod_not_ready", clients.takes_nodes_for_silent),),
        8,
        "mark_pod_not_ready",
    ),
    Mutant(
        "status_is_what_a_kubelet_observed",
        "the garbage collector takes every node for missing",
        scene(stored=(BOUND,), actors=("kubelet", "pod-garbage-collector")),
        (("collect_pod", clients.ignores_nodes),),
        1,
        "collect_pod",
    ),
    Mutant(
        "status_is_what_a_kubelet_observed",
        "the api-server takes a bound pod for Running",
        scene(stored=(pod(),)),
        (("handle", bugs.writes_the_phase_when_binding),),
        3,
        "commit",
    ),
    Mutant(
        "a_deletion_takes_effect_on_its_uid",
        "the kubelet deletes by name alone",
        RECREATED,
        (("finish_deletion", clients.kubelet_forgets_to_name_the_uid),),
        24,
        "commit",
    ),
    Mutant(
        "a_deletion_takes_effect_on_its_uid",
        "the api-server ignores the UID precondition",
        RECREATED,
        (("handle", taking_requests_for(bugs.uids_do_not_matter)),),
        24,
        "commit",
    ),
    *broken_identities.MUTANTS,
    *broken_scheduling.MUTANTS,
    *broken_namespaces.MUTANTS,
    *broken_ownership.MUTANTS,
    *broken_quotas.MUTANTS,
    *broken_resizes.MUTANTS,
    *broken_daemons.MUTANTS,
    *broken_jobs.MUTANTS,
    *broken_stateful.MUTANTS,
    *broken_rollouts.MUTANTS,
    # storage
    Mutant(
        "only_the_apiserver_writes_etcd",
        "a kubelet writes the status to etcd itself",
        RUNS,
        (("report_status", clients.kubelet_goes_to_etcd),),
        4,
        "report_status",
    ),
    Mutant(
        "only_the_apiserver_writes_etcd",
        "the scheduler hands etcd a transaction",
        IS_SCHEDULED,
        (("schedule", clients.scheduler_goes_to_etcd),),
        1,
        "schedule",
    ),
    Mutant(
        "an_acknowledged_write_is_durable",
        "the api-server answers before etcd acknowledges",
        IS_CREATED,
        (("handle", bugs.answers_before_etcd),),
        2,
        "handle",
    ),
    Mutant(
        "an_acknowledged_write_is_durable",
        "etcd acknowledges what it did not write",
        IS_CREATED,
        (("commit", bugs.acknowledges_without_writing),),
        3,
        "commit",
    ),
    Mutant(
        "an_acknowledged_write_is_durable",
        "the api-server takes a failed transaction for a success",
        WRITTEN_TWICE,
        (("answer", bugs.takes_failure_for_success),),
        7,
        "answer",
    ),
    Mutant(
        "no_invalid_object_is_stored",
        "the api-server does not validate",
        INVALID,
        (("handle", bugs.skips_validation),),
        3,
        "commit",
    ),
    Mutant(
        "no_update_is_lost",
        "etcd does not compare versions",
        IS_SCHEDULED_TWICE,
        (("commit", bugs.compares_no_version),),
        9,
        "commit",
    ),
    Mutant(
        "no_update_is_lost",
        "the api-server ignores the resourceVersion of a PUT",
        REPLACED,
        (("handle", taking_requests_for(bugs.versions_do_not_matter)),),
        9,
        "commit",
    ),
    # watching
    Mutant(
        "a_watcher_never_goes_back_in_time",
        "a watch delivers its latest event first",
        WRITTEN_TWICE,
        (("receive_event", clients.watch_delivers_the_latest_first),),
        8,
        "receive_event",
    ),
    # workloads
    Mutant(
        "a_replicaset_never_has_too_many_pods",
        "the controller expects nothing",
        KEEPS_ONE,
        (("reconcile", clients.controller_expects_nothing),),
        10,
        "commit",
    ),
    Mutant(
        "a_replicaset_never_has_too_many_pods",
        "the controller counts one pod too few",
        KEEPS_ONE,
        (("reconcile", clients.controller_counts_one_too_few),),
        1,
        "reconcile",
    ),
    Mutant(
        "scaling_down_spares_the_pods_that_serve",
        "the controller gives up all pods where one is too many",
        SCALED_DOWN,
        (("scale_down", clients.gives_up_all_pods),),
        8,
        "scale_down",
    ),
    Mutant(
        "scaling_down_spares_the_pods_that_serve",
        "the controller gives up ready pods first",
        RUNNING_SCALED_DOWN,
        (("scale_down", clients.gives_up_ready_pods_first),),
        14,
        "scale_down",
    ),
    Mutant(
        "a_service_routes_only_to_pods_that_were_ready",
        "the EndpointSlice controller ignores readiness",
        SERVES_SPLIT,
        (("sync_endpoints", clients.ignores_readiness),),
        1,
        "sync_endpoints",
    ),
    Mutant(
        "a_service_routes_only_to_pods_that_were_ready",
        "kube-proxy invents an endpoint",
        SERVES,
        (("program_rules", clients.proxy_invents_an_endpoint),),
        1,
        "program_rules",
    ),
    Mutant(
        "a_service_routes_only_to_pods_that_were_ready",
        "kube-proxy routes to all that a slice lists",
        scene(
            stored=(service(), pod(node="n1", status=PodStatus("Running"))),
            actors=("endpointslice-controller", "kube-proxy"),
        ),
        (("program_rules", clients.proxy_routes_to_all),),
        5,
        "program_rules",
    ),
    Mutant(
        "a_service_routes_only_to_ready_pods",
        "the EndpointSlice controller ignores readiness",
        SERVES_SPLIT,
        (("sync_endpoints", clients.ignores_readiness),),
        5,
        "program_rules",
    ),
    Mutant(
        "a_service_routes_only_to_ready_pods",
        "kube-proxy invents an endpoint",
        SERVES,
        (("program_rules", clients.proxy_invents_an_endpoint),),
        1,
        "program_rules",
    ),
    *OF_CONTROL_NODES,
)
