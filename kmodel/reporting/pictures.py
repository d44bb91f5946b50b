"""Which pictures of a model to draw: all states if they are few, else a quotient and what is near a violation."""

from collections.abc import Callable, Sequence
from pathlib import Path

import attrs

from kmodel.engines.events import Finished
from kmodel.engines.results import Finding
from kmodel.engines.small_graph import Graph, extract, neighbourhood
from kmodel.kernel import Model
from kmodel.reporting import dot
from kmodel.reporting.draw import Drawing, draw
from kmodel.reporting.files import write
from kmodel.reporting.handler import Handler
from kmodel.reporting.quotient import CellField, chosen_fields, quotient, telling_fields
from kmodel.reporting.reports import ReportContext, writing
from kmodel.reporting.wording import count

MOST_DRAWN = 250  # states of a graph that is drawn whole
CYCLE = "What a run takes for ever is drawn as double lines, from a red state back to it."
MOST_GROUPED = 1000  # states that a quotient is made of: a few seconds' work

NOT_DRAWN = "the time was up, so there is no picture; see kmodel graph"


@attrs.frozen
class Picture:
    """A picture: its file name without an ending, its heading, what it shows in words, its DOT and its SVG."""

    name: str
    title: str
    caption: str
    dot: str
    drawing: Drawing


def handler(context: ReportContext) -> Handler:
    """Return the handler that draws the states of a model, and the violations; where no time is left, nothing."""

    def draw_all(event: Finished) -> None:
        if event.time_is_up:  # drawing takes most of the time of a report
            context.notes = (NOT_DRAWN,)
            return
        violated = [finding for finding in event.result.findings if finding.is_failure or finding.is_hazard]
        context.pictures = pictures(event.result.model, violated)
        write_pictures(context.pictures, context.file)
        notes = [each.drawing.note for each in context.pictures if each.drawing.note]
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
) -> tuple[Picture, ...]:
    """Return the pictures of a model and of the violations that are given; FieldError for an unknown field."""
    sketch = draw if svg else _not_drawn
    traces = [finding.trace for finding in findings if finding.trace is not None]
    graph = extract(model, max(MOST_GROUPED, max_states))
    if graph.complete and len(graph.states) <= max_states and not group_by:
        labels = "" if len(graph.states) <= dot.MOST_LABELLED else " Hover over a state or an arrow to see what it is."
        again = f" {CYCLE}" if any(trace.cycle is not None for trace in traces) else ""
        caption = f"All {count(len(graph.states), 'state')}; the initial one has a thick outline.{again}{labels}"
        source = dot.whole(graph, model.name, traces)
        return (Picture("state-graph", "State graph", caption, source, sketch(source)),)
    fields = chosen_fields(graph, group_by) if group_by else telling_fields(graph)
    groups = quotient(graph, fields)
    source = dot.grouped(groups, model.name)
    caption = _grouped_caption(graph, fields, max_states)
    drawn = [Picture("state-graph", "State graph, grouped", caption, source, sketch(source))]
    for finding in findings:
        if finding.trace is not None:
            near = neighbourhood(model, finding.trace, max_states)
            source = dot.around(near, finding.trace, finding.spec.name)
            caption = (
                "The steps of the counterexample in bold, and as dots the states to which any other step would have led"
                f"{'' if near.complete else ', as far as they fit'}."
                f"{f' {CYCLE}' if finding.trace.cycle is not None else ''}"
            )
            title = f"Around the violation of {finding.spec.name}"
            drawn.append(Picture(f"near-{finding.spec.name}", title, caption, source, sketch(source)))
    return tuple(drawn)


def _not_drawn(dot: str) -> Drawing:
    return Drawing(None)


def _grouped_caption(graph: Graph, fields: Sequence[CellField], max_states: int) -> str:
    states = count(len(graph.states), "state")
    seen = f"All {states}" if graph.complete else f"The first {states} that were found, not all there are"
    why = ", too many to draw one by one" if len(graph.states) > max_states else ""
    return f"{seen}{why}, grouped by {', '.join(map(str, fields)) or 'nothing'}."
