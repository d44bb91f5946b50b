"""State graphs as DOT: edge colours by transition with a legend, edge labels only where they can be read."""

from collections.abc import Iterable, Iterator
from html import escape
from itertools import pairwise

import attrs
import graphviz  # type: ignore[import-untyped] # it comes without types

from kmodel.engines.small_graph import Edge, Graph
from kmodel.kernel import Action, Cluster, Trace
from kmodel.printable import printable
from kmodel.reporting.diff import changes
from kmodel.reporting.quotient import Quotient

MOST_LABELLED = 60  # states of a graph whose edges are labelled
FONT = "Courier"  # as wide as any other of fixed width: what a page shows fits into the boxes
MOST_CHANGES = 12  # lines of a state's tooltip
# Seen on white and on black; with three styles they tell 30 transitions apart.
COLOURS = ("#3b82f6", "#e07b00", "#16a34a", "#14b8a6", "#9333ea", "#0891b2", "#b45309", "#db2777", "#65a30d", "#6b7280")
STYLES = (("solid", "━━━"), ("dashed", "╍╍╍"), ("dotted", "┅┅┅"))
TRACE_COLOUR = "#dc2626"
FOR_EVER = ("═══", "taken for ever")  # drawn as double lines


@attrs.frozen
class _Legend:
    transitions: tuple[str, ...]
    has_cycle: bool = False

    def edge(self, transition: str, for_ever: bool = False) -> dict[str, str]:
        """Return the attributes of an edge of the transition, and of a cycle that a run takes for ever."""
        colour, (style, _) = self._look(transition)
        if for_ever:
            line = f"{colour}:invis:{colour}"
            return {"color": line, "fontcolor": colour, "style": style, "tooltip": transition, "penwidth": "2"}
        return {"color": colour, "fontcolor": colour, "style": style, "tooltip": transition}

    def table(self) -> str:
        """Return the legend as a label in Graphviz's HTML."""
        rows = "".join(
            f'<tr><td align="left"><font color="{colour}">{stroke}</font></td><td align="left">{escape(name)}</td></tr>'
            for name in self.transitions
            for colour, (_, stroke) in [self._look(name)]
        )
        if self.has_cycle:
            rows += "".join(f'<td align="left">{text}</td>' for text in FOR_EVER).join(("<tr>", "</tr>"))
        return f'<<table border="0" cellspacing="0" cellpadding="2">{rows}</table>>' if rows else ""

    def _look(self, transition: str) -> tuple[str, tuple[str, str]]:
        number = self.transitions.index(transition)
        return COLOURS[number % len(COLOURS)], STYLES[number // len(COLOURS) % len(STYLES)]


def whole(graph: Graph, name: str, traces: Iterable[Trace] = ()) -> str:
    """Return a whole state graph as DOT; states that traces end in, or where their cycles begin, are drawn in red."""
    traces = tuple(traces)
    ends = {graph.number(trace.last) for trace in traces}
    for_ever = {edge for trace in traces for edge in _on_cycle(graph, trace)}
    labelled = len(graph.states) <= MOST_LABELLED
    legend = _legend((edge.action.transition.name for edge in graph.edges), bool(for_ever))
    picture = _picture(name, legend)
    for number, state in enumerate(graph.states):
        marks = _marks(number < graph.initial, number in ends)
        picture.node(str(number), tooltip=_tooltip(graph, number, state), **marks)
    for edge in graph.edges:
        label = _quote(str(edge.action)) if labelled else ""
        picture.edge(
            str(edge.source), str(edge.target), label, **legend.edge(edge.action.transition.name, edge in for_ever)
        )
    return str(picture.source)


def _on_cycle(graph: Graph, trace: Trace) -> Iterator[Edge]:
    """Yield the steps that a lasso takes for ever, as edges of the graph."""
    for step in () if trace.cycle is None else trace.steps[trace.cycle :]:
        source, target = graph.number(step.before), graph.number(step.next)
        if source is not None and target is not None:
            yield Edge(source, step.action, target)


def around(graph: Graph, trace: Trace, name: str) -> str:
    """Return the neighbourhood of a trace as DOT: its steps in bold, and what else could have happened at each."""
    for_ever = set(_on_cycle(graph, trace))
    legend = _legend((edge.action.transition.name for edge in graph.edges), bool(for_ever))
    picture = _picture(name, legend)
    on_trace = [graph.number(trace.initial), *(graph.number(step.next) for step in trace.steps)]
    path: dict[tuple[int | None, Action, int | None], list[str]] = {}
    for taken, (step, (source, target)) in enumerate(zip(trace.steps, pairwise(on_trace), strict=True), start=1):
        path.setdefault((source, step.action, target), []).append(str(taken))
    for number, state in enumerate(graph.states):
        marks = _marks(number == on_trace[0], number == on_trace[-1])
        label = {"label": str(number)} if number in on_trace else {"label": "", "shape": "point", "width": "0.08"}
        picture.node(str(number), tooltip=_tooltip(graph, number, state), **{**marks, **label})
    for edge in graph.edges:
        numbers = path.get((edge.source, edge.action, edge.target), [])
        style = legend.edge(edge.action.transition.name, edge in for_ever)
        if numbers:
            style = {"penwidth": "3", **style, "weight": "100"}
        text = _quote(f"{', '.join(numbers)} {edge.action}") if numbers else ""
        picture.edge(str(edge.source), str(edge.target), text, **style)
    return str(picture.source)


def grouped(quotient: Quotient, name: str) -> str:
    """Return a quotient graph as DOT: a box per group of states, an arrow per transition between groups."""
    legend = _legend(transition for _, transition, _ in quotient.edges)
    picture = _picture(name, legend, shape="box", style="rounded")
    for number in range(len(quotient.groups)):
        # \l ends a line of a label that is set flush left
        label = "".join(_quote(line) + r"\l" for line in [str(number), *quotient.label(number).split("\n")])
        picture.node(str(number), label, tooltip=f"group {number}", **_marks(number in quotient.initial, False))
    for source, transition, target in quotient.edges:
        picture.edge(str(source), str(target), **legend.edge(transition))
    return str(picture.source)


def _legend(transitions: Iterable[str], has_cycle: bool = False) -> _Legend:
    return _Legend(tuple(dict.fromkeys(transitions)), has_cycle)


def _picture(name: str, legend: _Legend, **node: str) -> graphviz.Digraph:
    font = {"fontname": FONT, "fontsize": "10"}
    return graphviz.Digraph(
        printable(name),
        graph_attr={"bgcolor": "transparent", "label": legend.table(), "labelloc": "b", **font},
        node_attr={"shape": "circle", "width": "0.3", "margin": "0.05", **font, **node},
        edge_attr={"arrowsize": "0.6", "fontname": FONT, "fontsize": "8"},
    )


def _marks(initial: bool, end: bool) -> dict[str, str]:
    marks = {"penwidth": "3"} if initial else {}
    return marks | {"color": TRACE_COLOUR, "fontcolor": TRACE_COLOUR, "penwidth": "3"} if end else marks


def _tooltip(graph: Graph, number: int, state: Cluster) -> str:
    if number < graph.initial:
        return "an initial state"
    return r"\n".join(_quote(line) for line in [f"state {number}", *since_the_start(graph, state)])


def since_the_start(graph: Graph, state: Cluster) -> list[str]:
    """Return in lines what is not as in the first initial state; of much, only some."""
    lines = [str(change) for change in changes(graph.states[0], state)]
    more = [f"and {len(lines) - MOST_CHANGES} more"] if len(lines) > MOST_CHANGES else []
    return [*lines[:MOST_CHANGES], *more]


def _quote(text: str) -> str:
    """Keep Graphviz from taking a backslash or an angle bracket in a value for its own, and SVG free of controls."""
    return str(graphviz.escape(printable(text)))
