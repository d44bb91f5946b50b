"""Requests that take several transactions: each is a step of its own, and others may act in between."""

from typing import Any

import attrs
import pytest

from kmodel.engines.small_graph import extract
from kmodel.kernel import Cluster, Model
from kmodel.kubernetes.components.apiserver import verbs
from kmodel.kubernetes.components.apiserver.verbs import First, Outcome, Refusal
from kmodel.kubernetes.components.calls import CALLS, Request, Response
from kmodel.kubernetes.components.etcd import PODS, stored
from kmodel.kubernetes.control_plane import build
from tests.components.runs import KUBECTL, Run
from tests.components.scenes import ADMIN, delete, pod, replicaset, scene

BUDGET = stored("replicasets")["web"]  # stands in for a PodDisruptionBudget
EVICTION = Request(ADMIN, "create", "pods", "web", subresource="eviction")
SCENE = scene(
    delete("pods/web"), others={"bob": (delete("pods/web"),)}, stored=(pod(), replicaset(replicas=1)), actors=()
)


def evict(cluster: Cluster, request: Request, current: Any) -> Outcome:
    """Spend one of the budget, then delete the pod."""
    budget: Any = cluster[BUDGET]
    if not request.done:
        if not budget.replicas:
            return Refusal(429, "TooManyRequests")
        return First("replicasets", "web", attrs.evolve(budget, replicas=budget.replicas - 1))
    return verbs.delete(cluster, current, request)


@pytest.fixture(autouse=True)
def eviction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(verbs.SUBRESOURCES, "eviction", evict)


def asked() -> Run:
    run = Run.of(SCENE)
    return attrs.evolve(run, cluster=run.cluster.set(CALLS[KUBECTL], EVICTION))


def one(run: Run) -> Run:
    """Return the run after a transaction of the request."""
    return run.take("handle", client=KUBECTL).take("commit", client=KUBECTL).take("answer", client=KUBECTL)


def test_each_transaction_is_committed_by_itself_and_the_last_is_answered() -> None:
    run = one(asked())
    assert run.cluster[BUDGET].replicas == 0
    assert run.cluster[PODS["web"]] is not None
    assert run.steps[-1].event.message == f"goes on with create for {KUBECTL}"
    run = one(run)
    assert run.cluster[PODS["web"]] is None
    answer = run.cluster[CALLS[KUBECTL]]
    assert isinstance(answer, Response)
    assert answer.ok


def test_what_comes_in_between_is_seen_by_the_next_transaction() -> None:
    run = one(asked())
    run = attrs.evolve(run, cluster=run.cluster.set(PODS["web"], None)).take("handle", client=KUBECTL)
    answer = run.cluster[CALLS[KUBECTL]]
    assert isinstance(answer, Response)
    assert answer.code == 404
    assert run.cluster[BUDGET].replicas == 0  # nothing is taken back


def test_a_transaction_that_loses_a_race_is_taken_again_on_what_is_there() -> None:
    run = asked().take("handle", client=KUBECTL)
    other = "kubectl/bob"
    _, run = run.ask(Request(ADMIN, "update", "replicasets", "web", replicaset(replicas=5)), other)
    run = run.take("commit", client=KUBECTL).take("answer", client=KUBECTL)
    assert run.cluster[CALLS[KUBECTL]] == EVICTION
    assert one(run).cluster[BUDGET].replicas == 4


def test_a_request_that_is_refused_before_its_first_transaction_changes_nothing() -> None:
    run = asked()
    spent = run.cluster.modify(BUDGET, lambda old: attrs.evolve(old, replicas=0))
    run = attrs.evolve(run, cluster=spent).take("handle", client=KUBECTL)
    answer = run.cluster[CALLS[KUBECTL]]
    assert isinstance(answer, Response)
    assert answer.reason == "TooManyRequests"
    assert run.cluster[PODS["web"]] is not None


def test_others_act_between_the_transactions() -> None:
    cluster, actions = build(SCENE)
    states = extract(Model((cluster.set(CALLS[KUBECTL], EVICTION),), actions), 1_000).states
    assert any(state[BUDGET].replicas == 0 and state[PODS["web"]] is not None for state in states)
