"""What a scenario settles once and for all: sizes, modes, users, requests, budgets. No step changes it."""

import attrs

from kmodel.kernel import Cell
from kmodel.kubernetes.objects import Node, Object, ReplicaSet

FAULTS = (
    "container-crash",
    "container-exit",
    "kubelet-restart",
    "node-crash",
    "node-restart",
    "network-partition",
    "late-heartbeat",
    "scheduler-restart",
    "controller-restart",
    "lost-request",
    "lost-answer",
)


@attrs.frozen(cache_hash=True)
class User:
    """Somebody who uses kubectl: whether the api-server can authenticate them, and what they may do (`*`: all)."""

    name: str
    authenticated: bool = True
    verbs: tuple[str, ...] = ("*",)
    resources: tuple[str, ...] = ("*",)


@attrs.frozen(cache_hash=True)
class Command:
    """One kubectl command: create, apply, replace or delete an object, and perhaps wait until it is Running or Deleted.

    A replace is conditional on the version that the user reads when the command is run.
    """

    verb: str
    resource: str
    key: str
    object: Object | None = None
    wait: str | None = None
    grace_seconds: int | None = None


@attrs.frozen(cache_hash=True)
class Session:
    """The commands that one user gives, one after the other."""

    user: str
    commands: tuple[Command, ...]


@attrs.frozen(cache_hash=True)
class Settings:
    """All that the components need to know of the scenario."""

    nodes: tuple[Node, ...] = ()
    objects: tuple[Object, ...] = ()  # stored in etcd at the start, beside the nodes
    users: tuple[User, ...] = (User("admin"),)
    sessions: tuple[Session, ...] = ()
    pod_names: tuple[str, ...] = ()  # of the pods that users create, by key
    workloads: tuple[ReplicaSet, ...] = ()  # whose pods get generated names
    names_per_workload: int = 3  # pods of one workload that may be mentioned at once
    services: tuple[str, ...] = ()
    faults: tuple[tuple[str, int], ...] = ()
    calls: str = "split"  # or "fused": send, handle, commit, answer and receive in one step
    scheduler: str = "watch"  # or "poll"
    kubelet: str = "watch"  # or "poll"
    register_nodes: bool = False  # kubelets create their Node objects; otherwise these are there at the start
    actors: tuple[str, ...] = ()  # the optional ones that take part: see control_plane.py
    watch_buffer: int = 8  # events that wait for a slow watcher before the api-server closes the watch
    missed_heartbeats: int = 1  # checks without a renewal before a node is taken for unhealthy
    terminated_pod_threshold: int | None = None  # finished pods that the garbage collector leaves; None: all
    pod_quota: int | None = None  # pods that a ResourceQuota lets be stored at once; None: there is no quota

    def budget(self, fault: str) -> int:
        """Return how often the fault may happen."""
        return dict(self.faults).get(fault, 0)


SETTINGS: Cell[Settings] = Cell("settings")
