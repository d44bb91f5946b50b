"""pods(P, N) as one would write it in plain Python: a dict of cells, a function per action, a breadth-first loop."""

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any, NamedTuple


class Pod(NamedTuple):
    """A pod as etcd and the caches have it."""

    phase: str
    node: str | None = None
    deleting: bool = False


State = dict[Any, Any]
Action = Callable[[State], State | None]
PHASE = {"none": "Pending", "running": "Running", "exited": "Failed"}


def create(state: State, pod: str) -> State | None:
    """The user creates a pod, once."""
    if state["user", pod] != 0 or state["etcd", pod] is not None:
        return None
    return state | {("user", pod): 1, ("etcd", pod): Pod("Pending")}


def delete(state: State, pod: str) -> State | None:
    """The user deletes the pod, which goes at once unless it is bound."""
    stored = state["etcd", pod]
    if state["user", pod] != 1 or stored is None or stored.deleting:
        return None
    return state | {("user", pod): 2, ("etcd", pod): stored._replace(deleting=True) if stored.node else None}


def scheduler_watch(state: State, pod: str) -> State | None:
    """The scheduler's cache takes the pod from etcd."""
    if state["scheduler", pod] == state["etcd", pod]:
        return None
    return state | {("scheduler", pod): state["etcd", pod]}


def bind(state: State, pod: str, node: str, pods: list[str]) -> State | None:
    """The scheduler binds the pod to a node that has room, as far as its cache knows."""
    seen, stored = state["scheduler", pod], state["etcd", pod]
    if seen is None or seen.node is not None or stored is None or stored.node is not None or stored.deleting:
        return None
    known = [state["scheduler", other] for other in pods]
    if sum(other is not None and other.node == node for other in known) >= (len(pods) + 1) // 2:
        return None
    return state | {("etcd", pod): Pod("Pending", node), ("scheduler", pod): Pod("Pending", node)}


def kubelet_watch(state: State, pod: str, node: str) -> State | None:
    """The kubelet's cache takes the pod from etcd if it is bound to its node."""
    stored = state["etcd", pod]
    seen = stored if stored is not None and stored.node == node else None
    return state | {("kubelet", node, pod): seen} if state["kubelet", node, pod] != seen else None


def start(state: State, pod: str, node: str) -> State | None:
    """The kubelet starts the container."""
    seen = state["kubelet", node, pod]
    if seen is None or seen.deleting or state["runtime", node, pod] != "none":
        return None
    return state | {("runtime", node, pod): "running"}


def kill(state: State, pod: str, node: str) -> State | None:
    """The kubelet kills the container of a pod that is gone or going."""
    seen = state["kubelet", node, pod]
    if state["runtime", node, pod] == "none" or (seen is not None and not seen.deleting):
        return None
    return state | {("runtime", node, pod): "none"}


def report(state: State, pod: str, node: str) -> State | None:
    """The kubelet reports the pod's phase, or that nothing is left of it."""
    seen, stored, container = state["kubelet", node, pod], state["etcd", pod], state["runtime", node, pod]
    if seen is None or stored is None or stored.node != node:
        return None
    if seen.deleting and container == "none":
        return state | {("etcd", pod): None}
    if stored.phase == PHASE[container]:
        return None
    return state | {("etcd", pod): stored._replace(phase=PHASE[container])}


def crash(state: State, pod: str, node: str) -> State | None:
    """The container exits."""
    return state | {("runtime", node, pod): "exited"} if state["runtime", node, pod] == "running" else None


def restart(state: State, pod: str, node: str) -> State | None:
    """The kubelet starts a container again that exited."""
    seen = state["kubelet", node, pod]
    if state["runtime", node, pod] != "exited" or seen is None or seen.deleting:
        return None
    return state | {("runtime", node, pod): "running"}


def search(pods: int, nodes: int, most: int) -> int:
    """Explore breadth first until there are `most` states or no more; return how many there are."""
    pod_names, node_names = [f"p{number}" for number in range(pods)], [f"n{number}" for number in range(nodes)]
    pairs = list(product(pod_names, node_names))
    initial: State = {
        **{("user", pod): 0 for pod in pod_names},
        **{(family, pod): None for family in ("etcd", "scheduler") for pod in pod_names},
        **{("kubelet", node, pod): None for pod, node in pairs},
        **{("runtime", node, pod): "none" for pod, node in pairs},
    }
    of_kubelet = (kubelet_watch, start, kill, report, crash, restart)
    actions: list[Action] = [
        *(partial(action, pod=pod) for action in (create, delete, scheduler_watch) for pod in pod_names),
        *(partial(bind, pod=pod, node=node, pods=pod_names) for pod, node in pairs),
        *(partial(action, pod=pod, node=node) for action in of_kubelet for pod, node in pairs),
    ]
    seen, level = {tuple(initial.values())}, [initial]
    while level and len(seen) < most:
        following = []
        for state in level:
            for action in actions:
                after = action(state)
                if after is not None and (key := tuple(after.values())) not in seen:
                    seen.add(key)
                    following.append(after)
        level = following
    return len(seen)
