"""Names: those that users give, and those that are generated for what is made from a template."""

import attrs
import pytest

from kmodel.kubernetes.catalog import BUILT_IN
from kmodel.kubernetes.components.calls import CALLS, Request
from kmodel.kubernetes.components.controllers.expectations import Expectations
from kmodel.kubernetes.components.controllers.replicaset_controller import EXPECTATIONS
from kmodel.kubernetes.components.etcd import PODS, stored
from kmodel.kubernetes.components.plan import Plan, populate
from kmodel.kubernetes.components.settings import Settings
from kmodel.kubernetes.control_plane import build
from kmodel.kubernetes.objects import KINDS, ApiObject, Kind, ObjectMeta, Pod, Template
from tests.components.runs import Run
from tests.components.scenes import create, pod, replicaset, scene

ONLY = ("replicaset-controller",)
REPLICASET = "kube-controller-manager/replicaset/web"
USER = "system:serviceaccount:kube-system:replicaset-controller"


def made_by_controllers(settings: Settings) -> set[str]:
    run = Run.of(settings).settle()
    found = {name: run.cluster[PODS[name]] for name in run.cluster.names(PODS)}
    return {name for name, value in found.items() if value is not None and value.metadata.owner is not None}


@pytest.mark.parametrize("name", ["web-frontend", "web-b"])
def test_a_pod_that_a_user_names_is_never_a_replicasets(name: str) -> None:
    unselected = attrs.evolve(pod(name), metadata=ObjectMeta(name))  # or the ReplicaSet would adopt it
    settings = scene(create(unselected), stored=(replicaset(),), actors=ONLY)
    assert name not in made_by_controllers(settings)
    run = Run.of(settings).settle().user()
    found = run.cluster[PODS[name]]
    assert found is not None
    assert found.metadata.owner is None


def test_a_replicaset_does_not_take_the_names_of_another_whose_name_begins_with_its_own() -> None:
    settings = scene(stored=(replicaset("redis-b"), replicaset("redis")), names_per_workload=2, actors=ONLY)
    names = {pool.prefix: set(pool.keys) for pool in Plan(settings).population.pools}
    assert names == {"redis-": {"redis-b", "redis-c"}, "redis-b-": {"redis-b-b", "redis-b-c"}}
    assert made_by_controllers(settings) == {"redis-b", "redis-b-b"}


@attrs.frozen(cache_hash=True)
class Fleet(ApiObject):
    """Makes ReplicaSets, as a Deployment does."""

    kind = "Fleet"
    metadata: ObjectMeta

    def templates(self) -> tuple[Template, ...]:
        made = replicaset("unnamed", replicas=2)
        return (Template(attrs.evolve(made, metadata=ObjectMeta(generate_name=f"{self.metadata.name}-"))),)


FLEET = Kind("Fleet", "example.dev/v1", "fleets", Fleet, makes=("replicasets",))


def test_names_grow_from_the_templates_of_what_has_a_generated_name_itself() -> None:
    population = populate((Fleet(ObjectMeta("shop")),), 2, (*KINDS, FLEET))
    assert list(population.objects["replicasets"]) == ["shop-b", "shop-c"]
    assert list(population.objects["pods"]) == ["shop-b-b", "shop-b-c", "shop-c-b", "shop-c-c"]


def test_what_is_made_from_a_projects_own_kind_has_cells() -> None:
    settings = Settings(objects=(Fleet(ObjectMeta("shop")),), names_per_workload=1, actors=ONLY)
    cluster, _ = build(settings, BUILT_IN.with_more(kinds=(FLEET,)))
    assert cluster[PODS["shop-b-b"]] is None
    assert cluster[stored("replicasets")["shop-b"]] is None
    assert cluster[EXPECTATIONS["replicaset", "shop-b"]] == Expectations()


def test_a_catalog_holds_each_name_once() -> None:
    with pytest.raises(ValueError, match="there is a kind Fleet already"):
        BUILT_IN.with_more(kinds=(FLEET, FLEET))


def named_next(run: Run) -> str:
    body = Pod(ObjectMeta(generate_name="web-"), pod().spec)
    response, _ = run.ask(Request(USER, "create", "pods", "", body), REPLICASET)
    return response.key


def test_a_name_that_a_request_under_way_is_about_is_not_given_to_another_pod() -> None:
    run = Run.of(scene(create(pod("other")), stored=(replicaset(),), actors=ONLY))
    assert named_next(run) == "web-b"
    late = Request("admin", "delete", "pods", "web-b")
    assert named_next(attrs.evolve(run, cluster=run.cluster.set(CALLS["kubectl/admin"], late))) == "web-c"


def test_a_name_whose_deletion_is_still_expected_is_not_given_to_another_pod() -> None:
    run = Run.of(scene(stored=(replicaset(),), actors=ONLY))
    waiting = run.cluster.set(EXPECTATIONS["replicaset", "web"], Expectations(deletions=("web-b",)))
    assert named_next(attrs.evolve(run, cluster=waiting)) == "web-c"
