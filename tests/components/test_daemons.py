"""DaemonSets: which nodes get a pod, what such pods tolerate, updates, and what becomes of pods that fail."""

import attrs
import pytest

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.results import Verdict
from kmodel.kubernetes.components.calls import Request
from kmodel.kubernetes.components.etcd import NODES, PODS, stored
from kmodel.kubernetes.components.settings import Command
from kmodel.kubernetes.objects import (
    DaemonSet,
    DaemonSetStrategy,
    Node,
    NodeSpec,
    ObjectMeta,
    Phase,
    Pod,
    Taint,
    Toleration,
)
from kmodel.kubernetes.objects.controllerrevision import REVISION_HASH
from kmodel.kubernetes.objects.daemonset import node_of
from tests.components.runs import Run
from tests.components.scenes import ADMIN, apply, create, daemonset, delete, labelled, node, pod, replace, scene
from tests.specs.mutants import TEMPORAL, faithful

ALONE = ("daemonset-controller",)
WITH_NODES = (*ALONE, "kube-scheduler", "kubelet")
SECOND = "nginx:1.27"
TAINTED = node("n2", taints=(Taint("gpu"),))


Nodes = tuple[Node, ...] | int


def started(*commands: Command, of: DaemonSet, nodes: Nodes = 2, actors: tuple[str, ...] = ALONE) -> Run:
    """Return the run in which a DaemonSet that is stored has its pods; then the commands may be given."""
    made = scene(*commands, stored=(of,), nodes=nodes, names_per_workload=4, calls="fused", actors=actors)
    return Run.of(made).settle()


def the_pod(run: Run, name: str) -> Pod:
    found = run.cluster[PODS[name]]
    assert found is not None
    return found


def places(run: Run) -> dict[str, str | None]:
    """Return the active pods, each with the node that it is on, or for."""
    there = {name: run.cluster[PODS[name]] for name in run.cluster.names(PODS)}
    return {name: node_of(value) for name, value in there.items() if value is not None and value.active}


def status(run: Run) -> tuple[int, int, int, int]:
    known = run.cluster[stored("daemonsets")["web"]].status
    return known.desired, known.ready, known.updated, known.misscheduled


@pytest.mark.long
def test_an_update_waits_until_the_new_pod_has_been_ready_for_some_time() -> None:
    first, second = daemonset(min_ready_seconds=5), daemonset(image=SECOND, min_ready_seconds=5)
    run = started(apply(second), of=first, actors=WITH_NODES)
    run = run.take("run_command", user=ADMIN).settle(without=("wait_until_available",))
    assert status(run) == (2, 2, 1, 0)
    assert run.cluster[stored("daemonsets")["web"]].status.available == 1
    run = run.settle()
    assert status(run) == (2, 2, 2, 0)
    assert run.cluster[stored("daemonsets")["web"]].status.available == 2


def test_each_node_gets_a_pod_that_is_bound_there() -> None:
    run = started(of=daemonset(), actors=WITH_NODES)
    assert set(places(run).values()) == {"n1", "n2"}
    assert all(the_pod(run, name).status.ready for name in places(run))
    assert status(run) == (2, 2, 2, 0)


@pytest.mark.parametrize(
    ("other", "tolerations", "found"),
    [
        (TAINTED, (), {"n1"}),
        (TAINTED, (Toleration("gpu", "Exists"),), {"n1", "n2"}),
        (node("n2", taints=(Taint("gpu", effect="PreferNoSchedule"),)), (), {"n1", "n2"}),
        (node("n2", taints=(Taint("node.kubernetes.io/unreachable", effect="NoExecute"),)), (), {"n1", "n2"}),
        (node("n2", taints=(Taint("node.kubernetes.io/unreachable", effect="NoSchedule"),)), (), {"n1"}),
        (Node(ObjectMeta("n2", namespace=""), NodeSpec(unschedulable=True)), (), {"n1", "n2"}),
    ],
)
def test_which_nodes_get_a_pod(other: Node, tolerations: tuple[Toleration, ...], found: set[str]) -> None:
    run = started(of=daemonset(tolerations=tolerations), nodes=(node("n1"), other))
    assert set(places(run).values()) == found


def test_a_pod_that_is_there_stays_under_a_new_taint_that_only_keeps_others_off() -> None:
    keeps_off, drives_away = node("n1", taints=(Taint("gpu"),)), node("n1", taints=(Taint("gpu", effect="NoExecute"),))
    run = started(replace(keeps_off), replace(drives_away), of=daemonset(), nodes=1).user()
    assert list(places(run).values()) == ["n1"]
    assert status(run) == (0, 0, 0, 1)
    assert places(run.user()) == {}


def test_nodes_that_come_get_a_pod_and_of_those_that_go_none_is_left() -> None:
    actors = (*WITH_NODES, "pod-garbage-collector", "node-lifecycle-controller")
    run = started(delete("nodes/n2"), of=daemonset(), actors=actors).user()
    assert list(places(run).values()) == ["n1"]
    settings = scene(create(node("n2")), stored=(daemonset(),), nodes=2, calls="fused", actors=ALONE)
    without = Run.of(settings)
    without = attrs.evolve(without, cluster=without.cluster.set(NODES["n2"], None)).settle()
    assert len(places(without)) >= 1


def test_a_pod_that_has_failed_is_replaced() -> None:
    run = started(create(pod("other")), of=daemonset(), nodes=1)
    answer, marked = run.ask(Request(ADMIN, "patch", "pods", "web-b", Phase("Failed"), subresource="status"))
    assert answer.ok
    assert places(marked) == {}
    assert list(places(marked.settle()).values()) == ["n1"]


def test_an_update_replaces_a_pod_and_keeps_its_old_template_in_the_history() -> None:
    run = started(apply(daemonset(image=SECOND)), of=daemonset(), nodes=1, actors=WITH_NODES).user()
    (name,) = places(run)
    assert the_pod(run, name).spec.containers[0].image == SECOND
    revisions = [run.cluster[stored("controllerrevisions")[key]] for key in ("web-c", "web-b")]
    assert [each.revision for each in revisions] == [1, 2]  # the name of what a command brings comes first
    assert (REVISION_HASH, "b") in the_pod(run, name).metadata.labels
    assert status(run) == (1, 1, 1, 0)


def test_the_history_is_no_longer_than_its_limit() -> None:
    changed = daemonset(image=SECOND, revision_history_limit=0)
    run = started(apply(changed), of=daemonset(revision_history_limit=0), nodes=1, actors=WITH_NODES).user()
    assert run.cluster[stored("controllerrevisions")["web-c"]] is None
    assert run.cluster[stored("controllerrevisions")["web-b"]] is not None


def test_under_on_delete_only_a_user_replaces_a_pod() -> None:
    strategy = DaemonSetStrategy("OnDelete")
    first, second = daemonset(strategy=strategy), daemonset(strategy=strategy, image=SECOND)
    run = started(apply(second), delete("pods/web-b"), of=first, nodes=1, actors=WITH_NODES).user()
    assert the_pod(run, "web-b").spec.containers[0].image != SECOND
    assert status(run) == (1, 1, 0, 0)
    after = run.user()
    (name,) = places(after)
    assert the_pod(after, name).spec.containers[0].image == SECOND


def test_with_surge_the_old_pod_goes_when_the_new_one_is_ready() -> None:
    strategy = DaemonSetStrategy("RollingUpdate", 0, 1)
    first, second = daemonset(strategy=strategy), daemonset(strategy=strategy, image=SECOND)
    run = started(apply(second), of=first, nodes=1, actors=WITH_NODES)
    after = run.user().since(run)
    ready = [
        [name for name in step.after.names(PODS) if (each := step.after[PODS[name]]) is not None and each.status.ready]
        for step in after.steps
    ]
    assert all(ready)
    assert any(len(names) == 2 for names in ready)
    assert the_pod(after, next(iter(places(after)))).spec.containers[0].image == SECOND


@pytest.mark.long
def test_no_more_pods_are_replaced_at_once_than_may_be_unavailable() -> None:
    run = started(apply(daemonset(image=SECOND)), of=daemonset(), actors=WITH_NODES)
    after = run.user().since(run)
    pods = [[step.after[PODS[name]] for name in step.after.names(PODS)] for step in after.steps]
    counts = [sum(each is not None and each.active for each in there) for there in pods]
    assert min(counts) == 1
    assert status(after) == (2, 2, 2, 0)


def test_a_pod_that_is_selected_is_adopted_and_then_replaced() -> None:
    old = labelled(pod("stray", node="n1"), "old", "yes")
    settings = scene(stored=(daemonset(), old), names_per_workload=3, calls="fused", actors=WITH_NODES)
    run = Run.of(settings).settle()
    assert "claim_daemon_pod" in {step.action.transition.name for step in run.steps}
    assert "stray" not in places(run)


def test_pods_and_revisions_go_with_their_daemonset() -> None:
    run = started(delete("daemonsets/web"), of=daemonset(), actors=(*WITH_NODES, "garbage-collector")).user()
    assert places(run) == {}
    assert run.cluster[stored("controllerrevisions")["web-b"]] is None


@pytest.mark.parametrize(
    ("strategy", "wrong"),
    [
        (DaemonSetStrategy("RollingUpdate", 0, 0), "cannot be 0 when maxSurge is 0"),
        (DaemonSetStrategy("RollingUpdate", 1, 1), "may not be set when maxSurge is non-zero"),
        (DaemonSetStrategy("OnDelete"), ""),
    ],
)
def test_what_no_api_server_takes(strategy: DaemonSetStrategy, wrong: str) -> None:
    found = list(attrs.evolve(daemonset(), strategy=strategy).errors())
    assert (found == []) if not wrong else (wrong in found[0])


def test_a_daemonset_whose_pods_are_refused_is_not_called_broken() -> None:
    """That its pods are refused is told of the request; the spec asks for what can be."""
    made = daemonset()
    template = attrs.evolve(made.template, spec=attrs.evolve(made.template.spec, service_account="none"))
    refused = attrs.evolve(made, template=template)
    settings = scene(stored=(refused,), names_per_workload=2, calls="fused", actors=WITH_NODES)
    result = result_of(faithful(settings, (TEMPORAL["each_node_has_the_daemons_it_should_have"],)), Bounds())
    assert [finding.verdict for finding in result.findings] == [Verdict.HOLDS]
