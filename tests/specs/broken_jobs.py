"""Mutants of a Job's controller: it lets pods go uncounted, counts them twice, takes its word back, or never ends."""

from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster
from kmodel.kubernetes.components.calls import Request, idle, send
from kmodel.kubernetes.components.controllers.expectations import Expectations
from kmodel.kubernetes.components.controllers.job_controller import JOB_EXPECTED, RESOURCE, USER, client_of, known_job
from kmodel.kubernetes.components.etcd import PODS, stored, version
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, cached
from kmodel.kubernetes.objects import OwnerReference, Pod, PodStatus
from kmodel.kubernetes.objects.job import TRACKING
from kmodel.kubernetes.objects.kind import first, scope
from kmodel.kubernetes.objects.ownership import WithoutFinalizer
from tests.components.scenes import create, cronjob, delete, job, pod, scene
from tests.specs.bugs import hiding
from tests.specs.bugs_that_last import always, unless
from tests.specs.mutants import Function, Mutant

ALONE = ("job-controller",)


def of_job(name: str, phase: str) -> Pod:
    """Return a pod of the Job `web` that has finished and is not counted."""
    made = pod(name, node="n1", restart_policy="Never", status=PodStatus(phase, scheduled=True))
    owner = OwnerReference("Job", "web", first(scope("uid", "job", "web")))
    return attrs.evolve(made, metadata=attrs.evolve(made.metadata, owners=(owner,), finalizers=(TRACKING,)))


MAKES_ONE = scene(stored=(job(),), names_per_workload=3, actors=ALONE)
COUNTS = scene(stored=(job(), of_job("web-b", "Succeeded")), names_per_workload=2, actors=ALONE)
RUNS = scene(stored=(job(),), names_per_workload=2, calls="fused", actors=(*ALONE, "kubelet"))
DUE_TWICE = scene(
    stored=(cronjob(policy="Forbid"),),
    names_per_workload=2,
    calls="fused",
    actors=("cronjob-controller",),
    faults={"cron-tick": 1},
)
FITS_NOWHERE = scene(
    stored=(job(node=None, memory_mib=9999, active_deadline_seconds=60),),
    names_per_workload=2,
    calls="fused",
    actors=(*ALONE, "kubelet", "kube-scheduler"),
)
CLEANS_UP = scene(
    stored=(job(completions=0, ttl_seconds_after_finished=60),),
    calls="fused",
    actors=(*ALONE, "garbage-collector", "ttl-after-finished-controller"),
)
MADE_ANEW = scene(  # kubernetes/kubernetes#131917, #142142
    delete("jobs/web"), create(job()), stored=(job(),), names_per_workload=2, calls="fused", actors=ALONE
)


def lets_pods_go_at_once(release_job_pod: Function) -> Function:
    """The controller takes the finalizer off a pod that has finished, whether its UID is in the status or not."""

    def broken(cluster: Cluster, job: str, pod: str) -> Cluster | None:
        now = known_job(cluster, job)
        pods = () if now is None else now.pods
        known = next((each for each in pods if each.metadata.key == pod), None)
        if known is None or not known.terminal or TRACKING not in known.metadata.finalizers:
            return None
        if not idle(cluster, client_of(job)):
            return None
        request = Request(USER, "patch", "pods", pod, WithoutFinalizer(TRACKING), uid=known.metadata.uid)
        return send(cluster, client_of(job), request)

    return broken


@hiding
def takes_pods_for_released(cluster: Cluster, binding: dict[str, str]) -> dict[Cell[Any], Any]:
    """The controller counts pods as soon as their UIDs are in the status, before they have lost the finalizer."""
    now = known_job(cluster, binding["job"])
    hidden: dict[Cell[Any], Any] = {}
    for name in cluster.names(PODS):
        known = cluster[cached("pods")[CONTROLLER_MANAGER, name]]
        if now is not None and known is not None and known.metadata.uid in now.job.status.uncounted:
            bare = attrs.evolve(known, metadata=attrs.evolve(known.metadata, finalizers=()))
            hidden[cached("pods")[CONTROLLER_MANAGER, name]] = bare
    return hidden


def takes_it_back(update_job_status: Function) -> Function:
    """The controller looks at a Job that is finished as at any other one."""

    def broken(cluster: Cluster, job: str) -> Cluster | None:
        now = known_job(cluster, job)
        if now is None or not now.job.status.finished or not idle(cluster, client_of(job)):
            return update_job_status(cluster, job=job)
        status = attrs.evolve(now.job.status, coming=None, finished=None)
        body = attrs.evolve(now.job, status=status)
        request = Request(USER, "update", RESOURCE, job, body, "status", resource_version=version(now.job))
        return send(cluster, client_of(job), request)

    return broken


def expects_no_pods(manage_job_pods: Function) -> Function:
    """The controller trusts its cache at once, whatever it has asked for before."""

    def broken(cluster: Cluster, job: str) -> Cluster | None:
        return manage_job_pods(cluster.set(JOB_EXPECTED[job], Expectations()), job=job)

    return broken


@hiding
def overlooks_active_jobs(cluster: Cluster, binding: dict[str, str]) -> dict[Cell[Any], Any]:
    """The controller of a CronJob takes no Job for active."""
    cell = cached("cronjobs")[CONTROLLER_MANAGER, binding["cronjob"]]
    known = cluster[cell]
    cells = (cell, stored("cronjobs")[binding["cronjob"]])
    there = [(each, cluster[each]) for each in cells if known is not None]
    return {each: attrs.evolve(value, status=attrs.evolve(value.status, active=())) for each, value in there}


MUTANTS = (
    Mutant(
        "a_cronjob_runs_one_job_where_it_says_so",
        "the controller overlooks the Jobs that run",
        DUE_TWICE,
        (("start_job", overlooks_active_jobs),),
        6,
        "start_job",
    ),
    Mutant(
        "a_pod_of_a_job_is_counted_exactly_once",
        "a pod loses its finalizer before its UID is in the status",
        COUNTS,
        (("release_job_pod", lets_pods_go_at_once),),
        3,
        "commit",
    ),
    Mutant(
        "a_pod_of_a_job_is_counted_exactly_once",
        "a pod is counted while it has its finalizer",
        COUNTS,
        (("update_job_status", takes_pods_for_released),),
        9,
        "commit",
    ),
    Mutant(
        "a_finished_job_stays_finished",
        "the controller looks at a finished Job again",
        COUNTS,
        (("update_job_status", takes_it_back),),
        21,
        "commit",
    ),
    Mutant(
        "a_job_runs_no_more_pods_than_it_may",
        "the controller expects nothing",
        MAKES_ONE,
        (("manage_job_pods", expects_no_pods),),
        10,
        "commit",
    ),
)
STUCK = (
    Mutant(
        "a_job_comes_to_an_end",
        "no deadline ever passes",
        FITS_NOWHERE,
        (("exceed_job_deadline", unless(always)),),
        9,
        cycle=0,
    ),
    Mutant(
        "a_finished_job_is_cleaned_up",
        "nobody deletes a Job that has finished",
        CLEANS_UP,
        (("delete_finished_job", unless(always)),),
        4,
        cycle=0,
    ),
    Mutant(
        "a_job_comes_to_an_end",
        "no pod loses its finalizer",
        RUNS,
        (("release_job_pod", unless(always)),),
        14,
        cycle=0,
    ),
    Mutant(
        "a_job_has_the_pods_that_it_wants",
        "what a Job expected that was made anew never expires",
        MADE_ANEW,
        (("expire_job_expectations", unless(always)),),
        9,
        cycle=0,
    ),
)
