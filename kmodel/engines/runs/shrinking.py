"""Shrinking: from the steps of a run that shows something to few steps that show it still, in an order that reads well.

Steps are left out in chunks, then one by one and in pairs, as in delta debugging (Zeller and Hildebrandt 2002); a step
that is not enabled any more is skipped, so what is left is always a run. Steps are then moved to stand beside those
of the same actor. The outcome is not always the shortest run: that is what breadth-first search is for.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import pairwise

import attrs

from kmodel.engines.clock import STOPPED, Deadline
from kmodel.engines.runs.run_space import RunSpace, State
from kmodel.kernel import Model, Spec

MOST_STEPS = 200_000  # tried in all for one run; what is found by then is returned
MOST_IN_DETAIL = 60  # steps of a run in which pairs are left out and steps are moved


@attrs.frozen
class Shown:
    """A run that shows what a spec says, by the indices of its actions, and what it says; of a lasso also the actions
    that are then taken for ever."""

    choices: tuple[int, ...]
    reason: str
    cycle: tuple[int, ...] | None = None


class Shrinker:
    """Shrinks the runs of a model, each from one of its initial states to what a spec says, as far as there is time."""

    def __init__(self, model: Model, deadline: Deadline) -> None:
        self.space = RunSpace(model)  # of its own: what it tries is not what a run has seen, nor cut short in a run
        self.deadline = deadline

    def shrink(self, spec: Spec, initial: int, choices: Sequence[int]) -> Shown:
        """Return the smallest run found that shows what the spec says at the end of this one."""
        return _ToAnswer(self, spec, initial).shrink(choices)


class Shrinking(ABC):
    """The shrinking of one run; a subclass says what its steps show, and how they are cut short."""

    def __init__(self, shrinker: Shrinker, spec: Spec, initial: int) -> None:
        self.space, self.spec, self.initial = shrinker.space, spec, initial
        self.deadline = shrinker.deadline
        self.actors = [action.actor for action in self.space.model.actions]
        self.left = MOST_STEPS
        self.best: Shown

    def shrink(self, choices: Sequence[int]) -> Shown:
        """Return the smallest run found that shows what the spec says, given one that does."""
        shown = self._run(choices)
        assert shown is not None, f"{self.spec.name} says nothing on a run on which it did"
        self.best = shown
        with suppress(*STOPPED):  # the best so far is shown; whoever asked to stop is heard at the next step of a run
            while self.left > 0 and (self._drop() or self._cut() or self._drop_pairs() or self._move()):
                pass
        return self.best

    def _drop(self) -> bool:
        """Leave out chunks of steps, ever smaller ones."""
        before = self.best
        size = len(before.choices) // 2
        while size > 0:
            start = len(self.best.choices) - size
            while start >= 0 and self.left > 0:
                choices = self.best.choices
                self._is_better((*choices[:start], *choices[start + size :]))
                start = min(start, len(self.best.choices)) - size
            size //= 2
        return self.best is not before

    @abstractmethod
    def _cut(self) -> bool:
        """Try to leave out a longer part of the run; tell whether that made it smaller."""

    def _drop_pairs(self) -> bool:
        """Leave out two steps that are of no use without each other, such as a request and its answer."""
        choices = self.best.choices
        if len(choices) > MOST_IN_DETAIL:
            return False
        pairs = ((one, other) for other in range(len(choices)) for one in range(other))
        return any(
            self._is_better((*choices[:one], *choices[one + 1 : other], *choices[other + 1 :])) for one, other in pairs
        )

    def _move(self) -> bool:
        """Move a step forward, if that makes for fewer changes of the actor or comes earlier in the model's order."""
        choices = self.best.choices
        if len(choices) > MOST_IN_DETAIL:
            return False
        moves = ((to, place) for place in range(len(choices)) for to in range(place))
        return any(
            self._is_better((*choices[:to], choices[place], *choices[to:place], *choices[place + 1 :]))
            for to, place in moves
        )

    def _is_better(self, choices: tuple[int, ...]) -> bool:
        """Take a run as the best so far if it is smaller and shows the same."""
        self.deadline.check()
        if self.left <= 0 or self._size(attrs.evolve(self.best, choices=choices)) >= self._size(self.best):
            return False
        shown = self._run(choices)
        if shown is None or self._size(shown) >= self._size(self.best):
            return False
        self.best = shown
        return True

    def _size(self, shown: Shown) -> tuple[int, int, tuple[int, ...]]:
        choices = (*shown.choices, *(shown.cycle or ()))
        actors = [self.actors[index] for index in choices]
        return len(choices), sum(one != other for one, other in pairwise(actors)), choices

    @abstractmethod
    def _run(self, choices: Sequence[int]) -> Shown | None:
        """Return what these steps show, without those that are not enabled; None if that is nothing."""

    def _states(self, choices: Sequence[int]) -> Iterator[State]:
        state = self.space.initial(self.initial)
        yield state
        for index in choices:
            state, _ = self.space.follow(state, index)
            yield state


class _ToAnswer(Shrinking):
    """Shrinks the way to a state or step of which the spec says something."""

    def _cut(self) -> bool:
        """Look for a step off the run that shows it earlier."""
        choices = self.best.choices
        for place, state in enumerate(self._states(choices[:-2])):
            for index in state.enabled:
                if self._reason(self.space.follow(state, index)[1]) is not None:
                    return self._is_better((*choices[:place], index))
        return False

    def _run(self, choices: Sequence[int]) -> Shown | None:
        """Return the run with these steps, without those not enabled and without detours; None if it shows nothing."""
        state = self.space.initial(self.initial)
        reason = self._reason(state.answers)
        kept: list[int] = []
        place_of = {state.row: 0}
        for index in choices if reason is None else ():
            self.left -= 1
            if index not in state.enabled:
                continue
            state, answers = self.space.follow(state, index)
            kept.append(index)
            reason = self._reason(answers)
            if reason is not None:
                break
            place = place_of.get(state.row)
            if place is not None:  # it was here before, and need not have gone away
                del kept[place:]
                place_of = {row: at for row, at in place_of.items() if at <= place}
            else:
                place_of[state.row] = len(kept)
        return None if reason is None else Shown(tuple(kept), reason)

    def _reason(self, answers: Sequence[tuple[Spec, str]]) -> str | None:
        return next((reason for spec, reason in answers if spec is self.spec), None)
