"""StatefulSets: pods come, go and change in their order, and all are there at last."""

from collections.abc import Iterator

from kmodel.kernel import Cluster, Layout, Step, converges, sometimes, step_invariant
from kmodel.kubernetes.components.calls import Request, became
from kmodel.kubernetes.components.controllers import revisions
from kmodel.kubernetes.components.controllers.availability import ripe
from kmodel.kubernetes.components.controllers.stateful_pods import Members, revision_of
from kmodel.kubernetes.components.controllers.statefulset_controller import ACTOR, USER, known_members
from kmodel.kubernetes.components.controllers.stuck_pods import is_stuck
from kmodel.kubernetes.components.etcd import PODS, stored
from kmodel.kubernetes.components.leader_election import as_its_program
from kmodel.kubernetes.components.references import refusal
from kmodel.kubernetes.components.runtime import RUNTIME
from kmodel.kubernetes.components.scheduler import QUEUE
from kmodel.kubernetes.components.settings import SETTINGS
from kmodel.kubernetes.objects import Pod, StatefulSet
from kmodel.kubernetes.objects.statefulset import ordinal_of

from .watching import MAY_WAIT_FOR_EVER

STATEFUL_SETS = stored("statefulsets")
REVISIONS = stored(revisions.RESOURCE)


def stateful_sets_can_run(layout: Layout) -> bool:
    """Tell whether there are StatefulSets, nodes run the pods, and these are bound by a scheduler or by templates."""
    bound = any(layout.keys(QUEUE)) or all(
        workload.template.spec.node_name for workload in layout.constant(SETTINGS).workloads
    )
    runs = any(layout.keys(RUNTIME)) or not any(layout.keys(PODS))
    return bound and runs and any(layout.keys(STATEFUL_SETS))


def pods_are_refused(cluster: Cluster, workload: StatefulSet) -> bool:
    """Tell whether the api-server refuses the pods of a StatefulSet, whenever they are created."""
    return any(refusal(cluster[SETTINGS], template.object) for template in workload.templates())


def stored_members(cluster: Cluster, name: str) -> Members | None:
    """Return a StatefulSet with its pods as etcd has them; None if it is not there, or has no revision yet."""
    workload = cluster[STATEFUL_SETS[name]]
    if workload is None:
        return None
    uid = workload.metadata.uid
    history = [each for key in cluster.names(REVISIONS) if (each := cluster[REVISIONS[key]]) is not None]
    pods = [pod for key in cluster.names(PODS) if (pod := cluster[PODS[key]]) is not None]
    return Members.of(
        workload,
        [each for each in history if each.metadata.owner is not None and each.metadata.owner.uid == uid],
        [pod for pod in pods if pod.metadata.owner is not None and pod.metadata.owner.uid == uid],
        ripe(cluster, workload),
    )


def _made(step: Step) -> Iterator[tuple[Members, int, Pod]]:
    """Yield the pods that a StatefulSet's controller asks for in a step: what it knew, the ordinal, the pod."""
    step = as_its_program(step)
    if not step.action.actor.startswith(ACTOR):
        return
    now = known_members(step.before, step.action.arguments["statefulset"])
    asked = [call.body for _, call in became(step, Request) if call.user == USER and call.verb == "create"]
    written = [step.after[cell] for cell in step.wrote(PODS) if step.before[cell] is None]  # with fused calls
    for body in (*asked, *written):
        ordinal = ordinal_of(now.workload, body) if now is not None and isinstance(body, Pod) else None
        if now is not None and ordinal is not None and isinstance(body, Pod):
            yield now, ordinal, body


def _given_up(step: Step) -> Iterator[tuple[Members, int]]:
    """Yield the pods that a StatefulSet's controller asks to delete in a step: what it knew, and the ordinal."""
    if step.action.transition.name == "delete_stateful_pod":
        now = known_members(step.before, step.action.arguments["statefulset"])
        for ordinal, pod in () if now is None else now.pods.items():
            if now is not None and pod.metadata.key == step.action.arguments["pod"]:
                yield now, ordinal


@step_invariant(needs=STATEFUL_SETS)
def stateful_pods_come_and_go_in_order(step: Step) -> bool | str:
    """Under OrderedReady a pod is created only if all before it are available, and of those too many the last goes."""
    for now, ordinal, _ in _made(step):
        before = [each for each in now.workload.ordinals if each < ordinal]
        waits = next((o for o in before if o not in now.pods or now.is_unavailable(now.pods[o])), None)
        if now.workload.is_ordered and waits is not None:
            return (
                f"pod {ordinal} of statefulset/{now.workload.metadata.key} is created before pod {waits} is available"
            )
    for now, ordinal in _given_up(step):
        later = [each for each in now.condemned if each > ordinal]
        if now.workload.is_ordered and ordinal in now.condemned and later:
            return f"pod {ordinal} of statefulset/{now.workload.metadata.key} goes, and pod {later[0]} is still there"
    return True


@sometimes(needs=STATEFUL_SETS, shows=stateful_pods_come_and_go_in_order)
def a_second_stateful_pod_is_made(step: Step) -> bool:
    """A StatefulSet gets a pod after its first one."""
    return any(ordinal > now.workload.start for now, ordinal, _ in _made(step))


@step_invariant(needs=STATEFUL_SETS)
def an_update_stops_at_its_partition(step: Step) -> bool | str:
    """An update gives up no pod below its partition that is well, nor any before those after it are well and new."""
    for now, ordinal in _given_up(step):
        pod, name = now.pods[ordinal], f"statefulset/{now.workload.metadata.key}"
        if ordinal not in now.workload.ordinals or pod.terminal:
            continue
        if ordinal < now.workload.start + (now.workload.partition or 0):
            return f"pod {ordinal} of {name} is given up, and is below the partition"
        for other in now.workload.ordinals:
            later = now.pods.get(other)
            is_new = (
                later is not None and not now.is_unavailable(later) and revision_of(later) == now.latest.metadata.name
            )
            if other > ordinal and not is_new:
                return f"pod {ordinal} of {name} is given up before pod {other} is available and of the latest revision"
    return True


@sometimes(needs=STATEFUL_SETS, shows=an_update_stops_at_its_partition)
def an_update_gives_up_a_stateful_pod(step: Step) -> bool:
    """An update deletes a pod that is ready."""
    return any(o in now.workload.ordinals and now.pods[o].status.ready for now, o in _given_up(step))


@converges(needs=stateful_sets_can_run, hazard=MAY_WAIT_FOR_EVER)
def a_statefulset_has_all_its_pods(cluster: Cluster) -> bool | str:
    """At last a StatefulSet has the pods that it wants, new where they should be, and says so, if they can run."""
    for name in cluster.names(STATEFUL_SETS):
        workload = cluster[STATEFUL_SETS[name]]
        if workload is None or workload.metadata.deleting:
            continue
        now = stored_members(cluster, name)
        if now is None:
            return f"statefulset/{name} has no revision of its template"
        if any(is_stuck(cluster, pod) for pod in now.pods.values()) or pods_are_refused(cluster, workload):
            continue
        if now.next_created or now.next_deleted or list(now.pods) != list(workload.ordinals):
            return f"statefulset/{name} has the pods {sorted(now.pods)}, or old ones"
        if now.status() != workload.status:
            return f"statefulset/{name} is said to have {workload.summary()}, and has not"
    return True
