"""Following a trace that was found before, by its address or by its actions, and asking a spec about it again."""

from collections.abc import Sequence

import attrs

from kmodel.engines.verdict import Finding, Verdict
from kmodel.kernel import Cluster, Kind, Model, ModelError, Spec, Step, Trace, ask, failure, follow, take


class ReplayError(Exception):
    """The trace does not apply to the model (any more): one line that says where, why and what to do."""


@attrs.frozen
class Choice:
    """The name of a transition and its binding: an action as it is written down."""

    transition: str
    binding: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        arguments = ", ".join(f"{name}={value}" for name, value in self.binding)
        return f"{self.transition}({arguments})"


CHANGED = "the model has changed since the trace was written; run kmodel check again"


def follow_actions(model: Model, initial: int, choices: Sequence[Choice]) -> Trace:
    """Return the trace that takes these actions from an initial state; ReplayError if one is unknown or not enabled."""
    if not 0 <= initial < len(model.initial):
        raise ReplayError(f"{model.name} has no initial state {initial}, only 0 to {len(model.initial) - 1}; {CHANGED}")
    known = {Choice(action.transition.name, action.binding): index for index, action in enumerate(model.actions)}
    cluster = model.initial[initial]
    address, steps = [initial], []
    for number, choice in enumerate(choices, start=1):
        index = known.get(choice)
        if index is None:
            raise ReplayError(f"step {number}: {model.name} has no action {choice}; {CHANGED}")
        step = take(model.actions[index], cluster)
        if step is None:
            raise ReplayError(f"step {number}: {choice} is not enabled there; {CHANGED}")
        address.append(sum(take(action, cluster) is not None for action in model.actions[:index]))
        steps.append(step)
        cluster = step.next
    return Trace(model.initial[initial], tuple(steps), tuple(address))


def follow_path(model: Model, path: str) -> Trace:
    """Return the trace at an address such as `0/3/1`; ReplayError if it is none or leads nowhere."""
    try:
        address = tuple(int(part) for part in path.split("/"))
    except ValueError:
        address = ()
    if not address or min(address) < 0:
        raise ReplayError(f"{path!r} is no address; write one number per choice, such as 0/3/1")
    try:
        return follow(model, address)
    except ModelError as error:
        raise ReplayError(f"address {path}: {error}") from error


def recheck(spec: Spec, trace: Trace) -> Finding:
    """Return what a trace shows of a spec: the first violation or, for a `sometimes`, the first occurrence."""
    subjects: list[Cluster | Step] = list(trace.steps) if spec.of_steps else [trace.initial, *_afters(trace)]
    shortest = 1 if spec.of_steps else 0
    for length, subject in enumerate(subjects, start=shortest):
        answer, _ = ask(spec, subject)
        so_far = Trace(trace.initial, trace.steps[:length], trace.address[: length + 1])
        if spec.kind is Kind.SOMETIMES:
            if answer is True:
                return Finding(spec, Verdict.HOLDS, "it happens", so_far)
        elif (reason := failure(answer)) is not None:
            return Finding(spec, Verdict.VIOLATED, reason, so_far)
    return Finding(spec, Verdict.NO_VIOLATION_FOUND, f"on this one trace of {len(trace.steps)} steps")


def _afters(trace: Trace) -> list[Cluster]:
    return [step.next for step in trace.steps]
