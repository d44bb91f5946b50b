"""Which pictures of a model to draw: all states if they are few, else quotients and what is near a violation.

Of the quotients a reader chooses one: by the fields that tell most, by those of the life of one kind of objects, or by
what a violated spec looks at."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import attrs

from kmodel.engines.causes.dependences import cells_of
from kmodel.engines.clock import Clock, Deadline
from kmodel.engines.events import Finished
from kmodel.engines.results import Finding
from kmodel.engines.small_graph import Graph, extract, neighbourhood
from kmodel.kernel import Model
from kmodel.reporting import dot
from kmodel.reporting.answer import CELLS_ALONE, Subject
from kmodel.reporting.draw import TIME_LIMIT_SECONDS, Drawing, draw
from kmodel.reporting.files import write
from kmodel.reporting.handler import Handler
from kmodel.reporting.quotient import CellField, Columns, Quotient, chosen_fields, families, quotient, telling_fields
from kmodel.reporting.reports import ReportContext, writing
from kmodel.reporting.wording import count

MOST_DRAWN = 250  # states of a graph that is drawn whole
CYCLE = "What a run takes for ever is drawn as double lines, from a red state back to it."
MOST_GROUPED = 1000  # states that a quotient is made of: a few seconds' work
MOST_VIEWS = 6  # lives of objects
MOST_NEAR = 3  # violations
SECONDS = 5.0  # that drawing may take for a report

NOT_DRAWN = "the time was up, so there is no picture; see kmodel graph"
NO_TIME_LEFT = "there was no time left to draw this; draw the .dot file"


@attrs.frozen
class Picture:
    """A picture: its file name without an ending, its heading, what it shows in words, its DOT and its SVG.

    And the same as a table; of what is near a violation there is none, its story is one.
    """

    name: str
    title: str
    caption: str
    dot: str
    drawing: Drawing
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def handler(context: ReportContext) -> Handler:
    """Return the handler that draws the states of a model, and the violations; where no time is left, nothing."""

    def draw_all(event: Finished) -> None:
        if event.time_is_up:  # drawing takes most of the time of a report
            context.notes = (NOT_DRAWN,)
            return
        wrong = [finding for finding in event.result.findings if finding.is_failure or finding.is_hazard]
        violated = sorted(wrong, key=lambda finding: finding.is_hazard)
        look = None if event.result.finished else Deadline(SECONDS / 2)  # a large model's steps take their time
        context.pictures = pictures(event.result.model, violated, subject=context.subject, seconds=SECONDS, look=look)
        write_pictures(context.pictures, context.file)
        notes = [each.drawing.note for each in context.pictures if each.drawing.note]
        failures = len(event.result.failures)
        if failures > MOST_NEAR and len(context.pictures) > 1:
            notes.append(f"{MOST_NEAR} of the {failures} violations have a picture of the states nearby")
        context.notes = tuple(dict.fromkeys(notes))

    return writing(context, draw_all)


def write_pictures(drawn: Sequence[Picture], place: Callable[[str], Path]) -> list[Path]:
    """Write each picture's DOT and, if it could be drawn, its SVG, where they have their place; return the files."""
    files = []
    for picture in drawn:
        files.append(place(f"{picture.name}.dot"))
        write(files[-1], picture.dot)
        if picture.drawing.svg is not None:
            files.append(place(f"{picture.name}.svg"))
            write(files[-1], picture.drawing.svg)
    return files


def pictures(
    model: Model,
    findings: Sequence[Finding] = (),
    *,
    max_states: int = MOST_DRAWN,
    group_by: Sequence[str] = (),
    svg: bool = True,
    subject: Subject = CELLS_ALONE,
    seconds: float = TIME_LIMIT_SECONDS,
    look: Deadline | None = None,
) -> tuple[Picture, ...]:
    """Return the pictures of a model and of the violations that are given; FieldError for an unknown field.

    Drawing them may take so many seconds in all; those for which none are left are not drawn. Until `look` is over,
    states are looked for.
    """
    sketch = _within(seconds) if svg else _not_drawn
    findings = [finding for finding in findings if finding.trace is not None]
    graph = extract(model, max(MOST_GROUPED, max_states), look)
    if graph.complete and len(graph.states) <= max_states and not group_by:
        return (_whole(graph, model, findings, sketch),)
    near = (_near(model, finding, max_states, sketch) for finding in findings[:MOST_NEAR])
    return (*_quotients(graph, model, findings, subject, max_states, group_by, sketch), *near)


Sketch = Callable[[str], Drawing]


def _whole(graph: Graph, model: Model, findings: Sequence[Finding], sketch: Sketch) -> Picture:
    traces = [finding.trace for finding in findings if finding.trace is not None]
    again = f" {CYCLE}" if any(trace.cycle is not None for trace in traces) else ""
    caption = f"All {count(len(graph.states), 'state')}; the initial one has a thick outline.{again}"
    source = dot.whole(graph, model.name, traces)
    ahead = _ahead((edge.source, str(edge.action), edge.target) for edge in graph.edges)
    rows = tuple(
        (
            str(number),
            "an initial state" if number < graph.initial else "\n".join(dot.since_the_start(graph, state)),
            ahead.get(number, ""),
        )
        for number, state in enumerate(graph.states)
    )
    headings = ("State", "Since the start", "Leads to")
    return Picture("state-graph", "All states", caption, source, sketch(source), headings, rows)


def _quotients(
    graph: Graph,
    model: Model,
    findings: Sequence[Finding],
    subject: Subject,
    max_states: int,
    group_by: Sequence[str],
    sketch: Sketch,
) -> Iterator[Picture]:
    held = Columns(graph)
    first = chosen_fields(graph, group_by) if group_by else telling_fields(held)
    seen: set[tuple[CellField, ...]] = set()
    ways = [("", first)] if group_by else [("", first), *_views(held, findings, subject)]
    for title, fields in ways:
        groups = quotient(graph, fields)
        if fields in seen or (title and len(groups.groups) < 2):
            continue
        seen.add(fields)
        source = dot.grouped(groups, model.name)
        yield Picture(
            f"state-graph{'-' if title else ''}{re.sub('[^a-z0-9_]+', '-', title)[:60]}",
            f"{title[:1].upper()}{title[1:]}" or ("Grouped as asked" if group_by else "By what tells most"),
            _grouped_caption(graph, fields, max_states),
            source,
            sketch(source),
            ("Group", *map(str, fields), "States", "Leads to"),
            tuple(_group_rows(groups)),
        )


def _views(held: Columns, findings: Sequence[Finding], subject: Subject) -> Iterator[tuple[str, tuple[CellField, ...]]]:
    """Yield what else a reader may want to group by, each with its title."""
    lives = [(title, family) for family in families(held.graph) if (title := subject.title_of(family))]
    for title, family in lives[:MOST_VIEWS]:
        yield title, telling_fields(held, [family])
    for finding in findings[:MOST_NEAR]:
        if finding.trace is not None and finding.trace.steps:
            looked_at = {cell.family: None for cell in cells_of(finding.spec, finding.trace)}
            yield f"by what {finding.spec.name} looks at", telling_fields(held, looked_at)


def _group_rows(groups: Quotient) -> Iterator[tuple[str, ...]]:
    ahead = _ahead(groups.edges)
    for number, (values, size) in enumerate(groups.groups):
        yield (str(number), *values, f"{size:,}", ahead.get(number, ""))


def _ahead(edges: "Iterator[tuple[int, str, int]] | Sequence[tuple[int, str, int]]") -> dict[int, str]:
    """Return of each source in words where its edges lead."""
    found: dict[int, list[str]] = {}
    for source, name, target in edges:
        found.setdefault(source, []).append(f"{target} by {name}")
    return {source: "\n".join(texts) for source, texts in found.items()}


def _near(model: Model, finding: Finding, max_states: int, sketch: Sketch) -> Picture:
    assert finding.trace is not None, "only a violation with a trace has surroundings"
    near = neighbourhood(model, finding.trace, max_states)
    source = dot.around(near, finding.trace, finding.spec.name)
    caption = (
        "The steps of the counterexample in bold, and as dots the states to which any other step would have led"
        f"{'' if near.complete else ', as far as they fit'}; its story above says the same in words."
        f"{f' {CYCLE}' if finding.trace.cycle is not None else ''}"
    )
    title = f"Around the violation of {finding.spec.name}"
    return Picture(f"near-{finding.spec.name}", title, caption, source, sketch(source))


def _within(seconds: float) -> Sketch:
    """Return what draws as long as there is time."""
    clock = Clock()

    def sketch(source: str) -> Drawing:
        left = seconds - clock.seconds
        return draw(source, left) if left > 0 else Drawing(None, NO_TIME_LEFT)

    return sketch


def _not_drawn(dot: str) -> Drawing:
    return Drawing(None)


def _grouped_caption(graph: Graph, fields: Sequence[CellField], max_states: int) -> str:
    states = count(len(graph.states), "state")
    seen = f"All {states}" if graph.complete else f"The first {states} that were found, not all there are"
    why = ", too many to draw one by one" if len(graph.states) > max_states else ""
    return f"{seen}{why}, grouped by {', '.join(map(str, fields)) or 'nothing'}."
