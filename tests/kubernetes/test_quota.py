"""A ResourceQuota: no interleaving of creates brings more pods than it lets be there."""

from kmodel.engines.small_graph import extract
from kmodel.kubernetes.components.apiserver.admission import COUNTED, USED
from kmodel.kubernetes.components.etcd import PODS
from kmodel.kubernetes.components.kubectl import KUBECTL
from tests.components.scenes import create, pod, scene
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


def test_a_create_that_fails_uses_up_a_place_until_the_quota_is_counted_anew() -> None:
    states = clusters.states(CASE)
    answers = {state[KUBECTL["admin"]].answer for state in states if state[KUBECTL["admin"]].command == 3}
    assert answers == {201, 403}
    refused = [state for state in states if state[KUBECTL["admin"]].answer == 403]
    assert {(state[PODS["a"]] is not None, state[PODS["b"]] is None) for state in refused} == {(True, True)}
    assert {state[USED[COUNTED]] for state in refused} >= {1, 2}  # charged, or counted anew meanwhile
    assert not clusters.violated(CASE)


def test_a_count_by_an_old_cache_lets_more_pods_be_there_than_the_quota_does() -> None:
    settings = scene(create(pod("a")), create(pod("b")), actors=("resourcequota-controller",), pod_quota=1)
    states = extract(faithful(settings, ()), MOST_STATES).states
    both = [state for state in states if all(state[PODS[name]] is not None for name in ("a", "b"))]
    assert both
    assert any(state[USED[COUNTED]] == len(both[0].names(PODS)) for state in both)  # and counts them at last
