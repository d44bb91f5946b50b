"""The last resort of a deadline: an alarm that stops what does not come to a check of it, wherever that is."""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

from kmodel.engines.clock import Deadline, TimeIsUp

STUCK_SECONDS = 3.0  # after which what has to stop, and does not come to a check, is stopped where it is

E = TypeVar("E")
SignalHandler = Callable[[int, FrameType | None], Any]


@contextmanager
def stopped_if_stuck(deadline: Deadline, also: Mapping[signal.Signals, SignalHandler] | None = None) -> Iterator[None]:
    """Stop where it is what goes on for another `STUCK_SECONDS` at the deadline, and handle `also` other signals.

    Then a function of the model does not return, or a phase takes long between its checks. Only the main thread has an
    alarm, and only where nobody else has set one.
    """

    def stuck(number: int, frame: FrameType | None) -> None:
        deadline.stop_now()

    is_free = hasattr(signal, "SIGALRM") and not signal.getitimer(signal.ITIMER_REAL)[0]  # there is none on Windows
    with handling({**(also or {}), **({signal.SIGALRM: stuck} if is_free else {})}):
        if is_free and deadline.seconds is not None:
            alarm_in(max(0.0, deadline.left) + STUCK_SECONDS)
        try:
            yield
        finally:
            if is_free:
                alarm_in(0.0)


def as_stopped(events: Iterator[E], deadline: Deadline) -> Iterator[E]:
    """Yield the events; an error of what was stopped where it was is no error, but that stop.

    Numba, for one, turns a stop that finds it compiling into a RuntimeError, and so does a call of what it left.
    """
    try:
        yield from events
    except Exception:
        if not deadline.is_forced:
            raise
        raise (KeyboardInterrupt if deadline.is_asked else TimeIsUp) from None


def alarm_in(seconds: float) -> None:
    """Have SIGALRM sent after so many seconds; 0: not at all."""
    if hasattr(signal, "setitimer") and _is_main():
        signal.setitimer(signal.ITIMER_REAL, seconds)


@contextmanager
def handling(handlers: Mapping[signal.Signals, SignalHandler]) -> Iterator[None]:
    """Handle signals in these ways, and afterwards as before; outside the main thread, which cannot, do nothing."""
    if not _is_main():
        yield
        return
    former = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()
