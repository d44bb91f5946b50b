"""Mutants of whoever takes one pod for another, or for gone, or for evicted; and of watches that do not tell."""

from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster
from kmodel.kubernetes.components.apiserver.admission import UNREACHABLE
from kmodel.kubernetes.components.calls import CALLS, Request, Transaction, deliver, idle, respond, send
from kmodel.kubernetes.components.controllers import node_lifecycle
from kmodel.kubernetes.components.etcd import QUEUES, WATCHES, stored
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, cached
from kmodel.kubernetes.components.kubelet.pods import known_pod
from kmodel.kubernetes.components.kubelet.state import WORKERS, client_of
from kmodel.kubernetes.objects import Phase, Taint, Taints, Toleration, Unscheduled
from tests.components.scenes import create, delete, node, pod, scene
from tests.specs import bugs
from tests.specs.bugs import hiding, taking_requests_for
from tests.specs.mutants import Function, Mutant

TAINT = Taint("dedicated", effect="NoExecute")
TOLERANT = pod(node="n1", tolerations=(Toleration("dedicated", "Exists"),))
KEPT = scene(stored=(TOLERANT,), nodes=(node(taints=(TAINT,)),), actors=("taint-eviction-controller",))
NOT_DRIVEN_OFF = scene(
    stored=(pod(node="n1"),), nodes=(node(taints=(Taint("dedicated"),)),), actors=("taint-eviction-controller",)
)
FITS_NOWHERE = scene(stored=(pod(memory_mib=2048),), nodes=(node(memory_mib=1024),), actors=("kube-scheduler",))
RECREATED_UNBOUND = scene(delete("pods/web"), create(pod()), stored=(pod(),), actors=("kube-scheduler",))
GOES = scene(delete("pods/web"), stored=(pod(node="n1"),), actors=("kubelet",))
COMES_BACK_ELSEWHERE = scene(
    delete("pods/web", wait="Deleted"),
    create(pod(node="n2")),
    stored=(pod(node="n1"),),
    nodes=2,
    actors=("kubelet",),
)


def tells_of_no_deletion(commit: Function) -> Function:
    """etcd tells nobody who watches that a key is gone."""

    def broken(cluster: Cluster, client: str) -> Cluster | None:
        call = cluster[CALLS[client]]
        after = commit(cluster, client=client)
        if after is None or not isinstance(call, Transaction) or call.value is not None:
            return after
        for watch in cluster[WATCHES]:
            after = after.set(watch.queue, cluster[watch.queue])
        return after

    return broken


def loses_what_arrives(receive_event: Function) -> Function:
    """A watch delivers its next event, and the watcher loses it."""

    def broken(cluster: Cluster, watcher: str, resource: str) -> Cluster | None:
        after = receive_event(cluster, watcher=watcher, resource=resource)
        return None if after is None else cluster.set(QUEUES[watcher, resource], after[QUEUES[watcher, resource]])

    return broken


def takes_a_pod_that_fits_nowhere_for_scheduled(handle: Function) -> Function:
    """The api-server writes PodScheduled as True where the scheduler says that it is False."""

    def broken(cluster: Cluster, client: str) -> Cluster | None:
        after = handle(cluster, client=client)
        call = None if after is None else after[CALLS[client]]
        if after is None or not isinstance(call, Transaction) or not isinstance(call.request.body, Unscheduled):
            return after
        value: Any = call.value
        value = attrs.evolve(value, status=attrs.evolve(value.status, scheduled=True))
        return after.set(CALLS[client], attrs.evolve(call, value=value))

    return broken


def does_not_wait_for_the_containers(finish_deletion: Function) -> Function:
    """The kubelet deletes a pod for good as soon as it hears of the deletion."""

    def broken(cluster: Cluster, node: str, pod: str) -> Cluster | None:
        known, worker = known_pod(cluster, node, pod), cluster[WORKERS[node, pod]]
        going = known is not None and known.metadata.deleting and idle(cluster, client_of(node, pod))
        if not going or worker is None:
            return finish_deletion(cluster, node=node, pod=pod)
        request = Request(f"system:node:{node}", "delete", "pods", pod, uid=worker.uid, grace_seconds=0)
        return send(cluster, client_of(node, pod), request)

    return broken


def takes_no_marks(handle: Function) -> Function:
    """The api-server finds every patch of a pod's phase invalid [kubernetes/kubernetes#118261]."""

    def broken(cluster: Cluster, client: str) -> Cluster | None:
        request = cluster[CALLS[client]]
        if isinstance(request, Request) and isinstance(request.body, Phase):
            return deliver(cluster, client, respond(request, 422, "Invalid"))
        return handle(cluster, client=client)

    return broken


def taints_even_the_last_node(adjust_taints: Function) -> Function:
    """The node controller taints a silent node NoExecute whatever the others are like."""

    def broken(cluster: Cluster, node: str) -> Cluster | None:
        known = cluster[cached("nodes")[CONTROLLER_MANAGER, node]]
        free = known is not None and idle(cluster, node_lifecycle.client_of(node))
        if not free or known.status.ready == "True" or any(each.effect == "NoExecute" for each in known.spec.taints):
            return adjust_taints(cluster, node=node)
        body = Taints((*known.spec.taints, Taint(UNREACHABLE, effect="NoExecute")))
        return send(cluster, node_lifecycle.client_of(node), Request(node_lifecycle.USER, "patch", "nodes", node, body))

    return broken


def _intolerant(cluster: Cluster, binding: dict[str, str]) -> dict[Cell[Any], Any]:
    cell = cached("pods")[CONTROLLER_MANAGER, binding["pod"]]
    known = cluster[cell]
    return {} if known is None else {cell: attrs.evolve(known, spec=attrs.evolve(known.spec, tolerations=()))}


def _all_no_execute(cluster: Cluster, binding: dict[str, str]) -> dict[Cell[Any], Any]:
    cells = [cached("nodes")[CONTROLLER_MANAGER, name] for name in cluster.names(stored("nodes"))]
    hidden = {}
    for cell in cells:
        known = cluster[cell]
        if known is not None:
            taints = tuple(attrs.evolve(taint, effect="NoExecute") for taint in known.spec.taints)
            hidden[cell] = attrs.evolve(known, spec=attrs.evolve(known.spec, taints=taints))
    return hidden


MUTANTS = (
    Mutant(
        "a_binding_is_of_the_pod_that_was_scheduled",
        "the api-server ignores the UID of a binding",
        RECREATED_UNBOUND,
        (("handle", taking_requests_for(bugs.uids_do_not_matter)),),
        11,
        "commit",
    ),
    Mutant(
        "a_pod_that_is_said_to_be_scheduled_is_bound",
        "the api-server takes Unschedulable for its opposite",
        FITS_NOWHERE,
        (("handle", takes_a_pod_that_fits_nowhere_for_scheduled),),
        3,
        "commit",
    ),
    Mutant(
        "no_container_runs_without_its_pod",
        "the kubelet does not wait for the containers",
        GOES,
        (("finish_deletion", does_not_wait_for_the_containers),),
        10,
        "start_container",
    ),
    Mutant(
        "at_most_one_pod_of_a_name_runs",
        "the kubelet does not wait for the containers",
        COMES_BACK_ELSEWHERE,
        (("finish_deletion", does_not_wait_for_the_containers),),
        20,
        "start_container",
    ),
    Mutant(
        "evicted_only_where_a_taint_was_seen",
        "the controller does not ask what a pod tolerates",
        KEPT,
        (("evict_pod", hiding(_intolerant)),),
        1,
        "evict_pod",
    ),
    Mutant(
        "nobody_is_driven_away_while_no_node_is_ready",
        "the node controller taints even the last node",
        scene(stored=(pod(node="n1"),), actors=("kubelet", "node-lifecycle-controller"), faults={"node-crash": 1}),
        (("adjust_taints", taints_even_the_last_node),),
        8,
        "adjust_taints",
    ),
    Mutant(
        "evicted_only_while_tainted",
        "the controller takes every taint for NoExecute",
        NOT_DRIVEN_OFF,
        (("evict_pod", hiding(_all_no_execute)),),
        3,
        "commit",
    ),
    Mutant(
        "a_watch_misses_nothing",
        "nobody is told that a key is gone",
        scene(delete("pods/web", grace_seconds=0), stored=(pod(),), actors=("kube-scheduler",)),
        (("commit", tells_of_no_deletion),),
        3,
        "commit",
    ),
    Mutant(
        "a_watch_misses_nothing",
        "an event is lost when it arrives",
        scene(create(pod(node="n1")), actors=("kubelet",)),
        (("receive_event", loses_what_arrives),),
        4,
        "receive_event",
    ),
)
