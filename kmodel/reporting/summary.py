"""The summary of an exploration on a terminal: what was explored, what is not as it should be, and what is not known.

What is well is counted, and what does not change a verdict is named; `-v` lists all of it, and says why.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from textwrap import shorten

from rich.console import Console
from rich.text import Text

from kmodel.engines.events import Finished
from kmodel.engines.results import Finding, PartialOrder, Result, Symmetry
from kmodel.printable import printable
from kmodel.reporting.columns import columns
from kmodel.reporting.handler import Handler
from kmodel.reporting.reports import ReportContext, at_the_end
from kmodel.reporting.source import Source
from kmodel.reporting.wording import (
    Standing,
    Wording,
    count,
    ends,
    never_fired,
    ordered,
    scope,
    states_per_second,
    untested,
)

STYLE = {
    Standing.VACUOUS: "dim",
    Standing.VIOLATED: "bold red",
    Standing.HAZARD: "yellow",
    Standing.OPEN: "yellow",
    Standing.NOT_JUDGED: "yellow",
    Standing.HOLDS: "green",
}
MOST_SPECS = 3  # that are told to see much of the model
QUIET = ("ONLY STORED",)  # headings of what changes no verdict
BRIEF = ("DETAIL",)  # headings whose sentences have a reason after the first comma, which `-v` tells
ALIKE = ("MISSING",)  # headings whose sentences all end in what may be done, which is told once
MOST_SENTENCES = 4  # under one heading
FEW_SPECS = 10  # of which each has its line, whatever its verdict
MOST_NAMED = 3  # of what is counted
MOST_HAZARDS = 2  # of which it is told how
TOLD_TOGETHER = (  # verdicts that are counted in one line
    (Standing.OPEN,),
    (Standing.NOT_JUDGED,),
    (Standing.HOLDS, Standing.VACUOUS),
)
SENTENCE = re.compile(r"(?<=[.\]])\s+(?=[A-Z])")  # where one ends and another begins
SPARE = 16  # columns of two lines, for a word that does not fit at the end of the first
LABEL = 14  # columns for the label of a fact
NARROWEST = 40  # columns for its text, when names are to fit in one line


def handler(context: ReportContext) -> Handler:
    """Return the handler that prints the summary."""

    def tell(event: Finished) -> None:
        print_summary(context.terminal, context.source, event.result, verbose=context.verbose)

    return at_the_end(tell)


def print_summary(console: Console, source: Source, result: Result, *, verbose: bool = False) -> None:
    """Print what was explored and the verdicts; of many specs only those, each by itself, that are violated."""
    room = max(console.width - LABEL, NARROWEST)
    most = None if verbose else room
    is_table = verbose or len(result.findings) <= FEW_SPECS
    facts = [*_scenario(source, most), *_exploration(result, verbose), *_coverage(result, most)]
    causes = _all_causes(result) if verbose else _causes(result, room)
    for label, text, style in facts if is_table else (*facts, *_counts(result), *_hazards(result, room), *causes):
        _print_fact(console, label, text, style)
    listed = [
        (finding, wording) for finding, wording in ordered(result) if is_table or wording.standing is Standing.VIOLATED
    ]
    if listed:
        console.print()
        _print_table(console, listed)
    if is_table and causes:
        console.print()
        for label, text, style in causes:
            _print_fact(console, label, text, style)


def _print_table(console: Console, listed: Sequence[tuple[Finding, Wording]]) -> None:
    rows = [[finding.spec.name, str(wording.in_short)] for finding, wording in listed]
    head, *body = columns(["SPEC", "VERDICT"], rows, console.width)
    print_lines(console, head)
    for (_, wording), lines in zip(listed, body, strict=True):
        print_lines(console, lines, wording.verdict, STYLE[wording.standing])


def print_lines(console: Console, lines: list[str], word: str = "", style: str = "") -> None:
    """Print lines as they are; the first occurrence of a word in them, if any is given, in a style."""
    text = Text("\n".join(lines))
    found = re.search(rf"(?<!\S){re.escape(word)}", text.plain) if word else None
    if found is not None:
        text.stylize(style, *found.span())
    console.print(text, soft_wrap=True)


Fact = tuple[str, str, str]  # a label, a text, and its style


def _scenario(source: Source, room: int | None) -> Iterator[Fact]:
    """Yield what takes part and what does not; of what changes no verdict only names, as many as there is room for."""
    verbose = room is None
    yield "SCENARIO", ": ".join(filter(None, (source.name, source.description))), ""
    yield "TAKES PART", _named(source.taking_part, room) or "every actor of the model", ""
    if source.left_out:
        names = _named([name for _, alike in source.left_out_by_reason for name in alike], room)
        whole = [": ".join(filter(None, (", ".join(alike), why))) for why, alike in source.left_out_by_reason]
        yield from _rows("LEFT OUT", whole if verbose else (names,), "" if verbose else "dim")
    for heading, sentences in source.notes_by_heading:
        if heading in QUIET and not verbose:
            yield heading, _named([sentence.partition(":")[0] for sentence in sentences], room), "dim"
            continue
        if heading in BRIEF and not verbose:
            short = "; ".join(sentence.partition(",")[0] for sentence in sentences)
            yield heading, f"{short} (-v says what that leaves out)", "yellow"
            continue
        if heading in ALIKE and not verbose:
            sentences = (sentences[0], *(sentence.partition("; ")[0] for sentence in sentences[1:]))
        more = 0 if verbose else len(sentences) - MOST_SENTENCES
        shown = (*sentences[:MOST_SENTENCES], f"and {more} more; -v lists them") if more > 1 else sentences
        yield from _rows(heading, shown, "" if heading in QUIET else "yellow")
    if source.ignored_fields and not verbose:
        yield "NOT READ", f"{count(len(source.ignored_fields), 'field')} of the manifests; -v lists them", "dim"
    elif source.ignored_fields:
        yield from _rows("NOT READ", [f"{name}: {', '.join(paths)}" for name, paths in source.ignored_by_object])


def _rows(label: str, sentences: Sequence[str], style: str = "") -> Iterator[Fact]:
    yield label, sentences[0], style
    for sentence in sentences[1:]:
        yield "", sentence, style


def _exploration(result: Result, verbose: bool) -> Iterator[Fact]:
    yield "EXPLORED", counted(result), ""
    if result.symmetry is not None:
        is_as_asked = result.symmetry.note is None and result.symmetry.is_shown
        yield "SYMMETRY", under_symmetry(result.symmetry, result.states), "" if is_as_asked else "yellow"
    if result.partial_order is not None:
        yield "REDUCTION", by_partial_order(result.partial_order), "" if result.is_reduced else "yellow"
    took = f"in {result.seconds:.1f} s ({states_per_second(result)} states/s)"
    yield "", f"{scope(result)}, {took}", "" if result.finished else "yellow"
    if verbose:
        yield "ENGINE", result.engine, ""
    rest = ends(result)
    if rest is not None:
        yield "ENDS", rest, ""


def _coverage(result: Result, room: int | None) -> Iterator[Fact]:
    """Yield what did not happen, and which specs were not put to the test for that."""
    unfired, idle = never_fired(result), tuple(finding.spec.name for finding in untested(result))
    if unfired:
        yield "NEVER FIRED" if result.finished else "NOT FIRED YET", _named(unfired, room), "dim"
    if idle and (room is None or len(idle) <= MOST_NAMED):  # of more, the last line tells how many there are
        whole = f"{', '.join(idle)}: nothing happens here that could violate {'them' if idle[1:] else 'it'}"
        is_short = room is None or len(whole) <= room
        yield "NOT TESTED", whole if is_short else _named(idle, room), "dim"


def _named(names: Sequence[str], room: int | None) -> str:
    """Return names that fit in one line, and how many more there are; all of them if room is of no account."""
    whole = ", ".join(names)
    if room is None or len(names) < 2 or len(whole) <= room:
        return whole
    kept = len(names) - 1
    while kept > 1 and len(_cut(names, kept)) > room:
        kept -= 1
    return _cut(names, kept)


def _cut(names: Sequence[str], kept: int) -> str:
    return f"{', '.join(names[:kept])} and {len(names) - kept} more"


def _hazards(result: Result, room: int) -> Iterator[Fact]:
    """Yield what Kubernetes itself breaks: how, in a line each, or of many as many names as fit in one."""
    found = [finding for finding in result.findings if finding.is_hazard]
    told = [f"{finding.spec.name}: {finding.reason}" for finding in found]
    if len(told) > MOST_HAZARDS:
        told = [_named([finding.spec.name for finding in found], room)]
    if told:
        yield from _rows("HAZARDS", [shorten(text, room, placeholder=" …") for text in told], STYLE[Standing.HAZARD])


def _broken(result: Result) -> dict[str, list[str]]:
    """Return what documented hazards are known to come from, each cause once, with the specs that it breaks."""
    broken: dict[str, list[str]] = {}
    for finding in result.findings:
        for hazard in finding.spec.hazards if finding.is_hazard else ():
            broken.setdefault(hazard.why, []).append(finding.spec.name)
    return broken


def _all_causes(result: Result) -> list[Fact]:
    """Return what documented hazards are known to come from, in full."""
    broken = _broken(result)
    told = [f"{cause} ({_specs(specs)})" if len(broken) > 1 else cause for cause, specs in broken.items()]
    return list(_rows("KNOWN CAUSE", told)) if told else []


def _causes(result: Result, room: int) -> list[Fact]:
    """Return the first sentence of the only cause in two lines at most, or of the first of several in one."""
    causes = list(_broken(result))
    if not causes:
        return []
    first = SENTENCE.split(causes[0], 1)[0]
    most = room if causes[1:] else 2 * room - SPARE
    more = f"1 of {len(causes)}; -v" if causes[1:] else "-v tells more" if first[most:] or first != causes[0] else ""
    end = f" ({more})" if more else ""
    return [("KNOWN CAUSE", shorten(first, most - len(end), placeholder=" …") + end, "")]


def _specs(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= MOST_NAMED else count(len(names), "spec")


def _counts(result: Result) -> Iterator[Fact]:
    """Yield how many specs have each verdict, and why no more is known of them; `-v` lists them."""
    label = "SPECS"
    for alike in TOLD_TOGETHER:
        pairs = sorted(ordered(result), key=lambda pair: pair[0].spec.form.wanted)
        found = [pair for standing in alike for pair in pairs if pair[1].standing is standing]
        numbers = Counter(_verdict(finding, wording) for finding, wording in found)
        text = ", ".join(f"{number} {verdict}" for verdict, number in numbers.items())
        if found and Standing.HOLDS not in alike:
            yield label, f"{text} {found[0][1].in_short.why}".rstrip(), STYLE[alike[0]]
            label = ""
    yield label, f"{text}; -v lists them all" if text else "-v lists them", STYLE[Standing.HOLDS] if text else ""


def _verdict(finding: Finding, wording: Wording) -> str:
    """Return a verdict as one says it of several specs."""
    if wording.standing is Standing.HOLDS:
        return "happen" if finding.spec.form.wanted else "hold"
    return "never happen" if wording.standing is Standing.VACUOUS else wording.verdict


def counted(result: Result) -> str:
    """Return the counts of an exploration in one line."""
    generated = f"{result.generated:,} generated, " if result.generated else ""
    what = "orbit" if result.symmetry is not None and result.symmetry.groups else "distinct state"
    return f"{count(result.states, what)}, {generated}depth {result.depth}"


def under_symmetry(symmetry: Symmetry, orbits: int) -> str:
    """Return in one line what symmetry spared, or why it spared nothing."""
    if not symmetry.groups:
        return f"no reduction: {symmetry.note}"
    groups = "; ".join(", ".join(group) for group in symmetry.groups)
    states = count(symmetry.represented, "state")
    return f"up to renaming of {groups}: {count(orbits, 'orbit')} for {states}{_as_shown(symmetry)}"


def _as_shown(symmetry: Symmetry) -> str:
    """Return how far the names are shown to be treated alike, as the end of a sentence; nothing if they are."""
    if symmetry.is_shown:
        return ""
    if not symmetry.rules:
        return "; that the names are treated alike is shown once all orbits are known"
    return f"; of {count(symmetry.rules, 'rule')} met, {symmetry.shown:,} are shown to treat the names alike"


def by_partial_order(reduction: PartialOrder) -> str:
    """Return in one line what partial-order reduction spared, or why it spared nothing."""
    if reduction.in_part:
        return (
            f"partial order: {count(reduction.in_full, 'state')} expanded by all steps, {reduction.in_part:,} by some; "
            "a counterexample is not necessarily the shortest"
        )
    sees = sorted(reduction.sees, key=lambda pair: -pair[1])[:MOST_SPECS]
    why = "; ".join(f"{count(actions, 'action')} can change what {name} looks at" for name, actions in sees if actions)
    return f"nothing left out: in no state are some of the steps independent of the others{f' ({why})' if why else ''}"


def _print_fact(console: Console, label: str, text: str, style: str) -> None:
    for number, line in enumerate(Text(printable(text, keep="\n")).wrap(console, console.width - LABEL)):
        line.stylize(style)
        line.rstrip()
        console.print(Text((label if number == 0 else "").ljust(LABEL)) + line, soft_wrap=True)
