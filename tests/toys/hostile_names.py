"""A model whose cell, values, events and answers are a text that somebody hostile has chosen."""

import pytest

from kmodel.kernel import Cell, Cluster, Event, Model, Step, invariant, transition

HOSTILE = ("<script>alert(1)</script>", "x" * 10_000, "\u202eevil\u05d0\u05d1", "\"'><svg onload=alert(1)>")
each_hostile_name = pytest.mark.parametrize("name", HOSTILE, ids=["script", "long", "right-to-left", "quotes"])


def model(name: str) -> Model:
    """Return the model, whose one spec is violated."""
    cell: Cell[str] = Cell("place", (name,))

    def describe(step: Step) -> Event:
        return Event("Warning", name, f"pod/{name}", name)

    @transition(actor="actor", describe=describe)
    def go(cluster: Cluster) -> Cluster | None:
        return cluster.set(cell, name) if cluster[cell] == "" else None

    @invariant
    def stays(cluster: Cluster) -> bool | str:
        return cluster[cell] == "" or name

    return Model((Cluster.of({cell: ""}),), (go.bind(),), (stays,), name=name)
