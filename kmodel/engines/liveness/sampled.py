"""Temporal specs in sampled runs: each is gone on with by fair rounds, and what then goes on for ever is judged.

A run that violates a spec is a counterexample, as true as one of the exhaustive engine. That none does says little.
"""

from collections.abc import Iterator, Sequence

import attrs

from kmodel.engines.liveness.fair_rounds import FairRounds, Run
from kmodel.engines.liveness.loops import without_loops
from kmodel.engines.liveness.one_run import idle_in, judge, judge_run
from kmodel.engines.shrinking import Shown, Shrinker, Shrinking
from kmodel.engines.space import Judgement, Space, State
from kmodel.engines.verdict import Finding, Verdict
from kmodel.kernel import Kind, Model, Spec, keys_of
from kmodel.kernel.model import trace_of

NOT_JUDGED = "ends of runs are compared only once all states are known"


class FairRuns:
    """The fair runs that sampled ones go on as, and the temporal specs that they violate."""

    def __init__(self, space: Space, most_rounds: int | None = None) -> None:
        self.space = space
        self.rounds = FairRounds(space, most_rounds)
        layout = space.model.initial[0].layout
        judged = [spec for spec in space.model.specs if spec.is_temporal and spec.kind is not Kind.CONFLUENT]
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

    def why_open(self, spec: Spec, why: str) -> str:
        """Return why no more is known of a spec that no run violated, given what was sampled."""
        if not spec.is_temporal:
            return why
        if spec.kind is Kind.CONFLUENT:
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
