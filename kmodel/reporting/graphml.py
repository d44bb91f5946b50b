"""The state graph as GraphML, which NetworkX, Gephi and yEd read.

Format: http://graphml.graphdrawing.org/specification.html.
"""

from xml.etree import ElementTree

from kmodel.engines.small_graph import Graph
from kmodel.printable import printable
from kmodel.reporting.state_shown import cells_table

NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
KEYS = (("state", "node"), ("initial", "node"), ("action", "edge"), ("actor", "edge"))


def graphml(graph: Graph, name: str) -> str:
    """Return the graph: of each state what its cells hold, of each edge the action and who takes it."""
    top = ElementTree.Element("graphml", {"xmlns": NAMESPACE})
    for key, of in KEYS:
        kind = "boolean" if key == "initial" else "string"
        ElementTree.SubElement(top, "key", {"id": key, "for": of, "attr.name": key, "attr.type": kind})
    made = ElementTree.SubElement(top, "graph", {"id": printable(name), "edgedefault": "directed"})
    for number, state in enumerate(graph.states):
        node = ElementTree.SubElement(made, "node", {"id": f"n{number}"})
        table = cells_table(state, "state")
        rows = () if table is None else table.rows
        _data(node, "state", "\n".join(f"{cell}: {value}" for cell, value in rows))
        _data(node, "initial", "true" if number < graph.initial else "false")
    for number, edge in enumerate(graph.edges):
        arrow = ElementTree.SubElement(
            made, "edge", {"id": f"e{number}", "source": f"n{edge.source}", "target": f"n{edge.target}"}
        )
        _data(arrow, "action", str(edge.action))
        _data(arrow, "actor", edge.action.actor)
    ElementTree.indent(top)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ElementTree.tostring(top, encoding='unicode')}"


def _data(of: ElementTree.Element, key: str, text: str) -> None:
    ElementTree.SubElement(of, "data", {"key": key}).text = printable(text, keep="\n")
