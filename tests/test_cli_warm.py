"""What is compiled is said, once, and `kmodel warm` does it ahead."""

import ast
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba
import pytest

import kmodel
from examples import two_phase_commit
from kmodel.engines.tables import compiling, jit  # as compiled functions are imported before a test changes how
from tests.test_cli import run

ENGINES = Path(jit.__file__).parents[1]


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


def test_an_index_that_names_a_class_that_is_gone_is_as_good_as_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compiling, "FUNCTIONS", [])
    assert compiling.on_first_call(one_more)(1) == 2
    (index,) = tmp_path.rglob("*.nbi")
    index.write_bytes(pickle.dumps(numba.__version__) + b"cgone\nGone\n.")  # an import of a module that is not there
    with compiling.telling(lambda note: None) as compiled:
        assert compiling.on_first_call(one_more)(1) == 2
    assert len(compiled) == 1
    with compiling.telling(lambda note: None) as compiled:
        assert compiling.on_first_call(one_more)(1) == 2
    assert compiled == []  # it was written anew


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


@pytest.fixture
def compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every door hear that something is compiled."""

    @contextmanager
    def telling(told: Callable[[str], None]) -> Iterator[list[str]]:
        told("compiling the search")
        yield []

    monkeypatch.undo()  # of the fixture by which no test hears of it
    monkeypatch.setattr(compiling, "telling", telling)


@pytest.mark.usefixtures("compiles")
def test_commands_and_functions_say_that_they_compile(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in ("check", "graph"):
        assert run(command, two_phase_commit.__file__).stderr == "note     compiling the search\n"
    assert kmodel.check(two_phase_commit.model(1)).holds
    assert capsys.readouterr().err == "kmodel: compiling the search\n"


SPEC = """
from kmodel.kernel import invariant

@invariant
def fine(cluster):
    return True
"""
CONFTEST = """
import contextlib
from kmodel.engines.tables import compiling

@contextlib.contextmanager
def telling(told):
    told("compiling the search")
    yield []
compiling.telling = telling
"""
SCENARIO = """
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {allocatable: {cpu: 1, memory: 1Gi, pods: 1}}
"""


@pytest.mark.usefixtures("compiles")
@pytest.mark.parametrize(
    ("options", "said"), [((), "kmodel: compiling the search"), (("-n1",), "  compiling the search")]
)
def test_a_test_run_says_that_it_compiles(options: tuple[str, ...], said: str, pytester: pytest.Pytester) -> None:
    if options:
        pytest.importorskip("xdist")
        # Workers are processes of their own, where nothing is compiled any more.
        pytester.makeconftest(CONFTEST)
    (pytester.mkdir("specs") / "fine.py").write_text(SPEC)
    (pytester.path / "specs/scenarios").mkdir()
    (pytester.path / "specs/scenarios/node.yaml").write_text(SCENARIO)
    result = pytester.runpytest("--kmodel-only-mine", *options)
    result.assert_outcomes(passed=1)
    assert result.outlines.count(said) == 1


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
    names = called_from_python()
    assert {"ask_states", "ask_steps", "expand", "number_values", "relate"} < names
    cold = [fast for fast in compiling.FUNCTIONS if not fast.signatures]
    assert names & {function.py_func.__name__ for function in cold} == set()


def called_from_python() -> set[str]:
    """Return the names of the compiled functions that functions which are not compiled call."""
    compiled_ones, called = set[str](), set[str]()
    for file in ENGINES.rglob("*.py"):
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            if {"compiled", "compiled_to_borrow", "inlined"} & {
                node.id for node in function.decorator_list if isinstance(node, ast.Name)
            }:
                compiled_ones.add(function.name)
            else:
                calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
                names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
                its_own = {name.id for name in names if isinstance(name.ctx, ast.Store)}
                called |= {call.id for call in calls if isinstance(call, ast.Name)} - its_own
    return compiled_ones & called
