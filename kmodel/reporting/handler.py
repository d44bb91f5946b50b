"""Handlers: each consumes the events of an exploration and knows nothing of the others."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import attrs

from kmodel.engines.clock import STOPPED, TimeIsUp
from kmodel.engines.events import Event, Finished, Found, Progress, Started
from kmodel.engines.results import Finding, Result, Verdict
from kmodel.kernel import Model, Spec
from kmodel.reporting.wording import count

Handler = Callable[[Event], None]


@attrs.frozen
class Driven:
    """The result of an exploration, and whether an interrupt, or its deadline, ended it.

    And the checkpoint that it can be gone on from, if any, and why there is none although it was asked for.
    """

    result: Result
    interrupted: bool = False
    time_is_up: bool = False
    checkpoint: Path | None = None
    problem: str = ""
    done: Callable[[], None] = attrs.field(default=lambda: None, eq=False, repr=False)

    @property
    def is_cut_off(self) -> bool:
        """Whether it was ended from outside."""
        return self.interrupted or self.time_is_up


def drive(
    events: Iterable[Event], *handlers: Handler, while_exploring: AbstractContextManager[object] | None = None
) -> Driven:
    """Give each event to each handler and return the result.

    An interrupt that comes while events are handled is passed on to the engine, which ends with what it found so far.
    What is in force while the engine explores is no more when the handlers get the result, the last event.
    """
    so_far = SoFar()
    with while_exploring or nullcontext():
        last = _explored(events, so_far, handlers)
    for handle in handlers:
        handle(last)
    return Driven(last.result, last.interrupted, last.time_is_up, last.checkpoint, last.problem, last.done)


def _explored(events: Iterable[Event], so_far: "SoFar", handlers: Iterable[Handler]) -> Finished:
    """Give each event but the last one to each handler; return that one."""
    try:
        _give(events, so_far, handlers)
    except STOPPED as stop:
        if so_far.model is None:  # nothing was begun
            raise
        try:
            _give(_told(events, stop), so_far, handlers)
        except STOPPED:  # the engine does not listen, or somebody is in a hurry
            if so_far.finished is None:
                is_up = isinstance(stop, TimeIsUp)
                return Finished(so_far.result("time was up" if is_up else "interrupted"), not is_up, is_up)
    assert so_far.finished is not None, "an engine ends with Finished"
    return so_far.finished


def _give(events: Iterable[Event], so_far: "SoFar", handlers: Iterable[Handler]) -> None:
    for event in events:
        so_far(event)
        if not isinstance(event, Finished):
            for handle in handlers:
                handle(event)


def _told(events: Iterable[Event], stop: BaseException) -> Iterator[Event]:
    """Yield what an engine still says when it is told to stop."""
    if not isinstance(events, Generator):
        raise stop
    yield events.throw(stop)
    yield from events


@attrs.define
class SoFar:
    """The handler that keeps what was found so far, for an exploration that is cut off before its result."""

    model: Model | None = None
    engine: str = ""
    progress: Progress = attrs.field(factory=lambda: Progress(0, 0, 0, 0.0))
    findings: dict[Spec, Finding] = attrs.field(factory=dict)
    finished: Finished | None = None

    def __call__(self, event: Event) -> None:
        """Note the event."""
        if isinstance(event, Started):
            self.model, self.engine = event.model, event.engine
        elif isinstance(event, Progress):
            self.progress = event
        elif isinstance(event, Found):
            self.findings[event.finding.spec] = event.finding
        elif isinstance(event, Finished):
            self.finished = event

    def result(self, why: str) -> Result:
        """Return the result of the exploration up to now, with the reason why there is no more."""
        assert self.model is not None, "an engine begins with Started"
        why = f"{why} after {count(self.progress.states, 'state')}"
        findings = tuple(
            self.findings.get(spec, Finding(spec, Verdict.NO_VIOLATION_FOUND, why)) for spec in self.model.specs
        )
        # What was generated and how often each action fired is known to the engine alone: 0 and empty say so.
        return Result(
            self.model,
            self.engine,
            findings,
            self.progress.states,
            0,
            self.progress.depth,
            self.progress.seconds,
            {},
            why,
        )
