"""Deployments: how many pods a rollout may ask for and give up, and that it comes to an end."""

from collections import Counter
from collections.abc import Iterator

from kmodel.kernel import Cluster, Layout, Step, converges, finitely_often, sometimes, step_invariant
from kmodel.kubernetes.components.calls import CALLS, Request, Transaction, became
from kmodel.kubernetes.components.controllers import rollouts
from kmodel.kubernetes.components.controllers.deployment_controller import ACTOR, USER, known_rollout
from kmodel.kubernetes.components.controllers.replicaset_controller import USERS
from kmodel.kubernetes.components.controllers.rollouts import Rollout, is_owned
from kmodel.kubernetes.components.controllers.stuck_pods import is_stuck
from kmodel.kubernetes.components.etcd import PODS, stored
from kmodel.kubernetes.components.faults import BUDGET
from kmodel.kubernetes.components.leader_election import as_its_program
from kmodel.kubernetes.components.runtime import RUNTIME
from kmodel.kubernetes.components.scheduler import QUEUE
from kmodel.kubernetes.components.settings import SETTINGS
from kmodel.kubernetes.objects import Deployment, Pod, ReplicaSet
from kmodel.kubernetes.objects.deployment import AVAILABLE, TIMED_OUT

from .watching import DEADLY, MAY_WAIT_FOR_EVER, a_write_may_time_out

DEPLOYMENTS, REPLICA_SETS = stored("deployments"), stored("replicasets")
UNFORESEEN = (  # faults by which a pod is not available any more, or a controller forgets what it expects
    *("container-crash", "container-exit", "failed-start", "failed-readiness", "container-hang", "kubelet-restart"),
    *("node-crash", "network-partition", "late-heartbeat"),
    *("controller-restart", "controller-failover", "lost-answer", "late-call", "lost-event", *DEADLY),
)


def only_rollouts_delete_pods(layout: Layout) -> bool:
    """Tell whether there are Deployments, and nothing but a rollout makes pods go that are ready."""
    commands = (command for session in layout.constant(SETTINGS).sessions for command in session.commands)
    if any(command.verb == "delete" for command in commands) or a_write_may_time_out(layout):
        return False
    return any(layout.keys(DEPLOYMENTS)) and not any(BUDGET[fault] in layout for fault in UNFORESEEN)


def a_rollout_is_changed_again(layout: Layout) -> bool:
    """Tell whether a Deployment may be changed while a rollout is under way: it is changed twice or more."""
    changes = Counter(
        command.key
        for session in layout.constant(SETTINGS).sessions
        for command in session.commands
        if command.resource == "deployments" and command.verb != "create"
    )
    return any(number > 1 for number in changes.values())


def pods_can_run(layout: Layout) -> bool:
    """Tell whether there are Deployments, nodes run pods, and these are bound, by a scheduler or by their templates."""
    bound = any(layout.keys(QUEUE)) or all(
        workload.template.spec.node_name for workload in layout.constant(SETTINGS).workloads
    )
    return bound and any(layout.keys(DEPLOYMENTS)) and any(layout.keys(RUNTIME))


def stored_rollout(cluster: Cluster, name: str) -> Rollout | None:
    """Return a Deployment with its ReplicaSets, as etcd has them; None if there is none of the name."""
    deployment = cluster[DEPLOYMENTS[name]]
    if deployment is None:
        return None
    there = [each for key in cluster.names(REPLICA_SETS) if (each := cluster[REPLICA_SETS[key]]) is not None]
    return rollouts.rollout(deployment, [each for each in there if is_owned(each, deployment)])


def pods_of(cluster: Cluster, now: Rollout) -> list[Pod]:
    """Return the active pods of a Deployment, as etcd has them."""
    there = [pod for name in cluster.names(PODS) if (pod := cluster[PODS[name]]) is not None and pod.active]
    return [pod for pod in there if any(is_owned(pod, owner) for owner in now.all)]


def _sized(step: Step) -> Iterator[tuple[Rollout, ReplicaSet, int]]:
    """Yield ReplicaSets that the controller gives a size in a step: the rollout as it knew it, the set, its size."""
    step = as_its_program(step)
    if not step.action.actor.startswith(ACTOR):
        return
    asked = [call.body for _, call in became(step, Request) if call.user == USER and not call.subresource]
    written = [step.after[cell] for cell in step.wrote(REPLICA_SETS)]  # with fused calls there is no request to see
    for body in (*asked, *written):
        now = known_rollout(step.before, step.action.arguments["deployment"])
        if now is not None and isinstance(body, ReplicaSet):
            yield now, body, body.replicas or 0


def _others(now: Rollout, body: ReplicaSet) -> tuple[ReplicaSet, ...]:
    return tuple(each for each in now.all if each.metadata.key != body.metadata.key)


def _size_in(now: Rollout, body: ReplicaSet) -> int:
    return next((each.replicas or 0 for each in now.all if each.metadata.key == body.metadata.key), 0)


@step_invariant(needs=DEPLOYMENTS)
def a_rollout_asks_for_no_more_pods_than_allowed(step: Step) -> bool | str:
    """The ReplicaSets of a Deployment are not made to want more pods than replicas and maxSurge, by what it knows."""
    for now, body, size in _sized(step):
        total, allowed = rollouts.pods_of(_others(now, body)) + size, (now.deployment.replicas or 0)
        if size > _size_in(now, body) and total > allowed + now.deployment.surge:
            return f"the ReplicaSets of deployment/{now.deployment.metadata.key} come to want {total} pods"
    return True


@sometimes(needs=DEPLOYMENTS, shows=a_rollout_asks_for_no_more_pods_than_allowed)
def a_rollout_surges(step: Step) -> bool:
    """A rollout asks for more pods than are wanted in the end."""
    return any(
        rollouts.pods_of(_others(now, body)) + size > (now.deployment.replicas or 0) and size > _size_in(now, body)
        for now, body, size in _sized(step)
    )


@step_invariant(needs=DEPLOYMENTS)
def a_rollout_gives_up_no_pod_that_it_needs(step: Step) -> bool | str:
    """An old ReplicaSet keeps so many pods that, with the new ones that are available, enough are left."""
    for now, body, size in _sized(step):
        deployment = now.deployment
        is_new = now.new is None or now.new.metadata.key == body.metadata.key
        if is_new or size >= _size_in(now, body) or not deployment.is_rolling or deployment.paused or now.is_scaling:
            continue
        assert now.new is not None
        old = [each for each in now.old if each.metadata.key != body.metadata.key]
        left = rollouts.pods_of(old) + size + now.new.status.available
        if left < (deployment.replicas or 0) - deployment.unavailable:
            return f"deployment/{deployment.metadata.key} keeps {left} pods that are or may be available"
    return True


@sometimes(needs=DEPLOYMENTS, shows=a_rollout_gives_up_no_pod_that_it_needs)
def a_rollout_gives_up_a_pod(step: Step) -> bool:
    """A rollout makes a ReplicaSet want fewer pods than before."""
    return any(size < _size_in(now, body) for now, body, size in _sized(step))


def _given_up(step: Step) -> list[Pod]:
    """Return the pods that were ready, and that the controller of their ReplicaSet deletes in a step."""
    client = step.action.arguments.get("client", "")
    call = step.before[CALLS[client]] if client else None
    by_call = isinstance(call, Transaction) and call.request.user in USERS.values()
    if not by_call and step.action.transition.name != "delete_pod":
        return []
    changed = [(step.before[cell], step.after[cell]) for cell in step.wrote(PODS)]
    return [
        before
        for before, after in changed
        if before is not None and before.active and before.status.ready and (after is None or not after.active)
    ]


def _least(cluster: Cluster, name: str) -> int:
    """Return how many pods have to be available at least, by whichever version of a Deployment asks for least."""
    given = [value for value in cluster[SETTINGS].given if isinstance(value, Deployment) and value.metadata.key == name]
    versions = [value.defaulted() for value in given]
    return min((value.replicas or 0) - value.unavailable if value.is_rolling else 0 for value in versions)


@step_invariant(
    needs=only_rollouts_delete_pods,
    hazard="The Deployment controller trusts the status of a ReplicaSet though it may be of before it was scaled: "
    "a rollout that is undone, or changed again, while an old pod is being given up counts that pod as available, and "
    "gives up the new one, too [pkg/controller/deployment/rolling.go reconcileOldReplicaSets, 1.34].",
    hazard_with=(a_rollout_is_changed_again,),
)
def a_rollout_keeps_enough_pods_available(step: Step) -> bool | str:
    """A rollout deletes no pod that is ready if fewer than maxUnavailable allows would be left."""
    gone = _given_up(step)
    for name in step.before.names(DEPLOYMENTS) if gone else ():
        now = stored_rollout(step.before, name)
        if now is None or not any(is_owned(pod, each) for pod in gone for each in now.all):
            continue
        left, least = sum(pod.status.ready for pod in pods_of(step.after, now)), _least(step.before, name)
        if left < least:
            return f"deployment/{name} has {left} pods left that are ready, and needs {least}"
    return True


@sometimes(needs=only_rollouts_delete_pods, shows=a_rollout_keeps_enough_pods_available)
def a_rollout_deletes_a_pod_that_is_ready(step: Step) -> bool:
    """A pod of a Deployment that is ready is given up."""
    return bool(_given_up(step))


@step_invariant(
    needs=DEPLOYMENTS,
    hazard="The bounds of a rollout hold for what ReplicaSets want, not for the pods that there are: one that was "
    "scaled down has its pods until its own controller deletes them, and the other one creates its own meanwhile. A "
    "real control plane (v1.34.4) reported 5 pods of a Deployment of 3 with maxSurge 1 "
    "[pkg/controller/deployment/rolling.go].",
)
def a_rollout_never_has_more_pods_than_allowed(step: Step) -> bool | str:
    """A Deployment has no more active pods than replicas and maxSurge, by whichever version of it asks for most."""
    if not any(step.before[cell] is None for cell in step.wrote(PODS)):
        return True
    for name in step.after.names(DEPLOYMENTS):
        now = stored_rollout(step.after, name)
        if now is None:
            continue
        there = len(pods_of(step.after, now))
        given = [value for value in step.after[SETTINGS].given if isinstance(value, Deployment)]
        versions = [value.defaulted() for value in given if value.metadata.key == name]
        if there > max((value.replicas or 0) + value.surge for value in versions):
            return f"deployment/{name} has {there} active pods"
    return True


@sometimes(needs=DEPLOYMENTS, shows=a_rollout_never_has_more_pods_than_allowed)
def a_deployment_has_a_pod(step: Step) -> bool:
    """A pod of a Deployment is created."""
    made = [pod for cell in step.wrote(PODS) if step.before[cell] is None and (pod := step.after[cell]) is not None]
    found = (stored_rollout(step.after, name) for name in step.after.names(DEPLOYMENTS) if made)
    return any(is_owned(pod, each) for now in found if now is not None for each in now.all for pod in made)


@step_invariant(needs=DEPLOYMENTS)
def a_template_has_one_replica_set(step: Step) -> bool | str:
    """A Deployment has no two ReplicaSets of its template, so that a return to an old template finds the old one."""
    if not step.wrote(REPLICA_SETS):
        return True
    for name in step.after.names(DEPLOYMENTS):
        now = stored_rollout(step.after, name)
        second = None if now is None else next((e for e in now.old if rollouts.stands_for(e, now.deployment)), None)
        if second is not None:
            return f"replicaset/{second.metadata.key} has the template of deployment/{name}, and is not the only one"
    return True


@sometimes(needs=DEPLOYMENTS, shows=a_template_has_one_replica_set)
def a_deployment_has_two_replica_sets(step: Step) -> bool:
    """A Deployment comes to have a second ReplicaSet."""
    found = (stored_rollout(step.after, name) for name in step.after.names(DEPLOYMENTS) if step.wrote(REPLICA_SETS))
    return any(now is not None and len(now.all) > 1 for now in found)


def _unlike_promised(cluster: Cluster, now: Rollout) -> str | None:
    """Return in what a Deployment that was rolled out is not as it says; None if nothing more can be done for it."""
    there, wanted = pods_of(cluster, now), now.deployment.replicas or 0
    if now.new is None or not all(is_owned(pod, now.new) for pod in there):
        return "is said to be rolled out, and has old pods, or no ReplicaSet of its template"
    if now.new.replicas != wanted or len(there) != wanted:
        return f"is said to be rolled out, and has {len(there)} pods of {wanted}"
    if now.deployment.status.ready != sum(pod.status.ready for pod in there):
        return f"is said to have {now.deployment.status.ready} pods that are ready, which is not so"
    waits = next((pod for pod in there if not pod.status.ready and not is_stuck(cluster, pod)), None)
    return None if waits is None else f"is said to be rolled out, and pod/{waits.metadata.key} is not ready"


@converges(needs=pods_can_run, hazard=MAY_WAIT_FOR_EVER)
def a_rollout_completes_or_says_why_not(cluster: Cluster) -> bool | str:
    """At last all pods of a Deployment are of its template and available, as it says; or its deadline has passed.

    Once it was rolled out, as it says of its latest generation, it has kept its promise: of a pod that fails later, and
    cannot become ready again, nothing is said. Where no node is Ready, for instance, nobody is evicted
    [pkg/controller/deployment/progress.go syncRolloutStatus, util/deployment_util.go DeploymentTimedOut,
    pkg/controller/nodelifecycle/node_lifecycle_controller.go handleDisruption, 1.34; kubernetes/kubernetes#106054].
    """
    for name in cluster.names(DEPLOYMENTS):
        now = stored_rollout(cluster, name)
        if now is None or now.deployment.paused or now.deployment.metadata.deleting:
            continue
        status = now.deployment.status
        if status.progressing == TIMED_OUT:
            continue
        if status.progressing != AVAILABLE or status.observed_generation != now.deployment.metadata.generation:
            return f"deployment/{name} has {now.deployment.summary()}"
        wrong = _unlike_promised(cluster, now)
        if wrong is not None:
            return f"deployment/{name} {wrong}"
    return True


@finitely_often(needs=DEPLOYMENTS)
def no_two_rollouts_fight(step: Step) -> bool | str:
    """While nobody changes what is desired, ReplicaSets are not scaled up and down again and again."""
    for cell in step.wrote(REPLICA_SETS):
        before, after = step.before[cell], step.after[cell]
        if before is not None and after is not None and before.replicas != after.replicas:
            return f"replicaset/{cell.key[0]} is scaled again and again"
    return True
