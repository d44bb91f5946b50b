"""kubelet, its probes: whether a container has started, is ready to serve, and is alive.

Models: a probe succeeds at last while its container answers, and fails at last while that hangs. The other probes of a
container wait for its startup probe. A container whose readiness probe has not succeeded is not ready, also after its
kubelet has restarted, which does not know what the last one saw [kubernetes/kubernetes#125397; from 1.35 on the status
stays as it was, gate ChangeContainerStatusOnKubeletRestart]. One whose startup or liveness probe fails is stopped, and
started again as the restartPolicy says. A pod that ends is asked for its readiness only [prober_manager.go
StopLivenessAndStartup]. When a probe succeeds for the first time is open, as the time of every step is; that one fails
in spite of a container that is well, and that a container hangs, are faults.

Leaves out: what a probe asks, its thresholds and its grace period; startup and liveness probes that fail in spite of a
container that is well (a container that hangs has the same effect); probes of init containers.

Upstream: pkg/kubelet/{prober/worker.go doProbe,kuberuntime/kuberuntime_manager.go computePodActions}, read in 1.33 in
the making (a fork at 0b0abd6c); prober/prober_manager.go was not read.
"""

from collections.abc import Iterator

import attrs

from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.components.component import Domain, Fault, Steps
from kmodel.kubernetes.components.faults import FAULT, spend
from kmodel.kubernetes.components.kubelet.pods import known_pod, must_stop
from kmodel.kubernetes.components.kubelet.state import WORKERS, Worker, is_up
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.runtime import RUNTIME, RunningContainer
from kmodel.kubernetes.objects.container import LIVENESS, PROBES, READINESS, STARTUP


def _probed(cluster: Cluster, node: str, pod: str, container: str) -> tuple[Worker, RunningContainer, bool] | None:
    """Return what the kubelet knows of a container that runs, the container, and whether its start-up is over.

    None where nobody probes it.
    """
    worker, sandbox = cluster[WORKERS[node, pod]], cluster[RUNTIME[node, pod]]
    if worker is None or sandbox is None or not is_up(cluster, node):
        return None
    known = known_pod(cluster, node, pod)
    if known is None:
        return None
    probes = next((each.probes for each in known.spec.containers if each.name == container), ())
    there = next((each for each in sandbox.containers if each.name == container), None)
    if there is None or there.state not in ("running", "stopping"):
        return None
    return worker, there, STARTUP not in probes or container in worker.started


@transition(actor="kubelet/{node}", object="pod/{pod}")
def probe_startup(cluster: Cluster, node: str, pod: str, container: str) -> Cluster | None:
    """See whether a container has started; one that does not answer is stopped, to be started again."""
    found = _probed(cluster, node, pod, container)
    if found is None or found[2] or must_stop(cluster, node, pod):
        return None
    worker, there, _ = found
    if not there.answers:
        return _stopped(cluster, node, pod, there)
    return cluster.set(WORKERS[node, pod], attrs.evolve(worker, started=_with(worker.started, container)))


@transition(actor="kubelet/{node}", object="pod/{pod}")
def probe_readiness(cluster: Cluster, node: str, pod: str, container: str) -> Cluster | None:
    """See that a container is ready to serve, or is not any more."""
    found = _probed(cluster, node, pod, container)
    if found is None or not found[2]:
        return None
    worker, there, _ = found
    if there.answers == (container in worker.ready):
        return None
    names = _with(worker.ready, container) if there.answers else _without(worker.ready, container)
    return cluster.set(WORKERS[node, pod], attrs.evolve(worker, ready=names))


@transition(actor="kubelet/{node}", object="pod/{pod}")
def probe_liveness(cluster: Cluster, node: str, pod: str, container: str) -> Cluster | None:
    """See that a container hangs, and have it stopped, to be started again."""
    found = _probed(cluster, node, pod, container)
    if found is None or not found[2] or found[1].answers or must_stop(cluster, node, pod):
        return None
    return _stopped(cluster, node, pod, found[1])


def _stopped(cluster: Cluster, node: str, pod: str, container: RunningContainer) -> Cluster | None:
    sandbox = cluster[RUNTIME[node, pod]]
    if sandbox is None or container.state != "running":
        return None
    return cluster.set(RUNTIME[node, pod], sandbox.change(lambda each: each.name == container.name, state="stopping"))


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(sorted((*names, name)))


def _without(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(each for each in names if each != name)


@transition(actor=FAULT, object="pod/{pod}", environment=True)
def fail_readiness(cluster: Cluster, node: str, pod: str, container: str) -> Cluster | None:
    """A readiness probe fails, though the container is well: it is said not to be ready until the next one."""
    worker = cluster[WORKERS[node, pod]]
    if worker is None or container not in worker.ready:
        return None
    spent = spend(cluster, "failed-readiness")
    if spent is None:
        return None
    return spent.set(WORKERS[node, pod], attrs.evolve(worker, ready=_without(worker.ready, container)))


@transition(actor=FAULT, object="pod/{pod}", environment=True)
def hang_container(cluster: Cluster, node: str, pod: str, container: str) -> Cluster | None:
    """A container hangs: it runs, and answers no probe until it is started again."""
    sandbox = cluster[RUNTIME[node, pod]]
    if sandbox is None:
        return None
    hangs = [each for each in sandbox.containers if each.name == container and each.state == "running" and each.answers]
    spent = spend(cluster, "container-hang") if hangs else None
    if spent is None:
        return None
    return spent.set(RUNTIME[node, pod], sandbox.change(lambda each: each.name == container, answers=False))


def probed(*probes: str) -> Domain:
    """Return the domain of all containers with one of these probes: their node, their pod and their name."""

    def containers(plan: Plan) -> Iterator[tuple[str, str, str]]:
        for node in plan.nodes:
            for pod, versions in plan.population.objects.get("pods", {}).items():
                listed = [each for value in versions for each in value.spec.containers]  # type: ignore[attr-defined]
                names = dict.fromkeys(each.name for each in listed if set(each.probes) & set(probes))
                yield from ((node, pod, name) for name in names)

    return containers


STEPS = (
    Steps((probe_startup,), probed(STARTUP)),
    Steps((probe_readiness,), probed(READINESS)),
    Steps((probe_liveness,), probed(LIVENESS)),
)
FAILED_READINESS = Fault("failed-readiness", (Steps((fail_readiness,), probed(READINESS)),), hits=("kubelet",))
CONTAINER_HANG = Fault("container-hang", (Steps((hang_container,), probed(*PROBES)),), hits=("kubelet",))
