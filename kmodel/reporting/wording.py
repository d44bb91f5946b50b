"""The words for each verdict, in one place: no two are worded alike, and none says more than is known."""

from collections.abc import Sequence
from enum import Enum

import attrs

from kmodel.engines.results import Finding, Result, Verdict, if_alike, up_to_collision
from kmodel.kernel import Spec, SpecKind
from kmodel.reporting.source import Source

NEVER_RESTS = "the system never comes to rest"


class Standing(Enum):
    """How a finding is to be read, in the order in which a reader should see them."""

    VIOLATED = "violated"
    HAZARD = "hazard"
    OPEN = "no-violation-found"
    NOT_JUDGED = "not-judged"
    VACUOUS = "vacuous"
    HOLDS = "holds"


@attrs.frozen
class Wording:
    """A finding in words: how it stands, the verdict and why; of a hazard, whose cause is known, also what happened."""

    standing: Standing
    verdict: str
    why: str
    happened: str = ""

    def __str__(self) -> str:
        colon = ":" if self.happened else ""
        return f"{self.verdict}{colon} {self.why}".rstrip()

    @property
    def in_short(self) -> "Wording":
        """The same without what is told once for all specs: causes, how many states there are, why no more is known."""
        if self.happened:
            return attrs.evolve(self, why=self.happened, happened="")
        if self.standing is Standing.VACUOUS:
            return attrs.evolve(self, why="")  # what it leaves untested is listed once, before all verdicts
        if self.standing not in (Standing.OPEN, Standing.NOT_JUDGED):
            return self
        return attrs.evolve(self, why=f"({self.why.strip('()').rpartition('; ')[2].partition(':')[0]})")


def word(finding: Finding, result: Result) -> Wording:
    """Return a finding in words."""
    return _word(finding, result, untested(result))


def _word(finding: Finding, result: Result, idle: Sequence[Finding]) -> Wording:
    if finding.is_vacuous:
        shown = finding.spec.shows
        alone = shown is not None and shown.origin in [each.spec.origin for each in idle]
        so = f", so {shown.name} is not put to the test" if shown is not None and alone else ""
        return Wording(Standing.VACUOUS, "never happens", f"in {all_states(result)}{so}")
    if finding.is_hazard:
        happened = f"{where(finding)}: {finding.reason}"
        return Wording(Standing.HAZARD, "documented hazard", f"{finding.spec.hazard} (violated {happened})", happened)
    if finding.verdict is Verdict.VIOLATED:
        return Wording(Standing.VIOLATED, "VIOLATED", f"{where(finding)}: {finding.reason}")
    if finding.verdict is Verdict.NOT_JUDGED:
        return Wording(Standing.NOT_JUDGED, "not judged", f"({finding.reason})")
    if finding.verdict is Verdict.NO_VIOLATION_FOUND:
        if finding.spec.form.wanted:
            return Wording(Standing.OPEN, "not reached", f"({finding.reason})")
        return Wording(Standing.OPEN, "no violation found", f"({finding.reason})")
    if finding.spec.form.wanted:
        return Wording(Standing.HOLDS, "holds", f"(first {where(finding)})")
    but = ", but not put to the test" if any(finding is each for each in idle) else ""
    return Wording(Standing.HOLDS, "holds", f"({_seen(finding, result)}){but}")


def _seen(finding: Finding, result: Result) -> str:
    if finding.spec.form.compares_ends and result.ends is not None:
        rests = result.ends.states
        return f"all {count(rests, 'state')} in which the system comes to rest" if rests else NEVER_RESTS
    if not finding.spec.is_temporal:
        return all_states(result)
    return f"{all_states(result)}, on every {'strongly ' if finding.needs_strong_fairness else ''}fair run"


def untested(result: Result) -> tuple[Finding, ...]:
    """Return what holds without having been put to the test: nothing happens that could violate it, or that would show
    it not to be vacuous."""
    happened: dict[object, bool] = {}
    for each in result.findings:
        if each.spec.shows is not None:
            happened[each.spec.shows.origin] = happened.get(each.spec.shows.origin, False) or not each.is_vacuous
    return tuple(
        finding
        for finding in result.findings
        if finding.verdict is Verdict.HOLDS and not (finding.is_tested and happened.get(finding.spec.origin, True))
    )


def shows(witness: Spec, spec: Spec) -> bool:
    """Tell whether a `sometimes` shows that a spec is not vacuous; of both, a model may have a variant."""
    return witness.shows is not None and witness.shows.origin == spec.origin


def why_untested(finding: Finding) -> str:
    """Return what keeps a temporal spec from being put to the test, as the end of a sentence; nothing if it was."""
    if finding.is_tested:
        return ""
    if finding.spec.form.has_premise:
        return "nothing ever waits for the conclusion"
    if finding.spec.form.compares_ends:
        return "there are no two states to compare in which the system comes to rest"
    return "it is so from the start"


def word_on_trace(finding: Finding) -> str:
    """Return what one trace shows of a spec, in words."""
    if finding.verdict is Verdict.NOT_JUDGED:
        return f"not judged: {finding.reason}"
    if finding.trace is None and finding.spec.is_temporal:
        return finding.reason
    if finding.trace is None:
        return f"not {'reached' if finding.spec.form.wanted else 'violated'} {finding.reason}"
    if finding.spec.form.wanted:
        return f"it happens {where(finding)}"
    hazard = f"; documented hazard: {finding.spec.hazard}" if finding.is_hazard else ""
    return f"VIOLATED {where(finding)}: {finding.reason}{hazard}"


def all_states(result: Result) -> str:
    """Return `all 288 states`, or `all 1 state`, with what fingerprints or names not shown to be alike leave open."""
    if result.is_reduced:
        return f"all states, {result.states:,} of them visited"
    rests_on = up_to_collision(result.collision_probability) + if_alike(result.symmetry)
    return f"all {count(result.represented, 'state')}{rests_on}"


def ordered(result: Result) -> tuple[tuple[Finding, Wording], ...]:
    """Return the findings with their words, in the order of their standing: violated first, what holds last."""
    order = list(Standing)
    idle = untested(result)
    pairs = [(finding, _word(finding, result, idle)) for finding in result.findings]
    return tuple(sorted(pairs, key=lambda pair: order.index(pair[1].standing)))


def scope(result: Result) -> str:
    """Return how much of the model was seen: everything, or why not."""
    if result.finished and result.is_reduced:
        return "states were left out that only the order of independent steps leads to"
    if result.finished:
        return (
            f"every reachable state was seen{up_to_collision(result.collision_probability)}{if_alike(result.symmetry)}"
        )
    return f"not exhaustive: {result.stopped}"


def never_fired(result: Result) -> tuple[str, ...]:
    """Return the transitions that were never taken; none where the engine did not get to count them."""
    return result.never_fired if result.fired else ()


MOST_NAMED = 3  # things that weaken a verdict


def overall(result: Result, source: Source | None = None) -> str:
    """Return the outcome of an exploration in one line, with what of the input it does not count in, and the detail."""
    words = [wording.standing for _, wording in ordered(result)]
    violated, hazards = (words.count(standing) for standing in (Standing.VIOLATED, Standing.HAZARD))
    idle, open_runs = untested(result), len(result.not_judged)
    missed = [
        each for each in result.findings if each.is_vacuous and not any(shows(each.spec, one.spec) for one in idle)
    ]
    parts = [f"{count(violated, 'spec')} violated"] if violated else []
    if not result.findings:
        parts.append("no spec was asked")
    elif not violated and open_runs < len(result.findings):
        parts.append(f"no spec violated in {all_states(result)}" if result.finished else "no violation found")
    if hazards:
        parts.append(f"{count(hazards, 'documented hazard')} (not counted as violated)")
    if idle:
        parts.append(f"{count(len(idle), 'spec')} not put to the test")
    if open_runs:
        parts.append(f"{count(open_runs, 'spec')} not judged")
    if strong := sum(finding.needs_strong_fairness for finding in result.findings):
        parts.append(f"{count(strong, 'spec')} only by strong fairness")
    if missed:
        parts.append(f"{count(len(missed), '`sometimes`', '`sometimes`')} not happening")
    if not result.finished:
        parts.append(scope(result))
    if source is not None and source.detail:
        parts.append(f"with {', '.join(f'{part}={how}' for part, how in source.detail)}")
    weakened_by = () if source is None else source.weakened_by
    if weakened_by:
        names = ", ".join(weakened_by[:MOST_NAMED])
        more = len(weakened_by) - MOST_NAMED
        parts.append(f"without what is not modelled: {names}{f' and {more} more' if more > 0 else ''}")
    return "; ".join(parts)


def ends(result: Result) -> str | None:
    """Return in how many states the system comes to rest, and after how many steps; None if nobody knows."""
    found = result.ends
    if found is None:
        return None
    if not found.states:
        return NEVER_RESTS
    alike = f" ({found.up_to_names:,} up to names)" if found.up_to_names != found.states else ""
    lengths = [len(trace.steps) for trace in found.traces]
    nearest, farthest = min(lengths), max(lengths)
    if found.up_to_names > len(lengths):
        when = f"the nearest after {count(nearest, 'step')}"
    else:
        when = f"after {f'{nearest:,} to ' if nearest < farthest else ''}{count(farthest, 'step')}"
    return f"the system comes to rest in {count(found.states, 'state')}{alike}, {when}"


def kind_in_words(kind: SpecKind) -> str:
    """Return the kind of a spec in words: `always eventually`."""
    return kind.word.replace("_", " ")


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 state`, `1,146 states`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def states_per_second(result: Result) -> str:
    """Return the speed of an exploration, or a dash where it was too quick to tell."""
    return f"{result.states / result.seconds:,.0f}" if result.seconds > 0 else "-"


def where(finding: Finding) -> str:
    """Return after how many steps it is so and, on a lasso, what happens then for ever."""
    trace = finding.trace
    stem = 0 if trace is None else len(trace.steps) if trace.cycle is None else trace.cycle
    there = f"after {count(stem, 'step')}" if stem else "in the initial state"
    if trace is None or trace.cycle is None:
        return there
    cycle = len(trace.steps) - stem
    if cycle:
        steps = count(cycle, "step")
        return f"{there}, and then for ever ({steps})" if stem else f"for ever from the initial state on ({steps})"
    if any(not idle.action.transition.environment for idle in finding.idle):
        return f"{there}, where nothing need happen any more"
    still = "only the environment could still act" if finding.idle else "nothing can happen any more"
    return f"{there}, in a deadlock ({still})"
