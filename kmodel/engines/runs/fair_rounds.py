"""Fair runs without a graph: the environment stops, and the system goes on in rounds until it comes back.

A round gives each action of the system its turn, at which it is taken if it is enabled and changes something. Once a
round ends in a state in which one ended before, the rounds between can be taken for ever: in them each action was
taken, or was not enabled at its turn, which is weakly fair to all. An action that is owed strong fairness and misses it
has priority in another attempt, once in a round; of several that have it, the one taken longest ago goes first, so that
none of them starves another.

What becomes of a run may depend on who comes first. So rounds are taken in the model's order and in the reverse of it,
and, where actions of the system are owed nothing, also without these.
"""

from collections.abc import Iterator, Sequence

import attrs

from kmodel.engines.liveness.lassos import without_loops
from kmodel.engines.liveness.one_run import idle_in, judge, judge_run, starved
from kmodel.engines.results import Finding, Verdict
from kmodel.engines.runs.run_space import Judgement, RunSpace, State
from kmodel.engines.runs.shrinking import Shown, Shrinker, Shrinking
from kmodel.engines.tables.walker import trace_of
from kmodel.kernel import Fairness, Model, Predicate, Spec, keys_of

LEAST_ROUNDS = 100  # are taken however short the runs are


@attrs.frozen(eq=False)
class Run:
    """A run through a space, by the indices of its actions. Those from `cycle` on are taken for ever; if there are
    none, its last state is never left."""

    space: RunSpace
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

    def __init__(self, space: RunSpace, most: int | None = None) -> None:
        self.space = space
        self.orders = _orders(space.model)
        self.bound = max(1, space.states_kept // max(1, len(self.orders[0])))
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


NOT_JUDGED = "ends of runs are compared only once all states are known"


class FairRuns:
    """The fair runs that sampled ones go on as, and the temporal specs that they violate."""

    def __init__(self, space: RunSpace, most_rounds: int | None = None) -> None:
        self.space = space
        self.rounds = FairRounds(space, most_rounds)
        layout = space.model.initial[0].layout
        judged = [spec for spec in space.model.specs if spec.form.violating is not None]
        self.keys = {spec: keys_of(spec, layout) for spec in judged}

    def after(self, states: Sequence[State], choices: Sequence[int]) -> Iterator[Run]:
        """Yield the fair runs that begin with these steps through these states."""
        return self.rounds.after(tuple(states), tuple(choices))

    def violated(self, run: Run) -> Iterator[Judgement]:
        """Yield the specs that a run violates, and why."""
        for spec in self.keys:
            reason = self.reason(run, spec)
            if reason is not None:
                yield spec, reason

    def reason(self, run: Run, spec: Spec) -> str | None:
        """Return why a run violates a spec, asked about one of its keys; None if it does not."""
        reasons = (judge(spec, key, run) for key in self.keys[spec])
        return next((reason for reason in reasons if reason is not None), None)

    def open(self, spec: Spec, why: str) -> Finding:
        """Return the finding of a spec of which sampled runs showed nothing."""
        return Finding(spec, Verdict.NO_VIOLATION_FOUND, self._why_open(spec, why))

    def _why_open(self, spec: Spec, why: str) -> str:
        if not spec.is_temporal:
            return f"not seen to happen; {why}" if spec.form.wanted else why
        if spec.form.compares_ends:
            return f"{why}; {NOT_JUDGED}"
        rounds = self.rounds
        why += ", then in fair rounds until a state came back"
        why += f": {rounds.most:,} rounds at most, of {rounds.bound:,} allowed"
        return why + (f"; in {rounds.unfinished:,} cases none came back" if rounds.unfinished else "")


def shrink(shrinker: Shrinker, spec: Spec, initial: int, choices: Sequence[int], fair: FairRuns) -> Finding:
    """Return the finding of a spec that fair runs with this beginning violate, by the smallest of them found.

    Rounds are taken as long as those of the fair runs in which it was found.
    """
    lasso = _ToLasso(shrinker, spec, initial, fair.rounds.bound).shrink(choices)
    return finding_of(shrinker.space.model, spec, initial, lasso)


def finding_of(model: Model, spec: Spec, initial: int, shown: Shown) -> Finding:
    """Return the finding of a lasso that violates a spec: its steps taken again, and judged by the functions."""
    assert shown.cycle is not None, "a lasso has a cycle"
    trace = trace_of(model, initial, [*shown.choices, *shown.cycle])
    trace = attrs.evolve(trace, cycle=len(shown.choices))
    reasons = (judge_run(spec, key, trace) for key in keys_of(spec, model.initial[0].layout))
    reason = next(reason for reason in reasons if reason is not None)
    return Finding(spec, Verdict.VIOLATED, reason, trace, idle=idle_in(model, trace))


class _ToLasso(Shrinking):
    """Shrinks the way to a cycle that violates a spec; the cycle is found anew each time, by fair rounds."""

    def __init__(self, shrinker: Shrinker, spec: Spec, initial: int, most_rounds: int) -> None:
        super().__init__(shrinker, spec, initial)
        self.fair = FairRuns(self.space, most_rounds)

    def shrink(self, choices: Sequence[int]) -> Shown:
        """Return the smallest run found, given one that shows it: first its beginning is cut short.

        Dropped one by one, the steps of fair rounds would be taken by these again, which is most of the work in vain.
        """
        length = 0
        while length < len(choices):
            if self._run(choices[:length]) is not None:
                return super().shrink(choices[:length])
            length = 2 * length or 1
        return super().shrink(choices)

    def _run(self, choices: Sequence[int]) -> Shown | None:
        states, kept = [self.space.initial(self.initial)], list[int]()
        for index in choices:
            if index in self.space.moves(states[-1]):
                states.append(self.space.follow(states[-1], index)[0])
                kept.append(index)
        shown = []
        for run in self.fair.after(states, kept):
            self.left -= run.length
            reason = self.fair.reason(run, self.spec)
            if reason is not None:
                run = self._shortened(run)
                shown.append(Shown(run.choices[: run.cycle], reason, run.choices[run.cycle :]))
        return min(shown, key=self._size, default=None)

    def _cut(self) -> bool:
        """Leave out detours: steps that lead back to where they began."""
        choices = self.best.choices

        def states_of(path: list[int]) -> list[tuple[int, ...]]:
            return [state.row for state in self._states(path)]

        without_loops(list(choices), states_of, lambda shorter: self._is_better(tuple(shorter)))
        return self.best.choices != choices

    def _shortened(self, run: Run) -> Run:
        """Return the run that enters its cycle as early as it can, with a cycle without detours that is still fair."""
        states, choices, cycle = run.states, run.choices, run.cycle
        place_of = {states[cycle + place].row: place for place in reversed(range(run.length - cycle + 1))}
        entry = next(place for place, state in enumerate(states) if state.row in place_of)
        turned = place_of[states[entry].row]
        steps = [*range(cycle + turned, run.length), *range(cycle, cycle + turned)]
        stem, stem_states = choices[:entry], states[: entry + 1]

        def lasso(path: list[int]) -> Run:
            around = (states[step + 1] for step in path)
            return Run(self.space, (*stem_states, *around), (*stem, *(choices[step] for step in path)), entry)

        def is_enough(path: list[int]) -> bool:
            shorter = lasso(path)
            return self.fair.rounds.is_fair(shorter) and self.fair.reason(shorter, self.spec) is not None

        def states_of(path: list[int]) -> list[tuple[int, ...]]:
            return [states[entry].row, *(states[step + 1].row for step in path)]

        if not is_enough(steps):  # what happens on the rest of the way matters
            return run
        return lasso(without_loops(steps, states_of, is_enough))
