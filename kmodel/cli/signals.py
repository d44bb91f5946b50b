"""Signals at the edge: Ctrl-C and SIGTERM ask to stop; a second one, or the deadline, cuts short what does not."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

from kmodel.engines.clock import Deadline, TimeIsUp

STUCK_SECONDS = 3.0  # after which what has to stop, and does not come to a check, is stopped where it is

E = TypeVar("E")
Handler = Callable[[int, FrameType | None], Any]


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Treat SIGTERM as Ctrl-C: it raises KeyboardInterrupt. Only the main thread handles signals."""
    with _handling({signal.SIGTERM: signal.default_int_handler}):
        yield


@contextmanager
def stopping(deadline: Deadline, tell: Callable[[], None]) -> Iterator[None]:
    """Have the first Ctrl-C or SIGTERM ask the deadline to stop, and tell so; the second one stops where it is.

    What has to stop and has not done so after another `STUCK_SECONDS` is stopped where it is, too: then a function of
    the model does not return, or a phase takes long between its checks.
    """

    def asked(number: int, frame: FrameType | None) -> None:
        if deadline.is_asked:
            deadline.stop_now()
            return
        deadline.ask()
        tell()
        _alarm_in(STUCK_SECONDS)

    def stuck(number: int, frame: FrameType | None) -> None:
        deadline.stop_now()

    handlers: dict[signal.Signals, Handler] = {signal.SIGINT: asked, signal.SIGTERM: asked}
    if hasattr(signal, "SIGALRM"):  # not on Windows
        handlers[signal.SIGALRM] = stuck
    with _handling(handlers):
        if deadline.seconds is not None:
            _alarm_in(max(0.0, deadline.left) + STUCK_SECONDS)
        try:
            yield
        finally:
            _alarm_in(0.0)


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


def _alarm_in(seconds: float) -> None:
    """Have SIGALRM sent after so many seconds; 0: not at all."""
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        signal.setitimer(signal.ITIMER_REAL, seconds)


@contextmanager
def _handling(handlers: dict[signal.Signals, Handler]) -> Iterator[None]:
    """Handle signals in these ways, and afterwards as before; outside the main thread, which cannot, do nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
