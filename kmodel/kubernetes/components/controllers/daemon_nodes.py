"""What a DaemonSet wants on each node, by what some cache shows: which nodes lack a pod, which pods have to go.

Functions of a DaemonSet, the nodes and its pods. Where upstream takes the oldest of several pods, or the first of a map
of nodes, all that may be so are returned, since the model has no creation times.

Upstream: pkg/controller/daemon/{daemon_controller.go podsShouldBeOnNode NodeShouldRunDaemonPod updateDaemonSetStatus,
update.go rollingUpdate findUpdatedPodsOnNode}, read in 1.36 or later (7e74f25f); 1.34.4 by the recording
daemonset.
"""

from collections.abc import Callable, Iterator, Sequence

import attrs

from kmodel.kubernetes.components.resources import matches_node, tolerated
from kmodel.kubernetes.objects import DaemonSet, DaemonSetStatus, Node, Pod
from kmodel.kubernetes.objects.controllerrevision import REVISION_HASH
from kmodel.kubernetes.objects.daemonset import node_of


@attrs.frozen(eq=False)
class Daemons:
    """A DaemonSet, the suffix of its latest revision, the nodes, and the pods that it controls.

    `is_available` says whether a pod has been ready for minReadySeconds.
    """

    workload: DaemonSet
    latest: str
    nodes: tuple[Node, ...]
    pods: tuple[Pod, ...]
    is_available: Callable[[Pod], bool]

    def on(self, node: str) -> list[Pod]:
        """Return the pods on a node, or for it; those that have finished and are going are no concern any more."""
        return [pod for pod in self.pods if node_of(pod) == node and not (pod.terminal and pod.metadata.deleting)]

    def is_latest(self, pod: Pod) -> bool:
        """Tell whether a pod is made from the latest template."""
        return (REVISION_HASH, self.latest) in pod.metadata.labels

    @property
    def wanted(self) -> list[str]:
        """The nodes on which a pod should run."""
        return [node.metadata.name for node in self.nodes if may_run(self.workload, node)[0]]

    @property
    def bounds(self) -> tuple[int, int]:
        """How many pods more than nodes there may be in an update, and how many nodes may be without one."""
        return self.workload.bounds(len(self.wanted))

    @property
    def lacking(self) -> tuple[str, ...]:
        """The nodes that need a pod now."""
        return tuple(name for name in self.wanted if self._lacks(name))

    def _lacks(self, node: str) -> bool:
        there = self.on(node)
        return not there or (self.workload.surges and not any(pod.active for pod in there))

    @property
    def has_to_be_managed(self) -> bool:
        """Whether pods have to be created or to go whatever their template, which comes before any update."""
        return bool(self.lacking or self.to_delete or any(self.excess()))

    @property
    def to_delete(self) -> tuple[str, ...]:
        """The pods that have to go whatever their template: from where none may stay, that ended, or gave way."""
        found: list[str] = []
        for node in self.nodes:
            there = [pod for pod in self.on(node.metadata.name) if not pod.metadata.deleting]
            if not may_run(self.workload, node)[1]:
                found += [pod.metadata.key for pod in there]
                continue
            found += [pod.metadata.key for pod in there if pod.terminal]
            old = self._gives_way([pod for pod in there if not pod.terminal])
            found += [] if old is None else [old.metadata.key]
        known = {node.metadata.name for node in self.nodes}
        unbound = (pod for pod in self.pods if pod.spec.node_name is None and not pod.metadata.deleting)
        return (*found, *(pod.metadata.key for pod in unbound if node_of(pod) not in known))

    def _gives_way(self, running: Sequence[Pod]) -> Pod | None:
        """Return the old one of two pods if the new one is available, or if it is not ready itself."""
        new, old = self._pair(running)
        if not self.workload.surges or new is None or old is None or len(running) != 2:
            return None
        return old if self.is_available(new) or not old.status.ready else None

    def _pair(self, pods: Sequence[Pod]) -> tuple[Pod | None, Pod | None]:
        new = [pod for pod in pods if self.is_latest(pod)]
        old = [pod for pod in pods if not self.is_latest(pod)]
        return new[0] if new else None, old[0] if old else None

    def excess(self) -> Iterator[list[str]]:
        """Yield the pods of which only one may stay on its node: all there, or with surge those of each template."""
        for node in self.nodes:
            running = [pod for pod in self.on(node.metadata.name) if pod.active]
            if not may_run(self.workload, node)[1]:
                continue
            kinds = [running]
            if self.workload.surges:
                kinds = [[pod for pod in running if self.is_latest(pod) is latest] for latest in (True, False)]
            yield from ([pod.metadata.key for pod in group] for group in kinds if len(group) > 1)

    def outdated(self) -> tuple[list[str], list[str], int]:
        """Return the old pods that go at once in an update without surge, those that may, and how many of these."""
        _, most = self.bounds
        at_once: list[str] = []
        candidates: list[str] = []
        unavailable = 0
        for name in dict.fromkeys(node_of(pod) for pod in self.pods):
            if name is None or not self.on(name):
                continue
            new, old = self._pair([pod for pod in self.on(name) if not pod.metadata.deleting])
            if (new is None) == (old is None):
                unavailable += 1
            elif old is None:
                unavailable += not (new is not None and self.is_available(new))
            elif self.is_available(old):
                candidates.append(old.metadata.key)
            else:
                at_once.append(old.metadata.key)
                unavailable += 1
        return at_once, candidates, min(max(0, most - unavailable), len(candidates))

    def to_surge(self) -> tuple[list[str], list[str], int]:
        """Return the nodes that get a new pod at once in an update with surge, those that may, and how many of them."""
        most, _ = self.bounds
        at_once: list[str] = []
        candidates: list[str] = []
        surging = 0
        for name in self.wanted:
            there = [pod for pod in self.on(name) if not pod.metadata.deleting]
            new, old = self._pair(there)
            if old is None:
                continue
            if new is None:
                (candidates if self.is_available(old) else at_once).append(name)
            elif not self.is_available(new):
                surging += 1
        return at_once, candidates, min(max(0, most - surging), len(candidates))

    def status(self) -> DaemonSetStatus:
        """Return the status that the nodes and pods come to."""
        counts = dict.fromkeys(("desired", "current", "misscheduled", "ready", "available", "updated"), 0)
        wanted = self.wanted
        for node in self.nodes:
            name = node.metadata.name
            there = sorted(self.on(name), key=lambda pod: (pod.spec.node_name is None, pod.metadata.name))
            if name not in wanted:
                counts["misscheduled"] += bool(there)
                continue
            counts["desired"] += 1
            for pod in there[:1]:
                counts["current"] += 1
                counts["ready"] += pod.status.ready
                counts["available"] += self.is_available(pod)
                counts["updated"] += self.is_latest(pod)
        unavailable = counts["desired"] - counts["available"]
        generation = self.workload.metadata.generation
        return DaemonSetStatus(**counts, unavailable=unavailable, observed_generation=generation)


def may_run(workload: DaemonSet, node: Node) -> tuple[bool, bool]:
    """Tell whether a pod of a DaemonSet should run on a node, and whether one that does may go on."""
    spec = workload.pod_spec
    if spec.node_name not in (None, node.metadata.name) or not matches_node(spec, node):
        return False, False
    against = [taint for taint in node.spec.taints if not tolerated(taint, spec.tolerations)]
    if any(taint.effect == "NoExecute" for taint in against):
        return False, False
    runs = not any(taint.effect == "NoSchedule" for taint in against)
    return runs, True
