"""Container runtime of a node: sandboxes and containers, by the word of the kubelet (CRI); it outlives the kubelet.

Models: one sandbox per pod with its containers, each created, running, stopping or exited(code). The kubelet asks for a
sandbox, for a restart and for a stop; the runtime starts and stops containers in steps of its own. A container may also
end by itself, or not start at all; one of a Job's pod, and an init container, ends well at last, unless a fault comes
first. Init containers are started one after the other, each once the one before has ended well. The records of
sandboxes and containers are on disk: after a node went down they are still there, of a sandbox that is not ready and
containers of which nobody knows how they ended; one that was never started stays so.

A container that is told to stop ends with 143, or with 0 by the fault container-exit. Of the calls of the CRI that may
fail, StartContainer does by the fault failed-start; any other that fails changes nothing and is made again, as if it
came later.

Leaves out: images, but that one cannot be pulled, for as long as its pod is there; networks, logs; the calls of the CRI
as messages (kubelet and runtime share a machine, and a kubelet that dies between the call and its answer looks at the
runtime again when it is back).

Upstream: staging/src/k8s.io/cri-api/pkg/apis/runtime/v1/api.proto, 1.34; pkg/kubelet/kuberuntime/
kuberuntime_container.go startContainer, read in 1.33 in the making (a fork at 0b0abd6c); kuberuntime_sandbox.go was
not read.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs

from kmodel.kernel import Cells, Cluster, Event, Rank, Step, transition
from kmodel.kubernetes.components.component import Fault, Memory, Steps, each
from kmodel.kubernetes.components.faults import FAULT, spend
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.objects.job import JOB_NAME

TERMINATED = 143  # 128 + SIGTERM
LOST = 137  # what is said of a container whose end nobody saw [pkg/kubelet/kubelet_pods.go ContainerStatusUnknown]
CRASHED = 1
NOT_STARTED = 128  # StartError [containerd, internal/cri/server/container_start.go]


@attrs.frozen(cache_hash=True)
class RunningContainer:
    """One container: created, running, stopping or exited, with its exit code and how often it was started again.

    One whose ConfigMap or Secret is not there stands for what the kubelet cannot even create; it is not `startable`.
    One whose image is not `pulled` waits for it. One that hangs runs, and `answers` no probe.
    """

    name: str
    state: str = "created"
    exit_code: int | None = None
    restarts: int = 0
    startable: bool = True
    pulled: bool = True
    answers: bool = True

    @property
    def starts_next(self) -> bool:
        """Whether the runtime may start the container."""
        return self.state == "created" and self.startable and self.pulled

    def again(self) -> "RunningContainer":
        """Return the container that is to be started in its place."""
        return attrs.evolve(self, state="created", exit_code=None, restarts=self.restarts + 1, answers=True)


@attrs.frozen(cache_hash=True)
class Sandbox:
    """The containers of one pod, by the pod's UID; a sandbox whose node went down is not ready, and runs nothing.

    `first` are the init containers: each runs to its end before the next one is started, and all before the others.
    """

    uid: Rank
    containers: tuple[RunningContainer, ...]
    ready: bool = True
    first: tuple[RunningContainer, ...] = ()

    @property
    def everybody(self) -> tuple[RunningContainer, ...]:
        """The init containers, and the others."""
        return (*self.first, *self.containers)

    @property
    def pending(self) -> tuple[RunningContainer, ...]:
        """The init containers that have not ended well."""
        return tuple(each for each in self.first if each.exit_code != 0)

    @property
    def turn(self) -> tuple[RunningContainer, ...]:
        """The containers whose turn it is: the next init container; once none is left, all others."""
        return self.pending[:1] or self.containers

    def all_in(self, *states: str) -> bool:
        """Tell whether all containers are in one of these states, but init containers that have ended well."""
        return all(container.state in states for container in (*self.pending, *self.containers))

    def any_in(self, *states: str) -> bool:
        """Tell whether a container is in one of these states, other than an init container that has ended well."""
        return any(container.state in states for container in (*self.pending, *self.containers))

    @property
    def next_to_start(self) -> str | None:
        """The name of the container that is to be started now; None if none is."""
        if not self.ready or self.any_in("stopping"):
            return None
        return next((each.name for each in self.turn if each.starts_next), None)

    def stopped(self) -> "Sandbox":
        """Return the sandbox whose running containers have to stop, and whose created ones never start."""
        states: dict[str, dict[str, Any]] = {
            "running": {"state": "stopping"},
            "created": {"state": "exited", "exit_code": TERMINATED},
        }
        return self._with(attrs.evolve(each, **states.get(each.state, {})) for each in self.everybody)

    def lost(self) -> "Sandbox":
        """Return what is left of the sandbox after its node went down."""
        ended = (
            attrs.evolve(each, state="exited", exit_code=LOST) if each.state in ("running", "stopping") else each
            for each in self.everybody
        )
        return attrs.evolve(self._with(ended), ready=False)

    def end(self, name: str, exit_code: int, *states: str) -> "Sandbox | None":
        """Return the sandbox after a container ended by itself; None if it is in none of these states."""
        if not any(container.name == name and container.state in states for container in self.everybody):
            return None
        return self.change(lambda each: each.name == name, state="exited", exit_code=exit_code)

    def change(self, which: Callable[[RunningContainer], bool], **changes: Any) -> "Sandbox":
        """Return the sandbox with the first of its containers that is so changed."""
        found = next(each for each in self.everybody if which(each))
        return self.having(attrs.evolve(found, **changes))

    def having(self, container: RunningContainer) -> "Sandbox":
        """Return the sandbox with a container in the place of the one of its name."""
        return self._with(container if each.name == container.name else each for each in self.everybody)

    def _with(self, everybody: Iterable[RunningContainer]) -> "Sandbox":
        """Return the sandbox with these containers: the init containers, and the others."""
        changed = tuple(everybody)
        return attrs.evolve(self, first=changed[: len(self.first)], containers=changed[len(self.first) :])


RUNTIME: Cells[Sandbox | None] = Cells("container-runtime")


def _changed(step: Step) -> str:
    """Return the names of the containers that a step changed."""
    cell = RUNTIME[step.action.arguments["node"], step.action.arguments["pod"]]
    before, after = step.before[cell], step.after[cell]
    assert before is not None
    assert after is not None
    pairs = zip(before.everybody, after.everybody, strict=True)
    return ", ".join(new.name for old, new in pairs if new != old)


def _started(step: Step) -> Event:
    return Event("Normal", "Started", step.action.object, f"starts container {_changed(step)}")


def _stopped(step: Step) -> Event:
    said = f"stops container {_changed(step)}: TERM, and KILL after the grace period"
    return Event("Normal", "Stopped", step.action.object, said)


@transition(actor="container-runtime/{node}", object="pod/{pod}", describe=_started)
def start_container(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """Start the next container that the kubelet created."""
    sandbox = cluster[RUNTIME[node, pod]]
    name = None if sandbox is None else sandbox.next_to_start
    if sandbox is None or name is None:
        return None
    return cluster.set(RUNTIME[node, pod], sandbox.change(lambda each: each.name == name, state="running"))


@transition(actor="container-runtime/{node}", object="pod/{pod}", describe=_stopped)
def stop_container(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """Stop the next container that the kubelet wants stopped: TERM, and KILL after the grace period."""
    sandbox = cluster[RUNTIME[node, pod]]
    if sandbox is None or not sandbox.any_in("stopping"):
        return None
    return cluster.set(
        RUNTIME[node, pod], sandbox.change(lambda each: each.state == "stopping", state="exited", exit_code=TERMINATED)
    )


@transition(actor="container-runtime/{node}", object="pod/{pod}")
def finish_container(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """The next container of a pod of a Job has done its work: it exits with code 0."""
    sandbox = cluster[RUNTIME[node, pod]]
    if sandbox is None or not sandbox.ready or sandbox.pending or not sandbox.any_in("running"):
        return None
    ended = sandbox.change(lambda each: each.state == "running", state="exited", exit_code=0)
    return cluster.set(RUNTIME[node, pod], ended)


@transition(actor="container-runtime/{node}", object="pod/{pod}")
def finish_init_container(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """The init container that runs has done its work: it exits with code 0, so that the next one may start."""
    sandbox = cluster[RUNTIME[node, pod]]
    if sandbox is None or not sandbox.ready or not any(each.state == "running" for each in sandbox.pending):
        return None
    ended = sandbox.change(lambda each: each.state == "running", state="exited", exit_code=0)
    return cluster.set(RUNTIME[node, pod], ended)


def that_end(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the pods that run to an end of their own, those of Jobs, on each node."""
    for pod, versions in plan.population.objects.get("pods", {}).items():
        if any(JOB_NAME in dict(each.metadata.labels) for each in versions):
            yield from ((node, pod) for node in plan.nodes)


def that_begin(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the pods that have init containers, on each node."""
    for pod, versions in plan.population.objects.get("pods", {}).items():
        if any(each.spec.run_first for each in versions):  # type: ignore[attr-defined]
            yield from ((node, pod) for node in plan.nodes)


def _with(cluster: Cluster, fault: str, node: str, pod: str, ended: Sandbox | None) -> Cluster | None:
    spent = None if ended is None else spend(cluster, fault)
    return None if spent is None else spent.set(RUNTIME[node, pod], ended)


@transition(actor=FAULT, object="pod/{pod}", environment=True)
def crash_container(cluster: Cluster, node: str, pod: str, container: str) -> Cluster | None:
    """A container crashes: it exits with code 1."""
    sandbox = cluster[RUNTIME[node, pod]]
    ended = None if sandbox is None else sandbox.end(container, CRASHED, "running")
    return _with(cluster, "container-crash", node, pod, ended)


@transition(actor=FAULT, object="pod/{pod}", environment=True)
def exit_container(cluster: Cluster, node: str, pod: str, container: str) -> Cluster | None:
    """A container ends by itself, or as soon as it is told to: it exits with code 0."""
    sandbox = cluster[RUNTIME[node, pod]]
    ended = None if sandbox is None else sandbox.end(container, 0, "running", "stopping")
    return _with(cluster, "container-exit", node, pod, ended)


@transition(actor=FAULT, object="pod/{pod}", environment=True)
def fail_to_start_container(cluster: Cluster, node: str, pod: str) -> Cluster | None:
    """The runtime cannot start a container: the call fails, and the container has ended with code 128."""
    sandbox = cluster[RUNTIME[node, pod]]
    spent = spend(cluster, "failed-start")
    name = None if sandbox is None else sandbox.next_to_start
    if spent is None or sandbox is None or name is None:
        return None
    failed = sandbox.change(lambda each: each.name == name, state="exited", exit_code=NOT_STARTED)
    return spent.set(RUNTIME[node, pod], failed)


@transition(actor=FAULT, object="pod/{pod}", environment=True)
def fail_to_pull_image(cluster: Cluster, node: str, pod: str, container: str) -> Cluster | None:
    """The image of a container is not on its node, and cannot be pulled: the container waits, and never starts."""
    sandbox = cluster[RUNTIME[node, pod]]
    waits = [each for each in sandbox.turn if each.name == container] if sandbox is not None else []
    if sandbox is None or not any(each.starts_next and not each.restarts for each in waits):
        return None
    spent = spend(cluster, "failed-image-pull")
    changed = sandbox.change(lambda each: each.name == container, pulled=False)
    return None if spent is None else spent.set(RUNTIME[node, pod], changed)


def _containers(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Yield each container that may ever run: its node, its pod and its name."""
    for node in plan.nodes:
        for pod, versions in plan.population.objects.get("pods", {}).items():
            specs = [each.spec for each in versions]  # type: ignore[attr-defined]
            names = dict.fromkeys(one.name for spec in specs for one in (*spec.run_first, *spec.containers))
            yield from ((node, pod, name) for name in names)


CONTAINER_CRASH = Fault("container-crash", (Steps((crash_container,), _containers),), hits=("kubelet",))
CONTAINER_EXIT = Fault("container-exit", (Steps((exit_container,), _containers),), hits=("kubelet",))
FAILED_START = Fault(
    "failed-start",
    (Steps((fail_to_start_container,), each("nodes", "pods")),),
    hits=("kubelet",),
    hidden_by=("kubelet", "coarse"),
)
FAILED_IMAGE_PULL = Fault("failed-image-pull", (Steps((fail_to_pull_image,), _containers),), hits=("kubelet",))
MEMORY = Memory(RUNTIME, each("nodes", "pods"), None, mentions="pods", survives=True)
