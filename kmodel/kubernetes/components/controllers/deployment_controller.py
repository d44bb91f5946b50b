"""Deployment controller: a ReplicaSet for each template, and pods that move from the old ones to the new one.

Models: RollingUpdate and Recreate, scaling in proportion, pausing, revisions and their history, the limit of old
ReplicaSets, the deadline of progress. A reconcile is a series of calls by one worker; each is decided on the caches as
they are when it is sent, and has the version in the cache as its condition, so that a late cache meets 409 Conflict.
The name of a ReplicaSet is that of the Deployment with the hash of the template: who creates one that is there meets
409 AlreadyExists. That one was created, or which revision it has now, the Deployment's status says in a write of its
own, before anything is scaled or counted. The deadline is exceeded when its cause is there, since there are no clocks:
the pods that the rollout waits for cannot become available (no node has room, what they name is missing, their node is
silent), or the api-server refuses them (by what they name, or by a quota).

Leaves out: one snapshot of the caches for all calls of a reconcile (informers that lag have the same effect, as long as
they lag alike); adoption of ReplicaSets by label; collisions of hashes; annotations that users give a Deployment, which
are copied to its ReplicaSets.

Upstream: pkg/controller/deployment/{deployment_controller,sync,rolling,recreate,progress}.go; progress.go read in
1.36 (008b3652); 1.34.4 by the recordings deployment and deployment-stuck.
"""

from collections.abc import Iterator

import attrs

from kmodel.kernel import BoundReached, Cluster, transition
from kmodel.kubernetes.components.apiserver.access import CONTROLLER_USER
from kmodel.kubernetes.components.calls import CALLS, Request, clients, idle, received, send
from kmodel.kubernetes.components.component import Caller, Component, each
from kmodel.kubernetes.components.controllers import rollouts
from kmodel.kubernetes.components.controllers.rollouts import Rollout, is_owned
from kmodel.kubernetes.components.controllers.stuck_pods import is_refused, is_stuck
from kmodel.kubernetes.components.etcd import PODS, QUEUES, version, with_metadata
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, all_in_cache, has_caught_up, in_cache, synced
from kmodel.kubernetes.components.settings import POOLS
from kmodel.kubernetes.objects import DEPLOYMENT, POD, REPLICA_SET, Deployment, OwnerReference, Pod, ReplicaSet, key
from kmodel.kubernetes.objects.deployment import (
    AVAILABLE,
    CREATED,
    DESIRED,
    FOUND,
    HISTORY,
    MOST,
    PAUSED,
    REVISION,
    TIMED_OUT,
    DeploymentStatus,
    with_label,
)

ACTOR = CONTROLLER_MANAGER + "/deployment"
USER = CONTROLLER_USER + "deployment-controller"


client_of = clients(f"{ACTOR}/{{}}")  # by which the controller writes for one Deployment


def known_rollout(cluster: Cluster, deployment: str) -> Rollout | None:
    """Return a Deployment with its ReplicaSets, as the cache has them; None if it does not show it."""
    known = in_cache(cluster, CONTROLLER_MANAGER, DEPLOYMENT, deployment)
    if known is None:
        return None
    there: list[ReplicaSet] = all_in_cache(cluster, CONTROLLER_MANAGER, REPLICA_SET)
    return rollouts.rollout(known, [each for each in there if is_owned(each, known)])


def _rollout(cluster: Cluster, deployment: str) -> Rollout | None:
    """Return the rollout that a Deployment is in, by the cache, if the controller may write now."""
    if not synced(cluster, CONTROLLER_MANAGER, "deployments", "replicasets", "pods"):
        return None
    return known_rollout(cluster, deployment) if idle(cluster, client_of(deployment)) else None


def _with_sizes(workload: ReplicaSet, deployment: Deployment) -> ReplicaSet:
    """Return a ReplicaSet with the annotations by which the next scaling is shared out [SetReplicasAnnotations]."""
    wanted = deployment.replicas or 0
    annotations = with_label(workload.metadata.annotations, DESIRED, str(wanted))
    return with_metadata(workload, annotations=with_label(annotations, MOST, str(wanted + deployment.surge)))


def _with_revision(workload: ReplicaSet, now: Rollout) -> ReplicaSet:
    """Return the new ReplicaSet as the latest revision; those that it was before are its history."""
    there, annotations = rollouts.revision(workload), workload.metadata.annotations
    if there >= now.next_revision:
        return workload
    if there:
        history = dict(annotations).get(HISTORY)
        annotations = with_label(annotations, HISTORY, f"{history},{there}" if history else str(there))
    return with_metadata(workload, annotations=with_label(annotations, REVISION, str(now.next_revision)))


@transition(actor=ACTOR, object="deployment/{deployment}")
def create_replica_set(cluster: Cluster, deployment: str) -> Cluster | None:
    """Create the ReplicaSet of the Deployment's template, with as many pods as there may be now."""
    now = _rollout(cluster, deployment)
    if now is None or now.new is not None or now.deployment.metadata.deleting:
        return None
    if now.deployment.paused or now.is_scaling or (not now.deployment.is_rolling and _old_pods_run(cluster, now)):
        return None
    owner = now.deployment
    assert owner.metadata.uid is not None
    name = _name_of(cluster, owner)
    prefix = f"{owner.metadata.name}-"
    made = with_metadata(
        owner.replica_set(name.rpartition("/")[2].removeprefix(prefix)),
        owners=(OwnerReference(owner.kind, deployment, owner.metadata.uid),),
    )
    body = _with_sizes(_with_revision(attrs.evolve(made, replicas=rollouts.size_of_new(now)), now), owner)
    return send(cluster, client_of(deployment), Request(USER, "create", "replicasets", name, body))


def _name_of(cluster: Cluster, deployment: Deployment) -> str:
    """Return the name that stands for the Deployment's template; BoundReached if it has none."""
    prefix = key(f"{deployment.metadata.name}-", deployment.metadata.namespace)
    pools = [pool for pool in cluster[POOLS] if (pool.resource, pool.prefix) == ("replicasets", prefix)]
    name = pools[0].standing_for(deployment.template) if pools else None
    if name is None:
        raise BoundReached(f"no name stands for the template that deployment/{deployment.metadata.key} has now")
    return name


def _old_pods_run(cluster: Cluster, now: Rollout) -> bool:
    """Tell whether pods of old ReplicaSets are wanted, or may still run [recreate.go oldPodsRunning]."""
    if any(each.replicas for each in now.old):
        return True
    pods: list[Pod] = all_in_cache(cluster, CONTROLLER_MANAGER, POD)
    return any(not pod.terminal and any(is_owned(pod, each) for each in now.old) for pod in pods)


@transition(actor=ACTOR, object="deployment/{deployment}")
def sync_revision(cluster: Cluster, deployment: str) -> Cluster | None:
    """Make the ReplicaSet of the Deployment's template the latest revision, if it was an old one before."""
    now = _rollout(cluster, deployment)
    if now is None or now.new is None or now.deployment.metadata.deleting:
        return None
    body = _as_latest(now, now.new)
    return None if body == now.new else _update(cluster, now.new, body, now.deployment)


def _as_latest(now: Rollout, new: ReplicaSet) -> ReplicaSet:
    return attrs.evolve(_with_revision(new, now), min_ready_seconds=now.deployment.min_ready_seconds)


@transition(actor=ACTOR, object="deployment/{deployment}")
def tell_revision(cluster: Cluster, deployment: str) -> Cluster | None:
    """Say in the Deployment which revision its ReplicaSet is, and that it was found, if nothing is said yet."""
    now = _rollout(cluster, deployment)
    if now is None or now.new is None or now.is_told or now.deployment.metadata.deleting:
        return None
    if _as_latest(now, now.new) != now.new:
        return None
    reason = now.deployment.status.progressing or FOUND
    return _tell(cluster, now, rollouts.revision(now.new), reason)


def _tell(cluster: Cluster, now: Rollout, revision: int, reason: str) -> Cluster:
    told = with_label(now.deployment.metadata.annotations, REVISION, str(revision))
    status = attrs.evolve(now.deployment.status, progressing=reason)
    return _put_status(cluster, with_metadata(attrs.evolve(now.deployment, status=status), annotations=told))


@transition(actor=ACTOR, object="deployment/{deployment}")
def scale_replica_set(cluster: Cluster, deployment: str, replicaset: str) -> Cluster | None:
    """Change how many pods a ReplicaSet of the Deployment wants."""
    now = _rollout(cluster, deployment)
    if now is None or now.deployment.metadata.deleting or _comes_before_scaling(now):
        return None
    return _scale(cluster, now, replicaset)


def _scale(cluster: Cluster, now: Rollout, replicaset: str) -> Cluster | None:
    workload = next((each for each in now.all if each.metadata.key == replicaset), None)
    size = rollouts.sizes(now).get(replicaset)
    if workload is None or size is None:
        return None
    waits = not now.deployment.is_rolling and workload is now.new and not now.is_scaling
    if waits and _old_pods_run(cluster, now):
        return None
    body = _with_sizes(attrs.evolve(workload, replicas=size), now.deployment)
    return _update(cluster, workload, body, now.deployment)


def _comes_before_scaling(now: Rollout) -> bool:
    """Tell whether a ReplicaSet has to be created, or its revision changed and told, before any is scaled."""
    if now.new is None:
        return now.deployment.is_rolling and not now.deployment.paused and not now.is_scaling
    return rollouts.revision(now.new) < now.next_revision or not now.is_told


def _update(cluster: Cluster, known: ReplicaSet, body: ReplicaSet, owner: Deployment) -> Cluster:
    request = Request(USER, "update", "replicasets", known.metadata.key, body, resource_version=version(known))
    return send(cluster, client_of(owner.metadata.key), request)


@transition(actor=ACTOR, object="deployment/{deployment}")
def update_deployment_status(cluster: Cluster, deployment: str) -> Cluster | None:
    """Write the status of the Deployment, if those of its ReplicaSets have come to something else."""
    now = _rollout(cluster, deployment)
    if now is None or _is_new_missing(now) or not now.is_told:
        return None
    return _write_status(cluster, now, rollouts.status(now))


def _is_new_missing(now: Rollout) -> bool:
    """Tell whether the ReplicaSet of the template has to be created before the status is written."""
    is_due = now.deployment.is_rolling and not (now.deployment.paused or now.is_scaling)
    return now.new is None and is_due and not now.deployment.metadata.deleting


def _write_status(cluster: Cluster, now: Rollout, status: DeploymentStatus) -> Cluster | None:
    if status == now.deployment.status:
        return None
    return _put_status(cluster, attrs.evolve(now.deployment, status=status))


def _put_status(cluster: Cluster, body: Deployment) -> Cluster:
    key = body.metadata.key
    request = Request(USER, "update", "deployments", key, body, "status", resource_version=version(body))
    return send(cluster, client_of(key), request)


@transition(actor=ACTOR, object="deployment/{deployment}")
def exceed_deadline(cluster: Cluster, deployment: str) -> Cluster | None:
    """Say that the rollout made no progress for as long as it may: what it waits for cannot come."""
    now = _rollout(cluster, deployment)
    if now is None or now.deployment.paused or now.deployment.metadata.deleting or now.is_scaling:
        return None
    known = now.deployment.status
    if known.progressing in (None, AVAILABLE, TIMED_OUT, PAUSED) or rollouts.is_complete(now.deployment, known):
        return None
    told = (cluster.look(QUEUES[CONTROLLER_MANAGER, each], has_caught_up) for each in WATCHED)
    if rollouts.status(now) != known or rollouts.sizes(now) or not all(told) or not _is_stuck(cluster, now):
        return None
    return _write_status(cluster, now, rollouts.status(now, timed_out=True))


def _is_stuck(cluster: Cluster, now: Rollout) -> bool:
    """Tell whether no pod that a rollout waits for can become what it waits for, be it there or refused."""
    there = list(_waited_for(cluster, now))
    waited_for = [pod for pod in there if not pod.status.ready]
    if waited_for or now.new is None:
        return bool(waited_for) and all(is_stuck(cluster, pod) for pod in waited_for)
    return now.new.status.available == len(there) < (now.new.replicas or 0) and is_refused(cluster, now.new)


def _waited_for(cluster: Cluster, now: Rollout) -> Iterator[Pod]:
    owners = now.old if now.new is None else (now.new,)
    for name in cluster.names(PODS):
        pod = cluster[PODS[name]]
        if pod is not None and any(is_owned(pod, owner) for owner in owners) and (now.new is None or pod.active):
            yield pod


@transition(actor=ACTOR, object="deployment/{deployment}")
def clean_up(cluster: Cluster, deployment: str, replicaset: str) -> Cluster | None:
    """Delete an old ReplicaSet that wants no pods and has none, if there are more of them than the limit keeps."""
    now = _rollout(cluster, deployment)
    if now is None or now.deployment.metadata.deleting:
        return None
    if not (now.deployment.paused or rollouts.is_complete(now.deployment, now.deployment.status)):
        return None
    limit = now.deployment.revision_history_limit or 0
    beyond = [each for each in now.old if not each.metadata.deleting][: max(0, len(now.old) - limit)]
    victim = next((each for each in beyond if each.metadata.key == replicaset), None)
    if victim is None or victim.replicas or victim.status.replicas:
        return None
    if victim.status.observed_generation != victim.metadata.generation:
        return None
    return send(cluster, client_of(deployment), Request(USER, "delete", "replicasets", replicaset))


@transition(actor=ACTOR, object="deployment/{deployment}")
def read_rollout_answer(cluster: Cluster, deployment: str) -> Cluster | None:
    """Learn how a write went, and go on: what was created or found is told of, and then scaled, by the same cache."""
    client = client_of(deployment)
    response = received(cluster, client)
    if response is None:
        return None
    cluster = cluster.set(CALLS[client], None)
    now = known_rollout(cluster, deployment)
    if now is None or not response.ok or now.deployment.metadata.deleting:
        return cluster
    if (response.verb, response.resource) == ("create", "replicasets"):
        return _tell(cluster, now, now.next_revision, CREATED)
    if response.resource != "deployments" or now.new is None or now.is_told or _as_latest(now, now.new) != now.new:
        return cluster
    first = next(iter(rollouts.sizes(now)), None)  # what was told, the cache does not show yet
    return cluster if first is None else _scale(cluster, now, first) or cluster


WATCHED = ("deployments", "replicasets", "pods")
COMPONENT = Component(
    "deployment-controller",
    process=CONTROLLER_MANAGER,
    users={
        USER: frozenset(
            {
                ("update", "deployments/status"),
                ("create", "replicasets"),
                ("update", "replicasets"),
                ("delete", "replicasets"),
            }
        )
    },
    watches=WATCHED,
    brings=("replicasets", "pods"),
    callers=(
        Caller(
            (
                create_replica_set,
                sync_revision,
                tell_revision,
                scale_replica_set,
                update_deployment_status,
                exceed_deadline,
                clean_up,
            ),
            read_rollout_answer,
            client_of,
            each("deployments"),
            turn=5,
        ),
    ),
    needed=lambda plan: None if plan.objects("deployments") else "there is no Deployment",
    works_with=("replicaset-controller", "replicaset-status"),
)
