"""One lasso by itself: whether it comes back to where it began, whom it is fair to, what it shows of temporal specs.

Works on clusters, through the kernel: for runs that were sampled, or are followed again.
"""

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol, TypeVar

import attrs

from kmodel.engines.results import Idle
from kmodel.kernel import Action, Cluster, Fairness, Model, Predicate, Spec, Step, Trace, ask, enabled, failure
from kmodel.kernel.forms import Again, Seed

T = TypeVar("T")


def comes_back(trace: Trace) -> bool:
    """Tell whether a lasso's cycle ends in the state that it begins in."""
    return _cycle(trace)[0] == trace.last


def starved(enabled_in: Sequence[AbstractSet[T]], taken: AbstractSet[T], fairness: Callable[[T], Fairness]) -> set[T]:
    """Return the actions that a cycle is not fair to, by what is enabled in each of its states and what it takes."""
    always, somewhere = set.intersection(*map(set, enabled_in)), set[T]().union(*enabled_in)
    weak = {action for action in always - taken if fairness(action) is Fairness.WEAK}
    return weak | {action for action in somewhere - taken if fairness(action) is Fairness.STRONG}


def unfair_to(model: Model, trace: Trace) -> tuple[Action, ...]:
    """Return the actions that a lasso is not fair to: it is no counterexample unless there are none."""
    missed = starved(_enabled_in(model, trace), _taken(trace), lambda action: action.transition.fairness)
    return tuple(action for action in model.actions if action in missed)


def idle_in(model: Model, trace: Trace) -> tuple[Idle, ...]:
    """Return the actions that are enabled in a lasso's cycle but not taken, each with why that is fair to it."""
    assert trace.cycle is not None, "a lasso has a cycle"
    enabled_in, taken = _enabled_in(model, trace), _taken(trace)
    idle = []
    for action in model.actions:
        if action in taken or not any(action in there for there in enabled_in):
            continue
        missing = (trace.cycle + place for place, there in enumerate(enabled_in) if action not in there)
        idle.append(Idle(action, next(missing, None)))
    return tuple(idle)


class Answers(Protocol):
    """What predicates answer along a lasso of `length` steps, those from `cycle` on taken for ever: None if True."""

    @property
    def cycle(self) -> int | None:
        """Where the cycle begins, in steps from the start."""

    @property
    def length(self) -> int:
        """How many steps there are."""

    def of_state(self, predicate: Predicate, place: int) -> str | None:
        """Return what is wrong with the state after so many steps."""

    def of_step(self, predicate: Predicate, place: int) -> str | None:
        """Return what is wrong with the step after so many steps."""


def judge_run(spec: Spec, key: tuple[str, ...], trace: Trace) -> str | None:
    """Return why a lasso violates a temporal spec, asked about one key; None if it does not.

    Whether the lasso is one that the system owes nothing is another question: see unfair_to().
    """
    return judge(spec, key, _Asked(trace))


def judge(spec: Spec, key: tuple[str, ...], answers: Answers) -> str | None:
    """Return why a lasso of which this is known violates a temporal spec, asked about one key; None if it does not."""
    cycle, violating = answers.cycle, spec.form.violating
    assert cycle is not None, "a lasso has a cycle"
    if violating is None:  # it compares runs
        return None
    predicate = Predicate(spec, spec.judged, key)
    if violating.again is Again.STEPS:
        return _first(answers.of_step(predicate, place) for place in range(cycle, answers.length))
    reasons = (answers.of_state(predicate, place) for place in range(cycle, answers.length + 1))
    if violating.again is Again.STATES:
        return _first(reasons)
    wrong = _first_of_all(reasons)
    return wrong if wrong is not None and _has_seed(spec, key, answers, cycle) else None


def _has_seed(spec: Spec, key: tuple[str, ...], answers: Answers, cycle: int) -> bool:
    """Tell whether a lasso in whose cycle the predicate is nowhere True has a seed from which on it never is."""
    predicate = Predicate(spec, spec.judged, key)
    for place in range(answers.length, -1, -1):
        if place < cycle and answers.of_state(predicate, place) is None:
            return False
        if _is_seed(spec, key, answers, place):
            return True
    return False


def _is_seed(spec: Spec, key: tuple[str, ...], answers: Answers, place: int) -> bool:
    assert spec.form.violating is not None, "it speaks of runs"
    if spec.premise is not None:
        return answers.of_state(Predicate(spec, spec.premise, key), place) is None
    return place == 0 or spec.form.violating.seed is Seed.ANYWHERE


def _first(reasons: Iterable[str | None]) -> str | None:
    return next((reason for reason in reasons if reason is not None), None)


def _first_of_all(reasons: Iterable[str | None]) -> str | None:
    """Return the first reason if there is no place without one."""
    first = None
    for reason in reasons:
        if reason is None:
            return None
        first = reason if first is None else first
    return first


@attrs.frozen(eq=False)
class _Asked:
    """What predicates answer along a trace, by calling them."""

    trace: Trace

    @property
    def cycle(self) -> int | None:
        return self.trace.cycle

    @property
    def length(self) -> int:
        return len(self.trace.steps)

    def of_state(self, predicate: Predicate, place: int) -> str | None:
        answer, _ = ask(predicate, self.trace.steps[place - 1].next if place else self.trace.initial)
        return failure(answer)

    def of_step(self, predicate: Predicate, place: int) -> str | None:
        step = self.trace.steps[place]
        if step.next == step.before:  # it changes nothing, so it is none
            return None
        answer, _ = ask(predicate, step)
        if answer is True:
            return None
        return answer if isinstance(answer, str) else f"{step.action} is taken again and again"


def _cycle(trace: Trace) -> tuple[Cluster, ...]:
    """Return the states of a lasso's cycle, the one in which it begins and ends first and last."""
    return trace.states[trace.cycle :]


def _enabled_in(model: Model, trace: Trace) -> list[set[Action]]:
    """Return what is enabled in each state of the cycle: what could change something."""
    return [{step.action for step in enabled(model, cluster) if step.next != cluster} for cluster in _cycle(trace)]


def _taken(trace: Trace) -> set[Action]:
    return {step.action for step in _steps(trace)}


def _steps(trace: Trace) -> list[Step]:
    """Return the steps of the cycle that change something; the others are none."""
    return [step for step in trace.steps[trace.cycle :] if step.next != step.before]
