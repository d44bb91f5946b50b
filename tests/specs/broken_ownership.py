"""Mutants of the garbage collector, and bugs of it that last."""

from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster
from kmodel.kubernetes.components.controllers.garbage_collector import owner_of
from kmodel.kubernetes.components.etcd import PODS, stored
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, cached
from kmodel.kubernetes.objects import OwnerReference
from kmodel.kubernetes.objects.kind import first, scope
from tests.components.scenes import delete, pod, replicaset, scene
from tests.specs.bugs import hiding
from tests.specs.bugs_that_last import always, unless
from tests.specs.mutants import Mutant

OWNERS = tuple(OwnerReference("ReplicaSet", name, first(scope("uid", "replicaset", name))) for name in ("web", "other"))
SHARED = attrs.evolve(pod("web-b"), metadata=attrs.evolve(pod("web-b").metadata, owners=OWNERS))
ONE_OWNER_GOES = scene(
    delete("replicasets/other"),
    stored=(replicaset(replicas=0), replicaset("other", replicas=0), SHARED),
    actors=("garbage-collector",),
)
GOES_LAST = scene(
    attrs.evolve(delete("replicasets/web"), propagation="Foreground"),
    stored=(replicaset(replicas=0), attrs.evolve(SHARED, metadata=attrs.evolve(SHARED.metadata, owners=OWNERS[:1]))),
    actors=("garbage-collector",),
)
GOES = scene(delete("replicasets/web"), stored=GOES_LAST.objects, actors=("garbage-collector",))
ADOPTS = scene(delete("replicasets/web"), stored=(replicaset(), pod()), actors=("replicaset-controller",))


@hiding
def forgets_other_owners(cluster: Cluster, binding: dict[str, str]) -> dict[Cell[Any], Any]:
    """The collector takes an object for lost that has lost one of its owners."""
    name = binding["name"]
    value = cluster[PODS[name]] if cluster.has(PODS[name]) and binding["kind"] == "pod" else None
    if value is None:
        return {}
    lost = tuple(owner for owner in value.metadata.owners if owner_of(cluster, owner, live=True) is None)
    alone = attrs.evolve(value, metadata=attrs.evolve(value.metadata, owners=lost))
    known = cluster[cached("pods")[CONTROLLER_MANAGER, name]]
    return {PODS[name]: alone, cached("pods")[CONTROLLER_MANAGER, name]: alone} if lost and known is not None else {}


@hiding
def sees_no_dependents(cluster: Cluster, binding: dict[str, str]) -> dict[Cell[Any], Any]:
    """The collector lets an owner go while others depend on it."""
    if binding["kind"] != "replicaset":
        return {}
    return {cached("pods")[CONTROLLER_MANAGER, name]: None for name in cluster.names(PODS)}


@hiding
def does_not_look_at_itself(cluster: Cluster, binding: dict[str, str]) -> dict[Cell[Any], Any]:
    """A controller adopts pods without a live look at itself."""
    known = cluster[cached("replicasets")[CONTROLLER_MANAGER, binding["name"]]]
    return {} if known is None else {stored("replicasets")[binding["name"]]: known}


MUTANTS = (
    Mutant(
        "a_pod_is_adopted_only_by_who_is_there",
        "a controller does not look at itself before it adopts",
        ADOPTS,
        (("adopt_pod", does_not_look_at_itself),),
        4,
        "adopt_pod",
    ),
    Mutant(
        "what_has_an_owner_is_not_collected",
        "the collector forgets the other owners",
        ONE_OWNER_GOES,
        (("collect", forgets_other_owners),),
        7,
        "commit",
    ),
    Mutant(
        "an_owner_deleted_in_the_foreground_goes_last",
        "the collector does not look for dependents",
        GOES_LAST,
        (("release_owner", sees_no_dependents),),
        5,
        "release_owner",
    ),
)
STUCK = (
    Mutant(
        "nothing_outlives_its_owners",
        "the collector deletes nothing",
        GOES,
        (("collect", unless(always)),),
        6,
        cycle=0,
    ),
    Mutant(
        "nothing_outlives_its_owners",
        "the collector lets no owner go",
        GOES_LAST,
        (("release_owner", unless(always)),),
        12,
        cycle=0,
    ),
)
