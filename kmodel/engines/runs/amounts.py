"""How much the engines that take runs look at: walks, runs with few delays, and samples by Hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs

from kmodel.engines.options import FIRST, Option

STEPS = 100
DELAYS = 2
PROFILES = ("dev", "ci", "nightly")

SIMULATE = Option(
    "simulate", "Take N long random walks instead, where there are too many states to see them all.", int, metavar="N"
)


@attrs.frozen
class Walks:
    """How many walks to take, of how many steps at most, by which seed, and whether the first violation is enough.

    With a `bug_depth` actions have random priorities, by which bugs of that depth are found with a known probability.
    """

    number: int
    steps: int = STEPS
    seed: int = 0
    stop_at_first_violation: bool = False
    bug_depth: int | None = None

    ASKED: ClassVar[tuple[Option, ...]] = (
        SIMULATE,
        Option("steps", f"How long such a walk may be.  [default: {STEPS}]", int, metavar="N"),
        Option("seed", "Which walks: the same seed, the same walks.  [default: 0]", int, least=0, metavar="N"),
        Option(
            "bug_depth",
            "Walk by random priorities, and tell with what probability bugs are missed that D constraints of order "
            "suffice for; most need 1 to 3.",
            int,
            metavar="D",
        ),
        FIRST,
    )

    @classmethod
    def of(cls, told: Mapping[str, Any], folder: Path | None) -> Walks:
        """Return the walks that are asked for; their number must be told."""
        return cls(
            told["simulate"],
            told.get("steps", STEPS),
            told.get("seed", 0),
            told.get("first", False),
            told.get("bug_depth"),
        )


@attrs.frozen
class DelayBound:
    """How many delays a run may have (None: any number), and whether the first violation is enough.

    With `free_faults` it is no delay that a fault happens: the model bounds how many do.
    """

    most: int | None = DELAYS
    stop_at_first_violation: bool = False
    free_faults: bool = False

    ASKED: ClassVar[tuple[Option, ...]] = (
        Option("delays", f"How often a run may leave the usual order.  [default: {DELAYS}]", int, least=0, metavar="N"),
        FIRST,
    )

    @classmethod
    def of(cls, told: Mapping[str, Any], folder: Path | None) -> DelayBound:
        """Return the bound that is asked for."""
        return cls(told.get("delays", DELAYS), told.get("first", False))


@attrs.frozen
class Samples:
    """How Hypothesis samples: its profile, and instead of what that says a seed, the number of runs and their steps."""

    profile: str = "dev"
    seed: int | None = None
    max_examples: int | None = None
    steps: int | None = None

    ASKED: ClassVar[tuple[Option, ...]] = (
        Option("profile", "How much the engine hypothesis samples.", PROFILES, "dev", is_of_one_run=True),
    )

    @classmethod
    def of(cls, told: Mapping[str, Any], folder: Path | None) -> Samples:
        """Return the samples that are asked for."""
        return cls(told.get("profile", "dev"))
