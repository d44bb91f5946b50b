"""A ResourceQuota: no interleaving of creates brings more pods than it lets be there."""

import pytest

from kmodel.kubernetes.components.etcd import PODS
from kmodel.kubernetes.components.kubectl import KUBECTL
from tests.kubernetes import clusters


def test_two_creates_never_take_the_last_place_both() -> None:
    counts = {sum(state[PODS[name]] is not None for name in ("a", "b")) for state in clusters.states("quota-race")}
    assert counts == {0, 1}


def test_either_user_may_be_the_one_who_is_refused() -> None:
    answers = {tuple(state[KUBECTL[user]].answer for user in ("ann", "bob")) for state in clusters.states("quota-race")}
    assert {(201, 403), (403, 201)} <= answers
    assert (403, 403) not in answers


@pytest.mark.xfail(strict=True, reason="there is no status of a quota that would stay charged; see admission.py")
def test_a_create_that_fails_uses_up_a_place_until_the_quota_is_counted_anew() -> None:
    progress = [state[KUBECTL["admin"]] for state in clusters.states("a-create-that-fails-under-a-quota")]
    assert any((each.command, each.answer) == (3, 403) for each in progress)
