"""How the engines' inner loops are compiled, and the two building blocks they share: a memo and a growing array."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from kmodel.engines.tables.compiling import on_first_call
from kmodel.kernel import BoundReached

F = TypeVar("F", bound=Callable[..., Any])
Ints = NDArray[Any]

UNKNOWN = -1
MOST = (1 << 31) - 1  # what indices into tables are stored in: 32 bits with a sign


def compiled(function: F) -> F:
    """Return the function compiled on its first call, cached on disk, and free to run beside other threads."""
    fast: F = on_first_call(function, _nrt=True)
    return fast


def compiled_to_borrow(function: F) -> F:
    """Return the function compiled, too, but to make no array itself and to count no references to those it is given.

    So it may hand them to inlined functions within its loops, where counting took up to seven times as long as the
    rest (Numba's option `_nrt`, 0.68).
    """
    fast: F = on_first_call(function, _nrt=False)
    return fast


def inlined(function: F) -> F:
    """Return the function compiled into each compiled function that calls it, for the innermost loops."""
    fast: F = numba.njit(function, inline="always")
    return fast


def _prefetch(context: Any, array: Any, index: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        byte, number = ir.PointerType(ir.IntType(8)), ir.IntType(32)
        address = builder.bitcast(builder.gep(data, [arguments[1]]), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        function = builder.module.globals.get("llvm.prefetch.p0") or ir.Function(
            builder.module, kind, "llvm.prefetch.p0"
        )
        builder.call(function, [address, number(0), number(3), number(1)])  # to read, keep in all caches, data
        return context.get_dummy_value()

    return types.void(array, index), generate


_PREFETCH: Any = intrinsic(_prefetch)


@inlined
def prefetch(array: Ints, index: int) -> None:
    """Ask for the cache line of an array's item at a non-negative index, which will be read soon."""
    _PREFETCH(array, index)


@compiled
def look_up(keys: Ints, values: Ints, first: int, second: int) -> int:
    """Return what a memo (open addressing, a power of two of slots) holds for a pair; UNKNOWN if nothing."""
    key: Any = (np.int64(first) << 32) | np.int64(second)
    mask = keys.size - 1
    slot = _slot(key) & mask
    while True:
        found = keys[slot]
        if found == key:
            return values[slot]  # type: ignore[no-any-return]
        if found == -1:
            return -1
        slot = (slot + 1) & mask


@compiled
def store(keys: Ints, values: Ints, first: int, second: int, value: int) -> bool:
    """Put a value for a pair into a memo that has room; True if the pair is new."""
    key: Any = (np.int64(first) << 32) | np.int64(second)
    mask = keys.size - 1
    slot = _slot(key) & mask
    while keys[slot] != -1 and keys[slot] != key:
        slot = (slot + 1) & mask
    new: Any = keys[slot] == -1
    keys[slot] = key
    values[slot] = value
    return new  # type: ignore[no-any-return]


@compiled
def _slot(key: Any) -> Any:
    mixed = key * np.int64(-7046029254386353131)
    return mixed ^ ((mixed >> 32) & 0xFFFFFFFF)


@compiled
def _copy(keys: Ints, values: Ints, into_keys: Ints, into_values: Ints) -> None:
    for slot in range(keys.size):
        if keys[slot] != -1:
            store(into_keys, into_values, keys[slot] >> 32, keys[slot] & 0xFFFFFFFF, values[slot])


def tables_are_full() -> BoundReached:
    """Return what to raise where an index would not fit into 32 bits, and so would be that of something else."""
    return BoundReached(f"the tables of the search hold at most {MOST:,} entries each; explore a smaller model")


class Memo:
    """A map from pairs of small integers to integers that compiled code reads and writes."""

    def __init__(self, slots: int = 1 << 10) -> None:
        self.keys = np.full(slots, -1, np.int64)
        self.values = np.empty(slots, np.int32)
        self.used = np.zeros(1, np.int64)

    def put(self, first: int, second: int, value: int) -> None:
        """Put a value for a pair; BoundReached if one of the three is too large for its place."""
        if not (0 <= first <= MOST and 0 <= second <= MOST and -MOST <= value <= MOST):
            raise tables_are_full()
        self.reserve(1)
        self.used[0] += store(self.keys, self.values, first, second, value)

    def reserve(self, spare: int) -> None:
        """Make room for that many more pairs, at most half full."""
        slots = self.keys.size
        while 2 * (int(self.used[0]) + spare) > slots:
            slots *= 2
        if slots != self.keys.size:
            keys, values = np.full(slots, -1, np.int64), np.empty(slots, np.int32)
            _copy(self.keys, self.values, keys, values)
            self.keys, self.values = keys, values


class Vector:
    """An array of integers that grows at its end."""

    def __init__(self, dtype: Any = np.int32, items: Iterable[int] = ()) -> None:
        self.data: Ints = np.empty(64, dtype)
        self.size = 0
        self.extend(items)

    def append(self, item: int) -> None:
        """Add one item; BoundReached if it is too large for the array's type."""
        self.reserve(1)
        try:
            self.data[self.size] = item
        except OverflowError:
            raise tables_are_full() from None
        self.size += 1

    def extend(self, items: Iterable[int]) -> None:
        """Add several items."""
        for item in items:
            self.append(item)

    def reserve(self, spare: int) -> None:
        """Make room for that many more items behind the last."""
        if self.size + spare > self.data.size:
            grown = np.empty(max(2 * self.data.size, self.size + spare), self.data.dtype)
            grown[: self.size] = self.data[: self.size]
            self.data = grown
