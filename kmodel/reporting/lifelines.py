"""Who spoke to whom in a trace, derived from facts alone: who took each step and which cells it wrote and read.

A cell belongs to a lifeline if its name says so: `etcd/pods[nginx]` to etcd, `kubelet/pods[n1, nginx]` to
kubelet/n1. A cell that belongs to nobody, such as a call under way, carries a message to whoever next takes it up.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from kmodel.kernel import Cell, Step, Trace


@attrs.frozen
class Message:
    """An arrow of a sequence diagram; `asked` marks one that shows what a step read, not what it wrote."""

    step: int
    sender: str
    receiver: str
    cells: tuple[Cell[Any], ...]
    asked: bool = False


@attrs.frozen
class Diagram:
    """The lifelines of a trace, from left to right, and the messages of each step."""

    lifelines: tuple[str, ...]
    messages: tuple[tuple[Message, ...], ...]


def sequence(trace: Trace, taking_part: Sequence[str] = ()) -> Diagram:
    """Return the lifelines and messages of a trace; those who take part come in their order, others as they appear."""
    actors = dict.fromkeys([*taking_part, *(step.action.actor for step in trace.steps)])
    messages = tuple(_messages(number, trace.steps, tuple(actors)) for number in range(len(trace.steps)))
    used = dict.fromkeys(step.action.actor for step in trace.steps)
    for of_step in messages:
        for message in of_step:
            used.update(dict.fromkeys((message.sender, message.receiver)))
    order = {actor: place for place, actor in enumerate(actors)}
    return Diagram(tuple(sorted(used, key=lambda actor: order.get(actor, len(order)))), messages)


def owner(cell: Cell[Any], actors: Iterable[str]) -> str | None:
    """Return the lifeline that a cell belongs to by the name of its family; None if it belongs to nobody."""
    first, *rest = cell.family.split("/")
    candidates = [
        cell.family,
        *("/".join((first, part)) for part in cell.key),
        *("/".join((first, part)) for part in rest),
        first,
    ]
    known = set(actors)
    return next((candidate for candidate in candidates if candidate in known), None)


def _messages(number: int, steps: Sequence[Step], actors: tuple[str, ...]) -> tuple[Message, ...]:
    step = steps[number]
    sender = step.action.actor
    sent: dict[str, list[Cell[Any]]] = {}
    for cell in step.writes:
        receiver = owner(cell, actors) or _next_reader(cell, steps[number + 1 :], sender)
        if receiver is not None and receiver != sender:
            sent.setdefault(receiver, []).append(cell)
    if sent:
        return tuple(Message(number, sender, receiver, tuple(cells)) for receiver, cells in sent.items())
    read: dict[str, list[Cell[Any]]] = {}
    for cell in step.reads:
        asked = owner(cell, actors) or _last_writer(cell, steps[:number])
        if asked is not None and asked != sender:
            read.setdefault(asked, []).append(cell)
    return tuple(Message(number, asked, sender, tuple(cells), asked=True) for asked, cells in read.items())


def _next_reader(cell: Cell[Any], later: Sequence[Step], sender: str) -> str | None:
    for step in later:
        if cell in step.writes and step.action.actor != sender:  # taken up, or else overwritten unseen
            return step.action.actor if cell in step.reads else None
    return None


def _last_writer(cell: Cell[Any], earlier: Sequence[Step]) -> str | None:
    return next((step.action.actor for step in reversed(earlier) if cell in step.writes), None)
