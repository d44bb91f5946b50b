"""A project's own component, as one file: its kind, its memory, its fault and its spec; it deletes pods that failed."""

from typing import Any

import attrs

from kmodel.kernel import Cells, Cluster, sometimes, transition
from kmodel.kubernetes.components.calls import CALLS, Request, idle, received, send
from kmodel.kubernetes.components.component import NOTHING, Caller, Component, Fault, Memory, Steps, each
from kmodel.kubernetes.components.etcd import Watch
from kmodel.kubernetes.components.faults import FAULT, spend
from kmodel.kubernetes.components.informer import in_cache, synced
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.processes import restart
from kmodel.kubernetes.manifests import Fields
from kmodel.kubernetes.objects import ApiObject, Kind, ObjectMeta
from kmodel.kubernetes.objects.meta import read_metadata

ACTOR = "reaper"
USER = "system:serviceaccount:default:reaper"
REAPED: Cells[bool] = Cells("reaper/reaped")


@attrs.frozen(cache_hash=True)
class Reaper(ApiObject):
    """Asks for pods that failed to be deleted, at most so many."""

    kind = "Reaper"
    metadata: ObjectMeta
    limit: int = 1

    def summary(self) -> str:
        """Return the limit."""
        return f"at most {self.limit}"


def _read(fields: Fields, left_out: list[str]) -> Reaper:
    metadata = read_metadata(fields, left_out)
    return Reaper(metadata, fields.required("spec").fields().required("limit").integer(1, 9))


REAPER = Kind("Reaper", "example.dev/v1", "reapers", Reaper, _read, short_names=("rp",))


def client_of(pod: str) -> str:
    return f"{ACTOR}/{pod}"


def on_change(cluster: Cluster, watch: Watch, key: str, old: Any, new: Any) -> Cluster:
    return cluster.set(REAPED[key], False) if watch.resource == "pods" and new is None else cluster


@transition(actor=ACTOR, object="pod/{pod}")
def reap(cluster: Cluster, pod: str) -> Cluster | None:
    """Delete a pod that failed."""
    if not synced(cluster, ACTOR, "pods", "reapers") or not idle(cluster, client_of(pod)) or cluster[REAPED[pod]]:
        return None
    known = in_cache(cluster, ACTOR, "pods", pod)
    if known is None or known.status.phase != "Failed" or in_cache(cluster, ACTOR, "reapers", "all") is None:
        return None
    return send(cluster.set(REAPED[pod], True), client_of(pod), Request(USER, "delete", "pods", pod))


@transition(actor=ACTOR, object="pod/{pod}")
def read_reaping_answer(cluster: Cluster, pod: str) -> Cluster | None:
    """Learn how the deletion went."""
    return None if received(cluster, client_of(pod)) is None else cluster.set(CALLS[client_of(pod)], None)


@transition(actor=FAULT, object=ACTOR, environment=True)
def restart_reaper(cluster: Cluster) -> Cluster | None:
    """The reaper restarts."""
    spent = spend(cluster, "reaper-restart")
    return None if spent is None else restart(spent, ACTOR)


REAPER_RESTART = Fault("reaper-restart", (Steps((restart_reaper,)),), kills=(ACTOR,))


def _needed(plan: Plan) -> str | None:
    return None if plan.objects("reapers") else "there is no Reaper"


COMPONENT = Component(
    "reaper",
    process=ACTOR,
    users={USER: frozenset({("delete", "pods")})},
    watches=("pods", "reapers"),
    on_change=on_change,
    memory=(Memory(REAPED, each("pods"), False, mentions=NOTHING),),
    callers=(Caller((reap,), read_reaping_answer, client_of, each("pods"), turn=9),),
    needed=_needed,
)


@sometimes(needs=REAPED)
def a_pod_is_reaped(cluster: Cluster) -> bool:
    """The reaper has asked for a pod to be deleted."""
    return any(cluster[REAPED[pod]] for pod in cluster.names(REAPED))
