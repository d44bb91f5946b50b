"""Endpoints and their conditions, and where kube-proxy routes a Service when pods come and go."""

from typing import Any

import attrs
import pytest

from kmodel.engines.small_graph import extract
from kmodel.kernel import Cluster, Model, Rank
from kmodel.kubernetes.components.calls import CALLS
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.components.informer import cached
from kmodel.kubernetes.components.proxy import RULES, routed
from kmodel.kubernetes.control_plane import build
from kmodel.kubernetes.objects import Endpoint, ObjectMeta, PodStatus
from tests.components.runs import Run
from tests.components.scenes import ADMIN, delete, node, pod, scene, service
from tests.kubernetes import clusters

READY = PodStatus("Running", ready=True)
SERVING = ("endpointslice-controller", "kube-proxy")


def endpoint(name: str, *, serving: bool = True, terminating: bool = False) -> Endpoint:
    return Endpoint(name, Rank(f"uid of pod/{name}", 1), serving, terminating)


READY_ONE, ANOTHER = endpoint("a"), endpoint("b")
UNREADY = endpoint("c", serving=False)
GOING, GONE = endpoint("d", terminating=True), endpoint("e", serving=False, terminating=True)


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ((READY_ONE, ANOTHER), (READY_ONE, ANOTHER)),
        ((READY_ONE, UNREADY, GOING, GONE), (READY_ONE,)),
        ((UNREADY, GOING, GONE), (GOING,)),
        ((UNREADY, GONE), ()),
        ((), ()),
    ],
    ids=["all ready", "some ready", "the last that serves", "none that serves", "none"],
)
def test_traffic_goes_to_ready_endpoints_or_to_the_last_that_serve(
    listed: tuple[Endpoint, ...], expected: tuple[Endpoint, ...]
) -> None:
    assert routed(listed) == expected


def states_of(*names: str) -> list[Cluster]:
    """Return the states in which pod `first` is deleted, of pods that are ready, without a kubelet."""
    there = (service(), *(pod(name, node="n1", status=READY) for name in names))
    cluster, actions = build(scene(delete("pods/first"), stored=there, calls="fused", actors=SERVING))
    return list(extract(Model((cluster,), actions), 20_000).states)


def going(states: list[Cluster], number: int) -> list[tuple[Endpoint, ...]]:
    """Return where a node routes once the slice that it knows lists so many pods, the first of them terminating."""
    return [
        state[RULES["n1", "web"]]
        for state in states
        if (slice_ := state[stored("endpointslices")["web"]]) is not None
        and len(slice_.endpoints) == number
        and any(each.terminating for each in slice_.endpoints)
        and not any(state[queue] for queue in state.layout.cells if queue.family == "watches")
    ]


def test_the_last_pod_of_a_service_gets_traffic_while_it_terminates() -> None:
    assert any(
        [each.pod for each in rules] == ["first"] and rules[0].terminating for rules in going(states_of("first"), 1)
    )


def test_a_pod_that_terminates_gets_no_traffic_while_another_is_ready() -> None:
    rules = going(states_of("first", "second"), 2)
    assert any([each.pod for each in routes] == ["second"] for routes in rules)
    assert not any(each.terminating for routes in rules for each in routes)


def test_a_slice_lists_pods_that_are_not_ready_and_none_of_another_namespace() -> None:
    unready = pod("unready", node="n1", status=PodStatus("Running"))
    elsewhere = pod("elsewhere", node="n1", status=READY)
    elsewhere = attrs.evolve(elsewhere, metadata=ObjectMeta("elsewhere", "other", labels=elsewhere.metadata.labels))
    done = pod("done", node="n1", status=PodStatus("Succeeded"), restart_policy="Never")
    starting = pod("starting", node="n1")
    run = Run.of(scene(stored=(service(), unready, elsewhere, done, starting), actors=SERVING)).settle()
    slice_ = run.cluster[stored("endpointslices")["web"]]
    assert [(each.pod, each.serving, each.terminating) for each in slice_.endpoints] == [("unready", False, False)]
    assert run.cluster[RULES["n1", "web"]] == ()


def test_a_slice_is_recycled_for_the_first_pod_and_without_the_last_and_else_updated_on_its_version() -> None:
    run = Run.of(scene(stored=(service(), pod("one", node="n1", status=READY)), calls="split", actors=SERVING[:1]))
    slice_, client = stored("endpointslices")["web"], "kube-controller-manager/endpointslice/web"
    run = run.settle()
    for listed, conditional in (((), False), ((READY_ONE,), True)):
        known: Any = attrs.evolve(run.cluster[slice_], endpoints=listed)
        cell = cached("endpointslices")["kube-controller-manager", "web"]
        step = attrs.evolve(run, cluster=run.cluster.set(cell, known)).step("sync_endpoints", service="web")
        assert step is not None
        request: Any = step.after[CALLS[client]]
        assert (request.verb, request.resource_version is not None) == ("update", conditional)


def test_a_pod_of_another_namespace_is_not_missed_among_the_endpoints() -> None:
    assert not clusters.violated("service-in-another-namespace")


def test_a_pod_whose_node_is_gone_is_no_endpoint() -> None:
    there = (service(), pod("first", node="n1", status=READY), pod("second", node="n2", status=READY))
    settings = scene(delete("nodes/n2"), nodes=(node(), node("n2")), stored=there, actors=SERVING)
    run = Run.of(settings).settle()
    assert [each.pod for each in run.cluster[stored("endpointslices")["web"]].endpoints] == ["first", "second"]
    run = run.take("run_command", user=ADMIN).settle()
    assert [each.pod for each in run.cluster[stored("endpointslices")["web"]].endpoints] == ["first"]
    assert [each.pod for each in run.cluster[RULES["n1", "web"]]] == ["first"]


def test_slice_and_rules_go_with_their_service() -> None:
    there = (service(), pod("first", node="n1", status=READY))
    actors = (*SERVING, "garbage-collector")
    run = Run.of(scene(delete("services/web"), stored=there, actors=actors)).settle()
    assert run.cluster[RULES["n1", "web"]]
    run = run.take("run_command", user=ADMIN).settle()
    assert run.cluster[stored("endpointslices")["web"]] is None
    assert not run.cluster[RULES["n1", "web"]]
