"""Namespaces: what is created in one that is missing, or on its way out; what is in one that is deleted."""

from pathlib import Path

import pytest

from kmodel.engines.small_graph import extract
from kmodel.kernel import Cluster
from kmodel.kubernetes.components import apiserver
from kmodel.kubernetes.components.calls import CALLS, Request, Response, send
from kmodel.kubernetes.components.etcd import NAMESPACES, PODS
from kmodel.kubernetes.components.kubectl import KUBECTL
from kmodel.kubernetes.objects import Binding, Namespace, ObjectMeta
from kmodel.kubernetes.scenario import load
from tests.components.scenes import admitted, create, delete, scene
from tests.kubernetes import clusters
from tests.specs.broken_namespaces import POD, TEAM
from tests.specs.mutants import faithful

CASE = "namespace-with-two-users"
MOST_STATES = 10_000


def test_what_is_created_in_a_namespace_that_is_going_is_403_in_one_that_is_gone_404_in_one_that_is_there_201() -> None:
    done = [state[KUBECTL["bob"]] for state in clusters.states(CASE)]
    assert {progress.answer for progress in done if progress.command == 2} == {201, 403, 404}
    assert not clusters.violated(CASE)


def test_nothing_is_in_a_namespace_that_is_not_there() -> None:
    for state in clusters.states(CASE):
        pods = [state[PODS[name]] for name in ("team/a", "team/b") if state[PODS[name]] is not None]
        assert not pods or state[NAMESPACES["team"]] is not None


def going() -> Cluster:
    """Return a state in which a namespace with a pod is being deleted."""
    settings = scene(delete("namespaces/team"), stored=(TEAM, POD), calls="split", actors=("namespace-controller",))
    states = extract(faithful(settings, ()), MOST_STATES).states
    return next(
        state
        for state in states
        if (team := state[NAMESPACES["team"]]) is not None
        and team.metadata.deleting
        and state[PODS["team/web"]] is not None
        and state[CALLS["kubectl/admin"]] is None
    )


def test_a_binding_in_a_namespace_that_is_going_is_refused() -> None:
    client, request = "kubectl/admin", Request("admin", "create", "pods", "team/web", Binding("n1"), "binding")
    after = apiserver.handle(send(going(), client, request), client=client)
    assert after is not None
    answer = after[CALLS[client]]
    assert isinstance(answer, Response)
    assert answer.code == 403


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public"])
def test_a_namespace_that_every_cluster_has_may_not_be_deleted(name: str) -> None:
    settings = scene(delete(f"namespaces/{name}"), stored=(admitted(Namespace(ObjectMeta(name, namespace=""))),))
    states = extract(faithful(settings, ()), MOST_STATES).states
    assert {state[KUBECTL["admin"]].answer for state in states} == {None, 403}
    assert all(state[NAMESPACES[name]] is not None for state in states)


def test_a_namespace_that_is_recreated_is_another_one() -> None:
    settings = scene(
        delete("namespaces/team", wait="Deleted"), create(TEAM), stored=(TEAM,), actors=("namespace-controller",)
    )
    states = extract(faithful(settings, ()), MOST_STATES).states
    uids = {team.metadata.uid for state in states if (team := state[NAMESPACES["team"]]) is not None}
    assert len(uids) == 2


def test_a_namespace_that_no_step_names_is_only_around(tmp_path: Path) -> None:
    text = (clusters.CASES / f"{CASE}.yaml").read_text(encoding="utf-8").partition("---\n")[2]
    (tmp_path / "team.yaml").write_text(text, encoding="utf-8")
    settings = load([tmp_path]).settings
    assert settings.surroundings == ("namespace/team",)
    assert [command.resource for session in settings.sessions for command in session.commands] == ["pods", "pods"]
