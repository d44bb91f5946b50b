"""The sequence diagram of a trace as SVG: a lifeline per actor, time downwards, an arrow per message."""

from html import escape

import attrs

from kmodel.reporting.lifelines import Diagram, Message
from kmodel.reporting.story import Line

COLUMN = 176  # pixels between lifelines
MARGIN = 100  # pixels left and right of the outer lifelines
HEAD = 52  # pixels for the actors' names
ROW = 40  # pixels for a step with at most one arrow
ARROW = 22  # pixels for each further arrow
BAND = 28  # pixels for the words at the head of what is done for ever
LETTER = 6.4  # pixels, the width of a letter at the diagram's font size, at most


@attrs.frozen
class _Row:
    line: Line
    messages: tuple[Message, ...]
    top: int

    @property
    def height(self) -> int:
        return ROW + ARROW * max(0, len(self.messages) - 1)


def sequence_svg(diagram: Diagram, lines: tuple[Line, ...], cycle: int | None = None) -> str:
    """Return the diagram as an `<svg>` element; its colours are the page's.

    The lines from `cycle` on are taken for ever: they stand in a band that says so.
    """
    rows: list[_Row] = []
    top, band = HEAD, None
    for number, (line, messages) in enumerate(zip(lines, diagram.messages, strict=True)):
        if number == cycle:
            band, top = top, top + BAND
        rows.append(_Row(line, messages, top))
        top += rows[-1].height
    if cycle == len(lines):
        band, top = top, top + BAND
    places = {actor: MARGIN + COLUMN * number for number, actor in enumerate(diagram.lifelines)}
    width, height = 2 * MARGIN + COLUMN * max(0, len(places) - 1), top + 12
    parts = [
        f'<svg class="sequence" role="img" aria-label="sequence diagram" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">'
    ]
    if band is not None:
        parts += _band(band, top + 4, width, "for ever" if cycle != len(lines) else "for ever: nothing happens")
    parts += [_lifeline(actor, x, height) for actor, x in places.items()]
    for row in rows:
        parts += _row(row, places, width)
    return "\n".join([*parts, "</svg>"])


def _band(top: int, bottom: int, width: int, words: str) -> list[str]:
    return [
        f'<rect class="cycle" x="4" y="{top}" width="{width - 8}" height="{bottom - top}" rx="6"/>',
        f'<text class="cycle" x="14" y="{top + 19}">{words}</text>',
    ]


def _lifeline(actor: str, x: int, height: int) -> str:
    first, slash, rest = actor.partition("/")
    names = [first + slash, rest] if slash else [actor]
    start = 28 if len(names) == 1 else 20
    name = "".join(f'<tspan x="{x}" y="{start + 15 * n}">{escape(part)}</tspan>' for n, part in enumerate(names))
    return (
        f'<line class="lifeline" x1="{x}" y1="{HEAD}" x2="{x}" y2="{height}"/>'
        f'<rect class="actor" x="{x - 84}" y="4" width="168" height="40" rx="6"/>'
        f'<text class="name" text-anchor="middle">{name}</text>'
    )


def _row(row: _Row, places: dict[str, int], width: int) -> list[str]:
    line = row.line
    x, y = places[line.actor], row.top + 26
    kind = "step warning" if line.type == "Warning" else "step"
    label = f"{line.number} {line.reason} {line.object if line.object != '-' else ''}".strip()
    title = f"<title>{escape(f'{line.number} {line.actor}: {line.message}')}</title>"
    parts = [f'<g class="{kind}">{title}']
    for number, message in enumerate(row.messages):
        parts.append(_arrow(message, places, y + ARROW * number))
    parts.append(f'<circle cx="{x}" cy="{y}" r="4"/>')
    if row.messages:
        ends = places[row.messages[0].sender], places[row.messages[0].receiver]
        parts.append(
            _text(label, min(ends) + 8, y - 7, "start") if _fits(label, ends, width) else _aside(label, x, y, width)
        )
    else:
        parts.append(_aside(label, x, y + 11, width))
    return [*parts, "</g>"]


def _fits(label: str, ends: tuple[int, int], width: int) -> bool:
    return min(ends) + 8 + len(label) * LETTER < width


def _aside(label: str, x: int, y: int, width: int) -> str:
    """Put the label beside the lifeline, on the side where it fits."""
    return (
        _text(label, x + 9, y - 7, "start")
        if x + 9 + len(label) * LETTER < width
        else _text(label, x - 9, y - 7, "end")
    )


def _arrow(message: Message, places: dict[str, int], y: int) -> str:
    start, end = places[message.sender], places[message.receiver]
    way = 1 if end > start else -1
    cells = ", ".join(map(str, message.cells))
    title = f"{message.sender} -> {message.receiver}: {'reads' if message.asked else 'writes'} {cells}"
    return (
        f'<g class="arrow{" asked" if message.asked else ""}"><title>{escape(title)}</title>'
        f'<line x1="{start}" y1="{y}" x2="{end - 7 * way}" y2="{y}"/>'
        f'<path d="M{end} {y}l{-9 * way} -4v8z"/></g>'
    )


def _text(text: str, x: float, y: float, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'
