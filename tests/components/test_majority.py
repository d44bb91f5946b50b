"""etcd without a majority: writes that time out, and members whose disks are slow."""

from kmodel.kubernetes.components.calls import CALLS, TIMEOUT, Response, slot
from kmodel.kubernetes.components.etcd import PODS
from kmodel.kubernetes.components.kubectl import KUBECTL as KUBECTL_SESSIONS
from kmodel.kubernetes.components.kubectl import SessionState
from kmodel.kubernetes.components.quorum import LEADER, MEMBERS
from tests.components.runs import KUBECTL, Run
from tests.components.scenes import ADMIN, apply, create, pod, scene

TWO_CRASH = scene(create(pod()), actors=(), etcd_members=3, faults={"member-crash": 2, "member-return": 1})
LATE = slot(KUBECTL, 1)


def without_a_majority() -> Run:
    """Return the run in which a create is under way to etcd, and two of its three members have gone down."""
    run = Run.of(TWO_CRASH).take("run_command", user=ADMIN).take("handle", client=KUBECTL)
    assert not run.can("time_out", client=KUBECTL)
    return run.take("crash_member", member="etcd-2").take("crash_member", member="etcd-3")


def told(run: Run) -> object:
    """Return what the client has been told, but for the time that it took."""
    heard = run.cluster[CALLS[KUBECTL]]
    return (heard.code, heard.reason) if isinstance(heard, Response) else heard


def test_a_write_that_has_timed_out_may_be_carried_out_or_lost_and_its_client_cannot_tell() -> None:
    late = without_a_majority().take("time_out", client=KUBECTL)
    lost = without_a_majority().take("time_out_for_good", client=KUBECTL)
    assert told(late) == told(lost) == (TIMEOUT, "Timeout")
    assert not late.can("commit", client=LATE)
    late, lost = (run.take("return_member", member="etcd-2") for run in (late, lost))
    assert not lost.can("commit", client=LATE)
    late = late.take("commit", client=LATE).take("answer", client=LATE)
    assert late.cluster[PODS["web"]] is not None
    assert late.cluster[CALLS[LATE]] is None
    assert lost.cluster[PODS["web"]] is None


def test_no_second_write_of_a_client_is_left_under_way() -> None:
    run = Run.of(scene(create(pod("a")), create(pod("b")), actors=(), etcd_members=3, faults={"member-crash": 2}))
    run = run.take("run_command", user=ADMIN).take("handle", client=KUBECTL)
    run = run.take("crash_member", member="etcd-2").take("crash_member", member="etcd-3")
    run = run.take("time_out", client=KUBECTL).take("read_answer", user=ADMIN)
    run = run.take("run_command", user=ADMIN).take("handle", client=KUBECTL)
    assert not run.can("time_out", client=KUBECTL)
    assert run.can("time_out_for_good", client=KUBECTL)


def test_a_member_whose_disk_is_slow_lacks_what_is_written_and_catches_up() -> None:
    run = Run.of(scene(create(pod()), actors=(), etcd_members=3, faults={"slow-disk": 2}))
    run = run.take("slow_down_disk", member="etcd-3").take("run_command", user=ADMIN)
    for name in ("handle", "commit", "answer"):
        run = run.take(name, client=KUBECTL)
    assert [run.cluster[MEMBERS[f"etcd-{number}"]].has_all for number in (1, 2, 3)] == [True, True, False]
    assert not run.can("catch_up", member="etcd-3")
    run = run.take("write_at_last", member="etcd-3").take("catch_up", member="etcd-3")
    assert run.cluster[MEMBERS["etcd-3"]].has_all


def test_a_leader_whose_disk_is_slow_leads_no_more_and_a_majority_that_needs_it_acknowledges_late() -> None:
    run = Run.of(scene(create(pod()), actors=(), etcd_members=3, faults={"slow-disk": 2}))
    run = run.take("slow_down_disk", member="etcd-1")
    assert run.cluster[LEADER] is None
    assert not run.can("elect_member", member="etcd-1")
    run = run.take("elect_member", member="etcd-2").take("run_command", user=ADMIN).take("handle", client=KUBECTL)
    assert run.can("commit", client=KUBECTL)
    run = run.take("slow_down_disk", member="etcd-3")
    assert not run.can("commit", client=KUBECTL)
    assert run.take("write_at_last", member="etcd-1").can("commit", client=KUBECTL)


def test_a_command_that_reads_first_fails_while_no_majority_confirms_what_it_reads() -> None:
    run = Run.of(scene(apply(pod()), apply(pod()), actors=(), etcd_members=3, faults={"member-crash": 1}))
    run = run.take("crash_member", member="etcd-1").take("run_command", user=ADMIN)
    assert run.cluster[KUBECTL_SESSIONS[ADMIN]] == SessionState(1, "ready", TIMEOUT)
    assert run.cluster[CALLS[KUBECTL]] is None
    run = run.take("elect_member", member="etcd-2").take("run_command", user=ADMIN)
    assert run.cluster[KUBECTL_SESSIONS[ADMIN]].doing == "asked"


def test_who_looks_at_what_is_stored_waits_for_a_majority() -> None:
    reported = scene(stored=(pod(node="n1"),), actors=("kubelet",), etcd_members=3, faults={"member-crash": 1})
    run = Run.of(reported).settle(without=("report_status",))
    assert run.can("report_status", node="n1", pod="web")
    run = run.take("crash_member", member="etcd-1")
    assert not run.can("report_status", node="n1", pod="web")
    assert run.take("elect_member", member="etcd-2").can("report_status", node="n1", pod="web")
