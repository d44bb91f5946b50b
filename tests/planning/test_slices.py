"""Slices of a scenario: what belongs together is in one, each is smaller, and what they cannot show is said."""

from pathlib import Path

import pytest

from kmodel.kubernetes import scenario
from kmodel.kubernetes.scenario import Scenario
from kmodel.kubernetes.scenario.slices import competition, possible_faults, slices, with_faults
from kmodel.planning.check_plan import plan_of

WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {app}}}}}
  template:
    metadata: {{labels: {{app: {app}}}}}
    spec:
      containers: [{{name: main, image: {name}, resources: {{requests: {{memory: {memory}}}}}}}]
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {app}}}, ports: [{{port: 80}}]}}
"""


def workload(name: str, app: str = "", replicas: int = 1, memory: str = "1Mi") -> str:
    return WORKLOAD.format(name=name, app=app or name, replicas=replicas, memory=memory)


def service(name: str, app: str) -> str:
    return SERVICE.format(name=name, app=app)


def load(folder: Path, *manifests: str, nodes: int | None = None) -> Scenario:
    (folder / "all.yaml").write_text("---\n".join(manifests), encoding="utf-8")
    return scenario.load([folder / "all.yaml"], nodes=nodes)


def test_a_workload_is_together_with_what_selects_its_pods(tmp_path: Path) -> None:
    made = load(tmp_path, workload("web", replicas=2), service("front", "web"), workload("db"), service("store", "db"))
    assert [each.objects for each in slices(made)] == [
        ("deployment/web", "service/front"),
        ("deployment/db", "service/store"),
    ]
    assert [each.scenario.name for each in slices(made)] == ["deployment/web", "deployment/db"]


def test_workloads_that_one_service_selects_are_together(tmp_path: Path) -> None:
    made = load(tmp_path, workload("v1", "web"), workload("v2", "web"), service("web", "web"), workload("db"))
    assert [each.objects for each in slices(made)] == [
        ("deployment/v1", "deployment/v2", "service/web"),
        ("deployment/db",),
    ]


def test_workloads_whose_pods_are_kept_apart_are_together(tmp_path: Path) -> None:
    term = "{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: db}}}"
    apart = f"affinity: {{podAntiAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{term}]}}}}"
    cache = workload("cache").replace("containers:", f"{apart}\n      containers:")
    made = load(tmp_path, workload("db", memory="2Mi"), workload("web"), cache)
    assert [each.objects for each in slices(made)] == [("deployment/db", "deployment/cache"), ("deployment/web",)]


def test_slices_that_differ_in_names_only_are_explored_once(tmp_path: Path) -> None:
    made = load(tmp_path, workload("one"), workload("two"), workload("three"), workload("large", memory="9Mi"))
    assert [(each.name, each.like) for each in slices(made)] == [
        ("deployment/one", ("deployment/two", "deployment/three")),
        ("deployment/large", ()),
    ]


def test_a_slice_says_in_what_it_is_smaller(tmp_path: Path) -> None:
    (part,) = slices(load(tmp_path, workload("web", replicas=5), nodes=4))
    assert part.cuts == ("2 of 5 replicas", "2 of 4 nodes")
    assert [node.metadata.name for node in part.scenario.settings.nodes] == ["n1", "n2"]
    assert [each.replicas for each in part.scenario.settings.workloads] == [2]


def test_a_service_alone_is_no_slice(tmp_path: Path) -> None:
    assert [each.name for each in slices(load(tmp_path, service("front", "nobody"), workload("db")))] == [
        "deployment/db"
    ]


@pytest.mark.parametrize(("memory", "is_said"), [("1Gi", False), ("5Gi", True)])
def test_that_pods_compete_for_a_node_is_said(memory: str, is_said: bool, tmp_path: Path) -> None:
    made = load(tmp_path, workload("web", memory=memory), workload("db", memory=memory))
    assert bool(competition(made.settings)) is is_said
    assert bool(plan_of(made).notes) is is_said


def test_a_fault_brings_who_takes_part_in_it_and_may_happen_once(tmp_path: Path) -> None:
    (part,) = slices(load(tmp_path, workload("web")))
    assert {"container-crash", "node-crash", "lost-event"} <= set(possible_faults(part.scenario))
    assert "node-restart" not in possible_faults(part.scenario)  # which needs a crash before
    faulty = with_faults(part.scenario, ["node-crash"])
    assert faulty.settings.faults == (("node-crash", 1),)
    assert "node-lifecycle-controller" in set(faulty.taking_part) - set(part.scenario.taking_part)


def test_the_first_explorations_are_of_different_slices_and_faults(tmp_path: Path) -> None:
    made = load(tmp_path, workload("web", replicas=2), workload("db"), workload("big", memory="9Mi"))
    plan = plan_of(made)
    without, one, two = (stage.tasks for stage in plan.stages)
    assert [str(task) for task in without] == ["deployment/web", "deployment/db", "deployment/big"]
    assert len({task.slice.name for task in one[:3]}) == len({task.faults for task in one[:3]}) == 3
    assert len(set(map(str, one))) == len(one)
    assert {len(task.faults) for task in two} == {2}
    assert len(two) > len(one)


def test_only_the_faults_that_are_asked_for_are_planned(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(workload("web"), encoding="utf-8")
    made = scenario.load([tmp_path / "web.yaml"], faults={"container-crash": 2, "kubelet-restart": 1})
    _, one, two = (stage.tasks for stage in plan_of(made).stages)
    assert {task.faults for task in one} == {("container-crash",), ("kubelet-restart",)}
    assert [task.faults for task in two] == [("container-crash", "kubelet-restart")]
