"""What is compiled is said, once, and `kmodel warm` does it ahead."""

from pathlib import Path
from typing import Any

import numba
import pytest

from kmodel.engines.tables import compiling
from tests.test_cli import run


def one_more(number: int) -> int:
    return number + 1


def two_more(number: int) -> int:
    return number + 2


def test_a_function_that_is_compiled_is_told_once_and_one_that_is_kept_never(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compiling, "FUNCTIONS", [])
    first, second = compiling.on_first_call(one_more), compiling.on_first_call(two_more)
    told: list[str] = []
    with compiling.telling(told.append) as compiled:
        assert (first(1), second(1)) == (2, 3)
    assert (told, len(compiled)) == ([compiling.ONCE], 2)
    assert compiling.folder() is not None
    with compiling.telling(told.append) as compiled:
        assert compiling.on_first_call(one_more)(1) == 2  # as another process would: from the disk
    assert (len(told), compiled) == (1, [])


def test_where_no_folder_can_be_written_functions_are_compiled_at_each_run(monkeypatch: pytest.MonkeyPatch) -> None:
    real = numba.njit

    def njit(function: Any, **how: Any) -> Any:
        if how.pop("cache", False):
            raise RuntimeError("cannot cache function: no locator available")
        return real(function, **how)

    monkeypatch.setattr(numba, "njit", njit)
    monkeypatch.setattr(compiling, "FUNCTIONS", [])
    told: list[str] = []
    with compiling.telling(told.append):
        assert compiling.on_first_call(lambda x: x + 1)(1) == 2
    assert told == [compiling.EACH_TIME]
    outcome = run("warm")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("error: no folder for compiled functions can be written; set NUMBA_CACHE_DIR")


@pytest.mark.long
def test_warm_compiles_what_a_check_calls_and_has_nothing_to_do_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = run("warm")
    assert outcome.exit_code == 0, outcome.output
    assert str(compiling.folder()) in outcome.stdout
    for more in ((), ("--symmetry", "--nodes", "2"), ("--partial-order",), ("--fingerprints",), ("--threads", "2")):
        with compiling.telling(lambda _: None) as compiled:
            assert run("check", "pod-creation", "--max-states", "10000", *more).exit_code == 3
        assert compiled == []
    again = run("warm")
    assert again.stdout.startswith("there is nothing left to compile; they are kept in ")
