"""Gaps among ranks that runs close by numbers: each state is the one that the kernel comes to, each verdict its own."""

from pathlib import Path
from random import Random
from typing import Any

import attrs
import pytest

from kmodel.engines.runs.run_space import RunSpace
from kmodel.kernel import (
    Cell,
    Cells,
    Cluster,
    Model,
    Rank,
    Spec,
    Step,
    fresh,
    invariant,
    step_invariant,
    take,
    transition,
)
from kmodel.kernel.rank import ranks
from kmodel.kubernetes import scenario
from kmodel.project.spec_files import load_specs
from tests.engines.test_simulation import told

SCENARIOS = Path(__file__).parents[2] / "specs" / "scenarios"
OBJECTS: Cells[Any] = Cells("objects")
SEEN: Cells[Any] = Cells("seen")
SENT: Cell[Any] = Cell("sent")


@attrs.frozen
class Stored:
    version: Rank
    owner: Rank | None = None


@transition(actor="api-server", each=OBJECTS)
def write(cluster: Cluster, name: str) -> Cluster:
    """Store a later version, of the same owner; where nobody has seen the earlier one, that is as good as nothing."""
    owner = None if cluster[OBJECTS[name]] is None else cluster[OBJECTS[name]].owner
    return cluster.set(OBJECTS[name], Stored(fresh(cluster, "version"), owner))


@transition(actor="api-server", each=OBJECTS)
def replace(cluster: Cluster, name: str) -> Cluster:
    """Make the object anew, with an owner of its own, in two writes at once."""
    once = cluster.set(OBJECTS[name], Stored(fresh(cluster, "version"), fresh(cluster, "owner")))
    return once.update(OBJECTS[name], version=fresh(once, "version"))


@transition(actor="informer", each=OBJECTS)
def watch(cluster: Cluster, name: str) -> Cluster | None:
    """See what is stored, and tell of it."""
    if cluster[OBJECTS[name]] is None or len(cluster[SENT]) > 2:
        return None
    return cluster.set(SEEN[name], cluster[OBJECTS[name]]).set(SENT, (*cluster[SENT], cluster[SEEN[name]]))


@transition(actor="informer")
def receive(cluster: Cluster) -> Cluster | None:
    """Forget the oldest message."""
    return cluster.set(SENT, cluster[SENT][1:]) if cluster[SENT] else None


@step_invariant
def later_writes_are_later(step: Step) -> bool | str:
    """What is written has a later version than before, as long as there are few."""
    for cell in step.wrote(OBJECTS):
        before, after, following = step.before[cell], step.after[cell], step.next[cell]
        if before is not None and after.version.number <= before.version.number:
            return "an earlier version"
        if following.version.number > 3:
            return f"version {following.version.number} after {len(step.effect.total)} writes"
    return len(step.reads) < 4 or f"{len(step.reads)} reads"


@invariant
def few_owners(cluster: Cluster) -> bool | str:
    """There are few owners."""
    numbers = {rank.number for rank in ranks(cluster.values) if rank.scope == "owner"}
    return len(numbers) < 3 or f"owners {sorted(numbers)}"


def toy() -> Model:
    cells = {cell: None for family in (OBJECTS, SEEN) for cell in (family["a"], family["b"])}
    actions = [made.bind(name=name) for made in (write, replace, watch) for name in "ab"]
    return Model((Cluster.of({**cells, SENT: ()}),), (*actions, receive.bind()), (later_writes_are_later, few_owners))


def of_file(name: str) -> Model:
    folder = SCENARIOS.parent
    specs = tuple(spec for spec in load_specs(folder) if not spec.is_temporal)
    return scenario.model(scenario.load([SCENARIOS / f"{name}.yaml"]), specs)


def compare(model: Model, steps: int, seed: int) -> int:
    """Compare a random walk with what the kernel says at each step; return how many specs said something."""
    space, random, heard = RunSpace(model), Random(seed), 0
    state, cluster = space.initial(0), model.initial[0]
    for _ in range(steps):
        taken = {index: step for index, action in enumerate(model.actions) if (step := take(action, cluster))}
        says: dict[int, dict[Spec, str]] = {index: told(model, step) for index, step in taken.items()}
        changing = [index for index, step in taken.items() if step.next.values != cluster.values]
        assert list(state.changing) == changing
        assert list(state.enabled) == [index for index in taken if index in changing or says[index]]
        if not state.enabled:
            break
        index = random.choice(state.enabled)
        state, answers = space.follow(state, index)
        cluster = taken[index].next
        assert space.walker.numbering.cluster(state.row).values == cluster.values
        assert dict(answers) == {**says[index], **told(model, cluster)}
        heard += len(answers)
    return heard


@pytest.mark.parametrize("seed", range(3))
def test_a_toy_with_two_scopes(seed: int) -> None:
    assert compare(toy(), 100, seed) > 10


@pytest.mark.parametrize("name", ["controller-restart", "replicaset-of-two"])
def test_a_scenario(name: str) -> None:
    assert compare(of_file(name), 60, 1) > 0
