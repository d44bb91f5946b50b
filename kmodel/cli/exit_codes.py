"""What the exit code of a command means: the one table, which the README and the help texts show."""

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """What came of a command: in a few words, and when exactly."""

    words: str
    meaning: str

    def __new__(cls, code: int, words: str, meaning: str) -> "ExitCode":
        """Make the member of a code."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.words, member.meaning = words, meaning
        return member

    OK = (
        0,
        "no violation",
        "Each spec that was asked was judged, and none is violated; documented hazards are not counted.",
    )
    VIOLATED = (
        1,
        "violated",
        "A spec is violated, an object is refused, or it never gets where it should though nothing fails; also if the "
        "report could not be written.",
    )
    USAGE = (
        2,
        "bad input or usage",
        "Bad input, a mistake in a spec, no spec to ask, or a report that could not be written: one line says what.",
    )
    UNFINISHED = (
        3,
        "not judged or not finished",
        "A spec that was asked was not judged, an exhaustive check was not finished (a bound, or an interrupt), a plan "
        "had too little time for a part with at most one fault, or a workload is of a kind that is not modelled.",
    )


WORST_FIRST = (ExitCode.VIOLATED, ExitCode.USAGE, ExitCode.UNFINISHED, ExitCode.OK)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the code that several outcomes end with together: a violation counts more than anything else."""
    return min(codes, key=WORST_FIRST.index, default=ExitCode.OK)


def table() -> str:
    """Return the table of the README."""
    return "\n".join(["| exit code | |", "| --- | --- |", *(f"| {code} | {code.meaning} |" for code in ExitCode)])


EPILOG = f"Exit codes: {', '.join(f'{code} {code.words}' for code in ExitCode)}."
"""The line that ends the help of a command."""
