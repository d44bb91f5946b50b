"""What updates and patches change of an object, and what the api-server keeps: the strategies of the kinds."""

from typing import Any

import attrs
import pytest

from kmodel.kernel import Rank
from kmodel.kubernetes.components.calls import Request
from kmodel.kubernetes.components.etcd import NODES, PODS, stored
from kmodel.kubernetes.components.kubectl import KUBECTL
from kmodel.kubernetes.objects import (
    NodeSpec,
    NodeStatus,
    Object,
    ObjectMeta,
    Pod,
    PodSpec,
    PodStatus,
    Taint,
    Taints,
    Toleration,
)
from tests.components.runs import Run
from tests.components.scenes import ADMIN, apply, containers, create, labelled, node, pod, replicaset, scene
from tests.kubernetes import clusters

STALE = 7


def asked(there: Object, resource: str, body: Any = None, verb: str = "update", **more: Any) -> tuple[int, Any]:
    run = Run.of(scene(create(pod()), stored=() if resource == "nodes" else (there,), actors=()))
    response, run = run.ask(Request(ADMIN, verb, resource, there.metadata.key, body, **more))
    return response.code, run.cluster[stored(resource)[there.metadata.key]]


def applied(first: Object, *later: Object) -> Any:
    """Return what is stored after objects were applied to one that was created."""
    there = (create(first),) if first.kind != "Node" else ()
    run = Run.of(scene(*there, *(apply(each) for each in later), actors=()))
    for _ in (*there, *later):
        run = run.user()
    assert not there or run.cluster[KUBECTL[ADMIN]].answer in (200, 201)
    resource = {"Pod": "pods", "Node": "nodes", "ReplicaSet": "replicasets"}[first.kind]
    return run.cluster[stored(resource)[first.metadata.key]]


@pytest.mark.parametrize(
    "changed",
    [
        pod(node="n1", memory_mib=200),
        pod(node="n1", node_selector=(("disk", "ssd"),)),
        pod(node="n1", restart_policy="Never"),
        pod(node="n1", termination_grace_seconds=1),
        pod(node="n2"),
        pod(),
        Pod(ObjectMeta("web"), PodSpec(containers(), "n1", tolerations=(Toleration(operator="Exists"),))),
    ],
    ids=["resources", "nodeSelector", "restartPolicy", "grace", "other node", "no node", "fewer tolerations"],
)
def test_what_is_immutable_in_a_pod_is_refused(changed: Pod) -> None:
    there = pod(node="n1")
    code, after = asked(there, "pods", changed)
    assert (code, after.spec) == (422, there.spec)


def test_images_and_more_tolerations_may_change_in_a_pod() -> None:
    there = pod(node="n1")
    other = (attrs.evolve(containers()[0], image="nginx:2"),)
    assert asked(there, "pods", pod(node="n1", containers=other))[1].spec.containers == other
    more = (*there.spec.tolerations, Toleration("dedicated", "Exists"))
    assert set(asked(there, "pods", pod(node="n1", tolerations=more))[1].spec.tolerations) == set(more)
    longer = tuple(attrs.evolve(each, seconds=None) for each in there.spec.tolerations)
    assert asked(there, "pods", pod(node="n1", tolerations=longer))[1].spec.tolerations == longer


def test_the_selector_of_a_replicaset_is_immutable_and_that_of_a_replicationcontroller_is_not() -> None:
    for kind, resource, expected in (
        ("ReplicaSet", "replicasets", 422),
        ("ReplicationController", "replicationcontrollers", 200),
    ):
        there = replicaset(kind=kind)
        template = attrs.evolve(there.template, labels=(("app", "web"), ("tier", "front")))
        changed = attrs.evolve(there, selector=(("tier", "front"),), template=template)
        assert asked(there, resource, changed)[0] == expected


def test_a_pod_begins_without_a_status_and_a_node_with_that_of_its_kubelet() -> None:
    done = pod("done", status=PodStatus("Succeeded", ready=True, scheduled=True))
    silent = attrs.evolve(node("n2"), status=NodeStatus("Unknown"))
    run = Run.of(scene(create(done), create(silent), nodes=(node(), silent), register_nodes=True, actors=()))
    run = run.user().user()
    created, new = run.cluster[PODS["done"]], run.cluster[NODES["n2"]]
    assert created is not None
    assert new is not None
    assert (created.status, new.status) == (PodStatus(), NodeStatus("Unknown"))


def test_an_update_of_a_node_keeps_its_status_and_one_of_its_status_keeps_its_spec() -> None:
    small, large = node(memory_mib=8192), node(memory_mib=99, taints=(Taint("dedicated"),))
    after = asked(small, "nodes", large)[1]
    assert (after.spec, after.status) == (large.spec, small.status)
    after = asked(small, "nodes", large, subresource="status")[1]
    assert (after.spec, after.status) == (small.spec, large.status)


@pytest.mark.parametrize(
    ("verb", "body", "more"),
    [
        ("patch", Taints((Taint("a"),)), {}),
        ("patch", NodeStatus("False"), {"subresource": "status"}),
        ("update", node(), {}),
        ("delete", None, {}),
    ],
)
def test_a_version_that_is_not_the_current_one_is_a_conflict(verb: str, body: Any, more: dict[str, Any]) -> None:
    version = Rank("version of node/n1", STALE)
    assert asked(node(), "nodes", body, verb, resource_version=version, **more)[0] == 409
    assert asked(node(), "nodes", body, verb, **more)[0] == 200


def test_apply_leaves_alone_what_its_manifest_does_not_name() -> None:
    plain = Pod(ObjectMeta("web", finalizers=("example.com/wait",)), PodSpec(containers()))
    front = Pod(ObjectMeta("web", labels=(("tier", "front"),)), PodSpec(containers()))
    after = applied(plain, front)
    assert after.spec == pod().spec
    assert after.metadata.finalizers == ("example.com/wait",)
    assert after.metadata.labels == (("tier", "front"),)


def test_apply_takes_away_what_it_had_applied_and_names_no_more() -> None:
    plain = Pod(ObjectMeta("web", labels=(("of", "another"),)), PodSpec(containers()))
    front = attrs.evolve(plain, metadata=ObjectMeta("web", labels=(("a", "1"), ("b", "2"))))
    back = attrs.evolve(plain, metadata=ObjectMeta("web", labels=(("b", "3"),)))
    assert applied(plain, front).metadata.labels == (("a", "1"), ("b", "2"), ("of", "another"))
    assert applied(plain, front, back).metadata.labels == (("b", "3"), ("of", "another"))


def test_apply_of_a_replicaset_without_a_number_keeps_the_number() -> None:
    three, unsaid = replicaset(replicas=3), attrs.evolve(replicaset(), replicas=None)
    assert applied(three, labelled(unsaid, "tier", "front")).replicas == 3
    assert applied(three, replicaset(replicas=1)).replicas == 1
    assert applied(three, replicaset(replicas=2), unsaid).replicas == 1  # the default, as if it had never been said


def test_apply_of_a_node_does_not_uncordon_it_unless_it_says_so() -> None:
    cordoned = attrs.evolve(node(), spec=NodeSpec(unschedulable=True))
    assert (
        applied(node(), cordoned, labelled(node(), "a", "1")).spec.unschedulable is None
    )  # it had applied that itself
    run = Run.of(scene(apply(labelled(node(), "a", "1")), nodes=(cordoned,), actors=())).user()
    there: Any = run.cluster[NODES["n1"]]
    assert there.spec.unschedulable
    uncordons = attrs.evolve(node(), spec=NodeSpec(unschedulable=False))
    run = Run.of(scene(apply(uncordons), nodes=(cordoned,), actors=())).user()
    there = run.cluster[NODES["n1"]]
    assert not there.spec.unschedulable


def test_a_patch_says_only_what_was_not_so_when_the_object_was_read() -> None:
    front = labelled(replicaset(replicas=2), "tier", "front")
    run = Run.of(scene(apply(front), stored=(replicaset(replicas=2),), actors=())).take("run_command", user=ADMIN)
    cell = stored("replicasets")["web"]
    run = attrs.evolve(run, cluster=run.cluster.modify(cell, lambda old: attrs.evolve(old, replicas=5))).settle()
    assert run.cluster[cell].replicas == 5
    assert ("tier", "front") in run.cluster[cell].metadata.labels


@pytest.mark.parametrize(
    "case",
    [
        "apply-keeps-defaults",
        "apply-and-crash",
        "apply-of-a-larger-pod",
        "apply-of-a-node-label",
        "apply-of-a-silent-node",
    ],
)
def test_nothing_that_is_applied_violates_a_spec(case: str) -> None:
    assert not clusters.violated(case)


def test_a_container_that_crashes_after_an_apply_is_started_again() -> None:
    pods = [state[PODS["web"]] for state in clusters.states("apply-and-crash")]
    assert not any(each is not None and each.terminal for each in pods)


def test_a_label_that_is_applied_does_not_change_what_a_node_may_give() -> None:
    nodes: list[Any] = [state[NODES["n1"]] for state in clusters.states("apply-of-a-node-label")]
    assert {each.status.memory_bytes for each in nodes} == {1 << 30}
    assert any(each.metadata.labels for each in nodes)


def test_a_silent_node_does_not_become_ready_because_it_is_labelled() -> None:
    silent = NodeStatus("Unknown")
    there = attrs.evolve(node(), status=silent)
    after = Run.of(scene(apply(labelled(node(), "team", "a")), nodes=(there,), actors=())).user().cluster[NODES["n1"]]
    assert after is not None
    assert (after.metadata.labels, after.status) == ((("team", "a"),), silent)
