"""Fingerprints: 64-bit hashes of what a cell holds that are the same in every process and on every machine.

The fingerprint of a state is the sum of those of its cells. It decides where a state is stored and in which order
states are expanded, never whether two states are one: states are compared exactly. It depends on the values alone,
so the order of the search, and with it each trace, does not depend on Python's hash seed, on the number of threads
or on an interruption.
"""

from enum import Enum
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import attrs

from kmodel.kernel import Cell
from kmodel.kernel.values import fields


def fingerprint(cell: Cell[Any], value: Any) -> int:
    """Return the 64-bit hash, as a signed integer, of a value in a cell."""
    digest = blake2b(f"{cell}={spell(value)}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def spell(value: Any) -> str:
    """Return a text that is the same for equal values and differs for different ones."""
    if isinstance(value, Enum):
        return f"{type(value).__qualname__}.{value.name}"
    if isinstance(value, bool | int):
        return repr(int(value))  # True == 1, and equal values are one value
    if isinstance(value, tuple):
        return f"({','.join(map(spell, value))})"
    if isinstance(value, frozenset):
        return f"{{{','.join(sorted(map(spell, value)))}}}"
    if attrs.has(type(value)):
        return _spell_object(value)
    return repr(value)


@lru_cache(maxsize=1 << 16)
def _spell_object(value: Any) -> str:
    return f"{type(value).__qualname__}({','.join(spell(getattr(value, name)) for name in fields(type(value)))})"
