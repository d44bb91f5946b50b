"""The stories of a page: each in words, with its steps, the state after each of them, and its sequence diagram."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import attrs

from kmodel.engines.results import Finding, Turn
from kmodel.kernel import Model, Trace
from kmodel.reporting.answer import Goal, ObjectEnd, Subject
from kmodel.reporting.causes import Causes, marks
from kmodel.reporting.counted import counted
from kmodel.reporting.failure import replay_command
from kmodel.reporting.lasso import after_the_cycle, before_the_cycle, why_idle
from kmodel.reporting.lifelines import sequence
from kmodel.reporting.sequence import sequence_svg
from kmodel.reporting.source import Source
from kmodel.reporting.state_shown import MarkedTable, marked
from kmodel.reporting.story import NO_MARKS, Line, lines_of, story
from kmodel.reporting.wording import Wording

MOST_STATES = 80  # shown of one story; a longer one names the command that shows each


@attrs.frozen
class Tale:
    """A story: what it is of, in words, and the steps; a state is shown after each that has `states`, if any has.

    `anchor` is where the page has it; `mood` says how it is to be read: a word for its colours.
    """

    anchor: str
    verdict: str
    mood: str
    name: str
    sentence: str
    why: str
    replay: str
    lines: tuple[Line, ...]
    causes: tuple[str, ...] = ()  # that a documented hazard is known to come from
    diagram: str = ""
    states: tuple[tuple[MarkedTable, ...], ...] = ()
    cycle: int | None = None
    before_the_cycle: str = ""  # what stands between the steps taken once and those taken for ever
    after_the_cycle: str = ""
    because: tuple[str, ...] = ()
    marks: Mapping[int, str] = NO_MARKS  # of the steps that decide, and of those that are not needed
    way: tuple[Line, ...] = ()  # how the nearest run that goes well goes on
    way_replay: str = ""
    turn: int | None = None  # the steps before the point of no return
    idle: tuple[tuple[str, str], ...] = ()  # the actions that are enabled in the cycle but not taken, and why


@attrs.frozen
class Teller:
    """What all stories of a page have in common."""

    source: Source
    subject: Subject
    actors: Sequence[str]
    trace_files: Mapping[str, Path]
    model: Model
    causes: Causes

    def of_finding(self, finding: Finding, wording: Wording, *, with_states: bool = False) -> Tale:
        """Return the story of a finding that has a trace."""
        assert finding.trace is not None, "only a finding with a trace can be told"
        spec = finding.spec
        turn = finding.turn
        idle = tuple((str(each.action), why_idle(each)) for each in finding.idle)
        tale = self._tale(finding.trace, spec.name, self.trace_files.get(spec.name), with_states)
        is_wrong = finding.is_failure or finding.is_hazard
        found = self.causes.of(self.model, finding) if is_wrong else None
        return attrs.evolve(
            tale,
            verdict=wording.verdict,
            mood=wording.standing.value,
            name=spec.name,
            sentence=spec.sentence,
            why=wording.in_short.why,
            causes=tuple(hazard.why for hazard in spec.hazards) if finding.is_hazard else (),
            idle=idle if finding.trace.cycle is not None else (),
            because=self.causes.sentences(self.model, finding) if is_wrong else (),
            way=self._way(finding.turn),
            way_replay="" if turn is None or turn.way is None else replay_command(turn.way, self.source),
            marks=marks(found),
            turn=None if turn is None or turn.last == len(finding.trace.steps) else turn.last,
        )

    def _way(self, turn: Turn | None) -> tuple[Line, ...]:
        return () if turn is None or turn.way is None or turn.last is None else story(turn.way)[turn.last :]

    def of_end(self, end: ObjectEnd, number: int) -> Tale:
        """Return the story of how an object comes to where it should not stay."""
        assert end.trace is not None, "only an end with a run can be told"
        tale = self._tale(attrs.evolve(end.trace, cycle=len(end.trace.steps)), f"stuck-{number}", None, True)
        return attrs.evolve(tale, verdict="STUCK", mood="violated", name=end.reference, why=str(end))

    def of_goal(self, goal: Goal, number: int) -> Tale:
        """Return the story of how all gets where it should."""
        tale = self._tale(goal.trace, f"goal-{number}", None, True)
        return attrs.evolve(tale, verdict="goal", mood="holds", name=goal.title)

    def _tale(self, trace: Trace, anchor: str, file: Path | None, with_states: bool) -> Tale:
        told = counted(trace)
        lines = lines_of(told)
        return Tale(
            anchor,
            verdict="",
            mood="",
            name="",
            sentence="",
            why="",
            replay=replay_command(trace, self.source, file),
            lines=lines,
            diagram=sequence_svg(sequence(trace, self.actors), lines, trace.cycle) if lines else "",
            states=self._states(told) if with_states and len(lines) <= MOST_STATES else (),
            cycle=trace.cycle,
            before_the_cycle="" if trace.cycle is None else before_the_cycle(trace),
            after_the_cycle=after_the_cycle(trace),
        )

    def _states(self, trace: Trace) -> tuple[tuple[MarkedTable, ...], ...]:
        tables = [self.subject.state(state) for state in trace.states]
        return tuple(marked(there, before) for before, there in pairwise(tables))
