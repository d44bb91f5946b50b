"""Pods that their node loses: eviction by taints, the garbage collector, nodes that are cut off, rejected templates."""

import attrs
import pytest

from kmodel.kubernetes.components.calls import CALLS, Request
from kmodel.kubernetes.components.controllers.pod_gc import QUARANTINE
from kmodel.kubernetes.components.controllers.taint_eviction import client_of, seconds_left
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.components.kubelet.pods import why_rejected
from kmodel.kubernetes.components.kubelet.state import CONNECTED, WORKERS
from kmodel.kubernetes.components.runtime import RUNTIME
from kmodel.kubernetes.objects import Node, PodStatus, Resources, Taint, Toleration
from tests.components.runs import Run
from tests.components.scenes import ADMIN, create, delete, node, pod, replicaset, scene

PODS, NODES = stored("pods"), stored("nodes")
BOUND = pod(node="n1")
MANAGER = "kube-controller-manager"
GONE = Taint("maintenance", effect="NoExecute")
WITHOUT_DELAYS = ("kubelet", "node-lifecycle-controller", "taint-eviction-controller")  # no heartbeat is late
NO_EXECUTE = Taint("node.kubernetes.io/unreachable", effect="NoExecute")


@pytest.mark.parametrize(
    ("taints", "tolerations", "seconds"),
    [
        ((), (), None),
        ((Taint("a", effect="NoSchedule"),), (), None),
        ((GONE,), (), 0),
        ((GONE,), (Toleration("maintenance", "Exists"),), None),
        ((GONE,), (Toleration("maintenance", "Exists", seconds=60),), 60),
        ((GONE,), (Toleration("maintenance", "Exists", seconds=-1),), 0),
        ((GONE,), (Toleration("maintenance", "Exists", effect="NoSchedule"),), 0),
        ((GONE, NO_EXECUTE), BOUND.spec.tolerations, 0),
        ((NO_EXECUTE,), BOUND.spec.tolerations, 300),  # as admission has it
        ((NO_EXECUTE,), (Toleration(None, "Exists"), *BOUND.spec.tolerations), None),
    ],
)
def test_how_long_a_pod_may_stay_beside_a_taint(
    taints: tuple[Taint, ...], tolerations: tuple[Toleration, ...], seconds: int | None
) -> None:
    assert seconds_left(taints, tolerations) == seconds


def test_a_pod_is_evicted_only_while_its_node_is_tainted() -> None:
    run = Run.of(scene(stored=(BOUND,), nodes=2, actors=WITHOUT_DELAYS, faults={"node-crash": 1, "node-restart": 1}))
    assert not run.can("evict_pod", pod="web")
    tainted = run.take("crash_node", node="n1").settle(without=("evict_pod",))
    assert tainted.can("evict_pod", pod="web")
    healed = tainted.take("restart_node", node="n1").settle(without=("evict_pod",))
    assert healed.cluster[NODES["n1"]].spec.taints == ()
    assert not healed.can("evict_pod", pod="web")


def test_a_toleration_outlasts_the_lag_of_the_cache_and_an_untolerated_taint_does_not() -> None:
    own = pod("own", node="n1", tolerations=(Toleration("other", "Exists"),))
    nodes = (node(taints=(GONE,)),)
    late = pod("late", node="n1", tolerations=(Toleration("maintenance", "Exists", seconds=60),))
    run = Run.of(scene(stored=(own, late), nodes=nodes, actors=("taint-eviction-controller",)))
    assert run.can("evict_pod", pod="own")
    assert run.can("evict_pod", pod="late")
    clean: Node = attrs.evolve(run.cluster[NODES["n1"]], spec=attrs.evolve(nodes[0].spec, taints=()))
    run = attrs.evolve(run, cluster=run.cluster.set(NODES["n1"], clean))  # which the cache does not show yet
    assert run.can("evict_pod", pod="own")
    assert not run.can("evict_pod", pod="late")


def test_an_eviction_is_a_deletion_with_the_pods_own_grace_period() -> None:
    run = Run.of(scene(stored=(BOUND,), nodes=(node(taints=(GONE,)),), actors=("taint-eviction-controller",)))
    step = run.step("evict_pod", pod="web")
    assert step is not None
    request = step.after[CALLS[client_of("web")]]
    assert isinstance(request, Request)
    assert (request.verb, request.key, request.uid, request.grace_seconds) == ("delete", "web", None, None)
    evicted = run.settle().cluster[PODS["web"]]
    assert evicted.metadata.deleting
    assert evicted.metadata.deletion_grace_seconds == 30


def test_a_pod_that_is_lost_with_its_node_is_replaced_and_stays_terminating() -> None:
    settings = scene(
        stored=(replicaset(),),
        nodes=2,
        actors=("kube-scheduler", "replicaset-controller", *WITHOUT_DELAYS),
        names_per_workload=2,
        faults={"node-crash": 1},
    )
    run = Run.of(settings).settle()
    first = run.cluster[PODS["web-b"]].spec.node_name
    run = run.take("crash_node", node=first).settle()
    lost, replacement = run.cluster[PODS["web-b"]], run.cluster[PODS["web-c"]]
    assert (lost.metadata.deleting, lost.status.phase) == (True, "Running")  # nobody can say that it has ended
    assert (replacement.status.phase, replacement.spec.node_name) == ("Running", "n2" if first == "n1" else "n1")


def test_a_node_that_is_cut_off_is_taken_for_silent_while_its_pods_run_on() -> None:
    run = Run.of(scene(stored=(BOUND,), nodes=2, actors=WITHOUT_DELAYS, faults={"network-partition": 1})).settle()
    run = run.take("cut_off_node", node="n1").settle()
    assert run.cluster[NODES["n1"]].status.ready == "Unknown"
    assert run.cluster[PODS["web"]].metadata.deleting
    sandbox = run.cluster[RUNTIME["n1", "web"]]
    assert sandbox is not None
    assert sandbox.any_in("running")
    assert not run.can("receive_event", watcher="kubelet/n1", resource="pods")
    assert not run.can("cut_off_node", node="n1")


def test_a_node_that_is_connected_again_is_ready_and_does_what_it_missed() -> None:
    run = Run.of(scene(stored=(BOUND,), nodes=2, actors=WITHOUT_DELAYS, faults={"network-partition": 1})).settle()
    run = run.take("cut_off_node", node="n1").settle().take("reconnect_node", node="n1").settle()
    assert run.cluster[CONNECTED["n1"]]
    assert run.cluster[NODES["n1"]].status.ready == "True"
    assert run.cluster[NODES["n1"]].spec.taints == ()
    assert run.cluster[PODS["web"]] is None
    assert run.cluster[RUNTIME["n1", "web"]] is None


def test_the_pod_of_a_deleted_node_is_marked_failed_and_then_deleted() -> None:
    run = Run.of(scene(delete("nodes/n1"), stored=(BOUND,), actors=("pod-garbage-collector",)))
    assert not run.can("collect_pod", pod="web")
    run = run.take("run_command", user=ADMIN).settle(without=("update_quarantine",))
    assert not run.can("collect_pod", pod="web")
    run = run.take("update_quarantine", node="n1")
    assert run.cluster[QUARANTINE["n1"]]
    phases = [step.after[PODS["web"]].status.phase for step in run.settle().steps if step.after[PODS["web"]]]
    assert phases[-1] == "Failed"
    assert run.settle().cluster[PODS["web"]] is None


def test_a_node_that_is_back_in_time_loses_no_pod() -> None:
    run = Run.of(scene(delete("nodes/n1"), create(node()), stored=(BOUND,), actors=("pod-garbage-collector",)))
    run = run.take("run_command", user=ADMIN).settle(without=("collect_pod",)).take("run_command", user=ADMIN)
    for name in ("handle", "commit"):
        run = run.take(name, client=f"kubectl/{ADMIN}")
    assert run.cluster[QUARANTINE["n1"]]  # the cache does not show the new Node yet, but a GET does
    assert not run.can("collect_pod", pod="web")
    assert not run.settle().cluster[QUARANTINE["n1"]]


@pytest.mark.parametrize(("threshold", "left"), [(None, 3), (1, 1), (2, 2), (3, 3)])
def test_finished_pods_beyond_the_threshold_are_collected(threshold: int | None, left: int) -> None:
    done = PodStatus("Succeeded")
    pods = (pod("a", node="n1", status=done), pod("b", node="n1", status=done), pod("c", node="n1", status=done))
    settings = scene(stored=pods, actors=("pod-garbage-collector",), terminated_pod_threshold=threshold)
    run = Run.of(settings).settle()
    assert [name for name in ("a", "b", "c") if run.cluster[PODS[name]] is not None] == ["a", "b", "c"][3 - left :]


def test_a_kubelet_rejects_what_it_cannot_hold_and_what_its_labels_do_not_match() -> None:
    here = attrs.evolve(node(memory_mib=1024), metadata=attrs.evolve(node().metadata, labels=(("disk", "hdd"),)))
    assert why_rejected(pod(memory_mib=600).spec, (), here) is None
    assert why_rejected(pod(memory_mib=600).spec, (pod(memory_mib=600).spec,), here) == "OutOfmemory"
    much = attrs.evolve(pod().spec.containers[0], requests=Resources(cpu_millicores=9000))
    assert why_rejected(pod(containers=(much,)).spec, (), here) == "OutOfcpu"
    assert why_rejected(pod(node_selector=(("disk", "hdd"),)).spec, (), here) is None
    assert why_rejected(pod(node_selector=(("disk", "ssd"),)).spec, (), here) == "NodeAffinity"


def rejected_template() -> Run:
    workload = replicaset(node="n1")
    spec = attrs.evolve(workload.template.spec, node_selector=(("disk", "ssd"),))
    workload = attrs.evolve(workload, template=attrs.evolve(workload.template, spec=spec))
    return Run.of(scene(stored=(workload,), names_per_workload=3, pod_quota=2, terminated_pod_threshold=1))


def test_a_template_that_is_always_rejected_makes_pods_without_end() -> None:
    run = rejected_template()
    for _ in range(3):  # each is Failed, the collector makes room, and its name is used again
        run = run.settle(until=lambda cluster: cluster[PODS["web-b"]] is not None)
        run = run.settle(until=lambda cluster: cluster[PODS["web-b"]] is None)
    assert not [step for step in run.steps if step.action.transition.name == "create_containers"]
    assert any(
        (value := step.after[PODS["web-b"]]) is not None and value.status == PodStatus("Failed", reason="NodeAffinity")
        for step in run.steps
    )


def test_a_quota_refuses_the_pod_that_is_too_many() -> None:
    run = Run.of(scene(create(pod("second")), stored=(BOUND,), actors=(), pod_quota=1))
    refused, after = run.ask(Request(ADMIN, "create", "pods", "second", pod("second")))
    assert (refused.code, after.cluster[PODS["second"]]) == (403, None)
    allowed, _ = Run.of(scene(create(pod("second")), stored=(BOUND,), actors=(), pod_quota=2)).ask(
        Request(ADMIN, "create", "pods", "second", pod("second"))
    )
    assert allowed.ok


def test_a_rejected_pod_is_forgotten_as_soon_as_it_is_seen_to_be_gone() -> None:
    too_large = pod(node="n1", memory_mib=2048)
    small = (node(memory_mib=1024),)
    run = Run.of(scene(delete("pods/web"), stored=(too_large,), nodes=small, actors=("kubelet",))).settle()
    worker = run.cluster[WORKERS["n1", "web"]]
    assert worker is not None
    assert worker.rejected == "OutOfmemory"
    run = run.take("run_command", user=ADMIN).settle(without=("forget_pod",))
    assert run.cluster[PODS["web"]] is None
    assert run.cluster[WORKERS["n1", "web"]] is None


def test_a_pod_that_names_a_node_that_is_not_there_is_collected() -> None:
    run = Run.of(scene(create(pod(node="nowhere")))).user()
    assert run.cluster[stored("pods")["web"]] is None
