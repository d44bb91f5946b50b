"""What one run of a benchmark measured, and running it in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import attrs

TIME_LIMIT_SECONDS = 900


@attrs.frozen
class Run:
    """One measurement: what it counted, and in which time."""

    seconds: float
    count: int = 0  # states; of the Hypothesis machine, steps
    complete: bool = False  # whether all states were found, so that the count must be that of others
    peak_bytes: float = 0
    calls: int = 0  # of transitions, in Python
    represented: int = 0  # states, where `count` is that of orbits


def in_process(*arguments: str, path: Path | None = None) -> Run:
    """Return what Python printed as JSON about its run, with `path` as the folder that kmodel is found in."""
    environment = os.environ if path is None else {**os.environ, "PYTHONPATH": str(path)}
    command = [sys.executable, *arguments]
    shown = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=TIME_LIMIT_SECONDS, env=environment
    )
    return Run(**json.loads(shown.stdout))
