"""Faults: only those that have a budget, as often as it says, and what each takes away."""

import pytest

from kmodel.kubernetes.components.calls import CALLS, TIMEOUT, Request, Response, Transaction, slot
from kmodel.kubernetes.components.controllers.replicaset_controller import EXPECTATIONS
from kmodel.kubernetes.components.etcd import QUEUES, Closed, stored
from kmodel.kubernetes.components.faults import BUDGET
from kmodel.kubernetes.components.informer import CONNECTIONS, cached
from kmodel.kubernetes.components.runtime import RUNTIME, Sandbox
from kmodel.kubernetes.components.scheduler import ASSUMED, QUEUE, client_of
from tests.components.runs import KUBECTL, Run
from tests.components.scenes import ADMIN, create, delete, node, pod, replicaset, scene

NODES, PODS = stored("nodes"), stored("pods")
BOUND = pod(node="n1")


def test_nothing_goes_wrong_unless_the_scenario_says_so() -> None:
    run = Run.of(scene(create(pod()), stored=(replicaset(),)))
    assert not [action for action in run.actions if action.actor == "fault"]


@pytest.mark.parametrize("budget", [1, 3])
def test_a_fault_happens_as_often_as_its_budget_says(budget: int) -> None:
    run = Run.of(scene(stored=(BOUND,), faults={"container-crash": budget})).settle()
    crash = {"node": "n1", "pod": "web", "container": "main"}
    for left in reversed(range(budget)):
        run = run.take("crash_container", **crash).settle()
        assert run.cluster[BUDGET["container-crash"]] == left
    assert not run.can("crash_container", **crash)
    assert run.cluster[PODS["web"]].status.restarts == budget


def test_only_a_running_container_crashes() -> None:
    run = Run.of(scene(stored=(BOUND,), faults={"container-crash": 1}))
    assert not run.can("crash_container", node="n1", pod="web", container="main")
    run = run.take("admit_pod", node="n1", pod="web").take("create_containers", node="n1", pod="web")
    assert not run.can("crash_container", node="n1", pod="web", container="main")


@pytest.mark.parametrize(("fault", "stored_after"), [("lost-request", False), ("lost-answer", True)])
def test_the_caller_cannot_tell_a_lost_request_from_a_lost_answer(fault: str, stored_after: bool) -> None:
    run = Run.of(scene(create(BOUND), faults={fault: 1})).take("run_command", user=ADMIN)
    if fault == "lost-answer":
        for name in ("handle", "commit", "answer"):
            run = run.take(name, client=KUBECTL)
    run = run.take(fault.replace("lost-", "lose_"), client=KUBECTL)
    heard = run.cluster[CALLS[KUBECTL]]
    assert heard == Response(TIMEOUT, "Timeout", "create", "pods", heard.key if isinstance(heard, Response) else "")
    assert (run.cluster[PODS["web"]] is not None) is stored_after


def test_a_scheduler_that_restarts_forgets_all_while_its_binding_goes_on() -> None:
    run = Run.of(scene(stored=(pod(),), actors=("kube-scheduler",), faults={"scheduler-restart": 1}))
    run = run.take("schedule", pod="web", node="n1").take("restart_scheduler")
    assert run.cluster[ASSUMED["web"]] is None
    assert run.cluster[QUEUE["web"]] is None
    assert run.cluster[cached("pods")["kube-scheduler", "web"]] is None
    assert run.cluster[CALLS[client_of("web")]] is None
    assert run.cluster[CALLS[slot(client_of("web"), 1)]] is not None
    run = run.settle()
    assert run.cluster[PODS["web"]].spec.node_name == "n1"
    assert all(run.cluster[cell] is None for cell in run.cluster.layout.cells if cell.family == "calls")


def test_a_controller_manager_that_restarts_lists_again() -> None:
    run = Run.of(scene(stored=(replicaset(),), actors=("replicaset-controller",), faults={"controller-restart": 1}))
    run = run.settle().take("restart_controller_manager")
    assert run.cluster[cached("pods")["kube-controller-manager", "web-b"]] is None
    assert not run.can("reconcile", kind="replicaset", name="web")  # it has not listed yet
    run = run.settle()
    assert run.cluster[cached("pods")["kube-controller-manager", "web-b"]] == run.cluster[PODS["web-b"]]
    assert run.cluster[PODS["web-c"]] is None


def test_a_standby_of_the_scheduler_knows_as_much_and_assumes_nothing() -> None:
    run = Run.of(
        scene(stored=(pod(), pod("other")), actors=("kube-scheduler",), faults={"scheduler-failover": 1})
    ).take("schedule", pod="web", node="n1")
    known = run.cluster[cached("pods")["kube-scheduler", "web"]]
    run = run.take("fail_over_scheduler")
    assert known is not None
    assert run.cluster[cached("pods")["kube-scheduler", "web"]] == known
    assert run.cluster[ASSUMED["web"]] is None
    assert {run.cluster[QUEUE[name]] for name in ("web", "other")} == {"active"}
    assert run.cluster[CALLS[slot(client_of("web"), 1)]] is not None


def test_a_standby_of_the_controller_manager_knows_as_much_and_expects_nothing() -> None:
    run = Run.of(scene(stored=(replicaset(),), actors=("replicaset-controller",), faults={"controller-failover": 1}))
    run = run.take("reconcile", kind="replicaset", name="web").take("create_pod", kind="replicaset", name="web")
    run = run.take("fail_over_controller_manager")
    assert run.cluster[cached("replicasets")["kube-controller-manager", "web"]] is not None
    assert run.cluster[EXPECTATIONS["replicaset", "web"]].fulfilled
    assert run.can("reconcile", kind="replicaset", name="web")


def test_a_container_that_could_not_be_started_has_ended_and_is_started_again() -> None:
    run = Run.of(scene(stored=(BOUND,), faults={"failed-start": 1}))
    run = run.take("admit_pod", node="n1", pod="web").take("create_containers", node="n1", pod="web")
    run = run.take("fail_to_start_container", node="n1", pod="web")
    sandbox = run.cluster[RUNTIME["n1", "web"]]
    assert sandbox is not None
    assert [(each.state, each.exit_code) for each in sandbox.containers] == [("exited", 128)]
    run = run.settle()
    assert (run.cluster[PODS["web"]].status.phase, run.cluster[PODS["web"]].status.restarts) == ("Running", 1)


def test_a_container_whose_image_cannot_be_pulled_never_starts_and_its_pod_can_be_deleted() -> None:
    run = Run.of(scene(delete("pods/web"), stored=(BOUND,), faults={"failed-image-pull": 1}))
    run = run.take("admit_pod", node="n1", pod="web").take("create_containers", node="n1", pod="web")
    run = run.take("fail_to_pull_image", node="n1", pod="web", container=BOUND.spec.containers[0].name)
    assert not run.can("start_container", node="n1", pod="web")
    status = run.settle(without=("run_command",)).cluster[PODS["web"]].status
    assert (status.phase, status.reason) == ("Pending", "ImagePullBackOff")
    assert run.take("run_command", user=ADMIN).settle().cluster[PODS["web"]] is None


def test_a_call_that_was_given_up_may_be_carried_out_after_the_next() -> None:
    run = Run.of(scene(create(BOUND), delete("pods/web", grace_seconds=0), create(BOUND), faults={"late-call": 1}))
    run = run.take("run_command", user=ADMIN).take("give_up_call", client=KUBECTL)
    heard, late = run.cluster[CALLS[KUBECTL]], slot(KUBECTL, 1)
    assert isinstance(heard, Response)
    assert heard.code == TIMEOUT
    assert run.cluster[PODS["web"]] is None
    for name in ("handle", "commit", "answer"):
        run = run.take(name, client=late)
    assert run.cluster[PODS["web"]] is not None
    assert run.cluster[CALLS[late]] is None


def test_an_api_server_that_restarts_closes_all_watches_and_loses_no_call() -> None:
    run = Run.of(scene(create(BOUND), faults={"apiserver-restart": 1})).take("run_command", user=ADMIN)
    run = run.take("restart_apiserver")
    assert run.cluster[CALLS[KUBECTL]] is not None
    assert run.cluster[QUEUES["kubelet/n1", "pods"]] is Closed.WATCH
    run = run.settle()
    assert run.cluster[QUEUES["kubelet/n1", "pods"]] == ()
    assert run.cluster[PODS["web"]].status.ready


def is_stopping(sandbox: Sandbox | None) -> bool:
    return sandbox is not None and sandbox.any_in("stopping")


def test_a_container_that_is_told_to_stop_may_end_well() -> None:
    run = Run.of(scene(delete("pods/web"), stored=(BOUND,), faults={"container-exit": 1})).settle()
    run = run.take("run_command", user=ADMIN)
    run = run.settle(until=lambda cluster: is_stopping(cluster[RUNTIME["n1", "web"]]))
    run = run.take("exit_container", node="n1", pod="web", container="main")
    run = run.settle(until=lambda cluster: cluster[PODS["web"]].terminal)
    assert run.cluster[PODS["web"]].status.phase == "Succeeded"
    assert run.settle().cluster[PODS["web"]] is None


@pytest.mark.parametrize(("nodes", "effects"), [(1, []), (2, ["NoExecute", "NoSchedule"])])
def test_a_taint_that_keeps_pods_off_is_not_tried_again_before_something_of_its_node_changes(
    nodes: int, effects: list[str]
) -> None:
    settings = scene(
        nodes=(node(), node("n2"))[:nodes],  # the NoExecute taint, which the only node does not get, is a change, too
        actors=("kubelet", "node-lifecycle-controller"),
        faults={"node-crash": 1, "node-restart": 1, "lost-request": 1},
    )
    client = "kube-controller-manager/node-lifecycle/n1"
    run = Run.of(settings).take("crash_node", node="n1")
    run = run.settle(until=lambda cluster: isinstance(call := cluster[CALLS[client]], Request) and call.verb == "patch")
    run = run.take("lose_request", client=client).settle()
    assert [taint.effect for taint in run.cluster[NODES["n1"]].spec.taints] == effects
    assert not run.take("restart_node", node="n1").settle().cluster[NODES["n1"]].spec.taints


def test_what_an_api_server_that_dies_had_not_handled_is_lost() -> None:
    run = Run.of(scene(create(BOUND), faults={"apiserver-crash": 1})).take("run_command", user=ADMIN)
    run = run.take("crash_apiserver")
    heard = run.cluster[CALLS[KUBECTL]]
    assert isinstance(heard, Response)
    assert heard.code == TIMEOUT
    assert run.cluster[QUEUES["kubelet/n1", "pods"]] is Closed.WATCH
    assert run.settle().cluster[PODS["web"]] is None


def test_what_an_api_server_that_dies_has_asked_etcd_for_is_carried_out_and_not_answered() -> None:
    run = Run.of(scene(create(BOUND), faults={"apiserver-crash": 1})).take("run_command", user=ADMIN)
    run = run.take("handle", client=KUBECTL).take("crash_apiserver")
    heard, late = run.cluster[CALLS[KUBECTL]], slot(KUBECTL, 1)
    assert isinstance(heard, Response)
    assert heard.code == TIMEOUT
    run = run.take("commit", client=late).take("answer", client=late)
    assert run.cluster[PODS["web"]] is not None
    assert run.cluster[CALLS[late]] is None


def test_nobody_tries_again_what_an_api_server_that_died_had_asked_for_on_an_old_version() -> None:
    replaced = scene(delete("pods/web", grace_seconds=0), stored=(BOUND,), faults={"apiserver-crash": 1})
    run = Run.of(replaced).take("run_command", user=ADMIN).take("handle", client=KUBECTL)
    run = run.take("crash_apiserver").settle(without=("etcd",))
    late, kubelet = slot(KUBECTL, 1), "kubelet/n1/web"
    assert isinstance(run.cluster[CALLS[kubelet]], Transaction)
    run = run.take("commit", client=kubelet).take("commit", client=late).take("answer", client=late)
    assert run.cluster[CALLS[late]] is None
    assert run.cluster[PODS["web"]] is not None


def test_of_several_api_servers_one_dies_with_its_own_connections() -> None:
    two = scene(create(BOUND), api_servers=2, faults={"apiserver-crash": 1})
    run = Run.of(two).take("run_command", user=ADMIN)
    assert run.cluster[CONNECTIONS["kubelet/n1"]] == "kube-apiserver-1"
    alone = run.take("crash_one_apiserver", server="kube-apiserver-1")
    assert alone.cluster[CONNECTIONS["kubelet/n1"]] is None
    assert isinstance(alone.cluster[CALLS[KUBECTL]], Request)
    for server in ("kube-apiserver-1", "kube-apiserver-2"):
        hit = run.take("crash_apiserver_of", server=server, client=KUBECTL)
        assert isinstance(hit.cluster[CALLS[KUBECTL]], Response)
    assert not run.can("crash_apiserver_of", server="kube-apiserver-1", client="kubelet/n1/web")
    # Its caches are to be filled before it answers lists again.
    there = {"watcher": "kubelet/n1", "resource": "pods", "server": "kube-apiserver-1"}
    assert not alone.can("list_from", **there)
    assert alone.take("fill_watch_cache", server="kube-apiserver-1", resource="pods").can("list_from", **there)
