"""The usual order: actors take turns, each goes on until it has nothing to do, and its first action comes first.

So what comes next follows from a state and from whose turn it is. No fault is ever next; requests are, in their turn.
"""

from collections.abc import Iterable, Iterator, Sequence

from kmodel.kernel import Model


class UsualOrder:
    """The usual order of a model's actions. Actors are numbered as they turn up; a turn is such a number."""

    def __init__(self, model: Model) -> None:
        numbers: dict[str, int] = {}
        for action in model.actions:
            if not action.is_fault:
                numbers.setdefault(action.actor, len(numbers))
        self.actors = max(1, len(numbers))
        self._of = [None if action.is_fault else numbers[action.actor] for action in model.actions]

    def next(self, actions: Iterable[int], turn: int) -> int | None:
        """Return which of the actions comes next, by their indices in rising order; None if all of them are faults."""
        ranked = (((of - turn) % self.actors, index) for index in actions if (of := self._of[index]) is not None)
        return min(ranked, default=(0, None))[1]

    def whose(self, following: Iterable[int], turn: int) -> int:
        """Return whose turn it is if these actions are to be taken: who is next from a turn on; 0 if nobody is."""
        upcoming = self.next(following, turn)
        return 0 if upcoming is None else self._of[upcoming] or 0

    def after(self, action: int, turn: int, following: Iterable[int]) -> int:
        """Return whose turn it is after an action, if these are then to be taken: its actor's, as long as that has any.

        A fault takes nobody's turn.
        """
        of = self._of[action]
        return self.whose(following, turn if of is None else of)

    def instead(self, actions: Sequence[int], turn: int) -> Iterator[int]:
        """Yield what else may be taken by whose turn it is, and what is next if the turn is passed on."""
        own = [index for index in actions if self._of[index] == turn]
        yield from own[1:]
        upcoming = self.next((index for index in actions if index not in own), turn)
        if upcoming is not None:
            yield upcoming
