"""A ResourceQuota: no interleaving of creates brings more pods than it lets be there."""

from pathlib import Path

import pytest

from kmodel.engines.small_graph import extract
from kmodel.kernel import Cluster
from kmodel.kubernetes.components.apiserver.quotas import QUOTAS
from kmodel.kubernetes.components.etcd import PODS
from kmodel.kubernetes.components.kubectl import KUBECTL
from kmodel.kubernetes.objects import ObjectMeta, Pod, QuotaStatus, ResourceQuota
from kmodel.kubernetes.scenario import load
from tests.components.scenes import MEBIBYTE, create, pod, scene
from tests.kubernetes import clusters
from tests.specs.mutants import faithful

MOST_STATES = 10_000


def test_two_creates_never_take_the_last_place_both() -> None:
    counts = {sum(state[PODS[name]] is not None for name in ("a", "b")) for state in clusters.states("quota-race")}
    assert counts == {0, 1}


def test_either_user_may_be_the_one_who_is_refused() -> None:
    answers = {tuple(state[KUBECTL[user]].answer for user in ("ann", "bob")) for state in clusters.states("quota-race")}
    assert {(201, 403), (403, 201)} <= answers
    assert (403, 403) not in answers


CASE = "a-create-that-fails-under-a-quota"


def used(state: Cluster) -> int:
    quota = state[QUOTAS["quota"]]
    assert quota is not None
    return dict(quota.status.used).get("pods", 0)


def test_a_create_that_fails_uses_up_a_place_until_the_quota_is_counted_anew() -> None:
    states = clusters.states(CASE)
    answers = {state[KUBECTL["admin"]].answer for state in states if state[KUBECTL["admin"]].command == 3}
    assert answers == {201, 403}
    refused = [state for state in states if state[KUBECTL["admin"]].answer == 403]
    assert {(state[PODS["a"]] is not None, state[PODS["b"]] is None) for state in refused} == {(True, True)}
    assert {used(state) for state in refused} >= {1, 2}  # charged, or counted anew meanwhile
    assert not clusters.violated(CASE)


def test_a_count_by_an_old_cache_lets_more_pods_be_there_than_the_quota_does() -> None:
    settings = scene(create(pod("a")), create(pod("b")), stored=(quota(pods=1),), actors=("resourcequota-controller",))
    states = extract(faithful(settings, ()), MOST_STATES).states
    both = [state for state in states if all(state[PODS[name]] is not None for name in ("a", "b"))]
    assert both
    assert any(used(state) == len(both[0].names(PODS)) for state in both)  # and counts them at last


def quota(*, counted: bool = True, **hard: int) -> ResourceQuota:
    """Return a quota; one that is not counted yet has no status."""
    limits = tuple((name.replace("_", "."), most) for name, most in hard.items())
    status = QuotaStatus(limits, tuple((name, 0) for name, _ in limits)) if counted else QuotaStatus()
    return ResourceQuota(ObjectMeta("quota"), limits, status)


def answers_to(value: Pod, there: ResourceQuota) -> set[int | None]:
    """Return what the create of a pod is answered, without the quota's controller."""
    states = extract(faithful(scene(create(value), stored=(there,), actors=()), ()), MOST_STATES).states
    return {state[KUBECTL["admin"]].answer for state in states} - {None}


@pytest.mark.parametrize(
    ("value", "there", "expected", "why"),
    [
        (pod("a", memory_mib=64), quota(requests_memory=64 * MEBIBYTE), 201, None),
        (
            pod("a", memory_mib=65),
            quota(requests_memory=64 * MEBIBYTE),
            403,
            "exceeded quota: quota, requested: requests.memory=68157440, used: requests.memory=0, "
            "limited: requests.memory=67108864",
        ),
        (
            pod("a", memory_mib=64, limit_mib=128),
            quota(limits_memory=64 * MEBIBYTE),
            403,
            "exceeded quota: quota, requested: limits.memory=134217728, used: limits.memory=0, "
            "limited: limits.memory=67108864",
        ),
        (pod("a"), quota(requests_memory=64 * MEBIBYTE), 403, "failed quota: quota: must specify requests.memory"),
        (pod("a"), quota(counted=False, pods=0), 201, None),  # which its controller has not seen
        (pod("a"), quota(pods=0), 403, "exceeded quota: quota, requested: pods=1, used: pods=0, limited: pods=0"),
    ],
    ids=["enough", "too much", "limits", "not said", "not counted", "none at all"],
)
def test_what_a_pod_takes_is_charged(value: Pod, there: ResourceQuota, expected: int, why: str | None) -> None:
    assert answers_to(value, there) == {expected}
    assert there.refusal(value) == why


def test_a_quota_is_charged_by_compare_and_swap_so_that_one_of_two_is_refused() -> None:
    settings = scene(create(pod("a")), others={"bob": (create(pod("b")),)}, stored=(quota(pods=1),), actors=())
    for state in extract(faithful(settings, ()), MOST_STATES).states:
        assert sum(state[PODS[name]] is not None for name in ("a", "b")) <= used(state) <= 1


def test_a_quota_with_scopes_is_said_not_to_be_read(tmp_path: Path) -> None:
    text = """apiVersion: v1
kind: ResourceQuota
metadata: {name: quota}
spec: {hard: {pods: 1, services: 1}, scopes: [BestEffort]}
"""
    (tmp_path / "quota.yaml").write_text(text, encoding="utf-8")
    there = load([tmp_path])
    assert set(there.caveats.weakened_by) == {"resourcequota/quota hard", "resourcequota/quota scopes"}
