"""Real manifests: each loads, or gets one line that says why not."""

from pathlib import Path

import pytest

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.kubernetes.scenario import load, model
from kmodel.project.spec_files import load_specs

SPECS = Path(__file__).parents[2] / "specs"
FOLDER = Path(__file__).parent / "manifests"
NOT_MODELLED: dict[str, tuple[str, ...]] = {"_archived-elasticsearch-rbac": ()}
LOADS = sorted(file.stem for file in FOLDER.glob("*.yaml") if file.stem not in NOT_MODELLED)


@pytest.mark.parametrize("name", LOADS)
def test_loads(name: str) -> None:
    scenario = load([FOLDER / f"{name}.yaml"], nodes=2, faults={"container-crash": 1})
    assert scenario.name == name
    assert [node.metadata.name for node in scenario.settings.nodes] == ["n1", "n2"]
    assert scenario.settings.budget("container-crash") == 1
    (session,) = scenario.settings.sessions
    assert session.user == "admin"
    assert {command.verb for command in session.commands} == {"create"}


@pytest.mark.parametrize("name", LOADS)
def test_runs(name: str) -> None:
    scenario = load([FOLDER / f"{name}.yaml"], nodes=1)
    result = result_of(model(scenario, load_specs(SPECS)), Bounds(max_states=500))
    assert result.failures == ()
    assert result.finished or result.states == 500


@pytest.mark.parametrize("name", sorted(NOT_MODELLED))
def test_workloads_that_are_not_modelled_are_named(name: str) -> None:
    caveats = load([FOLDER / f"{name}.yaml"]).caveats
    assert caveats.workloads == NOT_MODELLED[name]
    assert set(caveats.workloads) <= set(caveats.weakened_by)
    assert {"NOT MODELLED", "ONLY STORED"} & {heading for heading, _ in caveats.notes}


def test_kyaml_is_read_as_written() -> None:
    scenario = load([FOLDER / "memory-request-limit.yaml"])
    assert scenario.settings.pod_names == ("mem-example/memory-demo",)
    assert scenario.ignored_fields == (
        "pod/mem-example/memory-demo: spec.containers[0].command",
        "pod/mem-example/memory-demo: spec.containers[0].args",
    )


def test_a_folder_is_read_in_the_order_of_its_names() -> None:
    scenario = load([FOLDER])
    assert scenario.name == "manifests"
    assert [file.name for file in scenario.sources] == sorted(file.name for file in FOLDER.glob("*.yaml"))
    workloads = [name for names in NOT_MODELLED.values() for name in names]
    assert sorted(scenario.caveats.workloads) == sorted(set(workloads))
