"""Job controller: pods that run to their end, each counted exactly once, until the Job is complete or has failed.

Models: completions and parallelism, indexes, the limit of failures (and of restarts under OnFailure), suspension;
creations and deletions under expectations; the finalizer by which a pod stays until it is counted: the UID is written
into the status, the finalizer is removed, the UID becomes part of a counter; the conditions that come before Complete
and Failed, and these once no pod is left to be counted or to go; pods whose Job is gone lose the finalizer, too.

What a Job expects is kept by its name and outlives it: one that is made anew under the name waits for what the old one
expected, until that expires [kubernetes/kubernetes#131917, #142142; not fixed in 1.36].

After a failure no pod is created until a time has passed, or another one has succeeded; without a clock, it passes at
any time. Meanwhile the status of a Job that lacks pods says that none is active, though some may be [manageJob].

The deadline of a Job passes when its cause is there, since there are no clocks: one of its pods cannot run.

Leaves out: that this time is longer after each failure; deadlines that pass while all goes well; policies; batches that
begin small (pods are created one after the other); that the pods of a Job that is to end are deleted whatever is
expected, and are not expected to go [deleteActivePods] (here it waits, and they are). Each write is decided on the
caches as they are then, so that the last write of a sync, which upstream makes on the answer of the one before, waits
for the events of that here. Of pods that rank alike those with the first names go first.

Upstream: pkg/controller/job/{job_controller,tracking_utils,indexed_job_utils,backoff_utils}.go, read in 1.31
(6ae037f1), manageJob also in 1.33 in the making (a fork at 0b0abd6c); 1.34.4 by the recording job.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from kmodel.kernel import Cells, Cluster, Rank, transition
from kmodel.kubernetes.components.apiserver.access import CONTROLLER_USER
from kmodel.kubernetes.components.calls import CALLS, TIMEOUT, Request, clients, drop_answer, idle, received, send
from kmodel.kubernetes.components.component import NOTHING, Caller, Component, Memory, Steps, each
from kmodel.kubernetes.components.controllers.claims import controlled
from kmodel.kubernetes.components.controllers.expectations import Expectations, lowering
from kmodel.kubernetes.components.controllers.job_counts import JobNow
from kmodel.kubernetes.components.controllers.stuck_pods import is_stuck
from kmodel.kubernetes.components.etcd import PODS, QUEUES, version
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, has_caught_up, in_cache, synced
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.objects import JOB, POD, OwnerReference
from kmodel.kubernetes.objects.job import JOB_NAME, TRACKING, is_tracked
from kmodel.kubernetes.objects.ownership import WithoutFinalizer

ACTOR = CONTROLLER_MANAGER + "/job"
USER = CONTROLLER_USER + "job-controller"
RESOURCE = JOB.resource


@attrs.frozen(cache_hash=True)
class JobRound:
    """What is left to do of one decision: how many pods to create, for which indexes, and which to delete.

    `uncounted` says whether those that are deleted lose their finalizer first, so that they are not counted.
    """

    creations: int = 0
    indexes: tuple[int, ...] = ()
    deletions: tuple[str, ...] = ()
    uncounted: bool = False


DONE = JobRound()
JOB_EXPECTED: Cells[Expectations] = Cells("job/expectations")
JOB_ROUND: Cells[JobRound] = Cells("job/round")
JOB_OVERDUE: Cells[Rank | None] = Cells("job/overdue")  # the UID of a Job whose deadline has passed since it began
JOB_BACKOFF: Cells[bool] = Cells("job/backoff")  # whether a pod has failed, and the time to wait has not passed

client_of = clients(f"{ACTOR}/{{}}")  # by which the controller writes for one Job
orphan_client_of = clients(f"{ACTOR} orphan/{{}}")  # by which it lets a pod go whose Job is gone


def _expected_by(owner: OwnerReference) -> Any:
    return JOB_EXPECTED[owner.name if owner.kind == JOB.kind else ""]


def _is_known(cluster: Cluster, owner: OwnerReference) -> bool:
    """Tell whether the cache shows a pod's Job, and not another one of its name [resolveControllerRef]."""
    job = in_cache(cluster, CONTROLLER_MANAGER, JOB, owner.name)
    return job is not None and job.metadata.uid == owner.uid


def known_job(cluster: Cluster, job: str) -> JobNow | None:
    """Return a Job with its pods, as the cache has them; None if it does not show it."""
    known = in_cache(cluster, CONTROLLER_MANAGER, JOB, job)
    if known is None:
        return None
    pods, expected = tuple(controlled(cluster, known)), cluster[JOB_EXPECTED[job]]
    overdue = cluster.has(JOB_OVERDUE[job]) and cluster[JOB_OVERDUE[job]] == known.metadata.uid
    return JobNow(known, pods, expected.fulfilled, backs_off=cluster[JOB_BACKOFF[job]], overdue=overdue)


def _now(cluster: Cluster, job: str) -> JobNow | None:
    """Return a Job that is not finished with its pods, if its worker waits for nothing and may decide something now."""
    if cluster[JOB_ROUND[job]] != DONE or not idle(cluster, client_of(job)):
        return None
    if not synced(cluster, CONTROLLER_MANAGER, "pods", RESOURCE):
        return None
    now = known_job(cluster, job)
    return None if now is None or now.job.status.finished else now


@transition(actor=ACTOR, object="job/{job}")
def manage_job_pods(cluster: Cluster, job: str) -> Cluster | None:
    """Decide how many pods are created now, or which are deleted."""
    now = _now(cluster, job)
    if now is None or not now.settled or now.job.metadata.deleting:
        return None
    too_many = max(0, len(now.active) - now.wanted)
    gone = tuple(dict.fromkeys(pod.metadata.key for pod in (*now.twice, *now.surplus[:too_many])))
    if gone:
        plan = JobRound(deletions=gone, uncounted=now.coming is None)
        cluster = cluster.set(JOB_ROUND[job], plan)
        return cluster.set(JOB_EXPECTED[job], Expectations(deletions=gone))
    number, indexes = now.lacking()
    if not number or now.must_wait:
        return None
    cluster = cluster.set(JOB_ROUND[job], JobRound(number, indexes))
    return cluster.set(JOB_EXPECTED[job], Expectations(number))


@transition(actor=ACTOR, object="job/{job}")
def create_job_pod(cluster: Cluster, job: str) -> Cluster | None:
    """Ask for the next pod of a decision, with the finalizer by which it will be counted."""
    plan = cluster[JOB_ROUND[job]]
    if not plan.creations or not idle(cluster, client_of(job)):
        return None
    known = in_cache(cluster, CONTROLLER_MANAGER, JOB, job)
    if known is None or known.metadata.uid is None:
        return cluster.set(JOB_ROUND[job], DONE).set(JOB_EXPECTED[job], Expectations())
    made = known.pod(plan.indexes[0] if plan.indexes else None)
    owner = OwnerReference(known.kind, job, known.metadata.uid)
    body = attrs.evolve(made, metadata=attrs.evolve(made.metadata, owners=(owner,)))
    cluster = cluster.set(JOB_ROUND[job], attrs.evolve(plan, creations=plan.creations - 1, indexes=plan.indexes[1:]))
    return send(cluster, client_of(job), Request(USER, "create", "pods", "", body))


@transition(actor=ACTOR, object="job/{job}")
def delete_job_pod(cluster: Cluster, job: str, pod: str) -> Cluster | None:
    """Ask for the deletion of a pod that is too many; one that is not to be counted loses its finalizer first."""
    plan = cluster[JOB_ROUND[job]]
    if pod not in plan.deletions or not idle(cluster, client_of(job)):
        return None
    known = in_cache(cluster, CONTROLLER_MANAGER, POD, pod)
    if plan.uncounted and known is not None and is_tracked(known):
        body = WithoutFinalizer(TRACKING)
        return send(cluster, client_of(job), Request(USER, "patch", "pods", pod, body))
    left = tuple(name for name in plan.deletions if name != pod)
    cluster = cluster.set(JOB_ROUND[job], attrs.evolve(plan, deletions=left) if left else DONE)
    return send(cluster, client_of(job), Request(USER, "delete", "pods", pod))


@transition(actor=ACTOR, object="job/{job}")
def update_job_status(cluster: Cluster, job: str) -> Cluster | None:
    """Write the status of a Job, if its pods in the cache have come to something else."""
    now = _now(cluster, job)
    if now is None:
        return None
    status = now.status()
    if status == now.job.status:
        return None
    body = attrs.evolve(now.job, status=status)
    request = Request(USER, "update", RESOURCE, job, body, "status", resource_version=version(now.job))
    cluster = cluster.set(JOB_BACKOFF[job], now.will_back_off)
    if cluster.has(JOB_OVERDUE[job]) and now.job.suspend:
        cluster = cluster.set(JOB_OVERDUE[job], None)  # the time begins anew when the Job is resumed
    return send(cluster, client_of(job), request)


@transition(actor=ACTOR, object="job/{job}")
def exceed_job_deadline(cluster: Cluster, job: str) -> Cluster | None:
    """A Job has been active for as long as it may: one of its pods cannot run."""
    now = known_job(cluster, job)
    if now is None or now.overdue or now.coming is not None or now.job.suspend or now.job.metadata.deleting:
        return None
    if now.job.active_deadline_seconds is None:
        return None
    live = (pod for each in now.active if (pod := cluster[PODS[each.metadata.key]]) is not None)
    if not any(pod.active and is_stuck(cluster, pod) for pod in live):
        return None
    return cluster.set(JOB_OVERDUE[job], now.job.metadata.uid)


@transition(actor=ACTOR, object="job/{job}")
def end_job_backoff(cluster: Cluster, job: str) -> Cluster | None:
    """Wait no longer with the next pod after one has failed."""
    return cluster.set(JOB_BACKOFF[job], False) if cluster[JOB_BACKOFF[job]] else None


@transition(actor=ACTOR, object="job/{job}")
def release_job_pod(cluster: Cluster, job: str, pod: str) -> Cluster | None:
    """Take its finalizer off a pod whose UID the status has, so that it may go."""
    now = _now(cluster, job)
    for known in () if now is None else now.pods:
        if now is not None and known.metadata.key == pod and now.may_be_released(known):
            body = WithoutFinalizer(TRACKING)
            return send(cluster, client_of(job), Request(USER, "patch", "pods", pod, body))
    return None


@transition(actor=ACTOR, object="pod/{pod}")
def release_orphan_of_job(cluster: Cluster, pod: str) -> Cluster | None:
    """Take its finalizer off a pod whose Job is gone."""
    if not idle(cluster, orphan_client_of(pod)) or not synced(cluster, CONTROLLER_MANAGER, "pods", RESOURCE):
        return None
    known = in_cache(cluster, CONTROLLER_MANAGER, POD, pod)
    owner = None if known is None else known.metadata.owner
    if known is None or not is_tracked(known) or owner is None or owner.kind != JOB.kind:
        return None
    job = in_cache(cluster, CONTROLLER_MANAGER, JOB, owner.name)
    if job is not None and job.metadata.uid == owner.uid:
        return None
    request = Request(USER, "patch", "pods", pod, WithoutFinalizer(TRACKING))
    return send(cluster, orphan_client_of(pod), request)


@transition(actor=ACTOR, object="pod/{pod}")
def read_orphan_answer(cluster: Cluster, pod: str) -> Cluster | None:
    """Learn how the patch went; while the cache shows the finalizer, it is tried again."""
    return drop_answer(cluster, orphan_client_of(pod))


@transition(actor=ACTOR, object="job/{job}")
def expire_job_expectations(cluster: Cluster, job: str) -> Cluster | None:
    """Expect no longer what was not seen in five minutes, or what a Job expected that the cache shows no more."""
    if cluster[JOB_EXPECTED[job]].fulfilled or cluster[JOB_ROUND[job]] != DONE or not idle(cluster, client_of(job)):
        return None
    if not cluster.look(QUEUES[CONTROLLER_MANAGER, "pods"], has_caught_up):
        return None
    return cluster.set(JOB_EXPECTED[job], Expectations())


@transition(actor=ACTOR, object="job/{job}")
def read_job_answer(cluster: Cluster, job: str) -> Cluster | None:
    """Learn how a call went; a pod that was not created or deleted is not expected any more."""
    client = client_of(job)
    response = received(cluster, client)
    if response is None or response.ok or response.resource != "pods" or cluster[JOB_EXPECTED[job]].fulfilled:
        return drop_answer(cluster, client)
    cluster = cluster.set(CALLS[client], None)
    expected, plan = cluster[JOB_EXPECTED[job]], cluster[JOB_ROUND[job]]
    if response.verb == "create":  # the first failure ends the creations: neither it nor the rest is expected
        lowered = attrs.evolve(expected, creations=max(0, expected.creations - 1 - plan.creations))
        return cluster.set(JOB_ROUND[job], DONE).set(JOB_EXPECTED[job], lowered)
    if response.code == TIMEOUT:  # the answer does not say which pod: all that is left is not expected
        return cluster.set(JOB_EXPECTED[job], Expectations()).set(JOB_ROUND[job], DONE)
    left = tuple(name for name in plan.deletions if name != response.key)
    cluster = cluster.set(JOB_ROUND[job], attrs.evolve(plan, deletions=left) if left else DONE)
    return cluster.set(JOB_EXPECTED[job], expected.without(response.key))


def _pods_of_jobs(plan: Plan) -> Iterator[tuple[str]]:
    for pod, versions in plan.population.objects.get("pods", {}).items():
        if any(JOB_NAME in dict(value.metadata.labels) for value in versions):
            yield (pod,)


def _some_have_deadlines(plan: Plan) -> bool:
    jobs: Iterable[Any] = plan.objects(RESOURCE)
    return any(job.active_deadline_seconds is not None for job in jobs)


COMPONENT = Component(
    "job-controller",
    process=CONTROLLER_MANAGER,
    users={
        USER: frozenset({("create", "pods"), ("delete", "pods"), ("patch", "pods"), ("update", f"{RESOURCE}/status")})
    },
    watches=(RESOURCE, "pods"),
    brings=("pods",),
    on_change=lowering(_expected_by, _is_known),
    memory=(
        Memory(JOB_EXPECTED, each(RESOURCE), Expectations(), mentions=NOTHING, holds_names=True),
        Memory(JOB_ROUND, each(RESOURCE), DONE, mentions=NOTHING, holds_names=True),
        Memory(JOB_BACKOFF, each(RESOURCE), False, mentions=NOTHING),
        Memory(JOB_OVERDUE, each(RESOURCE), None, mentions=RESOURCE, survives=True, when=_some_have_deadlines),
    ),
    callers=(
        Caller(
            (create_job_pod, delete_job_pod, update_job_status, release_job_pod),
            read_job_answer,
            client_of,
            each(RESOURCE),
            turn=3,
        ),
        Caller(
            (release_orphan_of_job,),
            read_orphan_answer,
            orphan_client_of,
            _pods_of_jobs,
            turn=3,
        ),
    ),
    steps=(
        Steps((manage_job_pods, expire_job_expectations, end_job_backoff), each(RESOURCE)),
        Steps((exceed_job_deadline,), each(RESOURCE), when=_some_have_deadlines),
    ),
    needed=lambda plan: None if plan.objects(RESOURCE) else "there is no Job",
)
