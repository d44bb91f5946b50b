"""Small scenes of a control plane: the values that tests put together instead of writing manifests."""

from collections.abc import Mapping
from typing import Any, TypeVar

import attrs

from kmodel.kubernetes.components.apiserver.admission import admit
from kmodel.kubernetes.components.calls import Request
from kmodel.kubernetes.components.settings import Command, Session, Settings, User
from kmodel.kubernetes.objects import (
    Container,
    CronJob,
    DaemonSet,
    Deployment,
    Job,
    Node,
    NodeSpec,
    NodeStatus,
    Object,
    ObjectMeta,
    Pod,
    PodSpec,
    PodStatus,
    PodTemplate,
    ReplicaSet,
    Resources,
    Service,
    StatefulSet,
    Taint,
    Toleration,
    resource_of,
)
from kmodel.kubernetes.objects.container import PROBES
from kmodel.kubernetes.scenario.completing import complete
from kmodel.kubernetes.scenario.scenario import Scenario

ADMIN = "admin"
MEBIBYTE = 1 << 20
APP = (("app", "web"),)

T = TypeVar("T")


def containers(memory_mib: int | None = None, limit_mib: int | None = None) -> tuple[Container, ...]:
    """Return one container, with a request of memory and a limit."""
    requests = Resources(memory_bytes=None if memory_mib is None else memory_mib * MEBIBYTE)
    limits = Resources(memory_bytes=None if limit_mib is None else limit_mib * MEBIBYTE)
    return (Container("main", "nginx:1.14.2", requests, limits),)


def probed_containers() -> tuple[Container, ...]:
    """Return one container that is probed in all ways."""
    return (Container("main", "nginx:1.14.2", probes=PROBES),)


def pod(
    name: str = "web",
    *,
    node: str | None = None,
    memory_mib: int | None = None,
    limit_mib: int | None = None,
    status: PodStatus | None = None,
    **spec: Any,
) -> Pod:
    """Return a pod of one container, as the api-server admits it; with a node it is bound there."""
    spec.setdefault("containers", containers(memory_mib, limit_mib))
    known = status or PodStatus(scheduled=True if node else None)
    return admitted(Pod(ObjectMeta(name, labels=APP), PodSpec(node_name=node, **spec), known))


def labelled(value: T, key: str, text: str) -> T:
    """Return the object with one more label."""
    there: Any = value
    labels = tuple(sorted((*there.metadata.labels, (key, text))))
    done: T = attrs.evolve(there, metadata=attrs.evolve(there.metadata, labels=labels))
    return done


def node(name: str = "n1", *, memory_mib: int = 8192, cpu: int = 4000, taints: tuple[Taint, ...] = ()) -> Node:
    """Return a node that is ready."""
    status = NodeStatus(cpu_millicores=cpu, memory_bytes=memory_mib * MEBIBYTE)
    return Node(ObjectMeta(name, namespace=""), NodeSpec(taints=taints), status)


def replicaset(
    name: str = "web", *, replicas: int = 1, kind: str = "ReplicaSet", node: str | None = None
) -> ReplicaSet:
    """Return a ReplicaSet; with a node its pods need no scheduler."""
    template = PodTemplate(APP, PodSpec(containers(), node_name=node))
    return admitted(ReplicaSet(ObjectMeta(name), kind, replicas, APP, template))


def deployment(
    name: str = "web",
    *,
    replicas: int = 1,
    image: str = "nginx:1.14.2",
    memory_mib: int | None = None,
    node: str | None = None,
    **spec: Any,
) -> Deployment:
    """Return a Deployment; with a node its pods need no scheduler."""
    made = tuple(attrs.evolve(each, image=image) for each in containers(memory_mib))
    template = PodTemplate(APP, PodSpec(made, node_name=node))
    return admitted(Deployment(ObjectMeta(name), replicas, APP, template, **spec))


def daemonset(
    name: str = "web",
    *,
    image: str = "nginx:1.14.2",
    node: str | None = None,
    tolerations: tuple[Toleration, ...] = (),
    **spec: Any,
) -> DaemonSet:
    """Return a DaemonSet; with a node its pods are for that one alone, and need no scheduler."""
    made = tuple(attrs.evolve(each, image=image) for each in containers())
    template = PodTemplate(APP, PodSpec(made, node_name=node, tolerations=tolerations))
    return admitted(DaemonSet(ObjectMeta(name), APP, template, **spec))


def job(
    name: str = "web", *, node: str | None = "n1", policy: str = "Never", memory_mib: int | None = None, **spec: Any
) -> Job:
    """Return a Job; with a node its pods need no scheduler."""
    template = PodTemplate(spec=PodSpec(containers(memory_mib), node_name=node, restart_policy=policy))
    return admitted(Job(ObjectMeta(name), template=template, **spec))


def cronjob(name: str = "web", *, policy: str | None = None, completions: int = 1, suspend: bool = False) -> CronJob:
    """Return a CronJob, whose pods need no scheduler."""
    made = attrs.evolve(job(completions=completions), metadata=ObjectMeta())
    return admitted(CronJob(ObjectMeta(name), policy, suspend, made))


def statefulset(
    name: str = "web", *, replicas: int = 1, image: str = "nginx:1.14.2", node: str | None = None, **spec: Any
) -> StatefulSet:
    """Return a StatefulSet; with a node its pods need no scheduler."""
    made = tuple(attrs.evolve(each, image=image) for each in containers())
    template = PodTemplate(APP, PodSpec(made, node_name=node))
    return admitted(StatefulSet(ObjectMeta(name), replicas, APP, template, **spec))


def service(name: str = "web") -> Service:
    """Return a Service that selects the pods of these scenes."""
    return Service(ObjectMeta(name), APP)


def admitted(value: T) -> T:
    """Return the object as the api-server stores it."""
    stored: Any = value
    done: T = admit(Request(ADMIN, "create", resource_of(stored), "", stored), stored, None)
    return done


def create(value: Object, wait: str | None = None) -> Command:
    """Return the command `kubectl create`."""
    return Command("create", resource_of(value), value.metadata.key, value, wait)


def replace(value: Object) -> Command:
    """Return the command `kubectl replace`, on the condition of the version that the user reads."""
    return Command("replace", resource_of(value), value.metadata.key, value)


def apply(value: Object) -> Command:
    """Return the command `kubectl apply`."""
    return Command("apply", resource_of(value), value.metadata.key, value)


def delete(reference: str, *, grace_seconds: int | None = None, wait: str | None = None) -> Command:
    """Return the command `kubectl delete` on a resource and a name such as `pods/web`."""
    resource, _, key = reference.partition("/")
    return Command("delete", resource, key, None, wait, grace_seconds)


def scene(
    *commands: Command,
    others: Mapping[str, tuple[Command, ...]] | None = None,
    nodes: tuple[Node, ...] | int = 1,
    stored: tuple[Object, ...] = (),
    actors: tuple[str, ...] | None = None,
    **settings: Any,
) -> Settings:
    """Return settings in which the admin gives these commands, and `others` give theirs.

    Without `actors`, the smallest set of actors that is needed takes part.
    """
    sessions = [Session(ADMIN, commands)] if commands else []
    sessions += [Session(user, theirs) for user, theirs in (others or {}).items()]
    users = (User(ADMIN), *settings.pop("users", ()))
    known = {user.name for user in users}
    users += tuple(User(session.user) for session in sessions if session.user not in known)
    faults = settings.pop("faults", {})
    made = Settings(
        nodes=tuple(node(f"n{number}") for number in range(1, nodes + 1)) if isinstance(nodes, int) else nodes,
        objects=stored,
        users=users,
        sessions=tuple(sessions),
        faults=tuple(faults.items()),
    )
    made = attrs.evolve(made, **settings)
    return complete(Scenario("scene", made), actors=actors).settings
