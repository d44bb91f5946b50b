"""The events that every engine emits, in this order: Started, any number of others, Finished."""

from collections.abc import Callable
from pathlib import Path

import attrs

from kmodel.engines.results import Finding, Result
from kmodel.kernel import Model


@attrs.frozen
class Started:
    """An engine begins to explore a model."""

    model: Model
    engine: str
    note: str = ""  # what the user may not expect of it, in one line


@attrs.frozen
class Progress:
    """How far the exploration is: distinct states, depth of the level being expanded, states waiting.

    And what it had to move to disk, and a problem that does not end it, as one line.
    """

    states: int
    depth: int
    waiting: int
    seconds: float
    bytes_on_disk: int = 0
    problem: str = ""


@attrs.frozen
class Found:
    """A spec was violated, or a `sometimes` was reached."""

    finding: Finding


@attrs.frozen
class Sampled:
    """What an engine tells of the runs that it took, for who wants to know how well it samples; several lines."""

    text: str


@attrs.frozen
class Finished:
    """The exploration is over; the last event.

    Whether an interrupt, or its deadline, ended it, the checkpoint that it can be gone on from, and why there is none
    although asked for.
    """

    result: Result
    interrupted: bool = False
    time_is_up: bool = False
    checkpoint: Path | None = None
    problem: str = ""
    done: Callable[[], None] = attrs.field(default=lambda: None, eq=False, repr=False)
    """To be called when the result is where it belongs: removes what was kept to go on from."""


Event = Started | Progress | Found | Sampled | Finished
