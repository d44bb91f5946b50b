"""Why a story ends as it does, in words, and which of its steps are to be marked."""

from collections.abc import Iterator, Sequence

import attrs

from kmodel.engines.causes.because import Because, Late, because
from kmodel.engines.clock import Clock, Deadline
from kmodel.engines.events import Finished
from kmodel.engines.results import Finding
from kmodel.kernel import Model, Trace
from kmodel.reporting.story import line
from kmodel.reporting.wording import count

SECONDS = 3.0  # that it may take for one story
SECONDS_IN_ALL = 5.0  # with the pictures, a report is written within ten
NO_TIME = "There was no time to find out which of these steps decide."
MOST_NAMED = 6

DECIDES, NOT_NEEDED = "*", "-"


@attrs.define(eq=False)
class Causes:
    """What the stories of an exploration rest on, each found out once, when it is first told."""

    _left: float = SECONDS_IN_ALL
    _known: dict[str, Because | None] = attrs.field(factory=dict)

    def of(self, model: Model, finding: Finding) -> Because | None:
        """Return what a violation rests on; None if nobody knows, or it would take too long."""
        name = finding.spec.name
        if name not in self._known:
            clock = Clock()
            enough = self._left > 0
            self._known[name] = because(model, finding, Deadline(min(SECONDS, self._left))) if enough else None
            self._left -= clock.seconds
        return self._known[name]

    def sentences(self, model: Model, finding: Finding) -> tuple[str, ...]:
        """Return all that is said of why a violation comes about, and of how it could be avoided."""
        found, trace = self.of(model, finding), finding.trace
        if trace is None:
            return ()
        if found is not None:
            return (*why(found, trace), *turning(finding))
        may_be_tried = trace.steps and not finding.spec.form.compares_ends
        return (*((NO_TIME,) if may_be_tried else ()), *turning(finding))

    def heed(self, event: Finished) -> None:
        """Look for nothing more if the exploration was ended from outside: who is in a hurry is so now."""
        if event.time_is_up or event.interrupted:
            self._left = 0.0


def marks(found: Because | None) -> dict[int, str]:
    """Return the marks of steps, by their numbers: those that decide, and those that are not needed."""
    if found is None:
        return {}
    idle = dict.fromkeys((*found.accidents, *found.outside), NOT_NEEDED)
    return idle | dict.fromkeys(found.deciding, DECIDES)


def why(found: Because, trace: Trace) -> tuple[str, ...]:
    """Return in sentences what a story rests on."""
    return (*_what_decides(found, trace), *map(_late, (found.late or ())[:MOST_NAMED]), *_what_is_not_needed(found))


def turning(finding: Finding) -> tuple[str, ...]:
    """Return in sentences where the violation could no more be avoided, and how the nearest run goes that avoids it."""
    turn, trace = finding.turn, finding.trace
    if turn is None or trace is None:
        return ()
    if turn.unknown:
        return (f"Where it could no more be avoided is not known: {turn.unknown}.",)
    about = f", as to {', '.join(turn.about)}" if turn.about else ""
    if turn.last is None or turn.way is None:
        return (f"Nothing avoids it{about}: not even from the start a fair run meets the spec.",)
    if turn.last == len(trace.steps):
        point = f"To the end it could have been met{about}, on another fair run."
    else:
        step = f"{turn.last + 1}, {trace.steps[turn.last].action}"
        point = (
            f"The point of no return is step {step}: before it a fair run could meet the spec{about}, after it none."
        )
    return (point, _nearest(turn.last, turn.way, turn.rests))


def _nearest(kept: int, way: Trace, rests: bool) -> str:
    others = len(way.steps) - kept
    if not others:
        return f"The nearest run that goes well {'rests' if rests else 'goes round, in another way,'} from there on."
    more = f", then {count(others - 1, 'more step')}" if others > 1 else ""
    return f"The nearest run that goes well takes {way.steps[kept].action} instead{more}."


def _what_decides(found: Because, trace: Trace) -> Iterator[str]:
    told = "; ".join(f"{number} {_named(number, trace)}" for number in found.deciding[:MOST_NAMED])
    more = f" and {len(found.deciding) - MOST_NAMED} more" if len(found.deciding) > MOST_NAMED else ""
    if found.late is None and found.deciding:
        requests = count(len(found.deciding), "request or fault", "requests and faults")
        yield f"It takes {requests}: {told}{more}. Whether the order of the other steps matters was not tried."
    elif found.late is not None and not found.deciding:
        yield "No request, fault or delay is needed: the usual course of things leads there."
    elif found.deciding:
        which = f"{len(found.deciding)} of {count(found.steps, 'step')}"
        rest = " The others are the usual course of things." if len(found.deciding) < found.steps else ""
        yield f"{which} {'decides' if len(found.deciding) == 1 else 'decide'}: {told}{more}.{rest}"


def _named(number: int, trace: Trace) -> str:
    told = line(number, trace.steps[number - 1])
    return f"{told.reason} {told.object} ({told.actor})" if told.object != "-" else f"{told.reason} ({told.actor})"


def _late(late: Late) -> str:
    since = f"since step {late.since}" if late.since else "from the start"
    return f"It would not have come so if {late.action}, possible {since}, had come before step {late.overtaken}."


def _what_is_not_needed(found: Because) -> Sequence[str]:
    idle = len(found.accidents) + len(found.outside)
    if not idle:
        return ()
    steps = count(idle, "step")
    return (f"{steps} of this run {'is' if idle == 1 else 'are'} not needed: the others alone violate it as well.",)
