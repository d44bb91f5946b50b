"""Steps, and the traces that they make."""

from typing import Any

import attrs

from kmodel.kernel.cell import Cell
from kmodel.kernel.cluster import Cluster
from kmodel.kernel.footprint import Effect
from kmodel.kernel.transition import Action, Event


@attrs.frozen
class Step:
    """One action taken: the clusters before and after it, the cells that it read, and what it wrote.

    `next` is the cluster that further steps start from: `after`, with its ranks moved up where the step left gaps.
    """

    before: Cluster
    action: Action
    after: Cluster
    next: Cluster = attrs.field(repr=False)
    reads: tuple[Cell[Any], ...] = attrs.field(repr=False)
    effect: Effect = attrs.field(repr=False)

    @property
    def writes(self) -> tuple[Cell[Any], ...]:
        """The cells that the transition wrote."""
        return tuple(self.before.layout.cells[write.position] for write in self.effect.writes)

    def wrote(self, *families: Any) -> tuple[Cell[Any], ...]:
        """Return the cells of these families that the step wrote."""
        wanted = {family.family for family in families}
        return tuple(cell for cell in self.writes if cell.family in wanted)

    @property
    def event(self) -> Event:
        """The step told as an event."""
        action = self.action
        if action.transition.describe is not None:
            return action.transition.describe(self)
        reason = "".join(word.capitalize() for word in action.transition.name.split("_"))
        kind = "Warning" if action.transition.environment else "Normal"
        return Event(kind, reason, action.object, action.transition.sentence)


@attrs.frozen
class Trace:
    """An initial state and the steps from it, with the address that replays it: one index per choice.

    A lasso is a trace whose steps from `cycle` on are taken again and again for ever; if there are none, its last state
    is never left.
    """

    initial: Cluster
    steps: tuple[Step, ...]
    address: tuple[int, ...]
    cycle: int | None = None

    @property
    def states(self) -> tuple[Cluster, ...]:
        """The clusters on the way, the initial one first."""
        return (self.initial, *(step.next for step in self.steps))

    @property
    def last(self) -> Cluster:
        """The cluster in which the trace ends."""
        return self.steps[-1].next if self.steps else self.initial

    @property
    def path(self) -> str:
        """The address as text: `0/3/1` is the first initial state, then its fourth enabled action, then the second.

        What is taken for ever stands behind a tilde: `0/3~1/2`.
        """
        stem = len(self.address) if self.cycle is None else self.cycle + 1
        text = "/".join(str(index) for index in self.address[:stem])
        return text if self.cycle is None else f"{text}~{'/'.join(str(index) for index in self.address[stem:])}"
