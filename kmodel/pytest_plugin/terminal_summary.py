"""The section "kmodel" at the end of a test run: per scenario how much of it was seen, and how its specs stand."""

from collections import Counter
from typing import Any

from kmodel.printable import printable
from kmodel.pytest_plugin.jobs import Jobs
from kmodel.pytest_plugin.outcomes import Explored
from kmodel.reporting.wording import Standing


def print_summary(terminal: Any, explorations: list[Explored], jobs: Jobs) -> None:
    """Print the section, unless nothing was explored, nothing refused, and specs were found."""
    # Under xdist it is the workers that collect: here only what they explored is known.
    refused = jobs.refused if jobs.was_collected or explorations else ()
    nothing = jobs.nothing_found if jobs.was_asked else ""
    if not explorations and not refused and not nothing:
        return
    terminal.write_sep("=", "kmodel")
    if nothing:
        terminal.write_line(printable(nothing), red=True)
    for explored in sorted(explorations, key=lambda explored: explored.scenario):
        _print_exploration(terminal, explored)
    for refusal in refused:
        terminal.write_line(f"{refusal.name}: not explored: {refusal.why}", red=True)
    for name in _never_seen(explorations):
        terminal.write_line(f"in none of these scenarios does it happen: {name}", red=True)


def _print_exploration(terminal: Any, explored: Explored) -> None:
    if explored.error is not None:
        terminal.write_line(f"{explored.scenario}: not explored: {explored.error}", red=True)
        return
    order = list(Standing)
    outcomes = sorted(explored.outcomes.values(), key=lambda outcome: order.index(outcome.standing))
    counts = Counter(outcome.label for outcome in outcomes)
    told = ", ".join(f"{number} {label}" for label, number in counts.items())
    is_exhaustive = explored.scope.startswith("exhaustive")
    terminal.write(f"{explored.scenario}: ", bold=True)
    terminal.write(explored.scope, green=is_exhaustive, yellow=not is_exhaustive)
    terminal.write(f"; {told or 'no spec was asked'}\n")
    if explored.left_out:
        actors = ", ".join(line.partition(":")[0] for line in explored.left_out)
        terminal.write_line(f"  left out, for reasons given in the report: {actors}")
    for line in explored.notes:
        terminal.write_line(f"  {line}")
    if explored.report is not None:
        terminal.write_line(f"  report: {explored.report}")


def _never_seen(explorations: list[Explored]) -> list[str]:
    """Return the names of what was asked for with `sometimes` and is to be seen in no scenario."""
    asked: dict[str, bool] = {}
    for explored in explorations:
        for name, outcome in explored.outcomes.items():
            if outcome.is_sometimes:
                asked[name] = asked.get(name, False) or outcome.standing is Standing.HOLDS
    return sorted(name for name, seen in asked.items() if not seen)
