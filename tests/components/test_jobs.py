"""Jobs: how many pods run, how they are counted, how a Job ends, and what becomes of one that is made anew."""

from typing import Any

import attrs
import pytest

from kmodel.kernel import Cluster
from kmodel.kubernetes.components.controllers.expectations import Expectations
from kmodel.kubernetes.components.controllers.job_controller import JOB_EXPECTED
from kmodel.kubernetes.components.etcd import PODS, stored
from kmodel.kubernetes.components.settings import Command
from kmodel.kubernetes.objects import Job, JobStatus
from kmodel.kubernetes.objects.job import index_of
from kmodel.kubernetes.objects.patches import Scaled
from tests.components.runs import Run
from tests.components.scenes import ADMIN, apply, create, delete, job, scene

ACTORS = ("job-controller", "kubelet")
JOBS = stored("jobs")
WEB = JOBS["web"]


def started(*commands: Command, of: Job, names: int = 5, faults: dict[str, int] | None = None) -> Run:
    settings = scene(
        *commands, stored=(of,), names_per_workload=names, calls="fused", actors=ACTORS, faults=faults or {}
    )
    return Run.of(settings)


def status(run: Run) -> JobStatus:
    found: Job | None = run.cluster[WEB]
    assert found is not None
    return found.status


def most_active(run: Run) -> int:
    pods = [[step.after[PODS[name]] for name in step.after.names(PODS)] for step in run.steps]
    return max(sum(pod is not None and pod.active for pod in there) for there in pods)


@pytest.mark.parametrize(
    ("spec", "succeeded", "parallel"),
    [
        ({}, 1, 1),
        ({"completions": 3}, 3, 1),
        ({"completions": 3, "parallelism": 2}, 3, 2),
        ({"completions": 1, "parallelism": 3}, 1, 1),
        ({"parallelism": 2}, 2, 2),  # a work queue: complete once all pods have ended and one has succeeded
        ({"completions": 0}, 0, 0),
    ],
)
def test_a_job_is_complete_after_so_many_pods(spec: dict[str, Any], succeeded: int, parallel: int) -> None:
    run = started(of=job(**spec)).settle()
    found = status(run)
    assert (found.succeeded, found.failed, found.finished) == (succeeded, 0, "Complete")
    assert (found.active, found.uncounted) == (0, ())
    assert most_active(run) <= parallel
    assert status(started(of=job(**spec)).settle(without=("finish_container",))).active == parallel
    assert all(not pod.metadata.finalizers for name in run.cluster.names(PODS) if (pod := run.cluster[PODS[name]]))


def test_each_index_is_completed_once() -> None:
    run = started(of=job(completions=3, parallelism=2, mode="Indexed"), names=2).settle()
    assert (status(run).completed_indexes, status(run).succeeded, status(run).finished) == ((0, 1, 2), 3, "Complete")
    pods = {name: pod for name in run.cluster.names(PODS) if (pod := run.cluster[PODS[name]]) is not None}
    assert {name: index_of(pod) for name, pod in pods.items()} == {"web-0-b": 0, "web-1-b": 1, "web-2-b": 2}


@pytest.mark.parametrize(("limit", "failed", "finished"), [(1, 1, "Complete"), (0, 1, "Failed")])
def test_a_pod_that_fails_is_replaced_up_to_a_limit(limit: int, failed: int, finished: str) -> None:
    run = started(of=job(backoff_limit=limit), faults={"container-crash": 1})
    run = run.settle(without=("finish_container",), until=lambda cluster: _is_running(cluster, "web-b"))
    run = run.take("crash_container", node="n1", pod="web-b", container="main").settle()
    assert (status(run).failed, status(run).finished) == (failed, finished)


def _is_running(cluster: Cluster, name: str) -> bool:
    pod = cluster[PODS[name]]
    return pod is not None and pod.status.phase == "Running"


def test_after_a_failure_the_next_pod_waits_and_none_is_said_to_be_active() -> None:
    run = started(of=job(completions=2, parallelism=2), faults={"container-crash": 1})
    run = run.settle(without=("finish_container",), until=lambda cluster: _is_running(cluster, "web-b"))
    run = run.take("crash_container", node="n1", pod="web-b", container="main")
    run = run.settle(without=("finish_container", "end_job_backoff", "manage_job_pods"))
    assert (status(run).failed, status(run).active) == (1, 0)
    assert sum(pod.active for name in run.cluster.names(PODS) if (pod := run.cluster[PODS[name]])) == 1
    assert not run.can("manage_job_pods", job="web")
    assert status(run.settle(without=("finish_container",))).active == 2
    assert status(run.settle(without=("end_job_backoff",))).finished == "Complete"  # a success ends it, too


def test_a_pod_whose_container_has_ended_is_not_ready_and_goes_on_running_until_its_kubelet_ends_it() -> None:
    run = started(of=job()).settle(without=("finish_container",))
    pod = run.settle(without=("end_pod",)).cluster[PODS["web-b"]]
    assert pod is not None
    assert (pod.status.phase, pod.status.ready) == ("Running", False)


def test_under_on_failure_restarts_count() -> None:
    run = started(of=job(policy="OnFailure", backoff_limit=1), faults={"container-crash": 1})
    run = run.settle(without=("finish_container",), until=lambda cluster: _is_running(cluster, "web-b"))
    run = run.take("crash_container", node="n1", pod="web-b", container="main").settle(without=("finish_container",))
    assert (status(run).failed, status(run).finished) == (1, "Failed")


def test_a_job_that_is_suspended_has_no_pods_and_goes_on_when_it_is_resumed() -> None:
    run = started(apply(job(suspend=True)), apply(job()), of=job(completions=None, parallelism=None))
    run = run.settle(without=("finish_container",)).take("run_command", user=ADMIN)
    run = run.settle(without=("finish_container",))
    assert (status(run).suspended, status(run).active, status(run).failed, status(run).finished) == (True, 0, 0, None)
    after = run.user()
    assert (status(after).suspended, status(after).succeeded, status(after).finished) == (False, 1, "Complete")


def test_pods_go_with_their_job_though_they_have_a_finalizer() -> None:
    actors = (*ACTORS, "garbage-collector")
    settings = scene(delete("jobs/web"), stored=(job(),), names_per_workload=2, calls="fused", actors=actors)
    run = Run.of(settings).settle(without=("finish_container",)).user()
    assert run.cluster[WEB] is None
    assert not any(run.cluster[PODS[name]] for name in run.cluster.names(PODS))


def test_a_finished_job_is_deleted_after_its_pods_if_it_says_how_long_it_stays() -> None:
    actors = (*ACTORS, "garbage-collector", "ttl-after-finished-controller")
    settings = scene(stored=(job(ttl_seconds_after_finished=60),), names_per_workload=2, calls="fused", actors=actors)
    run = Run.of(settings).settle(without=("delete_finished_job",))
    assert status(run).finished == "Complete"
    run = run.settle(without=("collect",))
    assert (found := run.cluster[WEB]) is not None
    assert found.metadata.deleting
    run = run.settle()
    assert run.cluster[WEB] is None
    assert not any(run.cluster[PODS[name]] for name in run.cluster.names(PODS))


def test_a_job_is_not_deleted_before_it_has_finished() -> None:
    actors = (*ACTORS, "garbage-collector", "ttl-after-finished-controller")
    of = job(ttl_seconds_after_finished=0)
    run = Run.of(scene(stored=(of,), names_per_workload=2, calls="fused", actors=actors))
    assert not run.settle(without=("finish_container",)).can("delete_finished_job", job="web")


def test_the_deadline_of_a_job_passes_if_its_pod_cannot_run() -> None:
    settings = scene(
        stored=(job(node=None, memory_mib=9999, active_deadline_seconds=60),),
        names_per_workload=2,
        calls="fused",
        actors=(*ACTORS, "kube-scheduler"),
    )
    run = Run.of(settings).settle()
    assert (status(run).failed, status(run).finished) == (1, "Failed")
    assert not any(run.cluster[PODS[name]] for name in run.cluster.names(PODS))


def test_a_deadline_does_not_pass_while_all_goes_well() -> None:
    run = started(of=job(active_deadline_seconds=60)).settle(without=("finish_container",))
    assert not run.can("exceed_job_deadline", job="web")


def made_anew() -> Run:
    """Return the run in which a Job is made anew before its pod is seen: the pod is of another one [#142142]."""
    run = started(delete("jobs/web"), create(job()), of=job(), names=3)
    run = run.take("manage_job_pods", job="web").take("create_job_pod", job="web")
    run = run.take("run_command", user=ADMIN).take("run_command", user=ADMIN)
    for resource in ("jobs", "jobs", "pods"):
        run = run.take("receive_event", watcher="kube-controller-manager", resource=resource)
    return run


def test_a_job_made_anew_waits_for_what_the_old_one_expected() -> None:
    run = made_anew()
    assert run.cluster[JOB_EXPECTED["web"]] == Expectations(1)
    assert not run.can("manage_job_pods", job="web")
    waiting = run.settle(without=("expire_job_expectations",))
    assert status(waiting) == JobStatus()
    assert status(waiting.settle()).finished == "Complete"


def test_a_job_made_anew_gets_its_pods_where_expectations_go_with_the_old_one() -> None:
    run = made_anew()
    fixed = attrs.evolve(run, cluster=run.cluster.set(JOB_EXPECTED["web"], Expectations()))
    assert status(fixed.settle(without=("expire_job_expectations",))).finished == "Complete"


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        (job(), ""),
        (job(policy="Always"), 'valid values: "OnFailure", "Never"'),
        (job(parallelism=-1), "spec.parallelism: Invalid value"),
        (attrs.evolve(job(mode="Indexed"), completions=None), "spec.completions: Required value"),
    ],
)
def test_which_jobs_are_invalid(value: Job, wrong: str) -> None:
    found = list(value.errors())
    assert (not found) if not wrong else (wrong in found[0])


def test_a_job_cannot_be_scaled_as_a_deployment_can() -> None:
    assert Scaled(2).onto(job()) is None
