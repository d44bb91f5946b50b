"""Simulation: long random walks through a state space that is too large to be seen whole.

A walk begins in an initial state and takes one enabled action after another, each as likely as the others, or by random
priorities (`priorities.py`), up to a number of steps or until nothing more can happen. Actions that are enabled but
change nothing are not taken, unless a spec says something of that. For temporal specs, fair rounds follow: from the end
of the walk, and from another of its states. What a walk shows is shrunk. Walks with the same seed are the same in every
process.
"""

from collections.abc import Callable, Iterator, Sequence
from math import ceil
from random import Random

from kmodel.engines.clock import Clock, Deadline
from kmodel.engines.events import Event, Finished, Found, Progress
from kmodel.engines.results import Finding, Result, when_found
from kmodel.engines.runs import fair_rounds
from kmodel.engines.runs.amounts import Walks as Walks
from kmodel.engines.runs.driving import driven
from kmodel.engines.runs.priorities import Priorities, missing
from kmodel.engines.runs.run_space import Judgement, RunSpace, State
from kmodel.engines.runs.shrinking import Shrinker
from kmodel.engines.tables.walker import trace_of
from kmodel.kernel import Model, Spec

ENGINE = "simulation"


def explore(model: Model, walks: Walks, deadline: Deadline | None = None) -> Iterator[Event]:
    """Yield the events of random walks through the model; the last one has the result.

    It never says of an invariant that it holds. At the deadline it stops with what it knows, and says so. ModelError if
    the model is impure.
    """
    by = deadline or Deadline()
    yield from driven(model, ENGINE, by, lambda: _Simulation(model, walks, by))


def result_of(model: Model, walks: Walks, deadline: Deadline | None = None) -> Result:
    """Return the result of random walks through the model, without their events."""
    *_, last = explore(model, walks, deadline)
    assert isinstance(last, Finished)
    return last.result


class _Simulation:
    stuck = ""

    def __init__(self, model: Model, walks: Walks, deadline: Deadline) -> None:
        self.model = model
        self.walks = walks
        self.deadline = deadline
        self.cut_short: str | None = None
        self.space = RunSpace(model, deadline)
        self.shrinker = Shrinker(model, deadline)
        self.fair = fair_rounds.FairRuns(self.space, walks.steps)
        self.random = Random(walks.seed)
        self.clock = Clock()
        self.walked = 0
        self.depth = 0
        self.fired = [0] * len(model.actions)
        self.findings: dict[Spec, Finding] = {}

    def events(self) -> Iterator[Event]:
        while self.walked < self.walks.number and not self._is_enough():
            self.walked += 1
            yield from self._walk(self.random.randrange(len(self.model.initial)))

    def found_so_far(self) -> Iterator[Event]:
        yield from ()  # all is told when it is found

    def _is_enough(self) -> bool:
        return self.walks.stop_at_first_violation and any(each.is_failure for each in self.findings.values())

    def _walk(self, initial: int) -> Iterator[Event]:
        states, choices = [self.space.initial(initial)], list[int]()
        yield from self._heed(states[0].answers, initial, choices)
        choose = self._chooser()
        while (enabled := states[-1].enabled) and len(choices) < self.walks.steps and not self._is_enough():
            yield from self._step(initial, states, choices, choose(enabled, len(choices)))
        self.depth = max(self.depth, len(choices))
        if self.fair.keys:
            for length in dict.fromkeys((len(choices), self.random.randrange(len(choices) + 1))):
                yield from self._go_on(initial, states[: length + 1], choices[:length])

    def _chooser(self) -> Callable[[Sequence[int], int], int]:
        """Return what chooses the action of each step of a walk."""
        depth = self.walks.bug_depth
        if depth is None:
            return lambda enabled, step: enabled[self.random.randrange(len(enabled))]
        return Priorities(len(self.model.actions), self.walks.steps, depth, self.random).next

    def _step(self, initial: int, states: list[State], choices: list[int], index: int) -> Iterator[Event]:
        state, answers = self.space.follow(states[-1], index)
        states.append(state)
        choices.append(index)
        self.fired[index] += 1
        if answers:
            yield from self._heed(answers, initial, choices)
        if self.clock.is_due():
            yield Progress(len(self.space.seen), max(self.depth, len(choices)), 0, self.clock.seconds)

    def _go_on(self, initial: int, walked: list[State], choices: list[int]) -> Iterator[Event]:
        """Take the steps of the fair runs that begin with a walk, and judge them."""
        for run in self.fair.after(walked, choices):
            states, taken = walked.copy(), choices.copy()
            for index in run.choices[len(choices) :]:
                if self._is_enough():
                    return
                yield from self._step(initial, states, taken, index)
            self.depth = max(self.depth, len(taken))
            for spec, _ in self.fair.violated(run):
                if spec not in self.findings and not self._is_enough():
                    self.findings[spec] = fair_rounds.shrink(self.shrinker, spec, initial, choices, self.fair)
                    yield Found(self.findings[spec])

    def _heed(self, answers: tuple[Judgement, ...], initial: int, choices: list[int]) -> Iterator[Event]:
        for spec, _ in answers:
            if spec in self.findings:
                continue
            shown = self.shrinker.shrink(spec, initial, choices)
            trace = trace_of(self.model, initial, shown.choices)
            self.findings[spec] = Finding(spec, when_found(spec), shown.reason, trace)
            yield Found(self.findings[spec])

    def result(self) -> Result:
        walks = f"{self.walked:,} walk{'' if self.walked == 1 else 's'}"
        why = f"sampled: {walks} of up to {self.walks.steps:,} steps, seed {self.walks.seed}"
        if self.walks.bug_depth is not None and self.walked:
            depth = self.walks.bug_depth
            missed = missing(self.model, self.walks.steps, depth, self.walked)
            missed = ceil(missed * 10_000) / 10_000  # rounded up
            why += f", by priorities: a bug of depth {depth} is missed with a probability of at most {missed:g}"
        if self._is_enough():
            why = f"stopped at the first violation; {why}"
        if self.cut_short is not None:
            why = f"{self.cut_short}; {why}"
        if self.space.bound is not None:
            why += f"; some walks met a bound: {self.space.bound}"
        return Result(
            self.model,
            ENGINE,
            tuple(self.findings.get(spec) or self.fair.open(spec, why) for spec in self.model.specs),
            states=len(self.space.seen),
            generated=sum(self.fired) + len(self.model.initial),
            depth=self.depth,
            seconds=self.clock.seconds,
            fired={name: self.fired[index] + (index in self.space.idle) for index, name in enumerate(self.space.names)},
            stopped=why,
        )
