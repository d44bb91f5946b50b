"""CronJobs: a Job each time that the schedule comes due, and what the policies make of one that still runs."""

import pytest

from kmodel.kubernetes.components.etcd import PODS, stored
from tests.components.runs import Run
from tests.components.scenes import ADMIN, apply, cronjob, delete, scene

ACTORS = ("cronjob-controller", "job-controller", "kubelet")
JOBS = stored("jobs")


def started(policy: str, actors: tuple[str, ...] = ACTORS, **spec: bool) -> Run:
    made = cronjob(policy=policy, **spec)  # type: ignore[arg-type]
    faults = {"cron-tick": 1}
    settings = scene(stored=(made,), names_per_workload=2, calls="fused", actors=actors, faults=faults)
    return Run.of(settings)


def due(run: Run) -> Run:
    name = "come_due" if run.can("come_due", cronjob="web") else "come_due_again"
    return run.take(name, cronjob="web").settle(without=("finish_container",))


def jobs(run: Run) -> dict[str, str]:
    return {name: job.phase for name in run.cluster.names(JOBS) if (job := run.cluster[JOBS[name]]) is not None}


def active(run: Run) -> list[str]:
    found = run.cluster[stored("cronjobs")["web"]]
    return [name for name, _ in found.status.active]


def test_nothing_happens_before_the_schedule_comes_due() -> None:
    assert jobs(started("Allow").settle()) == {}


@pytest.mark.parametrize(
    ("policy", "found"),
    [
        ("Allow", {"web-1": "Running", "web-2": "Running"}),
        ("Forbid", {"web-1": "Running"}),
        ("Replace", {"web-2": "Running"}),
    ],
)
def test_what_becomes_of_a_job_that_still_runs(policy: str, found: dict[str, str]) -> None:
    run = due(started(policy, (*ACTORS, "garbage-collector")))
    assert (jobs(run), active(run)) == ({"web-1": "Running"}, ["web-1"])
    again = due(run)
    assert (jobs(again), active(again)) == (found, list(found))
    pods = [name for name in again.cluster.names(PODS) if again.cluster[PODS[name]] is not None]
    assert pods == [f"{name}-b" for name in found]


def test_a_job_that_waited_starts_when_the_other_one_is_complete() -> None:
    run = due(due(started("Forbid"))).settle()
    assert (jobs(run), active(run)) == ({"web-1": "Complete", "web-2": "Complete"}, [])


def test_a_cronjob_that_is_suspended_starts_nothing() -> None:
    assert jobs(due(started("Allow", suspend=True))) == {}


def test_jobs_and_pods_go_with_their_cronjob() -> None:
    settings = scene(
        apply(cronjob()),
        delete("cronjobs/web"),
        names_per_workload=2,
        calls="fused",
        actors=(*ACTORS, "garbage-collector"),
    )
    run = due(Run.of(settings).user())
    assert jobs(run) == {"web-1": "Running"}
    gone = run.take("run_command", user=ADMIN).settle()
    assert jobs(gone) == {}
    assert not any(gone.cluster[PODS[name]] for name in gone.cluster.names(PODS))
