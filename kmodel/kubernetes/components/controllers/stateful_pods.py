"""What a StatefulSet does next, by what some cache shows: which pod is created, which one goes, what the status says.

Functions of a StatefulSet, of its revisions and of the pods that it controls.

Upstream: pkg/controller/statefulset/{stateful_set_control.go updateStatefulSet processReplica processCondemned,
stateful_set_utils.go newVersionedStatefulSetPod completeRollingUpdate isUnavailable}, read in 1.36 (008b3652);
1.34.4 by the recording statefulset.
"""

from collections.abc import Callable, Iterable

import attrs

from kmodel.kubernetes.objects import ControllerRevision, Pod, StatefulSet, StatefulSetStatus
from kmodel.kubernetes.objects.controllerrevision import REVISION_HASH
from kmodel.kubernetes.objects.statefulset import ordinal_of


def is_running(pod: Pod) -> bool:
    """Tell whether a pod runs and is ready [isRunningAndReady]."""
    return pod.status.phase == "Running" and pod.status.ready


def revision_of(pod: Pod) -> str | None:
    """Return the name of the revision that a pod is made from."""
    return dict(pod.metadata.labels).get(REVISION_HASH)


@attrs.frozen(eq=False)
class Members:
    """A StatefulSet, its current and its latest revision, and the pods that it controls, by their ordinals.

    `ripe` says whether a pod has been ready for minReadySeconds.
    """

    workload: StatefulSet
    current: ControllerRevision
    latest: ControllerRevision
    pods: dict[int, Pod]
    ripe: Callable[[Pod], bool]

    @staticmethod
    def of(
        workload: StatefulSet,
        history: Iterable[ControllerRevision],
        pods: Iterable[Pod],
        ripe: Callable[[Pod], bool],
    ) -> "Members | None":
        """Return them, if the revision of the template is there."""
        there = {each.metadata.name: each for each in history}
        latest = next((each for each in there.values() if each.data == workload.template), None)
        if latest is None:
            return None
        found = {ordinal: pod for pod in pods if (ordinal := ordinal_of(workload, pod)) is not None}
        return Members(workload, there.get(workload.status.current_revision or "", latest), latest, found, ripe)

    def is_available(self, pod: Pod) -> bool:
        """Tell whether a pod runs, and has been ready for as long as the StatefulSet asks [isRunningAndAvailable]."""
        return is_running(pod) and self.ripe(pod)

    def is_unavailable(self, pod: Pod) -> bool:
        """Tell whether a pod is not available, or does not stay."""
        return not self.is_available(pod) or pod.metadata.deleting

    def pod(self, ordinal: int) -> Pod:
        """Return the pod that an ordinal is to get: of the current revision below the partition, else of the latest."""
        is_kept = self.workload.is_rolling and ordinal < self.workload.start + (self.workload.partition or 0)
        revision = self.current if is_kept else self.latest
        return self.workload.pod(ordinal, revision.data, revision.metadata.name)

    @property
    def condemned(self) -> list[int]:
        """The ordinals of pods that are too many, the last one first."""
        return sorted((ordinal for ordinal in self.pods if ordinal not in self.workload.ordinals), reverse=True)

    @property
    def next_created(self) -> list[int]:
        """The ordinals that get a pod now."""
        missing = [ordinal for ordinal in self.workload.ordinals if ordinal not in self.pods]
        if not self.workload.is_ordered:
            return missing
        blocking = self._first_that_blocks
        return missing[:1] if missing and (blocking is None or missing[0] == blocking) else []

    @property
    def _first_that_blocks(self) -> int | None:
        """The first ordinal whose pod is not there, or not available, for which the others wait."""
        for ordinal in self.workload.ordinals:
            if ordinal not in self.pods or self.is_unavailable(self.pods[ordinal]):
                return ordinal
        return None

    @property
    def next_deleted(self) -> list[int]:
        """The ordinals whose pods go now: those that have ended, those that are too many, or one of an old revision."""
        there = [ordinal for ordinal in self.workload.ordinals if ordinal in self.pods]
        ended = [o for o in there if self.pods[o].terminal and not self.pods[o].metadata.deleting]
        if not self.workload.is_ordered:
            return [*ended, *(o for o in self.condemned if not self.pods[o].metadata.deleting)] or self._outdated()
        blocking = self._first_that_blocks
        if blocking is not None:
            return [blocking] if blocking in ended else []
        for ordinal in self.condemned:
            pod = self.pods[ordinal]
            first = next((o for o in reversed(self.condemned) if self.is_unavailable(self.pods[o])), None)
            waits = pod.metadata.deleting or (not self.is_available(pod) and ordinal != first)
            return [] if waits else [ordinal]
        return self._outdated()

    def _outdated(self) -> list[int]:
        """Return the pod to replace next, from the last one down to the partition; none while one is not available."""
        if not self.workload.is_rolling or self.next_created:
            return []
        for ordinal in reversed(self.workload.ordinals[self.workload.partition or 0 :]):
            pod = self.pods.get(ordinal)
            if pod is None:
                return []
            if revision_of(pod) != self.latest.metadata.name and not pod.metadata.deleting:
                return [ordinal]
            if self.is_unavailable(pod):
                return []
        return []

    def status(self) -> StatefulSetStatus:
        """Return the status that the pods come to."""
        pods, wanted = list(self.pods.values()), self.workload.replicas
        kept = [revision_of(pod) for pod in pods if not pod.metadata.deleting]
        status = StatefulSetStatus(
            replicas=len(pods),
            ready=sum(is_running(pod) for pod in pods),
            available=sum(self.is_available(pod) for pod in pods),
            current=kept.count(self.current.metadata.name),
            updated=kept.count(self.latest.metadata.name),
            current_revision=self.current.metadata.name,
            update_revision=self.latest.metadata.name,
            observed_generation=self.workload.metadata.generation,
        )
        if not self.workload.is_rolling or {status.updated, status.ready, status.replicas} != {wanted}:
            return status
        return attrs.evolve(status, current=status.updated, current_revision=status.update_revision)
