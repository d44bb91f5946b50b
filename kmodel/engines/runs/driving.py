"""From its beginning to its result, also where it is cut off: what the engines that take runs have in common."""

from collections.abc import Callable, Iterator
from typing import Protocol

from kmodel.engines.clock import STOPPED, Deadline, TimeIsUp
from kmodel.engines.events import Event, Finished, Started
from kmodel.engines.interrupts import place_in
from kmodel.engines.results import Result
from kmodel.kernel import Model


class Runs(Protocol):
    """What an engine knows of the runs that it takes; `cut_short` says why there are no more."""

    cut_short: str | None
    stuck: str  # where a run was that did not end; empty if all did

    def events(self) -> Iterator[Event]:
        """Yield what happens but the beginning and the result."""

    def found_so_far(self) -> Iterator[Event]:
        """Yield what was found and is not told yet, once there is no more time."""

    def result(self) -> Result:
        """Return what is known so far."""


def driven(model: Model, engine: str, deadline: Deadline, begin: Callable[[], Runs]) -> Iterator[Event]:
    """Yield the events of an exploration; the last one has the result, what is known so far if it is stopped."""
    yield Started(model, engine)
    runs = begin()
    stopped_by: BaseException | None = None
    try:
        yield from runs.events()
    except STOPPED as stop:
        stopped_by = stop
        runs.cut_short = f"{deadline.why(stop)}{runs.stuck or place_in(model, stop)}"
        yield from runs.found_so_far()
    yield Finished(runs.result(), isinstance(stopped_by, KeyboardInterrupt), isinstance(stopped_by, TimeIsUp))
