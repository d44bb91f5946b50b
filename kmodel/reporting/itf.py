"""Violations as traces in the Informal Trace Format, which viewers of TLA+ and Quint read.

Format: Apalache, ADR 015 (informal systems), version of 2023: JSON, a list of states, each a value per variable.
"""

import json
from typing import Any

from kmodel.engines.events import Finished
from kmodel.kernel import Cluster, Trace
from kmodel.kernel.values import remembered
from kmodel.printable import printable
from kmodel.reporting.files import write
from kmodel.reporting.handler import Handler
from kmodel.reporting.reports import ReportContext, writing
from kmodel.reporting.value_text import show

ACTION = "action_taken"


def handler(context: ReportContext) -> Handler:
    """Return the handler that writes a file for each violation."""

    def write_files(event: Finished) -> None:
        for finding in event.result.findings:
            if finding.trace is not None and (finding.is_failure or finding.is_hazard):
                document = itf(finding.trace, f"{context.source.name}: {finding.spec.name}")
                write(context.file(f"{finding.spec.name}.itf.json"), json.dumps(document, indent=1) + "\n")

    return writing(context, write_files)


_text = remembered(show)  # most cells hold the same in one state after the other


def itf(trace: Trace, description: str) -> dict[str, Any]:
    """Return a trace: the cells are its variables, with their values as text, and the action that led to each state."""
    names = [str(cell) for cell in trace.initial.layout.cells]
    states = [_state(0, trace.initial, "")]
    states += [_state(place, step.next, str(step.action)) for place, step in enumerate(trace.steps, start=1)]
    made: dict[str, Any] = {
        "#meta": {"format": "ITF", "description": printable(description), "source": "kmodel"},
        "vars": [*names, ACTION],
        "states": states,
    }
    return made if trace.cycle is None else {**made, "loop": trace.cycle}


def _state(index: int, cluster: Cluster, action: str) -> dict[str, Any]:
    values = zip(cluster.layout.cells, cluster.values, strict=True)
    return {"#meta": {"index": index}, **{str(cell): _value(value) for cell, value in values}, ACTION: action}


def _value(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return {"#bigint": str(value)}
    return value if isinstance(value, str) else _text(value)
