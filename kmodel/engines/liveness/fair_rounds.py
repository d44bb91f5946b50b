"""Fair runs without a graph: the environment stops, and the system goes on in rounds until it comes back.

A round gives each action of the system its turn, at which it is taken if it is enabled and changes something. Once a
round ends in a state in which one ended before, the rounds between can be taken for ever: in them each action was
taken, or was not enabled at its turn, which is weakly fair to all. An action that is owed strong fairness and misses it
has priority in another attempt, once in a round; of several that have it, the one taken longest ago goes first, so that
none of them starves another.

What becomes of a run may depend on who comes first. So rounds are taken in the model's order and in the reverse of it,
and, where actions of the system are owed nothing, also without these.
"""

from collections.abc import Iterator

import attrs

from kmodel.engines.liveness.one_run import starved
from kmodel.engines.space import STATES_KEPT, Space, State
from kmodel.kernel import Fairness, Model, Predicate

LEAST_ROUNDS = 100  # are taken however short the runs are


@attrs.frozen(eq=False)
class Run:
    """A run through a space, by the indices of its actions. Those from `cycle` on are taken for ever; if there are
    none, its last state is never left."""

    space: Space
    states: tuple[State, ...]
    choices: tuple[int, ...]
    cycle: int

    @property
    def length(self) -> int:
        """How many steps it has."""
        return len(self.choices)

    def of_state(self, predicate: Predicate, place: int) -> str | None:
        """Return what is wrong with the state after so many steps."""
        return self.space.wrong_in(predicate, self.states[place])

    def of_step(self, predicate: Predicate, place: int) -> str | None:
        """Return what is wrong with the step after so many steps."""
        return self.space.wrong_of(predicate, self.states[place], self.choices[place])


class FairRounds:
    """Fair rounds in a space: `bound` is how many are taken at most, `most` how many it took so far, and `unfinished`
    how often the bound was met.

    Short of the number of states no number of rounds is enough for every model. The bound is that of the memory: so
    many rounds can pass through new states before one of these is forgotten. A sampling asks for fewer, as many as its
    runs have steps, so that a model that never comes back does not take all its time.
    """

    def __init__(self, space: Space, most: int | None = None) -> None:
        self.space = space
        self.orders = _orders(space.model)
        self.bound = max(1, STATES_KEPT // max(1, len(self.orders[0])))
        if most is not None:
            self.bound = min(self.bound, max(most, LEAST_ROUNDS))
        self.most = self.unfinished = 0
        self._fairness = [action.transition.fairness for action in space.model.actions]
        self._owed = [index for index, owed in enumerate(self._fairness) if owed is not Fairness.NONE]

    def after(self, states: tuple[State, ...], choices: tuple[int, ...]) -> Iterator[Run]:
        """Yield fair runs that begin with these steps through these states, as far as they come back.

        There is one for each order of rounds.
        """
        for order in self.orders:
            run = self._fair(Run(self.space, states, choices, len(choices)), order)
            if run is not None:
                yield run

    def is_fair(self, run: Run) -> bool:
        """Tell whether a run that goes round its cycle for ever is fair to all actions."""
        return not self._starved(run)

    def _starved(self, run: Run) -> set[int]:
        enabled = [set(self.space.moves(state)) for state in run.states[run.cycle :]]
        return starved(enabled, set(run.choices[run.cycle :]), self._fairness.__getitem__)

    def _fair(self, start: Run, order: tuple[int, ...]) -> Run | None:
        urgent: frozenset[int] = frozenset()
        while True:
            run = self._rounds(start, order, urgent)
            if run is None or self._met_bound(run):
                return None
            missed = self._starved(run)
            if not missed:
                return run
            assert missed.isdisjoint(urgent), "of what is urgent, nothing waits for ever"
            urgent |= missed

    def _met_bound(self, run: Run) -> bool:
        """Tell whether it is not known of all actions whether the run is fair to them."""
        return any(self.space.met_bound(state, index) for state in run.states[run.cycle :] for index in self._owed)

    def _rounds(self, start: Run, order: tuple[int, ...], urgent: frozenset[int]) -> Run | None:
        states, choices, queue = list(start.states), list(start.choices), sorted(urgent)
        place_of = {(states[-1].row, tuple(queue)): len(choices)}
        for number in range(1, self.bound + 1):
            self._round(states, choices, order, queue)
            self.most = max(self.most, number)
            reached = states[-1].row, tuple(queue)
            if reached in place_of:
                return Run(self.space, tuple(states), tuple(choices), place_of[reached])
            place_of[reached] = len(choices)
        self.unfinished += 1
        return None

    def _round(self, states: list[State], choices: list[int], order: tuple[int, ...], queue: list[int]) -> None:
        taken = set[int]()

        def take(index: int) -> bool:
            if index in taken or index not in self.space.moves(states[-1]):
                return False
            states.append(self.space.follow(states[-1], index)[0])
            choices.append(index)
            taken.add(index)
            return True

        def take_urgent() -> None:
            while (index := next((index for index in queue if take(index)), None)) is not None:
                queue.remove(index)
                queue.append(index)

        for index in order:
            take_urgent()
            take(index)
        take_urgent()


def _orders(model: Model) -> tuple[tuple[int, ...], ...]:
    """Return the orders in which rounds are taken, none of them twice; the first has all actions of the system."""
    system = [index for index, action in enumerate(model.actions) if not action.transition.environment]
    owed = [index for index in system if model.actions[index].transition.fairness is not Fairness.NONE]
    return tuple(dict.fromkeys(map(tuple, (system, system[::-1], owed))))
