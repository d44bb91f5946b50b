"""Breadth-first search over all reachable states: exact counts, shortest counterexamples."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import attrs

from kmodel.engines.events import Event, Finished, Found, Progress, Started
from kmodel.engines.tables import Table, spec_table, transition_table
from kmodel.engines.verdict import Finding, Result, Verdict
from kmodel.kernel import BoundReached, Cluster, Kind, Model, Spec, Step, Trace, failure, take
from kmodel.kernel.footprint import Effect, Writes

PROGRESS_EVERY_STATES = 1000
Row = tuple[Any, ...]


@attrs.frozen
class Bounds:
    """When to stop although states are left: a number of states, a depth, and whether the first violation is enough."""

    max_states: int | None = None
    max_depth: int | None = None
    stop_at_first_violation: bool = False


def explore(model: Model, bounds: Bounds = Bounds()) -> Iterator[Event]:
    """Yield the events of a breadth-first exploration of the model; the last one has the result."""
    yield Started(model, "exhaustive")
    yield from _Search(model, bounds).run()


def result_of(model: Model, bounds: Bounds = Bounds()) -> Result:
    """Return the result of a breadth-first exploration, without its events."""
    *_, last = explore(model, bounds)
    assert isinstance(last, Finished)
    return last.result


class _Search:
    def __init__(self, model: Model, bounds: Bounds) -> None:
        self.model = model
        self.bounds = bounds
        self.layout = model.initial[0].layout
        self.tables = [transition_table(action) for action in model.actions]
        self.state_specs = [(spec, spec_table(spec)) for spec in model.specs if not spec.of_steps]
        self.step_specs = [spec for spec in model.specs if spec.of_steps]
        self.step_tables: dict[tuple[int, int, Writes], Table[bool | str]] = {}
        self.rows: list[Row] = []
        self.number: dict[Row, int] = {}
        self.parents: list[tuple[int, int]] = []
        self.generated = 0
        self.depth = 0
        self.fired: Counter[str] = Counter()
        self.counts = [0] * len(model.actions)
        self.findings: dict[Spec, Finding] = {}
        self.started = time.perf_counter()

    def run(self) -> Iterator[Event]:
        stopped: str | None = None
        try:
            for event in self._levels():
                yield event
                if isinstance(event, Found) and event.finding.is_failure and self.bounds.stop_at_first_violation:
                    stopped = f"stopped at the first violation, after {len(self.rows):,} states"
                    break
        except _Stopped as stop:
            stopped = stop.why
        except BoundReached as bound:
            stopped = str(bound)
        yield Finished(self._result(stopped))

    def _levels(self) -> Iterator[Event]:
        for index, cluster in enumerate(self.model.initial):
            self.generated += 1
            if cluster.values not in self.number:
                yield from self._add(cluster.values, -1, index)
        low = 0
        while low < len(self.rows):
            self.depth += 1
            high = len(self.rows)
            if self.bounds.max_depth is not None and self.depth > self.bounds.max_depth:
                raise _Stopped(f"stopped at depth {self.bounds.max_depth:,}, with {high - low:,} states not expanded")
            for state in range(low, high):
                if state % PROGRESS_EVERY_STATES == 0:
                    waiting = len(self.rows) - state
                    yield Progress(len(self.rows), self.depth, waiting, time.perf_counter() - self.started)
                yield from self._expand(state)
            low = high

    def _expand(self, state: int) -> Iterator[Event]:
        row = self.rows[state]
        for index, table in enumerate(self.tables):
            effect = table.answer(row, lambda: Cluster(self.layout, row))
            if effect is None:
                continue
            self.generated += 1
            self.counts[index] += 1
            successor = list(row)
            for write in effect.total:
                successor[write.position] = write.update(row[write.position])
            after = tuple(successor)
            if self.step_specs:
                yield from self._check_step(state, index, effect)
            if after not in self.number:
                yield from self._add(after, state, index)

    def _add(self, row: Row, parent: int, index: int) -> Iterator[Event]:
        if self.bounds.max_states is not None and len(self.rows) >= self.bounds.max_states:
            raise _Stopped(f"stopped after {self.bounds.max_states:,} states")
        state = len(self.rows)
        self.number[row] = state
        self.rows.append(row)
        self.parents.append((parent, index))
        for spec, table in self.state_specs:
            if spec not in self.findings:
                answer = table.answer(row, lambda: Cluster(self.layout, row))
                yield from self._judge(spec, answer, lambda: self._trace(state))

    def _check_step(self, state: int, index: int, effect: Effect) -> Iterator[Event]:
        for which, spec in enumerate(self.step_specs):
            if spec in self.findings:
                continue
            table = self.step_tables.get((which, index, effect.writes))
            if table is None:
                table = self.step_tables[which, index, effect.writes] = spec_table(spec)
            answer = table.answer(self.rows[state], lambda: self._step(state, index))
            yield from self._judge(spec, answer, lambda: self._trace(state, index))

    def _judge(self, spec: Spec, answer: bool | str, trace: Any) -> Iterator[Event]:
        if spec.kind is Kind.SOMETIMES:
            if answer is True:
                self.findings[spec] = Finding(spec, Verdict.HOLDS, "it happens", trace())
                yield Found(self.findings[spec])
            return
        reason = failure(answer)
        if reason is not None:
            self.findings[spec] = Finding(spec, Verdict.VIOLATED, reason, trace())
            yield Found(self.findings[spec])

    def _step(self, state: int, index: int) -> Step:
        step = take(self.model.actions[index], Cluster(self.layout, self.rows[state]))
        assert step is not None
        return step

    def _trace(self, state: int, last: int | None = None) -> Trace:
        chosen: list[int] = [] if last is None else [last]
        while self.parents[state][0] >= 0:
            state, index = self.parents[state]
            chosen.append(index)
        initial = self.parents[state][1]
        return trace_of(self.model, initial, chosen[::-1])

    def _result(self, stopped: str | None) -> Result:
        findings = tuple(self._finding(spec, stopped) for spec in self.model.specs)
        fired = {str(action): count for action, count in zip(self.model.actions, self.counts, strict=True)}
        return Result(
            self.model,
            "exhaustive",
            findings,
            len(self.rows),
            self.generated,
            self.depth,
            time.perf_counter() - self.started,
            fired,
            stopped,
        )

    def _finding(self, spec: Spec, stopped: str | None) -> Finding:
        if spec in self.findings:
            return self.findings[spec]
        if stopped is not None:
            return Finding(spec, Verdict.NO_VIOLATION_FOUND, stopped)
        if spec.kind is Kind.SOMETIMES:
            return Finding(spec, Verdict.VIOLATED, f"it never happens in all {len(self.rows):,} reachable states")
        return Finding(spec, Verdict.HOLDS, f"in all {len(self.rows):,} reachable states")


def trace_of(model: Model, initial: int, choices: list[int]) -> Trace:
    """Return the trace that takes these actions, by their index in the model, from an initial state."""
    cluster = model.initial[initial]
    steps: list[Step] = []
    address = [initial]
    for choice in choices:
        step = take(model.actions[choice], cluster)
        assert step is not None, f"{model.actions[choice]} is not enabled on its own trace"
        address.append(sum(take(action, cluster) is not None for action in model.actions[:choice]))
        steps.append(step)
        cluster = step.next
    return Trace(model.initial[initial], tuple(steps), tuple(address))


class _Stopped(Exception):  # noqa: N818 - it ends the search, it is no mistake
    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
