"""The functions of a model as those who keep tables call them: recorded, and checked to be pure."""

from kmodel.kernel import Action, Cluster, Model, ModelError, Predicate, Spec, Step, Transition, ask, failure
from kmodel.kernel.footprint import Check, Effect, Read, record

CHECKED_IN_BOTH_WAYS = 6
CHECKED_CALLS = 128
CHECKED_EVERY = 16


class Functions:
    """The transitions and specs of a model: how often each was called, and the cells that each action read so far.

    The calls that are checked are counted by action, since a function may be impure for some names only; with
    `by_transition` all names count together, for engines that call each action too seldom for anything else.
    """

    def __init__(self, model: Model, *, by_transition: bool = False) -> None:
        self.model = model
        self.calls = [0] * len(model.actions)
        self._counted: list[int | Transition] = [
            action.transition if by_transition else index for index, action in enumerate(model.actions)
        ]
        self._calls_of = dict.fromkeys(self._counted, 0)
        self.touched: list[set[int]] = [set() for _ in model.actions]
        self.spec_calls = [0] * len(model.specs)

    def call(self, index: int, cluster: Cluster, *, closes_gaps: bool = True) -> tuple[Effect | None, tuple[Read, ...]]:
        """Return what an action does in a cluster (None: it is not enabled), and its reads."""
        action = self.model.actions[index]
        counted = self._counted[index]
        check = _check_after(self._calls_of[counted])
        recording = record(action, cluster, f"transition {action}", check, closes_gaps=closes_gaps)
        self.calls[index] += 1 + check.calls
        self._calls_of[counted] += 1 + check.calls
        self.touched[index].update(read.position for read in recording[1])
        return recording

    def ask(self, index: int, asked: Spec | Predicate, subject: Cluster | Step) -> tuple[bool | str, tuple[Read, ...]]:
        """Return what a spec, or a predicate of it, says of a cluster or step, and its reads."""
        check = _check_after(self.spec_calls[index])
        self.spec_calls[index] += 1 + check.calls
        return ask(asked, subject, check)


def safety_specs(model: Model) -> tuple[list[int], list[int]]:
    """Return the indices of the specs of states, and of those of steps, that are judged without looking at runs."""
    safety = [(index, spec) for index, spec in enumerate(model.specs) if not spec.is_temporal]
    return [index for index, spec in safety if not spec.of_steps], [index for index, spec in safety if spec.of_steps]


def told(asked: Spec | Predicate, answer: bool | str) -> str | None:
    """Return what an answer of a spec or a predicate says that must be told; None if it is as it should be."""
    return asked.form.found(answer) if isinstance(asked, Spec) else failure(answer)


def impure(who: Action | Spec | Predicate) -> ModelError:
    """Return the error of a function that did not read what it had read when it saw the same values."""
    named = f"transition {who}" if isinstance(who, Action) else f"spec {who.name}"
    return ModelError(f"{named} read other cells after seeing the same values; it is not pure")


def _check_after(calls: int) -> Check:
    """Return how the next call of a function is checked: the first in both ways, later ones in turn, then only some."""
    if calls < CHECKED_IN_BOTH_WAYS:
        return Check.BOTH
    if calls < CHECKED_CALLS or calls % CHECKED_EVERY == 0:
        return Check.AGAIN if calls // CHECKED_EVERY % 2 else Check.UNWATCHED
    return Check.NOT
