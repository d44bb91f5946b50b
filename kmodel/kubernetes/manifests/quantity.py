"""Quantities such as `100Mi` and `500m` [kubernetes/apimachinery pkg/api/resource/quantity.go, 1.34].

Exact: no floating point. Kept as upstream: anything finer than a billionth is rounded away from zero, a quantity with
a binary suffix is capped at 2^63-1, whole units are rounded away from zero. Stricter than upstream: its scanner also
takes texts without any digit (`m`, `.`, `+`) for zero, which its documented grammar forbids; here they are errors. A
quantity too large for 64 bits is an error instead of an overflow.
"""

import re
from fractions import Fraction

NANO = Fraction(1, 10**9)
LARGEST = 2**63 - 1
LONGEST_TEXT = 64  # characters; a quantity of the whole observable universe in bytes is shorter
LARGEST_EXPONENT = 64

BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}

FORM = re.compile(
    r"(?P<sign>[+-]?)(?:(?P<whole>[0-9]+)(?:\.(?P<part>[0-9]*))?|\.(?P<only>[0-9]+))"
    r"(?P<suffix>[KMGTPE]i|[eE][+-]?[0-9]+|[numkMGTPE]?)"
)


class QuantityError(ValueError):
    """A text is no quantity, or one that 64 bits cannot hold; str says why, and `fix` what to write instead."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem}; {fix}")
        self.problem = problem
        self.fix = fix


def parse(text: str) -> Fraction:
    """Return the exact value of a quantity, in its unit; QuantityError if it is none."""
    match = FORM.fullmatch(text) if len(text) <= LONGEST_TEXT else None
    if match is None:
        raise QuantityError(
            "is not a quantity",
            "write a number and perhaps one of n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei or an exponent, "
            'for example "500m" or "1.5Gi"',
        )
    part = match["part"] or match["only"] or ""
    value = Fraction(int((match["whole"] or "") + part), 10 ** len(part))
    suffix = match["suffix"]
    if suffix in BINARY:
        value = min(_away_from_zero(value * 2 ** BINARY[suffix], NANO), Fraction(LARGEST))
    else:
        value = _away_from_zero(value * Fraction(10) ** _exponent(suffix), NANO)
    return -value if match["sign"] == "-" else value


def millicores(text: str) -> int:
    """Return a quantity of cpu in thousandths of a core, rounded away from zero."""
    return _whole(parse(text) * 1000)


def whole_units(text: str) -> int:
    """Return a quantity in whole units (bytes of memory, pods), rounded away from zero."""
    return _whole(parse(text))


def _exponent(suffix: str) -> int:
    if suffix in DECIMAL:
        return DECIMAL[suffix]
    exponent = int(suffix[1:])
    if abs(exponent) > LARGEST_EXPONENT:
        raise QuantityError(
            f"has an exponent beyond {LARGEST_EXPONENT}", f"use one between -{LARGEST_EXPONENT} and {LARGEST_EXPONENT}"
        )
    return exponent


def _whole(value: Fraction) -> int:
    number = int(_away_from_zero(value, Fraction(1)))
    if abs(number) > LARGEST:
        raise QuantityError("does not fit into 64 bits", "use a smaller quantity")
    return number


def _away_from_zero(value: Fraction, unit: Fraction) -> Fraction:
    count = value / unit
    magnitude = -(-abs(count.numerator) // count.denominator)
    return unit * (magnitude if value > 0 else -magnitude)
