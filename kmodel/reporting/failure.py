"""A violation told in full: the reason and the story, the command that replays it and where the report is."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from kmodel.engines.causes.because import Because
from kmodel.engines.results import Finding
from kmodel.kernel import Trace
from kmodel.printable import in_one_line
from kmodel.reporting.causes import marks, turning
from kmodel.reporting.columns import wrapped
from kmodel.reporting.lasso import idle_table
from kmodel.reporting.source import Source
from kmodel.reporting.story import WIDTH, event_table
from kmodel.reporting.wording import where


def failure_text(
    finding: Finding,
    source: Source,
    *,
    trace_file: Path | None = None,
    index: Path | None = None,
    width: int = WIDTH,
    found: Because | None = None,
    said: Sequence[str] | None = None,
) -> str:
    """Return the text of a violation; its trace's file and the report's page are named if they were written.

    What is `found` and `said` of why it comes about is told as in `story_of`.
    """
    assert finding.trace is not None, "only a finding with a trace can be told"
    afterwards = [f"replay   {replay_command(finding.trace, source, trace_file)}"]
    if index is not None:
        afterwards.append(f"report   {index}")
    told = story_of(finding, width=width, found=found, said=said)
    return "\n".join([told, "", *map(in_one_line, afterwards)])


def story_of(
    finding: Finding,
    *,
    heading: str = "",
    width: int = WIDTH,
    wide: bool = False,
    found: Because | None = None,
    said: Sequence[str] | None = None,
) -> str:
    """Return what is violated, and the story of how that comes about, which needs no file; and what is said of why.

    Then the steps that decide have a star, and those that are not needed a minus.
    """
    assert finding.trace is not None, "only a finding with a trace can be told"
    is_lasso = finding.trace.cycle is not None
    lines = [
        *wrapped(f"{heading} {finding.spec.name}: {where(finding) if is_lasso else finding.reason}".strip(), width, 0),
        *wrapped(f"The spec says: {finding.spec.sentence}", width, 0),
        "",
        event_table(finding.trace, width=width, wide=wide, marks=marks(found)),
    ]
    if is_lasso:
        lines += ["", *wrapped(f"not as desired: {finding.reason}", width, 0)]
        lines += ["", *idle_table(finding.idle, None if wide else width)] if finding.idle else []
    said = turning(finding) if said is None else said
    if said:
        lines += ["", *(text for sentence in said for text in wrapped(sentence, width, 0, hanging=2))]
    return "\n".join(lines)


def replay_command(trace: Trace, source: Source, trace_file: Path | None = None) -> str:
    """Return the command that replays a trace: by its file if it was written, by its address otherwise."""
    if trace_file is not None:
        return shlex.join(["kmodel", "replay", str(_from_here(trace_file))])
    return shlex.join(["kmodel", "replay", "--path", trace.path, *source.replay_arguments])


def _from_here(file: Path) -> Path:
    """Return the path as it is typed in the current folder, if the file is below it."""
    here = Path.cwd()
    return file.relative_to(here) if file.is_relative_to(here) else file
