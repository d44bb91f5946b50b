"""The figures that kmodel is held to, made out of what was measured."""

import statistics
from collections.abc import Callable, Mapping

import attrs

from tests.benchmarks.run import Run
from tests.benchmarks.ways import Sizes

Runs = Mapping[str, list[Run]]  # by the name of the way


@attrs.frozen
class Figure:
    """A figure: what it is of, what was measured, and what to reach."""

    of: str
    name: str
    measured: float
    reach: float
    is_least: bool = True

    @property
    def is_reached(self) -> bool:
        """Whether the measured value is as good as what to reach."""
        return self.measured >= self.reach if self.is_least else self.measured <= self.reach


def median(runs: list[Run], of: Callable[[Run], float]) -> float:
    """Return the median of one value over runs."""
    return statistics.median(of(run) for run in runs)


def seconds(runs: list[Run]) -> float:
    """Return the median of the seconds."""
    return median(runs, lambda run: run.seconds)


def rate(runs: list[Run]) -> float:
    """Return the median of what was counted per second."""
    return median(runs, lambda run: run.count / run.seconds)


def figures(runs: Runs, sizes: Sizes) -> list[Figure]:
    """Return the figures; those that rest on a way that could not run here are left out."""
    pods, commit, symmetry = sizes.of_pods, sizes.of_commit, sizes.of_symmetry
    one, machine = runs[f"{pods}: kmodel, 1 thread"], runs["pod-creation: Hypothesis"]
    found = [
        Figure(pods, "two threads over one", rate(runs[f"{pods}: kmodel, 2 threads"]) / rate(one), 1.7),
        Figure(pods, "over the plain Python loop", rate(one) / rate(runs[f"{pods}: plain Python loop"]), 40),
        Figure(
            pods,
            "peak bytes per state, all included",
            median(one, lambda run: run.peak_bytes / run.count),
            24,
            is_least=False,
        ),
        Figure(pods, "Python calls of transitions", median(one, lambda run: run.calls), 5_000, is_least=False),
        Figure(symmetry, "seconds", seconds(runs[f"{symmetry}: kmodel"]), 1, is_least=False),
        Figure("Kubernetes", "states per second", rate(runs["Kubernetes: kmodel, 1 thread"]), 400_000),
        Figure(
            "unauthorized-user",
            "seconds from start to end",
            seconds(runs["unauthorized-user: kmodel check, from start to end"]),
            1.5,
            is_least=False,
        ),
    ]
    if spin := runs[f"{pods}: Spin"]:
        found.append(Figure(pods, "one thread over Spin", rate(one) / rate(spin), 3))
    if spin := runs[f"{commit}: Spin"]:
        ratio = seconds(runs[f"{commit}: kmodel, 1 thread"]) / seconds(spin)
        found.append(Figure(commit, "seconds over Spin's", ratio, 1, is_least=False))
    if first := runs["pod-creation: Hypothesis, first version"]:
        found.append(Figure("pod-creation", "steps per second over the first version", rate(machine) / rate(first), 3))
    return found
