"""How long an exploration has taken, when to tell of it, and when to stop."""

import math
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds_in(text: str) -> float:
    """Return the seconds in a time such as `60s`, `5m`, `1h` or `90`; ValueError, with what to write, if it is none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no time; write for example 60s, 5m or 1h")
    return float(found[1]) * _UNITS[found[2]]


class Clock:
    """Tells when it is time to report progress."""

    def __init__(self, every_seconds: float = 0.25) -> None:
        self.started = self.last = time.perf_counter()
        self.every = every_seconds

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started

    def is_due(self) -> bool:
        """Tell whether a report is due, at most once per interval."""
        now = time.perf_counter()
        if now - self.last < self.every:
            return False
        self.last = now
        return True


class TimeIsUp(BaseException):
    """The time that an exploration may take is over. No Exception, so that no function of a model can catch it."""


STOPPED = (TimeIsUp, KeyboardInterrupt)
"""What ends an exploration from outside: the time is up, or somebody asked for it."""


class Deadline:
    """When an exploration stops whatever is left to do: after so many seconds (None: never), or when it is asked to.

    One deadline is handed to every phase. Each calls check() at points that lie a fraction of a second apart, and keeps
    what it knows by then. What must not be cut in two, such as the adding of a round, is done within whole().
    """

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = seconds
        self.is_asked = False
        self.is_forced = False  # whether something was stopped where it was
        self._end = math.inf if seconds is None else time.perf_counter() + seconds
        self._depth = 0  # of whole()
        self._pending: BaseException | None = None

    @property
    def left(self) -> float:
        """Seconds until it is time to stop; infinite if there is no limit."""
        return 0.0 if self.is_asked else self._end - time.perf_counter()

    @property
    def is_over(self) -> bool:
        """Whether it is time to stop."""
        return self.left <= 0

    def ask(self) -> None:
        """Ask to stop at the next check."""
        self.is_asked = True

    def check(self) -> None:
        """Raise KeyboardInterrupt if it was asked to stop, and TimeIsUp if the time is over."""
        if self.is_asked:
            raise KeyboardInterrupt
        if time.perf_counter() >= self._end:
            raise TimeIsUp

    def stop_now(self) -> None:
        """Raise what check() would, wherever a signal found the program; within whole(), at its end."""
        stop = KeyboardInterrupt() if self.is_asked else TimeIsUp()
        if not self._depth:
            self.is_forced = True
            raise stop
        self._pending = stop

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Put off stop_now() until the end."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        if self._pending is not None and not self._depth:
            pending, self._pending = self._pending, None
            self.is_forced = True
            raise pending

    def why(self, stop: BaseException) -> str:
        """Return what stopped an exploration, in words: `interrupted`, or `time was up (60 s)`."""
        if isinstance(stop, TimeIsUp) and self.seconds is not None:
            return f"time was up ({self.seconds:g} s)"
        return "interrupted"
