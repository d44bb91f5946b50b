"""The report as one HTML page that needs nothing else: no network, and no script to be read.

What comes first is the answer; then what is violated, as stories; then the story of how all gets where it should.
"""

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from kmodel.engines.events import Finished
from kmodel.engines.results import Finding, Result
from kmodel.kernel import Trace
from kmodel.reporting.answer import CELLS_ALONE, ObjectsAnswer, Subject, answer, by_reference, goals
from kmodel.reporting.causes import Causes
from kmodel.reporting.diff import Change, changes
from kmodel.reporting.draw import inline
from kmodel.reporting.failure import replay_command
from kmodel.reporting.files import write
from kmodel.reporting.handler import Handler
from kmodel.reporting.lifelines import actors_of
from kmodel.reporting.pictures import Picture
from kmodel.reporting.reports import ReportContext, writing
from kmodel.reporting.source import Source
from kmodel.reporting.story import Line, story
from kmodel.reporting.tales import Tale, Teller
from kmodel.reporting.templating import environment
from kmodel.reporting.wording import (
    Standing,
    Wording,
    ends,
    never_fired,
    ordered,
    overall,
    scope,
    shows,
    states_per_second,
    untested,
    why_untested,
)

MOODS = {"bad": "✗", "open": "?", "good": "✓"}  # a word stands beside each
MOST_WITH_STATES = 5  # stories that show the state after each step; of the others, `kmodel replay --at` does
MOST_STUCK = 3  # objects whose story is told


@attrs.frozen
class Rest:
    """A state in which the system comes to rest: the shortest story, and what differs from the first such state."""

    lines: tuple[Line, ...]
    replay: str
    differs: tuple[Change, ...]


@attrs.frozen
class Coverage:
    """How often the actions of a transition were taken, in all and each."""

    transition: str
    actors: str
    sentence: str
    count: int
    actions: tuple[tuple[str, int], ...]


@attrs.frozen
class Judged:
    """A finding in the list of verdicts, and where its story is, if it has one."""

    finding: Finding
    wording: Wording
    anchor: str = ""


def handler(context: ReportContext) -> Handler:
    """Return the handler that writes the page, with the pictures and the traces that were made before it."""

    def write_page(event: Finished) -> None:
        index = context.file("index.html")
        context.causes.heed(event)
        text = page(
            event.result,
            context.source,
            context.pictures,
            context.traces,
            subject=context.subject,
            found=context.answer,
            causes=context.causes,
        )
        write(index, text)
        context.index = index

    return writing(context, write_page)


def page(
    result: Result,
    source: Source,
    pictures: Sequence[Picture] = (),
    trace_files: Mapping[str, Path] | None = None,
    *,
    subject: Subject = CELLS_ALONE,
    found: ObjectsAnswer | None = None,
    causes: Causes | None = None,
) -> str:
    """Return the page; `trace_files` are the traces that were written, by the names of their specs.

    `found` says where objects end, if that is known from elsewhere than from all states in which the system rests.
    """
    rests = None if result.ends is None else result.ends.traces
    told = found or answer(rests, subject)
    teller = Teller(
        source,
        subject,
        actors_of(result.model, source.taking_part),
        trace_files or {},
        result.model,
        causes or Causes(),
    )
    judged = [Judged(*pair, pair[0].spec.name if pair[0].trace else "") for pair in ordered(result)]
    bad = _tales(judged, teller, Standing.VIOLATED)
    bad += [teller.of_end(end, number) for number, end in enumerate(told.wrong[:MOST_STUCK], start=1) if end.trace]
    aims = goals(result.model, rests or (), subject) if told.ends else ()
    return str(
        environment("page.js")
        .get_template("index.html")
        .render(
            result=result,
            source=source,
            answer=told,
            objects=by_reference(told.ends),
            overall=overall(result, source),
            again=shlex.join(["kmodel", "check", *source.replay_arguments]),
            scope=scope(result),
            speed=states_per_second(result),
            mood=_mood(judged, told, result),
            icon=MOODS[_mood(judged, told, result)],
            judged=judged,
            standing=Standing,
            idle=_idle(judged, result),
            unfired=never_fired(result),
            counterexamples=bad,
            goals=[teller.of_goal(goal, number) for number, goal in enumerate(aims, start=1)],
            hazards=_tales(judged, teller, Standing.HAZARD),
            stories=[
                teller.of_finding(each.finding, each.wording)
                for each in judged
                if each.anchor and each.wording.standing not in (Standing.VIOLATED, Standing.HAZARD)
            ],
            rests=_rests(rests or (), source),
            ends=ends(result),
            coverage=coverage(result),
            pictures=[(picture, picture.drawing.svg and inline(picture.drawing.svg)) for picture in pictures],
        )
    )


def _tales(judged: Sequence[Judged], teller: Teller, standing: Standing) -> list[Tale]:
    return [
        teller.of_finding(each.finding, each.wording, with_states=number < MOST_WITH_STATES)
        for number, each in enumerate(each for each in judged if each.anchor and each.wording.standing is standing)
    ]


def _idle(judged: Sequence[Judged], result: Result) -> list[tuple[Judged, str]]:
    """Return what was not put to the test, each with what would have shown that it was and never happens."""
    findings = untested(result)
    return [(each, _missed(each.finding, judged)) for each in judged if each.finding in findings]


def _missed(finding: Finding, judged: Sequence[Judged]) -> str:
    sentences = [other.finding.spec.sentence for other in judged if shows(other.finding.spec, finding.spec)]
    return why_untested(finding) or f"Never: {' '.join(sentences)}"


def _rests(traces: Sequence[Trace], source: Source) -> tuple[Rest, ...]:
    return tuple(
        Rest(story(trace), replay_command(trace, source), changes(traces[0].last, trace.last)) for trace in traces
    )


def coverage(result: Result) -> tuple[Coverage, ...]:
    """Return how often each transition was taken, those that never were first; none if the engine did not count."""
    if not result.fired:
        return ()
    totals: Counter[str] = Counter()
    actions: dict[str, list[tuple[str, int]]] = {}
    actors: dict[str, dict[str, None]] = {}
    sentences: dict[str, str] = {}
    for action in result.model.actions:
        name = action.transition.name
        fired = result.fired.get(str(action), 0)
        totals[name] += fired
        actions.setdefault(name, []).append((str(action), fired))
        actors.setdefault(name, {})[action.actor] = None
        sentences[name] = action.transition.sentence
    rows = [
        Coverage(name, ", ".join(actors[name]), sentences[name], totals[name], tuple(each))
        for name, each in actions.items()
    ]
    return tuple(sorted(rows, key=lambda row: row.count > 0))


def _mood(judged: Sequence[Judged], told: ObjectsAnswer, result: Result) -> str:
    standings = {each.wording.standing for each in judged}
    if Standing.VIOLATED in standings or told.wrong or told.refused:
        return "bad"
    return "open" if standings & {Standing.OPEN, Standing.NOT_JUDGED} or not result.finished else "good"
