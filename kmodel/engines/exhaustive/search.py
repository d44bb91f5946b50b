"""Breadth-first search over all reachable states: exact counts, shortest counterexamples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs

from kmodel.engines.bounds import RUNS_NOT_JUDGED
from kmodel.engines.bounds import Bounds as Bounds
from kmodel.engines.checkpoints.keeping import ORBITS, STATES, Keeper, Kept
from kmodel.engines.checkpoints.keeping import Checkpoints as Checkpoints
from kmodel.engines.clock import STOPPED, Clock, Deadline, TimeIsUp
from kmodel.engines.events import Event, Finished, Found, Progress, Started
from kmodel.engines.interrupts import place_in
from kmodel.engines.results import (
    Ends,
    Finding,
    PartialOrder,
    Result,
    Symmetry,
    Turn,
    Verdict,
    collision_probability,
    if_alike,
    up_to_collision,
    when_found,
)
from kmodel.kernel import BoundReached, Model, ModelError, Spec

if TYPE_CHECKING:
    from kmodel.engines.exhaustive.paths import Place
    from kmodel.engines.exhaustive.rounds import Frontier
    from kmodel.engines.liveness.judging import Liveness


UNBOUNDED = Bounds()


def explore(model: Model, bounds: Bounds = UNBOUNDED, deadline: Deadline | None = None) -> Iterator[Event]:
    """Yield the events of a breadth-first exploration of the model; the last one has the result.

    At the deadline it stops with what it knows, and says so.
    """
    deadline = deadline or Deadline()
    asked = _Search(model, bounds, deadline)
    yield Started(model, "exhaustive", asked.keeper.note if asked.keeper is not None else "")
    if not bounds.symmetry:
        yield from asked.run()
        return
    from kmodel.engines.exhaustive.orbits.orbit_rounds import NoReduction

    of_states = _Search(model, attrs.evolve(bounds, symmetry=False), deadline)
    if of_states.has_begun and not asked.has_begun:
        of_states.note = "the checkpoint is of a search of all states, which was continued"
    else:
        try:
            yield from asked.run()
        except NoReduction as reason:
            of_states.fall_back(asked, str(reason))
        else:
            return
    yield from of_states.run()


def result_of(model: Model, bounds: Bounds = UNBOUNDED, deadline: Deadline | None = None) -> Result:
    """Return the result of a breadth-first exploration, without its events."""
    *_, last = explore(model, bounds, deadline)
    assert isinstance(last, Finished)
    last.done()
    return last.result


class _Search:
    def __init__(self, model: Model, bounds: Bounds, deadline: Deadline) -> None:
        self.model = model
        self.bounds = bounds
        self.deadline = deadline
        self.note: str | None = None  # why nothing is spared by symmetry, though it was asked for
        self.clock = Clock()
        self.depth = 0
        self.searches = 1
        self.findings: dict[int, Finding] = {}
        self.quiescent: Ends | None = None
        self.liveness: Liveness | None = None
        self.space: Frontier | None = None
        self.ends: list[int] = []  # of the level being expanded, in each shard
        self.is_whole = False  # whether all that was found is in its place, so that it can be kept
        self.stopped_by: BaseException | None = None  # what ended it from outside
        searched = ORBITS if bounds.symmetry else STATES
        self.keeper = None if bounds.checkpoints is None else Keeper(model, bounds.checkpoints, searched)

    @property
    def has_begun(self) -> bool:
        """Whether there is a checkpoint of this search that it is asked to go on from."""
        return self.keeper is not None and self.keeper.checkpoints.resume and self.keeper.has_left_one

    def fall_back(self, orbits: _Search, note: str) -> None:
        """Take the place of a search of orbits, for a reason; its checkpoint stays until there is another."""
        self.note = note
        from_the_start = orbits.has_begun and not self.has_begun
        if self.keeper is not None:
            self.keeper.instead_of = orbits.keeper
        if self.keeper is not None and from_the_start:
            self.keeper.checkpoints = attrs.evolve(self.keeper.checkpoints, resume=False)

    def run(self) -> Iterator[Event]:
        stopped: str | None = None
        try:
            yield from self._levels()
            self._conclude()
            yield from self._judge_runs()
            self._find_turns()
        except _Stopped as stop:
            stopped = stop.why
        except (BoundReached, MemoryError) as limit:
            yield from self._judge()
            stopped = str(limit)
            if isinstance(limit, MemoryError):
                stopped = f"stopped after {self._seen()}: {_out_of_memory(limit)}"
        except STOPPED as stop:
            self.stopped_by = stop
            self._save()
            stopped = self._why(stop)
            yield from self._judge_cut_short()
        except GeneratorExit:
            self._save()
            raise
        finally:
            if self.space is not None:
                self.space.close()
            if self.keeper is not None:
                self.keeper.release()
        yield self._finished(stopped)

    def _why(self, stop: BaseException) -> str:
        return f"{self.deadline.why(stop)} after {self._seen()}{place_in(self.model, stop)}"

    def _judge_cut_short(self) -> Iterator[Event]:
        """Judge what was found in a round that was cut short, unless somebody asks to stop again."""
        try:
            yield from self._judge()
        except (_Stopped, *STOPPED):
            return

    def _finished(self, stopped: str | None) -> Finished:
        keeper, cut_off = self.keeper, self.stopped_by
        finished = Finished(
            self._result(stopped), isinstance(cut_off, KeyboardInterrupt), isinstance(cut_off, TimeIsUp)
        )
        if keeper is None:
            return finished
        finished = attrs.evolve(finished, checkpoint=keeper.path, problem=keeper.problem or keeper.beside)
        return finished if stopped is not None or cut_off is not None else attrs.evolve(finished, done=keeper.remove)

    @property
    def states(self) -> int:
        return 0 if self.space is None else self.space.states

    def _seen(self) -> str:
        units = "states" if self.space is None else self.space.unit
        return f"{self.states:,} {units.removesuffix('s') if self.states == 1 else units}"

    def _levels(self) -> Iterator[Event]:
        from kmodel.engines.exhaustive.rounds import Overflow

        space = self.space = self._new_space()
        self.ends = list(space.cursor)
        yield from self._resume(space)
        space.deadline = self.deadline
        self.is_whole = True
        while True:
            if space.cursor == self.ends:
                if space.states == sum(self.ends) and not self._begins_again(space):
                    return
                yield from self._next_level(space)
            space.expand_round(self.ends)
            yield from self._judge()
            try:
                self._add_round(space)
            except Overflow as overflow:
                yield from self._check_waiting(space)
                raise _Stopped(": ".join(filter(None, (f"stopped after {self._seen()}", str(overflow))))) from None
            self.deadline.check()
            if self.keeper is not None and self.keeper.is_due:
                self._save()
            if self.clock.is_due():
                yield self._progress(space)

    def _add_round(self, space: Frontier) -> None:
        with self.deadline.whole():
            self.is_whole = False
            space.add_round(self.bounds.max_states)
            self.is_whole = True

    def _new_space(self) -> Frontier:
        from kmodel.engines.exhaustive.fingerprinted import FingerprintShard
        from kmodel.engines.exhaustive.memory import MemoryBudget
        from kmodel.engines.exhaustive.partial_order import Dependence
        from kmodel.engines.exhaustive.rounds import Frontier
        from kmodel.engines.exhaustive.store import Shard

        bounds = self.bounds
        memory = MemoryBudget(bounds.max_memory_bytes)
        if bounds.spill_folder is not None:
            memory.folder = bounds.spill_folder
        if bounds.symmetry:
            from kmodel.engines.exhaustive.orbits.orbit_rounds import OrbitFrontier

            return OrbitFrontier(self.model, bounds.threads, memory)
        store = FingerprintShard if bounds.fingerprints else Shard
        space = Frontier(self.model, bounds.threads, memory, store)
        if bounds.partial_order:
            space.dependence = Dependence(space.tables, len(space.shards))
            space.dependence.begin()
        return space

    def _next_level(self, space: Frontier) -> Iterator[Event]:
        ends = [shard.count for shard in space.shards]
        self.depth += 1
        if self.bounds.max_depth is not None and self.depth > self.bounds.max_depth:
            waiting = sum(ends) - sum(space.cursor)
            yield from self._check_waiting(space)
            raise _Stopped(f"stopped at depth {self.bounds.max_depth:,}, with {waiting:,} {space.unit} not expanded")
        self.ends = ends
        if space.dependence is not None:
            space.dependence.take_in(ends, space.done)
        yield self._progress(space)

    def _begins_again(self, space: Frontier) -> bool:
        """Begin again if states were expanded in part on less knowledge than there is by now."""
        if space.dependence is None or space.dependence.is_settled:
            return False
        self.searches += 1
        self.depth, self.ends = 0, [0] * len(space.cursor)
        space.restart()
        space.dependence.begin()
        return True

    def _resume(self, space: Frontier) -> Iterator[Event]:
        """Go on from the checkpoint, if that is asked for and there is one."""
        kept = self.keeper.load(space) if self.keeper is not None else None
        if kept is None:
            return
        bounds = self.bounds
        self.depth, self.ends = kept.depth, kept.ends
        self.clock.started -= kept.seconds
        self.findings = kept.found(self.model)
        if (
            (bounds.max_states is not None and space.states > bounds.max_states)
            or (bounds.max_depth is not None and self.depth > bounds.max_depth)
            or (bounds.stop_at_first_violation and any(finding.is_failure for finding in self.findings.values()))
        ):
            raise ModelError(
                f"the checkpoint of {self.model.name} ({space.states:,} states, depth {self.depth:,}) is beyond the "
                "bounds asked for; raise them, or leave out --resume to start at the beginning"
            )
        for index, finding in self.findings.items():
            space.done[index] = 1
            yield Found(finding)
        yield self._progress(space)

    def _save(self) -> None:
        """Leave a checkpoint, if they are asked for and all that was found is in its place."""
        if self.keeper is None or self.space is None or not self.is_whole:
            return
        with self.deadline.whole():
            self.space.roll_back()
            self.keeper.save(self.space, Kept.of(self.depth, self.ends, self.findings, self.clock.seconds))

    def _check_waiting(self, space: Frontier) -> Iterator[Event]:
        """Ask the specs of states about the states that will not be expanded."""
        self.is_whole = False
        ends = [shard.count for shard in space.shards]
        while space.cursor != ends:
            space.expand_round(ends, check_only=True)
            yield from self._judge()

    def _progress(self, space: Frontier) -> Progress:
        waiting, problem = space.states - sum(space.cursor), self.keeper.problem if self.keeper is not None else ""
        return Progress(space.states, self.depth, waiting, self.clock.seconds, space.bytes_on_disk, problem)

    def _judge(self) -> Iterator[Event]:
        """Turn what the last round found into findings: for each spec the first state or step."""
        space = self.space
        if space is None:
            return
        found = space.found
        for shard, index in zip(*(found >= 0).nonzero(), strict=True):
            if space.done[index]:
                continue
            finding = self._finding_at(space, int(index), (int(shard), int(found[shard, index])))
            space.done[index] = 1
            self.findings[int(index)] = finding
            yield Found(finding)
            if finding.is_failure and self.bounds.stop_at_first_violation:
                raise _Stopped(f"stopped at the first violation, after {self._seen()}")

    def _finding_at(self, space: Frontier, index: int, place: Place) -> Finding:
        from kmodel.engines.exhaustive.paths import run_to, telling
        from kmodel.engines.tables.tries import Answer

        spec = self.model.specs[index]
        initial, taken, row = run_to(space, place)
        last, code = telling(space, index, row)
        answer = space.tables.outcome(code)
        assert isinstance(answer, Answer)
        return Finding(spec, when_found(spec), answer.reason, space.trace(initial, [*taken, *last]))

    def _conclude(self) -> None:
        """Show, now that all states are known, what their number rests on."""
        assert self.space is not None, "the search is finished"
        self.space.conclude()

    def _judge_runs(self) -> Iterator[Event]:
        """Judge the temporal specs, now that all states are known."""
        temporal = [index for index, spec in enumerate(self.model.specs) if spec.is_temporal]
        if not temporal or self.bounds.runs_not_judged is not None:
            return
        try:
            yield from self._judge_all(temporal)
            return
        except (BoundReached, MemoryError) as error:  # which takes nothing from what was found of states and steps
            why = _out_of_memory(error) if isinstance(error, MemoryError) else str(error)
        except STOPPED as stop:
            self.stopped_by, why = stop, self._why(stop)
        for index in temporal:
            not_judged = Finding(self.model.specs[index], Verdict.NOT_JUDGED, f"runs were not judged: {why}")
            self.findings.setdefault(index, not_judged)

    def _judge_all(self, temporal: list[int]) -> Iterator[Event]:
        from kmodel.engines.liveness.judging import Liveness

        assert self.space is not None, "the search is finished"
        liveness = self.liveness = Liveness(self.model, self.space)
        self.quiescent = liveness.ends()
        for index in temporal:
            finding = self.findings[index] = liveness.judge(self.model.specs[index])
            if finding.verdict is Verdict.VIOLATED:
                yield Found(finding)
            if finding.is_failure and self.bounds.stop_at_first_violation:
                raise _Stopped(f"stopped at the first violation, after {self._seen()}")

    def _find_turns(self) -> None:
        """Find the points of no return of the violations, now that all states are known."""
        from kmodel.engines.liveness.judging import Liveness
        from kmodel.engines.liveness.turning import MOST_STATES, with_turns

        assert self.space is not None, "the search is finished"
        violated = {index: each for index, each in self.findings.items() if each.verdict is Verdict.VIOLATED}
        if not violated or self.bounds.runs_not_judged or self.stopped_by is not None or self.states > MOST_STATES:
            return
        try:
            self.liveness = self.liveness or Liveness(self.model, self.space)
            self.findings |= with_turns(self.liveness, violated)
        except (BoundReached, MemoryError, TimeIsUp):  # no verdict rests on them
            return
        except KeyboardInterrupt as stop:
            self.stopped_by = stop

    @property
    def collision_probability(self) -> float | None:
        """What the probability is below that two states were taken for one; None if they are compared exactly."""
        return collision_probability(self.states) if self.bounds.fingerprints else None

    def _result(self, stopped: str | None) -> Result:
        findings = tuple(
            _without_turn(self._finding(index, spec, stopped), stopped) for index, spec in enumerate(self.model.specs)
        )
        from kmodel.engines.exhaustive.statistics import statistics

        space = self.space
        fired = [0] * len(self.model.actions) if space is None else space.fired.sum(axis=0).tolist()
        return Result(
            self.model,
            "exhaustive",
            findings,
            self.states,
            0 if space is None else space.generated,
            self.depth,
            self.clock.seconds,
            {str(action): count for action, count in zip(self.model.actions, fired, strict=False)},
            stopped,
            None if space is None else statistics(space),
            self.quiescent,
            self._symmetry(),
            partial_order=self._partial_order(),
            collision_probability=self.collision_probability,
        )

    def _symmetry(self) -> Symmetry | None:
        if self.note is not None:
            return Symmetry(note=self.note)
        return None if self.space is None else self.space.symmetry

    def _partial_order(self) -> PartialOrder | None:
        if self.space is None or self.space.dependence is None:
            return None
        dependence, expanded = self.space.dependence, sum(self.space.cursor)
        open_specs = [
            index for index, spec in enumerate(self.model.specs) if index not in self.findings and not spec.is_temporal
        ]
        sees = tuple((self.model.specs[index].name, dependence.seen_by(index)) for index in open_specs)
        return PartialOrder(dependence.in_part, expanded - dependence.in_part, self.searches, sees)

    def _finding(self, index: int, spec: Spec, stopped: str | None) -> Finding:
        if index in self.findings:
            return self.findings[index]
        if spec.is_temporal and self.bounds.runs_not_judged is not None:
            return Finding(spec, Verdict.NOT_JUDGED, self.bounds.runs_not_judged)
        if stopped is not None and spec.is_temporal:
            return Finding(spec, Verdict.NOT_JUDGED, f"{stopped}; {RUNS_NOT_JUDGED}")
        if stopped is not None:
            return Finding(spec, Verdict.NO_VIOLATION_FOUND, stopped)
        reduced = self.space is not None and self.space.dependence is not None and self.space.dependence.in_part
        count = f"{0 if self.space is None else self.space.represented:,}"
        seen = f"all reachable states, {count} of them visited" if reduced else f"all {count} reachable states"
        seen += up_to_collision(self.collision_probability) + if_alike(self._symmetry())
        if spec.form.wanted:
            return Finding(spec, Verdict.NEVER_HAPPENS, f"it never happens in {seen}")
        return Finding(spec, Verdict.HOLDS, f"in {seen}")


def _without_turn(finding: Finding, stopped: str | None) -> Finding:
    """Return the finding; of a violation without a point of no return, with the reason why there is none."""
    if finding.verdict is not Verdict.VIOLATED or finding.turn is not None or finding.spec.form.compares_ends:
        return finding
    why = "not all states were seen" if stopped is not None else "it was not looked for"
    return attrs.evolve(finding, turn=Turn(unknown=why))


def _out_of_memory(error: MemoryError) -> str:
    said = " ".join(str(error).split())
    return f"memory is used up{said and f' ({said})'}; explore a smaller model, or have states move to disk at a budget"


class _Stopped(Exception):  # noqa: N818 - it ends the search, it is no mistake
    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
