"""Mutants of the namespace controller and of the admission to namespaces, and bugs of the controller that last."""

from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster
from kmodel.kubernetes.components.calls import CALLS
from kmodel.kubernetes.components.controllers.namespace_controller import CONTENT
from kmodel.kubernetes.components.etcd import NAMESPACES, PODS, stored
from kmodel.kubernetes.objects import Namespace, ObjectMeta
from tests.components.scenes import admitted, create, delete, pod, scene, service
from tests.specs.bugs import hiding
from tests.specs.bugs_that_last import always, unless
from tests.specs.mutants import Mutant

TEAM = admitted(Namespace(ObjectMeta("team", namespace="")))
POD, SERVICE = (
    attrs.evolve(value, metadata=attrs.evolve(value.metadata, namespace="team")) for value in (pod(), service())
)
GOES = scene(delete("namespaces/team"), stored=(TEAM, SERVICE), actors=("namespace-controller",))
GOES_WITH_A_POD = scene(delete("namespaces/team"), stored=(TEAM, POD, SERVICE), actors=("namespace-controller",))
IS_LATE = scene(delete("namespaces/team"), create(POD), stored=(TEAM,), actors=("namespace-controller",))


@hiding
def sees_nothing(cluster: Cluster, binding: dict[str, str]) -> dict[Cell[Any], Any]:
    """The controller does not look whether anything is left."""
    there = dict(cluster[CONTENT])[binding["namespace"]]
    return {stored(resource)[key]: None for resource, key in there}


@hiding
def sees_no_pods(cluster: Cluster, binding: dict[str, str]) -> dict[Cell[Any], Any]:
    """The controller deletes all at once."""
    return {} if binding["kind"] == "pod" else {PODS[name]: None for name in cluster.names(PODS)}


@hiding
def admits_whatever_becomes_of_the_namespace(cluster: Cluster, binding: dict[str, str]) -> dict[Cell[Any], Any]:
    """The api-server does not ask whether a namespace is being deleted."""
    call = cluster[CALLS[binding["client"]]]
    namespace = cluster[NAMESPACES["team"]]
    if namespace is None or getattr(call, "verb", "") != "create":
        return {}
    return {NAMESPACES["team"]: attrs.evolve(namespace, metadata=attrs.evolve(namespace.metadata, deleting=False))}


MUTANTS = (
    Mutant(
        "nothing_is_left_in_a_namespace_that_is_gone",
        "the controller does not look whether anything is left",
        GOES,
        (("finalize", sees_nothing),),
        7,
        "commit",
    ),
    Mutant(
        "nothing_is_created_in_a_namespace_that_is_deleted",
        "the api-server does not ask whether the namespace is being deleted",
        IS_LATE,
        (("handle", admits_whatever_becomes_of_the_namespace),),
        8,
        "commit",
    ),
    Mutant(
        "pods_go_before_all_else_in_their_namespace",
        "the controller deletes all at once",
        GOES_WITH_A_POD,
        (("delete_content", sees_no_pods),),
        5,
        "delete_content",
    ),
)
STUCK = (
    Mutant(
        "a_namespace_that_is_deleted_is_emptied_and_goes",
        "the controller deletes nothing",
        GOES,
        (("delete_content", unless(always)),),
        6,
        cycle=0,
    ),
    Mutant(
        "a_namespace_that_is_deleted_is_emptied_and_goes",
        "the controller never takes its finalizer off",
        GOES,
        (("finalize", unless(always)),),
        11,
        cycle=0,
    ),
)
