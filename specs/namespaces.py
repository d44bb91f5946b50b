"""Namespaces that are deleted: nothing is created in them, nothing outlives them, and they go, after all in them."""

from kmodel.kernel import Cluster, Layout, Step, invariant, leads_to, sometimes, step_invariant
from kmodel.kubernetes.components.calls import CALLS, SPLIT, Request, became
from kmodel.kubernetes.components.controllers.namespace_controller import ACTOR, USER, content, namespace_of
from kmodel.kubernetes.components.etcd import NAMESPACES, stored
from kmodel.kubernetes.components.leader_election import as_its_program
from kmodel.kubernetes.objects import BY_RESOURCE

from .watching import MAY_WAIT_FOR_EVER

OF_NAMESPACES = tuple(stored(resource) for resource, kind in BY_RESOURCE.items() if kind.namespaced)
ADMITTED_BEFORE = (
    "Whether a namespace is being deleted is asked when a create is admitted, and not by the transaction that writes "
    "the object: what was admitted before the deletion may be written after it, also when the namespace is gone. "
    "That a write takes less than the five seconds for which the namespace controller waits is a bet "
    "[staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go; namespaceDeletionGracePeriod "
    "in pkg/controller/namespace/namespace_controller.go, 1.34]."
)


def namespaces_are_emptied(layout: Layout) -> bool:
    """Tell whether the namespace controller takes part."""
    return any(client.startswith(ACTOR) for (client,) in layout.keys(CALLS))


@invariant(needs=namespaces_are_emptied, hazard=ADMITTED_BEFORE, hazard_with=(SPLIT,))
def nothing_is_left_in_a_namespace_that_is_gone(cluster: Cluster) -> bool | str:
    """What is in a namespace is there only while the Namespace is."""
    for namespace in cluster.names(NAMESPACES):
        if cluster[NAMESPACES[namespace]] is None:
            for resource, key in content(cluster, namespace):
                return f"{BY_RESOURCE[resource].singular}/{key} is there, and its namespace is not"
    return True


@sometimes(needs=namespaces_are_emptied, shows=nothing_is_left_in_a_namespace_that_is_gone)
def a_namespace_goes(step: Step) -> bool:
    """A Namespace that was deleted is gone at last."""
    return any(step.after[cell] is None for cell in step.wrote(NAMESPACES))


def _created(step: Step) -> list[tuple[str, str]]:
    """Return what is created in a step, and in which namespace, of those that are objects."""
    found = [
        (f"{cell.family.rpartition('/')[2]}/{cell.key[0]}", namespace_of(cell.key[0]))
        for cell in step.wrote(*OF_NAMESPACES)
        if step.before[cell] is None
    ]
    return [(what, namespace) for what, namespace in found if step.before.has(NAMESPACES[namespace])]


@step_invariant(needs=namespaces_are_emptied, hazard=ADMITTED_BEFORE, hazard_with=(SPLIT,))
def nothing_is_created_in_a_namespace_that_is_deleted(step: Step) -> bool | str:
    """What is created in a namespace is created while that is there and is not being deleted."""
    for what, name in _created(step):
        namespace = step.before[NAMESPACES[name]]
        if namespace is None or namespace.metadata.deleting:
            return f"{what} is created, and its namespace is {'gone' if namespace is None else 'being deleted'}"
    return True


@sometimes(needs=namespaces_are_emptied, shows=nothing_is_created_in_a_namespace_that_is_deleted)
def something_is_created_in_a_namespace(step: Step) -> bool:
    """Something is created in a Namespace that is there."""
    return bool(_created(step))


def _deletions(step: Step) -> list[tuple[str, str]]:
    """Return the resources and keys of what the namespace controller asks to delete, or deletes, in a step."""
    step = as_its_program(step)
    if not step.action.actor.startswith(ACTOR):
        return []
    asked = [
        (call.resource, call.key) for _, call in became(step, Request) if (call.user, call.verb) == (USER, "delete")
    ]
    written = [(cell.family.rpartition("/")[2], cell.key[0]) for cell in step.wrote(*OF_NAMESPACES)]
    return [*asked, *written]


@step_invariant(needs=namespaces_are_emptied)
def pods_go_before_all_else_in_their_namespace(step: Step) -> bool | str:
    """The namespace controller deletes other objects only where no pod is left."""
    for resource, key in _deletions(step):
        pods = [pod for other, pod in content(step.before, namespace_of(key)) if other == "pods"]
        if resource != "pods" and pods:
            return f"{BY_RESOURCE[resource].singular}/{key} is deleted, and pod/{pods[0]} is there"
    return True


@sometimes(needs=namespaces_are_emptied, shows=pods_go_before_all_else_in_their_namespace)
def a_namespace_is_emptied_of_more_than_pods(step: Step) -> bool:
    """The namespace controller deletes something that is no pod."""
    return any(resource != "pods" for resource, _ in _deletions(step))


def _is_terminating(cluster: Cluster, namespace: str) -> bool:
    value = cluster[NAMESPACES[namespace]]
    return value is not None and value.metadata.deleting


def _is_emptied(cluster: Cluster, namespace: str) -> bool | str:
    value = cluster[NAMESPACES[namespace]]
    if value is None or value.metadata.finalizers:
        return True
    there = list(content(cluster, namespace))
    if not there:
        return f"nothing is left in namespace/{namespace}, which stays"
    first = [each for each in there if each[0] == "pods"] or there
    for resource, key in first:
        if not cluster[stored(resource)[key]].metadata.deleting:
            return f"{BY_RESOURCE[resource].singular}/{key} stays in namespace/{namespace}, which is being deleted"
    return True


@leads_to(
    _is_terminating,
    _is_emptied,
    each=NAMESPACES,
    needs=namespaces_are_emptied,
    hazard=MAY_WAIT_FOR_EVER,
)
def a_namespace_that_is_deleted_is_emptied_and_goes() -> None:
    """A Namespace that is deleted goes at last; if something in it stays for a while, all that goes first is marked."""
