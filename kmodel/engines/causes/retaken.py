"""The steps of a trace taken again in another way: some left out, or another one in between."""

from collections.abc import Iterator, Sequence

import attrs

from kmodel.engines.liveness.one_run import judge_run, starved
from kmodel.engines.tables.walker import Row, Taken, Walker, walker_of
from kmodel.kernel import BoundReached, Cluster, Fairness, Model, Spec, Step, Trace, ask, keys_of, take


@attrs.define(eq=False)
class Retaken:
    """A violation's trace and spec; steps are told by their places from 0, actions by their index in the model."""

    model: Model
    spec: Spec
    trace: Trace
    walker: Walker = attrs.field(init=False)
    choices: tuple[int, ...] = attrs.field(init=False)
    start: Row = attrs.field(init=False)
    _answers: dict[object, bool] = attrs.field(init=False, factory=dict)
    _enabled: dict[Row, frozenset[int]] = attrs.field(init=False, factory=dict)
    _next: dict[tuple[Row, int], Row | None] = attrs.field(init=False, factory=dict)
    _steps: dict[tuple[Row, int], Step | None] = attrs.field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        self.walker = walker_of(self.model)
        index = {action: number for number, action in enumerate(self.model.actions)}
        self.choices = tuple(index[step.action] for step in self.trace.steps)
        self.start = tuple(self.walker.numbering.row(self.trace.initial))
        self._steps |= zip(zip(self.rows(), self.choices, strict=False), self.trace.steps, strict=True)

    def after(self, row: Row, choice: int) -> Row | None:
        """Return where an action leads; None if it is not enabled, or beyond what the model can tell."""
        if (row, choice) not in self._next:
            self._next[row, choice] = self._after(row, choice)
        return self._next[row, choice]

    def _after(self, row: Row, choice: int) -> Row | None:
        try:
            taken, _ = self.walker.answer(self.walker.actions[choice], row)
        except BoundReached:
            return None
        if not isinstance(taken, Taken):
            return None
        made = list(row)
        for cell, value in self.walker.changes(taken, row):
            made[cell] = value
        return tuple(made)

    def rows(self) -> Iterator[Row]:
        """Yield the states of the trace."""
        row = self.start
        yield row
        for choice in self.choices:
            following = self.after(row, choice)
            assert following is not None, "it is enabled on its own trace"
            row = following
            yield row

    def takeable(self, places: Sequence[int]) -> list[int]:
        """Return those of the steps that can still be taken, in their order, when the others are not."""
        row, found = self.start, []
        for place in places:
            following = self.after(row, self.choices[place])
            if following is not None:
                found.append(place)
                row = following
        return found

    def alone(self, places: Sequence[int]) -> Trace | None:
        """Return the trace that takes only these steps, if it can be taken and violates the spec."""
        choices = [self.choices[place] for place in places]
        cycle = None if self.trace.cycle is None else sum(place < self.trace.cycle for place in places)
        is_so = self._is_fair(choices, cycle) if self.spec.is_temporal else self._violated_after(choices) is not None
        if not is_so:
            return None
        steps: list[Step] = []
        row: Row | None = self.start
        for choice in choices:
            step = None if row is None else self._step(row, choice)
            if row is None or step is None:
                return None
            steps.append(step)
            row = self.after(row, choice)
        made = Trace(self.trace.initial, tuple(steps), (), cycle)
        return made if not self.spec.is_temporal or self._is_violating_run(made) else None

    def enough(self, places: list[int]) -> list[int] | None:
        """Return the first of these steps, which can be taken in their order, that violate the spec without the others.

        Without some of them it may be violated earlier than at the end of the trace.
        """
        if self.spec.is_temporal:
            return places if self.alone(places) is not None else None
        after = self._violated_after([self.choices[place] for place in places])
        return None if after is None else places[:after]

    def is_violated_with(self, extra: int, before: int) -> bool:
        """Tell whether the spec is violated if an action is taken before a step, and then what can be of the others.

        The action is not taken a second time where the trace has it.
        """
        rest = list(self.choices[before:])
        if extra in rest:
            rest.remove(extra)
        return self._violated_after([*self.choices[:before], extra, *rest], skipping=True) is not None

    def _violated_after(self, choices: Sequence[int], *, skipping: bool = False) -> int | None:
        """Return after how many of these the spec is first violated; None if it is not, or they cannot be taken."""
        row = self.start
        if not self.spec.of_steps and self._is_bad(row):
            return 0
        for number, choice in enumerate(choices, start=1):
            following = self.after(row, choice)
            if following is None and not skipping:
                return None
            if following is None:
                continue
            if self._is_bad_step(row, choice) if self.spec.of_steps else self._is_bad(following):
                return number
            row = following
        return None

    def _is_bad(self, row: Row) -> bool:
        if row not in self._answers:
            self._answers[row] = self.spec.form.found(ask(self.spec, self._cluster(row))[0]) is not None
        return self._answers[row]

    def _is_bad_step(self, row: Row, choice: int) -> bool:
        if (row, choice) not in self._answers:
            step = self._step(row, choice)
            self._answers[row, choice] = step is not None and self.spec.form.found(ask(self.spec, step)[0]) is not None
        return self._answers[row, choice]

    def _step(self, row: Row, choice: int) -> Step | None:
        """Return the step; runs that differ in their later steps take the earlier ones once."""
        if (row, choice) not in self._steps:
            self._steps[row, choice] = take(self.model.actions[choice], self._cluster(row))
        return self._steps[row, choice]

    def _cluster(self, row: Row) -> Cluster:
        return self.walker.numbering.cluster(row)

    def _is_fair(self, choices: Sequence[int], cycle: int | None) -> bool:
        """Tell whether these can be taken, and from a step on for ever, without starving an action."""
        rows = [self.start]
        for choice in choices:
            following = self.after(rows[-1], choice)
            if following is None:
                return False
            rows.append(following)
        if rows[cycle or 0] != rows[-1]:
            return False
        taken = {
            choice for place, choice in enumerate(choices) if place >= (cycle or 0) and rows[place] != rows[place + 1]
        }
        return not starved([self._enabled_in(row) for row in rows[cycle:]], taken, self._fairness)

    def _enabled_in(self, row: Row) -> frozenset[int]:
        """Return what could change something there."""
        if row not in self._enabled:
            every = range(len(self.model.actions))
            self._enabled[row] = frozenset(choice for choice in every if self.after(row, choice) not in (None, row))
        return self._enabled[row]

    def _fairness(self, choice: int) -> Fairness:
        return self.model.actions[choice].transition.fairness

    def _is_violating_run(self, run: Trace) -> bool:
        return any(judge_run(self.spec, key, run) is not None for key in keys_of(self.spec, run.initial.layout))
