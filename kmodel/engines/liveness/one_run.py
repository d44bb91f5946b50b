"""One lasso by itself: whether it comes back to where it began, whom it is fair to, what it shows of temporal specs.

Works on clusters, through the kernel: for runs that were sampled, or are followed again.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import TypeVar

from kmodel.engines.verdict import Idle
from kmodel.kernel import Action, Cluster, Fairness, Kind, Model, Predicate, Spec, Step, Trace, ask, enabled, failure

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


def judge_run(spec: Spec, key: tuple[str, ...], trace: Trace) -> str | None:
    """Return why a lasso violates a temporal spec, asked about one key; None if it does not.

    Whether the lasso is one that the system owes nothing is another question: see unfair_to().
    """
    assert trace.cycle is not None, "a lasso has a cycle"
    if spec.kind is Kind.CONFLUENT:  # it compares runs
        return None
    cycle = _cycle(trace)
    if spec.kind is Kind.LEADS_TO:
        return _unanswered(spec, key, trace, cycle)
    predicate = Predicate(spec, spec.function, key)
    if spec.kind is Kind.FINITELY_OFTEN:
        return _again_and_again(predicate, _steps(trace))
    reasons = [_wrong(predicate, cluster) for cluster in cycle]
    if spec.kind is Kind.CONVERGES:
        return next((reason for reason in reasons if reason is not None), None)
    if spec.kind is Kind.EVENTUALLY:
        reasons += [_wrong(predicate, cluster) for cluster in trace.states[: trace.cycle]]
    return None if None in reasons else reasons[0]


def _unanswered(spec: Spec, key: tuple[str, ...], trace: Trace, cycle: Sequence[Cluster]) -> str | None:
    """Return what is wrong with the conclusion for ever, if the premise was True when it already was or later."""
    assert spec.premise is not None
    assert spec.conclusion is not None
    premise, conclusion = Predicate(spec, spec.premise, key), Predicate(spec, spec.conclusion, key)
    reasons = [_wrong(conclusion, cluster) for cluster in cycle]
    if None in reasons:
        return None
    for cluster in (*reversed(cycle), *reversed(trace.states[: trace.cycle])):
        if _wrong(conclusion, cluster) is None:
            return None
        if _wrong(premise, cluster) is None:
            return reasons[0]
    return None


def _again_and_again(predicate: Predicate, steps: Sequence[Step]) -> str | None:
    for step in steps:
        answer, _ = ask(predicate, step)
        if answer is not True:
            return answer if isinstance(answer, str) else f"{step.action} is taken again and again"
    return None


def _wrong(predicate: Predicate, subject: Cluster) -> str | None:
    answer, _ = ask(predicate, subject)
    return failure(answer)


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
