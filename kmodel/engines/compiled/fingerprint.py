"""Fingerprints: 64-bit hashes of what a cell holds that are the same in every process and on every machine.

The fingerprint of a state is the sum of those of its cells. It decides where a state is stored and in which order
states are expanded, not whether two states are one: states are compared exactly, unless the search is asked to do with
fingerprints. Then a second one, independent of the first, makes 128 bits of it. Both depend on the values alone, so
the order of the search, and with it each trace, does not depend on Python's hash seed, on the number of threads, on the
blocks or on an interruption.
"""

import re
from enum import Enum
from hashlib import blake2b
from typing import Any

import attrs

from kmodel.kernel import Cell
from kmodel.kernel.values import fields, remembered

PLAIN_NAME = re.compile(r"[\w./:-]+( [\w./:-]+)*")  # without what could be taken for the end of a name


def fingerprints(cell: Cell[Any], value: Any) -> tuple[int, int]:
    """Return two independent 64-bit hashes, as signed integers, of a value in a cell."""
    name = str(cell) if all(map(PLAIN_NAME.fullmatch, (cell.family, *cell.key))) else spell((cell.family, cell.key))
    text = f"{name}={spell(value)}".encode()
    digests = (blake2b(text, digest_size=8), blake2b(text, digest_size=8, person=b"second"))
    first, second = (int.from_bytes(each.digest(), "little", signed=True) for each in digests)
    return first, second


def spell(value: Any) -> str:
    """Return a text that is the same for two values only if they have one identity."""
    if isinstance(value, Enum):
        return f"{_spell_class(type(value))}.{value.name if value.name is not None else value.value!r}"
    if isinstance(value, bool):
        return repr(int(value))
    if isinstance(value, int):
        return f"+{value}" if value in (0, 1) else repr(value)  # 0 and 1 alone are the truth values
    if isinstance(value, tuple):
        return f"({','.join(map(spell, value))})"
    if isinstance(value, frozenset):
        return f"{{{','.join(sorted(map(spell, value)))}}}"
    if attrs.has(type(value)):
        return _spell_object(value)
    return repr(value)


@remembered
def _spell_object(value: Any) -> str:
    kind = type(value)
    return f"{_spell_class(kind)}({','.join(spell(getattr(value, name)) for name in fields(kind))})"


_CLASSES: dict[str, list[type]] = {}  # by their text, in the order in which they were met


@remembered
def _spell_class(cls: type) -> str:
    """Return a class's module and name; of several with one name (made in a function), their number as well."""
    text = f"{cls.__module__}:{cls.__qualname__}"
    namesakes = _CLASSES.setdefault(text, [])
    namesakes.append(cls)
    return text if len(namesakes) == 1 else f"{text}#{len(namesakes)}"
