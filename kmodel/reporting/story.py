"""A trace as a story: one line per step, in the manner of `kubectl get events`."""

from collections.abc import Mapping

import attrs

from kmodel.kernel import Step, Trace
from kmodel.printable import in_one_line
from kmodel.reporting.columns import columns, wrapped
from kmodel.reporting.counted import counted
from kmodel.reporting.diff import Change, changes
from kmodel.reporting.lasso import after_the_cycle, before_the_cycle

WIDTH = 80  # columns, where nothing else is known
NO_MARKS: Mapping[int, str] = {}
CHANGE = 9  # columns by which what a step changed is indented: more than its message


@attrs.frozen
class Line:
    """One step of a story: who did what to which object, and what that changed."""

    number: int
    type: str
    reason: str
    object: str
    actor: str
    action: str
    message: str
    changes: tuple[Change, ...]


def story(trace: Trace) -> tuple[Line, ...]:
    """Return the lines of a trace's story, numbered from 1; versions count up in it."""
    return lines_of(counted(trace))


def lines_of(trace: Trace) -> tuple[Line, ...]:
    """Return the lines of a trace in whose steps versions count up."""
    return tuple(line(number, step) for number, step in enumerate(trace.steps, start=1))


def line(number: int, step: Step) -> Line:
    """Return the line of one step."""
    event = step.event
    return Line(
        number,
        event.type,
        event.reason,
        event.object or "-",
        step.action.actor,
        str(step.action),
        event.message,
        changes(step.before, step.after),
    )


def event_table(
    trace: Trace,
    *,
    width: int | None = WIDTH,
    wide: bool = False,
    diffs: bool = False,
    marks: Mapping[int, str] = NO_MARKS,
) -> str:
    """Return a trace as a table of events, with what is taken for ever told apart; wide adds the action and wraps
    nothing. Marks stand behind the numbers of steps."""
    lines = story(trace)
    if not lines:
        only = "the initial state, before any step"
        return only if trace.cycle is None else f"{only}\n{before_the_cycle(trace)}"
    headings = ["STEP", "TYPE", "REASON", "OBJECT", "ACTOR", *(["ACTION"] if wide else []), "MESSAGE"]
    rows = [
        [
            f"{x.number}{marks.get(x.number, '')}",
            x.type,
            x.reason,
            x.object,
            x.actor,
            *([x.action] if wide else []),
            x.message,
        ]
        for x in lines
    ]
    if wide:
        width = None
    head, *body = columns(headings, rows, width)
    out = list(head)
    for told, row in zip(lines, body, strict=True):
        if told.number - 1 == trace.cycle:
            out += [before_the_cycle(trace)]
        out += row
        if diffs:
            out += [text for change in told.changes for text in _change(change, width)]
    if trace.cycle is not None:
        out += [after_the_cycle(trace) or before_the_cycle(trace)]
    return "\n".join(out)


def _change(change: Change, width: int | None) -> list[str]:
    return (
        [" " * CHANGE + in_one_line(str(change))] if width is None else wrapped(str(change), width, CHANGE, hanging=2)
    )
