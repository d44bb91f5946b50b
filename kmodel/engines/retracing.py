"""Following a trace that was found before, by its address or by its actions, and asking specs about it again."""

from collections.abc import Sequence

import attrs

from kmodel.engines.liveness.one_run import comes_back, idle_in, judge_run, unfair_to
from kmodel.engines.results import Finding, Verdict, when_found
from kmodel.kernel import Cluster, Model, ModelError, Spec, Step, Trace, ask, follow, keys_of, take


class ReplayError(Exception):
    """The trace does not apply to the model (any more): one line that says where, why and what to do."""


@attrs.frozen
class NamedAction:
    """The name of a transition and its binding: an action as it is written down."""

    transition: str
    binding: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        arguments = ", ".join(f"{name}={value}" for name, value in self.binding)
        return f"{self.transition}({arguments})"


CHANGED = "the model has changed since the trace was written; run kmodel check again"


def follow_actions(model: Model, initial: int, choices: Sequence[NamedAction], cycle: int | None = None) -> Trace:
    """Return the trace that takes these actions from an initial state, those of the cycle once.

    ReplayError if one is unknown or not enabled.
    """
    if not 0 <= initial < len(model.initial):
        raise ReplayError(f"{model.name} has no initial state {initial}, only 0 to {len(model.initial) - 1}; {CHANGED}")
    known = {NamedAction(action.transition.name, action.binding): index for index, action in enumerate(model.actions)}
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
    return Trace(model.initial[initial], tuple(steps), tuple(address), cycle)


def follow_path(model: Model, path: str) -> Trace:
    """Return the trace at an address such as `0/3/1`, or the lasso at one such as `0/3~1/2`, its cycle taken once.

    ReplayError if it is no address or leads nowhere.
    """
    stem, tilde, cycle = path.partition("~")
    once, again = _choices(stem), _choices(cycle) if cycle else ()
    if not once or again is None:
        raise ReplayError(
            f"{path!r} is no address; write one number per choice, such as 0/3/1, or 0/3~1/2 if the last are for ever"
        )
    try:
        trace = follow(model, (*once, *again))
    except ModelError as error:
        raise ReplayError(f"address {path}: {error}") from error
    return attrs.evolve(trace, cycle=len(once) - 1) if tilde else trace


def _choices(text: str) -> tuple[int, ...] | None:
    parts = text.split("/")
    return tuple(map(int, parts)) if all(part.isascii() and part.isdigit() for part in parts) else None


def objection(model: Model, trace: Trace) -> str | None:
    """Return why a lasso is no run that a temporal spec must hold on; None if it is one."""
    if trace.cycle is None:
        return "it speaks of whole runs, and this trace does not say how it goes on for ever"
    if not comes_back(trace):
        return "the cycle does not come back to the state that it begins in"
    if missed := unfair_to(model, trace):
        return f"no fair run goes on like this for ever, since it would take {missed[0]} at last"
    return None


def recheck_all(model: Model, trace: Trace) -> tuple[Finding, ...]:
    """Return what a trace shows of each spec of the model; of the temporal ones only a lasso that is fair does."""
    against = objection(model, trace)
    return tuple(
        _recheck_run(model, spec, trace, against) if spec.is_temporal else recheck(spec, trace) for spec in model.specs
    )


def _recheck_run(model: Model, spec: Spec, trace: Trace, against: str | None) -> Finding:
    if against is None and spec.form.compares_ends:
        against = "it compares the ends of runs, and this is one run"
    if against is not None:
        return Finding(spec, Verdict.NOT_JUDGED, against)
    keys = keys_of(spec, trace.initial.layout)
    reason = next((said for key in keys if (said := judge_run(spec, key, trace)) is not None), None)
    if reason is None:
        return Finding(spec, Verdict.NO_VIOLATION_FOUND, "not violated on this one run")
    return Finding(spec, Verdict.VIOLATED, reason, trace, idle=idle_in(model, trace))


def recheck(spec: Spec, trace: Trace) -> Finding:
    """Return what a trace shows of a spec of states or steps: where it is first violated or, a `sometimes`, happens."""
    subjects: list[Cluster | Step] = list(trace.steps) if spec.of_steps else [trace.initial, *_afters(trace)]
    shortest = 1 if spec.of_steps else 0
    for length, subject in enumerate(subjects, start=shortest):
        answer, _ = ask(spec, subject)
        if (reason := spec.form.found(answer)) is not None:
            so_far = Trace(trace.initial, trace.steps[:length], trace.address[: length + 1])
            return Finding(spec, when_found(spec), reason, so_far)
    return Finding(spec, Verdict.NO_VIOLATION_FOUND, f"on this one trace of {len(trace.steps)} steps")


def _afters(trace: Trace) -> list[Cluster]:
    return [step.next for step in trace.steps]
