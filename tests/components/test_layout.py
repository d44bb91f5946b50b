"""What the explorer relies on: cells mention only the ranks that they may, and less detail shows what more does."""

from functools import cache
from typing import Any

import attrs
import pytest

from kmodel.engines.small_graph import extract
from kmodel.kernel import Cell, Cluster, Model
from kmodel.kernel.rank import ranks
from kmodel.kubernetes.components.calls import CALLS
from kmodel.kubernetes.components.settings import Settings
from kmodel.kubernetes.control_plane import build
from tests.components.scenes import create, delete, node, pod, replicaset, scene, service

BOUND = pod(node="n1")
COMPETE = (pod("left", memory_mib=600), pod("right", memory_mib=600))
SMALL = (node(memory_mib=1024),)

SCENES: dict[str, Settings] = {
    "create and delete": scene(create(BOUND), delete("pods/web")),
    "two pods for one node": scene(stored=COMPETE, nodes=SMALL, actors=("kube-scheduler",)),
    "scheduler restart": scene(stored=(pod(),), nodes=2, actors=("kube-scheduler",), faults={"scheduler-restart": 1}),
    "replicaset": scene(stored=(replicaset(),), actors=("replicaset-controller",), faults={"controller-restart": 1}),
    "service": scene(
        delete("pods/web"),
        stored=(service(), BOUND),
        actors=("kubelet", "endpointslice-controller", "kube-proxy"),
        calls="fused",
    ),
    "eviction": scene(
        stored=(BOUND,),
        actors=("kubelet", "node-lifecycle-controller", "taint-eviction-controller"),
        faults={"network-partition": 1},
    ),
    "orphan": scene(delete("nodes/n1"), stored=(BOUND,)),
    "silent node": scene(stored=(BOUND,), faults={"node-crash": 1}, calls="fused"),
}
MOST_STATES = 1_500


def reachable(settings: Settings) -> tuple[Cluster, ...]:
    initial, actions = build(settings)
    return extract(Model((initial,), actions), MOST_STATES).states


@pytest.mark.parametrize("name", SCENES)
def test_a_cell_mentions_only_ranks_that_it_may(name: str) -> None:
    mentioned = set()
    for cluster in reachable(SCENES[name]):
        for cell, value in zip(cluster.layout.cells, cluster.values, strict=True):
            mentioned |= {(cell, rank.scope) for rank in ranks(value)}
    layout = build(SCENES[name])[0].layout
    assert mentioned
    assert [f"{cell}: {scope}" for cell, scope in mentioned if not layout.may_mention(cell, scope)] == []


@pytest.mark.parametrize("name", SCENES)
def test_ranks_have_no_gaps(name: str) -> None:
    for cluster in reachable(SCENES[name]):
        numbers: dict[str, set[int]] = {}
        for value in cluster.values:
            for rank in ranks(value):
                numbers.setdefault(rank.scope, set()).add(rank.number)
        assert all(found == set(range(1, len(found) + 1)) for found in numbers.values())


END_SCENES: dict[str, Settings] = {
    "create": scene(create(BOUND)),
    "create and delete": scene(create(BOUND), delete("pods/web", grace_seconds=0)),
    "two pods for one node": scene(stored=COMPETE, nodes=SMALL, actors=("kube-scheduler",)),
    "replicaset": scene(stored=(replicaset(replicas=2),), actors=("replicaset-controller",)),
    "orphan": scene(delete("nodes/n1"), stored=(BOUND,), actors=("pod-garbage-collector",)),
}


@cache
def ends(settings: Settings) -> set[tuple[tuple[Cell[object], object], ...]]:
    """Return what the states hold in which nothing can happen any more; calls are over in all of them."""
    initial, actions = build(settings)
    graph = extract(Model((initial,), actions), 20_000)
    assert graph.complete
    leaving = {edge.source for edge in graph.edges if edge.target != edge.source}
    found = [cluster for number, cluster in enumerate(graph.states) if number not in leaving]
    assert all(cluster[cell] is None for cluster in found for cell in cluster.layout.cells if cell.family == "calls")
    return {
        tuple((cell, cluster[cell]) for cell in cluster.layout.cells if cell.family != CALLS.family)
        for cluster in found
    }


@pytest.mark.parametrize("name", END_SCENES)
def test_fused_calls_come_to_rest_where_split_calls_do(name: str) -> None:
    split = ends(END_SCENES[name])
    fused = ends(attrs.evolve(END_SCENES[name], calls="fused"))
    assert split
    assert fused == split


DETAILS: dict[str, Any] = {"calls": "fused", "kubelet": "coarse", "client_caches": "prompt"}


def coarsely(name: str, detail: tuple[str, ...]) -> Settings:
    return attrs.evolve(END_SCENES[name], **{part: DETAILS[part] for part in detail})


@cache
def contents(settings: Settings) -> frozenset[tuple[Any, ...]]:
    """Return what the cells hold in all states of a scene."""
    initial, actions = build(settings)
    graph = extract(Model((initial,), actions), 20_000)
    assert graph.complete
    return frozenset(cluster.values for cluster in graph.states)


@pytest.mark.parametrize("detail", [*((part,) for part in DETAILS), tuple(DETAILS)], ids=str)
def test_what_is_seen_in_less_detail_is_seen_in_more(detail: tuple[str, ...]) -> None:
    coarse, fine = coarsely("create and delete", detail), coarsely("create and delete", ())
    assert contents(coarse) < contents(fine)
    assert ends(coarse) == ends(fine)
