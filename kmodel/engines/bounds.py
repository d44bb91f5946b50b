"""How an exhaustive exploration is bounded, and what it may leave out; what of this cannot be combined."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs

from kmodel.engines.checkpoints.keeping import Checkpoints
from kmodel.engines.options import FIRST, Bytes, Option
from kmodel.kernel import ModelError

RUNS_NOT_JUDGED = "runs are judged only once all states are known"
RUNS_OF_ORBITS = "which action is owed what does not survive renaming; check it without symmetry"
RUNS_IN_PART = "steps were left out that a run may take; check it without partial-order reduction"
RUNS_LOST = "of states that were expanded only fingerprints are kept; check it without these"


NOT_COMBINED = (
    ("partial-order reduction", ("symmetry", "checkpoints")),
    ("fingerprints", ("symmetry", "partial-order reduction", "a memory budget", "checkpoints")),
)


@attrs.frozen
class Bounds:
    """When to stop although states are left, how many threads to use, how much memory, and where to leave checkpoints.

    One stops at a number of states, at a depth, or at the first violation. At `max_memory_bytes` (of the whole process)
    states move to files in the spill folder, or where temporary files are.

    With `symmetry` one state of each orbit under renaming of the model's interchangeable names is explored, and the
    bounds count orbits.

    With `partial_order` a state is expanded by some of its steps only where the others may as well come later: the
    same verdicts from fewer states, without checkpoints. Counterexamples need not be shortest then.

    With `fingerprints` states that have been expanded are kept as 128-bit fingerprints only, in memory and without
    checkpoints: what holds then holds up to a collision of two of them.

    Temporal specs are judged with none of these three. ModelError for what cannot be combined.
    """

    max_states: int | None = None
    max_depth: int | None = None
    stop_at_first_violation: bool = False
    threads: int = 1
    symmetry: bool = False
    partial_order: bool = False
    max_memory_bytes: int | None = None
    spill_folder: Path | None = None
    checkpoints: Checkpoints | None = None
    fingerprints: bool = False

    ASKED: ClassVar[tuple[Option, ...]] = (
        Option("max_states", "Stop at this many states.", int, metavar="N"),
        Option("max_depth", "Stop at this many steps.", int, metavar="N"),
        Option("max_memory", "The memory to take, such as 2Gi; beyond it states move to disk.", Bytes),
        Option("threads", "How many threads to use; the result is the same.", int, 1, most=16, metavar="N"),
        FIRST,
        Option(
            "symmetry",
            "Explore one state for all that differ only in the names of identical nodes; the bounds count such orbits.",
        ),
        Option(
            "partial_order",
            "Leave out states that only another order of independent steps leads to: the same verdicts, fewer states.",
        ),
        Option(
            "fingerprints",
            "Keep states as 128-bit fingerprints; the verdicts tell the probability that two of them are the same.",
        ),
        Option(
            "checkpoint_every",
            "How often to leave a checkpoint, in REPORTS/SCENARIO/checkpoint/.",
            float,
            60.0,
            least=0,
            metavar="SECONDS",
            is_of_one_run=True,
        ),
        Option(
            "resume",
            "Go on from the checkpoint that an unfinished check left, if there is one.",
            is_of_one_run=True,
        ),
    )

    @classmethod
    def of(cls, told: Mapping[str, Any], folder: Path | None) -> Bounds:
        """Return the bounds that are asked for; in the folder are checkpoints, where these can be, and spilled states.

        ModelError for what cannot be combined.
        """
        resume, symmetry = told.get("resume", False), told.get("symmetry", False)
        partial_order, fingerprints = told.get("partial_order", False), told.get("fingerprints", False)
        checkpoints = None
        if folder is not None and (resume or not (partial_order or fingerprints)):
            checkpoints = Checkpoints(folder / "checkpoint", told.get("checkpoint_every", 60.0), resume)
        return cls(
            told.get("max_states"),
            told.get("max_depth"),
            told.get("first", False),
            threads=told.get("threads", 1),
            symmetry=symmetry,
            partial_order=partial_order,
            max_memory_bytes=told.get("max_memory"),
            spill_folder=folder,
            checkpoints=checkpoints,
            fingerprints=fingerprints,
        )

    def __attrs_post_init__(self) -> None:
        """Refuse what cannot be combined."""
        asked = {
            "symmetry": self.symmetry,
            "partial-order reduction": self.partial_order,
            "fingerprints": self.fingerprints,
            "a memory budget": self.max_memory_bytes is not None,
            "checkpoints": self.checkpoints is not None,
        }
        for one, others in NOT_COMBINED:
            for other in others:
                if asked[one] and asked[other]:
                    raise ModelError(f"{one} cannot be combined with {other}; leave out one of the two")

    @property
    def runs_not_judged(self) -> str | None:
        """Why temporal specs are not judged even when all states are known; None if they are."""
        asked = {RUNS_OF_ORBITS: self.symmetry, RUNS_IN_PART: self.partial_order, RUNS_LOST: self.fingerprints}
        return next((why for why, is_asked in asked.items() if is_asked), None)
