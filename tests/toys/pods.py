"""pods(P, N): a toy control plane of P pods and N nodes whose counts three independent checkers agree on."""

import attrs

from kmodel.kernel import Cells, Cluster, Model, transition


@attrs.frozen
class Pod:
    phase: str
    node: str | None = None
    deleting: bool = False


USER: Cells[int] = Cells("user")  # 0 not asked, 1 created, 2 deleted
ETCD: Cells[Pod | None] = Cells("etcd")
SCHEDULER: Cells[Pod | None] = Cells("scheduler")
KUBELET: Cells[Pod | None] = Cells("kubelet")
RUNTIME: Cells[str] = Cells("runtime")
PHASE = {"none": "Pending", "running": "Running", "exited": "Failed"}


@transition(actor="user")
def create(cluster: Cluster, pod: str) -> Cluster | None:
    if cluster[USER[pod]] != 0 or cluster[ETCD[pod]] is not None:
        return None
    return cluster.set(USER[pod], 1).set(ETCD[pod], Pod("Pending"))


@transition(actor="user")
def delete(cluster: Cluster, pod: str) -> Cluster | None:
    stored = cluster[ETCD[pod]]
    if cluster[USER[pod]] != 1 or stored is None or stored.deleting:
        return None
    cluster = cluster.set(USER[pod], 2)
    return cluster.set(ETCD[pod], None) if stored.node is None else cluster.update(ETCD[pod], deleting=True)


@transition(actor="scheduler")
def scheduler_watch(cluster: Cluster, pod: str) -> Cluster | None:
    if cluster[SCHEDULER[pod]] == cluster[ETCD[pod]]:
        return None
    return cluster.set(SCHEDULER[pod], cluster[ETCD[pod]])


@transition(actor="scheduler")
def bind(cluster: Cluster, pod: str, node: str) -> Cluster | None:
    seen, stored = cluster[SCHEDULER[pod]], cluster[ETCD[pod]]
    if seen is None or seen.node is not None or stored is None or stored.node is not None or stored.deleting:
        return None
    pods = cluster.names(USER)
    bound = [other for name in pods if (other := cluster[SCHEDULER[name]]) is not None and other.node == node]
    if len(bound) >= (len(pods) + 1) // 2:
        return None
    return cluster.set(ETCD[pod], Pod("Pending", node)).set(SCHEDULER[pod], Pod("Pending", node))


@transition(actor="kubelet/{node}")
def kubelet_watch(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    stored = cluster[ETCD[pod]]
    seen = stored if stored is not None and stored.node == node else None
    return cluster.set(KUBELET[node, pod], seen) if cluster[KUBELET[node, pod]] != seen else None


@transition(actor="kubelet/{node}")
def start(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    seen = cluster[KUBELET[node, pod]]
    if seen is None or seen.deleting or cluster[RUNTIME[node, pod]] != "none":
        return None
    return cluster.set(RUNTIME[node, pod], "running")


@transition(actor="kubelet/{node}")
def kill(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    seen = cluster[KUBELET[node, pod]]
    if cluster[RUNTIME[node, pod]] == "none" or (seen is not None and not seen.deleting):
        return None
    return cluster.set(RUNTIME[node, pod], "none")


@transition(actor="kubelet/{node}")
def report(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    seen, stored = cluster[KUBELET[node, pod]], cluster[ETCD[pod]]
    if seen is None or stored is None or stored.node != node:
        return None
    if seen.deleting and cluster[RUNTIME[node, pod]] == "none":
        return cluster.set(ETCD[pod], None)
    phase = PHASE[cluster[RUNTIME[node, pod]]]
    return cluster.update(ETCD[pod], phase=phase) if stored.phase != phase else None


@transition(actor="fault", environment=True)
def crash(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    return cluster.set(RUNTIME[node, pod], "exited") if cluster[RUNTIME[node, pod]] == "running" else None


@transition(actor="kubelet/{node}")
def restart(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    seen = cluster[KUBELET[node, pod]]
    if cluster[RUNTIME[node, pod]] != "exited" or seen is None or seen.deleting:
        return None
    return cluster.set(RUNTIME[node, pod], "running")


def model(pods: int, nodes: int) -> Model:
    pod_names = [f"p{number}" for number in range(pods)]
    node_names = [f"n{number}" for number in range(nodes)]
    initial = Cluster.of(
        {
            **{USER[pod]: 0 for pod in pod_names},
            **{family[pod]: None for family in (ETCD, SCHEDULER) for pod in pod_names},
            **{KUBELET[node, pod]: None for node in node_names for pod in pod_names},
            **{RUNTIME[node, pod]: "none" for node in node_names for pod in pod_names},
        }
    )
    actions = []
    for pod in pod_names:
        actions += [action.bind(pod=pod) for action in (create, delete, scheduler_watch)]
        actions += [
            action.bind(pod=pod, node=node)
            for node in node_names
            for action in (bind, kubelet_watch, start, kill, report, crash, restart)
        ]
    symmetry = (tuple(pod_names), tuple(node_names))
    return Model((initial,), tuple(actions), name=f"pods-{pods}-{nodes}", symmetry=symmetry)
