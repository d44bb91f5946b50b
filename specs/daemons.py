"""DaemonSets: one pod on each node that may run it, none elsewhere, and updates that leave enough of them."""

import attrs

from kmodel.kernel import Cluster, Hazard, Layout, Step, converges, sometimes, step_invariant
from kmodel.kubernetes.components.controllers import revisions
from kmodel.kubernetes.components.controllers.availability import ripe
from kmodel.kubernetes.components.controllers.daemon_nodes import Daemons, may_run
from kmodel.kubernetes.components.controllers.daemonset_controller import (
    DAEMON_ROUND,
    DAEMONS_EXPECTED,
    known_daemons,
)
from kmodel.kubernetes.components.etcd import NODES, PODS, stored
from kmodel.kubernetes.components.references import refusal
from kmodel.kubernetes.components.runtime import RUNTIME
from kmodel.kubernetes.components.scheduler import QUEUE
from kmodel.kubernetes.components.settings import SETTINGS
from kmodel.kubernetes.objects import Pod
from kmodel.kubernetes.objects.daemonset import node_of

from .watching import MAY_NOT_KNOW, MAY_WAIT_FOR_EVER, MISSES_EVENT

DAEMON_SETS = stored("daemonsets")
REVISIONS = stored(revisions.RESOURCE)


def daemons_can_run(layout: Layout) -> bool:
    """Tell whether there are DaemonSets, nodes run pods, and these are bound, by a scheduler or by their templates."""
    bound = any(layout.keys(QUEUE)) or all(
        workload.template.spec.node_name for workload in layout.constant(SETTINGS).workloads
    )
    return bound and any(layout.keys(DAEMONS_EXPECTED)) and any(layout.keys(RUNTIME))


def stored_daemons(cluster: Cluster, name: str) -> Daemons | None:
    """Return a DaemonSet with its nodes and pods as etcd has them; None if it is not there, or has no revision yet."""
    workload = cluster[DAEMON_SETS[name]]
    there = [each for key in cluster.names(REVISIONS) if (each := cluster[REVISIONS[key]]) is not None]
    latest = None if workload is None else next((each for each in there if each.data == workload.template), None)
    if workload is None or latest is None:
        return None
    nodes = tuple(node for key in cluster.names(NODES) if (node := cluster[NODES[key]]) is not None)
    pods = tuple(pod for key in cluster.names(PODS) if (pod := cluster[PODS[key]]) is not None)
    own = (pod for pod in pods if pod.metadata.owner is not None and pod.metadata.owner.uid == workload.metadata.uid)
    return Daemons(workload, revisions.suffix_of(workload, latest), nodes, tuple(own), ripe(cluster, workload))


def _made(step: Step) -> list[Pod]:
    """Return the pods that come to be there in a step."""
    return [pod for cell in step.wrote(PODS) if step.before[cell] is None and (pod := step.after[cell]) is not None]


@step_invariant(
    needs=DAEMONS_EXPECTED,
    hazard=(
        Hazard(
            "What a controller expects lives in its memory only: one that restarts while a create is under way, or "
            "hears no answer to one that was carried out, sees a node without a pod in its cache, and creates a second "
            "one; it deletes one of them later [pkg/controller/daemon/daemon_controller.go; KEP-5647].",
            MAY_NOT_KNOW,
        ),
        MISSES_EVENT,
    ),
)
def a_node_has_one_pod_of_a_daemonset(step: Step) -> bool | str:
    """No node has two active pods of a DaemonSet, or with surge two of one template."""
    made = _made(step)
    for name in step.after.names(DAEMON_SETS) if made else ():
        now = stored_daemons(step.after, name)
        group = None if now is None else next(now.excess(), None)
        if group is not None:
            return f"daemonset/{name} has {' and '.join(group)} on one node"
    return True


@sometimes(needs=DAEMONS_EXPECTED, shows=a_node_has_one_pod_of_a_daemonset)
def a_daemonset_has_a_pod_on_each_node(cluster: Cluster) -> bool:
    """Each node that may run a pod of a DaemonSet has one, and there is such a node."""
    found = (stored_daemons(cluster, name) for name in cluster.names(DAEMON_SETS))
    return any(now is not None and now.wanted and not now.lacking for now in found)


@step_invariant(needs=DAEMONS_EXPECTED)
def a_daemon_pod_is_for_a_node_that_may_run_it(step: Step) -> bool | str:
    """A DaemonSet's controller gives pods only to nodes that its cache lets run them, and each is bound to its node."""
    for cell in step.wrote(DAEMON_ROUND):
        fresh = set(step.after[cell].nodes) - set(step.before[cell].nodes)
        now = known_daemons(step.before, *cell.key) if fresh else None
        for node in () if now is None else now.nodes:
            if now is not None and node.metadata.name in fresh and not may_run(now.workload, node)[0]:
                return f"daemonset/{cell.key[0]} gives a pod to node/{node.metadata.name}, which may not run it"
    for cell in step.wrote(PODS):
        pod = step.after[cell]
        if pod is None or pod.spec.node_name is None or pod.metadata.owner is None:
            continue
        unbound = node_of(_unbound(pod))
        if pod.metadata.owner.kind == "DaemonSet" and unbound not in (None, pod.spec.node_name):
            return f"pod/{cell.key[0]} is for node/{unbound}, and is bound to node/{pod.spec.node_name}"
    return True


def _unbound(pod: Pod) -> Pod:
    return attrs.evolve(pod, spec=attrs.evolve(pod.spec, node_name=None))


@sometimes(needs=DAEMONS_EXPECTED, shows=a_daemon_pod_is_for_a_node_that_may_run_it)
def a_daemonset_gives_a_node_a_pod(step: Step) -> bool:
    """A DaemonSet's controller decides that a node gets a pod."""
    return any(set(step.after[cell].nodes) - set(step.before[cell].nodes) for cell in step.wrote(DAEMON_ROUND))


def _given_up(step: Step) -> list[tuple[Daemons, set[str]]]:
    """Return what a DaemonSet's controller knows and which ready pods it decides to replace in a step."""
    if step.action.transition.name not in ("replace_daemon_pods", "surge_daemon_pods"):
        return []
    found = []
    for cell in step.wrote(DAEMON_ROUND):
        now = known_daemons(step.before, *cell.key)
        gone = set(step.after[cell].deletions)
        ready = {pod.metadata.key for pod in now.pods if pod.status.ready} if now is not None else set()
        if now is not None and gone & ready:
            found.append((now, gone))
    return found


@step_invariant(needs=DAEMONS_EXPECTED)
def an_update_leaves_enough_daemons(step: Step) -> bool | str:
    """An update gives up a pod that is ready only if so many nodes keep one that is as maxUnavailable asks for."""
    for now, gone in _given_up(step):
        kept = sum(
            any(pod.active and pod.status.ready and pod.metadata.key not in gone for pod in now.on(node))
            for node in now.wanted
        )
        if kept < len(now.wanted) - now.bounds[1]:
            return f"daemonset/{now.workload.metadata.key} keeps {kept} of {len(now.wanted)} pods that are ready"
    return True


@sometimes(needs=DAEMONS_EXPECTED, shows=an_update_leaves_enough_daemons)
def an_update_gives_up_a_daemon(step: Step) -> bool:
    """An update of a DaemonSet decides to delete a pod that is ready."""
    return bool(_given_up(step))


@converges(needs=daemons_can_run, hazard=MAY_WAIT_FOR_EVER)
def each_node_has_the_daemons_it_should_have(cluster: Cluster) -> bool | str:
    """At last each node that may run a pod of a DaemonSet has one, of the latest template, and no other has any."""
    for name in cluster.names(DAEMON_SETS):
        workload = cluster[DAEMON_SETS[name]]
        if workload is None or workload.metadata.deleting:
            continue
        now = stored_daemons(cluster, name)
        if now is None:
            return f"daemonset/{name} has no revision of its template"
        if any(refusal(cluster[SETTINGS], template.object) for template in workload.templates()):
            continue  # its pods are refused whenever they are created
        if now.has_to_be_managed:
            return f"daemonset/{name} lacks pods on {now.lacking}, or has some that have to go"
        if workload.is_rolling and not all(now.is_latest(pod) for pod in now.pods if pod.active):
            return f"daemonset/{name} has pods of an old template"
        if now.status() != workload.status:
            return f"daemonset/{name} is said to have {workload.summary()}, and has not"
    return True
