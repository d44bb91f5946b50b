"""A project's own component, kind and fault take part like those that come with kmodel."""

from pathlib import Path

import pytest

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.results import Verdict
from kmodel.kubernetes.catalog import BUILT_IN
from kmodel.kubernetes.components.faults import BUDGET
from kmodel.kubernetes.components.settings import rights_of
from kmodel.kubernetes.control_plane import build
from kmodel.kubernetes.scenario import InputError, field_table, load, model
from tests.scenario.own_component import ACTOR, COMPONENT, REAPED, REAPER, REAPER_RESTART, USER, a_pod_is_reaped
from tests.specs.mutants import SPECS

CATALOG = BUILT_IN.with_more((COMPONENT,), (REAPER,), (REAPER_RESTART,))
FILE = """
apiVersion: kmodel.dev/v1alpha1
kind: Scenario
spec:
  stored: [rp/all]
  faults: {reaper-restart: 1}
---
apiVersion: example.dev/v1
kind: Reaper
metadata: {name: all}
spec: {limit: 1}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  nodeName: n1
  nodeSelector: {disk: none}
  containers: [{name: main, image: nginx}]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_it_takes_part_with_its_kind_its_memory_its_fault_and_its_spec(file: Path) -> None:
    scenario = load([file], catalog=CATALOG)
    assert scenario.taking_part[-2:] == ("reaper", "container-runtime")
    made = model(scenario, (*SPECS, a_pod_is_reaped))
    cluster = made.initial[0]
    assert cluster.has(REAPED["web"])
    assert cluster[BUDGET["reaper-restart"]] == 1
    assert {action.actor for action in made.actions} >= {ACTOR, "fault"}
    assert [str(cell) for cell in cluster.layout.cells if "orphan" in str(cell)] == ["calls[reaper/web (orphan 1)]"]
    result = result_of(made, Bounds(max_states=100_000))
    broken = [
        finding.spec.name
        for finding in result.findings
        if finding.verdict is Verdict.VIOLATED and finding.spec.kind.word != "sometimes" and not finding.spec.hazard
    ]
    assert broken == []
    verdicts = {finding.spec.name: finding.verdict for finding in result.findings}
    assert verdicts["transitions_ok"] is verdicts["a_pod_is_reaped"] is Verdict.HOLDS


def test_without_it_its_fault_is_not_known(file: Path) -> None:
    with pytest.raises(InputError, match=r"reaper-restart: is not a fault that is modelled"):
        load([file])


def test_who_does_not_need_it_is_told_why(tmp_path: Path) -> None:
    path = tmp_path / "pod.yaml"
    path.write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {nodeName: n1}\n", encoding="utf-8")
    scenario = load([path], faults={"reaper-restart": 1}, catalog=CATALOG)
    assert "reaper: there is no Reaper" in scenario.left_out
    assert "reaper-restart: cannot happen without reaper" in scenario.left_out
    _, actions = build(scenario.settings, scenario.catalog)
    assert "restart_reaper" not in {action.transition.name for action in actions}


def test_documentation_names_it() -> None:
    table = field_table(CATALOG)
    assert "heartbeats, reaper." in table
    assert "cron-tick, reaper-restart." in table


def test_its_rights_are_those_that_it_says(file: Path) -> None:
    scenario = load([file], catalog=CATALOG)
    cluster, _ = build(scenario.settings, scenario.catalog)
    assert rights_of(cluster, USER) == frozenset({("delete", "pods")})
