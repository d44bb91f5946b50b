"""The report of the benchmarks, as Markdown."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.figures import Figure, Runs, figures, median, rate, seconds
from tests.benchmarks.ways import Sizes, Way

NOTES = Path(__file__).parent / "notes.md"


def report(
    ways: list[Way],
    runs: Runs,
    sizes: Sizes,
    rounds: int,
    load: float,
    hazards: Mapping[str, Mapping[str, float | None]],
) -> str:
    """Return the report; of each figure that is not reached it says why not.

    `hazards` has for each scenario the seconds to the first counterexample, by engine; None: not in time.
    """
    measured = figures(runs, sizes)
    lines = [
        "# Benchmarks",
        "",
        f"Medians of {rounds} {'round' if rounds == 1 else 'rounds'} on {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}; "
        f"load average up to {load:.1f} (above the threads in use, others share the machine). Written by `make bench`. "
        f"{sizes.note}".rstrip(),
        "",
        "| what | explored | seconds | per second | peak bytes per state |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(_row(way, runs) for way in ways),
        "",
        "| figure | measured | reach | reached |",
        "| --- | ---: | ---: | --- |",
        *(
            f"| {each.of}: {each.name} | {each.measured:,.2f} | {'at least' if each.is_least else 'at most'} "
            f"{each.reach:,} | {'yes' if each.is_reached else 'no'} |"
            for each in measured
        ),
        "",
        *_first_counterexamples(hazards),
        notes()["What is measured"],
        *_why_not(measured),
    ]
    return "\n".join(lines) + "\n"


def notes() -> Mapping[str, str]:
    """Return the texts of the notes by their headings."""
    sections = NOTES.read_text().split("\n## ")[1:]
    return {heading: text.strip() for heading, _, text in (section.partition("\n") for section in sections)}


def check_counts(ways: list[Way], runs: Runs) -> None:
    """Raise SystemExit, in one line, if two ways that saw all states of a model do not agree on their number."""
    counts: dict[str, tuple[Way, int]] = {}
    for way in ways:
        for run in runs[way.name]:
            if not run.complete:
                continue
            other, count = counts.setdefault(way.model, (way, run.count))
            if count != run.count:
                raise SystemExit(
                    f"{way.name} finds {run.count:,} {way.unit}, but {other.how} {count:,}; "
                    "one of the two does not explore the model that it should"
                )


def _row(way: Way, runs: Runs) -> str:
    each = runs[way.name]
    if not each:
        return f"| {way.name} | not measured: {way.missing} | | | |"
    took, explored, per_second, memory = f"{seconds(each):.2f}", "", "", ""
    if count := median(each, lambda run: run.count):
        explored, per_second = f"{count:,.0f} {way.unit}", f"{rate(each):,.0f}"
        if represented := each[0].represented:
            explored += f", for {represented:,} states"
        elif peak := median(each, lambda run: run.peak_bytes):
            memory = f"{peak / count:.1f}"
    return f"| {way.name} | {explored} | {took} | {per_second} | {memory} |"


def _first_counterexamples(hazards: Mapping[str, Mapping[str, float | None]]) -> list[str]:
    engines = list(dict.fromkeys(engine for each in hazards.values() for engine in each))
    if not engines:
        return []
    rows = (
        [name, *("-" if took is None else f"{took:.2f}" for took in map(each.get, engines))]
        for name, each in hazards.items()
    )
    return [
        f"| seconds to the first documented hazard | {' | '.join(engines)} |",
        f"| --- |{' ---: |' * len(engines)}",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]


def _why_not(measured: list[Figure]) -> list[str]:
    missed = [each for each in measured if not each.is_reached]
    told = notes()
    lines = ["", "## Why not"] if missed else []
    for each in missed:
        lines += ["", f"### {each.of}: {each.name}", told.get(each.name, "Not looked into yet.")]
    return lines
