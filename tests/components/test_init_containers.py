"""Init containers: they run one after the other before all others, and again as policies and reboots want."""

import pytest

from kmodel.kernel import Cluster
from kmodel.kubernetes.components.etcd import PODS
from kmodel.kubernetes.components.runtime import RUNTIME, Sandbox
from kmodel.kubernetes.objects import PodStatus
from kmodel.kubernetes.objects.container import Container, Need
from tests.components.runs import Run
from tests.components.scenes import delete, pod, scene

TWO = (Container("fetch", "busybox:1.28"), Container("migrate", "busybox:1.28"))


def with_two(policy: str = "Always", *commands: object, faults: dict[str, int] | None = None) -> Run:
    value = pod(node="n1", restart_policy=policy, init_containers=TWO)
    return Run.of(scene(*commands, stored=(value,), actors=("kubelet",), faults=faults or {}))  # type: ignore[arg-type]


def sandbox(run: Run) -> Sandbox:
    found = run.cluster[RUNTIME["n1", "web"]]
    assert found is not None
    return found


def states(run: Run) -> list[str]:
    return [each.state for each in sandbox(run).everybody]


def status(run: Run) -> PodStatus:
    found = run.cluster[PODS["web"]]
    assert found is not None
    return found.status


def both_have_begun(cluster: Cluster) -> bool:
    there = cluster[RUNTIME["n1", "web"]]
    return there is not None and there.first[1].state == "running"


def test_they_run_one_after_the_other_and_the_pod_is_pending_meanwhile() -> None:
    run = with_two().settle(without=("finish_init_container",))
    assert states(run) == ["running", "created", "created"]
    assert (status(run).phase, status(run).ready) == ("Pending", False)
    run = run.take("finish_init_container", node="n1", pod="web").settle(without=("finish_init_container",))
    assert states(run) == ["exited", "running", "created"]
    assert status(run).phase == "Pending"
    run = run.settle()
    assert states(run) == ["exited", "exited", "running"]
    assert status(run) == PodStatus("Running", ready=True, scheduled=True)


@pytest.mark.parametrize(
    ("policy", "phase", "restarts"), [("Always", "Running", 1), ("OnFailure", "Running", 1), ("Never", "Failed", 0)]
)
def test_one_that_fails_runs_again_or_fails_the_pod(policy: str, phase: str, restarts: int) -> None:
    run = with_two(policy, faults={"container-crash": 1}).settle(until=both_have_begun)
    run = run.take("crash_container", node="n1", pod="web", container="migrate").settle()
    assert (status(run).phase, status(run).restarts) == (phase, restarts)
    assert [each.restarts for each in sandbox(run).first] == [0, restarts]
    assert states(run)[2] == ("running" if phase == "Running" else "exited")


def test_a_pod_that_is_deleted_meanwhile_ends_without_its_containers() -> None:
    run = with_two("Always", delete("pods/web")).settle(until=both_have_begun)
    run = run.take("run_command", user="admin").settle(without=("stop_container",))
    assert states(run) == ["exited", "stopping", "exited"]
    assert not run.can("remove_containers", node="n1", pod="web")
    gone = run.settle()
    assert gone.cluster[PODS["web"]] is None
    assert gone.cluster[RUNTIME["n1", "web"]] is None
    assert not [step for step in gone.steps if step.action.transition.name == "finish_container"]


@pytest.mark.parametrize("has_begun", [False, True])
def test_after_a_reboot_all_run_again_before_the_others(has_begun: bool) -> None:
    run = with_two(faults={"node-crash": 1, "node-restart": 1})
    run = run.settle() if has_begun else run.settle(until=both_have_begun)
    run = run.take("crash_node", node="n1").take("restart_node", node="n1")
    again = run.settle(without=("finish_init_container",))
    assert states(again) == ["running", "created", "created"]
    assert status(again).phase == "Pending"
    run = again.settle()
    assert (status(run).phase, status(run).ready) == ("Running", True)
    assert [each.restarts for each in sandbox(run).everybody] == [1, 1, int(has_begun)]


def test_one_waits_for_its_image_or_its_secret() -> None:
    run = with_two(faults={"failed-image-pull": 1}).settle(without=("start_container",))
    assert not run.can("fail_to_pull_image", node="n1", pod="web", container="migrate")  # it is not its turn
    run = run.take("fail_to_pull_image", node="n1", pod="web", container="fetch").settle()
    assert states(run) == ["created", "created", "created"]
    assert (status(run).phase, status(run).reason) == ("Pending", "ImagePullBackOff")
    needs = (Container("fetch", "busybox:1.28", config=(Need("secret", "db"),)),)
    run = Run.of(scene(stored=(pod(node="n1", init_containers=needs),), actors=("kubelet",))).settle()
    assert states(run) == ["created", "created"]
