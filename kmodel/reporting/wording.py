"""The words for each verdict, in one place: no two are worded alike, and none says more than is known."""

from enum import Enum

import attrs

from kmodel.engines.verdict import Finding, Result, Verdict, up_to_collision
from kmodel.kernel import Kind


class Standing(Enum):
    """How a finding is to be read, in the order in which a reader should see them."""

    VIOLATED = "violated"
    HAZARD = "hazard"
    OPEN = "no-violation-found"
    VACUOUS = "vacuous"
    HOLDS = "holds"


@attrs.frozen
class Wording:
    """A finding in words: how it stands, the verdict and why."""

    standing: Standing
    verdict: str
    why: str

    def __str__(self) -> str:
        colon = ":" if self.standing is Standing.HAZARD else ""
        return f"{self.verdict}{colon} {self.why}".rstrip()

    @property
    def in_short(self) -> "Wording":
        """The same without what is told once for all specs: how many states there are, and why no more is known."""
        if self.standing is Standing.VACUOUS:
            return attrs.evolve(self, why="")  # what it leaves untested is listed once, before all verdicts
        if self.standing is not Standing.OPEN:
            return self
        return attrs.evolve(self, why=f"({self.why.strip('()').rpartition('; ')[2].partition(':')[0]})")


def word(finding: Finding, result: Result) -> Wording:
    """Return a finding in words."""
    if finding.is_vacuous:
        shown = finding.spec.shows
        alone = shown is not None and shown.name in [each.spec.name for each in untested(result)]
        so = f", so {shown.name} is not put to the test" if shown is not None and alone else ""
        return Wording(Standing.VACUOUS, "never happens", f"in {all_states(result)}{so}")
    if finding.is_hazard:
        why = f"{finding.spec.hazard} (violated {_where(finding)}: {finding.reason})"
        return Wording(Standing.HAZARD, "documented hazard", why)
    if finding.verdict is Verdict.VIOLATED:
        return Wording(Standing.VIOLATED, "VIOLATED", f"{_where(finding)}: {finding.reason}")
    if finding.verdict is Verdict.NO_VIOLATION_FOUND:
        if finding.spec.kind is Kind.SOMETIMES:
            return Wording(Standing.OPEN, "not reached", f"({finding.reason})")
        return Wording(Standing.OPEN, "no violation found", f"({finding.reason})")
    if finding.spec.kind is Kind.SOMETIMES:
        return Wording(Standing.HOLDS, "holds", f"(first {_where(finding)})")
    but = ", but not put to the test" if _is_untested(finding, result) else ""
    return Wording(Standing.HOLDS, "holds", f"({all_states(result)}){but}")


def untested(result: Result) -> tuple[Finding, ...]:
    """Return what holds without having been put to the test: nothing happens that would show it not to be vacuous."""
    return tuple(finding for finding in result.findings if _is_untested(finding, result))


def _is_untested(finding: Finding, result: Result) -> bool:
    if finding.verdict is not Verdict.HOLDS:
        return False
    witnesses = [each for each in result.findings if each.spec.shows and each.spec.shows.name == finding.spec.name]
    return bool(witnesses) and all(witness.is_vacuous for witness in witnesses)


def word_on_trace(finding: Finding) -> str:
    """Return what one trace shows of a spec, in words."""
    if finding.trace is None:
        return f"not {'reached' if finding.spec.kind is Kind.SOMETIMES else 'violated'} {finding.reason}"
    if finding.spec.kind is Kind.SOMETIMES:
        return f"it happens {_where(finding)}"
    hazard = f"; documented hazard: {finding.spec.hazard}" if finding.is_hazard else ""
    return f"VIOLATED {_where(finding)}: {finding.reason}{hazard}"


def all_states(result: Result) -> str:
    """Return `all 288 states`, or `all 1 state`; of states known by fingerprints, with what that leaves open."""
    if result.is_reduced:
        return f"all states, {result.states:,} of them visited"
    return f"all {count(result.represented, 'state')}{up_to_collision(result.collision_probability)}"


def ordered(result: Result) -> tuple[tuple[Finding, Wording], ...]:
    """Return the findings with their words: violated first, then hazards, open, what never happens, and what holds."""
    order = list(Standing)
    pairs = [(finding, word(finding, result)) for finding in result.findings]
    return tuple(sorted(pairs, key=lambda pair: order.index(pair[1].standing)))


def scope(result: Result) -> str:
    """Return how much of the model was seen: everything, or why not."""
    if result.finished and result.is_reduced:
        return "states were left out that only the order of independent steps leads to"
    if result.finished:
        return f"every reachable state was seen{up_to_collision(result.collision_probability)}"
    return f"not exhaustive: {result.stopped}"


def never_fired(result: Result) -> tuple[str, ...]:
    """Return the transitions that were never taken; none where the engine did not get to count them."""
    return result.never_fired if result.fired else ()


def overall(result: Result) -> str:
    """Return the outcome of an exploration in one line."""
    words = [wording.standing for _, wording in ordered(result)]
    violated, hazards = (words.count(standing) for standing in (Standing.VIOLATED, Standing.HAZARD))
    idle = [finding.spec.name for finding in untested(result)]
    missed = [
        each for each in result.findings if each.is_vacuous and not (each.spec.shows and each.spec.shows.name in idle)
    ]
    parts = [f"{count(violated, 'spec')} violated"] if violated else []
    if not result.findings:
        parts.append("no spec was asked")
    elif not violated:
        parts.append(f"no spec violated in {all_states(result)}" if result.finished else "no violation found")
    if hazards:
        parts.append(f"{count(hazards, 'documented hazard')} (not counted as violated)")
    if idle:
        parts.append(f"{count(len(idle), 'invariant')} not put to the test")
    if missed:
        parts.append(f"{count(len(missed), '`sometimes`', '`sometimes`')} not happening")
    if not result.finished:
        parts.append(scope(result))
    return "; ".join(parts)


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 state`, `1,146 states`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def states_per_second(result: Result) -> str:
    """Return the speed of an exploration, or a dash where it was too quick to tell."""
    return f"{result.states / result.seconds:,.0f}" if result.seconds > 0 else "-"


def _where(finding: Finding) -> str:
    steps = 0 if finding.trace is None else len(finding.trace.steps)
    return f"after {count(steps, 'step')}" if steps else "in the initial state"
