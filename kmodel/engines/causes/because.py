"""What the end of a trace rests on: the slice of it, each step tried away, and the few steps that decide.

Steps outside the slice are no part of the cause. Of those inside, each is tried away: the others are taken without it,
and if they violate the spec all the same, it was an accident of this run. Of a sampled run much can be left out; of a
shortest counterexample nothing, or there would be a shorter one.

So what decides is another question, and asked in another way. A request or a fault decides. What the system owes comes
anyway, and decides only by its order: if the story ends well once an action is taken earlier, which it could have been,
then the step that came before it decides, and the action was late. All other steps are the usual course.

Sources: a step tried away is a counterfactual cause as in Beer et al., "Explaining counterexamples using causality",
CAV 2009; the order of dependent steps is what delay-bounded search varies [Emmi, Qadeer, Rakamaric, POPL 2011].
"""

import attrs

from kmodel.engines.causes.dependences import Dependences
from kmodel.engines.causes.retaken import Retaken
from kmodel.engines.clock import Deadline, TimeIsUp
from kmodel.engines.results import Finding
from kmodel.kernel import Action, Model, Trace


@attrs.frozen
class Late:
    """An action that could have been taken after `since` steps, and would have saved the spec before step `overtaken`.

    If it comes any later, it does not.
    """

    action: Action
    since: int
    overtaken: int


@attrs.frozen
class Because:
    """What the end of a trace rests on; steps are told by their numbers, from 1.

    `direct` wrote what the spec saw at the end. `needed` is what is left when each step was tried away, and violates
    the spec alone; `accidents` are of the slice, but need not have happened. `deciding` are the needed steps that are
    requests, faults, or came before what was `late`; of a run that goes on for ever, the order is not tried (`late` is
    None).
    """

    steps: int
    direct: tuple[int, ...]
    needed: tuple[int, ...]
    accidents: tuple[int, ...]
    deciding: tuple[int, ...]
    late: tuple[Late, ...] | None
    alone: Trace

    @property
    def outside(self) -> tuple[int, ...]:
        """The steps that the end does not rest on at all."""
        inside = {*self.needed, *self.accidents}
        return tuple(number for number in range(1, self.steps + 1) if number not in inside)


WITHOUT_LIMIT = Deadline()


def because(model: Model, finding: Finding, deadline: Deadline = WITHOUT_LIMIT) -> Because | None:
    """Return what a violation rests on; None if it has no steps, is not one of a single run, or the time is up."""
    try:
        return _because(model, finding, deadline)
    except TimeIsUp:
        return None


def _because(model: Model, finding: Finding, deadline: Deadline) -> Because | None:
    trace, spec = finding.trace, finding.spec
    if trace is None or not trace.steps or spec.form.compares_ends or spec.form.wanted:
        return None
    retaken, found = Retaken(model, spec, trace), Dependences.of(spec, trace)
    inside = retaken.enough(found.slice())
    if inside is None:  # it rests on what was not done, as a run that stands still does
        inside = list(range(len(trace.steps)))
    kept = _tried_away(retaken, inside, deadline)
    alone = retaken.alone(kept)
    assert alone is not None, "the steps that are kept violate it"
    late = None if spec.is_temporal else _late(retaken, deadline)
    decides = {place + 1 for place in kept if trace.steps[place].action.transition.environment}
    decides |= {each.overtaken for each in late or () if each.overtaken - 1 in kept}
    return Because(
        len(trace.steps),
        _numbers(found.direct),
        _numbers(kept),
        _numbers(set(inside) - set(kept)),
        tuple(sorted(decides)),
        late,
        alone,
    )


def _numbers(places: "set[int] | frozenset[int] | list[int]") -> tuple[int, ...]:
    return tuple(place + 1 for place in sorted(places))


def _tried_away(retaken: Retaken, inside: list[int], deadline: Deadline) -> list[int]:
    """Return steps that violate the spec alone and of which none can be left out, the last tried first."""
    kept = inside
    for place in reversed(inside):
        deadline.check()
        if place in kept:
            without = retaken.takeable([other for other in kept if other != place])
            kept = retaken.enough(without) or kept
    return kept


def _late(retaken: Retaken, deadline: Deadline) -> tuple[Late, ...]:
    """Return the owed actions that would have saved the spec if they had come earlier; for each, the last time to."""
    model, rows = retaken.model, list(retaken.rows())
    found = []
    for index, action in enumerate(model.actions):
        deadline.check()
        if action.transition.environment:
            continue
        could = [
            place
            for place, choice in enumerate(retaken.choices)
            if choice != index and retaken.after(rows[place], index) not in (None, rows[place])
        ]
        saving = [place for place in could if not retaken.is_violated_with(index, place)]
        if saving:
            found.append(Late(action, min(could), max(saving) + 1))
    return tuple(sorted(found, key=lambda late: late.overtaken))
