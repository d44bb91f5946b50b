"""Where large arrays are: in pages taken from the system, or beyond the budget in files mapped into memory.

A heap keeps what is let go, in pieces that later arrays do not fit into. In pages of its own, an array that grows takes
memory as it is written, not as it is made, and one that is let go is free at once.

When the budget is reached, arrays of the stored states move to files. What is needed least goes first: the parents,
which only traces read; then the states, of which a search reads those that it expands and those that a new one is
compared with; last the hash tables. Files grow in place, and the operating system keeps in memory what is used. They
have no names: whichever way a process ends, nothing is left of them.
"""

import math
import mmap
import os
import tempfile
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from kmodel.engines.tables.jit import Ints

KINDS = ("parents", "states", "table")  # of arrays, in the order in which they leave memory


class SpillError(Exception):
    """A file for what does not fit into memory cannot be made or cannot grow; str says where, why and what to do."""


class SpillFile:
    """A file without a name that holds one array."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed when replaced
        except OSError as error:
            raise self._problem(error) from None

    def array(self, shape: tuple[int, ...], dtype: Any) -> Ints:
        """Return the file as an array, having made it long enough; what is new in it is zero."""
        length = math.prod(shape)
        size = max(1, length * np.dtype(dtype).itemsize)
        try:
            if hasattr(os, "posix_fallocate"):  # a full disk is an error now, not a crash when a page is written
                os.posix_fallocate(self._file.fileno(), 0, size)
            else:
                self._file.truncate(size)
            mapped = mmap.mmap(self._file.fileno(), size)
        except OSError as error:
            raise self._problem(error) from None
        return np.frombuffer(mapped, dtype, length).reshape(shape)

    def close(self) -> None:
        """Let the file go; it vanishes with the last array of it."""
        self._file.close()

    def _problem(self, error: OSError) -> SpillError:
        return SpillError(
            f"{self._folder}: cannot hold what does not fit into memory: {error.strerror}; free some space there "
            "or allow more memory"
        )


@attrs.define
class MemoryBudget:
    """How many bytes of memory the process may take (None: all there are), and which arrays are in files by now."""

    budget: int | None = None
    folder: Path = attrs.field(factory=lambda: Path(tempfile.gettempdir()))
    on_disk: tuple[str, ...] = ()

    @property
    def next_kind(self) -> str | None:
        """The kind of arrays that leaves memory next; None if all did."""
        return KINDS[len(self.on_disk)] if len(self.on_disk) < len(KINDS) else None

    def has_room(self, counted: int, needed: int) -> bool:
        """Tell whether that many more bytes may be taken; `counted` stands in where the process cannot be measured."""
        if self.budget is None:
            return True
        used = _process_bytes()
        return (counted if used is None else used) + needed <= self.budget


def _process_bytes() -> int | None:
    """Return the memory that the process takes, without pages that files back; None where that cannot be told."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    fields = dict(line.partition(":")[::2] for line in lines)
    if "RssAnon" not in fields:
        return None
    return 1024 * sum(int(fields[name].split()[0]) for name in ("RssAnon", "RssShmem"))


class Pages:
    """Pages that hold one array: `huge` ones for an array read all over, small ones for one filled in order."""

    def __init__(self, huge: bool) -> None:
        self._huge = huge
        self._mapped = _mapped(1, huge)
        self._first = self._used = 0

    def array(self, shape: tuple[int, ...], dtype: Any) -> Ints:
        """Return the pages as an array, with what was in them; what is new in it is zero. MemoryError if the system has
        no more of them."""
        length = math.prod(shape)
        size = length * np.dtype(dtype).itemsize
        if size > len(self._mapped):
            former, self._mapped = self._mapped, _mapped(2 * size if self._used else size, self._huge)
            self._mapped[self._first : self._used] = memoryview(former)[self._first : self._used]
        self._used = size
        return np.frombuffer(self._mapped, dtype, length).reshape(shape)

    def forget(self, until: int) -> None:
        """Give back the memory before so many bytes, whose contents nobody reads any more."""
        first, self._first = self._first, until - until % mmap.PAGESIZE
        if self._first > first and hasattr(mmap, "MADV_DONTNEED"):
            self._mapped.madvise(mmap.MADV_DONTNEED, first, self._first - first)

    def close(self) -> None:
        """Nothing: pages go with the last array of them, unlike files."""


def _mapped(size: int, huge: bool) -> mmap.mmap:
    flags = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_ANONYMOUS") else {}  # not on Windows
    try:
        mapped = mmap.mmap(-1, size, **flags)
    except OSError as error:
        raise MemoryError(f"{error.strerror} for an array of {size:,} bytes") from None
    if huge and hasattr(mmap, "MADV_HUGEPAGE"):
        mapped.madvise(mmap.MADV_HUGEPAGE)
    return mapped
