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
        "kmodel, 1 thread, 2pc N=8": lambda: kmodel("2pc-8", "1"),
        "Spin, 2pc N=8": spin("2pc", promela.two_phase_commit(8)),
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
        memory = f"{statistics.median(peak) / states:.1f}" if peak[0] else ""
        lines.append(f"| {name} | {states:,.0f} | {seconds:.1f} | {states / seconds:,.0f} | {memory} |")
    lines += ["", "| figure on pods(4,1) | measured | reach |", "| --- | ---: | ---: |"]
    one, two = runs["kmodel, 1 thread"], runs["kmodel, 2 threads"]
    speed = median(one, "states") / median(one, "seconds")
    plain = runs["plain Python loop"]
    figures = [
        ("two threads over one", median(one, "seconds") / median(two, "seconds"), "1.7"),
        ("over the plain Python loop", speed / (median(plain, "states") / median(plain, "seconds")), "40"),
        (
            "peak memory per state, all included (bytes)",
            median(one, "peak_bytes") / median(one, "states"),
            "at most 24",
        ),
        ("Python calls of transitions", median(one, "calls"), "at most 5,000"),
    ]
    if runs["Spin"]:
        ratio = speed / (median(runs["Spin"], "states") / median(runs["Spin"], "seconds"))
        figures.insert(0, ("one thread over Spin (-O2 -DSAFETY -DNOREDUCE)", ratio, "3"))
    lines += [f"| {name} | {value:,.1f} | {reach} |" for name, value, reach in figures]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
