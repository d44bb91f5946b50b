"""What becomes of a user's objects: those that an api-server refuses, and where each of the others is in the end.

The words are those of `kubectl get` and `kubectl describe` [pkg/scheduler/{framework/types.go FitError,
schedule_one.go ErrNoNodesAvailable}, read in 1.33 in the making (a fork at 0b0abd6c); pkg/printers/internalversion/
printers.go printPod, not read in a release that could be dated].
"""

from collections.abc import Iterator

import attrs

from kmodel.kernel import Cluster
from kmodel.kubernetes.components.apiserver.access import authenticated, authorized
from kmodel.kubernetes.components.apiserver.admission import admit, lacks_its_namespace
from kmodel.kubernetes.components.apiserver.validation import errors
from kmodel.kubernetes.components.calls import Request
from kmodel.kubernetes.components.controllers.garbage_collector import owner_of
from kmodel.kubernetes.components.etcd import NODES, PODS, stored
from kmodel.kubernetes.components.references import missing_config, missing_volume, refusal
from kmodel.kubernetes.components.scheduler import QUEUE, why_no_node
from kmodel.kubernetes.components.settings import RIGHTS, SETTINGS, Command, Settings
from kmodel.kubernetes.objects import DEFAULT_SCHEDULER, ApiObject, Kinds, Node, Pod, kind_named, kind_of
from kmodel.kubernetes.objects.kind import all_templates

PENDING = "Pending"


@attrs.frozen
class RefusedRequest:
    """A request that an api-server refuses whenever it comes: about what, the code, the reason and its message."""

    reference: str
    code: int
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.reference}: {self.code} {self.reason}: {self.message}"


@attrs.frozen
class Ending:
    """Where an object is in the end: its status, why, and whether that is what its user wants."""

    reference: str
    status: str
    message: str = ""
    is_well: bool = True

    def __str__(self) -> str:
        return f"{self.reference} {self.status} {self.message}".rstrip()


def refusals(settings: Settings, kinds: Kinds) -> Iterator[RefusedRequest]:
    """Yield what is refused whatever else happens: 401, 403, 404, 422, of users' requests and pods of templates.

    What is stored at the start has templates as well. A quota refuses by what else is there: specs tell of that.
    """
    cluster: Cluster = Cluster.of({}, {SETTINGS: settings, RIGHTS: ()})
    for session in settings.sessions:
        for command in session.commands:
            found = _refusal(cluster, session.user, command, kinds)
            reference = f"{kind_named(command.resource, kinds).singular}/{command.key}"
            if found is not None:
                yield RefusedRequest(reference, *found)
                continue
            if command.object is not None:
                yield from _refused_pods(settings, reference, command.object)
    told = {(command.resource, command.key) for session in settings.sessions for command in session.commands}
    for value in settings.objects:
        kind = kind_of(value, kinds)
        if (kind.resource, value.metadata.key) not in told:
            yield from _refused_pods(settings, f"{kind.singular}/{value.metadata.key}", value)


def _refused_pods(settings: Settings, reference: str, value: ApiObject) -> Iterator[RefusedRequest]:
    """Yield the refusal of what is made from an object's templates, of the first that is refused."""
    for template in all_templates(value):
        missing = refusal(settings, template.object.defaulted())
        if missing is not None:
            name = template.called.rpartition("/")[2]
            yield RefusedRequest(reference, 403, "Forbidden", f'pods "{name}" is forbidden: {missing}')
            return


def _refusal(cluster: Cluster, user: str, command: Command, kinds: Kinds) -> tuple[int, str, str] | None:
    verbs = {"replace": "update", "apply": "create", "undo": "patch"}
    verb = "patch" if command.patch else verbs.get(command.verb, command.verb)
    request = Request(user, verb, command.resource, command.key, command.object, command.subresource)
    name = command.key.rpartition("/")[2]
    forbidden = f'{command.resource} "{name}" is forbidden'
    if not authenticated(cluster, user):
        return 401, "Unauthorized", "Unauthorized"
    if not authorized(cluster, request):
        return 403, "Forbidden", f'{forbidden}: User "{user}" cannot {verb} resource "{command.resource}"'
    if command.object is None:
        return None
    if lacks_its_namespace(cluster, request):
        namespace = command.object.metadata.namespace
        return 404, "NotFound", f'namespaces "{namespace}" not found'
    admitted = admit(request, command.object, None)
    if isinstance(admitted, str):
        return 403, "Forbidden", f"{forbidden}: {admitted}"
    missing = refusal(cluster[SETTINGS], admitted)
    if missing is not None:
        return 403, "Forbidden", f"{forbidden}: {missing}"
    admitted = admitted.within(cluster[SETTINGS].limits(admitted.metadata.namespace))
    wrong = errors(admitted)
    if wrong:
        said = wrong[0] if len(wrong) == 1 else f"[{', '.join(wrong)}]"
        return 422, "Invalid", f'{kind_named(command.resource, kinds).kind} "{name}" is invalid: {said}'
    return None


def endings(cluster: Cluster, settings: Settings, kinds: Kinds) -> Iterator[Ending]:
    """Yield where each object is that a user asked for, and each pod, in a state that is not left any more."""
    given = dict.fromkeys(
        (command.resource, command.key) for session in settings.sessions for command in session.commands
    )
    for resource, key in given:
        value = cluster[stored(resource)[key]] if cluster.has(stored(resource)[key]) else None
        reference = f"{kind_named(resource, kinds).singular}/{key}"
        if value is not None and value.templates():
            ready = sum(pod.status.ready for pod in _pods(cluster) if _is_of(cluster, pod, value))
            status, is_well = value.ending(ready)
            yield Ending(reference, status, is_well=is_well)
    for pod in _pods(cluster):
        yield _ending(cluster, pod)


def _pods(cluster: Cluster) -> list[Pod]:
    values = (cluster[PODS[key]] for key in cluster.names(PODS))
    return [value for value in values if value is not None]


def _is_of(cluster: Cluster, value: ApiObject, owner: ApiObject) -> bool:
    """Tell whether an object is controlled by an owner, or by one that is, and so on."""
    reference = value.metadata.owner
    found = None if reference is None else owner_of(cluster, reference, live=True)
    return found is not None and (found.metadata.uid == owner.metadata.uid or _is_of(cluster, found, owner))


def _ending(cluster: Cluster, pod: Pod) -> Ending:
    status, message = _status(cluster, pod)
    ready = pod.status.ready or status == "Succeeded"
    count = f" {len(pod.spec.containers) if pod.status.ready else 0}/{len(pod.spec.containers)}"
    return Ending(
        f"pod/{pod.metadata.key}", status + (count if status == "Running" else ""), message, ready or status == "Failed"
    )


def _status(cluster: Cluster, pod: Pod) -> tuple[str, str]:
    spec, namespace = pod.spec, pod.metadata.namespace
    if pod.metadata.deleting:
        return "Terminating", ""
    if spec.node_name is None:
        return _unbound(cluster, pod)
    if pod.status.phase == PENDING:
        volume = missing_volume(cluster, spec, namespace)
        if volume is not None:
            return "ContainerCreating", f'MountVolume.SetUp failed: {volume.kind} "{volume.name}" not found'
        for container in spec.all_containers:
            need = missing_config(cluster, container, namespace)
            if need is not None:
                init = "" if container in spec.containers else "Init:"
                return f"{init}CreateContainerConfigError", f'{need.kind} "{need.name}" not found'
    if pod.status.phase == "Running" and spec.readiness_gates:
        return "Running", f'readiness gate "{spec.readiness_gates[0]}" is not met: nothing that is modelled sets it'
    return pod.status.reason or pod.status.phase, ""


def _unbound(cluster: Cluster, pod: Pod) -> tuple[str, str]:
    if pod.spec.scheduling_gates:
        return "SchedulingGated", f"waits for the removal of {', '.join(pod.spec.scheduling_gates)}"
    if pod.spec.scheduler_name != DEFAULT_SCHEDULER:
        return PENDING, f'no scheduler is called "{pod.spec.scheduler_name}"'
    nodes = [node for name in cluster.names(NODES) if (node := cluster[NODES[name]]) is not None]
    why = why_no_node(cluster, pod, [(node, _beside(cluster, pod, node)) for node in nodes])
    if why:
        return PENDING, why
    if not cluster.layout.has_family(QUEUE.family):
        return PENDING, "no scheduler takes part"
    return PENDING, "a node has room, but is not chosen" if nodes else "no nodes available to schedule pods"


def _beside(cluster: Cluster, pod: Pod, node: Node) -> list[Pod]:
    """Return the other pods that take room on a node."""
    others = (other for other in _pods(cluster) if other.metadata.key != pod.metadata.key and not other.terminal)
    return [other for other in others if other.node == node.metadata.name]
