"""The programs that run, as far as their death matters: whose calls go on without them, and what they forget."""

from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster
from kmodel.kubernetes.components.apiserver.watch_cache import disconnect
from kmodel.kubernetes.components.calls import orphan
from kmodel.kubernetes.components.informer import forget_all


@attrs.frozen(cache_hash=True)
class Process:
    """One instance of a program: its name, its node if it has one, its clients, its memory as it is after a restart."""

    name: str
    node: str | None = None
    clients: tuple[str, ...] = ()
    memory: tuple[tuple[Cell[Any], Any], ...] = ()


PROCESSES: Cell[tuple[Process, ...]] = Cell("processes")


def restart(cluster: Cluster, name: str) -> Cluster:
    """Return the cluster after a process died and started again: it has forgotten all, its calls go on without it."""
    return forget_all(disconnect(fail_over(cluster, name), name), name)


def fail_over(cluster: Cluster, name: str) -> Cluster:
    """Return the cluster after another instance took over from a process: what that had decided is forgotten, its calls
    go on without it, and what it knew the other knows, as late as it did: the informers of a standby run all the time.
    """
    process = next(process for process in cluster[PROCESSES] if process.name == name)
    for cell, value in process.memory:
        cluster = cluster.set(cell, value)
    for client in process.clients:
        cluster = orphan(cluster, client)
    return cluster


def restart_all_on(cluster: Cluster, node: str) -> Cluster:
    """Return the cluster after all processes on a node died."""
    for process in cluster[PROCESSES]:
        if process.node == node:
            cluster = restart(cluster, process.name)
    return cluster
