"""The tour of pod creation tells its chapters in order, and ends with a pod that runs and is reached."""

from functools import cache

import click
import pytest
from click.testing import CliRunner

from kmodel.cli import main
from kmodel.kernel import Model
from kmodel.kubernetes.components.etcd import PODS
from kmodel.kubernetes.components.proxy import RULES
from kmodel.kubernetes.scenario.tours import POD_CREATION, TOURS, Stop, stops
from kmodel.project import Project


@cache
def tour() -> tuple[Model, tuple[Stop, ...]]:
    model = Project().read([POD_CREATION.scenario]).model(())
    return model, tuple(stops(model, POD_CREATION))


def test_each_chapter_is_told_in_order() -> None:
    _, steps = tour()
    chapters = [stop.chapter for stop in steps]
    assert chapters == sorted(chapters)
    assert set(chapters) == set(range(len(POD_CREATION.chapters)))


def test_it_tells_how_a_pod_is_created() -> None:
    _, steps = tour()
    said = [(stop.chapter, stop.step.event.reason, stop.step.action.actor) for stop in steps]
    order = [
        (1, "Create", "kubectl/admin"),
        (2, "Committed", "etcd"),
        (3, "Chooses", "kube-scheduler"),
        (4, "Committed", "etcd"),
        (6, "Wait", "kubectl/admin"),
        (7, "CrashContainer", "fault"),
        (8, "ProgramRules", "kube-proxy/n1"),
    ]
    places = [said.index(each) for each in order]
    assert places == sorted(places)


def test_it_ends_with_a_pod_that_runs_again_and_is_reached() -> None:
    _, steps = tour()
    last = steps[-1].step.next
    pod = last[PODS["web"]]
    assert pod is not None
    assert (pod.status.phase, pod.status.ready, pod.status.restarts) == ("Running", True, 1)
    cells = [cell for cell in last.layout.cells if cell.family == RULES.family]
    assert cells
    assert all([endpoint.pod for endpoint in last[cell]] == ["web"] for cell in cells)


def test_the_command_knows_the_tours() -> None:
    (option,) = (each for each in main.commands["explore"].params if each.name == "tour")
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == tuple(TOURS)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--tour", "pod-creation", "pod-creation"], "a tour has a scenario of its own; leave out others"),
        (["pod-creation", "--path", "0/99"], "step 1 of the address takes choice 99, but there are"),
        (["pod-creation", "--path", "x"], "'x' is no address; write one number per choice, such as 0/3/1"),
        (["nothing.json"], "nothing.json: cannot be read: No such file or directory; name a trace-*.json file"),
        (["pod-creationn"], "there is no scenario 'pod-creationn'; did you mean pod-creation"),
    ],
)
def test_what_cannot_be_explored_is_refused_in_one_line(arguments: list[str], why: str) -> None:
    outcome = CliRunner().invoke(main, ["explore", "--no-open", *arguments])
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith(f"error: {why}")
    assert outcome.stderr.count("\n") == 1
