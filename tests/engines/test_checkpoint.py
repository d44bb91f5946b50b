"""Checkpoints: an exploration that was cut off, however that happened, ends as one that was left alone."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmodel.engines.checkpoints.file import HEADER_BYTES, CheckpointError
from kmodel.engines.checkpoints.keeping import Keeper
from kmodel.engines.clock import Deadline
from kmodel.engines.events import Event, Finished, Found, Progress
from kmodel.engines.exhaustive import Bounds, Checkpoints, explore, result_of
from kmodel.engines.exhaustive import rounds as frontier_rounds
from kmodel.engines.exhaustive.orbits import canonical
from kmodel.engines.results import Result, Verdict
from kmodel.kernel import Cell, Cluster, Model, ModelError, transition
from tests.engines import killed
from tests.engines.random_models import models
from tests.toys import pods, two_phase_commit
from tests.toys.mutants import two_phase_commit_that_disagrees

BROKEN = two_phase_commit_that_disagrees(4)
UNBOUNDED = Bounds()


def finished(events: list[Event]) -> Finished:
    last = events[-1]
    assert isinstance(last, Finished)
    return last


def cut_off(model: Model, folder: Path, rounds: int, bounds: Bounds = UNBOUNDED) -> Finished:
    """Go on from the checkpoint in a folder, if there is one, for so many rounds, and leave another."""
    left = iter(range(rounds - 1, -1, -1))

    def is_due(keeper: Keeper) -> bool:
        if next(left) == 0:
            raise KeyboardInterrupt
        return False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Keeper, "is_due", property(is_due))
        return finished(list(explore(model, attrs.evolve(bounds, checkpoints=Checkpoints(folder, resume=True)))))


def from_the_start(model: Model, folder: Path, bounds: Bounds = UNBOUNDED) -> Finished:
    """Leave a checkpoint after a while, without going on from the one that is there."""
    deadline = Deadline()
    events = explore(model, attrs.evolve(bounds, checkpoints=Checkpoints(folder)), deadline)
    next(events)
    deadline.ask()
    return finished(list(events))


def in_pieces(model: Model, folder: Path, rounds: int, bounds: Bounds = UNBOUNDED) -> tuple[Result, int]:
    """Explore a model, cut off each time after so many rounds; return the result and the number of pieces."""
    pieces = 1
    while (last := cut_off(model, folder, rounds, bounds)).interrupted:
        assert last.checkpoint is not None
        assert (
            last.result.stopped
            == f"interrupted after {last.result.states:,} {'orbits' if bounds.symmetry else 'states'}"
        )
        pieces += 1
    assert last.checkpoint is None or last.checkpoint.exists()  # until its result is where it belongs
    last.done()
    return last.result, pieces


def kept_in(folder: Path) -> Path:
    """Return the one checkpoint in a folder."""
    (path,) = Checkpoints(folder).files
    return path


def assert_same(one: Result, other: Result) -> None:
    assert (one.states, one.generated, one.depth, one.stopped) == (other.states, other.generated, other.depth, None)
    assert one.fired == other.fired
    assert one.findings == other.findings


@pytest.mark.parametrize("threads", [1, 2])
def test_an_exploration_in_pieces_ends_like_one_in_one_piece(
    threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frontier_rounds, "CHUNK", 16)
    result, pieces = in_pieces(BROKEN, tmp_path / "checkpoint", 2, Bounds(threads=threads))
    assert pieces > 10
    assert_same(result, result_of(BROKEN))
    assert {finding.verdict for finding in result.findings} == {Verdict.VIOLATED, Verdict.HOLDS}
    assert list(tmp_path.iterdir()) == []  # what is finished leaves no checkpoint


@pytest.mark.parametrize("model", [BROKEN, pods.model(2, 1)])
def test_orbits_in_pieces(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontier_rounds, "CHUNK", 16)
    monkeypatch.setattr(frontier_rounds, "REGROUP_AT_STATES", (16, 64, 256))
    bounds = Bounds(symmetry=True, threads=2, max_memory_bytes=1)
    result, pieces = in_pieces(model, tmp_path / "checkpoint", 4, bounds)
    whole = result_of(model, Bounds(symmetry=True))
    assert pieces > 3
    assert_same(result, whole)
    assert result.represented == whole.represented > result.states
    assert result.symmetry is not None
    assert result.symmetry.is_shown  # on all rules, those of the earlier pieces included


def test_from_a_checkpoint_of_all_states_a_search_up_to_renaming_goes_on_with_these(tmp_path: Path) -> None:
    begun = cut_off(BROKEN, tmp_path, 2)
    assert begun.interrupted
    result = result_of(BROKEN, Bounds(symmetry=True, checkpoints=Checkpoints(tmp_path, resume=True)))
    assert_same(result, result_of(BROKEN))
    assert result.symmetry is not None
    assert result.symmetry.note == "the checkpoint is of a search of all states, which was continued"


@pytest.mark.long
def test_a_search_that_falls_back_from_symmetry_is_cut_off_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frontier_rounds, "CHUNK", 256)
    model, folder = pods.model(2, 2), tmp_path / "checkpoint"
    whole, up_to_renaming = result_of(model), Bounds(symmetry=True)
    of_orbits = cut_off(model, folder, 8, up_to_renaming)
    assert of_orbits.interrupted
    assert of_orbits.result.symmetry is not None
    assert of_orbits.result.symmetry.groups
    monkeypatch.setattr(canonical, "MOST_ARRANGEMENTS", 0)
    fallen_back = cut_off(model, folder, 4, up_to_renaming)
    assert fallen_back.interrupted
    assert fallen_back.result.symmetry is not None
    assert fallen_back.result.symmetry.note is not None
    assert "look alike" in fallen_back.result.symmetry.note
    later = cut_off(model, folder, 4, up_to_renaming)
    assert later.result.states > fallen_back.result.states
    assert cut_off(model, folder, 4).result.states > later.result.states  # without symmetry, too
    result, _ = in_pieces(model, folder, 50, up_to_renaming)
    assert_same(result, whole)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("resume", [False, True])
def test_a_fall_back_from_a_checkpoint_of_orbits_finds_all_states(
    resume: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, folder = pods.model(2, 2), tmp_path / "checkpoint"
    monkeypatch.setattr(frontier_rounds, "CHUNK", 256)
    cut_off(model, folder, 8, Bounds(symmetry=True))
    monkeypatch.setattr(canonical, "MOST_ARRANGEMENTS", 0)
    result = result_of(model, Bounds(symmetry=True, checkpoints=Checkpoints(folder, resume=resume)))
    assert_same(result, result_of(model))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
@given(models(), st.integers(1, 4))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_models_in_pieces(tmp_path_factory: pytest.TempPathFactory, model: Model, rounds: int) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frontier_rounds, "CHUNK", 8)
        patch.setattr(frontier_rounds, "REGROUP_AT_STATES", (16, 64, 256))
        patch.setattr("kmodel.engines.exhaustive.blocks.MAX_UNSEEN", 1.0)
        result, _ = in_pieces(model, folder, 4 * rounds)
    assert_same(result, result_of(model))


@pytest.mark.parametrize("kills", [2, pytest.param(12, marks=pytest.mark.long)])
def test_killed_at_random_moments_it_ends_like_one_left_alone(kills: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.engines.killed", str(tmp_path), "3", str(kills)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["killed"] == kills
    assert said["resumed"] >= kills // 2
    assert said["last"] == json.loads(json.dumps(killed.told(result_of(killed.model()))))


def test_who_asks_to_stop_gets_a_checkpoint_with_all_states_found(tmp_path: Path) -> None:
    deadline = Deadline()
    events = explore(pods.model(2, 2), Bounds(checkpoints=Checkpoints(tmp_path)), deadline)
    for event in events:
        if isinstance(event, Progress) and event.depth == 9:
            deadline.ask()
        if isinstance(event, Finished):
            break
    assert isinstance(event, Finished)
    assert event.interrupted
    assert event.checkpoint == kept_in(tmp_path)
    states = event.result.states
    assert event.result.stopped == f"interrupted after {states:,} states"
    assert {finding.verdict for finding in event.result.findings} <= {Verdict.NO_VIOLATION_FOUND, Verdict.HOLDS}
    again = list(explore(pods.model(2, 2), Bounds(checkpoints=Checkpoints(tmp_path, resume=True))))
    assert next(each for each in again if isinstance(each, Progress)).states == states
    assert_same(finished(again).result, result_of(pods.model(2, 2)))


def test_what_was_found_before_is_told_again(tmp_path: Path) -> None:
    result = cut_off(BROKEN, tmp_path, 13).result
    found = [finding for finding in result.findings if finding.trace is not None]
    assert found
    events = list(explore(BROKEN, Bounds(checkpoints=Checkpoints(tmp_path, resume=True))))
    again = [event.finding for event in events if isinstance(event, Found)]
    assert all(finding in again[: len(found)] for finding in found)


def refusal(folder: Path, model: Model = BROKEN) -> str:
    before = kept_in(folder).read_bytes()
    with pytest.raises(CheckpointError) as raised:
        result_of(model, Bounds(checkpoints=Checkpoints(folder, resume=True)))
    assert kept_in(folder).read_bytes() == before
    text = str(raised.value)
    assert text.startswith(f"{kept_in(folder)}: ")
    assert text.endswith("; leave out --resume to start at the beginning")
    assert "\n" not in text
    return text


def test_a_truncated_checkpoint_is_refused(tmp_path: Path) -> None:
    cut_off(BROKEN, tmp_path, 8)
    path = kept_in(tmp_path)
    whole = path.read_bytes()
    for length in (0, 1, HEADER_BYTES - 1):
        path.write_bytes(whole[:length])
        assert "is no checkpoint, or its header is damaged" in refusal(tmp_path)
    for length in (HEADER_BYTES, HEADER_BYTES + 5, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert f"is truncated: {length - HEADER_BYTES:,} of {len(whole) - HEADER_BYTES:,} bytes" in refusal(tmp_path)
    path.write_bytes(whole + b"x")
    assert "is damaged" in refusal(tmp_path)


@pytest.mark.long
def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    cut_off(BROKEN, tmp_path, 8)
    path = kept_in(tmp_path)
    whole, chance = path.read_bytes(), random.Random(7)
    for end in [HEADER_BYTES] * 40 + [400] * 40 + [len(whole)] * 40:
        place = chance.randrange(end)
        path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << chance.randrange(8))]) + whole[place + 1 :])
        refusal(tmp_path)
    path.write_bytes(whole)
    assert_same(result_of(BROKEN, Bounds(checkpoints=Checkpoints(tmp_path, resume=True))), result_of(BROKEN))


def test_a_checkpoint_of_another_model_is_refused(tmp_path: Path) -> None:
    cut_off(BROKEN, tmp_path, 8)
    assert "belongs to another model than two-phase-commit-5;" in refusal(tmp_path, two_phase_commit.model(5))
    assert "belongs to another model than two-phase-commit-4, or to an earlier" in refusal(
        tmp_path, attrs.evolve(BROKEN, specs=BROKEN.specs[:1])
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kmodel.engines.checkpoints.file.VERSION", "9.9")
        assert "and cannot be read by kmodel 9.9" in refusal(tmp_path)


def test_a_checkpoint_beyond_the_bounds_is_refused(tmp_path: Path) -> None:
    states = cut_off(BROKEN, tmp_path, 8).result.states
    checkpoints = Checkpoints(tmp_path, resume=True)
    for bounds in (Bounds(max_states=states - 1), Bounds(max_depth=7)):
        with pytest.raises(ModelError, match=r"is beyond the bounds asked for; raise them, or leave out --resume"):
            result_of(BROKEN, attrs.evolve(bounds, checkpoints=checkpoints))
    assert result_of(BROKEN, Bounds(max_states=states + 1, checkpoints=checkpoints)).states == states + 1


def test_a_checkpoint_that_cannot_be_written_does_not_end_the_exploration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = cut_off(BROKEN, tmp_path, 8).result.states

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        last = cut_off(BROKEN, tmp_path, 3)
    assert last.problem == f"no checkpoint: {tmp_path}: No space left on device"
    assert last.checkpoint is not None  # the one from before
    assert list(tmp_path.iterdir()) == [kept_in(tmp_path)]
    assert last.result.states > states
    assert cut_off(BROKEN, tmp_path, 1).result.states < last.result.states


def test_values_that_cannot_be_pickled_are_said(tmp_path: Path) -> None:
    @attrs.frozen
    class Local:
        number: int

    cell: Cell[Local] = Cell("local")

    @transition(actor="clock")
    def tick(cluster: Cluster) -> Cluster:
        return cluster.update(cell, number=(cluster[cell].number + 1) % 9)

    last = cut_off(Model((Cluster.of({cell: Local(0)}),), (tick.bind(),)), tmp_path, 3)
    assert last.checkpoint is None
    assert last.problem.startswith("no checkpoint: a cell's value cannot be pickled: ")


@pytest.mark.parametrize("threads", [1, 2])
def test_beyond_the_memory_budget_states_are_in_files(threads: int, tmp_path: Path) -> None:
    folder = tmp_path / "spill"
    bounds = Bounds(threads=threads, max_memory_bytes=1 << 20, spill_folder=folder)
    events = list(explore(pods.model(2, 2), bounds))
    assert_same(finished(events).result, result_of(pods.model(2, 2)))
    sizes = [event.bytes_on_disk for event in events if isinstance(event, Progress)]
    assert sizes[-1] > 109_391 * 6  # states, parents and tables
    assert list(folder.iterdir()) == []  # the files have no names
    plain = [event.bytes_on_disk for event in explore(BROKEN) if isinstance(event, Progress)]
    assert set(plain) == {0}


def test_arrays_leave_memory_one_kind_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kmodel.engines.exhaustive.memory._process_bytes", lambda: None)  # so the arrays are counted
    plain, budget = result_of(pods.model(2, 2)), 900_000
    on_disk: list[tuple[str, ...]] = []

    class Watched(frontier_rounds.Frontier):
        def add_round(self, limit: int | None = None) -> None:
            super().add_round(limit)
            on_disk.append(self.memory.on_disk)
            assert sum(each.bytes_in_memory for each in self.shards) <= budget

    monkeypatch.setattr(frontier_rounds, "Frontier", Watched)
    result = result_of(pods.model(2, 2), Bounds(max_memory_bytes=budget, spill_folder=tmp_path))
    assert_same(result, plain)
    kinds = ("parents", "states", "table")
    assert list(dict.fromkeys(on_disk)) == [kinds[:number] for number in range(4)]


@pytest.mark.long
def test_a_resumed_exploration_keeps_to_its_memory_budget(tmp_path: Path) -> None:
    bounds = Bounds(max_memory_bytes=1 << 20, spill_folder=tmp_path / "spill")
    result, pieces = in_pieces(pods.model(2, 2), tmp_path / "checkpoint", 9, bounds)
    assert pieces > 3
    assert_same(result, result_of(pods.model(2, 2)))


def test_a_disk_without_room_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int, start: int, length: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(Exception, match=r"cannot hold what does not fit into memory: No space left on device; free"):
        result_of(BROKEN, Bounds(max_memory_bytes=1, spill_folder=tmp_path))
