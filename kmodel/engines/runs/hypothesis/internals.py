"""The four places where kmodel reaches into Hypothesis, all to make more of each run, and all dispensable.

A step is chosen by at most two draws, one of a rule and one of its arguments, among those that are possible. Hypothesis
would ask every rule for its precondition, several times per step, draw from all rules until it meets a possible one,
draw again whether that is disabled in this run, and make a strategy for each argument.

A run that its swarm has brought to a standstill goes on. Hypothesis disables some rules in each run, and gives a run up
when only those could go on. A pod passes through some twenty different actions on its way to Running, so nearly every
run would end before that. Here a disabled rule is taken where no other is possible.

A run that is over ends. Hypothesis would go on to draw until the run has its number of steps.

What becomes of a run is looked at from one of its states that is drawn once the run is over. It is part of what
Hypothesis shrinks.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from hypothesis import stateful
from hypothesis.control import current_build_context
from hypothesis.internal.conjecture.data import Status

if TYPE_CHECKING:

    class _RuleStrategy:
        machine: Any
        rules: Any

        def __init__(self, machine: Any) -> None: ...

else:
    _RuleStrategy = stateful.RuleStrategy


class Chooser(Protocol):
    """A machine that knows which of its rules are possible now, without being asked for each."""

    def possible(self) -> Sequence[Any]:
        """Return marks of the rules that are possible, at least one: what is in `mark` of their functions."""

    def bindings(self, mark: Any) -> Sequence[dict[str, str]]:
        """Return the arguments with which a rule is possible."""


class RuleChoice(_RuleStrategy):
    """The choice of the next rule and its arguments, in place of Hypothesis's own."""

    def __init__(self, machine: Any) -> None:
        super().__init__(machine)
        self._rules = {rule.function.mark: rule for rule in self.rules}
        self._disabled: frozenset[Any] | None = None  # in this run

    def do_draw(self, data: Any) -> Any:
        """Choose a rule and its arguments."""
        machine: Chooser = self.machine
        marks = machine.possible()
        if len(marks) > 1:
            if self._disabled is None:
                self._disabled = _swarm(data, list(self._rules))
            marks = [mark for mark in marks if mark not in self._disabled] or marks
        mark = _one_of(data, marks)
        return self._rules[mark], _one_of(data, machine.bindings(mark))


def _swarm(data: Any, marks: list[Any]) -> frozenset[Any]:
    """Draw the rules that are disabled in a run: none, or about one, two or three in four. It shrinks to none."""
    quarters = data.draw_integer(0, 3)
    if quarters == 0:
        return frozenset()
    size = (len(marks) + 7) // 8
    one, other = (int.from_bytes(data.draw_bytes(size, size), "big") for _ in range(2))
    bits = one if quarters == 2 else one & other if quarters == 1 else one | other
    return frozenset(mark for place, mark in enumerate(marks) if bits >> place & 1)


def _one_of(data: Any, items: Sequence[Any]) -> Any:
    return items[data.draw_integer(0, len(items) - 1)] if len(items) > 1 else items[0]


def choose_fast(machine: stateful.RuleBasedStateMachine) -> None:
    """Let the machine choose by `RuleChoice`; if this Hypothesis chooses rules in another way, leave it as it is."""
    if hasattr(stateful.RuleStrategy, "_rule_is_enabled") and hasattr(machine, "_rules_strategy"):
        machine._rules_strategy = RuleChoice(machine)  # type: ignore[assignment]


def end_run() -> None:
    """End the run as one that found nothing wrong; with a Hypothesis that cannot do so, let it go on."""
    conclude = getattr(current_build_context().data, "conclude_test", None)
    if conclude is not None:
        conclude(Status.VALID)


def draw_up_to(largest: int) -> int:
    """Draw a number from 0, which is what it shrinks to; with a Hypothesis that cannot do so here, return 0."""
    draw = getattr(current_build_context().data, "draw_integer", None)
    return 0 if draw is None or not largest else int(draw(0, largest))
