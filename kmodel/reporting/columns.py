"""Columns in kubectl's manner: capital headings, blanks between, no lines; the last column wraps within the width."""

import textwrap
from collections.abc import Sequence

from kmodel.printable import in_one_line

GAP = "   "
NARROWEST_LAST = 30  # columns; with less room than this, or where it takes fewer lines, all go on lines of their own
INDENT = 7  # columns by which that is indented


def columns(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> list[list[str]]:
    """Return the lines of the headings and of each row, all of it printable; a width of None wraps nothing."""
    table = [[in_one_line(text) for text in row] for row in (headings, *rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings) - 1)]
    start = sum(widths) + len(GAP) * len(widths)
    room = None if width is None else width - start
    beside = [_lines(row, widths, room, width, is_below=False) for row in table]
    if room is None or all(len(last) <= room for *_, last in table):
        return beside
    below = [_lines(row, widths, room, width, is_below=True) for row in table]
    return below if room < NARROWEST_LAST or sum(map(len, below)) < sum(map(len, beside)) else beside


def _lines(
    row: Sequence[str], widths: Sequence[int], room: int | None, width: int | None, *, is_below: bool
) -> list[str]:
    *firsts, last = row
    head = "".join(text.ljust(size) + GAP for text, size in zip(firsts, widths, strict=True))
    if room is None or width is None:
        return [(head + last).rstrip()]
    if is_below:
        return [head.rstrip(), *wrapped(last, width, INDENT)]
    first, *more = textwrap.wrap(last, max(room, 1), break_on_hyphens=False) or [""]
    return [(head + first).rstrip(), *(" " * len(head) + line for line in more)]


def wrapped(text: str, width: int, indent: int, hanging: int = 0) -> list[str]:
    """Return the lines of a text that is indented as a whole, and all but its first line by some more."""
    first, others = " " * indent, " " * (indent + hanging)
    return textwrap.wrap(
        in_one_line(text), width, initial_indent=first, subsequent_indent=others, break_on_hyphens=False
    )
