"""The report as one HTML page that needs nothing else: no network, no scripts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import attrs
import jinja2
import markupsafe

from kmodel.engines.verdict import Finding, Result
from kmodel.kernel import Kind
from kmodel.reporting.draw import inline
from kmodel.reporting.failure import replay_command
from kmodel.reporting.lifelines import actors_of, sequence
from kmodel.reporting.pictures import Picture
from kmodel.reporting.sequence import sequence_svg
from kmodel.reporting.source import Source
from kmodel.reporting.story import Line, story
from kmodel.reporting.wording import (
    Standing,
    Wording,
    never_fired,
    ordered,
    overall,
    scope,
    states_per_second,
    untested,
)


@attrs.frozen
class Told:
    """A finding as the page tells it: in words and, if it has a trace, as story, diagram and replay command."""

    finding: Finding
    wording: Wording
    lines: tuple[Line, ...]
    diagram: str
    replay: str

    @property
    def is_story(self) -> bool:
        """Whether this is the witness of something that is meant to happen, not a violation."""
        return self.finding.spec.kind is Kind.SOMETIMES


@attrs.frozen
class Coverage:
    """How often the actions of a transition were taken, in all and each."""

    transition: str
    actors: str
    sentence: str
    count: int
    actions: tuple[tuple[str, int], ...]


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
            overall=overall(result),
            scope=scope(result),
            speed=states_per_second(result),
            mood=_mood(told, result),
            told=told,
            idle=_idle(told, result),
            unfired=never_fired(result),
            counterexamples=[each for each in with_trace if not each.is_story],
            stories=[each for each in with_trace if each.is_story],
            coverage=coverage(result),
            pictures=[(picture, picture.drawing.svg and inline(picture.drawing.svg)) for picture in pictures],
        )
    )


def _idle(told: Sequence[Told], result: Result) -> list[tuple[Told, list[Told]]]:
    """Return what was not put to the test, each with what would have shown that it was and never happens."""
    names = {finding.spec.name for finding in untested(result)}
    return [
        (
            each,
            [other for other in told if (shown := other.finding.spec.shows) and shown.name == each.finding.spec.name],
        )
        for each in told
        if each.finding.spec.name in names
    ]


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
    return "open" if Standing.VACUOUS in standings or not result.finished else "good"


def _told(
    finding: Finding, wording: Wording, source: Source, actors: Sequence[str], trace_files: Mapping[str, Path]
) -> Told:
    if finding.trace is None:
        return Told(finding, wording, (), "", "")
    lines = story(finding.trace)
    diagram = sequence_svg(sequence(finding.trace, actors), lines) if lines else ""
    replay = replay_command(finding.trace, source, trace_files.get(finding.spec.name))
    return Told(finding, wording, lines, diagram, replay)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("kmodel.reporting"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["number"] = "{:,}".format
    environment.filters["breakable"] = lambda name: markupsafe.escape(name).replace("_", markupsafe.Markup("_<wbr>"))
    return environment.get_template("index.html")
