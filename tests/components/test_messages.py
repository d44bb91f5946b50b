"""What a step says of itself: what it did, and not what such steps do."""

import pytest

from tests.components.runs import Run
from tests.components.scenes import ADMIN, create, node, pod, scene

SCHEDULED = ("kube-scheduler",)


def said(run: Run, name: str, **binding: str) -> tuple[str, str]:
    step = run.step(name, **binding)
    assert step is not None
    return step.event.reason, step.event.message


@pytest.mark.parametrize(("calls", "more"), [("split", ""), ("fused", "; changes pod/web: Pending, on n2")])
def test_the_scheduler_tells_the_points_of_each_node(calls: str, more: str) -> None:
    nodes = (node("n1", cpu=1000), node("n2", cpu=2000), node("n3", memory_mib=1))
    run = Run.of(scene(stored=(pod(memory_mib=100),), nodes=nodes, actors=SCHEDULED, calls=calls))
    told = "asks to bind the pod to n2: 96 points (n1: 94 points, n3: Insufficient memory)"
    assert said(run, "schedule", pod="web", node="n2") == ("Chooses", told + more)


def test_the_scheduler_says_why_no_node_will_do() -> None:
    small = (node("n1", memory_mib=1), node("n2", memory_mib=1))
    run = Run.of(scene(stored=(pod(memory_mib=100),), nodes=small, actors=SCHEDULED))
    why = "0/2 nodes are available: 2 Insufficient memory"
    assert said(run, "find_no_node", pod="web") == ("FailedScheduling", why)


def test_a_call_in_one_step_says_what_it_sends_and_what_becomes_of_it() -> None:
    run = Run.of(scene(create(pod()), calls="fused", actors=SCHEDULED))
    done = "kubectl create: sends the request to the api-server; creates pod/web: Pending, not bound"
    assert said(run, "run_command", user=ADMIN) == ("Create", done)


def test_a_lost_event_is_told() -> None:
    run = Run.of(scene(create(pod()), calls="fused", actors=SCHEDULED, faults={"lost-event": 1}))
    run = run.take("run_command", user=ADMIN)
    lost = "the event ADDED of pod/web (Pending, not bound) is lost: it hears of what comes after, never of this"
    assert said(run, "lose_event", watcher="kube-scheduler", resource="pods") == ("LoseEvent", lost)
