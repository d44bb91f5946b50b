"""The report as one HTML page that needs nothing else: no network, no scripts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import jinja2
import markupsafe

from kmodel.engines.events import Finished
from kmodel.engines.results import Finding, Result
from kmodel.printable import printable
from kmodel.reporting.diff import Change, changes
from kmodel.reporting.draw import inline
from kmodel.reporting.failure import replay_command
from kmodel.reporting.files import write
from kmodel.reporting.handler import Handler
from kmodel.reporting.lasso import after_the_cycle, before_the_cycle, why_idle
from kmodel.reporting.lifelines import actors_of, sequence
from kmodel.reporting.pictures import Picture
from kmodel.reporting.reports import ReportContext, writing
from kmodel.reporting.sequence import sequence_svg
from kmodel.reporting.source import Source
from kmodel.reporting.story import Line, story
from kmodel.reporting.wording import (
    Standing,
    Wording,
    ends,
    kind_in_words,
    never_fired,
    ordered,
    overall,
    scope,
    shows,
    states_per_second,
    untested,
    why_untested,
)


@attrs.frozen
class Told:
    """A finding as the page tells it: in words and, if it has a trace, as story, diagram and replay command."""

    finding: Finding
    wording: Wording
    lines: tuple[Line, ...]
    diagram: str
    replay: str
    before_the_cycle: str = ""  # what stands between the steps taken once and those taken for ever
    after_the_cycle: str = ""
    idle: tuple[tuple[str, str], ...] = ()  # the actions that are enabled in the cycle but not taken, and why

    @property
    def is_story(self) -> bool:
        """Whether this is the witness of something that is meant to happen, not a violation."""
        return self.finding.spec.form.wanted


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


def handler(context: ReportContext) -> Handler:
    """Return the handler that writes the page, with the pictures and the traces that were made before it."""

    def write_page(event: Finished) -> None:
        index = context.file("index.html")
        write(index, page(event.result, context.source, context.pictures, context.traces))
        context.index = index

    return writing(context, write_page)


def page(
    result: Result, source: Source, pictures: Sequence[Picture] = (), trace_files: Mapping[str, Path] | None = None
) -> str:
    """Return the page; `trace_files` are the traces that were written, by the names of their specs."""
    actors = actors_of(result.model, source.taking_part)
    told = [_told(finding, wording, source, actors, trace_files or {}) for finding, wording in ordered(result)]
    with_trace = [each for each in told if each.finding.trace is not None]
    return str(
        _template().render(
            result=result,
            source=source,
            overall=overall(result, source.weakened_by),
            scope=scope(result),
            speed=states_per_second(result),
            mood=_mood(told, result),
            told=told,
            idle=_idle(told, result),
            unfired=never_fired(result),
            counterexamples=[each for each in with_trace if not each.is_story],
            stories=[each for each in with_trace if each.is_story],
            rests=_rests(result, source),
            ends=ends(result),
            coverage=coverage(result),
            pictures=[(picture, picture.drawing.svg and inline(picture.drawing.svg)) for picture in pictures],
        )
    )


def _idle(told: Sequence[Told], result: Result) -> list[tuple[Told, str]]:
    """Return what was not put to the test, each with what would have shown that it was and never happens."""
    findings = untested(result)
    return [(each, _missed(each.finding, told)) for each in told if each.finding in findings]


def _missed(finding: Finding, told: Sequence[Told]) -> str:
    sentences = [other.finding.spec.sentence for other in told if shows(other.finding.spec, finding.spec)]
    return why_untested(finding) or f"Never: {' '.join(sentences)}"


def _rests(result: Result, source: Source) -> tuple[Rest, ...]:
    traces = () if result.ends is None else result.ends.traces
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


def _mood(told: Sequence[Told], result: Result) -> str:
    standings = {each.wording.standing for each in told}
    if Standing.VIOLATED in standings:
        return "bad"
    is_open = standings & {Standing.VACUOUS, Standing.NOT_JUDGED} or not result.finished
    return "open" if is_open else "good"


def _told(
    finding: Finding, wording: Wording, source: Source, actors: Sequence[str], trace_files: Mapping[str, Path]
) -> Told:
    if finding.trace is None:
        return Told(finding, wording, (), "", "")
    trace = finding.trace
    lines = story(trace)
    diagram = sequence_svg(sequence(trace, actors), lines, trace.cycle) if lines else ""
    replay = replay_command(trace, source, trace_files.get(finding.spec.name))
    if trace.cycle is None:
        return Told(finding, wording, lines, diagram, replay)
    idle = tuple((str(each.action), why_idle(each)) for each in finding.idle)
    return Told(finding, wording, lines, diagram, replay, before_the_cycle(trace), after_the_cycle(trace), idle)


def _safe(value: Any) -> Any:
    """Return what a template is about to show, without what no page may hold; markup stays markup."""
    return type(value)(printable(str(value), keep="\n")) if isinstance(value, str) else value


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("kmodel.reporting"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_safe,
    )
    environment.filters["capital"] = lambda text: f"{text[:1].upper()}{text[1:]}"
    environment.filters["kind"] = kind_in_words
    environment.filters["number"] = "{:,}".format
    environment.filters["breakable"] = lambda name: markupsafe.escape(name).replace("_", markupsafe.Markup("_<wbr>"))
    return environment.get_template("index.html")
