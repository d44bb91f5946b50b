"""Taint eviction controller: delete the pods on a node whose NoExecute taint they do not tolerate, or not for ever.

Models: pods and nodes as the shared caches have them; a pod is evicted if one of its node's NoExecute taints is met
by none of its tolerations, or by one that ends (tolerationSeconds); the eviction is a DELETE by name, with the pod's
own grace period, and may come at any time while the cache shows the taint: there are no clocks. If it comes only after
a time, the taint is there in truth, too: a watch is late, but not by the minutes that a toleration lasts.

Leaves out: the queue of timers (a taint that goes takes the eviction with it, as the cancelled timer does), the
condition DisruptionTarget that is patched before. Where the api-server may be away, an eviction is given up after five
tries [deletePodHandler] until the pod is another one, or the node's taints change; otherwise no more than a few
calls can fail, and it tries again. The pod stays,
marked as being deleted, until the kubelet of its node says that it is gone; on a node that is down nobody does.

Upstream: pkg/controller/tainteviction/taint_eviction.go, read in 1.33 in the making (a fork at 0b0abd6c); 1.34.4 by
the recordings node-dies and node-partition.
"""

from collections.abc import Sequence
from typing import Any

from kmodel.kernel import Cells, Cluster, transition
from kmodel.kubernetes.components.apiserver import read
from kmodel.kubernetes.components.apiserver.access import CONTROLLER_USER
from kmodel.kubernetes.components.calls import Request, clients, drop_answer, idle, received, send
from kmodel.kubernetes.components.component import NOTHING, Caller, Component, Memory, each
from kmodel.kubernetes.components.etcd import NODES, Watch
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, in_cache, synced
from kmodel.kubernetes.components.kubelet.failures import may_be_silent
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.resources import matching
from kmodel.kubernetes.objects import NODE, POD, Pod, Taint, Toleration

ACTOR = CONTROLLER_MANAGER + "/taint-eviction"
USER = CONTROLLER_USER + "node-controller"  # whose role it uses [cmd/kube-controller-manager/app/core.go]


RETRIES = 5  # tries of one eviction, 10 ms apart
FAILED_TRIES: Cells[int] = Cells("taint-eviction/failed tries")  # where the api-server may be away

client_of = clients(f"{ACTOR}/{{}}")  # by which the controller deletes a pod


def seconds_left(taints: Sequence[Taint], tolerations: Sequence[Toleration]) -> int | None:
    """Return for how long a pod with these tolerations may stay on a node with these taints; None: for ever."""
    used = [matching(taint, tolerations) for taint in taints if taint.effect == "NoExecute"]
    if None in used:
        return 0
    return min((max(0, each.seconds) for each in used if each is not None and each.seconds is not None), default=None)


def _is_still_tainted(cluster: Cluster, pod: Pod) -> bool:
    node: Any = read(cluster, NODE, pod.spec.node_name or "")
    return node is not None and seconds_left(node.spec.taints, pod.spec.tolerations) is not None


@transition(actor=ACTOR, object="pod/{pod}")
def evict_pod(cluster: Cluster, pod: str) -> Cluster | None:
    """Delete a pod that its node's NoExecute taint drives away."""
    if not synced(cluster, CONTROLLER_MANAGER, "pods", "nodes") or not idle(cluster, client_of(pod)):
        return None
    known = in_cache(cluster, CONTROLLER_MANAGER, POD, pod)
    if known is None or known.metadata.deleting or known.spec.node_name is None:
        return None
    if not cluster.has(NODES[known.spec.node_name]):
        return None  # nodeName names a node that there never was
    node = in_cache(cluster, CONTROLLER_MANAGER, NODE, known.spec.node_name)
    seconds = None if node is None else seconds_left(node.spec.taints, known.spec.tolerations)
    if seconds is None or (seconds and not _is_still_tainted(cluster, known)):
        return None
    if has_given_up(cluster, pod):
        return None
    return send(cluster, client_of(pod), Request(USER, "delete", "pods", pod))


@transition(actor=ACTOR, object="pod/{pod}")
def read_eviction_answer(cluster: Cluster, pod: str) -> Cluster | None:
    """Learn how the deletion went; while the taint is there and the pod is not going, it is tried again."""
    response = received(cluster, client_of(pod))
    if response is not None and cluster.has(FAILED_TRIES[pod]):
        tries = 0 if response.ok else min(cluster[FAILED_TRIES[pod]] + 1, RETRIES)
        cluster = cluster.set(FAILED_TRIES[pod], tries)
    return drop_answer(cluster, client_of(pod))


def has_given_up(cluster: Cluster, pod: str) -> bool:
    """Tell whether as many evictions of a pod have failed as are tried."""
    return cluster.has(FAILED_TRIES[pod]) and cluster[FAILED_TRIES[pod]] == RETRIES


def _on_change(cluster: Cluster, watch: Watch, key: str, old: Any, new: Any) -> Cluster:
    """Try again what was given up when a pod is another one, or the taints of its node change."""
    for (pod,) in cluster.layout.keys(FAILED_TRIES):
        if not cluster[FAILED_TRIES[pod]]:
            continue
        if watch.resource == "pods" and key == pod and _uid(old) != _uid(new):
            cluster = cluster.set(FAILED_TRIES[pod], 0)
        known = in_cache(cluster, CONTROLLER_MANAGER, POD, pod) if watch.resource == "nodes" else None
        if known is not None and known.spec.node_name == key and _taints(old) != _taints(new):
            cluster = cluster.set(FAILED_TRIES[pod], 0)
    return cluster


def _uid(value: Any) -> Any:
    return None if value is None else value.metadata.uid


def _taints(value: Any) -> Any:
    return () if value is None else value.spec.taints


def _needed(plan: Plan) -> str | None:
    if plan.requests("taint", "nodes"):
        return None
    if not may_be_silent(plan):
        return "no fault silences a node"
    return None if plan.owners("pods") else "no ReplicaSet would replace what it evicts"


COMPONENT = Component(
    "taint-eviction-controller",
    process=CONTROLLER_MANAGER,
    users={USER: frozenset({("delete", "pods")})},
    watches=("pods", "nodes"),
    on_change=_on_change,
    memory=(
        Memory(
            FAILED_TRIES,
            each("pods"),
            0,
            mentions=NOTHING,
            when=lambda plan: plan.budget("apiserver-outage") > 0,
        ),
    ),
    callers=(Caller((evict_pod,), read_eviction_answer, client_of, each("pods"), turn=2),),
    needed=_needed,
)
