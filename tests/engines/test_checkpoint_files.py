"""The files of checkpoints: one for each model and kind of search, none of which takes another's place."""

from pathlib import Path

import pytest

from kmodel.engines.checkpoints.file import CheckpointError
from kmodel.engines.events import Progress, Started
from kmodel.engines.exhaustive import Bounds, Checkpoints, explore
from kmodel.kernel import Cell, Cluster, Model, transition
from tests.engines.test_checkpoint import BROKEN, cut_off, finished, from_the_start, in_pieces, kept_in
from tests.toys import two_phase_commit


def test_a_checkpoint_of_orbits_says_so_where_a_search_of_states_is_resumed(tmp_path: Path) -> None:
    cut_off(BROKEN, tmp_path, 2, Bounds(symmetry=True))
    from_the_start(two_phase_commit.model(3), tmp_path)  # of another model, and newer
    of_orbits = Checkpoints(tmp_path).files[-1]
    with pytest.raises(CheckpointError) as raised:
        cut_off(BROKEN, tmp_path, 2)
    assert str(raised.value) == (
        f"{of_orbits}: is of a search of orbits under renaming, not of all states; add --symmetry to go on from it, "
        "or leave out --resume to start at the beginning"
    )
    assert cut_off(BROKEN, tmp_path, 1, Bounds(symmetry=True)).checkpoint == of_orbits


def counting(limit: int, step: int = 1) -> Model:
    place: Cell[int] = Cell("place")

    @transition(actor="a")
    def count(cluster: Cluster) -> Cluster | None:
        return cluster.set(place, cluster[place] + step) if cluster[place] < limit else None

    return Model((Cluster.of({place: 0}),), (count.bind(),))


def test_a_checkpoint_knows_what_functions_close_over(tmp_path: Path) -> None:
    assert cut_off(counting(9), tmp_path, 3).interrupted
    for other in (counting(2), counting(9, step=3)):
        with pytest.raises(CheckpointError, match="belongs to another model"):
            list(explore(other, Bounds(checkpoints=Checkpoints(tmp_path, resume=True))))
    assert (
        finished(list(explore(counting(9), Bounds(checkpoints=Checkpoints(tmp_path, resume=True))))).result.states == 10
    )


def test_two_searches_of_a_model_do_not_leave_checkpoints_in_one_folder(tmp_path: Path) -> None:
    first = explore(counting(30), Bounds(checkpoints=Checkpoints(tmp_path, 1e-9)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kmodel.engines.clock.Clock.is_due", lambda clock: True)
        for event in first:
            if isinstance(event, Progress) and Checkpoints(tmp_path).files:
                break
        kept = kept_in(tmp_path).read_bytes()
        second = finished(list(explore(counting(30), Bounds(checkpoints=Checkpoints(tmp_path, 1e-9)))))
    assert second.result.states == 31
    assert f"another check of this model leaves one in {tmp_path}" in second.problem
    second.done()
    assert kept_in(tmp_path).read_bytes() == kept
    last = finished(list(first))
    last.done()
    assert list(tmp_path.parent.glob(f"{tmp_path.name}/*")) == []


@pytest.mark.parametrize(("left", "later"), [(True, False), (False, True)])
def test_a_search_leaves_the_checkpoint_of_another_kind_of_search(left: bool, later: bool, tmp_path: Path) -> None:
    model = two_phase_commit.model(4)
    one = cut_off(model, tmp_path, 3, Bounds(symmetry=left)).checkpoint
    assert one is not None
    kept = one.read_bytes()
    other = from_the_start(model, tmp_path, Bounds(symmetry=later))
    assert other.checkpoint not in (one, None)
    assert other.problem.startswith("beside it a checkpoint of other searches (")
    assert one.read_bytes() == kept
    last = finished(list(explore(model, Bounds(symmetry=later, checkpoints=Checkpoints(tmp_path)))))
    assert last.result.finished
    last.done()
    assert kept_in(tmp_path).read_bytes() == kept
    assert cut_off(model, tmp_path, 1, Bounds(symmetry=left)).result.states > 0


def test_a_search_leaves_the_checkpoint_of_another_model(tmp_path: Path) -> None:
    one = cut_off(counting(9), tmp_path, 3).checkpoint
    assert one is not None
    kept = one.read_bytes()
    assert from_the_start(counting(8), tmp_path).checkpoint != one
    finished(list(explore(counting(7), Bounds(checkpoints=Checkpoints(tmp_path))))).done()
    assert one.read_bytes() == kept
    assert len(Checkpoints(tmp_path).files) == 2
    assert in_pieces(counting(9), tmp_path, 3)[0].states == 10


def test_who_starts_again_is_told_of_the_checkpoint_that_will_be_replaced(tmp_path: Path) -> None:
    def note(checkpoints: Checkpoints) -> str:
        (started, *_) = explore(counting(9), Bounds(checkpoints=checkpoints))
        assert isinstance(started, Started)
        return started.note

    assert note(Checkpoints(tmp_path)) == ""
    assert (
        note(Checkpoints(tmp_path, resume=True)) == f"there is no checkpoint in {tmp_path}; starting at the beginning"
    )
    cut_off(counting(8), tmp_path, 3)
    assert note(Checkpoints(tmp_path)) == ""
    path = from_the_start(counting(9), tmp_path).checkpoint
    assert note(Checkpoints(tmp_path)) == (
        f"{path} is replaced by the next checkpoint (60 s); stop and add --resume to go on from it"
    )
    assert note(Checkpoints(tmp_path, resume=True)) == ""
