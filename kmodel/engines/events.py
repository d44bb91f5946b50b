"""The events that every engine emits, in this order: Started, any number of Progress and Found, Finished."""

import attrs

from kmodel.engines.verdict import Finding, Result
from kmodel.kernel import Model


@attrs.frozen
class Started:
    """An engine begins to explore a model."""

    model: Model
    engine: str


@attrs.frozen
class Progress:
    """How far the exploration is: distinct states, depth of the level being expanded, states waiting."""

    states: int
    depth: int
    waiting: int
    seconds: float


@attrs.frozen
class Found:
    """A spec was violated, or a `sometimes` was reached."""

    finding: Finding


@attrs.frozen
class Finished:
    """The exploration is over; the last event."""

    result: Result


Event = Started | Progress | Found | Finished
