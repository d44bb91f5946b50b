"""kube-scheduler: which nodes it takes, which it likes best, and what it remembers while a binding is under way."""

import pytest

from kmodel.kernel.footprint import record
from kmodel.kubernetes.components.calls import CALLS, Response
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.components.resources import fit, tolerated
from kmodel.kubernetes.components.scheduler import ASSUMED, QUEUE, best_nodes, client_of, feasible, score
from kmodel.kubernetes.objects import Node, NodeSpec, NodeStatus, ObjectMeta, Pod, PodSpec, Taint, Toleration
from kmodel.kubernetes.objects.affinity import KeptApart, Requirement
from tests.components.runs import Run
from tests.components.scenes import ADMIN, create, delete, node, pod, scene

PODS = stored("pods")
GPU = Taint("gpu", "yes")
SCHEDULED = ("kube-scheduler",)


@pytest.mark.parametrize(
    ("toleration", "tolerates"),
    [
        (Toleration("gpu", "Equal", "yes", "NoSchedule"), True),
        (Toleration("gpu", "Equal", "yes"), True),
        (Toleration("gpu", "Equal", "no"), False),
        (Toleration("gpu", "Exists"), True),
        (Toleration("gpu", "Exists", effect="NoExecute"), False),
        (Toleration(None, "Exists"), True),
        (Toleration("disk", "Exists"), False),
    ],
)
def test_a_toleration_is_for_its_key_value_and_effect(toleration: Toleration, tolerates: bool) -> None:
    assert tolerated(GPU, (toleration,)) is tolerates


def test_a_pod_fits_beside_others_if_all_resources_suffice() -> None:
    small = NodeStatus(cpu_millicores=1000, memory_bytes=600 << 20, pods=2)
    wants = pod(memory_mib=300).spec
    assert fit(wants, [], small) is None
    assert fit(wants, [wants], small) is None
    assert fit(wants, [wants, wants], small) == "pods"
    assert fit(pod(memory_mib=301).spec, [wants], small) == "memory"
    assert fit(pod().spec, [pod(memory_mib=900).spec], small) is None  # it asks for no memory


@pytest.mark.parametrize(
    ("there", "why"),
    [
        (node(), None),
        (node(taints=(GPU,)), "node(s) had untolerated taint {gpu: yes}"),
        (node(taints=(Taint("gpu", effect="NoExecute"),)), "node(s) had untolerated taint {gpu: }"),
        (node(taints=(Taint("gpu", effect="PreferNoSchedule"),)), None),
        (Node(ObjectMeta("n1"), NodeSpec(unschedulable=True)), "node(s) were unschedulable"),
        (node(memory_mib=100), "Insufficient memory"),
    ],
)
def test_the_filters_say_why_not(there: Node, why: str | None) -> None:
    assert feasible(pod(memory_mib=200), there, []) == why


def test_a_node_selector_needs_its_labels() -> None:
    picky = Pod(ObjectMeta("web"), PodSpec(node_selector=(("disk", "ssd"),)))
    assert feasible(picky, node(), []) == "node(s) didn't match Pod's node affinity/selector"
    assert feasible(picky, Node(ObjectMeta("n1", labels=(("disk", "ssd"), ("zone", "a")))), []) is None


BESIDE_WEB = "node(s) didn't match pod anti-affinity rules"
BESIDE_PICKY = "node(s) didn't satisfy existing pods anti-affinity rules"


@pytest.mark.parametrize(
    ("requirements", "namespaces", "is_meant"),
    [
        ((Requirement("app", "In", ("web", "api")),), (), True),
        ((Requirement("app", "In", ("api",)),), (), False),
        ((Requirement("app", "NotIn", ("api",)),), ("shop", "default"), True),
        ((Requirement("app", "In", ("web",)),), ("shop",), False),
        ((Requirement("tier", "DoesNotExist"), Requirement("app", "Exists")), (), True),
        ((), (), True),
        (None, (), False),
    ],
)
def test_pods_are_kept_apart_both_ways(
    requirements: tuple[Requirement, ...] | None, namespaces: tuple[str, ...], is_meant: bool
) -> None:
    picky = pod("picky", kept_apart=(KeptApart(requirements, namespaces),))
    assert feasible(picky, node(), [pod()]) == (BESIDE_WEB if is_meant else None)
    assert feasible(pod(), node(), [picky]) == (BESIDE_PICKY if is_meant else None)
    assert feasible(picky, node(), []) is None


def test_the_emptier_node_has_the_better_score() -> None:
    web = pod(memory_mib=512)
    assert score(web, node(), []) > score(web, node(), [pod("other", memory_mib=512)])
    assert score(web, node(memory_mib=8192), []) > score(web, node(memory_mib=1024), [])


def test_among_the_best_nodes_the_choice_is_free() -> None:
    run = Run.of(scene(stored=(pod(memory_mib=512),), nodes=(node("n1"), node("n2"), node("n3", memory_mib=1024))))
    assert best_nodes(run.cluster, run.cluster[PODS["web"]]) == ["n1", "n2"]
    assert [run.can("schedule", pod="web", node=name) for name in ("n1", "n2", "n3")] == [True, True, False]


def test_any_node_that_passes_the_filters_may_be_chosen_if_the_scenario_says_so() -> None:
    nodes = (node("n1"), node("n2", memory_mib=1024), node("n3", memory_mib=256))
    run = Run.of(scene(stored=(pod(memory_mib=512),), nodes=nodes, scoring="any"))
    assert [run.can("schedule", pod="web", node=name) for name in ("n1", "n2", "n3")] == [True, True, False]


@pytest.mark.parametrize("prefers", [(True, False), (False, True)])
def test_any_node_may_be_chosen_where_a_pod_prefers_some(prefers: tuple[bool, bool]) -> None:
    there = pod("there", node="n3", prefers=prefers[1])
    nodes = (node("n1"), node("n2", memory_mib=1024), node("n3", memory_mib=256))
    run = Run.of(scene(stored=(pod(memory_mib=512, prefers=prefers[0]), there), nodes=nodes))
    assert best_nodes(run.cluster, run.cluster[PODS["web"]]) == ["n1", "n2"]


def test_of_each_node_and_other_pod_it_reads_at_once_what_counts() -> None:
    """Else a decision is taken anew for each of their statuses, and its trie has a node for each attribute."""
    run = Run.of(scene(stored=(pod(), pod("other", node="n2")), nodes=(node("n1"), node("n2"))))
    _, reads = record(lambda cluster: cluster if best_nodes(cluster, pod()) else None, run.cluster, "best_nodes")
    cells = [str(run.cluster.layout.cells[read.position]) for read in reads]
    of_caches = [cell for cell in cells if cell.startswith("caches/") and "web" not in cell]
    assert sorted(of_caches) == [
        "caches/nodes[kube-scheduler, n1]",
        "caches/nodes[kube-scheduler, n2]",
        "caches/pods[kube-scheduler, other]",
    ]


def test_a_pod_is_assumed_until_the_cache_says_so() -> None:
    run = Run.of(scene(stored=(pod(memory_mib=600),), actors=SCHEDULED)).take("schedule", pod="web", node="n1")
    assumed = run.cluster[ASSUMED["web"]]
    assert assumed is not None
    assert assumed.node == "n1"
    assert not run.can("schedule", pod="web", node="n1")
    assert run.settle().cluster[ASSUMED["web"]] is None
    assert run.settle().cluster[PODS["web"]].spec.node_name == "n1"


def test_an_assumed_pod_takes_room() -> None:
    two = (pod("left", memory_mib=600), pod("right", memory_mib=600))
    run = Run.of(scene(stored=two, nodes=(node(memory_mib=1024),), actors=SCHEDULED))
    assert run.can("schedule", pod="right", node="n1")
    run = run.take("schedule", pod="left", node="n1")
    assert not run.can("schedule", pod="right", node="n1")
    assert run.can("find_no_node", pod="right")


def test_a_failed_binding_is_forgotten_and_tried_again() -> None:
    run = Run.of(scene(stored=(pod(),), actors=SCHEDULED, faults={"lost-request": 1}))
    run = run.take("schedule", pod="web", node="n1").take("lose_request", client=client_of("web"))
    response = run.cluster[CALLS[client_of("web")]]
    assert isinstance(response, Response)
    assert response.code == 0
    run = run.take("finish_binding", pod="web")
    assert run.cluster[ASSUMED["web"]] is None
    assert run.cluster[QUEUE["web"]] == "active"
    assert run.settle().cluster[PODS["web"]].spec.node_name == "n1"


def test_a_pod_without_a_node_is_reported_and_waits_until_something_changes() -> None:
    run = Run.of(
        scene(
            delete("pods/left"),
            stored=(pod("left", node="n1", memory_mib=600), pod("right", memory_mib=600)),
            nodes=(node(memory_mib=1024),),
        )
    ).settle()
    waiting = run.cluster[PODS["right"]]
    assert (waiting.status.scheduled, waiting.status.reason) == (False, "Unschedulable")
    assert run.cluster[QUEUE["right"]] == "unschedulable"
    run = run.user()
    assert run.cluster[PODS["left"]] is None
    assert run.cluster[PODS["right"]].spec.node_name == "n1"
    assert run.cluster[PODS["right"]].status.phase == "Running"


def test_the_scheduler_leaves_alone_what_is_bound_or_going_away() -> None:
    run = Run.of(scene(create(pod()), delete("pods/web"), stored=(pod("other", node="n1"),), actors=SCHEDULED))
    assert run.cluster[QUEUE["other"]] is None
    run = run.take("run_command", user=ADMIN).settle(without=SCHEDULED)
    run = run.take("run_command", user=ADMIN).settle(without=SCHEDULED)
    assert run.settle().cluster[PODS["web"]] is None
    assert run.settle().cluster[QUEUE["web"]] is None


def test_a_failed_binding_wakes_the_pods_that_found_no_node() -> None:
    two = (pod("left", memory_mib=600), pod("right", memory_mib=600))
    settings = scene(stored=two, nodes=(node(memory_mib=1024),), actors=("kube-scheduler",), faults={"lost-request": 1})
    run = Run.of(settings).take("schedule", pod="left", node="n1").take("find_no_node", pod="right")
    run = run.take("lose_request", client=client_of("left"))
    assert run.cluster[QUEUE["right"]] == "unschedulable"
    run = run.take("finish_binding", pod="left")
    assert run.cluster[QUEUE["right"]] == "active"
