"""The arithmetic of rollouts: how many pods each ReplicaSet of a Deployment is to have, and what the status says.

Functions of a Deployment and its ReplicaSets, as some cache has them. Where ReplicaSets are taken one after the other
by age, revisions stand for creation times, which the model has not.

Upstream: pkg/controller/deployment/{rolling,recreate,sync,progress}.go, util/deployment_util.go; progress.go read in
1.36 (008b3652); 1.34.4 by the recordings deployment and deployment-stuck.
"""

from collections.abc import Callable, Iterable, Sequence

import attrs

from kmodel.kubernetes.objects import Deployment, DeploymentStatus, Pod, PodTemplate, ReplicaSet
from kmodel.kubernetes.objects.deployment import (
    AVAILABLE,
    DESIRED,
    HASH,
    MOST,
    PAUSED,
    RESUMED,
    REVISION,
    TIMED_OUT,
    UPDATED,
)

Sizes = dict[str, int]  # how many pods a ReplicaSet is to have, by its key


@attrs.frozen(eq=False)
class Rollout:
    """A Deployment, the ReplicaSet of its template if there is one, and the others that it owns, the oldest first."""

    deployment: Deployment
    new: ReplicaSet | None
    old: tuple[ReplicaSet, ...]

    @property
    def all(self) -> tuple[ReplicaSet, ...]:
        """All ReplicaSets."""
        return self.old if self.new is None else (*self.old, self.new)

    @property
    def active(self) -> tuple[ReplicaSet, ...]:
        """Those that want pods."""
        return tuple(each for each in self.all if each.replicas)

    @property
    def is_scaling(self) -> bool:
        """Whether the Deployment was scaled since some ReplicaSet was [isScalingEvent]."""
        wanted = str(self.deployment.replicas)
        return any(dict(each.metadata.annotations).get(DESIRED, wanted) != wanted for each in self.active)

    @property
    def next_revision(self) -> int:
        """The revision of the new ReplicaSet: one more than all others have."""
        return max((revision(each) for each in self.old), default=0) + 1

    @property
    def is_told(self) -> bool:
        """Whether the Deployment says which revision its new ReplicaSet is, and that a rollout has begun."""
        told = revision(self.deployment), self.deployment.status.progressing is not None
        return self.new is None or told == (revision(self.new), True)


def revision(workload: ReplicaSet | Deployment) -> int:
    """Return the revision of a ReplicaSet, or of a Deployment; 0 if it has none."""
    return int(dict(workload.metadata.annotations).get(REVISION, "0"))


def rollout(deployment: Deployment, owned: Iterable[ReplicaSet]) -> Rollout:
    """Return a Deployment with its ReplicaSets in order."""
    in_order = sorted(owned, key=lambda each: (revision(each), each.metadata.name))
    new = next((each for each in in_order if stands_for(each, deployment)), None)
    return Rollout(deployment, new, tuple(each for each in in_order if each is not new))


def is_owned(value: ReplicaSet | Pod, owner: Deployment | ReplicaSet) -> bool:
    """Tell whether an object is controlled by another one."""
    return value.metadata.owner is not None and value.metadata.owner.uid == owner.metadata.uid


def stands_for(workload: ReplicaSet, deployment: Deployment) -> bool:
    """Tell whether a ReplicaSet has the Deployment's template, apart from its hash [EqualIgnoreHash]."""
    return without_hash(workload.template) == without_hash(deployment.template)


def without_hash(template: PodTemplate) -> PodTemplate:
    """Return a template without the label that has its hash."""
    return attrs.evolve(template, labels=tuple(pair for pair in template.labels if pair[0] != HASH))


def pods_of(workloads: Iterable[ReplicaSet]) -> int:
    """Return how many pods ReplicaSets want together."""
    return sum(each.replicas or 0 for each in workloads)


def size_of_new(now: Rollout) -> int:
    """Return how many pods the new ReplicaSet is to have; it may not be there yet [NewRSNewReplicas]."""
    wanted, there = now.deployment.replicas or 0, 0 if now.new is None else now.new.replicas or 0
    if not now.deployment.is_rolling or there >= wanted:
        return wanted
    room = wanted + now.deployment.surge - pods_of(now.all)
    return there + min(max(room, 0), wanted - there)


def sizes(now: Rollout) -> Sizes:
    """Return the sizes that differ from those that there are, of the ReplicaSets whose turn it is."""
    if now.deployment.paused or now.is_scaling:
        return _changed(now, scaled(now))
    if not now.deployment.is_rolling:
        return _changed(now, _recreating(now))
    if now.new is None:
        return {}
    return _changed(now, {now.new.metadata.key: size_of_new(now)}) or _changed(now, _rolling(now, now.new))


def _changed(now: Rollout, wanted: Sizes) -> Sizes:
    there = {each.metadata.key: each.replicas or 0 for each in now.all}
    return {key: size for key, size in wanted.items() if there[key] != size}


def _recreating(now: Rollout) -> Sizes:
    if now.new is None or any(each.replicas for each in now.old):
        return {each.metadata.key: 0 for each in now.old}
    return {now.new.metadata.key: now.deployment.replicas or 0}


def _rolling(now: Rollout, new: ReplicaSet) -> Sizes:
    """Return the sizes of old ReplicaSets: first without pods that are not available [reconcileOldReplicaSets]."""
    least = (now.deployment.replicas or 0) - now.deployment.unavailable
    unavailable = max(0, (new.replicas or 0) - new.status.available)
    most = pods_of(now.all) - least - unavailable
    if most <= 0:
        return {}
    cleaned = _less(now.old, most, lambda each: (each.replicas or 0) - each.status.available)
    if cleaned:
        return cleaned
    spare = sum(each.status.available for each in now.all) - least
    return _less(now.old, spare, lambda each: each.replicas or 0)


def _less(old: Sequence[ReplicaSet], most: int, expendable: Callable[[ReplicaSet], int]) -> Sizes:
    """Return the sizes after so many pods at most are given up, the oldest ReplicaSets' first."""
    found: Sizes = {}
    for each in old:
        number = min(most, max(0, expendable(each)))
        if number > 0:
            found[each.metadata.key] = (each.replicas or 0) - number
            most -= number
    return found


def scaled(now: Rollout) -> Sizes:
    """Return the sizes after the Deployment was scaled, or while it is paused [sync.go scale]."""
    wanted = now.deployment.replicas or 0
    only = _only_active_or_latest(now)
    if only is not None:
        return {only.metadata.key: wanted}
    if now.new is not None and _is_saturated(now.new, wanted):
        return {each.metadata.key: 0 for each in now.old}
    return _in_proportion(now, wanted) if now.deployment.is_rolling else {}


def _only_active_or_latest(now: Rollout) -> ReplicaSet | None:
    """Return the one ReplicaSet that wants pods; if none does, the newest [FindActiveOrLatest]."""
    if len(now.active) == 1:
        return now.active[0]
    if now.active or not now.all:
        return None
    return now.new or now.old[-1]


def _is_saturated(new: ReplicaSet, wanted: int) -> bool:
    desired = dict(new.metadata.annotations).get(DESIRED)
    return new.replicas == wanted == new.status.available and desired == str(wanted)


def _in_proportion(now: Rollout, wanted: int) -> Sizes:
    """Return the sizes at which ReplicaSets share what comes to a Deployment, or goes, by what they have."""
    allowed = wanted + now.deployment.surge if wanted else 0
    change = allowed - pods_of(now.active)
    # The larger come first; of equal ones the newer if there are to be more pods, the older if fewer.
    ages = {each.metadata.key: index for index, each in enumerate(now.all)}
    sign = -1 if change > 0 else 1
    in_order = sorted(now.active, key=lambda each: (-(each.replicas or 0), sign * ages[each.metadata.key]))
    found, added = {}, 0
    for each in in_order:
        there = each.replicas or 0
        part = _proportion(each, now.deployment, change, added) if change else 0
        found[each.metadata.key], added = there + part, added + part
    if change and in_order:  # what is left after rounding goes to the first
        first = in_order[0].metadata.key
        found[first] = max(0, found[first] + change - added)
    return found


def _proportion(each: ReplicaSet, deployment: Deployment, change: int, added: int) -> int:
    """Return how many pods of a change fall to one ReplicaSet [GetReplicaSetProportion]."""
    there, left = each.replicas or 0, change - added
    if not there or not left:
        return 0
    if not deployment.replicas:
        part = -there
    else:
        before = int(dict(each.metadata.annotations).get(MOST, deployment.status.replicas or 1))
        part = round_half_up(there * (deployment.replicas + deployment.surge), before) - there
    return min(part, left) if change > 0 else max(part, left)


def round_half_up(number: int, by: int) -> int:
    """Return a quotient of two natural numbers, rounded to the nearest whole one."""
    return (2 * number + by) // (2 * by)


def status(now: Rollout, *, timed_out: bool = False) -> DeploymentStatus:
    """Return the status of a Deployment by those of its ReplicaSets [calculateStatus, syncRolloutStatus]."""
    deployment = now.deployment
    counts = DeploymentStatus(
        replicas=sum(each.status.replicas for each in now.all),
        updated=0 if now.new is None else now.new.status.replicas,
        ready=sum(each.status.ready for each in now.all),
        available=sum(each.status.available for each in now.all),
        observed_generation=deployment.metadata.generation,
    )
    enough = counts.available >= (deployment.replicas or 0) - deployment.unavailable
    progressing = TIMED_OUT if timed_out else _progressing(now, counts)
    return attrs.evolve(counts, is_available=enough, progressing=progressing)


def _progressing(now: Rollout, counts: DeploymentStatus) -> str | None:
    before, reason = now.deployment.status, now.deployment.status.progressing
    if reason != TIMED_OUT and now.deployment.paused != (reason == PAUSED):
        return PAUSED if now.deployment.paused else RESUMED
    if now.deployment.paused or now.is_scaling:
        return reason
    if counts.replicas == counts.updated and reason == AVAILABLE:
        return reason
    if is_complete(now.deployment, counts):
        return AVAILABLE
    progress = (
        counts.updated > before.updated
        or counts.replicas - counts.updated < before.replicas - before.updated
        or counts.ready > before.ready
        or counts.available > before.available
    )
    return UPDATED if progress else reason


def is_complete(deployment: Deployment, counts: DeploymentStatus) -> bool:
    """Tell whether a rollout is done: all pods are of the new template, and available [DeploymentComplete]."""
    wanted = deployment.replicas or 0
    observed = counts.observed_generation == deployment.metadata.generation
    return counts.updated == counts.replicas == counts.available == wanted and observed
