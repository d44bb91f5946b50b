"""Which nodes pods may go to: what the scheduler's filters let through, and what goes round the scheduler."""

from kmodel.engines.results import Verdict
from kmodel.kubernetes.components.apiserver.admission import NOT_READY
from kmodel.kubernetes.components.etcd import NODES, PODS
from tests.components.runs import Run
from tests.components.scenes import pod, scene
from tests.kubernetes.clusters import result, states, verdict, violated


def test_a_pod_that_tolerates_a_cordon_is_bound_there() -> None:
    case = "a-pod-that-tolerates-a-cordon"
    assert not violated(case)
    assert verdict(case, "bound_only_to_a_node_that_passed_the_filters") is Verdict.HOLDS
    assert "n1" in {pod.spec.node_name for state in states(case) if (pod := state[PODS["ds"]]) is not None}


def test_pods_that_name_their_node_may_be_too_many_there_until_its_kubelet_rejects_one() -> None:
    case = "pods-that-name-their-node"
    assert not violated(case)
    assert [each.spec.name for each in result(case).findings if each.is_hazard] == ["no_node_is_overcommitted"]
    pods = [state[PODS[name]] for state in states(case) for name in ("left", "right")]
    assert "OutOfmemory" in {pod.status.reason for pod in pods if pod is not None}


def test_no_pod_is_bound_to_a_new_node_before_the_node_controller_has_seen_that_it_is_ready() -> None:
    actors = ("kube-scheduler", "kubelet", "node-lifecycle-controller")
    new = Run.of(scene(stored=(pod(),), register_nodes=True, actors=actors)).settle(
        without=("kube-controller-manager",)
    )
    node, waiting = new.cluster[NODES["n1"]], new.cluster[PODS["web"]]
    assert node is not None
    assert waiting is not None
    assert [(taint.key, taint.effect) for taint in node.spec.taints] == [(NOT_READY, "NoSchedule")]
    assert (node.status.ready, waiting.spec.node_name, waiting.status.scheduled) == ("True", None, False)
    run = new.settle()
    node, bound = run.cluster[NODES["n1"]], run.cluster[PODS["web"]]
    assert node is not None
    assert bound is not None
    assert (node.spec.taints, bound.spec.node_name) == ((), "n1")


def test_where_no_node_controller_takes_part_a_new_node_may_be_used_at_once() -> None:
    run = Run.of(scene(stored=(pod(),), register_nodes=True, actors=("kube-scheduler", "kubelet"))).settle()
    bound = run.cluster[PODS["web"]]
    assert bound is not None
    assert bound.spec.node_name == "n1"


def test_the_second_pod_may_go_to_the_node_that_least_allocated_would_not_take() -> None:
    case = "a-small-node-beside-a-big-one"
    assert not violated(case)
    where = {
        tuple(pod.spec.node_name for name in state.names(PODS) if (pod := state[PODS[name]]) is not None)
        for state in states(case)
    }
    assert {("big", "big"), ("big", "small"), ("small", "big"), ("small", "small")} <= where


def test_replicas_that_prefer_to_be_apart_may_share_a_node() -> None:
    case = "replicas-that-prefer-to-be-apart"
    assert not violated(case)
    where = {tuple(state[PODS[f"web-{letter}"]] for letter in "bc") for state in states(case)}
    bound = {tuple(pod.spec.node_name for pod in pods if pod is not None) for pods in where}
    assert {("n1", "n2"), ("n2", "n1"), ("n2", "n2")} <= bound
