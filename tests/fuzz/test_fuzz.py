"""A small share of `make fuzz`."""

import pytest

from kmodel.engines.exhaustive import rounds as frontier_rounds
from tests.fuzz.__main__ import differences, draw

SEEDS = 120


def test_every_way_of_exploring_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontier_rounds, "BUCKET", 64)
    found = {seed: differences(draw(seed), seed) for seed in range(SEEDS)}
    compared = [seed for seed, each in found.items() if each is not None]
    assert len(compared) > SEEDS // 2, "most models are too large to be compared"
    assert not {seed: each for seed, each in found.items() if each}
