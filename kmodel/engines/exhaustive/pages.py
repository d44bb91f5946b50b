"""Memory for large arrays, taken from the system page by page rather than from the heap.

A heap keeps what is let go, in pieces that later arrays do not fit into. Here an array that grows takes memory as it is
written, not as it is made, and one that is let go is free at once.
"""

import math
import mmap
from typing import Any

import numpy as np

from kmodel.engines.tables.jit import Ints


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
