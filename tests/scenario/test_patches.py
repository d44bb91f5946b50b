"""kubectl's shorter commands: what a scenario says of them, and what they change."""

from pathlib import Path

import pytest

from kmodel.kubernetes.components.etcd import PODS, stored
from kmodel.kubernetes.components.kubectl import KUBECTL, NOTHING_TO_DO
from kmodel.kubernetes.manifests import InputError
from kmodel.kubernetes.scenario import load
from tests.components.runs import Run

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      nodeName: n1
      containers:
      - name: nginx
        image: nginx:1
"""
HEAD = "apiVersion: kmodel.dev/v1alpha1\nkind: Scenario\nspec:\n  calls: fused\n  requests:\n"


def scenario_of(tmp_path: Path, *steps: str) -> Run:
    """Return the run of a scenario in which these steps follow the creation of a Deployment."""
    file = tmp_path / "web.yaml"
    text = "".join(f"  - {{{step}}}\n" for step in ("create: deployment/web", *steps))
    file.write_text(f"{HEAD}{text}---{WEB}", encoding="utf-8")
    run = Run.of(load([file]).settings)
    for _ in range(1 + len(steps)):
        run = run.user()
    return run


@pytest.mark.long
def test_set_image_makes_a_second_replica_set(tmp_path: Path) -> None:
    run = scenario_of(tmp_path, "setImage: deployment/web, image: nginx:2")
    there = {name: run.cluster[stored("replicasets")[name]] for name in ("web-b", "web-c")}
    assert [there[name].template.spec.containers[0].image for name in there] == ["nginx:1", "nginx:2"]
    assert [there[name].replicas for name in there] == [0, 1]


def test_scale_makes_as_many_pods(tmp_path: Path) -> None:
    run = scenario_of(tmp_path, "scale: deployment/web, replicas: 3")
    assert sum(run.cluster[PODS[name]] is not None for name in run.cluster.names(PODS)) == 3
    assert run.cluster[stored("deployments")["web"]].status.available == 3


@pytest.mark.long
def test_a_paused_deployment_rolls_when_it_is_resumed(tmp_path: Path) -> None:
    steps = ("pause: deployment/web", "setImage: deployment/web, image: nginx:2", "resume: deployment/web")
    waiting, going = scenario_of(tmp_path, *steps[:2]), scenario_of(tmp_path, *steps)
    assert waiting.cluster[stored("replicasets")["web-c"]] is None
    assert going.cluster[stored("replicasets")["web-c"]].replicas == 1


def test_undo_returns_to_the_old_template(tmp_path: Path) -> None:
    steps = ("setImage: deployment/web, image: nginx:2", "undo: deployment/web")
    run = scenario_of(tmp_path, *steps)
    there = {name: run.cluster[stored("replicasets")[name]] for name in ("web-b", "web-c")}
    assert [there[name].replicas for name in there] == [1, 0]
    assert run.cluster[stored("deployments")["web"]].template.spec.containers[0].image == "nginx:1"
    nothing = scenario_of(tmp_path, "undo: deployment/web")
    assert nothing.cluster[KUBECTL["admin"]].answer == NOTHING_TO_DO


@pytest.mark.long
def test_what_is_applied_onto_what_was_created_has_a_name_of_its_own(tmp_path: Path) -> None:
    other = WEB.replace("nodeName: n1", "terminationGracePeriodSeconds: 1").replace("\n", "\n      ")
    file = tmp_path / "web.yaml"
    file.write_text(
        f"{HEAD}  - create: deployment/web\n  - apply: deployment/web\n    manifest:{other}\n---{WEB}", encoding="utf-8"
    )
    run = Run.of(load([file]).settings).user().user()
    merged = run.cluster[stored("deployments")["web"]].template.spec
    assert (merged.node_name, merged.termination_grace_seconds) == ("n1", 1)  # what the manifest does not name stays
    assert any(run.cluster[cell] for cell in map(stored("replicasets").__getitem__, ("web-c", "web-d")))


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("scale: deployment/web", "replicas"),
        ("setImage: deployment/web", "image"),
        ("scale: deployment/other, replicas: 1", "deployment/other"),
        ("pause: deployment/web, gracePeriodSeconds: 1", "is not for pause"),
    ],
)
def test_errors(tmp_path: Path, step: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        scenario_of(tmp_path, step)
