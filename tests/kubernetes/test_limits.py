"""LimitRanges: what they fill in, and what they refuse, in the api-server's words."""

from pathlib import Path

import pytest

from kmodel.engines.small_graph import extract
from kmodel.kubernetes.components.etcd import PODS
from kmodel.kubernetes.components.kubectl import KUBECTL
from kmodel.kubernetes.scenario import load
from kmodel.kubernetes.scenario.building import model
from kmodel.kubernetes.scenario.scenario import Scenario

MOST_STATES = 1_000
MEBIBYTE = 1 << 20
RANGE = """apiVersion: v1
kind: LimitRange
metadata: {{name: limits}}
spec: {{limits: [{limits}]}}
---
apiVersion: kmodel.dev/v1alpha1
kind: Scenario
spec: {{calls: fused, actors: []}}
---
apiVersion: v1
kind: Pod
metadata: {{name: web}}
spec: {{containers: [{{name: main, image: nginx, resources: {resources}}}]}}
"""


def scenario(folder: Path, limits: str, resources: str) -> Scenario:
    file = folder / "limits.yaml"
    file.write_text(RANGE.format(limits=limits, resources=resources), encoding="utf-8")
    return load([file])


@pytest.mark.parametrize(
    ("limits", "resources", "expected"),
    [
        (
            "{type: Container, min: {cpu: 100m}}",
            "{requests: {cpu: 50m}}",
            "minimum cpu usage per Container is 100m, but request is 50m",
        ),
        (
            "{type: Container, max: {cpu: 800m}}",
            "{limits: {cpu: 1500m}}",
            "maximum cpu usage per Container is 800m, but limit is 1500m",
        ),
        (
            "{type: Pod, min: {memory: 1Gi}}",
            "{}",
            "minimum memory usage per Pod is 1Gi.  No request is specified",
        ),
        ("{type: Pod, max: {memory: 1Gi}}", "{}", "maximum memory usage per Pod is 1Gi.  No limit is specified"),
        (
            "{type: Pod, max: {cpu: 1, memory: 1Mi}}",
            "{limits: {cpu: 2, memory: 2Mi}}",
            "[maximum cpu usage per Pod is 1, but limit is 2, maximum memory usage per Pod is 1Mi, but limit is 2Mi]",
        ),
    ],
    ids=["below", "above", "no request", "no limit", "several"],
)
def test_a_pod_outside_the_limits_is_forbidden(tmp_path: Path, limits: str, resources: str, expected: str) -> None:
    there = scenario(tmp_path, limits, resources)
    assert [str(each) for each in there.refused] == [f'pod/web: 403 Forbidden: pods "web" is forbidden: {expected}']
    states = extract(model(there, ()), MOST_STATES).states
    assert {state[KUBECTL["admin"]].answer for state in states} == {None, 403}


@pytest.mark.parametrize(
    ("limits", "resources", "request_mib", "limit_mib"),
    [
        ("default: {memory: 64Mi}", "{}", 64, 64),
        ("defaultRequest: {memory: 32Mi}, default: {memory: 64Mi}", "{}", 32, 64),
        ("max: {memory: 64Mi}", "{}", 64, 64),
        ("min: {memory: 16Mi}", "{}", 16, None),
        ("default: {memory: 64Mi}", "{limits: {memory: 8Mi}}", 8, 8),
        ("default: {memory: 64Mi}", "{requests: {memory: 8Mi}}", 8, 64),
    ],
    ids=["default", "both", "from the most", "from the least", "a limit of its own", "a request of its own"],
)
def test_what_a_container_does_not_say_is_filled_in(
    tmp_path: Path, limits: str, resources: str, request_mib: int, limit_mib: int | None
) -> None:
    there = scenario(tmp_path, f"{{type: Container, {limits}}}", resources)
    pods = [state[PODS["web"]] for state in extract(model(there, ()), MOST_STATES).states]
    (stored,) = {pod for pod in pods if pod is not None}
    (container,) = stored.spec.containers
    assert container.requests.memory_bytes == request_mib * MEBIBYTE
    assert container.limits.memory_bytes == (None if limit_mib is None else limit_mib * MEBIBYTE)


def test_a_request_above_the_limit_that_is_filled_in_is_invalid(tmp_path: Path) -> None:
    there = scenario(tmp_path, "{type: Container, default: {memory: 64Mi}}", "{requests: {memory: 65Mi}}")
    assert [each.code for each in there.refused] == [422]


def test_limits_of_another_namespace_do_not_count(tmp_path: Path) -> None:
    limits = "{type: Container, min: {cpu: 100m}}"
    text = RANGE.format(limits=limits, resources="{}").replace("name: limits", "name: limits, namespace: other")
    (tmp_path / "limits.yaml").write_text(text, encoding="utf-8")
    assert not load([tmp_path]).refused


def test_a_ratio_is_said_not_to_be_read(tmp_path: Path) -> None:
    there = scenario(tmp_path, "{type: Container, maxLimitRequestRatio: {cpu: 2}}", "{}")
    assert there.caveats.weakened_by == ("limitrange/limits",)
