"""Breadth-first search over orbits: exact verdicts, shortest counterexamples that are traces of the model itself."""

from collections.abc import Iterator

import attrs

from kmodel.engines.compiled.search import Clock
from kmodel.engines.compiled.tries import NOTHING
from kmodel.engines.events import Event, Finished, Found, Progress
from kmodel.engines.exhaustive import Bounds
from kmodel.engines.symmetry.canonical import TooManyTies
from kmodel.engines.symmetry.orbits import Orbits
from kmodel.engines.symmetry.sampling import Sampler
from kmodel.engines.symmetry.traces import step_finding, trace_to
from kmodel.engines.verdict import Finding, Result, Symmetry, Verdict
from kmodel.kernel import BoundReached, Kind, Model, check_symmetry


class NoReduction(Exception):  # noqa: N818 - all states are explored instead
    """Nothing can be spared, for the reason given."""


class _Stopped(Exception):  # noqa: N818 - it ends the search, it is no mistake
    pass


class OrbitSearch:
    """One search; NoReduction if it cannot be done up to renaming."""

    def __init__(self, model: Model, bounds: Bounds) -> None:
        if not any(len(group) > 1 for group in model.symmetry):
            raise NoReduction("no names of this scenario are known to be interchangeable; all states were explored")
        model = attrs.evolve(model, symmetry=tuple(group for group in model.symmetry if group))
        check_symmetry(model)
        self.model = model
        self.bounds = bounds
        self.clock = Clock()
        self.depth = 0
        self.orbits = Orbits(model)
        self.sampler = Sampler(self.orbits)
        self.findings: dict[int, Finding] = {}

    def run(self) -> Iterator[Event]:
        """Yield the events of the search; the last one has the result."""
        stopped: str | None = None
        try:
            yield from self._levels()
        except _Stopped as stop:
            stopped = str(stop)
        except BoundReached as bound:
            stopped = str(bound)
        except KeyboardInterrupt:
            stopped = f"interrupted after {len(self.orbits.rows):,} orbits"
        except TooManyTies as ties:
            raise NoReduction(f"{ties}; all states were explored without symmetry") from None
        yield Finished(self._result(stopped))

    def _levels(self) -> Iterator[Event]:
        orbits, bounds = self.orbits, self.bounds
        for index, cluster in enumerate(self.model.initial):
            orbits.add(orbits.numbering.row(cluster), -1 - index)
        state = 0
        while state < (end := len(orbits.rows)):
            self.depth += 1
            if bounds.max_depth is not None and self.depth > bounds.max_depth:
                yield from self._check_waiting(state)
                raise _Stopped(f"stopped at depth {bounds.max_depth:,}, with {end - state:,} orbits not expanded")
            yield self._progress(state)
            for each in range(state, end):
                yield from self._expand(each)
                if bounds.max_states is not None and len(orbits.rows) > bounds.max_states:
                    yield from self._check_waiting(each + 1)
                    raise _Stopped(f"stopped after {len(orbits.rows):,} orbits")
                if self.clock.is_due():
                    yield self._progress(each)
            state = end

    def _expand(self, state: int) -> Iterator[Event]:
        orbits, row = self.orbits, self.orbits.rows[state]
        yield from self._check(state)
        self.sampler.look(state)
        for code, after in orbits.steps(state):
            if orbits.tables.step_specs:
                yield from self._check_step(state, code)
            if after != row:
                orbits.add(after, state)

    def _check_step(self, state: int, code: int) -> Iterator[Event]:
        """Ask the specs of steps about the step from a representative that has an outcome."""
        walker = self.orbits.walker
        leaf = walker.leaf(code)
        for root in walker.class_roots(leaf):
            if walker.code(root, self.orbits.rows[state], leaf) != NOTHING:
                spec = int(self.orbits.tables.root_spec.data[root])
                if spec not in self.findings:
                    yield from self._found(spec, step_finding(self.orbits, spec, state))

    def _check(self, state: int) -> Iterator[Event]:
        """Ask the specs of states about a representative."""
        for root in self.orbits.telling(state):
            spec = int(self.orbits.tables.root_spec.data[root])
            if spec not in self.findings:
                yield from self._found(spec, trace_to(self.orbits, spec, root, state))

    def _check_waiting(self, state: int) -> Iterator[Event]:
        """Ask the specs of states about the representatives that will not be expanded."""
        for each in range(state, len(self.orbits.rows)):
            yield from self._check(each)

    def _found(self, spec: int, finding: Finding) -> Iterator[Event]:
        self.findings[spec] = finding
        yield Found(finding)
        if finding.is_failure and self.bounds.stop_at_first_violation:
            raise _Stopped(f"stopped at the first violation, after {len(self.orbits.rows):,} orbits")

    def _progress(self, expanded: int) -> Progress:
        found = len(self.orbits.rows)
        return Progress(found, self.depth, found - expanded, self.clock.seconds)

    def _result(self, stopped: str | None) -> Result:
        orbits, model = self.orbits, self.model
        fired = zip(model.actions, orbits.fired_by_action(), strict=True)
        return Result(
            model,
            "exhaustive",
            tuple(self._finding(index, stopped) for index in range(len(model.specs))),
            len(orbits.rows),
            orbits.generated,
            self.depth,
            self.clock.seconds,
            {str(action): count for action, count in fired},
            stopped,
            symmetry=Symmetry(model.symmetry, orbits.represented),
        )

    def _finding(self, index: int, stopped: str | None) -> Finding:
        spec = self.model.specs[index]
        if index in self.findings:
            return self.findings[index]
        if stopped is not None:
            return Finding(spec, Verdict.NO_VIOLATION_FOUND, stopped)
        if spec.is_temporal:
            why = "which action is owed what does not survive renaming; check it without symmetry"
            return Finding(spec, Verdict.NO_VIOLATION_FOUND, why)
        seen = f"all {self.orbits.represented:,} reachable states"
        if spec.kind is Kind.SOMETIMES:
            return Finding(spec, Verdict.VIOLATED, f"it never happens in {seen}")
        return Finding(spec, Verdict.HOLDS, f"in {seen}")
