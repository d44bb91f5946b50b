"""What a controller's code may not do while it is checked, since it would not do the same again: it is told the line.

Its code is run from its start again and again, against the answers that it was given. Clocks, random numbers, threads,
files and the network are refused; a run without an end is ended. What only C code does in one call is not seen, nor is
a run without an end while a debugger, or a measurement of coverage, traces it.
"""

import _thread
import builtins
import gc
import os
import random
import socket
import sys
import time
from functools import cache
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import attrs

from kmodel.kernel.errors import ModelError

PACKAGE = str(Path(__file__).resolve().parents[1])
RUNS_IT = str(Path(__file__).resolve().with_name("running.py"))
MOST_INSTRUCTIONS = 5_000_000  # of one run between its start and its end
SAME = "it is run again and must do the same"
REFUSED: dict[Any, str] = {
    **{
        getattr(time, name): f"reads the clock (time.{name})"
        for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "localtime", "gmtime", "strftime")
    },
    time.sleep: "waits (time.sleep)",
    builtins.open: "opens a file",
    builtins.input: "reads the terminal",
    os.urandom: "draws a random number",
    os.open: "opens a file",
    os.system: "runs a program",
    _thread.start_new_thread: "starts a thread",
}
FIXES = {
    "waits (time.sleep)": "return Requeue() and look again",
    "starts a thread": "do it in the run itself, or in a controller of its own",
}
CLOCKS = ("now", "utcnow", "today")
MODULES = {"_socket": "uses the network", "_posixsubprocess": "runs a program", "_ssl": "uses the network"}


class Stopped(BaseException):
    """A run of a controller's code that ends here; no `except Exception` of it catches this."""


def where_of(frame: FrameType | None) -> tuple[str, int]:
    """Return the file and the line of the first frame that is not of kmodel itself.

    What kmodel asks around a hook, which no code of the user asks for, is asked by the innermost frame: whoever has the
    code run is another one each time.
    """
    innermost = frame
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
        if frame.f_code.co_filename == RUNS_IT and innermost is not None:
            return innermost.f_code.co_filename, innermost.f_lineno
        frame = frame.f_back
    return ("", 0) if frame is None else (frame.f_code.co_filename, frame.f_lineno)


@cache
def place(file: str, line: int) -> str:
    """Return a file and a line as one would type them in the current folder."""
    near = os.path.relpath(file) if Path(file).is_relative_to(Path.cwd()) else file
    return f"{near}:{line}"


@attrs.define
class Guard:
    """Watches a run of a controller's code; `problem` is what it did that is refused."""

    problem: str = ""
    _counted: int = 0
    _traces: bool = False
    _before: Any = None
    _collects: bool = False

    def __enter__(self) -> "Guard":
        self._collects = gc.isenabled()
        gc.disable()  # what runs at a collection, such as Hypothesis's look at the clock, is not the code's
        self._traces = sys.gettrace() is None
        self._before = sys.getprofile()
        if self._traces:
            sys.settrace(self._trace)
        if self._before is None:
            sys.setprofile(self._profile)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._traces:
            sys.settrace(None)
        if self._before is None:
            sys.setprofile(None)
        if self._collects:
            gc.enable()

    def check(self) -> None:
        """Raise ModelError if something was refused, whatever the code made of that."""
        if self.problem:
            raise ModelError(self.problem)

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename.startswith(PACKAGE):
            return None
        frame.f_trace_lines, frame.f_trace_opcodes = False, True  # a loop may be one line
        return self._count

    def _count(self, frame: FrameType, event: str, argument: Any) -> Any:
        self._counted += 1
        if self._counted > MOST_INSTRUCTIONS:
            self._refuse(frame, f"has run for {MOST_INSTRUCTIONS:,} instructions, and does not end", "let the loop end")
        return self._count

    def _profile(self, frame: FrameType, event: str, called: Any) -> None:
        if event != "c_call" or frame.f_code.co_filename.startswith(PACKAGE):
            return
        does = _refused(called)
        if does is not None:
            self._refuse(frame, does, f"{FIXES.get(does, 'leave it out')}: {SAME}")

    def _refuse(self, frame: FrameType, does: str, fix: str) -> None:
        file, line = self._own(frame)
        self.problem = self.problem or f"{place(file, line)}: {does}; {fix}"
        raise Stopped

    @staticmethod
    def _own(frame: FrameType | None) -> tuple[str, int]:
        """Return the line of the user's code: not that of the library which it calls."""
        found = where_of(frame)
        while frame is not None:
            if is_users(frame.f_code.co_filename):
                return frame.f_code.co_filename, frame.f_lineno
            frame = frame.f_back
        return found


STANDARD_LIBRARY = str(Path(os.__file__).resolve().parent)


def is_users(file: str) -> bool:
    """Tell whether a file is of the user's own code: neither of kmodel nor of a library."""
    return not file.startswith((PACKAGE, STANDARD_LIBRARY, "<")) and "site-packages" not in file


def _refused(called: Any) -> str | None:
    """Return what a function written in C does that is refused; None if nothing."""
    try:
        found = REFUSED.get(called)
    except TypeError:  # a method of what has no hash
        found = None
    if found is not None:
        return found
    of = getattr(called, "__self__", None)
    if isinstance(of, random.Random):
        return "draws a random number"
    if isinstance(of, socket.socket):
        return "uses the network"
    name = getattr(called, "__name__", "")
    if name in CLOCKS and isinstance(of, type) and of.__module__ == "datetime":
        return f"reads the clock ({of.__name__}.{name})"
    return MODULES.get(getattr(called, "__module__", None) or "")
