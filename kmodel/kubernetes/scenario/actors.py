"""Which of the optional actors take part: the smallest set that is needed, and why the others do not."""

from collections.abc import Collection, Mapping

from kmodel.kubernetes.components.settings import Session, Settings
from kmodel.kubernetes.control_plane import OPTIONAL_ACTORS as OPTIONAL
from kmodel.kubernetes.objects import Object, Pod, ReplicaSet, Service

ALWAYS = ("kubectl", "kube-apiserver", "etcd")
WITH_KUBELET = "container-runtime"
NODE_FAULTS = ("node-crash", "node-restart", "network-partition", "late-heartbeat")
CONTROLLERS = (
    "replicaset-controller",
    "endpointslice-controller",
    "node-lifecycle-controller",
    "taint-eviction-controller",
    "pod-garbage-collector",
)
LOSSES = ("lost-request", "lost-answer")
# Whose work an actor's own work rests on.
WORKS_WITH = {
    "heartbeats": ("kubelet", "node-lifecycle-controller"),
    "node-lifecycle-controller": ("kubelet",),
    "kube-proxy": ("endpointslice-controller",),
}
HIT_BY = {
    "container-crash": ("kubelet",),
    "container-exit": ("kubelet",),
    "kubelet-restart": ("kubelet",),
    "node-crash": ("kubelet",),
    "node-restart": ("kubelet",),
    "network-partition": ("kubelet",),
    "late-heartbeat": ("heartbeats",),
    "scheduler-restart": ("kube-scheduler",),
    "controller-restart": CONTROLLERS,
}


def needed(objects: Collection[Object], settings: Settings, *, heartbeats: bool) -> dict[str, str | None]:
    """Return for each optional actor why it is not needed, or None if it is."""
    workloads = any(isinstance(value, ReplicaSet) for value in objects)
    pods = workloads or any(isinstance(value, Pod) for value in objects)
    unbound = any(
        (isinstance(value, Pod) and value.spec.node_name is None)
        or (isinstance(value, ReplicaSet) and value.template.spec.node_name is None)
        for value in objects
    )
    services = any(isinstance(value, Service) for value in objects)
    nodes = heartbeats or any(settings.budget(fault) for fault in NODE_FAULTS)
    deletes_a_node = any(
        (command.verb, command.resource) == ("delete", "nodes")
        for session in settings.sessions
        for command in session.commands
    )
    collects = pods and (deletes_a_node or settings.terminated_pod_threshold is not None)
    no_work = "there is no pod to run, and no node to register"
    no_service = "no Service asks for it"
    no_silence = "no fault silences a node"
    return {
        "kube-scheduler": None if unbound else "there is no pod without a node",
        "kubelet": None if pods or settings.register_nodes or nodes else no_work,
        "replicaset-controller": None if workloads else "there is no ReplicaSet and no ReplicationController",
        "endpointslice-controller": None if services else no_service,
        "kube-proxy": None if services else no_service,
        "heartbeats": None if nodes else no_silence,
        "node-lifecycle-controller": None if nodes else no_silence,
        "taint-eviction-controller": (
            no_silence if not nodes else None if workloads else "no ReplicaSet would replace what it evicts"
        ),
        "pod-garbage-collector": None if collects else "no Node is deleted, and there is no terminatedPodThreshold",
    }


def chosen(
    reasons: Mapping[str, str | None], actors: Collection[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the optional actors that take part, and a sentence for each that does not."""
    if actors is None:
        part = tuple(name for name in OPTIONAL if reasons[name] is None)
        return part, tuple(f"{name}: {reasons[name]}" for name in OPTIONAL if reasons[name] is not None)
    part = tuple(name for name in OPTIONAL if name in actors)
    sentences = tuple(f"{name}: the scenario's actors do not name it" for name in OPTIONAL if name not in actors)
    return part, sentences


def taking_part(optional: Collection[str], sessions: Collection[Session]) -> tuple[str, ...]:
    """Return all actors that take part."""
    always = ALWAYS if sessions else ALWAYS[1:]
    runtime = (WITH_KUBELET,) if "kubelet" in optional else ()
    return (*always, *optional, *runtime)


def idle_faults(settings: Settings) -> tuple[str, ...]:
    """Return a sentence for each fault that has a budget and nothing to hit."""
    sentences = [
        f"{fault}: cannot happen without {' or '.join(HIT_BY[fault])}"
        for fault, _ in settings.faults
        if fault in HIT_BY and not set(HIT_BY[fault]) & set(settings.actors)
    ]
    if settings.calls == "fused":
        sentences += [f"{fault}: cannot happen while calls are fused" for fault in LOSSES if settings.budget(fault)]
    return tuple(sentences)
