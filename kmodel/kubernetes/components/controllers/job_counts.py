"""What a Job comes to: its counts, whether it is done, which pods it lacks, which have to go, what its status says.

Functions of a Job and of the pods that it controls, as some cache has them. A pod is counted once: it has a finalizer
until its UID is in the status as uncounted; then it loses the finalizer; then the UID leaves the status for a counter.

Upstream: pkg/controller/job/{job_controller.go syncJob manageJob trackJobStatusAndRemoveFinalizers,
indexed_job_utils.go}, read in 1.31 (6ae037f1); 1.34.4 by the recording job.
"""

import attrs

from kmodel.kernel import Rank
from kmodel.kubernetes.objects import Job, JobStatus, Pod
from kmodel.kubernetes.objects.job import COMPLETE, FAILED, MET, TARGET, index_of, is_tracked


def has_failed(pod: Pod) -> bool:
    """Tell whether a pod counts as failed: also one that is being deleted [isPodFailed]."""
    return pod.status.phase == "Failed" or (pod.metadata.deleting and pod.status.phase != "Succeeded")


def has_succeeded(pod: Pod) -> bool:
    """Tell whether a pod counts as a success."""
    return pod.status.phase == "Succeeded"


@attrs.frozen(eq=False)
class JobNow:
    """A Job and its pods; `settled` says whether the cache shows all that was asked for.

    `backs_off` says whether a pod has failed after which the controller waits before it creates another, and `overdue`
    whether the Job's deadline has passed.
    """

    job: Job
    pods: tuple[Pod, ...]
    settled: bool = True
    backs_off: bool = False
    overdue: bool = False

    @property
    def active(self) -> list[Pod]:
        """The pods that are neither finished nor going."""
        return [pod for pod in self.pods if pod.active]

    def _new(self, *, succeeded: bool) -> list[Pod]:
        uncounted = self.job.status.uncounted
        meets = has_succeeded if succeeded else has_failed
        return [pod for pod in self.pods if is_tracked(pod) and pod.metadata.uid not in uncounted and meets(pod)]

    @property
    def must_wait(self) -> bool:
        """Whether no pod is created yet, as one has failed; a success that is not counted ends that at once."""
        return self.backs_off and not self._new(succeeded=True)

    @property
    def will_back_off(self) -> bool:
        """Whether the next pod has to wait, once all pods that have finished are counted [newBackoffRecord].

        Of a success and a failure that are seen at once, the failure is taken for the later one. If it is not, the next
        pod is created before they are counted.
        """
        if self.coming is not None:
            return False
        return self.must_wait or bool(self._new(succeeded=False))

    @property
    def indexes(self) -> tuple[int, ...]:
        """The indexes of the completions that there are."""
        found = {index for pod in self.pods if has_succeeded(pod) and (index := index_of(pod)) is not None}
        return tuple(sorted({*self.job.status.completed_indexes, *found}))

    @property
    def succeeded(self) -> int:
        """How many pods have succeeded, whether they have been counted or not; or how many indexes have."""
        if self.job.is_indexed:
            return len(self.indexes)
        status = self.job.status
        return status.succeeded + len(status.uncounted_succeeded) + len(self._new(succeeded=True))

    @property
    def failed(self) -> int:
        """How many pods have failed, whether they have been counted or not."""
        status = self.job.status
        return status.failed + len(status.uncounted_failed) + len(self._new(succeeded=False))

    @property
    def coming(self) -> str | None:
        """The condition that says how the Job will end; None while that is open."""
        limit = self.job.backoff_limit or 0
        if self.job.status.coming is not None:
            return self.job.status.coming
        if self.failed > limit or self._restarted_too_often(limit) or (self.overdue and not self.job.suspend):
            return TARGET
        done = self.succeeded > 0 if self.job.completions is None else self.succeeded >= self.job.completions
        return MET if done and not self.active else None

    def _restarted_too_often(self, limit: int) -> bool:
        if self.job.template.spec.restart_policy != "OnFailure":
            return False
        restarts = sum(pod.status.restarts for pod in self.pods if pod.status.phase in ("Running", "Pending"))
        return restarts > 0 if limit == 0 else restarts >= limit

    @property
    def wanted(self) -> int:
        """How many pods should be active."""
        if self.coming is not None or self.job.suspend:
            return 0
        most = self.job.parallelism or 0
        if self.job.completions is None:
            return len(self.active) if self.succeeded else most
        return max(0, min(self.job.completions - self.succeeded, most))

    @property
    def surplus(self) -> list[Pod]:
        """The active pods of which some are too many, in the order in which they go, without those of equal indexes."""
        return sorted(self.active, key=_rank)

    @property
    def twice(self) -> list[Pod]:
        """The active pods of an index that another active pod or a completion has."""
        taken = set(self.indexes)
        found = []
        for pod in sorted(self.active, key=_rank, reverse=True) if self.job.is_indexed else ():
            index = index_of(pod)
            if index is None or index in taken or index >= (self.job.completions or 0):
                found.append(pod)
            taken.add(-1 if index is None else index)
        return found

    def lacking(self) -> tuple[int, tuple[int, ...]]:
        """Return how many pods have to be created, and for which indexes."""
        number = max(0, self.wanted - len(self.active))
        if not self.job.is_indexed:
            return number, ()
        taken = {*self.indexes, *(index_of(pod) for pod in self.active)}
        free = [index for index in range(self.job.completions or 0) if index not in taken][:number]
        return len(free), tuple(free)

    @property
    def _active(self) -> int:
        """How many pods the status says are active: none, if some are lacking that have to wait [manageJob]."""
        lacks = self.settled and not self.job.metadata.deleting and self.wanted > len(self.active)
        return 0 if lacks and self.will_back_off else len(self.active)

    def may_be_released(self, pod: Pod) -> bool:
        """Tell whether a pod may lose its finalizer: its UID, or its index, is in the status that is stored."""
        if not is_tracked(pod):
            return False
        if self.job.metadata.deleting or pod.metadata.uid in self.job.status.uncounted:
            return True
        return self.job.is_indexed and has_succeeded(pod) and index_of(pod) in self.job.status.completed_indexes

    def status(self) -> JobStatus:
        """Return the status that the Job comes to."""
        before = self.job.status
        tracked = {pod.metadata.uid for pod in self.pods if is_tracked(pod)}
        kept = {name: tuple(uid for uid in getattr(before, name) if uid in tracked) for name in UNCOUNTED}
        terminating = sum(pod.metadata.deleting and not pod.terminal for pod in self.pods)
        coming = self.coming
        if coming == TARGET and (self.active or not self.settled):
            coming = before.coming  # first its pods have to go
        counted = {name: len(getattr(before, name)) - len(uids) for name, uids in kept.items()}
        new = {name: _uids(self._new(succeeded=name == UNCOUNTED[0])) for name in UNCOUNTED}
        if self.job.is_indexed:
            new[UNCOUNTED[0]] = ()
        after = attrs.evolve(
            before,
            active=self._active,
            ready=sum(pod.status.ready for pod in self.active),
            terminating=terminating,
            succeeded=len(self.indexes) if self.job.is_indexed else before.succeeded + counted[UNCOUNTED[0]],
            failed=before.failed + counted[UNCOUNTED[1]],
            uncounted_succeeded=(*kept[UNCOUNTED[0]], *new[UNCOUNTED[0]]),
            uncounted_failed=(*kept[UNCOUNTED[1]], *new[UNCOUNTED[1]]),
            completed_indexes=self.indexes if self.job.is_indexed else (),
            coming=coming,
            suspended=self._suspended(),
        )
        left = after.uncounted or terminating or any(is_tracked(pod) and pod.terminal for pod in self.pods)
        if before.coming is None or left or self.active or not self.settled:
            return after
        return attrs.evolve(after, finished=COMPLETE if before.coming == MET else FAILED)

    def _suspended(self) -> bool | None:
        before = self.job.status.suspended
        if not self.settled or self.coming is not None:
            return before
        return True if self.job.suspend else None if before is None else False


UNCOUNTED = ("uncounted_succeeded", "uncounted_failed")


def _uids(pods: list[Pod]) -> tuple[Rank, ...]:
    return tuple(pod.metadata.uid for pod in pods if pod.metadata.uid is not None)


def _rank(pod: Pod) -> tuple[bool, bool, bool, str]:
    return pod.spec.node_name is not None, pod.status.phase == "Running", pod.status.ready, pod.metadata.name
