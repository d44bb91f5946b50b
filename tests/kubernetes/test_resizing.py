"""Pods that are resized in place: what is given, what waits, what never can be, and what a scheduler makes of it."""

from typing import Any

import pytest

from kmodel.kubernetes.components.calls import Request
from kmodel.kubernetes.components.etcd import PODS
from kmodel.kubernetes.components.kubelet.state import ALLOCATED
from kmodel.kubernetes.components.settings import Command
from kmodel.kubernetes.objects import Pod, Resources
from kmodel.kubernetes.objects.merging import Merge
from tests.components.runs import Run
from tests.components.scenes import ADMIN, MEBIBYTE, containers, node, pod, scene

BIG, BESIDE = pod("big", node="n1", memory_mib=300), pod("beside", node="n1", memory_mib=300)
SMALL = pod("small", memory_mib=300)


def resize(memory_mib: int, **more: Any) -> Command:
    """Return the command that resizes the pod `big`."""
    wanted = pod("big", node="n1", memory_mib=memory_mib, **more)
    skeleton = Pod(BIG.metadata)
    return Command("patch", "pods", "big", patch=Merge(wanted, None, skeleton), subresource="resize")


def resized(memory_mib: int, **faults: int) -> Run:
    """Return the run in which `big` was resized and all has come to rest, before `small` is scheduled."""
    settings = scene(
        resize(memory_mib),
        nodes=(node(memory_mib=1024),),
        stored=(BIG, BESIDE, SMALL),
        actors=("kubelet", "kube-scheduler"),
        faults=faults,
    )
    run = Run.of(settings).settle(without=("schedule", "find_no_node"))
    return run.take("run_command", user=ADMIN).settle(without=("schedule", "find_no_node"))


def stored(run: Run, name: str = "big") -> Pod:
    found = run.cluster[PODS[name]]
    assert found is not None
    return found


def mebibytes(held: Resources | None) -> int:
    assert held is not None
    assert held.memory_bytes is not None
    return held.memory_bytes // MEBIBYTE


@pytest.mark.parametrize(
    ("wanted", "held", "why", "finds_a_node"),
    [
        (400, 400, None, True),
        (600, 600, None, False),
        (200, 200, None, True),
        (900, 300, "Deferred", False),
        (2048, 300, "Infeasible", True),
    ],
)
def test_a_resize_is_given_waits_or_can_never_be(wanted: int, held: int, why: str | None, finds_a_node: bool) -> None:
    run = resized(wanted)
    there = stored(run)
    assert there.spec.memory_bytes == wanted * MEBIBYTE
    assert mebibytes(run.cluster[ALLOCATED["n1", "big"]]) == mebibytes(there.status.allocated) == held
    assert there.status.resize == why
    run = run.settle()
    assert (stored(run, "small").spec.node_name == "n1") == finds_a_node


def test_a_resize_that_waits_is_given_when_there_is_room() -> None:
    run = resized(900)
    _, run = run.ask(Request(ADMIN, "delete", "pods", "beside", grace_seconds=0))
    run = run.settle(without=("schedule", "find_no_node"))
    assert stored(run).status.resize is None
    assert mebibytes(stored(run).status.allocated) == 900


def test_what_was_given_outlives_a_restart_of_the_kubelet() -> None:
    run = resized(900, **{"kubelet-restart": 1}).take("restart_kubelet", node="n1")
    run = run.settle(without=("schedule", "find_no_node"))
    there = stored(run)
    assert (there.status.phase, there.status.resize) == ("Running", "Deferred")
    assert mebibytes(there.status.allocated) == 300


@pytest.mark.parametrize(("subresource", "code"), [("resize", 200), ("", 422)])
def test_only_the_subresource_resizes(subresource: str, code: int) -> None:
    run = Run.of(scene(resize(400), nodes=(node(),), stored=(BIG,), actors=()))
    body = Merge(pod("big", node="n1", memory_mib=400), None, Pod(BIG.metadata))
    response, _ = run.ask(Request(ADMIN, "patch", "pods", "big", body, subresource))
    assert response.code == code


def test_a_resize_changes_nothing_else() -> None:
    run = Run.of(scene(resize(400), nodes=(node(),), stored=(BIG,), actors=()))
    body = Merge(pod("big", node="n1", containers=containers(400), restart_policy="Never"), None, Pod(BIG.metadata))
    response, _ = run.ask(Request(ADMIN, "patch", "pods", "big", body, "resize"))
    assert response.code == 422
