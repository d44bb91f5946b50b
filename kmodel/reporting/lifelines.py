"""Who spoke to whom in a trace, derived from facts alone: who took each step and which cells it wrote and read.

A cell belongs to a lifeline if its name says so: `etcd/pods[nginx]` to etcd, `kubelet/pods[n1, nginx]` to
kubelet/n1. A cell that belongs to nobody, such as a call under way, carries a message to whoever next takes it up.
"""

from collections.abc import Sequence
from typing import Any

import attrs

from kmodel.kernel import Cell, Model, Step, Trace


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


def actors_of(model: Model, taking_part: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the actors of a model, in the order of those who take part; kubelet stands for kubelet/n1, kubelet/n2."""
    order = {who: place for place, who in enumerate(taking_part)}
    actors = dict.fromkeys(action.actor for action in model.actions)
    return tuple(sorted(actors, key=lambda who: order.get(who, order.get(who.partition("/")[0], len(order)))))


def sequence(trace: Trace, actors: Sequence[str]) -> Diagram:
    """Return the messages of a trace, and as lifelines those of the actors who have any or take a step."""
    messages = tuple(_messages(number, trace.steps, actors) for number in range(len(trace.steps)))
    used = {step.action.actor for step in trace.steps}
    used = used.union(*({message.sender, message.receiver} for of_step in messages for message in of_step))
    return Diagram(tuple(actor for actor in actors if actor in used), messages)


def owner(cell: Cell[Any], actors: Sequence[str]) -> str | None:
    """Return the lifeline that a cell belongs to by the name of its family; None if it belongs to nobody."""
    first, *rest = cell.family.split("/")
    candidates = [*("/".join((first, part)) for part in (*cell.key, *rest)), first]
    return next((candidate for candidate in candidates if candidate in actors), None)


def _messages(number: int, steps: Sequence[Step], actors: Sequence[str]) -> tuple[Message, ...]:
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
