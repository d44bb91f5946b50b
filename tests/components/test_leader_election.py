"""Several instances of a program: one leads, the others wait, and what a paused leader does when it goes on."""

import attrs
import pytest

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.results import Verdict
from kmodel.kubernetes.components.calls import CALLS, slot
from kmodel.kubernetes.components.etcd import QUEUES
from kmodel.kubernetes.components.informer import CONNECTIONS, cached
from kmodel.kubernetes.components.leader_election import (
    CANDIDATES,
    HOLDERS,
    LEADING,
    STANDBY,
    as_its_program,
    holder_of,
)
from kmodel.kubernetes.components.scheduler import ASSUMED, QUEUE, SCHEDULER, Assumed
from kmodel.kubernetes.objects import POD
from tests.components.runs import Run
from tests.components.scenes import ADMIN, create, node, pod, replicaset, scene
from tests.specs.mutants import SPECS, faithful

SECOND = "kube-scheduler-2"
TWO = scene(
    stored=(pod("left", memory_mib=600), pod("right", memory_mib=600)),
    nodes=(node(memory_mib=1024),),
    actors=("kube-scheduler",),
    calls="fused",
    schedulers=2,
    faults={"process-pause": 1},
)


SPLIT = attrs.evolve(TWO, calls="split")


def takes_over(run: Run, instance: str = SECOND) -> Run:
    """Return the run after an instance has taken the lease by a call."""
    client = f"{instance}/lease"
    run = run.take("ask_for_lease", instance=instance).take("handle", client=client).take("commit", client=client)
    return run.take("answer", client=client).take("read_lease_answer", instance=instance)


def test_a_lease_is_written_by_a_call_on_the_version_that_was_read() -> None:
    run = Run.of(SPLIT).take("pause_process", instance=SCHEDULER).take("ask_for_lease", instance=SECOND)
    run = run.take("handle", client=f"{SECOND}/lease").take("resume_process", instance=SCHEDULER)
    run = run.take("ask_to_renew", instance=SCHEDULER)
    for step in ("handle", "commit", "answer"):
        run = run.take(step, client=f"{SCHEDULER}/lease")
    run = run.take("commit", client=f"{SECOND}/lease").take("answer", client=f"{SECOND}/lease")
    run = run.take("read_lease_answer", instance=SECOND).take("read_lease_answer", instance=SCHEDULER)
    assert holder_of(run.cluster, SCHEDULER) == SCHEDULER
    assert run.cluster[CANDIDATES[SCHEDULER, SECOND]].state == STANDBY
    assert run.cluster[CANDIDATES[SCHEDULER, SCHEDULER]].state == LEADING
    assert not run.can("ask_for_lease", instance=SECOND)
    assert not run.can("ask_to_renew", instance=SCHEDULER)


def test_who_is_not_told_that_it_holds_the_lease_does_not_lead() -> None:
    run = Run.of(attrs.evolve(SPLIT, faults=(("scheduler-restart", 1), ("lost-answer", 1))))
    run = run.take("restart_instance", instance=SCHEDULER).take("ask_for_lease", instance=SECOND)
    run = run.take("handle", client=f"{SECOND}/lease").take("commit", client=f"{SECOND}/lease")
    assert not run.can("ask_for_lease", instance=SCHEDULER)  # the lease is new
    run = run.take("answer", client=f"{SECOND}/lease").take("lose_answer", client=f"{SECOND}/lease")
    run = run.take("read_lease_answer", instance=SECOND)
    assert holder_of(run.cluster, SCHEDULER) == SECOND
    assert run.cluster[CANDIDATES[SCHEDULER, SECOND]].state == STANDBY
    assert takes_over(run).cluster[CANDIDATES[SCHEDULER, SECOND]].state == LEADING
    assert holder_of(takes_over(run, SCHEDULER).cluster, SCHEDULER) == SCHEDULER


def test_a_release_may_be_late() -> None:
    run = Run.of(attrs.evolve(SPLIT, faults=(("scheduler-failover", 1),))).take("exit_leader", instance=SCHEDULER)
    late = slot(f"{SCHEDULER}/lease", 1)
    assert holder_of(run.cluster, SCHEDULER) == SCHEDULER
    run = run.take("handle", client=late).take("commit", client=late)
    assert holder_of(run.cluster, SCHEDULER) == ""
    assert takes_over(run).cluster[CANDIDATES[SCHEDULER, SECOND]].state == LEADING


def test_a_standby_does_nothing_until_it_leads() -> None:
    run = Run.of(TWO)
    assert run.can("schedule", pod="left", node="n1")
    assert not run.can("schedule", pod="left", node="n1", instance=SECOND)
    run = run.take("pause_process", instance=SCHEDULER)
    assert not run.can("schedule", pod="left", node="n1")
    run = run.take("see_lease_run_out", instance=SECOND).take("take_lease", instance=SECOND)
    assert run.can("schedule", pod="left", node="n1", instance=SECOND)
    assert run.cluster[HOLDERS[SCHEDULER]] == SECOND


def test_a_leader_that_renews_in_time_keeps_the_lease() -> None:
    run = Run.of(TWO).take("pause_process", instance=SCHEDULER).take("see_lease_run_out", instance=SECOND)
    run = run.take("resume_process", instance=SCHEDULER).take("renew_lease_of_leader", instance=SCHEDULER)
    run = run.take("take_lease", instance=SECOND)
    assert run.cluster[HOLDERS[SCHEDULER]] == SCHEDULER
    assert run.cluster[CANDIDATES[SCHEDULER, SECOND]].state == STANDBY


def test_a_leader_that_was_paused_binds_beside_its_successor_until_it_finds_out() -> None:
    run = Run.of(TWO).take("pause_process", instance=SCHEDULER).take("see_lease_run_out", instance=SECOND)
    run = run.take("take_lease", instance=SECOND).take("schedule", pod="left", node="n1", instance=SECOND)
    run = run.take("resume_process", instance=SCHEDULER)
    assert run.can("schedule", pod="right", node="n1")
    run = run.take("stop_leading", instance=SCHEDULER)
    assert run.cluster[QUEUES[SCHEDULER, "pods"]] is None
    run = run.take("list_and_watch", watcher=SCHEDULER, resource="pods")
    assert not run.can("schedule", pod="right", node="n1")


def test_a_controller_manager_lists_when_it_leads() -> None:
    run = Run.of(
        scene(
            stored=(replicaset(),),
            actors=("replicaset-controller",),
            calls="fused",
            controller_managers=2,
            faults={"process-pause": 1},
        )
    )
    second = "kube-controller-manager-2"
    assert run.cluster[QUEUES[second, "pods"]] is None
    assert not run.can("list_and_watch", watcher=second, resource="pods")
    run = run.take("pause_process", instance="kube-controller-manager")
    run = run.take("see_lease_run_out", instance=second).take("take_lease", instance=second)
    assert run.can("list_and_watch", watcher=second, resource="pods")


@pytest.mark.long
def test_a_change_of_leaders_overcommits_a_node_unless_the_new_one_waits_for_its_caches() -> None:
    crashes = attrs.evolve(TWO, faults=(("scheduler-restart", 1),))
    verdicts = {}
    for new_leader in ("at-once", "caught-up"):
        result = result_of(faithful(attrs.evolve(crashes, new_leader=new_leader), SPECS), Bounds(max_states=20_000))
        assert result.finished, result.stopped
        assert not result.failures
        verdicts[new_leader] = {finding.spec.name: finding.verdict for finding in result.findings}
    spec = "no_node_is_overcommitted"
    assert [verdicts[each][spec] for each in verdicts] == [Verdict.VIOLATED, Verdict.HOLDS]
    assert verdicts["at-once"]["at_most_one_instance_acts_as_leader"] is Verdict.HOLDS


def test_any_instance_may_restart_and_is_a_standby_then() -> None:
    run = Run.of(attrs.evolve(TWO, faults=(("scheduler-restart", 2),)))
    run = run.take("restart_instance", instance=SECOND)
    assert run.cluster[QUEUES[SECOND, "pods"]] is None
    assert run.can("schedule", pod="left", node="n1")
    run = run.take("restart_instance", instance=SCHEDULER)
    assert run.cluster[CANDIDATES[SCHEDULER, SCHEDULER]].state == STANDBY
    assert not run.can("restart_instance", instance=SECOND)


def test_a_scheduler_that_exits_releases_its_lease() -> None:
    run = Run.of(attrs.evolve(TWO, faults=(("scheduler-failover", 1),)))
    assert not run.can("exit_leader", instance=SECOND)
    run = run.take("exit_leader", instance=SCHEDULER).take("take_lease", instance=SECOND)
    assert run.cluster[HOLDERS[SCHEDULER]] == SECOND


def test_a_leader_that_cannot_renew_exits_and_nobody_takes_the_lease() -> None:
    faults = (("member-crash", 2), ("member-return", 1))
    run = Run.of(attrs.evolve(TWO, etcd_members=3, faults=faults))
    assert not run.can("stop_leading", instance=SCHEDULER)
    run = run.take("crash_member", member="etcd-2").take("crash_member", member="etcd-3")
    run = run.take("stop_leading", instance=SCHEDULER).take("see_lease_run_out", instance=SECOND)
    assert not run.can("take_lease", instance=SECOND)
    run = run.take("return_member", member="etcd-2")
    assert run.can("take_lease", instance=SECOND)


def test_to_specs_a_step_of_any_instance_is_one_of_its_program() -> None:
    run = takes_over(Run.of(SPLIT).take("pause_process", instance=SCHEDULER))
    run = run.take("schedule", pod="left", node="n1", instance=SECOND)
    step = as_its_program(run.steps[-1])
    assert step.action.actor == SCHEDULER
    assert step.before[QUEUE["left"]] == "active"
    assert isinstance(step.after[ASSUMED["left"]], Assumed)
    assert set(step.writes) == {ASSUMED["left"], QUEUE["left"], CALLS[f"{SCHEDULER}/left"]}
    committed = as_its_program(run.take("handle", client=f"{SECOND}/left").steps[-1])
    assert (committed.action.actor, committed.action.arguments) == ("kube-apiserver", {"client": f"{SCHEDULER}/left"})
    assert as_its_program(run.steps[0]) is run.steps[0]


def test_what_a_leader_had_asked_for_goes_on_after_it_had_to_exit() -> None:
    split = attrs.evolve(TWO, calls="split", etcd_members=3, faults=(("member-crash", 2), ("member-return", 1)))
    run = Run.of(split).take("schedule", pod="left", node="n1").take("handle", client=f"{SCHEDULER}/left")
    run = run.take("crash_member", member="etcd-2").take("crash_member", member="etcd-3")
    run = run.take("stop_leading", instance=SCHEDULER).take("return_member", member="etcd-3")
    assert run.can("commit", client=slot(f"{SCHEDULER}/left", 1))


def test_a_leader_that_is_cut_off_gets_nothing_through_and_stops_before_another_leads() -> None:
    three = attrs.evolve(
        TWO,
        calls="split",
        control_nodes=2,
        etcd_members=3,
        api_servers=2,
        watch_caches="prompt",
        faults=(("control-node-partition", 1),),
    )
    run = Run.of(three).take("cut_off_control_node", control_node="control-1")
    run = run.take("schedule", pod="left", node="n1")
    assert not run.can("handle", client=f"{SCHEDULER}/left")
    assert not run.can("ask_for_lease", instance=SECOND)
    run = run.take("stop_leading", instance=SCHEDULER)
    assert all(run.cluster[cell] is None for cell in run.cluster.layout.cells if cell.family == "calls")
    run = takes_over(run.take("elect_member", member="etcd-2"))
    assert holder_of(run.cluster, SCHEDULER) == SECOND
    assert not run.can("ask_for_lease", instance=SCHEDULER)
    for server in ("kube-apiserver-1", "kube-apiserver-2"):
        assert not run.can("list_from", watcher=SCHEDULER, resource="pods", server=server)
    run = run.take("reconnect_control_node", control_node="control-1")
    assert run.can("list_from", watcher=SCHEDULER, resource="pods", server="kube-apiserver-1")


def test_an_api_server_that_is_cut_off_answers_from_its_cache_until_it_is_restarted() -> None:
    settings = scene(
        create(pod(node="n1")),
        actors=("kubelet",),
        calls="fused",
        control_nodes=2,
        etcd_members=3,
        api_servers=2,
        first_list="any",
        faults={"control-node-partition": 1, "kubelet-restart": 1},
    )
    first, kubelet = "kube-apiserver-1", "kubelet/n1"
    run = Run.of(settings).take("cut_off_control_node", control_node="control-1").take("elect_member", member="etcd-2")
    run = run.take("run_command", user=ADMIN)
    assert run.cluster[CONNECTIONS[kubelet]] == first
    assert not run.can("update_watch_cache", server=first, resource="pods")
    there = {"watcher": kubelet, "resource": "pods"}
    run = run.take("restart_kubelet", node="n1").take("list_from", **there, server=first)
    assert run.cluster[cached(POD)[kubelet, "web"]] is None
    run = run.take("fail_liveness_probe", server=first)
    assert not run.can("list_from", **there, server=first)
    assert not run.can("fill_watch_cache", server=first, resource="pods")
    run = run.take("update_watch_cache", server="kube-apiserver-2", resource="pods")
    run = run.take("list_from", **there, server="kube-apiserver-2")
    assert run.cluster[cached(POD)[kubelet, "web"]] is not None
