"""Exploring one model by Hypothesis: rounds of runs, until none of the specs not yet violated is violated."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import attrs
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import seed as seeded
from hypothesis.errors import InvalidArgument
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from hypothesis.statistics import collector, describe_statistics

from kmodel.engines.clock import STOPPED, Deadline
from kmodel.engines.events import Event, Found, Progress, Sampled
from kmodel.engines.interrupts import place_of_frame
from kmodel.engines.results import Finding, Result, Verdict
from kmodel.engines.runs import fair_rounds
from kmodel.engines.runs.amounts import PROFILES, Samples
from kmodel.engines.runs.driving import driven
from kmodel.engines.runs.hypothesis.machine import Cancelled, Journal, Machine, Path, ViolationError, state_machine
from kmodel.engines.runs.run_space import Judgement, RunSpace, State
from kmodel.engines.runs.shrinking import Shrinker
from kmodel.kernel import Model, ModelError, Predicate, Spec


def settings_of(profile: str, *, max_examples: int | None = None, steps: int | None = None) -> settings:
    """Return the settings of a profile registered with Hypothesis, with the number of runs or of steps replaced."""
    try:
        chosen = settings.get_profile(profile)
    except InvalidArgument:
        raise ModelError(
            f"there is no Hypothesis profile {profile!r}; use {', '.join(PROFILES)}, or register it with Hypothesis"
        ) from None
    return settings(
        chosen,
        max_examples=chosen.max_examples if max_examples is None else max_examples,
        stateful_step_count=chosen.stateful_step_count if steps is None else steps,
        deadline=None,
        # A trace is explained by its steps; which of the choices matter is for arguments of tests.
        phases=[phase for phase in chosen.phases if phase is not Phase.explain],
        # Runs are long and most rules are disabled in most states: both are in the nature of a cluster.
        suppress_health_check=list(HealthCheck),
    )


def _register() -> None:
    # The story of one pod takes some fifty steps, Hypothesis's default length of a run: look further than that. Many
    # runs are variations of an earlier one, so take more of them.
    size = {"max_examples": 200, "stateful_step_count": 100}
    settings.register_profile("dev", settings.get_profile("default"), **size)
    # Hypothesis brings a profile ci (derandomized, no database); only its size is changed.
    settings.register_profile("ci", settings.get_profile("ci"), **size)
    settings.register_profile(
        "nightly", settings.get_profile("default"), max_examples=5_000, stateful_step_count=300, print_blob=True
    )


_register()


PROGRESS_EVERY_SECONDS = 0.2
PATIENCE_SECONDS = 1.0  # with a run that is to end
ENGINE = "hypothesis"
BY_PROFILE = Samples()
T = TypeVar("T")


def explore(model: Model, samples: Samples = BY_PROFILE, deadline: Deadline | None = None) -> Iterator[Event]:
    """Yield the events of sampled runs over the model; the last one has the result.

    It never says of an invariant that it holds. At the deadline it stops with what it knows. ModelError if the model is
    impure.
    """
    asked = settings_of(samples.profile, max_examples=samples.max_examples, steps=samples.steps)
    chosen = settings(asked, verbosity=Verbosity.quiet)
    by = deadline or Deadline()
    yield from driven(model, ENGINE, by, lambda: _Sampling(model, chosen, samples.seed, by))


class _Guarded(RunSpace):
    """A space in which an error of the model, or the deadline, ends the exploration at once: it is nothing to shrink.

    Hypothesis takes note of whatever a run raises, but for a KeyboardInterrupt such as Cancelled.
    """

    error: ModelError | None = None

    def initial(self, index: int) -> State:
        return self._guard(lambda: super(_Guarded, self).initial(index))

    def follow(self, state: State, index: int) -> tuple[State, tuple[Judgement, ...]]:
        return self._guard(lambda: super(_Guarded, self).follow(state, index))

    def wrong_in(self, predicate: Predicate, state: State) -> str | None:
        return self._guard(lambda: super(_Guarded, self).wrong_in(predicate, state))

    def wrong_of(self, predicate: Predicate, state: State, index: int) -> str | None:
        return self._guard(lambda: super(_Guarded, self).wrong_of(predicate, state, index))

    def _guard(self, answer: Callable[[], T]) -> T:
        try:
            return answer()
        except ModelError as error:
            self.error = error
            raise Cancelled from None
        except STOPPED:
            raise Cancelled from None


class _Sampling:
    def __init__(self, model: Model, chosen: settings, seed: int | None, deadline: Deadline) -> None:
        self.model = model
        self.settings = chosen
        self.seed = seed
        self.statistics: list[Sampled] = []  # and not told yet
        self.journal = Journal()
        self.deadline = deadline
        self.cut_short: str | None = None
        self.stuck = ""  # where a run was that did not come back
        self.space = _Guarded(model, deadline)
        self.fair = fair_rounds.FairRuns(self.space, chosen.stateful_step_count)
        self.shrinker = Shrinker(model, deadline)
        self.started = time.perf_counter()
        self.findings: dict[Spec, Finding] = {}

    def events(self) -> Iterator[Event]:
        rounds = 0
        while True:
            rounds += 1
            yield from self._round(rounds)
            yield from self.statistics
            self.statistics.clear()
            violated = [spec for spec in self._violated() if spec not in self.findings]
            for spec in violated:
                self.findings[spec] = self._violation(spec, *self.journal.found[spec])
                yield Found(self.findings[spec])
            if not violated:
                break
            # A violated spec ends a run: look behind it for violations of the others.
            self.journal.ignored |= set(violated)
        yield from self.found_so_far()

    def found_so_far(self) -> Iterator[Event]:
        """Yield what the runs have found, when there is no time to look for smaller runs."""
        for spec, (reason, path) in self.journal.found.items():
            if spec not in self.findings:
                found = Finding(spec, Verdict.HOLDS, reason, path.trace()) if spec.form.wanted else None
                self.findings[spec] = found or self._violation(spec, reason, path)
                yield Found(self.findings[spec])

    def _violation(self, spec: Spec, reason: str, path: Path) -> Finding:
        if spec.is_temporal:
            return fair_rounds.shrink(self.shrinker, spec, path.initial, path.choices[: path.drawn], self.fair)
        if path.drawn < len(path.choices):
            shown = self.shrinker.shrink(spec, path.initial, path.choices)
            path = attrs.evolve(path, choices=shown.choices)
            reason = shown.reason
        return Finding(spec, Verdict.VIOLATED, reason, path.trace())

    def _round(self, number: int) -> Iterator[Event]:
        """Run Hypothesis beside this iterator, which tells meanwhile how far it is."""
        done: SimpleQueue[BaseException | None] = SimpleQueue()

        def run() -> None:
            try:
                self._run_machine(number)
            except Cancelled:
                done.put(None)
            except BaseException as error:  # what it is, is judged where the exploration was asked for
                done.put(error)
            else:
                done.put(None)

        thread = threading.Thread(target=run, name=f"hypothesis-{self.model.name}", daemon=True)
        thread.start()
        try:
            while True:
                try:
                    error = done.get(timeout=PROGRESS_EVERY_SECONDS)
                    break
                except Empty:
                    self.deadline.check()
                    seconds = time.perf_counter() - self.started
                    yield Progress(len(self.space.seen), self.journal.depth, 0, seconds)
        except BaseException:  # nobody listens any more: an interrupt, or the iterator was closed
            self.journal.cancelled = True
            thread.join(PATIENCE_SECONDS)
            if thread.is_alive():
                self.stuck = place_of_frame(self.model, sys._current_frames().get(thread.ident or 0))
            raise
        thread.join()
        self.deadline.check()
        if error is not None:
            raise error
        if self.space.error is not None:
            raise self.space.error

    def _run_machine(self, number: int) -> None:
        machine = self._machine(number)
        tell: Any = lambda told: self._tell({**told, "nodeid": self.model.name})  # noqa: E731
        with collector.with_value(tell):
            try:
                run_state_machine_as_test(machine, settings=self.settings)
            except ViolationError:
                pass
            except BaseExceptionGroup as group:
                _, others = group.split(ViolationError)
                if others is not None:
                    raise others.exceptions[0] from None

    def _machine(self, number: int) -> type[RuleBasedStateMachine]:
        machine = state_machine(self.model, journal=self.journal)
        assert issubclass(machine, Machine)
        machine.fair_runs = {id(self.model): self.fair}
        if number > 1:  # each round has its own entries in the example database
            machine.__name__ = machine.__qualname__ = f"{machine.__name__}{number}"
        return machine if self.seed is None else seeded(self.seed)(machine)

    def _tell(self, told: dict[str, object]) -> None:
        lines = describe_statistics(told).splitlines()  # type: ignore[arg-type]
        # Where a rule was drawn again, Hypothesis writes out all rules: several pages of nothing new.
        text = "\n".join(line for line in lines if "draw from sampled_from([Rule(" not in line)
        self.statistics.append(Sampled(text))

    def _violated(self) -> list[Spec]:
        return [spec for spec in self.model.specs if not spec.form.wanted and spec in self.journal.found]

    def result(self) -> Result:
        why = (
            f"sampled: {self.journal.runs:,} run{'' if self.journal.runs == 1 else 's'} "
            f"of up to {self.settings.stateful_step_count:,} steps by Hypothesis, "
            f"{len(self.space.seen):,} distinct states seen"
        )
        if self.cut_short is not None:
            why = f"{self.cut_short}; {why}"
        if self.space.bound is not None:
            why += f"; some runs met a bound: {self.space.bound}"
        return Result(
            self.model,
            ENGINE,
            tuple(self.findings.get(spec) or self.fair.open(spec, why) for spec in self.model.specs),
            states=len(self.space.seen),
            generated=self.journal.steps + len(self.model.initial),
            depth=self.journal.depth,
            seconds=time.perf_counter() - self.started,
            fired={
                str(action): self.journal.fired[str(action)] + (index in self.space.idle)
                for index, action in enumerate(self.model.actions)
            },
            stopped=why,
        )
