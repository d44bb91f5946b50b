"""Who spoke to whom in a trace, derived from facts alone: who took each step and which cells it wrote and read.

A cell belongs to a lifeline if its name says so: `etcd/pods[nginx]` to etcd, `kubelet/pods[n1, nginx]` to
kubelet/n1. A cell that belongs to nobody, such as a call under way, carries a message to whoever next takes it up.
"""

from collections.abc import Sequence
from typing import Any

import attrs

from kmodel.kernel import Cell, Model, Step, Trace

MOST_HEARD = 2  # senders that a step is shown to hear from; one that looks at everything hears from nobody


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
    actor = step.action.actor
    sent: dict[str, list[Cell[Any]]] = {}
    heard: dict[str, list[Cell[Any]]] = {}
    for cell in step.writes:
        if owner(cell, actors) is None and _took(step, cell):
            _note(heard, _last_writer(cell, steps[:number]), cell)
        else:
            _note(sent, owner(cell, actors) or _partner(cell, number, steps), cell)
    sent.pop(actor, None)
    if sent:
        return tuple(Message(number, actor, receiver, tuple(cells)) for receiver, cells in sent.items())
    for cell in () if heard else step.reads:  # a message that was received says more than what was looked at beside it
        if cell not in step.writes:
            _note(heard, owner(cell, actors) or _last_writer(cell, steps[:number]), cell)
    heard.pop(actor, None)
    if len(heard) > MOST_HEARD:
        return ()
    return tuple(Message(number, sender, actor, tuple(cells), asked=True) for sender, cells in heard.items())


def _note(by_actor: dict[str, list[Cell[Any]]], actor: str | None, cell: Cell[Any]) -> None:
    if actor is not None:
        by_actor.setdefault(actor, []).append(cell)


def _took(step: Step, cell: Cell[Any]) -> bool:
    """Tell whether the step took something out of the cell and put nothing in: it received a message, it sent none."""
    old, new = step.before[cell], step.after[cell]
    return not new or (isinstance(old, tuple) and isinstance(new, tuple) and len(new) < len(old))


def _partner(cell: Cell[Any], number: int, steps: Sequence[Step]) -> str | None:
    """Return who takes up what was written, or if nobody does within the trace, who spoke through this cell before."""
    actor = steps[number].action.actor
    for step in steps[number + 1 :]:
        if cell in step.writes and step.action.actor != actor:  # taken up, or else overwritten unseen
            return step.action.actor if cell in step.reads else None
    return _last_writer(cell, steps[:number])


def _last_writer(cell: Cell[Any], earlier: Sequence[Step]) -> str | None:
    return next((step.action.actor for step in reversed(earlier) if cell in step.writes), None)
