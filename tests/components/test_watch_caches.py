"""Several api-servers: each lags at its own pace, and a client meets another one only after its connection broke."""

import attrs
import pytest

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.results import Verdict
from kmodel.kubernetes.components.apiserver.watch_cache import MISSING, SERVERS
from kmodel.kubernetes.components.etcd import PODS, QUEUES
from kmodel.kubernetes.components.informer import CONNECTIONS, CONTROLLER_MANAGER, cached
from kmodel.kubernetes.objects import POD
from tests.components.runs import Run
from tests.components.scenes import ADMIN, create, pod, replicaset, scene
from tests.specs.mutants import SPECS, faithful

TWO = scene(create(pod(node="n1")), actors=("kubelet",), calls="fused", api_servers=2, client_caches="prompt")
KUBELET = "kubelet/n1"
OBSERVER = "an_observer_never_goes_back_in_resource_version"


def test_with_one_api_server_there_is_no_tier() -> None:
    layout = Run.of(attrs.evolve(TWO, api_servers=1)).cluster.layout
    assert layout.constant(SERVERS) == ()
    assert not layout.keys(CONNECTIONS)


def test_after_a_restart_a_client_waits_for_an_api_server_that_has_seen_as_much() -> None:
    settings = attrs.evolve(TWO, client_caches="late", faults=(("apiserver-restart", 1),))
    run = Run.of(settings).take("run_command", user=ADMIN)
    run = run.take("update_watch_cache", server="kube-apiserver-1", resource="pods")
    run = run.take("receive_event", watcher=KUBELET, resource="pods")
    run = run.take("restart_one_apiserver", server="kube-apiserver-1")
    assert run.cluster[CONNECTIONS[KUBELET]] is None
    assert run.cluster[MISSING["kube-apiserver-2", KUBELET, "pods"]] == 1
    comes_to_the_other = {"watcher": KUBELET, "resource": "pods", "server": "kube-apiserver-2"}
    assert not run.can("list_from", **comes_to_the_other)
    run = run.take("update_watch_cache", server="kube-apiserver-2", resource="pods")
    run = run.take("list_from", **comes_to_the_other)
    assert run.cluster[CONNECTIONS[KUBELET]] == "kube-apiserver-2"
    assert run.cluster[QUEUES[KUBELET, "pods"]] == ()


def test_an_api_server_that_is_behind_lets_a_client_list_what_is_stored_and_tells_nothing_older() -> None:
    settings = attrs.evolve(TWO, client_caches="late", faults=(("apiserver-crash", 1),))
    run = Run.of(settings).take("run_command", user=ADMIN)
    run = run.take("update_watch_cache", server="kube-apiserver-1", resource="pods")
    run = run.take("receive_event", watcher=KUBELET, resource="pods")
    run = run.take("crash_one_apiserver", server="kube-apiserver-1")
    there = {"watcher": KUBELET, "resource": "pods", "server": "kube-apiserver-2"}
    assert not run.can("list_what_is_stored", **{**there, "server": "kube-apiserver-1"})  # it is not ready
    run = run.take("list_what_is_stored", **there)
    known = run.cluster[cached(POD)[KUBELET, "web"]]
    assert known == run.cluster[PODS["web"]] is not None
    assert run.cluster[MISSING["kube-apiserver-2", KUBELET, "pods"]] == 1
    run = run.take("update_watch_cache", server="kube-apiserver-2", resource="pods")
    assert run.cluster[MISSING["kube-apiserver-2", KUBELET, "pods"]] == 0
    assert run.cluster[QUEUES[KUBELET, "pods"]] == ()
    assert run.cluster[cached(POD)[KUBELET, "web"]] == known


@pytest.mark.parametrize(("release", "goes_back"), [("1.33", True), ("1.34", False), ("1.35", False)])
def test_the_controller_manager_streams_its_lists_since_1_34(release: str, goes_back: bool) -> None:
    run = Run.of(
        scene(
            create(replicaset()),
            actors=("replicaset-controller",),
            calls="fused",
            api_servers=2,
            first_list=release,
            faults={"controller-restart": 1},
        )
    )
    run = run.take("run_command", user=ADMIN).take("restart_controller_manager")
    there = {"watcher": CONTROLLER_MANAGER, "resource": "replicasets", "server": "kube-apiserver-2"}
    assert run.can("list_from", **there) is goes_back
    assert run.take("update_watch_cache", server="kube-apiserver-2", resource="replicasets").can("list_from", **there)


@pytest.mark.parametrize(("release", "goes_back"), [("1.34", True), ("1.35", False)])
def test_kubelets_stream_their_lists_since_1_35(release: str, goes_back: bool) -> None:
    run = Run.of(attrs.evolve(TWO, first_list=release, faults=(("kubelet-restart", 1),)))
    run = run.take("run_command", user=ADMIN).take("restart_kubelet", node="n1")
    assert run.can("list_from", watcher=KUBELET, resource="pods", server="kube-apiserver-2") is goes_back


@pytest.mark.parametrize("caches", ["late", "prompt"])
@pytest.mark.parametrize("fault", ["kubelet-restart", "apiserver-restart"])
@pytest.mark.parametrize("first_list", ["consistent", "any"])
def test_only_first_lists_of_any_age_go_back(first_list: str, fault: str, caches: str) -> None:
    scene = attrs.evolve(TWO, first_list=first_list, client_caches=caches, faults=((fault, 1),))
    result = result_of(faithful(scene, SPECS), Bounds(max_states=20_000))
    assert result.finished, result.stopped
    assert not [f"{finding.spec.name}: {finding.reason}" for finding in result.failures]
    (finding,) = (each for each in result.findings if each.spec.name == OBSERVER)
    goes_back = (first_list, fault) == ("any", "kubelet-restart")
    assert (finding.verdict, finding.is_hazard) == ((Verdict.VIOLATED, True) if goes_back else (Verdict.HOLDS, False))
