"""The two places where kmodel reaches into Hypothesis, both to make more of each run, and both dispensable.

A run that is over ends. Hypothesis would go on to draw until the run has its number of steps.

A run that its swarm has brought to a standstill goes on. Hypothesis disables some rules in each run, and gives a run up
when only those could go on. A pod passes through some twenty different actions on its way to Running, so nearly every
run would end before that. Here a disabled rule is taken where no other is possible.
"""

from typing import TYPE_CHECKING, Any

from hypothesis import stateful
from hypothesis.control import current_build_context
from hypothesis.internal.conjecture.data import Status

if TYPE_CHECKING:

    class _RuleStrategy:
        machine: Any
        rules: Any
        _feature_flags: Any

        def __init__(self, machine: Any) -> None: ...
        def is_valid(self, rule: Any) -> bool: ...
        def _rule_is_enabled(self, rule: Any) -> bool: ...
        def do_draw(self, data: Any) -> Any: ...

else:
    _RuleStrategy = stateful.RuleStrategy


class Unstuck(_RuleStrategy):
    """Hypothesis's choice of the next rule, but for runs at a standstill."""

    def do_draw(self, data: Any) -> Any:
        """Choose a rule and its arguments."""
        self._standstill: bool | None = None
        self._valid: dict[int, bool] = {}
        return super().do_draw(data)

    def is_valid(self, rule: Any) -> bool:
        """Tell whether the rule's precondition holds; Hypothesis asks that of each rule several times per step."""
        valid = self._valid.get(id(rule))
        if valid is None:
            valid = self._valid[id(rule)] = super().is_valid(rule)
        return valid

    def _rule_is_enabled(self, rule: Any) -> bool:
        if not self.is_valid(rule):
            return False
        return self._feature_flags.is_enabled(rule.function.__name__) or self._is_standstill()

    def _is_standstill(self) -> bool:
        if self._standstill is None:
            valid = [rule.function.__name__ for rule in self.rules if self.is_valid(rule)]
            self._standstill = not any(self._feature_flags.is_enabled(name) for name in valid)
        return self._standstill


def unstick(machine: stateful.RuleBasedStateMachine) -> None:
    """Let the machine's runs go on; with a Hypothesis that chooses rules in another way, leave them as they are."""
    if hasattr(stateful.RuleStrategy, "_rule_is_enabled") and hasattr(machine, "_rules_strategy"):
        machine._rules_strategy = Unstuck(machine)  # type: ignore[assignment]


def end_run() -> None:
    """End the run as one that found nothing wrong; with a Hypothesis that cannot do so, let it go on."""
    conclude = getattr(current_build_context().data, "conclude_test", None)
    if conclude is not None:
        conclude(Status.VALID)
