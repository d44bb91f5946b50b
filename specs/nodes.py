"""What runs on the nodes, and what the kubelets say of it."""

import attrs

from kmodel.kernel import Cluster, Layout, Step, invariant, sometimes, step_invariant
from kmodel.kubernetes.components.calls import CALLS, SPLIT, Request, Transaction, became
from kmodel.kubernetes.components.controllers.node_lifecycle import USER as NODE_CONTROLLER
from kmodel.kubernetes.components.controllers.pod_gc import QUARANTINE
from kmodel.kubernetes.components.controllers.pod_gc import USER as COLLECTOR
from kmodel.kubernetes.components.etcd import PODS, stored
from kmodel.kubernetes.components.faults import BUDGET
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, in_cache
from kmodel.kubernetes.components.kubelet.state import WORKERS
from kmodel.kubernetes.components.leader_election import as_its_program
from kmodel.kubernetes.components.runtime import RUNTIME, Sandbox
from kmodel.kubernetes.components.settings import POOLS, SETTINGS
from kmodel.kubernetes.objects import Phase, Pod, PodStatus, StatusReport

from .watching import first_lists_may_be_old


def running(cluster: Cluster) -> list[tuple[str, str, Sandbox]]:
    """Return node, pod and sandbox of all that has a container running."""
    found = []
    for node, pod in cluster.layout.keys(RUNTIME):
        sandbox = cluster[RUNTIME[node, pod]]
        if sandbox is not None and sandbox.any_in("running", "stopping"):
            found.append((node, pod, sandbox))
    return found


@invariant(needs=RUNTIME)
def a_container_runs_only_where_its_pod_is_bound(cluster: Cluster) -> bool | str:
    """A running container's pod, as long as it exists, is bound to the node that the container runs on."""
    for node, name, sandbox in running(cluster):
        pod = cluster[PODS[name]]
        if pod is not None and pod.metadata.uid == sandbox.uid and pod.spec.node_name != node:
            return f"pod/{name} runs on {node}, but is bound to {pod.spec.node_name}"
    return True


@invariant(needs=RUNTIME)
def at_most_one_instance_of_a_pod_runs(cluster: Cluster) -> bool | str:
    """No two nodes run containers of one pod, by its UID."""
    where: dict[object, str] = {}
    for node, name, sandbox in running(cluster):
        other = where.setdefault(sandbox.uid, node)
        if other != node:
            return f"pod/{name} runs on {other} and on {node}"
    return True


def a_pod_is_deleted_at_once(layout: Layout) -> bool:
    """Tell whether pods may go without their kubelet's word: by force, without a grace period, or with their Node."""
    settings = layout.constant(SETTINGS)
    commands = (command for session in settings.sessions for command in session.commands)
    templates = (workload.template.spec for workload in settings.workloads)
    specs = (*(pod.spec for pod in settings.given if isinstance(pod, Pod)), *templates)
    return (
        any(command.verb == "delete" and command.grace_seconds == 0 for command in commands)
        or any(spec.termination_grace_seconds == 0 for spec in specs)
        or bool(layout.keys(QUARANTINE))
    )


AT_ONCE = (
    "A pod that is deleted without a grace period, by a user's --force, or by the garbage collector once its Node is "
    "gone, is removed from the api-server before its kubelet has stopped anything, and the name is free "
)
OLD_LIST = (
    " A kubelet that has restarted may run a pod anew that is gone, if its first list is as old as the watch cache of "
    "an api-server that lags (resourceVersion 0, up to 1.34) [kubernetes/kubernetes#59848]."
)


@invariant(
    needs=RUNTIME,
    hazard=AT_ONCE + "while the containers run on [pkg/registry/core/pod/strategy.go CheckGracefulDelete, "
    "pkg/controller/podgc/gc_controller.go, 1.34]." + OLD_LIST,
    hazard_with=(a_pod_is_deleted_at_once, first_lists_may_be_old),
)
def no_container_runs_without_its_pod(cluster: Cluster) -> bool | str:
    """The pod of every running container is stored until its kubelet says that the containers have ended."""
    for node, name, sandbox in running(cluster):
        pod = cluster[PODS[name]]
        if pod is None or pod.metadata.uid != sandbox.uid:
            return f"containers of pod/{name} run on {node}, and the pod is gone"
    return True


@sometimes(needs=RUNTIME, shows=no_container_runs_without_its_pod)
def a_container_is_being_stopped(cluster: Cluster) -> bool:
    """A container of a pod that is stored is being stopped."""
    stopping = (name for _, name, sandbox in running(cluster) if sandbox.any_in("stopping"))
    return any(cluster[PODS[name]] is not None for name in stopping)


@invariant(
    needs=RUNTIME,
    hazard=AT_ONCE + "for another pod, which may run on another node beside it "
    "[https://kubernetes.io/docs/tasks/run-application/force-delete-stateful-set-pod]." + OLD_LIST,
    hazard_with=(a_pod_is_deleted_at_once, first_lists_may_be_old),
)
def at_most_one_pod_of_a_name_runs(cluster: Cluster) -> bool | str:
    """Of a pod whose name is its identity, and not generated, no two instances run at once, even of different UIDs."""
    generated = {key for pool in cluster[POOLS] if pool.resource == "pods" for key in pool.keys}
    where: dict[str, str] = {}
    for node, name, _ in running(cluster):
        other = where.setdefault(name, node)
        if other != node and name not in generated:
            return f"a pod/{name} runs on {other}, and one on {node}"
    return True


@sometimes(needs=RUNTIME, shows=at_most_one_pod_of_a_name_runs)
def a_pod_runs_under_a_name_of_its_own(cluster: Cluster) -> bool:
    """A pod that a user named runs on one of several nodes."""
    generated = {key for pool in cluster[POOLS] if pool.resource == "pods" for key in pool.keys}
    several = len({node for node, _ in cluster.layout.keys(RUNTIME)}) > 1
    return several and any(name not in generated for _, name, _ in running(cluster))


@sometimes(needs=RUNTIME, shows=a_container_runs_only_where_its_pod_is_bound)
def a_container_runs(cluster: Cluster) -> bool:
    """A container runs whose pod is stored."""
    return any(cluster[PODS[name]] is not None for _, name, _ in running(cluster))


@sometimes(needs=RUNTIME, shows=at_most_one_instance_of_a_pod_runs)
def a_container_runs_while_another_node_is_there(cluster: Cluster) -> bool:
    """A container runs on one of several nodes, so that another could run it, too."""
    return len({node for node, _ in cluster.layout.keys(RUNTIME)}) > 1 and bool(running(cluster))


@step_invariant(
    needs=RUNTIME,
    hazard="A kubelet knows that a container ran from its record, or from the status of the pod. Where the record went "
    "with the node's disk, and the node went down before the report had arrived, the pod is Pending, and what it ran "
    "is run a second time, also under Never [pkg/kubelet/kubelet_pods.go convertToAPIContainerStatuses, 1.34; "
    "kubernetes/kubernetes#83705].",
    hazard_with=(BUDGET["node-replacement"],),
)
def a_container_runs_again_only_if_its_policy_says_so(step: Step) -> bool | str:
    """A container that ran is started again under Always, or, unless it exited with 0, OnFailure; never under Never."""
    for cell in step.wrote(RUNTIME):
        before, after = step.before[cell], step.after[cell]
        pod = step.before[PODS[cell.key[1]]]
        if after is None or pod is None or pod.metadata.uid != after.uid:
            continue
        known = () if before is None or before.uid != after.uid else before.containers
        if not known and pod.status.phase != "Pending" and pod.spec.restart_policy == "Never":
            return f"pod/{cell.key[1]} is made on {cell.key[0]}, and was {pod.status.phase} before"
        for old, new in zip(known, after.containers, strict=False):
            again = old.state in ("running", "stopping", "exited") and new.state == "created"
            if again and not _may_run_again(pod.spec.restart_policy, old.exit_code):
                return f"container {new.name} of pod/{cell.key[1]} is started again under {pod.spec.restart_policy}"
    return True


def _may_run_again(policy: str | None, exit_code: int | None) -> bool:
    return policy == "Always" or (policy == "OnFailure" and exit_code not in (None, 0))


@sometimes(needs=RUNTIME, shows=a_container_runs_again_only_if_its_policy_says_so)
def a_container_runs_again(cluster: Cluster) -> bool:
    """A container runs that was started again."""
    return any(each.restarts for _, _, sandbox in running(cluster) for each in sandbox.containers)


@step_invariant(
    hazard="A patch of the status carries the pod's UID, but no resourceVersion. One that a kubelet sent before it "
    "died may be carried out after the next one has reported the pod's end, or after the garbage collector has marked "
    "the pod of a missing node as Failed [pkg/util/pod/pod.go PatchPodStatus, 1.34].",
    hazard_with=(BUDGET["kubelet-restart"], BUDGET["node-crash"], QUARANTINE),
)
def a_terminal_phase_is_final(step: Step) -> bool | str:
    """A pod that has Succeeded or Failed stays so."""
    for cell in step.wrote(PODS):
        before, after = step.before[cell], step.after[cell]
        if before is None or after is None or before.metadata.uid != after.metadata.uid or not before.terminal:
            continue
        if after.status.phase != before.status.phase:
            return f"pod/{cell.key[0]} was {before.status.phase} and is {after.status.phase} now"
    return True


@sometimes(shows=a_terminal_phase_is_final)
def a_pod_finishes(cluster: Cluster) -> bool:
    """A pod's phase is Succeeded or Failed."""
    return any((pod := cluster[PODS[name]]) is not None and pod.terminal for name in cluster.names(PODS))


@step_invariant(needs=(SPLIT, WORKERS))
def status_is_what_a_kubelet_observed(step: Step) -> bool | str:
    """A kubelet reports only what its container runtime shows; but for lost pods nobody else writes phase or readiness.

    The garbage collector marks the pods of a missing node as Failed, the node controller those of a silent one as not
    ready.
    """
    step = as_its_program(step)
    for _, call in became(step, Request):
        if isinstance(call.body, Phase) and step.action.actor != "kube-apiserver":
            wrong = _why_no_orphan(step.before, call.user, call.key)
            if wrong is not None:
                return f"{call.user} marks pod/{call.key} as {call.body.phase}, {wrong}"
        if call.user == NODE_CONTROLLER and isinstance(call.body, Pod) and step.action.actor != "kube-apiserver":
            node = in_cache(step.before, CONTROLLER_MANAGER, "nodes", call.body.spec.node_name or "")
            if call.body.status.ready or node is None or node.status.ready == "True":
                return f"{call.user} marks pod/{call.key}, whose node was not silent"
        if isinstance(call.body, StatusReport) and step.action.actor != "kube-apiserver":
            if not call.user.startswith("system:node:"):
                return f"{call.user} reports a status of pod/{call.key}, which it cannot observe"
            wrong = _contradiction(step.before, call.user.removeprefix("system:node:"), call.key, call.body)
            if wrong is not None:
                return f"{call.user} reports pod/{call.key} {wrong}"
    for cell in step.wrote(PODS):
        before, after = step.before[cell], step.after[cell]
        if before is None or after is None or before.metadata.uid != after.metadata.uid:
            continue
        if (before.status.phase, before.status.ready) == (after.status.phase, after.status.ready):
            continue
        authors = [call.request for at in step.wrote(CALLS) if isinstance(call := step.before[at], Transaction)]
        author = next((request for request in authors if request.key == cell.key[0]), None)
        if author is not None and isinstance(author.body, Phase):
            if after.status != attrs.evolve(before.status, phase=author.body.phase):
                return f"the mark of {author.user} changed more of pod/{cell.key[0]} than its phase"
            continue
        if author is not None and author.user == NODE_CONTROLLER:
            if after.status != attrs.evolve(before.status, ready=False):
                return f"the mark of {author.user} changed more of pod/{cell.key[0]} than that it is ready"
            continue
        if author is None or author.user != f"system:node:{after.spec.node_name}":
            return f"{author.user if author else step.action.actor} changed the phase of pod/{cell.key[0]}"
        reported = author.body.onto(before) if isinstance(author.body, StatusReport) else None
        if reported is None or (reported.status.phase, reported.status.ready) != (
            after.status.phase,
            after.status.ready,
        ):
            return f"pod/{cell.key[0]} has a status that its kubelet did not report"
    return True


def _why_no_orphan(cluster: Cluster, user: str, pod: str) -> str | None:
    """Return why a user may not mark a pod as Failed; None for the collector if the pod's node is missing."""
    if user != COLLECTOR:
        return "which only the garbage collector does"
    known = in_cache(cluster, CONTROLLER_MANAGER, "pods", pod)
    node = None if known is None else known.spec.node_name
    if node in cluster.names(stored("nodes")) and in_cache(cluster, CONTROLLER_MANAGER, "nodes", node) is not None:
        return f"though {node} is there"
    return None


def _contradiction(cluster: Cluster, node: str, pod: str, status: PodStatus) -> str | None:
    sandbox, worker = cluster[RUNTIME[node, pod]], cluster[WORKERS[node, pod]]
    if worker is None:
        return "without a worker that watches it"
    known: Pod | None = in_cache(cluster, f"kubelet/{node}", "pods", pod)
    if known is not None and known.terminal and known.status.phase != status.phase:
        return f"{status.phase}, though it has seen that the pod is {known.status.phase}"
    if status.ready and (sandbox is None or sandbox.uid != worker.uid or not sandbox.all_in("running", "stopping")):
        return "ready, though not all its containers run"
    if status.ready and known is not None and not worker.passed(known.spec):
        return "ready, though its probes have not succeeded since its containers were started"
    never = sandbox is not None and all(each.state == "created" for each in sandbox.containers) and not status.restarts
    if status.phase == "Running" and never:
        return "Running, though no container was started yet"
    if status.phase == "Succeeded" and sandbox is not None and any(each.exit_code != 0 for each in sandbox.containers):
        return "Succeeded, though a container did not exit with 0"
    return None


@sometimes(needs=(SPLIT, WORKERS), shows=status_is_what_a_kubelet_observed)
def a_kubelet_reports_running(step: Step) -> bool:
    """A kubelet reports a pod Running and ready."""
    return any(isinstance(call.body, StatusReport) and call.body.ready for _, call in became(step, Request))


@step_invariant(needs=(SPLIT, WORKERS))
def a_deletion_takes_effect_on_its_uid(step: Step) -> bool | str:
    """A pod that goes by a kubelet's word is the very pod whose end the kubelet saw, not a later one of its name."""
    for cell in step.wrote(PODS):
        gone = step.before[cell]
        if gone is None or step.after[cell] is not None:
            continue
        for at in step.wrote(CALLS):
            call = step.before[at]
            if not isinstance(call, Transaction) or not call.request.user.startswith("system:node:"):
                continue
            worker = step.before[WORKERS[call.request.user.removeprefix("system:node:"), cell.key[0]]]
            if worker is not None and worker.uid != gone.metadata.uid:
                return f"the kubelet deleted another pod/{cell.key[0]} than the one whose end it saw"
    return True


@sometimes(needs=(SPLIT, WORKERS), shows=a_deletion_takes_effect_on_its_uid)
def a_kubelet_finishes_a_deletion(step: Step) -> bool:
    """A pod goes away because its kubelet says that nothing of it runs any more."""
    gone = any(step.after[cell] is None for cell in step.wrote(PODS))
    calls = (step.before[cell] for cell in step.wrote(CALLS))
    return gone and any(
        isinstance(call, Transaction) and call.request.user.startswith("system:node:") for call in calls
    )


def some_containers_run_first(layout: Layout) -> bool:
    """Tell whether a pod has init containers."""
    pods = (each.spec for each in layout.constant(SETTINGS).given if isinstance(each, Pod))
    templates = (workload.template.spec for workload in layout.constant(SETTINGS).workloads)
    return any(layout.keys(RUNTIME)) and any(spec.run_first for spec in (*pods, *templates))


@invariant(needs=some_containers_run_first)
def init_containers_run_first(cluster: Cluster) -> bool | str:
    """A container runs only once all init containers of its pod have ended well, and these run one by one."""
    for node, name, sandbox in running(cluster):
        if sandbox.pending and any(each.state in ("running", "stopping") for each in sandbox.containers):
            return f"pod/{name} runs on {node}, and init container {sandbox.pending[0].name} has not ended well"
        if sum(each.state in ("running", "stopping") for each in sandbox.first) > 1:
            return f"two init containers of pod/{name} run at once on {node}"
    return True


@sometimes(needs=some_containers_run_first, shows=init_containers_run_first)
def an_init_container_runs(cluster: Cluster) -> bool:
    """An init container runs."""
    return any(each.state == "running" for _, _, sandbox in running(cluster) for each in sandbox.first)
