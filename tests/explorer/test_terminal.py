"""The explorer in a terminal: lines in, lines out."""

import pytest
from click.testing import CliRunner

from kmodel.cli import main
from kmodel.explorer.terminal import TerminalWalk
from kmodel.explorer.walk import Walk
from kmodel.reporting.answer import CELLS_ALONE
from tests.reporting.examples import broken_model
from tests.toys.hostile_names import each_hostile_name
from tests.toys.hostile_names import model as of_a_hostile_name


def told(*asked: str, width: int = 80) -> str:
    return "\n".join(TerminalWalk(Walk(broken_model(), CELLS_ALONE), (0,), width).talk(asked))


def test_a_violation_is_walked_to_and_undone() -> None:
    text = told("1", "2", "4", "u", "q", "1")
    assert "After 3 steps, at 0/0/1/3" in text
    assert "VIOLATED managers_agree: one manager committed, another aborted" in text
    assert text.count("After 2 steps, at 0/0/1") == 2
    assert text.count("After 1 step,") == 1, "nothing is taken after q"


def test_the_shortest_way_is_gone() -> None:
    assert "After 3 steps, at 0/0/1/3" in told("w managers_agree")
    assert "does not happen in all" in told("w a_manager_crashes")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("? 1", "coordinator: init -> aborted"),
        ("s", "manager[rm0]"),
        ("d", "commit() because prepared[rm0] shows False"),
        ("p", "the initial state, before any step"),
        ("99", "there is no step '99' here, only 1 to"),
        ("x", "'x' is nothing that can be asked; h shows what can"),
        ("u", "After 0 steps, at 0"),
    ],
)
def test_what_is_asked_is_answered(asked: str, said: str) -> None:
    assert said in told(asked)


def test_it_goes_on_to_rest_by_chance_or_as_usual() -> None:
    assert "Nothing can happen" in told("n")
    assert "After 2 steps" in told("r 2")


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, told("1", "s", "d", "p", "h", width=width).split("\n"))) <= width


@each_hostile_name
def test_names_are_text(name: str) -> None:
    walk = Walk(of_a_hostile_name(name), CELLS_ALONE)
    assert all("\x1b" not in line for line in TerminalWalk(walk, (0,), 80).talk(["1", "p"]))


def test_the_command_reads_what_is_typed() -> None:
    done = CliRunner().invoke(main, ["explore", "pod-creation", "--tui"], input="1\nq\n")
    assert done.exit_code == 0
    assert "After 1 step," in done.output
    refused = CliRunner().invoke(main, ["explore", "--tour", "pod-creation", "--tui"])
    assert refused.exit_code == 2
