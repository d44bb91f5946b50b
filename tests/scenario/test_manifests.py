"""Real manifests: each loads, or gets one line that says why not."""

from pathlib import Path

import pytest

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.kubernetes.scenario import InputError, load, model
from kmodel.project.spec_files import load_specs

SPECS = Path(__file__).parents[2] / "specs"
FOLDER = Path(__file__).parent / "manifests"
KINDS = "Pod, Node, ReplicaSet, ReplicationController, Service"
NOT_MODELLED = {
    "_archived-elasticsearch-rbac": (3, "Role"),
    "_archived-newrelic-newrelic-daemonset": (2, "DaemonSet"),
    "databases-cassandra-cassandra-statefulset": (2, "StatefulSet"),
    "job": (2, "Job"),
    "nginx-deployment": (2, "Deployment"),
    "php-apache": (2, "Deployment"),
    "web-guestbook-all-in-one-guestbook-all-in-one": (19, "Deployment"),
    "web-guestbook-redis-master-deployment": (2, "Deployment"),
    "web-statefulset": (16, "StatefulSet"),
}
LOADS = sorted(file.stem for file in FOLDER.glob("*.yaml") if file.stem not in NOT_MODELLED)


@pytest.mark.parametrize("name", LOADS)
def test_loads(name: str) -> None:
    scenario = load([FOLDER / f"{name}.yaml"], nodes=2, faults={"container-crash": 1})
    assert scenario.name == name
    assert [node.metadata.name for node in scenario.settings.nodes] == ["n1", "n2"]
    assert scenario.settings.budget("container-crash") == 1
    (session,) = scenario.settings.sessions
    assert session.user == "admin"
    assert [command.verb for command in session.commands] == ["create"]


@pytest.mark.parametrize("name", LOADS)
def test_runs(name: str) -> None:
    scenario = load([FOLDER / f"{name}.yaml"], nodes=1)
    result = result_of(model(scenario, load_specs(SPECS)), Bounds(max_states=500))
    assert result.failures == ()
    assert result.finished or result.states == 500


@pytest.mark.parametrize("name", sorted(NOT_MODELLED))
def test_names_the_kind_that_is_not_modelled(name: str) -> None:
    file = FOLDER / f"{name}.yaml"
    line, kind = NOT_MODELLED[name]
    with pytest.raises(InputError) as caught:
        load([file])
    assert str(caught.value) == f'{file}:{line}: kind: "{kind}" is not a kind that is modelled; these are: {KINDS}'


def test_kyaml_is_read_as_written() -> None:
    scenario = load([FOLDER / "memory-request-limit.yaml"])
    assert scenario.settings.pod_names == ("mem-example/memory-demo",)
    assert scenario.ignored_fields == (
        "pod/mem-example/memory-demo: spec.containers[0].command",
        "pod/mem-example/memory-demo: spec.containers[0].args",
    )


def test_a_folder_is_read_in_the_order_of_its_names() -> None:
    with pytest.raises(InputError, match=r"_archived-elasticsearch-rbac\.yaml:3"):
        load([FOLDER])
