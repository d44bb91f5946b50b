"""A model of one's own: bound by `Model.of`, checked from Python and by the command line, copied from examples/."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import kmodel
from examples import dining_philosophers, peterson, two_phase_commit
from kmodel.cli import main
from kmodel.cli.exit_codes import ExitCode
from kmodel.kernel import Cells, Cluster, Model, ModelError, invariant, transition
from tests.toys import mutual_exclusion
from tests.toys import two_phase_commit as toy

LIGHT: Cells[bool] = Cells("light")
WIRE: Cells[bool] = Cells("wire")


@transition(actor="{name}", each=LIGHT)
def switch_on(cluster: Cluster, name: str) -> Cluster | None:
    """A light goes on."""
    return cluster.set(LIGHT[name], True)


@transition(actor="wires", each=(LIGHT, WIRE))
def connect(cluster: Cluster, light: str, one: str, other: str) -> Cluster | None:
    """A light is switched on through a wire."""
    return cluster.set(LIGHT[light], cluster[WIRE[one, other]])


@invariant
def one_is_off(cluster: Cluster) -> bool | str:
    """One of the lights is off."""
    return not all(cluster[LIGHT[name]] for name in cluster.names(LIGHT)) or "both are on"


CELLS = {LIGHT["a"]: False, LIGHT["b"]: False, WIRE["x", "y"]: True}


def test_transitions_are_bound_to_the_keys_of_their_families() -> None:
    model = Model.of(CELLS, [switch_on, connect])
    assert [str(action) for action in model.actions] == [
        'switch_on(name="a")',
        'switch_on(name="b")',
        'connect(light="a", one="x", other="y")',
        'connect(light="b", one="x", other="y")',
    ]


def test_names_that_nothing_binds_are_an_error_with_the_line() -> None:
    @transition(actor="{name}")
    def unbound(cluster: Cluster, name: str) -> Cluster | None:
        return None

    with pytest.raises(ModelError, match=r"test_own_model\.py:\d+: transition unbound takes 1 names, but `each` has 0"):
        Model.of(CELLS, [unbound])


def test_a_check_tells_verdicts_and_stories() -> None:
    checked = kmodel.check(Model.of(CELLS, [switch_on], [one_is_off], name="lights"))
    assert not checked.holds
    assert [finding.spec.name for finding in checked.failures] == ["one_is_off"]
    assert "VIOLATED one_is_off: both are on" in str(checked)
    assert str(checked).count("A light goes on.") == 2
    assert str(checked).endswith("lights: 1 spec violated")
    page = checked._repr_html_()
    assert "one_is_off: both are on" in page
    assert page.startswith('<pre style="white-space: pre; overflow-x: auto;')
    assert "color: #d0312d" in page
    assert not kmodel.check(Model.of(CELLS, [switch_on], [one_is_off]), max_states=2).holds


@pytest.mark.parametrize(
    ("example", "states"),
    [(two_phase_commit.MODEL, 288), (peterson.MODEL, 20), (dining_philosophers.MODEL, 24)],
    ids=["two-phase-commit", "peterson", "dining"],
)
def test_examples_hold(example: Model, states: int) -> None:
    checked = kmodel.check(example)
    assert checked.holds, str(checked)
    assert checked.states == states


def test_the_toys_are_the_examples() -> None:
    for example, other in ((two_phase_commit.MODEL, toy.model(3)), (peterson.MODEL, mutual_exclusion.peterson())):
        assert sorted(map(str, example.actions)) == sorted(map(str, other.actions))
        assert kmodel.check(example).states == kmodel.check(other).states


def test_the_command_line_checks_and_replays_a_file_with_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("two_phase_commit.py").write_text(Path(two_phase_commit.__file__).read_text("utf-8"), "utf-8")
    outcome = CliRunner().invoke(main, ["check", "two_phase_commit.py"])
    assert outcome.exit_code == ExitCode.OK, outcome.output
    assert outcome.stdout.endswith("two-phase-commit-3: no spec violated in all 288 states\n")
    trace = "reports/two-phase-commit-3/trace-all_commit.json"
    outcome = CliRunner().invoke(main, ["replay", trace])
    assert outcome.exit_code == ExitCode.OK, outcome.output
    assert "all_commit: it happens after 10 steps" in outcome.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("X = 1", "my.py: defines no MODEL; write MODEL = Model.of(cells, transitions, specs)"),
        ("MODEL = 1", "my.py: has a MODEL that is a int; write MODEL = Model.of(cells, transitions, specs)"),
        ("1/0", "my.py:1: cannot be imported: ZeroDivisionError: division by zero; correct that line"),
    ],
)
def test_a_file_without_a_model_gets_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my.py").write_text(text, "utf-8")
    outcome = CliRunner().invoke(main, ["check", "my.py"])
    assert (outcome.exit_code, outcome.stderr) == (ExitCode.USAGE, f"error: {told}\n")


@pytest.mark.long
def test_a_model_of_one_s_own_loads_nothing_of_kubernetes(tmp_path: Path) -> None:
    arguments = ["check", str(two_phase_commit.__file__), "--reports", str(tmp_path)]
    code = (
        f"import sys, kmodel.cli; kmodel.cli.main({arguments}, standalone_mode=False); "
        "print([name for name in sys.modules if name.startswith('kmodel.kubernetes')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=200, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
