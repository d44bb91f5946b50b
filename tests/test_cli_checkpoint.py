"""`kmodel check` cut off and resumed, and with a memory budget."""

import sys
from pathlib import Path
from typing import Any

import pytest

from kmodel.engines.checkpoints.keeping import Keeper
from tests.test_cli import project as project  # the fixture: a project in the working directory
from tests.test_cli import run


def test_a_check_that_was_cut_off_is_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(keeper: Keeper) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Keeper, "is_due", property(interrupted))
        outcome = run("check", "holds", "large")
    assert outcome.exit_code == 3
    assert "no violation found (interrupted after" in outcome.stdout
    (file,) = map(str, Path("reports/holds/checkpoint").iterdir())
    assert f"resume   run the same command with --resume to go on from {file}\n" in outcome.stdout
    assert outcome.stdout.splitlines()[-1] == "large      not checked"
    outcome = run("check", "holds", "--resume", "--max-memory", "1Gi", "--checkpoint-every", "0.5")
    assert (outcome.exit_code, outcome.stderr, "all 56 states" in outcome.stdout) == (0, "", True)
    assert not Path(file).parent.exists()
    assert (
        run("check", "holds", "--resume").stderr
        == "note     there is no checkpoint in reports/holds/checkpoint; starting at the beginning\n"
    )


def test_a_checkpoint_that_is_none_is_refused() -> None:
    file = Path("reports/holds/checkpoint/some.kmodel")
    file.parent.mkdir(parents=True)
    file.write_text("something else")
    outcome = run("check", "holds", "--resume")
    assert outcome.exit_code == 2
    assert outcome.stderr == (
        f"error: {file}: is no checkpoint, or its header is damaged; leave out --resume to start at the beginning\n"
    )


def test_the_checkpoint_stays_where_the_report_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("kmodel.reporting.html.page", fails)
        patch.setattr(Keeper, "is_due", property(lambda keeper: True))
        outcome = run("check", "holds")
    assert (outcome.exit_code, "all 56 states" in outcome.stdout) == (2, True)
    (file,) = Path("reports/holds/checkpoint").iterdir()
    assert f"resume   run the same command with --resume to go on from {file}\n" in outcome.stdout
    outcome = run("check", "holds", "--resume")
    assert (outcome.exit_code, outcome.stderr, "all 56 states" in outcome.stdout) == (0, "", True)
    assert not file.parent.exists()


def test_the_checkpoint_stays_until_verdicts_are_printed_and_the_report_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remove, seen = Keeper.remove, list[tuple[bool, bool, bool]]()

    def removed(keeper: Keeper) -> None:
        stdout: Any = sys.stdout
        stdout.flush()
        printed = stdout.buffer.getvalue().decode()
        seen.append(
            (keeper.file.exists(), "holds (all 56 states" in printed, Path("reports/holds/index.html").exists())
        )
        remove(keeper)

    monkeypatch.setattr(Keeper, "is_due", property(lambda keeper: True))
    monkeypatch.setattr(Keeper, "remove", removed)
    assert run("check", "holds").exit_code == 0
    assert seen == [(True, True, True)]
    assert not Path("reports/holds/checkpoint").exists()


def test_memory_is_a_quantity() -> None:
    for amount in ("much", "0", "-1Gi"):
        outcome = run("check", "holds", "--max-memory", amount)
        assert outcome.stderr.startswith(f"error: Invalid value for '--max-memory': '{amount}' is no")
    outcome = run("check", "sampled", "--max-memory", "1Gi")
    assert outcome.stderr == "error: --max-memory is for the engine exhaustive; add --engine exhaustive\n"
