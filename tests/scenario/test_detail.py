"""What is seen whole, within a minute, with the least detail that can be chosen."""

from pathlib import Path

import pytest

from kmodel.engines.exhaustive import result_of
from kmodel.kubernetes import scenario

DETAIL = {"calls": "fused", "kubelet": "coarse", "clientCaches": "prompt"}
POD = "{apiVersion: v1, kind: Pod, metadata: {name: NAME}, spec: {containers: [{name: main, image: nginx}]}}\n"
REPLICA_SET = """\
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web}
spec:
  replicas: COPIES
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: nginx}]}}
"""
SERVICE = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}\n"


@pytest.mark.long
@pytest.mark.parametrize(
    ("objects", "nodes", "faults", "states"),
    [
        ([POD.replace("NAME", name) for name in "abc"], 2, {}, 274),
        ([REPLICA_SET.replace("COPIES", "2"), SERVICE], 2, {}, 221),
        ([REPLICA_SET.replace("COPIES", "3")], 3, {"node-crash": 1}, 86_304),
    ],
    ids=["three pods", "a ReplicaSet of two with a Service", "a ReplicaSet of three loses a node"],
)
def test_all_states_are_seen(
    objects: list[str], nodes: int, faults: dict[str, int], states: int, tmp_path: Path
) -> None:
    file = tmp_path / "all.yaml"
    file.write_text("---\n".join(objects), encoding="utf-8")
    loaded = scenario.load([file], nodes=nodes, faults=faults, detail=DETAIL)
    result = result_of(scenario.model(loaded, ()))
    assert result.finished
    assert result.states == states
