"""From a recording to the model that is to have written it: nodes, what is created, who takes part, faults."""

from collections import Counter
from collections.abc import Iterable, Iterator

import attrs

from kmodel.kernel import Action, Cluster
from kmodel.kubernetes.catalog import BUILT_IN
from kmodel.kubernetes.components.component import Component, instances
from kmodel.kubernetes.components.etcd import with_metadata
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.settings import Command, Session, Settings, User
from kmodel.kubernetes.control_plane import build
from kmodel.kubernetes.objects import ApiObject, Node
from tests.recordings.recording import PEOPLE, Line

ADMIN = "admin"
CLIENT = f"kubectl/{ADMIN}"  # by which all that is no actor of the model asks the api-server
NOT_NEEDED = ("heartbeats", "kube-proxy")  # leases are not in the recordings, nor packets
CONTROLS = {  # whose objects are in some recordings only
    "deployment-controller": "deployments",
    "replicaset-status": "deployments",  # which read it
    "statefulset-controller": "statefulsets",
}
ASKED = 4  # names for what is asked for, and may be refused
UNBOUNDED = 1000  # events that may wait for a watcher
# What befalls whom: the fault whose budget it takes, and the transition.
FAULTS = {
    "SIGKILL kube-scheduler": ("scheduler-restart", "restart_scheduler"),
    "SIGKILL kube-controller-manager": ("controller-restart", "restart_controller_manager"),
    "SIGKILL": ("node-crash", "crash_node"),
    "SIGKILL, containers run on": ("kubelet-restart", "restart_kubelet"),
    "start": ("node-replacement", "replace_node"),  # the runtime of the recordings keeps no records on disk
    "SIGSTOP": ("network-partition", "cut_off_node"),
    "SIGCONT": ("", "reconnect_node"),
    "container ends": ("container-exit", "exit_container"),
    "container fails": ("container-crash", "crash_container"),  # with whatever code but 0
    "probe fails": ("failed-readiness", "fail_readiness"),
    "image is not pulled": ("failed-image-pull", "fail_to_pull_image"),
}
STARTED_AT_ONCE = ("start kube-scheduler", "start kube-controller-manager")  # by the fault itself, in the model
TOLD_TO_STOP = (143, 137)  # codes of containers that are told to stop, in the model


def fault_of(line: Line) -> tuple[str, str, dict[str, str]] | None:
    """Return the fault, the transition and its binding by which the model has what befell a process; None if not so."""
    if not line.do or line.do in STARTED_AT_ONCE:
        return None
    if line.do == "container ends":
        if line.about["code"] in TOLD_TO_STOP:
            return None
        how = line.do if line.about["code"] == 0 else "container fails"
        return (*FAULTS[how], in_container(line))
    if line.do in ("probe fails", "image is not pulled"):
        return (*FAULTS[line.do], in_container(line))
    if line.do in FAULTS:
        return (*FAULTS[line.do], {})
    what, _, node = line.do.partition(" ")
    return (*FAULTS[", containers ".join((what, *filter(None, [line.about.get("containers")])))], {"node": node})


def in_container(line: Line) -> dict[str, str]:
    """Return the binding of what befell a container."""
    return {name: line.about[name] for name in ("node", "pod", "container")}


@attrs.frozen(eq=False)
class Played:
    """The model of a recording: its plan, its first state, its actions, and the components that take part."""

    plan: Plan
    initial: Cluster
    actions: tuple[Action, ...]
    components: tuple[Component, ...]

    def actors(self, line: Line) -> tuple[Component, ...]:
        """Return the components that act as the line's user; none if nobody in the model makes such requests."""
        if line.agent in PEOPLE or line.do:
            return ()
        found = [
            (component, (line.verb, line.target) in may)
            for component in self.components
            for users, may in component.users.items()
            if line.by in {user for user, _ in instances(users, self.plan)}
        ]
        return tuple(component for component, _ in found) if any(may for _, may in found) else ()


def model_of(lines: Iterable[Line]) -> Played:
    """Return the model of a recording."""
    lines = tuple(lines)
    faults = Counter(fault[0] for line in lines if (fault := fault_of(line)) is not None and fault[0])
    made = [line for line in lines if line.verb == "create" and not line.subresource and line.changes]
    nodes: dict[str, Node] = {}
    for line in made:
        if isinstance(line.body, Node):
            nodes.setdefault(line.key, line.body)
    recorded = {line.resource for line in lines}
    settings = Settings(
        nodes=tuple(nodes.values()),
        users=tuple(_users(lines)),
        register_nodes=True,
        deletions="split",
        surroundings=("namespace/default",),  # the others of the recordings come from Kubernetes itself
        actors=tuple(
            name for name in BUILT_IN.optional if name not in NOT_NEEDED and CONTROLS.get(name, "pods") in recorded
        ),
        watch_buffer=UNBOUNDED,
        faults=tuple(faults.items()),
    )
    owned = {
        (line.resource, line.key): value.metadata.owner
        for line in made
        if (value := line.changes[-1].after) is not None and value.metadata.owner
    }
    most = max(Counter(owned.values()).values(), default=1)
    commands = tuple(
        Command("create", line.resource, line.key, line.body)
        for line in lines
        if line.body is not None and line.agent not in ("kubelet", "kube-scheduler")
        if line.resource not in ("nodes", "endpointslices") and (line.resource, line.key) not in owned
    )
    commands = (*commands, *(Command("update", line.resource, line.key, each) for line, each in _versions(lines)))
    settings = attrs.evolve(settings, sessions=(Session(ADMIN, commands),), names_per_workload=most + ASKED)
    initial, actions = build(settings)
    plan = BUILT_IN.plan(settings)
    return Played(plan, initial, actions, BUILT_IN.taking_part(plan))


def _versions(lines: Iterable[Line]) -> Iterator[tuple[Line, ApiObject]]:
    """Yield what somebody made of objects whose templates have names that stand for them."""
    for line in lines:
        made = line.changed.after if line.agent in PEOPLE and line.verb != "create" and line.changed else None
        if made is not None and any(template.content is not None for template in made.templates()):
            yield line, with_metadata(made, uid=None, resource_version=None, generation=None)


def _users(lines: tuple[Line, ...]) -> Iterable[User]:
    """Yield those who are not of the control plane: who never got in, who was never let do anything, and the others."""
    for name in dict.fromkeys(line.by for line in lines if not line.do):
        codes = {line.code for line in lines if line.by == name}
        yield User(name, authenticated=codes != {401}, verbs=() if codes == {403} else ("*",))
