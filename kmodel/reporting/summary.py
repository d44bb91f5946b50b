"""The summary of an exploration on a terminal: what was explored, what was left out, one line per spec."""

import re
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from kmodel.engines.events import Finished
from kmodel.engines.results import PartialOrder, Result, Symmetry
from kmodel.printable import printable
from kmodel.reporting.columns import columns, wrapped
from kmodel.reporting.handler import Handler
from kmodel.reporting.reports import ReportContext, at_the_end
from kmodel.reporting.source import Source
from kmodel.reporting.wording import Standing, count, ends, never_fired, ordered, scope, states_per_second, untested

STYLE = {
    Standing.VACUOUS: "yellow",
    Standing.VIOLATED: "bold red",
    Standing.HAZARD: "yellow",
    Standing.OPEN: "yellow",
    Standing.NOT_JUDGED: "yellow",
    Standing.HOLDS: "green",
}
MOST_SPECS = 3  # that are told to see much of the model
LABEL = 14  # columns for the label of a fact


def handler(context: ReportContext) -> Handler:
    """Return the handler that prints the summary."""

    def tell(event: Finished) -> None:
        print_summary(context.terminal, context.source, event.result)

    return at_the_end(tell)


def print_summary(console: Console, source: Source, result: Result) -> None:
    """Print what was explored and the verdict on each spec."""
    for heading, names in _gaps(result):  # what was not put to the test comes first, or nobody reads it
        console.print(Text(f"{heading} ({len(names)})", "bold red"))
        print_lines(console, wrapped(", ".join(names), console.width, 2), "", "")
        console.print()
    for label, text, style in _facts(source, result):
        _print_fact(console, label, text, style)
    if not result.findings:
        return
    console.print()
    findings = ordered(result)
    rows = [[finding.spec.name, str(wording.in_short)] for finding, wording in findings]
    head, *body = columns(["SPEC", "VERDICT"], rows, console.width)
    print_lines(console, head)
    for (_, wording), lines in zip(findings, body, strict=True):
        print_lines(console, lines, wording.verdict, STYLE[wording.standing])


def print_lines(console: Console, lines: list[str], word: str = "", style: str = "") -> None:
    """Print lines as they are; the first occurrence of a word in them, if any is given, in a style."""
    text = Text("\n".join(lines))
    found = re.search(rf"(?<!\S){re.escape(word)}", text.plain) if word else None
    if found is not None:
        text.stylize(style, *found.span())
    console.print(text, soft_wrap=True)


def _gaps(result: Result) -> Iterator[tuple[str, tuple[str, ...]]]:
    idle = tuple(finding.spec.name for finding in untested(result))
    if idle:
        yield "NOT PUT TO THE TEST HERE", idle
    unfired = never_fired(result)
    if unfired:
        yield "NEVER FIRED" if result.finished else "NEVER FIRED SO FAR", unfired


def _facts(source: Source, result: Result) -> Iterator[tuple[str, str, str]]:
    yield "SCENARIO", source.name, "bold"
    if source.description:
        yield "", source.description, ""
    yield "TAKES PART", ", ".join(source.taking_part) or "every actor of the model", ""
    yield "LEFT OUT", source.left_out[0] if source.left_out else "nothing", ""
    for sentence in source.left_out[1:]:
        yield "", sentence, ""
    for heading, sentences in source.notes_by_heading:
        yield heading, sentences[0], "yellow"
        for sentence in sentences[1:]:
            yield "", sentence, "yellow"
    label = "NOT READ"
    for name, paths in source.ignored_by_object:
        yield label, f"{name}: {', '.join(paths)}", ""
        label = ""
    yield "EXPLORED", counted(result), ""
    yield "", f"{result.seconds:.1f} s, {states_per_second(result)} states/s, engine {result.engine}", ""
    if result.symmetry is not None:
        is_as_asked = result.symmetry.note is None and result.symmetry.is_shown
        yield "SYMMETRY", under_symmetry(result.symmetry, result.states), "" if is_as_asked else "yellow"
    if result.partial_order is not None:
        yield "REDUCTION", by_partial_order(result.partial_order), "" if result.is_reduced else "yellow"
    yield "", scope(result), "" if result.finished else "yellow"
    rest = ends(result)
    if rest is not None:
        yield "ENDS", rest, ""


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
