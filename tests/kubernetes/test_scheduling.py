"""Which nodes pods may go to: what the scheduler's filters let through, and what goes round the scheduler."""

from kmodel.engines.results import Verdict
from kmodel.kubernetes.components.etcd import PODS
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
