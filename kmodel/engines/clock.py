"""How long an exploration has taken, and when to tell of it."""

import time


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
