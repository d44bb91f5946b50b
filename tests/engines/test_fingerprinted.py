"""States known by their fingerprints: what is found is the same, what is said of it is less."""

from pathlib import Path
from typing import Any

import attrs
import pytest

from kmodel.engines.exhaustive import Bounds, Checkpoints, result_of, rounds
from kmodel.engines.exhaustive.fingerprinted import FingerprintShard
from kmodel.engines.results import Result, Verdict, collision_probability, up_to_collision
from kmodel.engines.tables import interning, spelling
from kmodel.kernel import Cell, Model, ModelError, SpecKind
from kmodel.reporting.wording import overall, scope, word
from tests.engines.random_models import models
from tests.shares import on_random
from tests.toys import dining_philosophers, pods, two_phase_commit
from tests.toys.mutants import two_phase_commit_that_disagrees

BY_FINGERPRINTS = Bounds(fingerprints=True)


def assert_same_but_for_certainty(one: Result, other: Result) -> None:
    assert (one.states, one.generated, one.depth, one.stopped) == (
        other.states,
        other.generated,
        other.depth,
        other.stopped,
    )
    assert one.fired == other.fired
    for ours, exact in zip(one.findings, other.findings, strict=True):
        assert (ours.spec, ours.verdict, ours.trace) == (exact.spec, exact.verdict, exact.trace)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    "model",
    [
        pods.model(2, 2),
        two_phase_commit.model(5),
        two_phase_commit_that_disagrees(4),
        dining_philosophers.model(4, last_is_left_handed=False),
    ],
    ids=lambda model: model.name,
)
def test_counts_verdicts_and_traces_are_those_of_an_exact_search(model: Model, threads: int) -> None:
    bounds = attrs.evolve(BY_FINGERPRINTS, threads=threads)
    assert_same_but_for_certainty(result_of(model, bounds), result_of(model))


@on_random(models(), share=15, whole=60)
def test_random_models_whenever_cells_are_regrouped(model: Model) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rounds, "CHUNK", 4)  # so that states are forgotten in the middle of levels
        patch.setattr(rounds, "REGROUP_AT_STATES", tuple(range(2, 200, 7)))
        patch.setattr("kmodel.engines.exhaustive.blocks.MAX_UNSEEN", 1.0)
        assert_same_but_for_certainty(result_of(model, BY_FINGERPRINTS), result_of(model))


@pytest.mark.parametrize("bound", [Bounds(max_states=5_000), Bounds(max_depth=20)])
def test_bounds_are_kept_alike(bound: Bounds) -> None:
    model = pods.model(2, 2)
    assert_same_but_for_certainty(result_of(model, attrs.evolve(bound, fingerprints=True)), result_of(model, bound))


def test_states_that_are_expanded_are_forgotten() -> None:
    most, counts = 0, 0
    space = rounds.Frontier(pods.model(2, 2), store=FingerprintShard)
    while space.states > sum(space.cursor):
        space.expand_round([partition.count for partition in space.shards])
        space.add_round()
        most, counts = max(most, sum(len(partition.packed) for partition in space.shards)), space.states
    assert counts == 109_391
    assert most < counts / 2
    assert sum(partition.first for partition in space.shards) > counts / 2


@pytest.mark.parametrize("half", [0, 1])
def test_each_half_tells_states_apart(half: int, monkeypatch: pytest.MonkeyPatch) -> None:
    both = spelling.fingerprints

    def one(cell: Cell[Any], value: Any) -> tuple[int, int]:
        """The other half is the same for all values."""
        return (both(cell, value)[0], 0) if half == 0 else (0, both(cell, value)[1])

    monkeypatch.setattr(interning, "fingerprints", one)
    assert result_of(two_phase_commit.model(3), BY_FINGERPRINTS).states == 288


def test_states_with_the_same_fingerprints_are_one_only_if_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interning, "fingerprints", lambda *_: (0, 0))
    model = two_phase_commit.model(3)
    assert result_of(model).states == 288
    assert result_of(model, BY_FINGERPRINTS).states == 1


def test_what_holds_holds_up_to_a_collision() -> None:
    result = result_of(two_phase_commit.model(3), BY_FINGERPRINTS)
    up_to = "up to a collision of 128-bit fingerprints, probability below 1.3e-34"
    agree = next(finding for finding in result.findings if finding.spec.kind is not SpecKind.SOMETIMES)
    assert agree.verdict is Verdict.HOLDS
    assert agree.reason == f"in all 288 reachable states {up_to}"
    assert str(word(agree, result)) == f"holds (all 288 states {up_to})"
    assert scope(result) == f"every reachable state was seen {up_to}"
    assert up_to in overall(result)


def test_the_probability_is_that_of_a_birthday_and_is_rounded_up() -> None:
    for states in (2, 288, 10**6, 10**12):
        pairs = states * (states - 1) / 2
        assert pairs / 2**128 < collision_probability(states) <= 2 * pairs / 2**128
        said = up_to_collision(collision_probability(states)).rpartition(" ")[2]
        assert collision_probability(states) <= float(said)


def test_what_needs_the_states_is_refused(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    refused: list[dict[str, Any]] = [{"symmetry": True}, {"partial_order": True}, {"max_memory_bytes": 1 << 30}]
    for other in (*refused, {"checkpoints": checkpoints}):
        with pytest.raises(ModelError, match="fingerprints cannot be combined with"):
            Bounds(fingerprints=True, **other)
