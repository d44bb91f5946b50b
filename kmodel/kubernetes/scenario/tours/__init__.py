"""Tours: a run that tells a story in chapters, taken by whoever is to act in the earliest chapter there is.

No tour is a list of steps, which would break when a component changes: a chapter says which steps are its own, and the
run follows from that.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs

from kmodel.kernel import Action, Model, Step
from kmodel.kernel.model import enabled
from kmodel.kubernetes.components.faults import FAULT

MOST_STEPS = 200


@attrs.frozen
class Chapter:
    """A part of a story: what it is called, what it tells, and which steps are told in it."""

    title: str
    text: str
    tells: Callable[[Step], bool]


@attrs.frozen
class Tour:
    """A story, and the scenario that it is told of."""

    name: str
    scenario: Path
    chapters: tuple[Chapter, ...]


@attrs.frozen
class Stop:
    """A step of a tour: its index among the enabled ones, the step, and the number of its chapter, from 0."""

    choice: int
    step: Step
    chapter: int


def stops(model: Model, tour: Tour) -> Iterator[Stop]:
    """Yield the steps of a tour: the one of the earliest chapter that can be taken, until nothing is left to tell."""
    cluster, chapter = model.initial[0], 0
    taken: Counter[Action] = Counter()  # so that nothing is done again and again while something else waits
    for _ in range(MOST_STEPS):
        choices = [
            (number, taken[step.action], place, step)
            for place, step in enumerate(enabled(model, cluster))
            if step.next != cluster and (number := _chapter(tour, step)) is not None
        ]
        if not choices:
            return
        number, _, place, step = min(choices, key=lambda choice: choice[:3])
        taken[step.action] += 1
        chapter = max(chapter, number)
        yield Stop(place, step, chapter)
        cluster = step.next


def _chapter(tour: Tour, step: Step) -> int | None:
    return next((number for number, chapter in enumerate(tour.chapters) if chapter.tells(step)), None)


def _client(step: Step) -> str:
    """Return whose call a step of the api-server, or of etcd, is about."""
    return step.action.arguments.get("client", "")


def _acts(*actors: str) -> Callable[[Step], bool]:
    return lambda step: step.action.actor.startswith(actors)


def _of_nodes(step: Step) -> bool:
    names = f"{step.action} {step.event.object}"
    return "node/" in names or "leases" in names or _client(step).endswith(" node") or 'resource="nodes"' in names


def _handled(client: str, *transitions: str) -> Callable[[Step], bool]:
    return lambda step: _client(step).startswith(client) and step.action.transition.name in transitions


def _called(client: str) -> Callable[[Step], bool]:
    return lambda step: _client(step).startswith(client)


def _any(*functions: Callable[[Step], bool]) -> Callable[[Step], bool]:
    return lambda step: any(function(step) for function in functions)


def _waits(step: Step) -> bool:
    return step.action.transition.name == "wait"


POD_CREATION = Tour(
    "pod-creation",
    Path(__file__).parent / "pod-creation.yaml",
    (
        Chapter(
            "Nodes register",
            "Each kubelet creates the Node object of its machine. Compute nodes run a kubelet, a container runtime and "
            "kube-proxy; the api-server, etcd, the scheduler and the controller manager run on control nodes.",
            _of_nodes,
        ),
        Chapter(
            "kubectl asks",
            "The user runs kubectl, which sends a request to the api-server. That finds out who asks, whether they "
            "may, fills in what the manifest leaves out, and looks whether it is valid.",
            _any(
                lambda step: step.action.actor.startswith("kubectl") and step.action.transition.name == "run_command",
                _handled("kubectl", "handle"),
            ),
        ),
        Chapter(
            "etcd stores what is desired",
            "The api-server writes the pod to etcd, which acknowledges once that is durable. kubectl says `created`, "
            "although nothing runs: what is stored is desired, not yet so.",
            _any(_called("kubectl"), lambda step: _acts("kubectl")(step) and not _waits(step)),
        ),
        Chapter(
            "The scheduler chooses a node",
            "The scheduler learns of the pod by its watch. It filters the nodes, by what is left of their memory and "
            "cpu among others, and scores those that pass. It starts nothing: it tells the api-server a node's name.",
            _any(_acts("kube-scheduler"), _handled("kube-scheduler", "handle")),
        ),
        Chapter(
            "The binding is stored",
            "The api-server writes the name of the node into the pod, in etcd. Whoever watches pods of this node will "
            "hear of it.",
            _called("kube-scheduler"),
        ),
        Chapter(
            "The kubelet runs it",
            "The kubelet of that node learns of the pod, and has the container runtime create and start its "
            "containers. It reports the status to the api-server, which has etcd write it: now the pod is Running.",
            _any(_acts("kubelet", "container-runtime"), _called("kubelet")),
        ),
        Chapter("The user sees it", "The user, who waited, sees that the pod is Running.", _waits),
        Chapter(
            "A container goes down",
            "Under the restart policy Always the kubelet starts it again, on the same node. A pod that is gone is "
            "replaced by a controller, if it is one of a ReplicaSet's: as a new pod, maybe elsewhere.",
            _acts(FAULT, "container"),
        ),
        Chapter(
            "A Service leads to it",
            "The EndpointSlice controller lists the pods that a Service selects and that are ready; kube-proxy on each "
            "node leads connections there, and nowhere else.",
            lambda step: not step.action.transition.environment,
        ),
    ),
)

TOURS = {tour.name: tour for tour in (POD_CREATION,)}
