"""What the garbage collector may delete."""

from kmodel.kernel import Cluster, Step, sometimes, step_invariant
from kmodel.kubernetes.components.controllers.garbage_collector import ACTOR
from kmodel.kubernetes.components.etcd import PODS, stored

PARENTS = stored("parents")


def _collected(step: Step) -> list[str]:
    """Return the names of the pods that the garbage collector deletes in a step."""
    if step.action.actor != ACTOR:
        return []
    return [cell.key[0] for cell in step.wrote(PODS) if step.after[cell] is None]


@step_invariant(needs=PARENTS)
def no_child_is_collected_whose_owner_is_there(step: Step) -> bool | str:
    """The garbage collector deletes no object whose owner is in its namespace."""
    for name in _collected(step):
        pod = step.before[PODS[name]]
        owner = None if pod is None else pod.metadata.owner
        if pod is None or owner is None or pod.metadata.namespace != "default":
            continue
        parent = step.before[PARENTS[owner.name]]
        if parent is not None and parent.metadata.uid == owner.uid:
            return f"pod/{name} is collected, and its owner parent/{owner.name} is there"
    return True


@sometimes(needs=PARENTS, shows=no_child_is_collected_whose_owner_is_there)
def a_copy_is_collected(step: Step) -> bool:
    """The garbage collector deletes the copy, whose owner is in another namespace."""
    return any(name.startswith("b/") for name in _collected(step))


@sometimes(needs=PARENTS, shows=no_child_is_collected_whose_owner_is_there)
def child_and_copy_are_there(cluster: Cluster) -> bool:
    """The child and its copy are both there."""
    return all(cluster[PODS[name]] is not None for name in ("child", "b/child"))
