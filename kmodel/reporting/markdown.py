"""The outcome as Markdown for a pull request, with short stories as Mermaid diagrams, which code hosts draw.

In a GitHub workflow: `cat reports/*/summary.md >> "$GITHUB_STEP_SUMMARY"`.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape

from kmodel.engines.events import Finished
from kmodel.engines.results import Finding, Result
from kmodel.kernel import Trace
from kmodel.printable import in_one_line
from kmodel.reporting.answer import answer
from kmodel.reporting.failure import replay_command
from kmodel.reporting.files import write
from kmodel.reporting.handler import Handler
from kmodel.reporting.lifelines import actors_of, sequence
from kmodel.reporting.reports import ReportContext, writing
from kmodel.reporting.story import story
from kmodel.reporting.wording import Standing, ordered, overall, where

MOST_DRAWN = 40  # steps of a diagram; a longer one is not read
MOST_LETTERS = 200


def handler(context: ReportContext) -> Handler:
    """Return the handler that writes the file."""

    def write_file(event: Finished) -> None:
        write(context.file("summary.md"), "\n".join(lines(event.result, context)) + "\n")

    return writing(context, write_file)


def lines(result: Result, context: ReportContext) -> Iterator[str]:
    """Yield the lines of the summary."""
    source = context.source
    told = context.answer or answer(None if result.ends is None else result.ends.traces, context.subject)
    is_bad = bool(result.failures or told.wrong or told.refused)
    yield f"## {'❌' if is_bad else '✅' if result.finished else '❔'} {plain(source.name)}"
    yield ""
    yield plain(overall(result, source))
    if told.refused or told.ends:
        yield from ("", f"| object | {told.label.lower()} | why |", "| --- | --- | --- |")
        yield from (f"| {plain(text.partition(':')[0])} | **refused** | {plain(text)} |" for text in told.refused)
        for end in told.ends:
            status = f"**{plain(end.status)}**" if end.is_wrong else plain(end.status)
            yield f"| {plain(end.reference)} | {status} | {plain(end.message)} |"
    listed = [pair for pair in ordered(result) if pair[1].standing in (Standing.VIOLATED, Standing.HAZARD)]
    if listed:
        yield from ("", "| spec | verdict |", "| --- | --- |")
        yield from (f"| {plain(finding.spec.name)} | {plain(str(wording))} |" for finding, wording in listed)
    for finding in result.failures:
        yield from _story(finding, result, context)


def _story(finding: Finding, result: Result, context: ReportContext) -> Iterator[str]:
    assert finding.trace is not None, "a violation has a trace"
    trace = finding.trace
    yield from ("", f"<details><summary>{escape(in_one_line(f'{finding.spec.name} {where(finding)}'))}</summary>", "")
    yield from (f"- {plain(sentence)}" for sentence in context.causes.sentences(result.model, finding))
    if 0 < len(trace.steps) <= MOST_DRAWN:
        yield from ("", "```mermaid", *mermaid(trace, actors_of(result.model, context.source.taking_part)), "```", "")
    for told in story(trace):
        about = told.reason if told.object == "-" else f"{told.reason} {told.object}"
        yield f"{told.number}. {plain(told.actor)}, {plain(about)}: {plain(told.message)}"
    command = in_one_line(replay_command(trace, context.source, context.traces.get(finding.spec.name)))
    yield from ("", "```sh", command.replace("```", "` ` `"), "```", "", "</details>")


def mermaid(trace: Trace, actors: Sequence[str]) -> Iterator[str]:
    """Yield a trace as a sequence diagram of Mermaid's."""
    diagram = sequence(trace, actors)
    names = {actor: f"a{number}" for number, actor in enumerate(diagram.lifelines)}
    yield "sequenceDiagram"
    yield from (f"    participant {names[actor]} as {_label(actor)}" for actor in diagram.lifelines)
    for number, (told, messages) in enumerate(zip(story(trace), diagram.messages, strict=True)):
        if number == trace.cycle:
            yield "    loop for ever"
        text = _label(f"{told.number} {told.reason} {told.object}".removesuffix(" -"))
        for message in messages:
            arrow = "-->>" if message.asked else "->>"
            yield f"    {names[message.sender]}{arrow}{names[message.receiver]}: {text}"
        if not messages:
            yield f"    Note over {names[told.actor]}: {text}"
    if trace.cycle is not None and trace.cycle < len(trace.steps):
        yield "    end"


def _label(text: str) -> str:
    """Return a text without what Mermaid gives a meaning to."""
    return re.sub(r"[^\w ./:,=()@-]", "_", in_one_line(text))[:MOST_LETTERS].replace(";", ",") or "_"


def plain(text: str) -> str:
    """Return a text as Markdown shows it to the letter, in one line, and of a length that can be read."""
    short = in_one_line(text)
    short = f"{short[:MOST_LETTERS]}…" if len(short) > MOST_LETTERS else short
    return re.sub(r"([\\`*_{}\[\]<>#|~$&!@])", r"\\\1", short)
