"""How an exhaustive exploration is bounded, and what it may leave out; what of this cannot be combined."""

from pathlib import Path

import attrs

from kmodel.engines.checkpoints.keeping import Checkpoints
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
