"""A share of `make fuzz`, and whether it can fail."""

from pathlib import Path

import pytest

from kmodel.engines.exhaustive import rounds as frontier_rounds
from tests.fuzz.explored import Outcome, differences, draw, outcomes
from tests.fuzz.seeded_faults import FAULTS, MOST_MODELS, ROOT, Caught, Fault, explored

SEEDS = 20
LONG = range(SEEDS, 228)
AT_A_TIME = 104
RARELY_SEEN = {  # by one model in more than sixty: `make fuzz-faults` has the time for these
    "a rank overwritten at once leaves a gap",
    "a jump through a trie forgets where it began",
    "a reduced search is not repeated after learning",
    "a state that is packed anew stays where it was",
    "an arrangement of names is not tried",
    "step.next is not recorded",
    "strong fairness is weak",
    "what projections show is told apart by ==",
    "who can change a read is forgotten",
    "writers of one cell commute",
}


@pytest.mark.long
def test_every_way_of_exploring_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontier_rounds, "BUCKET", 64)
    found = {seed: differences(draw(seed), seed) for seed in range(SEEDS)}
    compared = [seed for seed, each in found.items() if each is not None]
    assert len(compared) > SEEDS // 2, "most models are too large to be compared"
    assert not {seed: each for seed, each in found.items() if each}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_code_of_each_seeded_fault_is_there_once(fault: Fault, tmp_path: Path) -> None:
    copy = tmp_path / fault.file
    copy.parent.mkdir(parents=True)
    copy.write_text((ROOT / "kmodel" / fault.file).read_text(encoding="utf-8"), encoding="utf-8")
    fault.seed(tmp_path)
    compile(copy.read_text(encoding="utf-8"), str(copy), "exec")


@pytest.mark.long
@pytest.mark.parametrize("first", LONG[::AT_A_TIME])
def test_every_way_of_exploring_agrees_on_many_models(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontier_rounds, "BUCKET", frontier_rounds.BUCKET)  # which exploring them sets
    found: list[Outcome] = list(outcomes(range(first, first + AT_A_TIME), jobs=1, stop=False))
    assert not [each for each in found if each.found]


@pytest.mark.long
@pytest.mark.parametrize(
    "fault", [each for each in FAULTS if each.name not in RARELY_SEEN], ids=lambda fault: fault.name
)
def test_a_seeded_fault_is_found(fault: Fault) -> None:
    caught: Caught = explored(fault, MOST_MODELS)
    assert caught.models is not None, caught.way
