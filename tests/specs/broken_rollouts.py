"""Mutants of rollouts: a Deployment controller that asks for too much, gives up too much, or never comes to an end."""

from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster
from kmodel.kubernetes.components.calls import CALLS, Request, send
from kmodel.kubernetes.components.controllers.deployment_controller import USER, client_of, known_rollout
from kmodel.kubernetes.components.etcd import stored, version
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, cached
from kmodel.kubernetes.objects import RolloutStrategy
from tests.components.scenes import apply, create, deployment, scene
from tests.specs import bugs_of_clients as clients
from tests.specs.bugs import hiding
from tests.specs.bugs_that_last import always, unless
from tests.specs.mutants import Function, Mutant

ALONE = ("deployment-controller",)
CONTROLLERS = ("deployment-controller", "replicaset-controller", "replicaset-status")
SECOND = "nginx:1.27"
CHANGES = scene(apply(deployment(replicas=2, image=SECOND)), stored=(deployment(replicas=2),), actors=ALONE)
STAYS = scene(stored=(deployment(),), actors=ALONE)
MAKES_PODS = scene(
    stored=(deployment(strategy=RolloutStrategy("RollingUpdate", 0, 1)),),
    names_per_workload=3,
    calls="fused",
    actors=CONTROLLERS,
)
ROLLS = scene(
    create(deployment(node="n1"), wait="Available"),
    apply(deployment(image=SECOND, node="n1")),
    names_per_workload=2,
    calls="fused",
    actors=(*CONTROLLERS, "kubelet"),
)
LOSES_ITS_ONLY_NODE = scene(
    stored=(deployment(node="n1"),),
    names_per_workload=1,
    calls="fused",
    actors=(*CONTROLLERS, "kubelet", "node-lifecycle-controller"),
    faults={"node-crash": 1},
)
FITS_NOWHERE = scene(
    stored=(deployment(memory_mib=1 << 20),),
    names_per_workload=2,
    calls="fused",
    actors=(*CONTROLLERS, "kube-scheduler", "kubelet"),
)


def asks_for_all_at_once(create_replica_set: Function) -> Function:
    """The controller creates a ReplicaSet with all pods that are wanted, whatever the others have."""

    def broken(cluster: Cluster, deployment: str) -> Cluster | None:
        after = create_replica_set(cluster, deployment=deployment)
        call = None if after is None else after[CALLS[client_of(deployment)]]
        now = known_rollout(cluster, deployment)
        if after is None or now is None or not isinstance(call, Request):
            return after
        body: Any = call.body
        whole = attrs.evolve(call, body=attrs.evolve(body, replicas=now.deployment.replicas))
        return after.set(CALLS[client_of(deployment)], whole)

    return broken


@hiding
def takes_pods_for_available(cluster: Cluster, binding: dict[str, str]) -> dict[Cell[Any], Any]:
    """The controller takes all pods that a ReplicaSet wants for available."""
    hidden: dict[Cell[Any], Any] = {}
    for name in cluster.names(stored("replicasets")):
        known = cluster[cached("replicasets")[CONTROLLER_MANAGER, name]]
        if known is not None:
            status = attrs.evolve(known.status, replicas=known.replicas, available=known.replicas)
            hidden[cached("replicasets")[CONTROLLER_MANAGER, name]] = attrs.evolve(known, status=status)
    return hidden


def names_by_chance(create_replica_set: Function) -> Function:
    """The controller creates a ReplicaSet under the first name that is free, whatever its template."""

    def broken(cluster: Cluster, deployment: str) -> Cluster | None:
        after = create_replica_set(cluster, deployment=deployment)
        call = None if after is None else after[CALLS[client_of(deployment)]]
        names = cluster.names(stored("replicasets"))
        free = [name for name in names if cluster[stored("replicasets")[name]] is None]
        if after is None or not free or not isinstance(call, Request):
            return after
        body: Any = call.body
        named = attrs.evolve(body, metadata=attrs.evolve(body.metadata, name=free[0]))
        return after.set(CALLS[client_of(deployment)], attrs.evolve(call, key=free[0], body=named))

    return broken


def scales_back_and_forth(scale_replica_set: Function) -> Function:
    """The controller scales a ReplicaSet down when it is up, and up when it is down."""

    def broken(cluster: Cluster, deployment: str, replicaset: str) -> Cluster | None:
        now = known_rollout(cluster, deployment)
        if now is None or now.new is None or cluster[CALLS[client_of(deployment)]] is not None:
            return None
        body = attrs.evolve(now.new, replicas=0 if now.new.replicas else 1)
        request = Request(USER, "update", "replicasets", replicaset, body, resource_version=version(now.new))
        return send(cluster, client_of(deployment), request)

    return broken


MUTANTS = (
    Mutant(
        "a_rollout_asks_for_no_more_pods_than_allowed",
        "a new ReplicaSet wants all pods at once",
        CHANGES,
        (("create_replica_set", asks_for_all_at_once),),
        13,
        "create_replica_set",
    ),
    Mutant(
        "a_rollout_gives_up_no_pod_that_it_needs",
        "the controller takes pods for available",
        CHANGES,
        (("scale_replica_set", takes_pods_for_available),),
        24,
        "scale_replica_set",
    ),
    Mutant(
        "a_rollout_keeps_enough_pods_available",
        "the controller takes pods for available",
        ROLLS,
        (("scale_replica_set", takes_pods_for_available),),
        28,
        "delete_pod",
    ),
    Mutant(
        "a_rollout_never_has_more_pods_than_allowed",
        "the controller of a ReplicaSet counts one pod too few",
        MAKES_PODS,
        (("reconcile", clients.controller_counts_one_too_few),),
        5,
        "create_pod",
    ),
    Mutant(
        "a_template_has_one_replica_set",
        "the name of a ReplicaSet does not stand for its template",
        CHANGES,
        (("create_replica_set", names_by_chance),),
        12,
        "commit",
    ),
)
STUCK = (
    Mutant(
        "a_rollout_completes_or_says_why_not",
        "the controller gives up no old pod",
        ROLLS,
        (("scale_replica_set", unless(always)),),
        39,
        cycle=0,
    ),
    Mutant(
        "a_rollout_completes_or_says_why_not",
        "no deadline is ever exceeded",
        FITS_NOWHERE,
        (("exceed_deadline", unless(always)),),
        14,
        cycle=0,
    ),
    Mutant(
        "no_two_rollouts_fight",
        "the controller scales back and forth",
        STAYS,
        (("scale_replica_set", scales_back_and_forth),),
        11,
        cycle=12,
    ),
)
