"""The controllers and kube-proxy: replicas and expectations, silent nodes, endpoints, and routing."""

from typing import Any

import pytest
from attrs import evolve

from kmodel.kubernetes.components.apiserver.admission import UNREACHABLE
from kmodel.kubernetes.components.calls import TIMEOUT, Response
from kmodel.kubernetes.components.controllers.expectations import Expectations
from kmodel.kubernetes.components.controllers.node_lifecycle import CORDONED, HEALTH
from kmodel.kubernetes.components.controllers.replicaset_controller import EXPECTATIONS, ROUND, Round
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.components.informer import cached
from kmodel.kubernetes.components.proxy import RULES
from kmodel.kubernetes.objects import NodeSpec, PodStatus, Taint
from tests.components.runs import Run
from tests.components.scenes import delete, node, pod, replicaset, scene, service

PODS, NODES = stored("pods"), stored("nodes")
WEB = {"kind": "replicaset", "name": "web"}
CONTROLLER = "kube-controller-manager/replicaset/web"
ALONE = ("replicaset-controller",)
CREATED = ("handle", "commit", "answer")


def active(run: Run) -> list[str]:
    pods = [run.cluster[PODS[name]] for name in run.cluster.names(PODS)]
    return [value.metadata.name for value in pods if value is not None and value.active]


@pytest.mark.parametrize("kind", ["ReplicaSet", "ReplicationController"])
@pytest.mark.parametrize("replicas", [0, 1, 3])
def test_as_many_pods_are_made_as_are_wanted(kind: str, replicas: int) -> None:
    run = Run.of(scene(stored=(replicaset(replicas=replicas, kind=kind),), names_per_workload=4, actors=ALONE)).settle()
    assert len(active(run)) == replicas
    owners = {run.cluster[PODS[name]].metadata.owner.kind for name in active(run)}
    assert owners == ({kind} if replicas else set())


def test_what_was_asked_for_is_expected_until_the_cache_shows_it() -> None:
    run = Run.of(scene(stored=(replicaset(),), actors=ALONE)).take("reconcile", **WEB)
    assert run.cluster[ROUND["replicaset", "web"]] == Round(creations=1)
    assert run.cluster[EXPECTATIONS["replicaset", "web"]] == Expectations(creations=1)
    run = run.take("create_pod", **WEB)
    for name in CREATED:
        run = run.take(name, client=CONTROLLER)
    run = run.take("read_pod_answer", **WEB)
    assert active(run) == ["web-b"]
    assert not run.can("reconcile", **WEB)  # the cache does not show the pod yet
    run = run.take("receive_event", watcher="kube-controller-manager", resource="pods")
    assert run.cluster[EXPECTATIONS["replicaset", "web"]] == Expectations()
    assert not run.can("reconcile", **WEB)  # and now it has all that it wants


def test_a_creation_that_failed_is_not_expected_any_more() -> None:
    run = Run.of(scene(stored=(replicaset(replicas=2),), actors=ALONE, faults={"lost-request": 1}))
    run = run.take("reconcile", **WEB).take("create_pod", **WEB).take("lose_request", client=CONTROLLER)
    run = run.take("read_pod_answer", **WEB)
    assert run.cluster[EXPECTATIONS["replicaset", "web"]] == Expectations()
    assert run.cluster[ROUND["replicaset", "web"]] == Round()
    assert len(active(run.settle())) == 2


def test_an_answer_that_is_lost_tells_neither_success_nor_name() -> None:
    run = Run.of(scene(stored=(replicaset(),), actors=ALONE, faults={"lost-answer": 1}))
    run = run.take("reconcile", **WEB).take("create_pod", **WEB)
    for name in CREATED:
        run = run.take(name, client=CONTROLLER)
    step = run.step("lose_answer", client=CONTROLLER)
    assert step is not None
    (lost,) = (step.after[cell] for cell in step.writes if cell.family == "calls")
    assert isinstance(lost, Response)
    assert (lost.code, lost.key) == (TIMEOUT, "")


def test_a_surplus_is_deleted_unready_pods_first() -> None:
    workload = replicaset(replicas=1)
    run = Run.of(scene(stored=(replicaset(replicas=2),), names_per_workload=3, actors=ALONE)).settle()
    ready = PodStatus("Running", ready=True)
    first, second = active(run)
    cluster: Any = run.cluster
    for name, node_name, status in ((first, None, PodStatus()), (second, "n1", ready)):
        value = cluster[PODS[name]]
        changed = evolve(value, spec=evolve(value.spec, node_name=node_name), status=status)
        cluster = cluster.set(PODS[name], changed)
    for name in (first, second):
        cluster = cluster.set(cached("pods")["kube-controller-manager", name], cluster[PODS[name]])
    held = cluster[cached("replicasets")["kube-controller-manager", "web"]]
    fewer = evolve(held, replicas=workload.replicas)
    cluster = cluster.set(cached("replicasets")["kube-controller-manager", "web"], fewer)
    run = evolve(run, cluster=cluster)
    assert not run.can("scale_down", **WEB, pod=second)
    run = run.take("scale_down", **WEB, pod=first)
    assert run.cluster[ROUND["replicaset", "web"]].deletions == (first,)
    assert run.cluster[EXPECTATIONS["replicaset", "web"]].deletions == (first,)


def test_a_pod_that_is_going_away_does_not_count() -> None:
    run = Run.of(scene(delete("pods/web-b"), stored=(replicaset(node="n1"),), names_per_workload=2)).settle()
    assert active(run) == ["web-b"]
    run = run.take("run_command", user="admin").settle(without=("kubelet", "container-runtime"))
    assert run.cluster[PODS["web-b"]].metadata.deleting
    assert active(run) == ["web-c"]


def silent() -> Run:
    settings = scene(stored=(pod(node="n1"),), nodes=2, faults={"node-crash": 1, "node-restart": 1})
    return Run.of(settings).take("crash_node", node="n1")


def quiet(run: Run) -> Run:
    """Return the run after the controller has noticed that n1 is silent."""
    return run.settle(without=("renew_lease",))


def test_a_silent_node_becomes_unknown_and_is_tainted() -> None:
    run = silent()
    run = run.take("check_heartbeat", node="n1").take("mark_unknown", node="n1")
    for name in CREATED:
        run = run.take(name, client="kube-controller-manager/node-lifecycle/n1")
    assert run.cluster[NODES["n1"]].status.ready == "Unknown"
    assert run.cluster[NODES["n1"]].spec.taints == ()
    run = quiet(run)
    effects = {(taint.key, taint.effect) for taint in run.cluster[NODES["n1"]].spec.taints}
    assert effects == {(UNREACHABLE, "NoSchedule"), (UNREACHABLE, "NoExecute")}
    assert run.cluster[PODS["web"]].spec.node_name == "n1"  # the pod stays bound to it


def test_a_cordoned_node_is_tainted_and_an_uncordoned_one_is_not() -> None:
    cordoned = evolve(node(), spec=NodeSpec(unschedulable=True))
    run = Run.of(scene(nodes=(cordoned,), actors=("kubelet", "node-lifecycle-controller"))).settle()
    assert run.cluster[NODES["n1"]].spec.taints == (Taint(CORDONED),)
    was_cordoned = evolve(node(), spec=NodeSpec(taints=(Taint("own"), Taint(CORDONED))))
    run = Run.of(scene(nodes=(was_cordoned,), actors=("kubelet", "node-lifecycle-controller"))).settle()
    assert run.cluster[NODES["n1"]].spec.taints == (Taint("own"),)


def test_the_pods_of_a_silent_node_are_marked_and_its_kubelet_sets_them_ready_again() -> None:
    alone = ("kubelet", "node-lifecycle-controller")
    settings = scene(stored=(pod(node="n1"),), actors=alone, faults={"network-partition": 1})
    run = Run.of(settings).settle()
    status = run.cluster[PODS["web"]].status
    run = run.take("cut_off_node", node="n1").settle()
    assert run.cluster[PODS["web"]].status == evolve(status, ready=False)
    run = run.take("reconnect_node", node="n1").settle()
    assert run.cluster[PODS["web"]].status == status


def test_a_node_that_is_heard_of_again_is_ready_and_untainted() -> None:
    run = quiet(silent().take("check_heartbeat", node="n1")).take("restart_node", node="n1")
    run = run.take("renew_lease", node="n1")
    for name in CREATED:
        run = run.take(name, client="kubelet/n1 lease")
    while run.can("receive_event", watcher="kube-controller-manager", resource="leases"):
        run = run.take("receive_event", watcher="kube-controller-manager", resource="leases")
    run = run.take("check_heartbeat", node="n1")
    assert run.cluster[HEALTH["n1"]].missed == 0
    run = run.settle(without=("renew_lease", "check_heartbeat"))
    assert run.cluster[NODES["n1"]].status.ready == "True"
    assert run.cluster[NODES["n1"]].spec.taints == ()


@pytest.mark.parametrize("missed", [1, 3])
def test_as_many_checks_must_be_missed_as_the_scenario_says(missed: int) -> None:
    settings = scene(stored=(pod(node="n1"),), missed_heartbeats=missed, faults={"node-crash": 1})
    run = Run.of(settings).take("crash_node", node="n1")
    for _ in range(missed):
        assert not run.can("mark_unknown", node="n1")
        run = run.take("check_heartbeat", node="n1")
    assert run.can("mark_unknown", node="n1")
    assert not run.can("check_heartbeat", node="n1")


def test_a_renewal_that_is_seen_clears_what_was_missed() -> None:
    run = Run.of(scene(stored=(pod(node="n1"),), missed_heartbeats=2, faults={"late-heartbeat": 1}))
    assert not run.can("check_heartbeat", node="n1")
    run = run.take("delay_heartbeat", node="n1").take("renew_lease", node="n1")
    for name in CREATED:
        run = run.take(name, client="kubelet/n1 lease")
    run = run.take("receive_event", watcher="kube-controller-manager", resource="leases")
    assert run.take("check_heartbeat", node="n1").cluster[HEALTH["n1"]].missed == 0


SERVED = scene(
    stored=(service(), pod("ready", node="n1", status=PodStatus("Running", ready=True)), pod("unready", node="n1")),
    nodes=(node("n1"), node("n2")),
    actors=("endpointslice-controller", "kube-proxy"),
)


def test_the_slice_lists_ready_pods_and_every_node_routes_to_them() -> None:
    run = Run.of(SERVED).settle()
    endpoints = run.cluster[stored("endpointslices")["web"]].endpoints
    assert [endpoint.pod for endpoint in endpoints] == ["ready"]
    assert run.cluster[RULES["n1", "web"]] == run.cluster[RULES["n2", "web"]] == endpoints


def test_a_node_routes_by_what_its_own_cache_says() -> None:
    run = Run.of(SERVED).settle(without=("kube-proxy/n2",))
    assert run.cluster[RULES["n1", "web"]]
    assert run.cluster[RULES["n2", "web"]] == ()
    assert not run.can("program_rules", node="n2", service="web")
    run = run.take("receive_event", watcher="kube-proxy/n2", resource="endpointslices")
    assert run.can("program_rules", node="n2", service="web")
