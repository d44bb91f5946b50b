"""Nodes and bindings, as public reports tell of them: the model does what Kubernetes does, and the specs say so."""

import pytest

from kmodel.engines.results import Verdict
from kmodel.engines.small_graph import extract
from kmodel.kernel import Cluster, Step, converges, step_invariant
from kmodel.kubernetes.components.controllers.taint_eviction import FAILED_TRIES, RETRIES
from kmodel.kubernetes.components.etcd import NODES, PODS, stored
from kmodel.kubernetes.components.kubelet.state import is_up
from kmodel.kubernetes.components.serving import is_away
from kmodel.kubernetes.objects import Taint
from tests.components.runs import Run
from tests.components.scenes import node, pod, scene
from tests.kubernetes.clusters import failures, result, verdict, violated
from tests.specs.mutants import faithful

REBOOTS = ("a-node-reboots-under-a-pod-that-runs-once", "a-node-reboots-before-a-container-starts")
LOST = ("a-node-is-lost-under-an-endpoint", "a-node-is-tainted-while-it-is-lost")
BINDINGS = ("a-pod-deleted-while-it-is-bound", "a-binding-that-is-lost")


@pytest.mark.parametrize("case", [*BINDINGS, *REBOOTS, "a-node-is-deleted-under-its-kubelet", *LOST])
def test_kubernetes_as_it_is_violates_nothing_but_hazards(case: str) -> None:
    assert not violated(case)


@pytest.mark.parametrize("case", BINDINGS)
def test_a_binding_that_fails_wakes_the_pods_that_its_room_was_taken_from(case: str) -> None:
    assert verdict(case, "a_feasible_pod_is_bound") is Verdict.HOLDS


def test_a_pod_that_runs_once_does_not_run_again_after_a_reboot() -> None:
    name = "a-node-reboots-under-a-pod-that-runs-once"
    assert verdict(name, "a_container_runs_again_only_if_its_policy_says_so") is Verdict.HOLDS
    assert verdict(name, "a_container_runs_again") is Verdict.NEVER_HAPPENS
    assert verdict(name, "a_pod_finishes") is Verdict.HOLDS


@pytest.mark.parametrize("case", REBOOTS)
def test_a_container_that_had_not_started_when_its_node_went_down_never_does(case: str) -> None:
    (finding,) = (each for each in result(case).findings if each.spec.name == "a_bound_pod_runs_or_says_why_not")
    assert finding.is_hazard


@converges
def the_node_is_there_at_last(cluster: Cluster) -> bool:
    """At last the Node is there, and stays."""
    return cluster[NODES["n1"]] is not None


def test_a_kubelet_does_not_register_its_node_a_second_time() -> None:
    assert failures("a-node-is-deleted-under-its-kubelet", the_node_is_there_at_last)


@converges
def a_silent_node_has_no_endpoint(cluster: Cluster) -> bool:
    """At last no pod of a node that is down is a ready endpoint of the Service."""
    listed = cluster[stored("endpointslices")["web"]]
    return is_up(cluster, "n1") or listed is None or not any(endpoint.ready for endpoint in listed.endpoints)


def test_a_service_loses_the_pod_of_a_node_that_is_lost() -> None:
    assert not failures("a-node-is-lost-under-an-endpoint", a_silent_node_has_no_endpoint)


@step_invariant
def a_taint_of_a_user_is_never_lost(step: Step) -> bool:
    """What a user tainted stays tainted."""
    before, after = step.before[NODES["n1"]], step.after[NODES["n1"]]
    if before is None or after is None:
        return True
    return "dedicated" not in {each.key for each in before.spec.taints} - {each.key for each in after.spec.taints}


def test_the_node_controller_does_not_overwrite_the_taint_of_a_user() -> None:
    assert not failures("a-node-is-tainted-while-it-is-lost", a_taint_of_a_user_is_never_lost)


def test_nobody_is_evicted_while_no_node_is_ready_and_those_that_were_to_be_are_not() -> None:
    actors = ("kubelet", "node-lifecycle-controller", "taint-eviction-controller")
    there = scene(stored=(pod(node="n1"),), nodes=2, actors=actors, faults={"node-crash": 2, "node-restart": 1})
    run = Run.of(there).settle().take("crash_node", node="n1").settle(without=("evict_pod",))
    assert effects(run) == {"n1": {"NoSchedule", "NoExecute"}, "n2": set()}
    run = run.take("crash_node", node="n2").settle(without=("evict_pod",))
    assert effects(run) == {"n1": {"NoSchedule"}, "n2": {"NoSchedule"}}
    assert not run.can("evict_pod", pod="web")
    run = run.take("restart_node", node="n2").settle(without=("evict_pod",))
    assert effects(run) == {"n1": {"NoSchedule", "NoExecute"}, "n2": set()}
    assert run.can("evict_pod", pod="web")


def effects(run: Run) -> dict[str, set[str]]:
    """Return the effects of the taints of each node."""
    nodes = {name: run.cluster[NODES[name]] for name in run.cluster.names(NODES)}
    return {name: {taint.effect for taint in node.spec.taints} for name, node in nodes.items() if node is not None}


def test_an_eviction_is_given_up_after_five_tries_while_the_api_server_is_away() -> None:
    settings = scene(
        nodes=(node(taints=(Taint("maintenance", effect="NoExecute"),)),),
        stored=(pod(node="n1"),),
        calls="fused",
        actors=("taint-eviction-controller",),
        faults={"apiserver-outage": 1},
    )
    model = faithful(settings, ())
    states = [state for state in extract(model, 1_000).states if not is_away(state)]
    goes = {state: (value := state[PODS["web"]]) is None or value.metadata.deleting for state in states}
    assert any(goes[state] and not state[FAILED_TRIES["web"]] for state in states)
    given_up = [state for state in states if state[FAILED_TRIES["web"]] == RETRIES and not goes[state]]
    assert any(all(action(state) is None for action in model.actions) for state in given_up)
