"""`make bench`: measure kmodel, Spin and a plain Python loop side by side, and write reports/benchmarks.md."""

import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import promela

ROUNDS = 5
TIME_LIMIT_SECONDS = 900
Run = dict[str, float]


def kmodel(name: str, how: str) -> Run:
    """Return one run of kmodel, or of the plain loop, in a fresh process."""
    command = [sys.executable, "-m", "tests.benchmarks.measure", name, how]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=TIME_LIMIT_SECONDS).stdout
    run: Run = json.loads(shown)
    return run


def spin(name: str, text: str) -> Callable[[], Run] | None:
    """Return what runs Spin once on a model; None where spin or gcc is missing."""
    if not (shutil.which("spin") and shutil.which("gcc")):
        return None
    folder = Path(tempfile.mkdtemp(prefix=f"spin-{name}-"))
    (folder / "model.pml").write_text(text)
    subprocess.run(["spin", "-a", "model.pml"], cwd=folder, check=True, capture_output=True, timeout=120)
    build = ["gcc", "-O2", "-DSAFETY", "-DNOREDUCE", "-o", "pan", "pan.c"]
    subprocess.run(build, cwd=folder, check=True, capture_output=True, timeout=300)

    def run() -> Run:
        command = ["./pan", "-m1000000", "-E", "-w26"]
        shown = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIME_LIMIT_SECONDS).stdout
        numbers = {
            "states": r"([\d.e+]+) states, stored",
            "seconds": r"elapsed time ([\d.e+]+)",
            "megabytes": r"([\d.]+)\s+total actual memory",
        }
        found = {key: re.search(pattern, shown) for key, pattern in numbers.items()}
        return {key: float(match.group(1)) for key, match in found.items() if match}

    return run


def start_up() -> Run:
    """Return one run of the command line on a tiny scenario."""
    started = time.perf_counter()
    command = [str(Path(sys.executable).parent / "kmodel"), "check", "unauthorized-user"]
    subprocess.run(command, capture_output=True, check=True, timeout=TIME_LIMIT_SECONDS)
    return {"states": 0, "seconds": time.perf_counter() - started}


def median(runs: list[Run], key: str) -> float:
    """Return the median of one figure over runs."""
    return statistics.median(run[key] for run in runs)


def main(rounds: int) -> None:
    """Measure, round by round so that all meet the same machine, and write the report."""
    ways: dict[str, Callable[[], Run] | None] = {
        "kmodel, 1 thread": lambda: kmodel("pods-4-1", "1"),
        "kmodel, 2 threads": lambda: kmodel("pods-4-1", "2"),
        "Spin": spin("pods", promela.pods(4, 1)),
        "plain Python loop": lambda: kmodel("pods-4-1", "plain"),
        "plain loop over the kernel's transitions": lambda: kmodel("pods-4-1", "kernel"),
        "kmodel, 1 thread, two pods and two crashes": lambda: kmodel("kubernetes", "1"),
        "kmodel, 1 thread, 2pc N=8": lambda: kmodel("2pc-8", "1"),
        "Spin, 2pc N=8": spin("2pc", promela.two_phase_commit(8)),
        "start-up of kmodel check": start_up,
    }
    kmodel("pods-2-1", "1")  # compiles, unless that is cached
    runs: dict[str, list[Run]] = {name: [] for name in ways}
    loads = []
    for number in range(rounds):
        for name, way in ways.items():
            if way is not None:
                runs[name].append(way())
                print(f"round {number + 1} of {rounds}: {name}: {runs[name][-1]}", flush=True)
            loads.append(os.getloadavg()[0])
    Path("reports").mkdir(exist_ok=True)
    Path("reports/benchmarks.md").write_text(report(runs, rounds, max(loads)))


def report(runs: dict[str, list[Run]], rounds: int, load: float) -> str:
    """Return the report as Markdown."""
    lines = [
        "# Benchmarks",
        "",
        f"Medians of {rounds} rounds on {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}; "
        f"load average up to {load:.1f} (above the threads in use, others share the machine). Written by `make bench`.",
        "",
        "| what | states | seconds | states/s | peak bytes per state |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, each in runs.items():
        if not each:
            lines.append(f"| {name} | not measured: spin or gcc is missing | | | |")
            continue
        states, seconds = median(each, "states"), median(each, "seconds")
        peak = [run.get("peak_bytes", run.get("megabytes", 0) * 1e6) for run in each]
        memory = f"{statistics.median(peak) / states:.1f}" if peak[0] and states else ""
        lines.append(
            f"| {name} | {states:,.0f} | {seconds:.1f} | {states / seconds if states else 0:,.0f} | {memory} |"
        )
    lines += ["", "| figure | measured | reach | reached |", "| --- | ---: | ---: | --- |"]
    lines += [
        f"| {name} | {value:,.2f} | {'at least' if least else 'at most'} {reach:,} | "
        f"{'yes' if (value >= reach if least else value <= reach) else 'no'} |"
        for name, value, reach, least in figures(runs)
    ]
    return "\n".join([*lines, "", *NOTES]) + "\n"


NOTES = (
    "Each run is a process of its own, and the ways take turns, so that all meet the same machine. Seconds are",
    "those of the search; Spin is built with `-O2 -DSAFETY -DNOREDUCE`. The plain Python loop is written by hand",
    "for speed, with tuples and a set, and stops at 400,000 states; the loop over the kernel's transitions makes",
    "one call per state and action (two, since the kernel sees to it that they are deterministic), and stops at",
    "5,000; it records reads and checks twice, so it is not held against a target.",
    "The Kubernetes scenario stops at 6,000,000 states and has no specs. Start-up is a whole `kmodel check",
    "unauthorized-user`, compiled code cached. Not measured here: minicheck, TLC, symmetry, and the steps per",
    "second of the Hypothesis machine.",
)


def rate(runs: list[Run]) -> float:
    """Return the states per second."""
    return median(runs, "states") / median(runs, "seconds")


def figures(runs: dict[str, list[Run]]) -> list[tuple[str, float, float, bool]]:
    """Return each figure: its name, what was measured, what to reach, and whether that is the least."""
    one, two = runs["kmodel, 1 thread"], runs["kmodel, 2 threads"]
    found = [
        ("pods(4,1): two threads over one", rate(two) / rate(one), 1.7, True),
        ("pods(4,1): over the plain Python loop", rate(one) / rate(runs["plain Python loop"]), 40, True),
        ("pods(4,1): peak bytes per state, all included", median(one, "peak_bytes") / median(one, "states"), 24, False),
        ("pods(4,1): Python calls of transitions", median(one, "calls"), 5_000, False),
        ("start-up in seconds", median(runs["start-up of kmodel check"], "seconds"), 1.5, False),
        ("Kubernetes: states/s", rate(runs["kmodel, 1 thread, two pods and two crashes"]), 400_000, True),
    ]
    if runs["Spin"]:
        seconds = median(runs["kmodel, 1 thread, 2pc N=8"], "seconds")
        found = [
            ("pods(4,1): one thread over Spin", rate(one) / rate(runs["Spin"]), 3, True),
            *found,
            ("2pc N=8: seconds over Spin's", seconds / median(runs["Spin, 2pc N=8"], "seconds"), 1, False),
        ]
    return found


if __name__ == "__main__":
    main(1 if os.environ.get("BENCH_QUICK") else ROUNDS)
