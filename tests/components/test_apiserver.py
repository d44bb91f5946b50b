"""kube-apiserver: what it answers, and what it changes by that."""

from typing import Any

import attrs
import pytest

from kmodel.kernel import BoundReached, Rank
from kmodel.kubernetes.components.calls import CALLS, Request
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.components.settings import User
from kmodel.kubernetes.objects import Binding, NodeStatus, Object, ObjectMeta, Pod, PodSpec, PodStatus, Taint, Taints
from tests.components.runs import KUBECTL, Run
from tests.components.scenes import ADMIN, MEBIBYTE, containers, create, labelled, node, pod, replicaset, scene

SCHEDULER = "system:kube-scheduler"
CAROL = User("carol", verbs=("create",), resources=("pods",))
MALLORY = User("mallory", authenticated=False)
STALE = Rank("version of pod/web", 7)
ANOTHER = Rank("uid of pod/web", 7)


def start(*there: Object, **settings: Any) -> Run:
    settings.setdefault("actors", ())
    commands = settings.pop("commands", (create(pod()),))  # a session, so that the tests have a client
    made = scene(*commands, stored=there, users=(CAROL, MALLORY), **settings)
    return Run.of(made)


def answer(run: Run, verb: str, body: Any = None, **more: Any) -> tuple[int, str]:
    user = more.pop("user", ADMIN)
    resource, key = more.pop("resource", "pods"), more.pop("key", "web")
    response, after = run.ask(Request(user, verb, resource, key, body, **more))
    if not response.ok:
        etcd = [cell for cell in run.cluster.layout.cells if cell.family.startswith("etcd/")]
        assert all(after.cluster[cell] == run.cluster[cell] for cell in etcd), "a refusal changed something"
    return response.code, response.reason


def test_a_pod_is_created_with_a_uid_and_a_version() -> None:
    response, run = start().ask(Request(ADMIN, "create", "pods", "web", pod()))
    assert (response.code, response.reason) == (201, "Created")
    metadata = run.cluster[stored("pods")["web"]].metadata
    assert (metadata.uid.number, metadata.resource_version.number) == (1, 1)


def test_401_for_somebody_unknown() -> None:
    for user in ("mallory", "nobody", "system:node:n9"):
        assert answer(start(), "create", pod(), user=user) == (401, "Unauthorized")


@pytest.mark.parametrize(
    ("user", "verb", "more"),
    [
        ("carol", "delete", {}),
        ("carol", "create", {"subresource": "binding", "body": Binding("n1")}),
        (SCHEDULER, "create", {"body": pod()}),
        ("system:node:n1", "create", {"subresource": "binding", "body": Binding("n1")}),
        ("system:node:n1", "patch", {"resource": "nodes", "key": "n1", "body": Taints(())}),
        ("system:serviceaccount:kube-system:endpointslice-controller", "delete", {}),
    ],
)
def test_403_for_what_no_rule_allows(user: str, verb: str, more: dict[str, Any]) -> None:
    assert answer(start(pod(), nodes=2), verb, user=user, **more) == (403, "Forbidden")


@pytest.mark.parametrize(
    "more",
    [
        {"verb": "patch", "body": PodStatus("Running").report(PodStatus()), "subresource": "status"},
        {"verb": "delete", "grace_seconds": 0},
        {"verb": "patch", "resource": "nodes", "key": "n1", "body": NodeStatus(), "subresource": "status"},
        {"verb": "create", "resource": "nodes", "key": "n1", "body": node("n1")},
    ],
)
def test_node_restriction_keeps_a_kubelet_to_its_own(more: dict[str, Any]) -> None:
    run = start(pod(node="n1"), nodes=2)
    assert answer(run, user="system:node:n2", **more) == (403, "Forbidden")
    assert answer(run, user="system:node:n1", **more) != (403, "Forbidden")


@pytest.mark.parametrize("verb", ["update", "patch", "delete"])
def test_404_for_what_is_not_there(verb: str) -> None:
    assert answer(start(), verb, pod()) == (404, "NotFound")


def test_404_for_the_binding_of_a_pod_that_is_gone() -> None:
    assert answer(start(), "create", Binding("n1"), subresource="binding", user=SCHEDULER) == (404, "NotFound")


def test_409_for_a_name_that_is_taken() -> None:
    assert answer(start(pod()), "create", pod()) == (409, "AlreadyExists")


def test_409_for_a_name_that_is_taken_while_the_request_is_under_way() -> None:
    run = start(pod()).take("run_command", user=ADMIN)
    absent = run.cluster.set(stored("pods")["web"], None)
    run = attrs.evolve(run, cluster=absent).take("handle", client=KUBECTL)
    back = run.cluster.set(stored("pods")["web"], start(pod()).cluster[stored("pods")["web"]])
    run = attrs.evolve(run, cluster=back).take("commit", client=KUBECTL).take("answer", client=KUBECTL)
    response: Any = run.cluster[CALLS[KUBECTL]]
    assert (response.code, response.reason) == (409, "AlreadyExists")


def test_409_for_a_version_that_is_not_the_current_one() -> None:
    changed = labelled(pod(), "tier", "front")
    assert answer(start(pod()), "update", changed, resource_version=STALE) == (409, "Conflict")
    assert answer(start(pod()), "update", changed) == (200, "OK")


@pytest.mark.parametrize(
    ("verb", "more"),
    [
        ("delete", {"grace_seconds": 0}),
        ("patch", {"body": PodStatus("Running"), "subresource": "status"}),
        ("create", {"body": Binding("n1"), "subresource": "binding"}),
    ],
)
def test_409_for_another_uid(verb: str, more: dict[str, Any]) -> None:
    assert answer(start(pod()), verb, uid=ANOTHER, **more) == (409, "Conflict")


def test_a_pod_is_bound_once() -> None:
    run = start(pod(), nodes=2)
    response, run = run.ask(Request(SCHEDULER, "create", "pods", "web", Binding("n1"), "binding"))
    bound = run.cluster[stored("pods")["web"]]
    assert (response.code, bound.spec.node_name, bound.status.scheduled) == (201, "n1", True)
    assert answer(run, "create", Binding("n2"), subresource="binding", user=SCHEDULER)[0] == 409
    assert answer(run, "create", Binding("n1"), subresource="binding", user=SCHEDULER)[0] == 409


def test_a_pod_that_is_being_deleted_is_not_bound() -> None:
    leaving = attrs.evolve(pod(), metadata=ObjectMeta("web", deleting=True, finalizers=("x/y",)))
    assert answer(start(leaving), "create", Binding("n1"), subresource="binding", user=SCHEDULER)[0] == 409


def test_neither_capacity_nor_the_node_is_checked_by_a_binding() -> None:
    big = pod(memory_mib=9999)
    for name in ("n1", "n9"):
        assert answer(start(big), "create", Binding(name), subresource="binding", user=SCHEDULER)[0] == 201


@pytest.mark.parametrize(
    "wrong",
    [
        pod(memory_mib=200, limit_mib=100),
        pod(restart_policy="Sometimes"),
        pod(containers=()),
        pod(containers=containers() * 2),
        pod(containers=(attrs.evolve(containers()[0], image=""),)),
        pod(containers=(attrs.evolve(containers()[0], name="No_Label"),)),
        pod(termination_grace_seconds=-1),
    ],
    ids=["limit", "policy", "no container", "twice", "no image", "name", "grace"],
)
def test_422_for_what_is_not_valid(wrong: Pod) -> None:
    assert answer(start(), "create", wrong) == (422, "Invalid")


def test_422_for_a_name_that_is_none() -> None:
    named = pod("Web")
    run = start(commands=(create(named),))
    assert answer(run, "create", named, key="Web") == (422, "Invalid")


def test_defaults_are_filled_in() -> None:
    plain = Pod(ObjectMeta("web"), PodSpec(containers(limit_mib=100)))
    _, run = start().ask(Request(ADMIN, "create", "pods", "web", plain))
    spec = run.cluster[stored("pods")["web"]].spec
    assert (spec.restart_policy, spec.termination_grace_seconds) == ("Always", 30)
    assert spec.memory_bytes == 100 * MEBIBYTE
    assert {toleration.key for toleration in spec.tolerations} == {
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    }


def test_a_write_that_changes_nothing_makes_no_version() -> None:
    run = start(pod(node="n1"))
    before = run.cluster[stored("pods")["web"]]
    request = Request(
        "system:node:n1", "patch", "pods", "web", before.status.report(before.status), "status", before.metadata.uid
    )
    response, run = run.ask(request)
    assert response.ok
    assert run.cluster[stored("pods")["web"]] == before
    assert not any(step.action.actor == "etcd" for step in run.steps)


def test_a_status_changes_no_spec_and_the_kubelet_says_that_its_pod_is_scheduled() -> None:
    run = start(pod(node="n1", status=PodStatus(scheduled=False, reason="Unschedulable")))
    before = run.cluster[stored("pods")["web"]]
    body = PodStatus("Running", ready=True, scheduled=True).report(before.status)
    _, run = run.ask(Request("system:node:n1", "patch", "pods", "web", body, "status"))
    after = run.cluster[stored("pods")["web"]]
    assert after.spec == before.spec
    assert (after.status.phase, after.status.scheduled) == ("Running", True)


def test_an_update_changes_neither_identity_nor_status() -> None:
    run = start(pod(node="n1", status=PodStatus("Running", ready=True)))
    before = run.cluster[stored("pods")["web"]]
    _, run = run.ask(Request(ADMIN, "update", "pods", "web", labelled(pod(node="n1"), "tier", "front")))
    after = run.cluster[stored("pods")["web"]]
    assert (after.metadata.uid, after.spec, after.status) == (before.metadata.uid, before.spec, before.status)
    assert ("tier", "front") in after.metadata.labels


def test_taints_are_patched_alone() -> None:
    run = start(nodes=1)
    user = "system:serviceaccount:kube-system:node-controller"
    before = run.cluster[stored("nodes")["n1"]]
    _, run = run.ask(Request(user, "patch", "nodes", "n1", Taints((Taint("a"),))))
    after = run.cluster[stored("nodes")["n1"]]
    assert after.spec.taints == (Taint("a"),)
    assert after.status == before.status


def test_a_generated_name_is_the_first_that_nobody_mentions() -> None:
    settings = scene(stored=(replicaset(replicas=3),), names_per_workload=2, actors=("replicaset-controller",))
    run = Run.of(settings)
    body = attrs.evolve(pod(), metadata=ObjectMeta(generate_name="web-"))
    user, client = "system:serviceaccount:kube-system:replicaset-controller", "kube-controller-manager/replicaset/web"
    made = []
    for _ in range(2):
        response, run = run.ask(Request(user, "create", "pods", "", body), client)
        made.append(response.key)
    assert made == ["web-b", "web-c"]
    with pytest.raises(BoundReached, match="all 2 names for web-… are in use"):
        run.ask(Request(user, "create", "pods", "", body), client)


def test_a_transaction_that_meets_another_version_is_tried_again() -> None:
    run = start(pod(node="n1"), actors=("kubelet",))
    run = attrs.evolve(run, cluster=run.cluster.set(CALLS[KUBECTL], Request(ADMIN, "delete", "pods", "web"))).take(
        "handle", client=KUBECTL
    )
    kubelet = "kubelet/n1/web"
    _, run = run.ask(
        Request("system:node:n1", "patch", "pods", "web", PodStatus("Running").report(PodStatus()), "status"), kubelet
    )
    run = run.take("commit", client=KUBECTL).take("answer", client=KUBECTL)
    assert isinstance(run.cluster[CALLS[KUBECTL]], Request)
    run = run.take("handle", client=KUBECTL).take("commit", client=KUBECTL).take("answer", client=KUBECTL)
    after = run.cluster[stored("pods")["web"]]
    assert (after.metadata.deleting, after.status.phase) == (True, "Running")
