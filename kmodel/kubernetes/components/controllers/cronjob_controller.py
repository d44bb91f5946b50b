"""CronJob controller: a Job for each time that a schedule comes due, unless one still runs.

Models: the schedule as an environment, which comes due once at any time, and again as often as the fault `cron-tick`
may happen; the latest time that was missed, whose Job has a name that stands for it; Allow, Forbid (a Job waits until
none is in the list of the active ones) and Replace (the active ones are deleted first, in the background); the list of
active Jobs in the status, from which those go that have finished, or that neither the cache nor a live look shows; a
live look at the CronJob where the cache shows a Job that runs and is in no list; suspension. A Job that was created
before its controller died, or before its status was refused, is in no list until its creation is tried again and meets
it [jobAlreadyExists]; if the schedule has come due again by then, it never is.

Leaves out: starting deadlines, the limits of the history, time zones, lastSuccessfulTime. Under Replace the Jobs that
the cache shows are deleted, and the next one is created once the list is written without them: upstream looks each up
live, creates the next one in the same sync, and writes once.

Upstream: pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob, read at 67a06c20 and in 1.33 in the making (a fork
at 0b0abd6c), which do the same.
"""

from collections.abc import Iterator

import attrs

from kmodel.kernel import Cells, Cluster, Rank, transition
from kmodel.kubernetes.components.apiserver import answers_reads, read
from kmodel.kubernetes.components.apiserver.access import CONTROLLER_USER
from kmodel.kubernetes.components.calls import Request, clients, drop_answer, idle, received, send
from kmodel.kubernetes.components.component import NOTHING, Caller, Component, Fault, Memory, Steps, each
from kmodel.kubernetes.components.etcd import QUEUES, version
from kmodel.kubernetes.components.faults import FAULT, spend
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, all_in_cache, has_caught_up, in_cache, synced
from kmodel.kubernetes.objects import CRON_JOB, JOB, CronJob, CronJobStatus, Job, OwnerReference
from kmodel.kubernetes.objects.cronjob import FORBID, MOST_TIMES, REPLACE
from kmodel.kubernetes.objects.meta import key

ACTOR = CONTROLLER_MANAGER + "/cronjob"
USER = CONTROLLER_USER + "cronjob-controller"
RESOURCE = CRON_JOB.resource
TIMES_DUE: Cells[int] = Cells("cronjob/times due")  # how often the schedule has come due
EXISTS = 409
STARTED: Cells[str | None] = Cells("cronjob/started")  # the Job that was created and is in no list yet

client_of = clients(f"{ACTOR}/{{}}")  # by which the controller writes for one CronJob


@transition(actor="schedule", object="cronjob/{cronjob}", environment=True)
def come_due(cluster: Cluster, cronjob: str) -> Cluster | None:
    """The schedule of a CronJob comes due for the first time."""
    return None if cluster[TIMES_DUE[cronjob]] else cluster.set(TIMES_DUE[cronjob], 1)


@transition(actor=FAULT, object="cronjob/{cronjob}", environment=True)
def come_due_again(cluster: Cluster, cronjob: str) -> Cluster | None:
    """The schedule of a CronJob comes due again, whatever became of the last time."""
    times = cluster[TIMES_DUE[cronjob]]
    spent = spend(cluster, "cron-tick") if 0 < times < MOST_TIMES else None
    return None if spent is None else spent.set(TIMES_DUE[cronjob], times + 1)


def _job_of(cluster: Cluster, known: CronJob, name: str) -> Job | None:
    return in_cache(cluster, CONTROLLER_MANAGER, JOB, key(name, known.metadata.namespace))


def next_status(cluster: Cluster, known: CronJob) -> CronJobStatus:
    """Return the status of a CronJob: without Jobs that have finished or are gone, with the one that was created."""
    active = [(name, uid) for name, uid in known.status.active if _is_active(cluster, known, name, uid)]
    started = cluster[STARTED[known.metadata.key]]
    made = None if started is None else _job_of(cluster, known, started)
    if started is not None and made is None and _is_gone(cluster, known):
        return CronJobStatus(tuple(active), int(started.rpartition("-")[2]))
    if started is None or made is None or made.metadata.uid is None:
        return attrs.evolve(known.status, active=tuple(active))
    if not made.status.finished and (started, made.metadata.uid) not in active:
        active.append((started, made.metadata.uid))
    return CronJobStatus(tuple(active), int(started.rpartition("-")[2]))


def _is_active(cluster: Cluster, known: CronJob, name: str, uid: Rank) -> bool:
    """Tell whether a Job in the list may still run: one that the cache does not show is looked up, by its name."""
    job = _job_of(cluster, known, name)
    if job is None or job.metadata.uid != uid:
        return read(cluster, JOB, key(name, known.metadata.namespace)) is not None
    return not job.status.finished


def _is_gone(cluster: Cluster, known: CronJob) -> bool:
    """Tell whether a Job that was created, and that the cache does not show, was deleted meanwhile."""
    told = cluster.look(QUEUES[CONTROLLER_MANAGER, "jobs"], has_caught_up)
    return told and idle(cluster, client_of(known.metadata.key))


def _known(cluster: Cluster, cronjob: str) -> CronJob | None:
    """Return a CronJob in the cache, if its worker may write now."""
    if not idle(cluster, client_of(cronjob)) or not synced(cluster, CONTROLLER_MANAGER, RESOURCE, "jobs"):
        return None
    known = in_cache(cluster, CONTROLLER_MANAGER, CRON_JOB, cronjob)
    if known is None or (not answers_reads(cluster, client_of(cronjob)) and _has_to_look_up(cluster, known)):
        return None
    return _looked_up(cluster, known)


def _has_to_look_up(cluster: Cluster, known: CronJob) -> bool:
    """Tell whether the cache shows a Job that is not in the list, or does not show one that is."""
    listed = [(_job_of(cluster, known, name), uid) for name, uid in known.status.active]
    return any(_unlisted(cluster, known)) or any(job is None or job.metadata.uid != uid for job, uid in listed)


def _unlisted(cluster: Cluster, known: CronJob) -> Iterator[tuple[str, Rank | None]]:
    """Yield the Jobs of a CronJob that run and are not in its list."""
    for job in all_in_cache(cluster, CONTROLLER_MANAGER, JOB):
        owner, entry = job.metadata.owner, (job.metadata.name, job.metadata.uid)
        is_own = owner is not None and owner.uid == known.metadata.uid
        if is_own and not job.status.finished and entry not in known.status.active:
            yield entry


def _looked_up(cluster: Cluster, known: CronJob) -> CronJob:
    """Return a CronJob as it is stored, if a Job of it runs that is only in that one's list [inActiveList]."""
    for entry in _unlisted(cluster, known):
        live = read(cluster, CRON_JOB, known.metadata.key)
        if live is not None and live.metadata.uid == known.metadata.uid and entry in live.status.active:
            return live
    return known


def _due(cluster: Cluster, cronjob: str) -> CronJob | None:
    """Return a CronJob that was missed, and whose list of active Jobs is as it should be."""
    known = _known(cluster, cronjob)
    if known is None or known.metadata.deleting or known.suspend or cluster[STARTED[cronjob]] is not None:
        return None
    is_missed = cluster[TIMES_DUE[cronjob]] > known.status.last_scheduled
    return known if is_missed and next_status(cluster, known) == known.status else None


@transition(actor=ACTOR, object="cronjob/{cronjob}")
def start_job(cluster: Cluster, cronjob: str) -> Cluster | None:
    """Create the Job of the latest time that was missed, unless the policy lets it wait."""
    known = _due(cluster, cronjob)
    if known is None or known.metadata.uid is None or (known.status.active and known.policy in (FORBID, REPLACE)):
        return None
    made = known.made(cluster[TIMES_DUE[cronjob]])
    owner = OwnerReference(known.kind, cronjob, known.metadata.uid)
    body = attrs.evolve(made, metadata=attrs.evolve(made.metadata, owners=(owner,)))
    cluster = cluster.set(STARTED[cronjob], made.metadata.name)
    return send(cluster, client_of(cronjob), Request(USER, "create", "jobs", made.metadata.key, body))


@transition(actor=ACTOR, object="cronjob/{cronjob}")
def replace_job(cluster: Cluster, cronjob: str, job: str) -> Cluster | None:
    """Delete a Job that runs, since the next one is due."""
    known = _due(cluster, cronjob)
    if known is None or known.policy != REPLACE:
        return None
    for name, _ in known.status.active:
        found = _job_of(cluster, known, name)
        if found is not None and found.metadata.key == job and not found.metadata.deleting:
            request = Request(USER, "delete", "jobs", job, propagation="Background")
            return send(cluster, client_of(cronjob), request)
    return None


@transition(actor=ACTOR, object="cronjob/{cronjob}")
def update_cron_job_status(cluster: Cluster, cronjob: str) -> Cluster | None:
    """Write which Jobs run, and the time whose Job was started last."""
    known = _known(cluster, cronjob)
    status = None if known is None else next_status(cluster, known)
    if known is None or status is None or status == known.status:
        return None
    body = attrs.evolve(known, status=status)
    cluster = cluster.set(STARTED[cronjob], None)
    request = Request(USER, "update", RESOURCE, cronjob, body, "status", resource_version=version(known))
    return send(cluster, client_of(cronjob), request)


@transition(actor=ACTOR, object="cronjob/{cronjob}")
def read_cron_job_answer(cluster: Cluster, cronjob: str) -> Cluster | None:
    """Learn how a call went; a Job that was not created, and is not there, is started again."""
    response = received(cluster, client_of(cronjob))
    if response is not None and response.verb == "create" and not response.ok and response.code != EXISTS:
        cluster = cluster.set(STARTED[cronjob], None)
    return drop_answer(cluster, client_of(cronjob))


CRON_TICK = Fault("cron-tick", (Steps((come_due_again,), each(RESOURCE)),), hits=("cronjob-controller",))
COMPONENT = Component(
    "cronjob-controller",
    process=CONTROLLER_MANAGER,
    users={USER: frozenset({("create", "jobs"), ("delete", "jobs"), ("update", f"{RESOURCE}/status")})},
    watches=(RESOURCE, "jobs"),
    brings=("jobs",),
    memory=(
        Memory(TIMES_DUE, each(RESOURCE), 0, mentions=NOTHING, survives=True),
        Memory(STARTED, each(RESOURCE), None, mentions=NOTHING, holds_names=True),
    ),
    callers=(
        Caller(
            (start_job, replace_job, update_cron_job_status), read_cron_job_answer, client_of, each(RESOURCE), turn=3
        ),
    ),
    steps=(Steps((come_due,), each(RESOURCE)),),
    needed=lambda plan: None if plan.objects(RESOURCE) else "there is no CronJob",
    works_with=("job-controller",),
)
