"""What a scenario settles once and for all: sizes, modes, users, requests, budgets. No step changes it."""

from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from kmodel.kernel import Cell, Cluster
from kmodel.kubernetes.objects import BY_RESOURCE, ApiObject, Node, Part
from kmodel.kubernetes.objects.limitrange import Limit, LimitRange
from kmodel.kubernetes.objects.merging import Merge


@attrs.frozen(cache_hash=True)
class User:
    """Somebody who uses kubectl: whether the api-server can authenticate them, and what they may do (`*`: all)."""

    name: str
    authenticated: bool = True
    verbs: tuple[str, ...] = ("*",)
    resources: tuple[str, ...] = ("*",)


@attrs.frozen(cache_hash=True)
class Command:
    """One kubectl command, on an object that it brings or names; it may wait until that has come to some state.

    A replace is conditional on the version that the user reads when the command is run. A command that patches has a
    `patch` instead of an object, and `subresource` is what it patches if not the object itself.
    """

    verb: str
    resource: str
    key: str
    object: ApiObject | None = None
    wait: str | None = None
    grace_seconds: int | None = None
    propagation: str = ""  # of a delete: Background, Foreground or Orphan
    patch: Part | None = None
    subresource: str = ""
    revision: int = 0  # that an undo goes back to; 0: the one before the latest


@attrs.frozen(cache_hash=True)
class Session:
    """The commands that one user gives, one after the other."""

    user: str
    commands: tuple[Command, ...]


def with_versions(objects: tuple[ApiObject, ...], commands: Sequence[Command]) -> tuple[ApiObject, ...]:
    """Return objects in all versions: as they are, and as commands that patch may make them, in any order."""
    found, queue = list(objects), list(objects)
    while queue:
        value = queue.pop(0)
        for command in commands:
            kind = BY_RESOURCE.get(command.resource)
            if kind is None or (kind.kind, command.key) != (value.kind, value.metadata.key):
                continue
            for made in _made_by(command, value, objects):
                if made not in found:
                    found.append(made)
                    queue.append(made)
    return tuple(found)


def _made_by(command: Command, value: ApiObject, objects: Sequence[ApiObject]) -> Iterator[ApiObject]:
    """Yield what a command may make of an object: what is applied is merged where names stand for the outcome."""
    if command.patch is not None:
        made = command.patch.onto(value)
        yield from () if made is None else (made,)
    elif command.verb == "apply" and any(template.content is not None for template in value.templates()):
        applied = (other for other in objects if (other.kind, other.metadata) == (value.kind, value.metadata))
        for before in (None, *applied):
            yield Merge(command.object, before, value).onto(value)


@attrs.frozen(cache_hash=True)
class Settings:
    """All that the components need to know of the scenario."""

    nodes: tuple[Node, ...] = ()
    objects: tuple[ApiObject, ...] = ()  # stored in etcd at the start, beside the nodes
    users: tuple[User, ...] = (User("admin"),)
    sessions: tuple[Session, ...] = ()
    names_per_workload: int = 3  # objects made from one template that may be mentioned at once
    faults: tuple[tuple[str, int], ...] = ()
    calls: str = "split"  # or "fused": send, handle, commit, answer and receive in one step
    deletions: str = "fused"  # or "split": what is deleted without a grace period is marked first, then removed
    scheduler: str = "watch"  # or "poll"
    scoring: str = "least-allocated"  # or "any": whichever feasible node
    kubelet: str = "watch"  # or "poll"; or "coarse": it watches, and does what is to be done for a pod in one step
    register_nodes: bool = False  # kubelets create their Node objects; otherwise these are there at the start
    actors: tuple[str, ...] = ()  # the optional ones that take part: see catalog.py
    control_nodes: int = 1
    etcd_members: int = 1
    api_servers: int = 1  # several have a watch cache each, which lags behind etcd at its own pace
    first_list: str = "consistent"  # or "any": as old as the api-server's watch cache; or a release, as it does
    watch_caches: str = "late"  # or "prompt": each api-server has all that is stored
    client_caches: str = "late"  # or "prompt": a cache is as new as that of its server
    schedulers: int = 1  # several elect a leader, which alone acts
    controller_managers: int = 1
    new_leader: str = "at-once"  # or "caught-up": a new leader acts when its caches have all that is stored
    watch_buffer: int = 8  # events that wait for a slow watcher before the api-server closes the watch
    missed_heartbeats: int = 1  # checks without a renewal before a node is taken for unhealthy
    terminated_pod_threshold: int | None = None  # finished pods that the garbage collector leaves; None: all
    pod_quota: int | None = None  # pods that a ResourceQuota lets be stored at once; None: there is no quota
    limit_ranges: tuple[LimitRange, ...] = ()
    surroundings: tuple[str, ...] = ()  # objects of kinds that are not modelled, as kubectl names them

    def limits(self, namespace: str) -> tuple[Limit, ...]:
        """Return the limits of the LimitRanges of a namespace."""
        return tuple(limit for each in self.limit_ranges if each.namespace == namespace for limit in each.limits)

    def budget(self, fault: str) -> int:
        """Return how often the fault may happen."""
        return dict(self.faults).get(fault, 0)

    @property
    def given(self) -> tuple[ApiObject, ...]:
        """The objects that users or the scenario itself may store, in all versions; nodes are not among them."""
        commands = tuple(command for session in self.sessions for command in session.commands)
        named = (command.object for command in commands)
        return with_versions((*(value for value in named if value is not None), *self.objects), commands)

    def named(self, *kinds: str) -> dict[str, Any]:
        """Return the given objects of these kinds by key, in the version that comes first."""
        found: dict[str, Any] = {}
        for value in self.given:
            if value.kind in kinds:
                found.setdefault(value.metadata.key, value)
        return found

    @property
    def pod_names(self) -> tuple[str, ...]:
        """The keys of the pods that users create themselves."""
        return tuple(self.named("Pod"))

    @property
    def workloads(self) -> tuple[Any, ...]:
        """The objects that have a template of pods, in the version that comes first."""
        found: dict[tuple[str, str], Any] = {}
        for value in self.given:
            if hasattr(value, "template"):
                found.setdefault((value.kind, value.metadata.key), value)
        return tuple(found.values())


SETTINGS: Cell[Settings] = Cell("settings")


@attrs.frozen(cache_hash=True)
class Pool:
    """The names that objects made from one template may get: the resource, what the names begin with, the keys.

    Where a name stands for a content, `contents` has it for each key.
    """

    resource: str
    prefix: str
    keys: tuple[str, ...]
    contents: tuple[Any, ...] = ()

    def standing_for(self, content: Any) -> str | None:
        """Return the key that stands for a content; None if none does."""
        return dict(zip(self.contents, self.keys, strict=False)).get(content)


POOLS: Cell[tuple[Pool, ...]] = Cell("generated names")
NAME_HOLDERS: Cell[tuple[Cell[Any], ...]] = Cell("cells that mention objects by name alone")
RIGHTS: Cell[tuple[tuple[str, frozenset[tuple[str, str]]], ...]] = Cell("rights")  # of the control plane's own users
SINGULARS: Cell[tuple[tuple[str, str], ...]] = Cell("resources")  # how kubectl names one object of each resource


def singular(cluster: Cluster, resource: str) -> str:
    """Return how kubectl names one object of a resource, for example `pod`."""
    singulars = cluster[SINGULARS]
    return next(name for known, name in singulars if known == resource)


def reference(cluster: Cluster, resource: str, key: str) -> str:
    """Return how kubectl names an object, for example `pod/nginx`."""
    return f"{singular(cluster, resource)}/{key}"


def rights_of(cluster: Cluster, user: str) -> frozenset[tuple[str, str]] | None:
    """Return what one of the control plane's own users may do: verbs and resources; None for any other user."""
    rights = cluster[RIGHTS]
    return next((may for known, may in rights if known == user), None)
