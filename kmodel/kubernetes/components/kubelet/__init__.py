"""kubelet of a node: runs the pods that are bound to it, and reports what it sees.

What it models and leaves out stands at the head of each part: pods.py (its pods), probes.py (how its containers are),
status.py (what it reports), resizing.py (resizes in place), state.py (what it remembers). Its informer watches, or
polls, the pods whose spec.nodeName is its node.

Upstream: pkg/kubelet, read in 1.33 or later (forks at 0c0314f4 and 195083db); 1.34.4 by the recordings.
"""

from kmodel.kernel import Cluster
from kmodel.kubernetes.components import runtime
from kmodel.kubernetes.components.component import NOTHING, Caller, Component, Memory, Steps, each
from kmodel.kubernetes.components.kubelet import coarse, pods, probes, resizing, state, status
from kmodel.kubernetes.components.kubelet.failures import may_be_silent
from kmodel.kubernetes.components.plan import Plan

USER = "system:node:{node}"


def _alive(cluster: Cluster, watcher: str) -> bool:
    return state.is_connected(cluster, watcher.removeprefix("kubelet/"))


def _needed(plan: Plan) -> str | None:
    needed = plan.objects("pods") or plan.settings.register_nodes or may_be_silent(plan)
    return None if needed else "there is no pod to run, and no node to register"


COMPONENT = Component(
    "kubelet",
    process=state.PROCESS,
    users={
        USER: frozenset(
            {
                ("create", "nodes"),
                ("patch", "nodes/status"),
                ("create", "leases"),
                ("update", "leases"),
                ("patch", "pods/status"),
                ("delete", "pods"),
            }
        )
    },
    watches=("pods",),
    brings=("pods",),
    of_own_node=True,
    polls=lambda plan: plan.settings.kubelet == "poll",
    on_change=pods.on_change,
    alive=_alive,
    memory=(
        Memory(state.WORKERS, each("nodes", "pods"), None, mentions="pods"),
        resizing.MEMORY,
        runtime.MEMORY,
        Memory(
            state.REGISTERED,
            each("nodes"),
            False,
            mentions=NOTHING,
            when=lambda plan: plan.settings.register_nodes,
        ),
        Memory(
            state.UP,
            each("nodes"),
            True,
            mentions=NOTHING,
            survives=True,
            when=lambda plan: plan.budget("node-crash") > 0,
        ),
        Memory(
            state.CONNECTED,
            each("nodes"),
            True,
            mentions=NOTHING,
            survives=True,
            when=lambda plan: plan.budget("network-partition") > 0,
        ),
    ),
    callers=(
        Caller(
            (status.report_status, status.finish_deletion),
            status.read_status_answer,
            state.client_of,
            each("nodes", "pods"),
        ),
        Caller(
            (status.register_node,),
            status.read_node_status_answer,
            state.node_client_of,
            each("nodes"),
            when=lambda plan: plan.settings.register_nodes,
        ),
        Caller(
            (status.report_node_ready,),
            status.read_node_status_answer,
            state.node_client_of,
            each("nodes"),
            when=lambda plan: plan.takes_part("node-lifecycle-controller"),
        ),
        Caller(
            (status.renew_lease,),
            status.read_lease_answer,
            state.lease_client_of,
            each("nodes"),
            when=lambda plan: plan.takes_part("heartbeats"),
            turn=1,
        ),
    ),
    steps=(
        Steps(coarse.FINE, each("nodes", "pods"), when=lambda plan: plan.settings.kubelet != "coarse"),
        Steps((coarse.work_on_pod,), each("nodes", "pods"), when=lambda plan: plan.settings.kubelet == "coarse"),
        Steps((runtime.finish_container,), runtime.that_end),
        Steps((runtime.finish_init_container,), runtime.that_begin),
        Steps((status.end_pod,), status.pods_that_end),
        *probes.STEPS,
        resizing.STEPS,
    ),
    needed=_needed,
    runs=("container-runtime",),
)
# Whether kubelets renew leases at all is a choice of its own: it multiplies states.
HEARTBEATS = Component(
    "heartbeats",
    brings=("leases",),
    needed=lambda plan: None if may_be_silent(plan) else "no fault silences a node",
    works_with=("kubelet", "node-lifecycle-controller"),
)
