"""Signals at the edge: Ctrl-C and SIGTERM ask to stop; a second one, or the deadline, cuts short what does not."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from kmodel.engines.alarm import STUCK_SECONDS, alarm_in, handling, stopped_if_stuck
from kmodel.engines.clock import Deadline


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Treat SIGTERM as Ctrl-C: it raises KeyboardInterrupt. Only the main thread handles signals."""
    with handling({signal.SIGTERM: signal.default_int_handler}):
        yield


@contextmanager
def stopping(deadline: Deadline, tell: Callable[[], None]) -> Iterator[None]:
    """Have the first Ctrl-C or SIGTERM ask the deadline to stop, and tell so; the second one stops where it is.

    What has to stop and has not done so after another `STUCK_SECONDS` is stopped where it is, too.
    """

    def asked(number: int, frame: FrameType | None) -> None:
        if deadline.is_asked:
            deadline.stop_now()
            return
        deadline.ask()
        tell()
        alarm_in(STUCK_SECONDS)

    with stopped_if_stuck(deadline, {signal.SIGINT: asked, signal.SIGTERM: asked}):
        yield
