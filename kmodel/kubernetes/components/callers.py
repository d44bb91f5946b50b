"""Who calls the api-server: by which transitions, as which clients; and the five steps of a call fused into one."""

from collections.abc import Callable
from functools import wraps

import attrs

from kmodel.kernel import Cluster, Event, Step, Transition
from kmodel.kubernetes.components import apiserver, etcd, kubectl, scheduler
from kmodel.kubernetes.components.calls import CALLS, Response
from kmodel.kubernetes.components.controllers import endpointslice, node_lifecycle, pod_gc, replicaset, taint_eviction
from kmodel.kubernetes.components.kubelet import state as kubelet_state
from kmodel.kubernetes.components.kubelet import status as kubelet_status


@attrs.frozen
class Caller:
    """Who calls the api-server: the transitions that send, the one that receives, and the client, by the binding."""

    sends: tuple[Transition, ...]
    receives: Transition
    client: Callable[..., str]
    orphaned_by: tuple[str, ...] = ()


KUBELET_DEATHS = ("kubelet-restart", "node-crash")
KUBECTL = Caller((kubectl.run_command,), kubectl.read_answer, kubectl.client_of)
SCHEDULER = Caller(
    (scheduler.schedule, scheduler.find_no_node), scheduler.finish_binding, scheduler.client_of, ("scheduler-restart",)
)
KUBELET = Caller(
    (kubelet_status.report_status, kubelet_status.finish_deletion),
    kubelet_status.read_answer,
    kubelet_state.client_of,
    KUBELET_DEATHS,
)
REGISTRATION = Caller(
    (kubelet_status.register_node,), kubelet_status.read_node_answer, kubelet_state.node_client_of, KUBELET_DEATHS
)
NODE_STATUS = Caller(
    (kubelet_status.report_node_ready,), kubelet_status.read_node_answer, kubelet_state.node_client_of, KUBELET_DEATHS
)
HEARTBEAT = Caller(
    (kubelet_status.renew_lease,), kubelet_status.read_lease_answer, kubelet_state.lease_client_of, KUBELET_DEATHS
)
REPLICASET = Caller(
    (replicaset.create_pod, replicaset.delete_pod),
    replicaset.read_pod_answer,
    replicaset.client_of,
    ("controller-restart",),
)
ENDPOINTSLICE = Caller(
    (endpointslice.sync_endpoints,), endpointslice.read_slice_answer, endpointslice.client_of, ("controller-restart",)
)
NODE_LIFECYCLE = Caller(
    (node_lifecycle.mark_unknown, node_lifecycle.taint_node, node_lifecycle.untaint_node),
    node_lifecycle.read_node_answer,
    node_lifecycle.client_of,
    ("controller-restart",),
)
TAINT_EVICTION = Caller(
    (taint_eviction.evict_pod,), taint_eviction.read_eviction_answer, taint_eviction.client_of, ("controller-restart",)
)
POD_GARBAGE_COLLECTOR = Caller(
    (pod_gc.collect_pod,), pod_gc.read_collection_answer, pod_gc.client_of, ("controller-restart",)
)


def fuse(send: Transition, caller: Caller) -> Transition:
    """Return the transition that sends, has the request handled, committed and answered, and receives, in one step."""

    @wraps(send.function)
    def in_one_step(cluster: Cluster, **binding: str) -> Cluster | None:
        after = send.function(cluster, **binding)
        if after is None:
            return None
        of_client = {name: binding[name] for name in caller.receives.parameters}
        client = caller.client(**of_client)
        while after[CALLS[client]] is not None:
            if isinstance(after[CALLS[client]], Response):
                after = caller.receives.function(after, **of_client)  # which may send the next request
                assert after is not None
            else:
                for step in (apiserver.handle, etcd.commit, apiserver.answer):
                    after = step.function(after, client=client) or after
        return after

    def told(step: Step) -> Event:
        reason = "".join(word.capitalize() for word in send.name.split("_"))
        return Event("Normal", reason, step.action.object or step.action.actor, f"{send.sentence} It is done at once.")

    return attrs.evolve(send, function=in_one_step, describe=told)
