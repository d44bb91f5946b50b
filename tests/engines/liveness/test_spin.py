"""Verdicts compared with those of Spin (Holzmann) under weak fairness, where Spin and a C compiler are installed."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kmodel.engines.exhaustive import result_of
from kmodel.engines.results import Verdict
from kmodel.kernel import Fairness, Model
from tests.engines.liveness import promela
from tests.engines.liveness.test_graphs import CASES
from tests.engines.liveness.test_toys import philosophers
from tests.toys import alternating_bit, mutual_exclusion

MISSING = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
MOST_STRONG = 2  # actions of a graph: the automaton of a formula with more takes Spin very long
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"{' and '.join(MISSING)} not installed")


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
    return done.stdout


def verdicts_of_spin(program: promela.Program, folder: Path) -> dict[str, bool]:
    """Return which formulas hold of a program on all runs that are weakly fair to its processes."""
    (folder / "model.pml").write_text(str(program), encoding="utf-8")
    run(folder, "spin", "-a", "model.pml")
    run(folder, "gcc", "-O0", "-w", "-DNOREDUCE", "-DNFAIR=8", "-o", "pan", "pan.c")
    return {name: _holds(run(folder, "./pan", "-a", "-f", "-w18", "-N", name)) for name in program.formulas}


def _holds(output: str) -> bool:
    errors = re.search(r"errors: (\d+)", output)
    assert errors is not None, output
    if errors[1] != "0":
        assert "acceptance cycle" in output, output
        return False
    assert "max search depth too small" not in output, output  # it saw all there is
    return True


def verdicts_of_kmodel(model: Model) -> dict[str, bool]:
    found = {finding.spec: finding.verdict for finding in result_of(model).findings if finding.spec.is_temporal}
    assert set(found.values()) <= {Verdict.HOLDS, Verdict.VIOLATED}
    return {spec.name: verdict is Verdict.HOLDS for spec, verdict in found.items()}


def test_spin_agrees_on_small_graphs(tmp_path: Path) -> None:
    cases = {f"case_{number}": case for number, case in enumerate(CASES) if len(case.graph.strong) <= MOST_STRONG}
    program = promela.of_graphs({name: (case.graph, case.spec) for name, case in cases.items()})
    assert verdicts_of_spin(program, tmp_path) == {name: case.lasso is None for name, case in cases.items()}


@pytest.mark.parametrize("last_is_left_handed", [False, True], ids=["same-habits", "left-handed"])
def test_spin_agrees_on_philosophers(tmp_path: Path, last_is_left_handed: bool) -> None:
    program = promela.philosophers(3, last_is_left_handed=last_is_left_handed)
    model = philosophers(3, last_is_left_handed=last_is_left_handed)
    assert verdicts_of_spin(program, tmp_path) == verdicts_of_kmodel(model)


def test_spin_agrees_on_the_semaphore(tmp_path: Path) -> None:
    spin = verdicts_of_spin(promela.semaphore(), tmp_path)
    for fairness in (Fairness.WEAK, Fairness.STRONG):
        verdicts = verdicts_of_kmodel(mutual_exclusion.semaphore(fairness))
        assert verdicts == {"who_waits_enters": spin[fairness.value]}


def test_spin_agrees_on_the_alternating_bit_protocol(tmp_path: Path) -> None:
    spin = verdicts_of_spin(promela.alternating_bit(), tmp_path)
    for fairness in (Fairness.WEAK, Fairness.STRONG):
        verdicts = verdicts_of_kmodel(alternating_bit.model(fairness, None))
        assert verdicts["a_message_is_delivered"] is spin[fairness.value]
